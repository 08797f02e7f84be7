// Tables by key and by slot, and the names that lead to them.
import { expect, test } from "bun:test";
import type { Value } from "../scene.ts";
import { compileExpression } from "./expression.ts";
import { columnIndexOf } from "./paths.ts";
import { SampleScene, sampleIp, sampleScope } from "./sample.fixture.ts";

function evaluate(text: string, scene: SampleScene = new SampleScene()): Value {
  const compiled = compileExpression(text, sampleScope(), "any");
  if (!compiled.ok) throw new Error(`${text}: ${JSON.stringify(compiled.errors)}`);
  return compiled.evaluate(scene);
}

test("the entry of a slot is read from the table that tracks it, and is absent where that does not store the counter", () => {
  const scene = new SampleScene();
  const [marked, shop] = scene.tables;
  shop!.key.setAddress(sampleIp("10.0.0.7"), 0);
  scene.slots.set(1, { table: shop!, entry: shop!.track() });
  expect(evaluate("increment(tracked[1].conn_rate, 3)", scene)).toBe(3);
  expect(evaluate("tracked[1].conn_rate > 2", scene)).toBe(true);
  expect(evaluate("tracked[1].gpc0", scene)).toBeNull();
  expect(evaluate("increment(tracked[1].gpc0) > 0", scene)).toBeNull();
  expect(evaluate("tracked[1].key", scene)).toBe("10.0.0.7");
  expect(evaluate("has(tracked[1]) && !has(tracked[0])", scene)).toBe(true);
  expect(evaluate("increment(marked[tracked[1].key].gpc0)", scene)).toBe(1);
  expect(evaluate("marked[src].gpc0", scene)).toBe(1);
  expect(evaluate("marked[tracked[2].key].gpc0", scene)).toBeNull();
  // The same closure follows the slot when another table is tracked in it.
  const compiled = compileExpression("tracked[1].gpc0", sampleScope(), "number");
  if (!compiled.ok) throw new Error("does not compile");
  expect(compiled.evaluate(scene)).toBeNull();
  marked!.key.setAddress(sampleIp("10.0.0.7"), 0);
  scene.slots.set(1, { table: marked!, entry: marked!.track() });
  expect(compiled.evaluate(scene)).toBe(1);
});

test("keys are made of what the table is keyed by", () => {
  const scene = new SampleScene({ src: sampleIp("2001:db8::7") });
  evaluate("increment(marked[src].gpc0)", scene);
  expect(evaluate("marked[ip('2001:db8::8')].gpc0", scene)).toBe(1);
  expect(evaluate("marked[ip('2001:db8:1::8')].gpc0", scene)).toBe(0);
  evaluate("increment(numbers['007'].gpc1)", scene);
  expect(evaluate("numbers[7].gpc1 + numbers[int('7')].gpc0", scene)).toBe(1);
  evaluate("increment(numbers[ip('0.0.1.0')].gpc0)", scene);
  expect(evaluate("numbers[256].gpc0", scene)).toBe(1);
  expect(evaluate("numbers[src].gpc0", scene)).toBeNull();
  evaluate("increment(urls[host + path].gpc[2], 9)", scene);
  expect(evaluate("urls['www.example.com/api/items'].gpc[2]", scene)).toBe(9);
  expect(evaluate("urls['www.example.com/api/items'].gpc0", scene)).toBe(0);
  evaluate("increment(urls[src].http_req_cnt)", scene);
  expect(evaluate("urls['2001:db8::7'].http_req_cnt", scene)).toBe(1);
  evaluate("increment(blobs[ip('1.2.3.4')].gpc0)", scene);
  expect(evaluate("blobs['\\x01\\x02\\x03\\x04'].gpc0", scene)).toBe(1);
});

test("a field comes before a table of its name, and tables['…'] reaches it", () => {
  expect(evaluate("host")).toBe("www.example.com");
  expect(evaluate("tables['host'][src].gpt0")).toBe(0);
  expect(evaluate("tables.host[src].gpt0")).toBe(0);
  expect(evaluate("tables['per-client'][src].gpc0")).toBe(0);
});

test("a variable is what it holds when it is asked for, and absent where that does not fit", () => {
  const scene = new SampleScene();
  scene.variables.set("team", "blue").set("count", 3).set("who", sampleIp("10.0.0.7")).set("tags", ["a"]);
  expect(evaluate("vars.team == 'blue' && vars['count'] > 2", scene)).toBe(true);
  expect(evaluate("vars.team > 2", scene)).toBeNull();
  expect(evaluate("vars.team == 2", scene)).toBe(false);
  expect(evaluate("vars.team.startsWith('b')", scene)).toBe(true);
  expect(evaluate("vars.count.startsWith('b')", scene)).toBeNull();
  expect(evaluate("vars.count + 1", scene)).toBe(4);
  expect(evaluate("vars.team + '!'", scene)).toBe("blue!");
  expect(evaluate("vars.who == src && vars.who in cidr('10.0.0.0/8')", scene)).toBe(true);
  expect(evaluate("marked[vars.who].gpc0", scene)).toBe(0);
  expect(evaluate("marked[vars.team].gpc0", scene)).toBeNull();
  expect(evaluate("'a' in vars.tags && !('a' in vars.team)", scene)).toBe(true);
  expect(evaluate("vars.tags[0] + vars.tags.join()", scene)).toBe("aa");
});

test("a column is found by an element that it holds", () => {
  const { columns } = sampleScope().tables[2]!;
  expect(columnIndexOf(columns, "gpc", 0)).toBe(0);
  expect(columnIndexOf(columns, "gpc", 2)).toBe(0);
  expect(columnIndexOf(columns, "gpc", 3)).toBe(-1);
  expect(columnIndexOf(columns, "gpt", 1)).toBe(1);
  // gpc1 alone begins with element 1.
  expect(columnIndexOf(sampleScope().tables[3]!.columns, "gpc", 1)).toBe(1);
});
