import { expect, test } from "bun:test";
import { readEscaped } from "../../escape.ts";
import { readGoText } from "./escape.ts";

test("every escape of Go comes to the same bytes in our writing", () => {
  const cases: [string, string][] = [
    ["PING\\r\\n", "PING\\r\\n"],
    ["\\xFF\\x00", "\\xff\\x00"],
    ["\\a\\b\\f\\v\\t", "\\x07\\x08\\x0c\\x0b\\t"],
    ["\\101\\377", "A\\xff"],
    ["\\u00e9\\U0001F600", "\\xc3\\xa9\\xf0\\x9f\\x98\\x80"],
    ['say \\"hi\\" \\\\', 'say "hi" \\\\'],
    ["é", "\\xc3\\xa9"],
  ];
  for (const [go, ours] of cases) {
    expect([go, readGoText(go)]).toEqual([go, { ok: true, value: ours }]);
    expect(readEscaped(ours).ok).toBe(true);
  }
});

test("what Go refuses between double quotes is told", () => {
  for (const text of ['a"b', "\\q", "\\x1", "\\'", "a\nb", "\\400", "\\UFFFFFFFF", "end\\"])
    expect([text, readGoText(text).ok]).toEqual([text, false]);
});
