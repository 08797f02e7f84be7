import { afterAll, afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePlan } from "../../test/playbook/plan.ts";
import type { HooksPlan, Plan } from "../config/plan.ts";
import { readAnswer, replyBytesMax } from "../flow/hooks/answer.ts";
import type { HookSet, Settled } from "../flow/hooks.ts";
import { Driver } from "./driver.ts";
import { Programs } from "./hooks.ts";
import { type Limits, usualLimits } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-hooks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let next = 0;
const open: Programs[] = [];
afterEach(() => {
  for (const programs of open.splice(0)) programs.close();
});

interface Stage {
  readonly programs: Programs;
  readonly lines: string[];
  readonly failures: Error[];
}

function stage(limits: Limits = usualLimits): Stage {
  const lines: string[] = [];
  const failures: Error[] = [];
  const programs = new Programs(
    new Driver(
      (error) => failures.push(error),
      (line) => lines.push(line),
    ),
    limits,
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
  return planOf(1, ...names);
}

function planOf(generation: number, ...names: HooksPlan["names"]): Plan {
  const hooks: HooksPlan = { names, budgetMs: 1, failure: null, bodyBytesMax: 1, tooLarge: "fail" };
  return { ...makePlan({ generation, listener: { hooks } }), program: { path: "/etc/sluice.config.ts", digest: "x" } };
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
  const hooks = programs.of(planWith("onRequest"), path);
  expect(hooks!.of("listeners", "web").onRequest!(null as never)).toBe(7 as never);
  expect(hooks!.of("pools", "app")).toEqual({});
  expect(programs.of(makePlan(), null)).toBeNull();
});

test("a module that has other hooks than the plan is refused", async () => {
  const { programs } = stage();
  const path = write("export default { listeners: { web: { onRequest() {}, onError() {} } } };");
  await programs.load(path);
  for (const names of [["onRequest"], ["onRequest", "onResponse"], ["onResponse"]] as const)
    expect(() => programs.of(planWith(...names), path)).toThrow(
      "other hooks in a worker than it had before (listener web)",
    );
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
  const path = write("export default { listeners: { web: { onRequest() { process.exit(3); } } } };");
  await programs.load(path);
  const { onRequest } = programs.of(planWith("onRequest"), path)!.of("listeners", "web");
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
  const told = (await settled(Promise.resolve(new Response(endless)))) as { body: Uint8Array };
  expect(told.body.length).toBeLessThan(replyBytesMax + 2 * 1024 * 1024);
  expect(readAnswer(told)).toEqual({ ok: false, message: "its body is longer than 16mb" });
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
  const path = write("export default { listeners: { web: { onRequest() {} } } };");
  await programs.load(path);
  programs.of(planWith("onRequest"), path);
  programs.complain("onRequest of listener web failed", `: Error: x (at ${folder}/sluice.config.ts:3:1)`);
  expect(lines).toEqual(["onRequest of listener web failed: Error: x (at /etc/sluice.config.ts:3:1)"]);
});

const none: ReadonlySet<number> = new Set();

/** Code that tells of its begin and its end, and ticks between them. */
function living(name: string, onUnload = ""): string {
  return write(
    `const { events } = globalThis;
     events.push("begin ${name}");
     const timer = setInterval(() => events.push("tick ${name}"), 1);
     export default {
       listeners: { web: { onRequest: () => "${name}" } },
       onUnload: () => { clearInterval(timer); events.push("end ${name}"); ${onUnload} },
     };`,
  );
}

function listen(): string[] {
  const events: string[] = [];
  Object.assign(globalThis, { events });
  return events;
}

async function takeOn(programs: Programs, path: string, generation: number): Promise<HookSet> {
  await programs.load(path);
  return programs.of(planOf(generation, "onRequest"), path)!;
}

test("code that another has taken the place of is told to end when the last exchange that uses it has ended", async () => {
  const events = listen();
  const { programs } = stage();
  const [first, second] = [living("first"), living("second")];
  await takeOn(programs, first, 1);
  await takeOn(programs, first, 2);
  await takeOn(programs, second, 3);
  programs.sweep(() => none, 0);
  expect(events.filter((event) => event.startsWith("end"))).toEqual([]);
  programs.retain(second);
  programs.sweep(() => new Set([2, 3]), 60_000);
  expect(events.filter((event) => event.startsWith("end"))).toEqual([]);
  programs.sweep(() => new Set([3]), 60_000);
  expect(events.filter((event) => event.startsWith("end"))).toEqual(["end first"]);
  const behind = events.length;
  while (events.filter((event) => event === "tick second").length < 20) await Bun.sleep(1);
  expect(events.slice(behind)).not.toContain("tick first");
  expect([programs.isLoaded(first), programs.isLoaded(second)]).toEqual([false, true]);
  programs.retain(null);
  programs.sweep(() => none, 0);
  expect(events.at(-1)).toBe("end second");
});

