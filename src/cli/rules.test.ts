// The commands against an admin interface that is played; what the real one does is told in control/api/rules.test.ts.

import { afterEach, expect, test } from "bun:test";
import { endPlayed, played } from "../../test/adminplay.ts";
import type { RuleRecord } from "../control/api/shape/rule.ts";
import { ruleList, ruleMode } from "./rules.ts";

afterEach(endPlayed);

const first: RuleRecord = {
  ...{ id: "listeners.web.rules[0]", name: "private", owner: { kind: "listener", name: "web" }, phase: "request" },
  ...{ mode: "enforce", configuredMode: "enforce", condition: "path == '/x'", action: "rules", hits: 7, depth: 0 },
};
const below: RuleRecord = {
  ...{ ...first, id: "listeners.web.rules[0].rules[0]", name: "too many", mode: "observe", depth: 1 },
  ...{ condition: null, action: "deny 429", hits: 12345 },
};
const other: RuleRecord = { ...first, id: "listeners.web.rules[10]", name: "twice", mode: "off" };
const another: RuleRecord = { ...other, id: "pools.app.rules[0]" };
const rules = [first, below, other, another];

test("rules are listed with those in them, and a mode that the file does not say beside the file's", async () => {
  const { options, said, writer } = played({ "GET /rules": [[200, { rules: [first, below] }]] });
  expect(await ruleList(undefined, options, writer)).toBe(0);
  expect(said[0]!.split("\n")).toEqual([
    "  RULE        MODE                      HITS  PLACE                            IF            DOES",
    "  private     enforce                      7  listeners.web.rules[0]           path == '/x'  rules",
    "    too many  observe (file: enforce)  12345  listeners.web.rules[0].rules[0]  always        deny 429",
  ]);
});

test("some of them are shown: by name, by place with what is below it, by mode", async () => {
  const { options, said, writer } = played({ "GET /rules": [[200, { rules }]] });
  const shown = async (rule: string | undefined, mode?: RuleRecord["mode"]): Promise<string[]> => {
    expect(await ruleList(rule, { ...options, json: true, ...(mode === undefined ? {} : { mode }) }, writer)).toBe(0);
    return (JSON.parse(said.pop()!) as { rules: RuleRecord[] }).rules.map(({ id }) => id);
  };
  expect(await shown("twice")).toEqual([other.id, another.id]);
  expect(await shown("listeners.web.rules[0]")).toEqual([first.id, below.id]);
  expect(await shown("listeners.web.rules[10]")).toEqual([other.id]);
  // [1] is the beginning of [10], and another.
  expect(await ruleList("listeners.web.rules[1]", options, writer)).toBe(1);
  said.pop();
  expect(await shown("pools.app")).toEqual([another.id]);
  expect(await shown(undefined, "observe")).toEqual([below.id]);
  expect(await shown("private", "off")).toEqual([]);
  expect(await ruleList("private", { ...options, mode: "off" }, writer)).toBe(0);
  expect(await ruleList("privat", options, writer)).toBe(1);
  expect(said).toEqual(["! no rule is in mode off", '! sluice: there is no rule privat; did you mean "private"?']);
});

test("a mode is set by the rule's name or place, and it is said how long that lasts", async () => {
  const { options, asked, said, writer } = played({
    "GET /rules": [[200, { rules }]],
    "PATCH /rules/listeners.web.rules%5B0%5D.rules%5B0%5D": [
      [200, { ...below, mode: "off" }],
      [200, { ...below, mode: "enforce" }],
      [200, below],
    ],
  });
  expect(await ruleMode("too many", "off", { ...options, reason: "wrong ones" }, writer)).toBe(0);
  expect(await ruleMode(below.id, "enforce", options, writer)).toBe(0);
  expect(await ruleMode(below.id, "observe", options, writer)).toBe(0);
  expect(asked.flatMap(({ body }) => (body === null ? [] : [body]))).toEqual([
    { mode: "off", name: "too many", reason: "wrong ones" },
    { mode: "enforce", name: "too many" },
    { mode: "observe", name: "too many" },
  ]);
  const which = "rule too many (listeners.web.rules[0].rules[0]) is in mode";
  expect(said).toEqual([
    `${which} off, formerly observe, until the next reload, unless \`sluice config write\` puts it into the file`,
    `${which} enforce, formerly observe, as the file says`,
    `${which} observe already`,
  ]);
});

test("a name that several rules have is refused with their places, and one that none has", async () => {
  const { options, asked, said, writer } = played({
    "GET /rules": [
      [200, { rules }],
      [200, { rules: [] }],
    ],
  });
  expect(await ruleMode("twice", "off", options, writer)).toBe(2);
  expect(await ruleMode("twice", "off", options, writer)).toBe(1);
  expect(asked.length).toBe(2);
  expect(said).toEqual([
    "! sluice: several rules are called twice: say which by its place: listeners.web.rules[10], pools.app.rules[0]",
    "! sluice: there is no rule twice: the config has none",
  ]);
});

test("what the admin interface refuses is the command's refusal", async () => {
  const { options, said, writer } = played({
    "GET /rules": [[200, { rules }]],
    "PATCH /rules/listeners.web.rules%5B0%5D": [[409, { error: "another change is under way" }]],
  });
  expect(await ruleMode("private", "off", { ...options, json: true }, writer)).toBe(1);
  expect(said).toEqual(["! sluice: another change is under way"]);
});
