import { expect, test } from "bun:test";
import type { Gobetween } from "../../config/types.ts";
import type { GobetweenFigures, ServerFigures } from "../gobetween/figures.ts";
import type { Outcome, Servers } from "../gobetween/servers.ts";
import { type GobetweenService, gobetweenOperations } from "./gobetween.ts";
import { isOpenTo } from "./operation.ts";
import { Router } from "./router.ts";

const told: Gobetween = {
  ...{ metrics: false, settings: {}, api: { cors: false } },
  servers: {
    web: { name: "web", pools: ["web"], lists: [], settings: { bind: ":3000", "discovery.kind": "static" } },
  },
};
const figures: ServerFigures = {
  ...{ name: "web", active: 1, rxTotal: 100, txTotal: 50, rxSecond: 10, txSecond: 5 },
  backends: [
    {
      ...{ host: "a", port: "80", priority: 1, weight: 2, sni: "a.test", isLive: true },
      ...{ total: 5, active: 1, refused: 2, rxTotal: 100, txTotal: 50, rxSecond: 10, txSecond: 5 },
    },
  ],
};

function stage(outcome: Outcome = null) {
  const done: unknown[] = [];
  const service: GobetweenService = {
    told: () => told,
    status: () => ({
      ...{ pid: 7, startedAt: "2026-11-23T04:00:00.000Z", version: "1.2.3" },
      ...{ config: "/etc/gobetween.toml", configOrigin: "/etc/gobetween.toml" },
    }),
    figures: { find: (name: string) => (name === "web" ? figures : null) } as unknown as GobetweenFigures,
    servers: {
      create: async (name: string, body: object) => {
        done.push(["create", name, body]);
        return outcome;
      },
      remove: async (name: string) => {
        done.push(["remove", name]);
        return outcome;
      },
    } as unknown as Servers,
    nowMs: () => Date.UTC(2026, 10, 23, 4, 1, 2),
  };
  const router = new Router(gobetweenOperations(service));
  const ask = async (method: string, path: string, init: RequestInit = {}) => {
    const url = new URL(path, "http://localhost");
    const request = new Request(url.href, { ...init, method });
    const found = router.find(method, url.pathname);
    if (found?.kind !== "operation") return { status: found === null ? 404 : found.answer.status, text: "" };
    const { response } = await router.answer(request, found, "127.0.0.1");
    return { status: response.status, text: await response.text(), type: response.headers.get("content-type") };
  };
  return { ask, done, router };
}

test("ping answers everybody, and what else there is does not", async () => {
  const { ask, router } = stage();
  expect(await ask("GET", "/ping")).toMatchObject({ status: 200, text: "OK" });
  const open = router.operations.filter((each) => isOpenTo(each, new Request("http://a/"))).map(({ path }) => path);
  expect(open).toEqual(["/ping"]);
});

test("the root tells of the process, and shows people the console", async () => {
  const { ask } = stage();
  expect(JSON.parse((await ask("GET", "/")).text)).toEqual({
    ...{ pid: 7, time: "2026-11-23T04:01:02.000Z", startTime: "2026-11-23T04:00:00.000Z", uptime: "1m2s" },
    ...{ version: "1.2.3", configuration: { kind: "file", path: "/etc/gobetween.toml" } },
  });
  const page = await ask("GET", "/", { headers: { accept: "text/html,application/xhtml+xml" } });
  expect([page.status, page.type]).toEqual([200, "text/html; charset=utf-8"]);
});

test("servers are told all together and each by itself, in JSON with four spaces", async () => {
  const { ask } = stage();
  const all = await ask("GET", "/servers");
  expect(all.type).toBe("application/json; charset=utf-8");
  expect(all.text).toStartWith('{\n    "web": {\n        "max_connections": 0,\n');
  const one = await ask("GET", "/servers/web");
  expect(JSON.parse(one.text)).toEqual(JSON.parse(all.text).web);
  expect(await ask("GET", "/servers/app")).toMatchObject({ status: 404, text: '"Server not found"' });
});

test("the figures have gobetween's names", async () => {
  const { ask } = stage();
  expect(JSON.parse((await ask("GET", "/servers/web/stats")).text)).toEqual({
    ...{ active_connections: 1, rx_total: 100, tx_total: 50, rx_second: 10, tx_second: 5 },
    backends: [
      {
        ...{ host: "a", port: "80", priority: 1, weight: 2, sni: "a.test" },
        stats: {
          ...{ live: true, discovered: true, total_connections: 5, active_connections: 1, refused_connections: 2 },
          ...{ rx: 100, tx: 50, rx_second: 10, tx_second: 5 },
        },
      },
    ],
  });
  expect((await ask("GET", "/servers/app/stats")).status).toBe(404);
});

test("the config is dumped in both formats, and in no other", async () => {
  const { ask } = stage();
  expect((await ask("GET", "/dump")).text).toContain("[servers.web]");
  expect((await ask("GET", "/dump?format=toml")).text).toContain("[servers.web]");
  expect(JSON.parse((await ask("GET", "/dump?format=json")).text)).toHaveProperty("servers.web.bind", ":3000");
  expect((await ask("GET", "/dump?format=xml")).status).toBe(400);
});

test("a server is added whatever the body says it is, and deleted; both answer null", async () => {
  const { ask, done } = stage();
  const body = JSON.stringify({ bind: ":3001" });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  expect(await ask("POST", "/servers/a%20b", { body, headers })).toMatchObject({ status: 200, text: "null" });
  expect(await ask("DELETE", "/servers/web")).toMatchObject({ status: 200, text: "null" });
  expect(done).toEqual([
    ["create", "a b", { bind: ":3001" }],
    ["remove", "web"],
  ]);
});

test("what is refused says why", async () => {
  const { ask, done } = stage({ status: 409, message: "there is one" });
  for (const body of ["", "no JSON", "[]", "5"]) expect((await ask("POST", "/servers/a", { body })).status).toBe(400);
  expect(done).toEqual([]);
  expect(await ask("POST", "/servers/a", { body: "{}" })).toMatchObject({ status: 409, text: '"there is one"' });
  expect((await ask("PUT", "/servers/a")).status).toBe(405);
});
