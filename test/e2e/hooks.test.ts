// Hooks in real workers: a config in TypeScript that is loaded, reloaded and refused, hooks that throw, that never answer, and one that
// never ends.

import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Sluice, sources } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

interface Scene {
  readonly sluice: Sluice;
  /** Of the file that the config imports. */
  write(text: string): void;
}

async function start(room: Room, workers: number, config: string, imported = ""): Promise<Scene> {
  const origin = new Origin(room, () => ok('{"a":1}', "Content-Type: application/json"));
  const [port, admin] = [freePort(), freePort()];
  const path = room.path("sluice.config.ts");
  const write = (text: string): void => writeFileSync(room.path("imported.ts"), text);
  write(imported);
  writeFileSync(
    path,
    `import { defineConfig } from "sluice";
     import * as imported from "./imported.ts";
     const common = { workers: ${workers}, admin: { listen: "127.0.0.1:${admin}" }, drainTimeout: "1s", stallTimeout: "2s" } as const;
     const listen = "127.0.0.1:${port}";
     const servers = ["${origin.address}"];
     void imported;
     export default ${config}`,
  );
  return { sluice: await Sluice.of(room, path, port, admin, sources), write };
}

const answer = async (sluice: Sluice, path: string): Promise<string> => {
  const response = await fetch(`${sluice.url}${path}`, { keepalive: false, headers: { connection: "close" } });
  return `${response.status} ${await response.text()}`;
};

test("requests, responses and bodies go through hooks, in every worker", async () => {
  await using room = new Room();
  const { sluice } = await start(
    room,
    2,
    `defineConfig({ ...common,
       listeners: { web: { listen, use: "app",
         onRequest: async (request) => {
           await Bun.sleep(1);
           if (request.path === "/own") return Response.json({ own: true }, { status: 418 });
         },
         onResponse: (response) => response.headers.set("x-hook", "yes") } },
       pools: { app: { servers, transformResponse: { json: (value) => ({ ...value, b: 2 }) } } } });`,
  );
  for (let count = 0; count < 10; count++) {
    expect(await answer(sluice, "/own")).toBe('418 {"own":true}');
    const response = await fetch(sluice.url, { keepalive: false, headers: { connection: "close" } });
    expect([response.headers.get("x-hook"), await response.text()]).toEqual(["yes", '{"a":1,"b":2}']);
  }
});

test("a change of an imported file is in force for all at once, and one that is wrong changes nothing", async () => {
  await using room = new Room();
  const { sluice, write } = await start(
    room,
    2,
    `defineConfig({ ...common, onUnload: () => appendFileSync(${JSON.stringify(room.path("ended"))}, imported.word), listeners: { web: { listen, use: "app", onRequest: () => ({ body: imported.word }) } }, pools: { app: { servers } } });
     import { appendFileSync } from "node:fs";`,
    'export const word: string = "one";',
  );
  for (let count = 0; count < 6; count++) expect(await answer(sluice, "/")).toBe("200 one");
  write('export const word: string = "two";');
  expect((await sluice.cli("reload")).code).toBe(0);
  for (let count = 0; count < 6; count++) expect(await answer(sluice, "/")).toBe("200 two");
  const ended = (): string => (existsSync(room.path("ended")) ? readFileSync(room.path("ended"), "utf8") : "");
  await until("the former code to be told in both workers", () => ended() === "oneone");
  write(
    'export const word: string = process.env["SLUICE_WORKER"] === undefined ? "three" : oops();\nfunction oops(): never { throw new Error("only in workers"); }',
  );
  const refused = await sluice.cli("reload");
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("only in workers")]);
  for (let count = 0; count < 6; count++) expect(await answer(sluice, "/")).toBe("200 two");
  expect((await sluice.status()).workers.map(({ restarts }) => restarts)).toEqual([0, 0]);
  expect(ended()).toBe("oneone");
});

