// Long because it has the cases of the supervisor in two ways: against workers that are only told about (those that stand still are in
// standstill.test.ts), and against real processes that speak the same messages, a small worker program that obeys commands in the names of its plan's pools.

import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FakeWorker, plan, program, stage, started, until } from "../../test/fakeworkers.ts";
import type { PlanFiles } from "../config/message.ts";
import { Tally, workerCell } from "../memory/tally.ts";
import type { Supervisor } from "./supervisor.ts";
import { workerProcesses } from "./workerprocess.ts";

describe("plans", () => {
  test("a plan is in force when every worker has answered, and not before", async () => {
    const { supervisor, fakes } = stage(2);
    let isDone = false;
    const start = supervisor.start(plan(1)).then((problem) => {
      isDone = true;
      return problem;
    });
    expect(supervisor.isUp).toBe(false);
    fakes[0]!.say({ kind: "planned", generation: 1 });
    await Promise.resolve();
    expect(isDone).toBe(false);
    fakes[1]!.say({ kind: "planned", generation: 1 });
    expect(await start).toBeNull();
    expect(supervisor.isUp).toBe(true);
    expect(supervisor.generation).toBe(1);
  });

  test("when one worker cannot take a plan, those that took it get the old one back", async () => {
    const { supervisor, fakes } = await started(3);
    const publish = supervisor.publish(plan(2));
    fakes[0]!.say({ kind: "planned", generation: 2 });
    fakes[1]!.say({ kind: "failed", generation: 2, message: "port 80 is in use" });
    fakes[2]!.say({ kind: "failed", generation: 2, message: "port 80 is in use" });
    expect(await publish).toBe("port 80 is in use");
    expect(fakes.map((fake) => fake.generations)).toEqual([
      [1, 2, 1],
      [1, 2, 1],
      [1, 2, 1],
    ]);
    expect(supervisor.generation).toBe(1);
  });

  test("a plan that comes while no worker runs is tried at once, and not in force where each dies of it", async () => {
    const { supervisor, fakes } = await started(1);
    fakes[0]!.die("signal SIGKILL");
    const bad = supervisor.publish(plan(2));
    fakes[1]!.die("exit code 7");
    expect(await bad).toBe("every worker died while it put the plan in force (exit code 7)");
    const good = supervisor.publish(plan(3));
    fakes[2]!.say({ kind: "planned", generation: 3 });
    expect([await good, fakes.map(({ generations }) => generations)]).toEqual([null, [[1], [2], [3]]]);
    fakes[2]!.die("exit code 7");
    expect([await supervisor.publish(plan(4), program("b"), false), fakes.length]).toEqual([null, 3]);
  });

  test("a worker that does not answer is ended, and the old plan stays", async () => {
    const { supervisor, fakes } = await started(2, { answerMs: 5 });
    const publish = supervisor.publish(plan(2));
    fakes[0]!.say({ kind: "planned", generation: 2 });
    expect(await publish).toBe("worker 1 did not put the plan in force in time: it stood still, and was ended");
    expect(fakes[1]!.isAlive).toBe(false);
    expect(fakes[0]!.generations).toEqual([1, 2, 1]);
    await supervisor.end();
  });

  test("a worker that does not answer but lives goes on with the old plan", async () => {
    const { supervisor, fakes } = await started(2, { answerMs: 400 });
    let beats = 0;
    const watch = (): void => supervisor.watch(0, (worker) => (worker === 0 ? ++beats : 0));
    // From the first look on.
    watch();
    const timer = setInterval(watch, 1);
    const publish = supervisor.publish(plan(2), program("b"));
    expect(await publish).toBe(
      "worker 0 did not put the plan in force in time: it goes on as before; worker 1 did not put the plan in force in time: it stood still, and was ended",
    );
    clearInterval(timer);
    expect(fakes.slice(0, 2).map(({ isAlive }) => isAlive)).toEqual([true, false]);
    expect(fakes[0]!.generations).toEqual([1, 2, 1]);
    expect(fakes[0]!.heard).toContainEqual({ kind: "settled", generation: 1 });
    await supervisor.end();
  });

  test("workers are told when other code is in force everywhere, or other boards have lost, and not sooner", async () => {
    const { supervisor, fakes } = await started(2);
    const settled = (): number[] =>
      fakes
        .flatMap(({ heard }) => heard.flatMap((told) => (told.kind === "settled" ? told.generation : [])))
        .toSorted();
    const publish = supervisor.publish(plan(2), program("b"));
    fakes[0]!.say({ kind: "planned", generation: 2 });
    expect(settled()).toEqual([]);
    fakes[1]!.say({ kind: "planned", generation: 2 });
    expect(await publish).toBeNull();
    expect(settled()).toEqual([2, 2]);
    const same = supervisor.publish(plan(3), program("b"));
    for (const fake of fakes) fake.say({ kind: "planned", generation: 3 });
    expect(await same).toBeNull();
    expect(settled()).toEqual([2, 2]);
    const refused = supervisor.publish(plan(4), program("b", { out: "c" }));
    fakes[0]!.say({ kind: "planned", generation: 4 });
    fakes[1]!.say({ kind: "failed", generation: 4, message: "no" });
    expect(await refused).toBe("no");
    expect(settled()).toEqual([2, 2, 3, 3]);
    await supervisor.end();
  });

  test("a worker killed during a publication does not undo it, and its replacement gets the new plan", async () => {
    const { supervisor, fakes } = await started(2);
    const publish = supervisor.publish(plan(2));
    fakes[1]!.die("signal SIGKILL");
    await until(() => fakes.length === 3);
    fakes[0]!.say({ kind: "planned", generation: 2 });
    expect(await publish).toBeNull();
    expect(fakes[2]!.generations).toEqual([1, 2]);
    await supervisor.end();
  });

  test("a plan that every worker dies of is not in force", async () => {
    const { supervisor, fakes } = await started(2);
    const publish = supervisor.publish(plan(2));
    for (const fake of fakes.slice()) fake.die("exit code 1");
    expect(await publish).toBe("every worker died while it put the plan in force (exit code 1)");
    await until(() => fakes.length === 4);
    expect(fakes[2]!.generations).toEqual([1]);
    await supervisor.end();
  });

  test("a start that fails leaves no worker behind", async () => {
    const { supervisor, fakes } = stage(2);
    const start = supervisor.start(plan(1));
    fakes[0]!.say({ kind: "planned", generation: 1 });
    fakes[1]!.say({ kind: "failed", generation: 1, message: "no" });
    expect(await start).toBe("no");
    expect(fakes.map((fake) => fake.isAlive)).toEqual([false, false]);
  });
});

