import { expect, test } from "bun:test";
import { sharedClock } from "./clock.ts";

const forward = (from: number, to: number): number => (to - from) | 0;

test("two clocks made at different times, in one process or in two, tell the same time", () => {
  const own = sharedClock();
  const before = own();
  const script = 'import { sharedClock } from "./src/clock.ts"; process.stdout.write(String(sharedClock()()))';
  const other = Bun.spawnSync([process.execPath, "-e", script], { cwd: `${import.meta.dir}/..` });
  const between = Number(other.stdout.toString());
  expect(forward(before, between)).toBeGreaterThanOrEqual(0);
  expect(forward(between, own())).toBeGreaterThanOrEqual(0);
});
