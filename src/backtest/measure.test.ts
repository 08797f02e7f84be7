import { expect, test } from "bun:test";
import { measureOf } from "./measure.ts";

test("the comparison with a threshold is found, a table's before a field's", () => {
  expect(measureOf("shop[src].conn_rate > 3")).toEqual({
    ...{ term: "shop[src].conn_rate", threshold: 3, operator: ">", isLast: true },
  });
  expect(measureOf("contentLength > 10 && 5 <= shop[src].gpc0 && path == '/'")).toEqual({
    ...{ term: "shop[src].gpc0", threshold: 5, operator: ">=", isLast: false },
  });
  expect(measureOf("contentLength >= 10")?.term).toBe("contentLength");
});

test("what cannot be moved by itself is none", () => {
  for (const condition of [
    "a[src].gpc0 > 1 || host == 'x'",
    "!(a[src].gpc0 > 1)",
    "a[src].gpc0 < 3",
    "host == 'x'",
    "1 > 0",
    "a[src].gpc0 > b[src].gpc0",
    "(",
  ])
    expect([condition, measureOf(condition)]).toEqual([condition, null]);
});