describe("deaths", () => {
  test("a worker that dies is replaced under the plan in force, and its gauges are cleared first", async () => {
    const { supervisor, fakes, arena, lines } = await started(2);
    const row = new Tally(arena, 1).workerRow();
    arena.cells[row + workerCell.connections] = 12;
    arena.cells[row + workerCell.logLines] = 34;
    fakes[1]!.die("signal SIGKILL");
    expect(arena.cells[row + workerCell.connections]).toBe(0);
    expect(arena.cells[row + workerCell.logLines]).toBe(34);
    await until(() => fakes.length === 3);
    expect(fakes[2]!.worker).toBe(1);
    expect(fakes[2]!.generations).toEqual([1]);
    expect(lines.join("")).toContain("worker 1 (pid 101) died: signal SIGKILL; a new one starts now");
    expect(supervisor.status()[1]).toMatchObject({ state: "starting", restarts: 1, lastExit: "signal SIGKILL" });
    await supervisor.end();
  });

  test("whose arena has lost its file are given it by a descriptor, and that is said once", async () => {
    let lost: number | null = null;
    const { supervisor, fakes, orders, lines } = await started(2, { lostArena: () => lost });
    lost = 17;
    fakes[0]!.die("signal SIGKILL");
    fakes[1]!.die("signal SIGKILL");
    await until(() => fakes.length === 4);
    expect(orders.map(({ lostArena }) => lostArena)).toEqual([undefined, undefined, 17, 17]);
    expect(orders.map(({ isReplacement }) => isReplacement)).toEqual([false, false, true, true]);
    expect(lines.join("").split("was removed while Sluice runs").length).toBe(2);
    await supervisor.end();
  });

  test("workers that die young are replaced after a pause that doubles up to its maximum", async () => {
    const brake = { youngMs: 60_000, firstMs: 1, maximumMs: 4 };
    const { supervisor, fakes, lines } = await started(1, { brake });
    for (let death = 1; death <= 4; death++) {
      fakes.at(-1)!.die("exit code 1");
      expect(supervisor.isUp).toBe(false);
      await until(() => fakes.length === death + 1);
    }
    const pauses = lines.map((line) => /\((\d) in a row\); a new one starts in ([\d.]+) s/.exec(line)!.slice(1, 3));
    expect(pauses).toEqual([
      ["1", "0.001"],
      ["2", "0.002"],
      ["3", "0.004"],
      ["4", "0.004"],
    ]);
    await supervisor.end();
  });

  test("a worker that cannot even be started is tried again after the same pause", async () => {
    let calls = 0;
    const brake = { youngMs: 60_000, firstMs: 1, maximumMs: 1 };
    const { supervisor } = await started(1, { brake });
    const broken = stage(1, {
      brake,
      spawn: () => {
        calls++;
        throw new Error("EAGAIN");
      },
    });
    expect(await broken.supervisor.start(plan(1))).toBeNull();
    await until(() => calls >= 3);
    expect(broken.supervisor.isUp).toBe(false);
    expect(broken.lines[0]).toContain("worker 0 died: it could not be started: EAGAIN");
    await broken.supervisor.end();
    await supervisor.end();
  });

  test("a replacement that cannot take the plan in force is ended and replaced", async () => {
    const { supervisor, fakes, lines } = await started(2);
    fakes[0]!.die("exit code 3");
    await until(() => fakes.length === 3);
    fakes[2]!.say({ kind: "failed", generation: 1, message: "port 80 is in use" });
    expect(fakes[2]!.isAlive).toBe(false);
    await until(() => fakes.length === 4);
    expect(lines.join("")).toContain("worker 0 (pid 102) cannot put the plan in force: port 80 is in use");
    // However old it is: it is tried again after the pause that grows.
    expect(lines.join("")).toContain("died: signal SIGKILL; it never came to serve (1 in a row)");
    await supervisor.end();
  });
});