test("an exchange that does not end holds the end up for so long and no longer", async () => {
  const events = listen();
  const { programs } = stage();
  await takeOn(programs, living("first"), 1);
  programs.retain(null);
  programs.sweep(() => new Set([1]), 60_000);
  expect(events).not.toContain("end first");
  while (!events.includes("end first")) {
    await Bun.sleep(1);
    programs.sweep(() => new Set([1]), 1);
  }
});

test("what was in force comes back as it was while nothing is decided, and anew afterwards", async () => {
  const events = listen();
  const { programs } = stage();
  const [first, second] = [living("first"), living("second")];
  const begins = (): string[] => events.filter((event) => event.startsWith("begin"));
  await takeOn(programs, first, 1);
  await takeOn(programs, second, 2);
  await takeOn(programs, first, 1);
  expect(begins()).toEqual(["begin first", "begin second"]);
  programs.retain(first);
  programs.sweep(() => none, 60_000);
  const ends = events.filter((event) => event.startsWith("end"));
  expect(ends).toEqual(["end second"]);
  await takeOn(programs, second, 3);
  expect(begins()).toEqual(["begin first", "begin second", "begin second"]);
  programs.retain(null);
  programs.sweep(() => none, 0);
});

test("an end that fails, or never comes, is told and ends nothing else", async () => {
  listen();
  const { programs, lines } = stage({ importMs: 5000, unloadMs: 1 });
  const ends = [
    'throw new Error("thrown");',
    'return Promise.reject(new Error("rejected"));',
    "return new Promise(() => {});",
  ];
  for (const end of ends) await takeOn(programs, living("one", end), 1);
  programs.retain(null);
  programs.sweep(() => none, 0);
  while (lines.length < 2) await Bun.sleep(1);
  expect(lines.toSorted()).toEqual([
    expect.stringMatching(/^onUnload of the config failed: Error: thrown/),
    "onUnload of the config has not ended in 0.001 s",
  ]);
});

test("code that awaits at its top what does not come is refused in time, and can be loaded when it comes", async () => {
  listen();
  const { programs } = stage({ importMs: 20, unloadMs: 1000 });
  const path = write(
    `globalThis.turns = (globalThis.turns ?? 0) + 1;
     if (globalThis.turns === 1) await new Promise((go) => (globalThis.go = go));
     export default { listeners: { web: { onRequest: () => globalThis.turns } }, onUnload: () => globalThis.events.push("end") };`,
  );
  await expect(programs.load(path)).rejects.toThrow(
    "did not finish within 0.02 s in a worker: what it awaits at its top does not come",
  );
  const hooks = await takeOn(programs, path, 1);
  expect(hooks.of("listeners", "web").onRequest!(null as never)).toBe(2 as never);
  const { go, events } = globalThis as unknown as { go(): void; events: string[] };
  go();
  // Nobody waits for it any more.
  while (!events.includes("end")) await Bun.sleep(1);
});

test("code that failed once is run anew when it is asked for again", async () => {
  const { programs } = stage();
  const path = write(
    `globalThis.tries = (globalThis.tries ?? 0) + 1;
     if (globalThis.tries < 3) throw new Error("try " + globalThis.tries);
     export default { listeners: { web: { onRequest() {} } } };`,
  );
  await expect(programs.load(path)).rejects.toThrow("try 1");
  await expect(programs.load(path)).rejects.toThrow("try 2");
  await programs.load(path);
  expect(programs.isLoaded(path)).toBe(true);
});

test("plans that come while their code is imported wait for one import", async () => {
  const events = listen();
  const { programs } = stage();
  const path = living("only");
  await Promise.all([programs.load(path), programs.load(path)]);
  expect(events.filter((event) => event === "begin only")).toHaveLength(1);
  programs.retain(null);
  programs.sweep(() => none, 0);
});

test("what nothing uses any more is freed", async () => {
  const { programs } = stage();
  const { held } = Object.assign(globalThis, { held: [] as WeakRef<object>[] });
  for (let turn = 1; turn <= 20; turn++) {
    const text = `const large = { turn: ${turn} }; globalThis.held.push(new WeakRef(large));`;
    await takeOn(programs, write(`${text} export default { listeners: { web: { onRequest: () => large } } };`), turn);
    programs.retain(null);
    programs.sweep(() => none, 0);
  }
  // The stack may hold some of them for a while. Nobody else asks for a collection.
  const freed = (): number => held.filter((each) => each.deref() === undefined).length;
  const endMs = performance.now() + 10_000;
  while (freed() < 10 && performance.now() < endMs) {
    await Bun.sleep(50);
    programs.sweep(() => none, 0);
  }
  expect(freed()).toBeGreaterThanOrEqual(10);
});
