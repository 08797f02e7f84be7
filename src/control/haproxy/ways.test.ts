import { expect, test } from "bun:test";
import type { Plan } from "../../config/plan.ts";
import { proxiesOf } from "./names.ts";
import { sample } from "./sample.ts";
import { Stat } from "./stat.ts";
import { Ways } from "./ways.ts";

test("rows of routes are found by where they begin and where they end, each once, in the plan of the moment", () => {
  const { plan, services } = sample();
  let now: Plan | null = plan;
  const ways = new Ways(() => now);
  const [web, app, mail] = services();
  expect([web!.name, app!.name, mail!.name]).toEqual(["web", "app", "mail"]);
  const rowsOf = (...names: string[]): number[] =>
    plan.routes.flatMap(({ slot, listener }) => (names.includes(plan.listeners[listener]!.name) ? [slot] : []));
  const sorted = (rows: readonly number[]): number[] => rows.toSorted((one, other) => one - other);
  expect(sorted(ways.from(web!))).toEqual(sorted([...new Set(rowsOf("web", "web-2"))]));
  expect(ways.from(mail!)).toEqual([...new Set(rowsOf("mail"))]);
  const toApp = plan.routes.filter(({ pool }) => pool !== null && plan.pools[pool]!.name === "app");
  expect(sorted(ways.to(app!))).toEqual(sorted([...new Set(toApp.map(({ slot }) => slot))]));
  now = { ...plan, routes: [] };
  expect([ways.from(web!), ways.to(app!)]).toEqual([[], []]);
  now = null;
  expect([ways.from(web!), ways.to(app!)]).toEqual([[], []]);
});

test("a plan is looked through once, however often figures are asked for", () => {
  const { plan, totals, conditionOf } = sample();
  let looked = 0;
  const counted: Plan = {
    ...plan,
    get routes() {
      looked++;
      return plan.routes;
    },
  };
  const services = proxiesOf(plan, []);
  const stat = new Stat({
    ...{ totals, plan: () => counted, services: () => services, conditionOf, wallMs: () => 0, nowMs: () => 0 },
    countsOf: () => ({ checksPassed: 0, checksFailed: 0, ejections: {} }),
  });
  for (let count = 0; count < 5; count++) {
    stat.look();
    stat.rows();
  }
  expect(looked).toBe(1);
});
