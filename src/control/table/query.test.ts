import { describe, expect, test } from "bun:test";
import { readColumn } from "../../memory/column.ts";
import { type Field, fieldsOf, findField, type Row, readConditions } from "./query.ts";

const columns = ["gpc(3)", "gpt0", "conn_rate(10s)", "bytes_out_cnt", "gpc_rate(2,1m)", "tokens(5,500ms)"].map(
  (text) => {
    const reading = readColumn(text);
    if (!reading.ok) throw new Error(reading.message);
    return reading.value;
  },
);
const fields = fieldsOf(columns);

test("every element of every column has a name", () => {
  expect(fields.map(({ name, column, element }) => [name, column, element])).toEqual([
    ["gpc[0]", 0, 0],
    ["gpc[1]", 0, 1],
    ["gpc[2]", 0, 2],
    ["gpt0", 1, 0],
    ["conn_rate(10s)", 2, 0],
    ["bytes_out_cnt", 3, 0],
    ["gpc_rate[0]", 4, 0],
    ["gpc_rate[1]", 4, 1],
    ["tokens(5,500ms)", 5, 0],
  ]);
});

test("gpc1 alone is element 1 of a column of its own", () => {
  const gpc1 = readColumn("gpc1");
  expect(gpc1.ok && fieldsOf([gpc1.value])).toMatchObject([{ name: "gpc1", column: 0, element: 1 }]);
});

describe("names", () => {
  test.each([
    ["gpc0", "gpc[0]"],
    ["gpc( 2 )", "gpc[2]"],
    ["conn_rate", "conn_rate(10s)"],
    ["gpc1_rate", "gpc_rate[1]"],
    ["tokens", "tokens(5,500ms)"],
  ])("%s is %s", (text, name) => {
    expect(findField(fields, text, "t")).toMatchObject({ ok: true, value: { name } });
  });

  test("a counter that is not stored is told with those that are, and the one meant", () => {
    const found = findField(fields, "con_rate", "shop");
    expect(found).toMatchObject({
      ok: false,
      message: expect.stringMatching(
        /^table shop does not store "con_rate"; it stores gpc\[0\], .*did you mean "conn_rate"\?$/,
      ),
    });
  });
});

describe("conditions", () => {
  const row: Row = {
    uses: 1,
    expiresMs: 5000,
    value: (field: Field) => ({ "gpc[0]": 2, "conn_rate(10s)": 10 })[field.name] ?? 0,
  };
  test.each([
    ["gpc0 > 1", true],
    ["gpc0>2", false],
    ["gpc0 == 2 && conn_rate(10s) >= 10", true],
    ["gpc0 = 2 && conn_rate != 10", false],
    ["uses > 0", true],
    ["expires < 10s", true],
    ["expires <= 4s", false],
    ["gpt0 < 0.5", true],
  ])("%s", (text, is) => {
    const condition = readConditions(text, fields, "t");
    expect(condition.ok && condition.value(row)).toBe(is);
  });

  test("an entry that never expires does so after all others", () => {
    const condition = readConditions("expires > 20d", fields, "t");
    expect(condition.ok && condition.value({ ...row, expiresMs: null })).toBe(true);
  });

  test.each([
    ["gpc0", "a condition is written like gpc0 > 0"],
    ["", "a condition is written like gpc0 > 0"],
    ["gpc0 > 1 &&", "a condition is written like gpc0 > 0"],
    ["gpc0 > many", 'gpc0 is compared with a number, not "many"'],
    ["gpc1 > 0 > 1", "a condition is written like"],
    ["expires < 10", "must have a unit"],
    ["http_req_cnt > 1", "uses and expires can be compared too"],
  ])("%p is refused", (text, problem) => {
    expect(readConditions(text, fields, "t")).toMatchObject({ ok: false, message: expect.stringContaining(problem) });
  });
});
