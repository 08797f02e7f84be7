import { expect, test } from "bun:test";
import { viewsOf } from "./views.ts";

test("views are read by member, and those that are over, or no views, are left out", () => {
  const said = [
    ["s1", "1500\n+http://a:1\n-http://b:1"],
    ["s2", "1200\n-http://a:1"],
    ["dead", "1000\n+http://c:1"],
    ["odd", "soon\n+http://c:1"],
    ["empty", ""],
    ["none", "1500\n"],
  ] as const;
  const views = viewsOf(said, 1000);
  expect([...views]).toEqual([
    [
      "http://a:1",
      [
        { voter: "s1", isUp: true, leftMs: 500 },
        { voter: "s2", isUp: false, leftMs: 200 },
      ],
    ],
    ["http://b:1", [{ voter: "s1", isUp: false, leftMs: 500 }]],
  ]);
});
