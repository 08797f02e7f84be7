import { expect, test } from "bun:test";
import { compile } from "../../config/compile.ts";
import type { ConfigInput } from "../../config/input.ts";
import { judge } from "../../config/judge.ts";
import { noMaterials } from "../../config/materials.ts";
import { Slots } from "../../config/slots.ts";
import { rulesAnswer } from "../api/shape/rule.ts";
import { actionOf, listRules } from "./listing.ts";

const draft: ConfigInput = {
  tables: { seen: { key: "ip", size: "1k", store: ["gpc0", "http_req_rate(10s)"] } },
  listeners: {
    web: {
      listen: ":1",
      use: "app",
      rules: {
        connection: [{ if: "src in cidr('10.0.0.0/8')", reject: true, mode: "observe" }],
        request: [
          { track: "seen" },
          {
            name: "private",
            if: "path.startsWith('/private')",
            rules: [
              { name: "limit", mark: "seen[src].gpc0", deny: 429 },
              { if: "true", mode: "off", setHeader: { "x-a": "b" }, redirect: "/login" },
            ],
          },
        ],
      },
    },
  },
  pools: { app: { servers: ["10.0.0.1:80"], rules: { response: [{ if: "response.status == 500", log: "a fault" }] } } },
};

function configOf(input: ConfigInput) {
  return judge(input).config!;
}

test("every rule is listed where it stands, those that are off too, with its hits and how deep it is", () => {
  const config = configOf(draft);
  const plan = compile(config, new Slots(), () => undefined, 1, noMaterials);
  const limit = plan.listeners[0]!.rules.request[1]!.rules[0]!;
  const listed = listRules({
    ...{ config, configured: config, plan },
    hitsOf: (slot) => (slot === limit.slot ? 12 : 1),
  }).map(({ record }) => record);
  expect(rulesAnswer.safeParse({ rules: listed }).error).toBeUndefined();
  expect(listed.map(({ id, phase, mode, depth, hits, action }) => [id, phase, mode, depth, hits, action])).toEqual([
    ["listeners.web.rules.connection[0]", "connection", "observe", 0, 1, "reject"],
    ["listeners.web.rules.request[0]", "request", "enforce", 0, 1, "track seen"],
    ["listeners.web.rules.request[1]", "request", "enforce", 0, 1, "rules"],
    ["listeners.web.rules.request[1].rules[0]", "request", "enforce", 1, 12, "mark seen[src].gpc0, deny 429"],
    ["listeners.web.rules.request[1].rules[1]", "request", "off", 1, 0, "setHeader x-a, redirect /login"],
    ["pools.app.rules.response[0]", "response", "enforce", 0, 1, "log"],
  ]);
  expect(listed[3]).toMatchObject({ name: "limit", condition: null, owner: { kind: "listener", name: "web" } });
  expect(listed[5]).toMatchObject({ owner: { kind: "pool", name: "app" }, condition: "response.status == 500" });
});

test("a mode that the file does not say is told beside what the file says", () => {
  const configured = configOf(draft);
  const config = structuredClone(configured);
  const { rules } = config.listeners["web"]!;
  if (Array.isArray(rules)) throw new Error("rules are by phase here");
  rules.connection[0]!.mode = "enforce";
  const [first, second] = listRules({ config, configured, plan: null, hitsOf: () => 0 });
  expect(first!.record).toMatchObject({ mode: "enforce", configuredMode: "observe", hits: 0 });
  expect(second!.record).toMatchObject({ mode: "enforce", configuredMode: "enforce" });
  expect(first!.path).toEqual(["listeners", "web", "rules", "connection", 0]);
});

test("what a rule does is said in the words of the config, and not at length", () => {
  expect(actionOf({ mode: "enforce", limit: { rate: "10/s", by: "src" }, deny: 429 })).toBe("limit 10/s by src");
  expect(actionOf({ mode: "enforce", limit: "seen.tokens", by: "src" })).toBe("limit seen.tokens by src");
  expect(actionOf({ mode: "enforce", tarpit: "10s" })).toBe("tarpit 10s");
  expect(actionOf({ mode: "enforce", increment: { "seen[src].gpc0": 2 }, use: "other" })).toBe(
    "increment seen[src].gpc0, use other",
  );
  expect(actionOf({ mode: "enforce", countSession: true })).toBe("countSession");
  expect(
    actionOf({ mode: "enforce", setPath: "/x", setStatus: 404, slowDown: "1kb/s", maxBody: "2mb", accept: true }),
  ).toBe("setPath, setStatus 404, slowDown 1kb/s, maxBody 2mb, accept");
  expect(actionOf({ mode: "enforce", redirect: `/${"x".repeat(500)}` })).toHaveLength(120);
});
