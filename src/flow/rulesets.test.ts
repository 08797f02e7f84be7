import { expect, test } from "bun:test";
import { makePlan } from "../../test/playbook/plan.ts";
import { deny, page, rule, rules, table } from "../../test/playbook/rules.ts";
import { RuleSets } from "./rulesets.ts";

const sets = new RuleSets(makePlan({ tables: [table("seen", ["server_id"])] }));

test("a phase without rules is none, and so are pages that are not there", () => {
  const made = sets.rules(rules({ request: [rule(null, deny())] }));
  expect([made.connection, made.request === null, made.response]).toEqual([null, false, null]);
  expect([sets.errors([]), sets.reply(null)]).toEqual([null, null]);
  const errors = sets.errors([page(503), page(404), { on: "no_server", reply: 500 }])!;
  expect([...errors.keys()]).toEqual([503, 404, "no_server"]);
  expect(errors.get("no_server")).toBe(500);
});

test("each phase knows its own fields; a plan that does not compile is our own fault", () => {
  expect(sets.rules(rules({ connection: [rule("tls.sni == 'a'", deny())] })).connection!.needsHello).toBe(true);
  expect(() => sets.rules(rules({ connection: [rule("path == '/'", deny())] }))).toThrow("does not compile");
  expect(() => sets.rules(rules({ request: [rule("response.status == 200", deny())] }))).toThrow("does not compile");
  expect(() => sets.stickKey({ table: 0, key: "nonsense(" })).toThrow("does not compile");
  expect(sets.stickKey({ table: 0, key: "src" }).needsHello).toBe(false);
});