describe("files", () => {
  const filesOf = (name: string): PlanFiles => ({
    tables: { marked: `/t/${name}` },
    lists: {},
    caches: {},
    egresses: {},
    recorder: null,
    program: null,
    bans: null,
  });
  const heardLast = (fake: FakeWorker): unknown => {
    const message = fake.heard.at(-1);
    return message?.kind === "plan" || message?.kind === "lists" ? message.files : null;
  };

  test("what was purged in Redis is told to workers that run, and to a replacement behind its plan", async () => {
    const { supervisor, fakes } = await started(1);
    supervisor.purged({ pages: 7 });
    expect(fakes[0]!.heard.at(-1)).toEqual({ kind: "purges", counts: { pages: 7 } });
    fakes[0]!.die("signal SIGKILL");
    await until(() => fakes.length === 2);
    expect(fakes[1]!.heard.map(({ kind }) => kind)).toEqual(["plan", "purges"]);
    await supervisor.end();
  });

  test("a replacement gets the files of the plan in force, not those of one that was refused", async () => {
    const { supervisor, fakes } = await started(1);
    const taken = supervisor.publish(plan(2), filesOf("2"));
    fakes[0]!.say({ kind: "planned", generation: 2 });
    await taken;
    const refused = supervisor.publish(plan(3), filesOf("3"));
    fakes[0]!.say({ kind: "failed", generation: 3, message: "no" });
    await refused;
    expect(heardLast(fakes[0]!)).toEqual(filesOf("2"));
    fakes[0]!.die("signal SIGKILL");
    await until(() => fakes.length === 2);
    expect(heardLast(fakes[1]!)).toEqual(filesOf("2"));
    await supervisor.end();
  });

  test("other lists reach every worker, and those that start later, also during a publication", async () => {
    const { supervisor, fakes } = await started(1);
    supervisor.renew({ bans: "/bans.1" });
    expect(fakes[0]!.heard.at(-1)).toEqual({ kind: "lists", files: { lists: {}, bans: "/bans.1" } });
    const publish = supervisor.publish(plan(2), { ...filesOf("2"), bans: "/bans.1" });
    supervisor.renew({ bans: "/bans.2" });
    fakes[0]!.say({ kind: "planned", generation: 2 });
    await publish;
    fakes[0]!.die("signal SIGKILL");
    await until(() => fakes.length === 2);
    expect(heardLast(fakes[1]!)).toEqual({ ...filesOf("2"), bans: "/bans.2" });
    await supervisor.end();
  });

  test("whoever recovers what a dead worker held is told of its death", async () => {
    let deaths = 0;
    const { supervisor, fakes } = await started(1, { died: () => deaths++ });
    fakes[0]!.die("signal SIGKILL");
    expect(deaths).toBe(1);
    await supervisor.end();
  });
});

