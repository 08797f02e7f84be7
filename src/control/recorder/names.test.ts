import { expect, test } from "bun:test";
import { makePlan } from "../../../test/playbook/plan.ts";
import { rule, rules } from "../../../test/playbook/rules.ts";
import { RecorderNames } from "./names.ts";

test("slots are called as they were in the plan of that time", () => {
  const names = new RecorderNames();
  names.learn(makePlan({ generation: 1, servers: ["one", "two"] }));
  names.learn(makePlan({ generation: 2, servers: ["one", "two"] }));
  names.learn(makePlan({ generation: 3, servers: ["three", "two"] }));
  expect([1, 2, 3, 9].map((generation) => names.of(generation).servers.get(0))).toEqual([
    "one:80",
    "one:80",
    "three:80",
    "three:80",
  ]);
  expect([names.of(1).listeners.get(0), names.of(1).pools.get(0), names.of(1).pools.get(7)]).toEqual([
    "web",
    "app",
    undefined,
  ]);
});

test("rules inside of others have names too", () => {
  const inner = rule("true", null, { name: "inner", slot: 5 });
  const outer = rule("true", null, { name: "outer", slot: 4, rules: [inner] });
  const names = new RecorderNames();
  names.learn(makePlan({ listener: { rules: rules({ response: [outer] }) } }));
  expect([...names.of(1).rules]).toEqual([
    [4, "outer"],
    [5, "inner"],
  ]);
});

test("of plans that are long gone the oldest that is known has to do", () => {
  const names = new RecorderNames();
  for (let generation = 1; generation <= 40; generation++)
    names.learn(makePlan({ generation, servers: [`s${generation}`] }));
  expect([1, 24, 25, 40].map((generation) => names.of(generation).servers.get(0))).toEqual([
    "s25:80",
    "s25:80",
    "s25:80",
    "s40:80",
  ]);
  expect(new RecorderNames().of(1).servers.size).toBe(0);
});
