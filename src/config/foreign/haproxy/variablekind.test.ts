import { expect, test } from "bun:test";
import type { Conversion, Word } from "./scene.ts";
import { kindsOf } from "./variablekind.ts";

/** Of txn.x, by these lines. */
function kinds(...lines: readonly string[]): readonly string[] {
  const statements = lines.map((line) => ({ words: line.split(" ").map((text) => ({ text }) as Word) }));
  return [...kindsOf({ proxies: [{ statements }] } as unknown as Conversion, "txn.x")];
}

test("every line that sets the name counts, by its fetch or its last converter", () => {
  expect(kinds("http-request set-var(txn.x) src", "http-response set-var(txn.x,ifexists) path lower if TRUE")).toEqual([
    "address",
    "text",
  ]);
  expect(kinds("http-request set-var(txn.x) path,map_str_int(a.map)")).toEqual(["int"]);
  expect(kinds("http-request set-var(txn.x) path,map_str_ip(a.map)")).toEqual(["address"]);
  expect(kinds("http-request set-var(txn.x) src,table_gpc0(t)")).toEqual(["int"]);
  expect(kinds("http-request set-var(txn.x) sc_http_req_rate(0)")).toEqual(["int"]);
  expect(kinds("http-request set-var(txn.y) src")).toEqual([]);
});

test("a variable holds what another one does, and itself adds nothing", () => {
  expect(kinds("a set-var(txn.y) src", "a set-var(txn.x) var(txn.y)", "a set-var(txn.y) var(txn.x)")).toEqual([
    "address",
  ]);
});

test("what cannot be read is of no kind that is known", () => {
  expect(kinds("a set-var(txn.x) ,", "a set-var(txn.x)", "a set-var(txn.x) nosuch")).toEqual(["any"]);
});
