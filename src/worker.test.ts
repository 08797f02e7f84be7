// A worker process of our own, told by hand what control would tell it.

import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { freePort } from "../test/e2e/harness/port.ts";
import { makePlan } from "../test/playbook/plan.ts";
import { version } from "./cli/version.ts";
import type { FromWorker, PlanFiles, ToWorker, WorkerStart } from "./config/message.ts";
import type { AccessLogPlan, HooksPlan, Plan } from "./config/plan.ts";
import { Arena, arenaBytes } from "./memory/arena.ts";
import { layouts } from "./memory/layouts.ts";
import { Totals, workerCell } from "./memory/tally.ts";

const open: { child: Subprocess; folder: string }[] = [];
afterEach(async () => {
  for (const { child, folder } of open.splice(0)) {
    child.kill("SIGKILL");
    await child.exited;
    rmSync(folder, { recursive: true, force: true });
  }
});

const noFiles: PlanFiles = {
  tables: {},
  lists: {},
  caches: {},
  egresses: {},
  recorder: null,
  program: null,
  bans: null,
};

function stage(given: Partial<WorkerStart> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-worker-"));
  const arenaPath = join(folder, "arena");
  writeFileSync(arenaPath, "");
  truncateSync(arenaPath, arenaBytes);
  const arena = new Arena(Bun.mmap(arenaPath, { shared: true }));
  arena.format();
  const totals = new Totals(arena, 1);
  const heard: FromWorker[] = [];
  let told: (() => void) | null = null;
  const code = { version, layouts };
  const start: WorkerStart = { worker: 0, workers: 1, arenaPath, isReplacement: false, code, ...given };
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), "worker"], {
    env: { ...process.env, SLUICE_WORKER: JSON.stringify(start) },
    stdio: ["ignore", "ignore", "inherit"],
    ipc: (message) => {
      heard.push(message as FromWorker);
      told?.();
    },
  });
  open.push({ child, folder });
  const answer = async (): Promise<FromWorker> => {
    while (heard.length === 0) await new Promise<void>((resolve) => (told = resolve));
    return heard.shift()!;
  };
  const beats = (): number => totals.ofWorker(0, workerCell.heartbeat);
  return { child, folder, answer, beats, say: (message: ToWorker | string) => child.send(message) };
}

function planOn(generation: number, port: number, accessLog: AccessLogPlan | null = null): Plan {
  const plan = makePlan({ generation });
  const [listener] = plan.listeners;
  return { ...plan, accessLog, listeners: [{ ...listener!, address: { kind: "tcp", host: "127.0.0.1", port } }] };
}

/** A port that nobody has at this moment. */
async function connected(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}

test("under a control that lays out shared memory differently a worker refuses each plan, and touches nothing", async () => {
  const { child, say, answer, beats } = stage({ code: { version, layouts: "another" } });
  for (const generation of [1, 2]) {
    say({ kind: "plan", plan: planOn(generation, freePort()), files: noFiles });
    const said = await answer();
    expect(said).toMatchObject({ kind: "failed", generation });
    expect(said).toHaveProperty("message", expect.stringContaining("the files of Sluice were changed while it runs"));
  }
  say({ kind: "drain", drainMs: 0 });
  expect(await child.exited).toBe(0);
  expect(beats()).toBe(0);
});

test("under a control of another version that lays out memory like its own it says so, and serves", async () => {
  const { say, answer } = stage({ code: { version: "0.0.1", layouts } });
  say({ kind: "plan", plan: planOn(1, freePort()), files: noFiles });
  expect(await answer()).toMatchObject({ kind: "warned", message: expect.stringContaining("control of 0.0.1") });
  expect(await answer()).toEqual({ kind: "planned", generation: 1 });
});