test("a request that waits in a hook ends with the code that it began with", async () => {
  await using room = new Room();
  const { sluice, write } = await start(
    room,
    1,
    'defineConfig({ ...common, hooks: { budget: "20s" }, listeners: { web: { listen, use: "app", onRequest: async ({ path }) => { if (path === "/slow") await new Promise((go) => { globalThis.go = go; }); if (path === "/go") globalThis.go(); return { body: imported.word }; } } }, pools: { app: { servers } } }); declare global { var go: (value?: unknown) => void; }',
    'export const word: string = "one";',
  );
  const slow = answer(sluice, "/slow");
  await until("the slow one to be there", async () => (await sluice.metric("sluice_connections_active")) === 1);
  write('export const word: string = "two";');
  expect((await sluice.cli("reload")).code).toBe(0);
  expect(await answer(sluice, "/go")).toBe("200 two");
  expect(await slow).toBe("200 one");
});

test("hooks that throw, are late, or fail where nobody awaits them end no worker", async () => {
  await using room = new Room();
  const { sluice } = await start(
    room,
    1,
    `defineConfig({ ...common, hooks: { budget: "400ms", failure: { status: 500, body: "sorry" } },
       listeners: { web: { listen, use: "app",
         onRequest: async ({ path }) => {
           if (path === "/throw") throw new Error("on purpose");
           if (path === "/late") await Bun.sleep(800).then(() => { setTimeout(() => { globalThis.isOver = true; }, 50); throw new Error("much later"); });
           if (path === "/busy") await Bun.sleep(10).then(() => { for (const until = Date.now() + 800; Date.now() < until; ); });
           if (path === "/exit") process.exit(0);
           if (path === "/over") return { body: String(globalThis.isOver) };
           if (path === "/stray") {
             void Promise.reject(new Error("a stray promise"));
             setTimeout(() => { throw new Error("a stray timer"); }, 1);
             setTimeout(process.exit, 1);
             return { body: "fine" };
           }
           return undefined;
         } } },
       pools: { app: { servers } } }); declare global { var isOver: boolean; }`,
  );
  const workers = await sluice.workers();
  expect(await answer(sluice, "/throw")).toBe("500 sorry");
  expect(await answer(sluice, "/exit")).toBe("500 sorry");
  expect(await answer(sluice, "/late")).toBe("500 sorry");
  expect(await answer(sluice, "/busy")).toBe("500 sorry");
  expect(await answer(sluice, "/stray")).toBe("200 fine");
  await until("the stray ones to be told", () => sluice.stderr.includes("where nobody awaits it"));
  await until("the late one to be over", async () => (await answer(sluice, "/over")) === "200 true");
  expect(await answer(sluice, "/")).toBe('200 {"a":1}');
  await sluice.counted(2, "sluice_hook_failures_total", { hook: "onRequest", reason: "threw" });
  await sluice.counted(1, "sluice_hook_failures_total", { hook: "onRequest", reason: "timeout" });
  await sluice.counted(1, "sluice_hook_failures_total", { hook: "onRequest", reason: "slow" });
  expect(sluice.stderr).toMatch(
    /onRequest of listener web failed: Error: on purpose \(at .*sluice\.config\.ts:\d+:\d+\)/,
  );
  expect((await sluice.status()).workers[0]!.restarts).toBe(0);
  expect(await sluice.workers()).toEqual(workers);
});

test("a worker that stands still in a hook without an end is killed and replaced", async () => {
  await using room = new Room();
  const { sluice } = await start(
    room,
    1,
    `defineConfig({ ...common, listeners: { web: { listen, use: "app", onRequest: ({ path }) => { while (path === "/loop"); } } }, pools: { app: { servers } } });`,
  );
  const [former] = await sluice.workers();
  const cut = await answer(sluice, "/loop").catch(() => "cut");
  expect(cut).toBe("cut");
  await until("another worker to be up", async () => {
    const [now] = await sluice.workers();
    return now !== undefined && now !== former;
  });
  expect(await answer(sluice, "/")).toBe('200 {"a":1}');
  await until("it to be told", () => /has stood still for \d+ s \(a hook that never ends/.test(sluice.stderr));
});
