import { afterAll, afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePlan } from "../../test/playbook/plan.ts";
import type { HooksPlan, Plan } from "../config/plan.ts";
import type { Settled } from "../flow/hooks.ts";
import { Driver } from "./driver.ts";
import { Programs } from "./hooks.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-hooks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let next = 0;
const open: Programs[] = [];
afterEach(() => {
  for (const programs of open.splice(0)) programs.close();
});

function stage(): { readonly programs: Programs; readonly lines: string[]; readonly failures: Error[] } {
  const lines: string[] = [];
  const failures: Error[] = [];
  const programs = new Programs(
    new Driver(
      (error) => failures.push(error),
      (line) => lines.push(line),
    ),
  );
  open.push(programs);
  return { programs, lines, failures };
}

function write(text: string): string {
  const path = join(folder, `${next++}.mjs`);
  writeFileSync(path, text);
  return path;
}

function planWith(...names: HooksPlan["names"]): Plan {
  const hooks: HooksPlan = { names, budgetMs: 1, failure: null, bodyBytesMax: 1, tooLarge: "fail" };
  return { ...makePlan({ listener: { hooks } }), program: { path: "/etc/sluice.config.ts", digest: "x" } };
}

test("the functions of a module are found by the names of their owners", async () => {
  const { programs } = stage();
  const path = write(
    'import { defineConfig } from "sluice";\nexport default Promise.resolve(defineConfig({ listeners: { web: { onRequest: () => 7 } } }));',
  );
  expect(programs.isLoaded(null)).toBe(true);
  expect(programs.isLoaded(path)).toBe(false);
  await programs.load(path);
  expect(programs.isLoaded(path)).toBe(true);
  const hooks = programs.of(planWith("onRequest"));
  expect(hooks!.of("listeners", "web").onRequest!(null as never)).toBe(7 as never);
  expect(hooks!.of("pools", "app")).toEqual({});
  expect(programs.of(makePlan())).toBeNull();
});

test("a module that has other hooks than the plan is refused", async () => {
  const { programs } = stage();
  await programs.load(write("export default { listeners: { web: { onRequest() {}, onError() {} } } };"));
  for (const names of [["onRequest"], ["onRequest", "onResponse"], ["onResponse"]] as const)
    expect(() => programs.of(planWith(...names))).toThrow("other hooks in a worker than it had before (listener web)");
});

test("a module that throws, or gives no config, cannot be loaded", async () => {
  const { programs } = stage();
  await expect(programs.load(write('throw new Error("no database");'))).rejects.toThrow("no database");
  await expect(programs.load(write("export default 5;"))).rejects.toThrow("has not given its value");
});

async function settled(value: unknown): Promise<unknown> {
  const { programs } = stage();
  return await new Promise((resolve) =>
    programs.settle(value, { resolved: resolve, rejected: (error) => resolve(`rejected: ${String(error)}`) }),
  );
}

test("promises and standard responses are told as what they come to", async () => {
  expect(await settled(Promise.resolve(5))).toBe(5);
  expect(await settled(Promise.reject(new Error("x")))).toBe("rejected: Error: x");
  const response = new Response("hi", { status: 201, headers: { "x-a": "b", "content-encoding": "own" } });
  response.headers.delete("content-type");
  expect(await settled(Promise.resolve(response))).toEqual({
    status: 201,
    headers: [
      ["content-encoding", "own"],
      ["x-a", "b"],
    ],
    body: Uint8Array.from(Buffer.from("hi")),
  });
  expect(await settled({ arrayBuffer: 5 })).toStartWith("rejected: TypeError");
});

test("what was fetched is answered without the coding that fetch has taken away", async () => {
  const gzipped = Bun.gzipSync(Buffer.from("hello"));
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response(gzipped, { headers: { "content-encoding": "gzip", "x-a": "b" } }),
  });
  const answer = (await settled(fetch(server.url))) as { headers: [string, string][]; body: Uint8Array };
  await server.stop(true);
  expect(Buffer.from(answer.body).toString()).toBe("hello");
  expect(answer.headers.map(([name]) => name)).not.toContain("content-encoding");
  expect(answer.headers).toContainEqual(["x-a", "b"]);
});

test("code of the config may not end the worker, neither while it is loaded nor in a hook", async () => {
  const { programs } = stage();
  await programs.load(write("export default { listeners: { web: { onRequest() { process.exit(3); } } } };"));
  const { onRequest } = programs.of(planWith("onRequest"))!.of("listeners", "web");
  expect(() => onRequest!(null as never)).toThrow("process.exit() is not for hooks");
  await expect(programs.load(write("process.exit(0); export default {};"))).rejects.toThrow("is not for hooks");
});

test("a failure of our own when a promise is told is the worker's", async () => {
  const { programs, failures } = stage();
  const broken = (): never => {
    throw new Error("ours");
  };
  programs.settle(Promise.resolve(1), { resolved: broken, rejected: broken });
  while (failures.length === 0) await Bun.sleep(1);
  expect(failures.map(({ message }) => message)).toEqual(["ours"]);
});

test("a body that never ends is read as far as an answer may go", async () => {
  const endless = new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1024 * 1024)) });
  const told = await settled(Promise.resolve(new Response(endless)));
  expect(told).toBe("rejected: Error: the body of its answer is longer than 16mb");
});

test("a body that nobody waits for any more is read no further", async () => {
  const { programs } = stage();
  const cancelled = Promise.withResolvers<string>();
  const slow = new ReadableStream({
    start: (stream) => stream.enqueue(new Uint8Array(1)),
    cancel: () => cancelled.resolve("cancelled"),
  });
  const waiting: Settled = { resolved: () => {}, rejected: () => {}, stop: null };
  programs.settle(Promise.resolve(new Response(slow)), waiting);
  while (!waiting.stop) await Bun.sleep(1);
  waiting.stop();
  expect(await cancelled.promise).toBe("cancelled");
});

test("places in the copy are told as places in the config", async () => {
  const { programs, lines } = stage();
  await programs.load(write("export default { listeners: { web: { onRequest() {} } } };"));
  programs.of(planWith("onRequest"));
  programs.complain("onRequest of listener web failed", `: Error: x (at ${folder}/sluice.config.ts:3:1)`);
  expect(lines).toEqual(["onRequest of listener web failed: Error: x (at /etc/sluice.config.ts:3:1)"]);
});