describe("the end", () => {
  test("drain waits for all workers and replaces none", async () => {
    const { supervisor, fakes } = await started(2);
    // Longer than a timer can be set for is not at once.
    const drain = supervisor.drain(0x7fffffff);
    const told = { kind: "drain", drainMs: 0x7fffffff } as const;
    expect(fakes.map((fake) => fake.heard.at(-1))).toEqual([told, told]);
    fakes[0]!.die("exit code 0");
    expect(await Promise.race([drain, Bun.sleep(20)])).toBeUndefined();
    // It is done and nothing waits for it: nobody comes in its place.
    expect(supervisor.status().map(({ state }) => state)).toEqual(["ended", "up"]);
    fakes[1]!.die("signal SIGKILL");
    // One was killed, by whomever.
    expect(await drain).toBe(false);
    expect(fakes.length).toBe(2);
  });

  test("a plan that comes while workers drain is refused, and reaches none of them", async () => {
    const { supervisor, fakes } = await started(1);
    const drain = supervisor.drain(30_000);
    expect(await supervisor.publish(plan(2))).toBe("Sluice is shutting down");
    expect(fakes[0]!.generations).toEqual([1]);
    fakes[0]!.die("exit code 0");
    await drain;
  });

  test("the end during a publication answers it", async () => {
    const { supervisor } = await started(1);
    const publish = supervisor.publish(plan(2));
    await supervisor.end();
    expect(await publish).toBe("Sluice is shutting down");
  });
});

describe("with real processes", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-supervisor-"));
  const script = join(folder, "worker.ts");
  // Obeys a plan whose first pool is named "refuse" or "crash"; keeps running otherwise.
  writeFileSync(
    script,
    `const start = JSON.parse(process.env.SLUICE_WORKER!);
     process.on("disconnect", () => process.exit(0));
     process.on("message", (said: any) => {
       const message = typeof said === "string" ? JSON.parse(said) : said;
       if (message.kind === "drain") { process.send!({ kind: "drained" }); process.exit(0); }
       const order = message.plan.pools[0]?.name;
       const generation = message.plan.generation;
       if (order === "crash") process.exit(7);
       if (order === "refuse" && start.worker === 1) process.send!({ kind: "failed", generation, message: "refused" });
       else process.send!({ kind: "planned", generation });
     });`,
  );
  const running: Supervisor[] = [];
  afterEach(async () => {
    for (const supervisor of running.splice(0)) await supervisor.end();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function real(brake = { youngMs: 0, firstMs: 1, maximumMs: 1 }) {
    const self = () => ({ cmd: [process.execPath, script], argv0: process.execPath });
    const set = stage(2, { spawn: workerProcesses(self, "1.2.3"), brake });
    running.push(set.supervisor);
    return set;
  }

  test("start, refuse a plan, replace a killed worker, drain", async () => {
    const { supervisor, lines } = real();
    expect(await supervisor.start(plan(1))).toBeNull();
    expect(await supervisor.publish(plan(2, "refuse"))).toBe("refused");
    expect(await supervisor.publish(plan(3))).toBeNull();

    const [before] = supervisor.status();
    process.kill(before!.pid!, "SIGKILL");
    await until(() => supervisor.status()[0]!.restarts === 1 && supervisor.status()[0]!.state === "up");
    const [after] = supervisor.status();
    expect(after!.pid).not.toBe(before!.pid);
    expect(after).toMatchObject({ generation: 3, lastExit: "signal SIGKILL" });
    expect(lines.join("")).toContain(`worker 0 (pid ${before!.pid}) died: signal SIGKILL`);

    expect(await supervisor.drain(5000)).toBe(true);
    expect(supervisor.status().map((worker) => worker.pid)).toEqual([null, null]);
    expect(supervisor.status()[0]!.lastExit).toBe("exit code 0");
  });

  test("a plan that crashes the workers at start is reported with their exit code", async () => {
    const { supervisor } = real({ youngMs: 60_000, firstMs: 1, maximumMs: 60_000 });
    expect(await supervisor.start(plan(1, "crash"))).toContain("exit code 7");
  });
});

test("what a worker warns of is a line of the log like any other", async () => {
  const { fakes, lines } = await started(1);
  fakes[0]!.say({ kind: "warned", message: "server app/a:1: its certificate has expired" });
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({
    level: "warn",
    msg: "server app/a:1: its certificate has expired",
  });
});

test("what code of the config prints is a line of the log with its worker and level", async () => {
  const { fakes, lines } = await started(2);
  fakes[1]!.say({ kind: "spoken", level: "error", text: "no keys" });
  const msg = "worker 1 (code of the config): no keys";
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ level: "error", msg });
});