test("a worker that drains obeys a plan without accepting anybody again", async () => {
  const { say, answer } = stage();
  const port = freePort();
  say({
    kind: "plan",
    plan: planOn(1, port),
    files: noFiles,
  });
  expect(await answer()).toEqual({ kind: "planned", generation: 1 });
  // A client inside a head keeps it from ending.
  const client = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
  client.write("GET / HT");
  while (!(await isHeard(port))) await Bun.sleep(5);
  say({ kind: "drain", drainMs: 20_000 });
  const files = { tables: {}, lists: {}, caches: {}, egresses: {}, recorder: null, program: null, bans: null };
  // As control says it.
  say(JSON.stringify({ kind: "plan", plan: planOn(2, port), files }));
  expect(await answer()).toEqual({ kind: "planned", generation: 2 });
  expect(await connected(port)).toBe(false);
  client.end();
});

test("who was connected before a worker drains is answered", async () => {
  const { say, answer, child } = stage();
  const port = freePort();
  const files = { tables: {}, lists: {}, caches: {}, egresses: {}, recorder: null, program: null, bans: null };
  say({ kind: "plan", plan: planOn(1, port), files });
  expect(await answer()).toEqual({ kind: "planned", generation: 1 });
  // It is held while the kernel accepts for it, and finds all of this at once.
  child.kill("SIGSTOP");
  const fates: Promise<string>[] = [];
  for (let times = 0; times < 20; times++) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = {
      data: (_: unknown, bytes: Buffer) => resolve(bytes.toString().slice(0, 12)),
      close: () => resolve("closed"),
      error: () => resolve("reset"),
    };
    const client = await Bun.connect({ hostname: "127.0.0.1", port, socket });
    client.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    fates.push(promise);
  }
  say({ kind: "drain", drainMs: 5000 });
  child.kill("SIGCONT");
  expect(await Promise.all(fates)).toEqual(new Array(20).fill("HTTP/1.1 503"));
});

/** A later request is answered, so what an earlier connection sent has been read. */
async function isHeard(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  return response.status === 503;
}

test("a plan that fails leaves the access log where it was", async () => {
  const { say, answer, folder } = stage();
  const log = (name: string): AccessLogPlan => ({
    path: join(folder, name),
    format: "common",
    fields: null,
    layout: null,
    isNormalLogged: true,
    syslog: [],
    bufferBytesMax: 1 << 20,
    flushMs: 1,
  });
  const port = freePort();
  say({
    kind: "plan",
    plan: planOn(1, port, log("first.log")),
    files: noFiles,
  });
  expect(await answer()).toEqual({ kind: "planned", generation: 1 });
  const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, exclusive: true, socket: { data() {} } });
  say({
    kind: "plan",
    plan: planOn(2, taken.port, log("second.log")),
    files: noFiles,
  });
  expect(await answer()).toMatchObject({ kind: "failed", generation: 2 });
  taken.stop(true);
  await fetch(`http://127.0.0.1:${port}/`);
  const textOf = (name: string): string => readFileSync(join(folder, name), "utf8");
  while (textOf("first.log") === "" && textOf("second.log") === "") await Bun.sleep(5);
  expect(textOf("first.log")).toContain("GET / HTTP/1.1");
});

test("a log that cannot be opened is no start and no reload, but keeps no worker that died from being replaced", async () => {
  const port = freePort();
  const logOf = (path: string): AccessLogPlan => ({
    path,
    format: "common",
    fields: null,
    layout: null,
    isNormalLogged: true,
    syslog: [],
    bufferBytesMax: 1 << 20,
    flushMs: 1,
  });
  // A file in the place of a folder.
  const path = join(import.meta.path, "access.log");
  const plan = (generation: number, of: string): ToWorker => ({
    kind: "plan",
    plan: planOn(generation, port, logOf(of)),
    files: noFiles,
  });
  const first = stage();
  first.say(plan(1, path));
  const message = `the access log ${path} (accessLog.path) cannot be opened: ENOTDIR`;
  expect(await first.answer()).toEqual({ kind: "failed", generation: 1, message });
  const second = stage({ isReplacement: true });
  second.say(plan(1, path));
  expect(await second.answer()).toMatchObject({
    kind: "warned",
    message: expect.stringContaining("cannot be opened (ENOTDIR)"),
  });
  expect(await second.answer()).toEqual({ kind: "planned", generation: 1 });
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBeGreaterThan(0);
  second.say(plan(2, `${path}.other`));
  expect(await second.answer()).toMatchObject({ kind: "failed", generation: 2 });
});

