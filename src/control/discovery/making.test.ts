import { expect, test } from "bun:test";
import { judge } from "../../config/judge.ts";
import { sourceNameOf } from "./making.ts";

/** What a source is called, as a pool's config has it. */
function nameOf(discover: object): string {
  const judged = judge({ listeners: { w: { listen: "127.0.0.1:1", use: "a" } }, pools: { a: { discover } } });
  if (judged.config === null) throw new Error(judged.findings.map(({ message }) => message).join("\n"));
  const { discover: source } = judged.config.pools["a"]!;
  return sourceNameOf(Array.isArray(source) ? source[0]! : source!);
}

test("a name may say its port by itself, and in a section", () => {
  expect(nameOf({ dns: "app.local:80" })).toBe("dns app.local:80");
  expect(nameOf({ dns: { name: "app.local:80", servers: ["127.0.0.1"] } })).toBe("dns app.local:80");
  expect(nameOf({ dns: { name: "app.local", port: 81 } })).toBe("dns app.local:81");
  expect(nameOf({ dns: { name: "::1", port: 82 } })).toBe("dns ::1:82");
  expect(nameOf({ dns: { name: "_h._tcp.app", record: "srv" } })).toBe("dns _h._tcp.app (SRV)");
});
