import { expect, test } from "bun:test";
import { judge } from "../../config/judge.ts";
import type { Config } from "../../config/types.ts";
import { asWritten } from "../../config/written.ts";
import { mergePatch } from "../configuring/patch.ts";
import type { Changed, ConfigPatch, Refused } from "../configuring/service.ts";
import { listenerOf, Servers } from "./servers.ts";

const list = (address: string) => ({ kind: "static", static_list: [address] });
const server = { bind: "127.0.0.1:3001", discovery: list("10.0.0.1:80") };

/** A config that is changed as control would, but for what the machine has to say. */
function stage(refusal: Refused | null = null) {
  const first = { settings: { "defaults.max_connections": 7 }, api: {} };
  const state = {
    config: judge({ listeners: {}, pools: {}, gobetween: first }).config! as Config,
    warned: [] as string[],
  };
  const change = async ({ patch }: Extract<ConfigPatch, { kind: "merge" }>): Promise<Changed> => {
    if (refusal !== null) return refusal;
    const { config, findings } = judge(asWritten(mergePatch(state.config, patch) as object));
    const problems = findings
      .filter(({ severity }) => severity === "error")
      .map(({ path, message }) => `the change: error: ${path.join(".")} ${message}`);
    if (config !== null && problems.length === 0) state.config = config;
    const answer = { successful: problems.length === 0, generation: 1, problems, warnings: [] };
    return { ok: true, answer: { ...answer, isDryRun: false, diff: null, confirmBy: null } };
  };
  const service = {
    get config(): Config {
      return state.config;
    },
    change: (patch: ConfigPatch) => change(patch as Extract<ConfigPatch, { kind: "merge" }>),
  };
  const servers = new Servers(service, { warn: (line: unknown) => void state.warned.push(String(line)) });
  return { servers, state };
}

test("a server is added as its file would have it, with the file's defaults, and goes whole", async () => {
  const { servers, state } = stage();
  const rules = Array.from({ length: 20 }, (_, index) => `allow 10.0.1.${index}`);
  const more = { ...server, access: { default: "deny", rules } };
  expect(await servers.create("web 1", more)).toBeNull();
  expect(state.config.listeners["web-1"]).toMatchObject({ listen: "127.0.0.1:3001", maxConnections: 7, mode: "tcp" });
  expect(Object.keys(state.config.pools)).toEqual(["web-1"]);
  expect(Object.keys(state.config.lists)).toEqual(["web-1-access"]);
  expect(listenerOf(state.config, "web 1")).toBe("web-1");
  expect(state.warned.join()).toContain("is called web-1 here");
  expect(await servers.remove("web 1")).toBeNull();
  const { listeners, pools, lists, gobetween } = state.config;
  expect([listeners, pools, lists, gobetween?.servers]).toEqual([{}, {}, {}, {}]);
});

test("one that is there already is refused, also when both are asked for at once", async () => {
  const { servers } = stage();
  const [first, second] = await Promise.all([
    servers.create("web", server),
    servers.create("web", { ...server, bind: "127.0.0.1:3002" }),
  ]);
  expect(first).toBeNull();
  expect(second).toEqual({ status: 409, message: "Server with this name already exists: web" });
});

test("names that come to the same here have different ones", async () => {
  const { servers, state } = stage();
  expect(await servers.create("a b", server)).toBeNull();
  expect(await servers.create("a-b", { ...server, bind: "127.0.0.1:3002" })).toBeNull();
  expect(Object.keys(state.config.listeners)).toEqual(["a-b", "a-b-2"]);
  expect(await servers.remove("a-b")).toBeNull();
  expect(Object.keys(state.config.listeners)).toEqual(["a-b"]);
});

test("what gobetween would not take is told in words, and nothing is changed", async () => {
  const { servers, state } = stage();
  const before = state.config;
  for (const [body, message] of [
    [{}, "servers.x must have a bind"],
    [{ ...server, protocol: "sctp" }, "servers.x.protocol is not known"],
    [{ ...server, bind: 5 }, "servers.x.bind must be a text"],
    [{ ...server, bind: "nowhere" }, "servers.x.bind "],
  ] as const)
    expect(await servers.create("x", body)).toEqual({ status: 400, message: expect.stringContaining(message) });
  expect(await servers.create("", server)).toMatchObject({ status: 400 });
  expect(await servers.create("x".repeat(257), server)).toMatchObject({ status: 400 });
  expect(state.config).toBe(before);
});

test("an address that another server has is a conflict", async () => {
  const { servers } = stage();
  expect(await servers.create("one", server)).toBeNull();
  expect(await servers.create("two", server)).toEqual({
    status: 409,
    message: expect.stringMatching(/^listeners.two.listen is the same address/),
  });
});

test("one that is not there cannot be deleted, and what control refuses is told", async () => {
  expect(await stage().servers.remove("web")).toEqual({ status: 404, message: "Server not found" });
  const waiting = stage({ ok: false, status: 409, message: "a change waits" });
  expect(await waiting.servers.create("web", server)).toEqual({ status: 409, message: "a change waits" });
  const reaching = stage({ ok: false, status: 422, message: "exec reaches: set admin.token" });
  expect(await reaching.servers.create("web", server)).toEqual({
    ...{ status: 400, message: "exec reaches: set api.basic_auth" },
  });
});

test("a name that means something to objects is a name", async () => {
  const { servers, state } = stage();
  for (const name of ["__proto__", "constructor", "toString"]) {
    expect(listenerOf(state.config, name)).toBeNull();
    const port = 3001 + name.length;
    expect(await servers.create(name, { ...server, bind: `127.0.0.1:${port}` })).toBeNull();
    expect(await servers.remove(name)).toBeNull();
  }
});
