// Whatever stands in a file, it is judged: a config comes of it, or at least one error that says why not. Each value of a config
// with many keywords is replaced by values of every kind, one after the other.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Path } from "../problem.ts";
import { readToml } from "../toml.ts";
import { judgeForeign, judgeForeignText } from "./foreign.ts";

const strange: readonly unknown[] = [null, "x", "-1s", -1, 7, 10n, true, [], [[1]], ["x"], {}, new Date(0)];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const keys: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...keys.flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

function replaced(tree: unknown, [first, ...rest]: Path, value: unknown): unknown {
  if (first === undefined) return value;
  if (Array.isArray(tree)) return tree.map((item, index) => (index === first ? replaced(item, rest, value) : item));
  return { ...(tree as object), [first]: replaced((tree as Record<string, unknown>)[first], rest, value) }; // A section, by its path.
}

for (const [program, name] of [
  ["gobetween", "kept"],
  ["gobetween", "approximated"],
  ["gobetween", "names"],
  ["goproxy", "sample"],
  ["goproxy", "loose"],
  ["goproxy", "forward"],
] as const)
  test(`no value in ${name}.toml of ${program} is too strange to be judged`, () => {
    const text = readFileSync(join(import.meta.dir, program, "golden", `${name}.toml`), "utf8");
    const document = readToml(text);
    if (!document.ok) throw new Error("the golden file cannot be read");
    for (const path of pathsOf(document.value))
      for (const value of strange) {
        const judgement = judgeForeign(replaced(document.value, path, value), {});
        if (judgement === null) continue;
        const hasError = judgement.findings.some(({ severity }) => severity === "error");
        expect([path, value, judgement.config === null]).toEqual([path, value, hasError]);
      }
    // Some two thousand configs are judged.
  }, 60_000);

test("a config of our own is for nobody here", () => {
  expect(
    judgeForeign({ listeners: { web: { listen: ":80", use: "app" } }, pools: { app: { servers: ["a:1"] } } }, {}),
  ).toBeNull();
});

test("what is found later is told at the foreign key, and counted", () => {
  const discovery = { kind: "static", static_list: ["a:1"] };
  const tls = { cert_path: "/a.crt", key_path: "/a.key" };
  const judgement = judgeForeign({ servers: { web: { bind: ":1", protocol: "tls", tls, discovery } } }, {});
  expect(judgement?.origin()).toEqual({
    program: "gobetween",
    keywords: { kept: 6, approximated: 0, refused: 0, unknown: 0 },
  });
  const path = ["listeners", "web", "tls", "certificates", 0, "key"];
  const brought = judgement?.bring({ severity: "error", path, part: "value", message: "does not exist" });
  expect(brought?.path).toEqual(["servers", "web", "tls", "key_path"]);
  expect(judgement?.origin().keywords).toMatchObject({ kept: 5, refused: 1 });
});

test("what a line that is refused may use is not told as used by nobody", () => {
  const of = (condition: string, last = ""): string[] =>
    judgeForeignText(
      `defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nfrontend web\n bind :8080\n acl good path /a\n use_backend other if ${condition}\n default_backend app\nbackend app\n server a 10.0.0.1:80\nbackend other\n server b 10.0.0.2:80\n${last}`,
      "haproxy.cfg",
      {},
    ).findings.map(({ message }) => message);
  expect(of("badacl")).toEqual(['is no ACL: "badacl"']);
  expect(of("good")).toEqual([]);
  expect(of("good", "backend idle\n server c 10.0.0.3:80\n")).toEqual(["is used by no listener"]);
});
