import { expect, test } from "bun:test";
import { compile } from "../../config/compile.ts";
import type { ConfigInput } from "../../config/input.ts";
import { judge } from "../../config/judge.ts";
import { noMaterials } from "../../config/materials.ts";
import { Slots } from "../../config/slots.ts";
import type { Config } from "../../config/types.ts";
import type { Changed, ConfigPatch, ConfigService } from "../configuring/service.ts";
import { routesOfOperations } from "./router.ts";
import { ruleOperations } from "./rules.ts";
import type { RuleRecord } from "./shape/rule.ts";

const draft: ConfigInput = {
  listeners: {
    web: {
      listen: ":1",
      use: "app",
      rules: [{ name: "private", if: "path == '/a'", deny: 403, mode: "observe" }],
    },
  },
  pools: { app: { servers: ["10.0.0.1:80", "10.0.0.2:80^3"] } },
};

/** Does what it is asked to by the few operations that there are here; or refuses. */
class Configured implements Pick<ConfigService, "config" | "configured" | "change"> {
  config: Config;
  readonly configured: Config;
  readonly asked: ConfigPatch[] = [];
  refusal: Changed | null = null;

  constructor(config: Config) {
    this.config = config;
    this.configured = config;
  }

  change(patch: ConfigPatch): Promise<Changed> {
    this.asked.push(patch);
    if (this.refusal !== null) return Promise.resolve(this.refusal);
    const config = structuredClone(this.config) as unknown as Record<string, unknown>;
    if (patch.kind !== "operations") throw new Error("it is asked for by operations");
    for (const operation of patch.operations) {
      if (operation.op !== "add" && operation.op !== "replace") throw new Error(`not ${operation.op}`);
      const parts = operation.path.slice(1).split("/");
      let at = config;
      for (const part of parts.slice(0, -1)) at = at[part] as Record<string, unknown>;
      at[parts.at(-1)!] = operation.value;
    }
    this.config = config as unknown as Config;
    return Promise.resolve(answer(true, []));
  }
}

function answer(successful: boolean, problems: readonly string[]): Changed {
  const rest = { generation: 2, problems, warnings: [], isDryRun: false, diff: null, confirmBy: null };
  return { ok: true, answer: { successful, ...rest } };
}

function stage() {
  const configuring = new Configured(judge(draft).config!);
  const notes: string[] = [];
  const slots = new Slots();
  const plan = () => compile(configuring.config, slots, () => undefined, 1, noMaterials);
  const routes = routesOfOperations(
    ruleOperations({ configuring, totals: { rule: () => 5 }, plan, note: (text) => notes.push(text) }),
  );
  const ask = async (method: string, path: string, body?: unknown) => {
    const url = new URL(`http://localhost/api/v1${path}`);
    const said: RequestInit = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = (await routes(new Request(url.href, said), url.pathname))!;
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { ask, configuring, notes };
}

const rule = `/rules/${encodeURIComponent("listeners.web.rules[0]")}`;

test("a rule is switched to another mode, which is told with what the file says, and by whom and why in the log", async () => {
  const { ask, configuring, notes } = stage();
  const { status, body } = await ask("PATCH", rule, {
    mode: "enforce",
    name: "private",
    by: "Ada",
    reason: "it is right",
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ id: "listeners.web.rules[0]", mode: "enforce", configuredMode: "observe", hits: 5 });
  expect(configuring.asked).toEqual([
    { kind: "operations", operations: [{ op: "add", path: "/listeners/web/rules/0/mode", value: "enforce" }] },
  ]);
  expect(notes).toEqual(["rule private (listeners.web.rules[0]) is set to enforce by Ada: it is right"]);
  const { rules } = (await ask("GET", "/rules")).body as { rules: readonly RuleRecord[] };
  expect(rules).toMatchObject([{ mode: "enforce", configuredMode: "observe" }]);
  expect((await ask("PATCH", rule, { mode: "off" })).body).toMatchObject({ mode: "off", hits: 0 });
});

test("a mode that it has already changes nothing", async () => {
  const { ask, configuring, notes } = stage();
  expect((await ask("PATCH", rule, { mode: "observe" })).status).toBe(200);
  expect([configuring.asked, notes]).toEqual([[], []]);
});

test("a rule that is not there, or another than was meant, is not switched", async () => {
  const { ask, configuring } = stage();
  const unknown = await ask("PATCH", `/rules/${encodeURIComponent("listeners.web.rules[7]")}`, { mode: "off" });
  expect([unknown.status, unknown.body["error"]]).toEqual([
    404,
    "there is no rule listeners.web.rules[7]; GET /api/v1/rules lists them",
  ]);
  const named = await ask("PATCH", "/rules/private", { mode: "off" });
  expect(named.body["error"]).toBe("there is no rule private; the rule of that name is listeners.web.rules[0]");
  const other = await ask("PATCH", rule, { mode: "off", name: "formerly" });
  expect([other.status, other.body["error"]]).toEqual([
    409,
    "the rule at listeners.web.rules[0] is private now, not formerly: list the rules again",
  ]);
  expect((await ask("PATCH", rule, { mode: "maybe" })).status).toBe(422);
  expect(configuring.asked).toEqual([]);
});

test("what the config does not take is refused in its words", async () => {
  const { ask, configuring, notes } = stage();
  configuring.refusal = { ok: false, status: 409, message: "a change waits to be confirmed" };
  expect(await ask("PATCH", rule, { mode: "off" })).toEqual({
    status: 409,
    body: { error: "a change waits to be confirmed" },
  });
  configuring.refusal = answer(false, ["one", "two"]);
  expect(await ask("PATCH", rule, { mode: "off" })).toEqual({ status: 422, body: { error: "one; two" } });
  expect(notes).toEqual([]);
});

test("a server has another weight, by name, whoever asks for it", async () => {
  const { ask, configuring, notes } = stage();
  const server = "/pools/app/servers/10.0.0.2%3A80";
  expect(await ask("PATCH", server, { weight: 9 })).toEqual({
    status: 200,
    body: { pool: "app", server: "10.0.0.2:80", weight: 9 },
  });
  expect(configuring.config.pools["app"]!.servers[1]).toBe("10.0.0.2:80^9");
  expect(notes).toEqual(["server app/10.0.0.2:80 has weight 9, formerly 3 by 127.0.0.1"]);
  for (const [path, status, error] of [
    ["/pools/app/servers/10.0.0.9%3A80", 404, "pool app has no server 10.0.0.9:80; it has 10.0.0.1:80, 10.0.0.2:80"],
    ["/pools/none/servers/x", 404, "there is no pool none"],
  ] as const)
    expect(await ask("PATCH", path, { weight: 2 })).toEqual({ status, body: { error } });
  expect((await ask("PATCH", server, { weight: 0 })).status).toBe(200);
  expect(configuring.config.pools["app"]!.servers[1]).toMatchObject({ address: "10.0.0.2:80", weight: 0 });
  expect((await ask("PATCH", server, { weight: -1 })).status).toBe(422);
});