/** A plan whose code stands in that file, and what else it may come with. */
function coded(generation: number, port: number, path: string | null): ToWorker {
  const plan = planOn(generation, port);
  const hooks: HooksPlan = { names: ["onRequest"], budgetMs: 20_000, failure: null, bodyBytesMax: 1, tooLarge: "fail" };
  const [listener] = plan.listeners;
  const files = { tables: {}, lists: {}, caches: {}, egresses: {}, recorder: null, program: path, bans: null };
  if (path === null) return { kind: "plan", plan, files };
  const program = { path: "/etc/sluice.config.ts", digest: path };
  return { kind: "plan", plan: { ...plan, program, listeners: [{ ...listener!, hooks }] }, files };
}

test("a worker tells what code prints; one whose new code does not come goes on, is told other things meanwhile, and obeys the plan that takes its place", async () => {
  const { say, answer, folder } = stage();
  const port = freePort();
  const former = join(folder, "former.mjs");
  writeFileSync(
    former,
    'console.warn("runs"); export default { listeners: { web: { onRequest: () => ({ body: "former" }) } } };',
  );
  const hanging = join(folder, "hanging.mjs");
  writeFileSync(hanging, "await new Promise(() => {}); export default {};");
  const body = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text();
  say(coded(1, port, former));
  expect(await answer()).toEqual({ kind: "spoken", level: "warn", text: "runs" });
  expect(await answer()).toEqual({ kind: "planned", generation: 1 });
  say(coded(2, port, hanging));
  const profile = join(folder, "profile");
  say({ kind: "profile", order: { what: "heap", seconds: 0, path: profile } });
  expect(await answer()).toEqual({ kind: "profiled", path: profile, problem: null });
  expect(await body()).toBe("former");
  say(coded(1, port, former));
  expect(await answer()).toEqual({ kind: "planned", generation: 1 });
  expect(await body()).toBe("former");
  say(coded(3, port, null));
  expect(await answer()).toEqual({ kind: "planned", generation: 3 });
});

test("code is told to end once its plan is out of force everywhere and its exchanges have ended", async () => {
  const { say, answer, folder, beats } = stage();
  const port = freePort();
  const [asked, told] = [join(folder, "asked"), join(folder, "told")];
  const [first, second] = [join(folder, "first.mjs"), join(folder, "second.mjs")];
  writeFileSync(
    first,
    `import { writeFileSync } from "node:fs";
     export default {
       listeners: { web: { onRequest() {
         writeFileSync(${JSON.stringify(asked)}, "");
         return new Promise((done) => (globalThis.answerFirst = done));
       } } },
       onUnload: () => writeFileSync(${JSON.stringify(told)}, ""),
     };`,
  );
  writeFileSync(
    second,
    `export default { listeners: { web: { onRequest() {
       globalThis.answerFirst({ body: "first" });
       return { body: "second" };
     } } } };`,
  );
  const body = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`, { keepalive: false })).text();
  say(coded(1, port, first));
  expect(await answer()).toEqual({ kind: "planned", generation: 1 });
  const slow = body();
  while (!existsSync(asked)) await Bun.sleep(5);
  say(coded(2, port, second));
  expect(await answer()).toEqual({ kind: "planned", generation: 2 });
  say({ kind: "settled", generation: 2 });
  const behind = beats() + 2;
  while (beats() < behind) await Bun.sleep(5);
  expect(existsSync(told)).toBe(false);
  expect(await body()).toBe("second");
  expect(await slow).toBe("first");
  while (!existsSync(told)) await Bun.sleep(5);
});
