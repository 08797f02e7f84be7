import { expect, test } from "bun:test";
import { diffText } from "./difftext.ts";

const none = { effects: [], restart: [] };

test("changes are aligned, each with its sign and values", () => {
  const changes = [
    { kind: "changed", path: "pools.app.servers[0]", before: "10.0.0.1:80^3", after: "10.0.0.1:80^5" },
    { kind: "added", path: "drainTimeout", before: null, after: "5s" },
    { kind: "removed", path: "lists.bad", before: { texts: ["a"] }, after: null },
  ] as const;
  expect(diffText({ ...none, changes, effects: ["list bad goes"], restart: ["workers"] }, false, "")).toBe(
    [
      '~ pools.app.servers[0]  "10.0.0.1:80^3" -> "10.0.0.1:80^5"',
      '+ drainTimeout          "5s"',
      '- lists.bad             {"texts":["a"]}',
      "  * list bad goes",
      "At the next start only: workers",
    ].join("\n"),
  );
});

test("what is long stands in lines of its own, and colours only where they are wanted", () => {
  const after = { servers: ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"] };
  const changes = [{ kind: "added", path: "pools.api", before: null, after }] as const;
  expect(diffText({ ...none, changes }, false, "")).toBe(
    "+ pools.api  \n    servers:\n      - 10.0.0.1:80\n      - 10.0.0.2:80\n      - 10.0.0.3:80\n      - 10.0.0.4:80",
  );
  expect(diffText({ ...none, changes }, true, "")).toStartWith("\x1b[32m+ pools.api");
});

test("no changes are told in words", () => {
  expect(diffText({ ...none, changes: [] }, true, "nothing changes")).toBe("nothing changes");
});
