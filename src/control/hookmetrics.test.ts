import { expect, test } from "bun:test";
import { makePlan } from "../../test/playbook/plan.ts";
import type { HooksPlan } from "../config/plan.ts";
import { hookCellOf } from "../flow/hooks.ts";
import { Arena } from "../memory/arena.ts";
import { Tally, Totals } from "../memory/tally.ts";
import { Exposition } from "./exposition.ts";
import { writeHooks } from "./hookmetrics.ts";
import type { MetricsSource } from "./metricssource.ts";

const hooks: HooksPlan = { names: ["pick"], budgetMs: 1, failure: null, bodyBytesMax: 1, tooLarge: "fail" };

function page(plan: MetricsSource["plan"], totals: Totals): string {
  const out = new Exposition();
  writeHooks(out, { plan, totals } as MetricsSource);
  return out.toString();
}

test("failures of the hooks that there are, by reason", () => {
  const arena = Arena.inMemory();
  const tally = new Tally(arena, 0);
  tally.cells[tally.workerRow() + hookCellOf("pick", "threw")] = 3;
  const text = page(makePlan({ pool: { hooks } }), new Totals(arena, 1));
  expect(text).toContain('sluice_hook_failures_total{hook="pick",reason="threw"} 3\n');
  expect(text).toContain('sluice_hook_failures_total{hook="pick",reason="slow"} 0\n');
  expect(text).not.toContain("onRequest");
  expect(page(makePlan(), new Totals(arena, 1))).toBe(new Exposition().toString());
});
