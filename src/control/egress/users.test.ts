import { expect, test } from "bun:test";
import { compile } from "../../config/compile.ts";
import { judge } from "../../config/judge.ts";
import type { Plan } from "../../config/plan.ts";
import { Slots } from "../../config/slots.ts";
import { firstName } from "../../egress/names.ts";
import { isOneOf, isSameList, userNames } from "./users.ts";

function planOf(config: object): Plan {
  const judgement = judge(config);
  if (judgement.config === null) throw new Error(judgement.findings.map(({ message }) => message).join("\n"));
  return compile(judgement.config, new Slots(), () => undefined);
}

test("the users of a quota are those of the listeners that ask by the pool", () => {
  const members = [{ addresses: ["127.0.0.2"] }];
  const listener = (port: number, egress: unknown, ...names: string[]): object => ({
    listen: `127.0.0.1:${port}`,
    proxy: { egress },
    auth: { users: Object.fromEntries(names.map((name) => [name, "secret"])) },
  });
  const plan = planOf({
    listeners: {
      one: listener(3128, "ips", "ann"),
      two: listener(3129, { tunnels: "ips", http: "other" }, "bob"),
      three: listener(3130, "other", "cid"),
      web: { listen: "127.0.0.1:8080", auth: { users: { dan: "x" } }, redirect: "https" },
    },
    egress: { other: { members }, ips: { members, quota: { requests: 5 } } },
  });
  expect(plan.egresses.map((pool) => userNames(plan, pool))).toEqual([[], ["ann", "bob"]]);
  expect(plan.egresses.map(({ users }) => users)).toEqual([0, 2]);
});

test("a record is known by the names that there are", () => {
  const isUser = isOneOf(["ann", "bob"], 77);
  expect(["ann", "bob", "cid"].map((name) => isUser(firstName(name, 77)))).toEqual([true, true, false]);
});

test("lists are the same by their names, in their order", () => {
  expect(isSameList(["a", "b"], ["a", "b"])).toBe(true);
  for (const other of [["b", "a"], ["a"], ["a", "b", "c"], undefined])
    expect(isSameList(["a", "b"], other)).toBe(false);
});
