import { expect, test } from "bun:test";
import { Exposition } from "./exposition.ts";

test("families are written with help, type and samples in order", () => {
  const out = new Exposition();
  out.counter("a_total", "Things.", [
    [{ pool: "app", code: "2xx" }, 3],
    [{}, 1.5],
  ]);
  out.gauge("b", "More\nthings \\ of kinds.", [[{ name: 'say "hi"\\\n' }, Number.POSITIVE_INFINITY]]);
  expect(out.toString()).toBe(
    '# HELP a_total Things.\n# TYPE a_total counter\na_total{pool="app",code="2xx"} 3\na_total 1.5\n' +
      '# HELP b More\\nthings \\\\ of kinds.\n# TYPE b gauge\nb{name="say \\"hi\\"\\\\\\n"} +Inf\n',
  );
});

test("a histogram ends in +Inf, and its count is that of +Inf", () => {
  const out = new Exposition();
  out.histogram("d_seconds", "Time.", [0.5, 1], [[{ pool: "app" }, { cumulative: [1, 3, 4], sum: 2.5 }]]);
  expect(out.toString().split("\n").slice(2)).toEqual([
    'd_seconds_bucket{pool="app",le="0.5"} 1',
    'd_seconds_bucket{pool="app",le="1"} 3',
    'd_seconds_bucket{pool="app",le="+Inf"} 4',
    'd_seconds_sum{pool="app"} 2.5',
    'd_seconds_count{pool="app"} 4',
    "",
  ]);
});

test("a family without samples is not written", () => {
  const out = new Exposition();
  out.gauge("nothing", "Nothing.", []);
  out.summary("none_seconds", "None.", []);
  expect(out.toString()).toBe("");
});
