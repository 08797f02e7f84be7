// A data worker: maps the arena, obeys plans that the control process sends, and ends when it is told to, when control is gone,
// or when its own code has failed an assertion. Wiring only; what happens to traffic is in flow/, to sockets in data/.

import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { hostname } from "node:os";
import type { Purge } from "./cache/purge.ts";
import { sharedClock } from "./clock.ts";
import { differenceTo } from "./code.ts";
import type { FromWorker, PlanFiles, ProfileOrder, ToWorker, WorkerStart } from "./config/message.ts";
import type { AccessLogPlan, ListenerPlan, Plan } from "./config/plan.ts";
import { openingProblem } from "./data/accesslog/file.ts";
import { AccessLog } from "./data/accesslog.ts";
import { Caches } from "./data/caches.ts";
import { DatagramListeners } from "./data/datagram.ts";
import { connectionsMax } from "./data/descriptors.ts";
import { Driver } from "./data/driver.ts";
import { Egresses } from "./data/egresses.ts";
import { exit } from "./data/exit.ts";
import { Programs } from "./data/hooks.ts";
import { leavingMs } from "./data/leaving.ts";
import { Leavings } from "./data/leavings.ts";
import { Listeners } from "./data/listener.ts";
import { Lists } from "./data/lists.ts";
import { usualLimits } from "./data/program.ts";
import { Recorder } from "./data/recorder.ts";
import { logDatagrams, logExchange, logStream } from "./data/reporter.ts";
import { Tables } from "./data/tables.ts";
import { Context } from "./flow/context.ts";
import type { Exchange } from "./flow/exchange.ts";
import { targetsIdleMax } from "./flow/idle.ts";
import { Site, type SiteParts } from "./flow/site.ts";
import { Arena } from "./memory/arena.ts";
import { Tally, Totals, workerCell } from "./memory/tally.ts";
import { processOwner } from "./owner.ts";
import { lendingPages, reserving } from "./pages.ts";
import { takeProcessName } from "./processname.ts";
import { takeProfile } from "./profiler.ts";
import { RedisLevels } from "./redis/levels.ts";

/** How often it tells that its event loop turns: control watches it. */
const beatMs = 250;
/** A worker whose code has failed ends what it can for this long. */
const failedDrainMs = 5000;
const drainPollMs = 20;

class Worker {
  readonly #parts: SiteParts;
  readonly #tally: Tally;
  readonly #totals: Totals;
  readonly #leavings = new Leavings();
  readonly #tables: Tables = new Tables(processOwner(), this.#leavings, reserving);
  readonly #caches: Caches;
  readonly #egresses: Egresses = new Egresses(processOwner(), this.#leavings, reserving);
  readonly #lists: Lists = new Lists(this.#leavings);
  readonly #driver: Driver = new Driver((error) => this.#fail(error), warn, sharedClock());
  readonly #programs: Programs = new Programs(this.#driver, usualLimits, (level, text) => {
    if (process.connected) say({ kind: "spoken", level, text });
    else process.stderr.write(`${text}\n`);
  });
  readonly #remotes: RedisLevels = new RedisLevels({
    nowMs: () => performance.now(),
    news: (said) => say({ kind: "remote", said }),
    tell: (call) => this.#driver.tell(call),
  });
  /** The plan whose code is imported just now. Another plan takes its place; all else that is told is done at once. */
  #coming: { readonly plan: Plan; files: PlanFiles } | null = null;
  /** The copy of the code that the plan in force uses, and which plan is known to be in force everywhere. */
  #program: string | null = null;
  #settled = 0;
  #context: Context | null = null;
  #listeners: Listeners | null = null;
  #datagrams: DatagramListeners | null = null;
  #log: AccessLog | null = null;
  /** Logs that another took the place of, while their last lines leave. */
  #formerLogs: Promise<unknown> = Promise.resolve();
  readonly #recorder: Recorder;
  readonly #isReplacement: boolean;
  /** What is listened on. */
  #opened: readonly ListenerPlan[] = [];
  #logPlan: AccessLogPlan | null = null;
  #isDraining = false;
  #drainDeadlineMs = Number.POSITIVE_INFINITY;

  constructor(start: WorkerStart) {
    const arena = new Arena(Bun.mmap(start.arenaPath, { shared: true }));
    this.#isReplacement = start.isReplacement;
    this.#tally = new Tally(arena, start.worker);
    this.#totals = new Totals(arena, start.workers);
    this.#recorder = new Recorder(start.worker, this.#driver, warn);
    this.#caches = new Caches(
      processOwner(),
      start.workers,
      (bytes, file) => lendingPages(bytes, file, start.workers),
      this.#leavings,
    );
    this.#parts = {
      arena,
      tally: this.#tally,
      workers: start.workers,
      random: Math.random,
      tables: (plan) => this.#tables.of(plan),
      lists: (plan) => this.#lists.holder(plan),
      caches: (plan) => this.#caches.of(plan),
      remotes: (plan) => this.#remotes.of(plan),
      egresses: (plan) => this.#egresses.of(plan),
      targetsIdleMax: Math.min(targetsIdleMax, Math.floor(connectionsMax() / 4)),
      bans: this.#lists.bans,
      instance: instanceOf(start),
    };
    setInterval(() => this.#beat(), beatMs);
  }

  told(message: ToWorker): void {
    switch (message.kind) {
      case "plan":
        this.#coming = null;
        if (this.#programs.isLoaded(message.files.program)) return this.#adopt(message.plan, message.files);
        return void this.#import(message.plan, message.files);
      case "settled":
        this.#settled = message.generation;
        return this.#retain();
      case "lists":
        if (this.#coming !== null) this.#coming.files = { ...this.#coming.files, ...message.files };
        return this.#adoptLists(message.files);
      case "purge":
        return this.#purge(message.cache, message.purge);
      case "purges":
        return this.#remotes.raise(message.counts);
      case "profile":
        return void profile(message.order);
      case "drain":
        return this.drain(message.drainMs);
    }
  }

  #beat(): void {
    this.#tally.cells[this.#tally.workerRow() + workerCell.heartbeat]!++;
    this.#caches.settle();
    this.#leavings.look(performance.now());
    this.#programs.sweep(() => this.#underWay(), this.#context?.site.plan.drainMs ?? 0);
  }

  /** Generations of the plans that exchanges obey. */
  #underWay(): ReadonlySet<number> {
    const generations = new Set<number>();
    for (const { underWay } of this.#context?.downstreams ?? []) if (underWay) generations.add(underWay.generation);
    return generations;
  }

  #retain(): void {
    if (this.#context?.site.plan.generation !== this.#settled) return;
    this.#egresses.release();
    this.#programs.retain(this.#program);
  }

  #purge(cache: string, purge: Purge): void {
    const plan = this.#context?.site.plan;
    if (plan !== undefined) void this.#caches.purge(cache, purge, plan);
  }

  #adoptLists(files: Pick<PlanFiles, "lists" | "bans">): void {
    try {
      this.#lists.adopt(files);
    } catch (error) {
      warn(`worker ${this.#tally.worker} goes on with the lists that it has: ${(error as Error).message}`);
    }
  }

  /** The code of hooks first. Meanwhile the former plan is served as ever. */
  async #import(plan: Plan, files: PlanFiles): Promise<void> {
    const coming = { plan, files };
    this.#coming = coming;
    try {
      await this.#programs.load(files.program!);
    } catch (error) {
      // Of a plan that another has taken the place of nothing is awaited any more.
      if (this.#coming === coming) refuse(plan, error);
      return;
    }
    if (this.#coming !== coming) return this.#retain();
    this.#coming = null;
    this.#adopt(plan, coming.files);
  }

  #adopt(plan: Plan, files: PlanFiles): void {
    let log = this.#log;
    // A worker that drains obeys for what is under way, but accepts nobody any more than who has connected.
    const listeners = this.#isDraining ? this.#opened : plan.listeners;
    try {
      log = this.#logOf(plan.accessLog);
      this.#driver.terms.adopt(plan);
      this.#tables.adopt(plan.tables, files.tables);
      this.#caches.adopt(plan.caches, files.caches);
      this.#egresses.adopt(plan.egresses, files.egresses);
      this.#recorder.adopt(plan.recorder, files.recorder);
      this.#lists.adopt(files);
      this.#remotes.adopt(plan.caches);
      const parts = { ...this.#parts, hooks: this.#programs.of(plan, files.program) };
      const site = new Site(plan, parts, this.#context?.site ?? null);
      if (this.#context === null) {
        this.#begin(site);
        this.#open(listeners);
      } else {
        this.#open(listeners);
        this.#context.adopt(site);
        this.#closeOthers(listeners);
      }
      this.#tables.settle(plan.tables, this.#driver.sharedMs);
      this.#egresses.settle(plan.egresses);
      this.#takeLog(log, plan.accessLog);
      this.#program = files.program;
      this.#retain();
      this.#tally.cells[this.#tally.workerRow() + workerCell.generation] = plan.generation;
      say({ kind: "planned", generation: plan.generation });
    } catch (error) {
      if (log !== this.#log) void log?.close();
      refuse(plan, error);
    }
  }

  #begin(site: Site): void {
    const driver = this.#driver;
    const context = new Context(
      driver,
      this.#tally,
      site,
      (exchange) => this.#report(exchange),
      (stream) => {
        if (this.#log !== null) logStream(this.#log, stream, driver.wallMs);
        this.#recorder.stream(stream);
      },
    );
    this.#context = context;
    driver.start(context);
    this.#listeners = new Listeners(driver, context, this.#totals);
    this.#datagrams = new DatagramListeners(driver, context, this.#totals, (session) => {
      if (this.#log !== null) logDatagrams(this.#log, session, driver.wallMs, driver.nowMs);
      this.#recorder.datagrams(session);
    });
  }

  /** All or nothing: when one cannot be opened, none is. */
  #open(plans: readonly ListenerPlan[]): void {
    const former = this.#opened;
    this.#datagrams!.open(plans);
    try {
      this.#listeners!.open(plans);
    } catch (error) {
      this.#datagrams!.closeOthers(former);
      // All of these are open: this gives them back to the listeners of the plan in force.
      this.#datagrams!.open(former);
      throw error;
    }
    this.#opened = plans;
  }

  #closeOthers(plans: readonly ListenerPlan[]): void {
    this.#listeners?.closeOthers(plans);
    this.#datagrams?.closeOthers(plans);
  }

  /** The log that there is, or a new one when the plan wants another. */
  #logOf(plan: AccessLogPlan | null): AccessLog | null {
    if (JSON.stringify(plan) === JSON.stringify(this.#logPlan)) return this.#log;
    // Each has it open for itself, and what one is refused another may not be.
    const warnOf = (message: string): void => warn(`worker ${this.#tally.worker}: ${message}`);
    if (plan === null) return null;
    // Where the others write already it is no reason not to serve.
    const isPatient = this.#isReplacement && this.#context === null;
    try {
      return new AccessLog(plan, this.#tally, warnOf, { isPatient, totals: this.#totals });
    } catch (error) {
      throw new Error(openingProblem(plan.path ?? "-", error as NodeJS.ErrnoException));
    }
  }

  /** Not before the plan is in force: one that fails must not have moved lines to another file. */
  #takeLog(log: AccessLog | null, plan: AccessLogPlan | null): void {
    if (log !== this.#log) this.#formerLogs = Promise.all([this.#formerLogs, this.#log?.close()]);
    this.#log = log;
    this.#logPlan = plan;
  }

  #report(exchange: Exchange): void {
    if (this.#log !== null) logExchange(this.#log, exchange, this.#driver.wallMs, this.#driver.nowMs);
    this.#recorder.exchange(exchange);
  }

  reopenLog(): void {
    this.#log?.reopen();
  }

  /** Accept no more; end when nothing is under way, at the latest after `drainMs`. Said again it can only be sooner. */
  drain(drainMs: number): void {
    this.#drainDeadlineMs = Math.min(this.#drainDeadlineMs, performance.now() + drainMs);
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#listeners?.leave();
    setTimeout(() => this.#leave(), leavingMs);
  }

  #leave(): void {
    this.#opened = [];
    this.#closeOthers([]);
    this.#driver.refresh();
    this.#context?.drain();
    const timer = setInterval(() => {
      if ((this.#context?.downstreams.size ?? 0) > 0 && performance.now() < this.#drainDeadlineMs) return;
      clearInterval(timer);
      this.#driver.refresh();
      this.#context?.cut();
      void this.#exit(0);
    }, drainPollMs);
  }

  /** A service manager signals every process of the service: what control will say in a moment. */
  drainAsPlanned(): void {
    this.drain(this.#context?.site.plan.drainMs ?? failedDrainMs);
  }

  /** Our own code is at fault: what it knows of its connections is not to be trusted for long. */
  #fail(error: Error): void {
    this.#tally.cells[this.#tally.workerRow() + workerCell.asserts]!++;
    warn(`worker ${this.#tally.worker} failed and will be replaced: ${error.stack ?? error.message}`);
    process.exitCode = 1;
    this.drain(failedDrainMs);
  }

  async #exit(code: number): Promise<void> {
    this.#driver.outbox.flush();
    await Promise.all([this.#formerLogs, this.#log?.close()]);
    say({ kind: "drained" });
    exit(Number(process.exitCode ?? code));
  }
}

function say(message: FromWorker): void {
  if (process.connected) process.send!(message);
}

async function profile(order: ProfileOrder): Promise<void> {
  const { path } = order;
  try {
    await takeProfile(order);
    say({ kind: "profiled", path, problem: null });
  } catch (error) {
    say({ kind: "profiled", path, problem: (error as Error).message });
  }
}

function refuse({ generation }: Plan, error: unknown): void {
  say({ kind: "failed", generation, message: error instanceof Error ? error.message : String(error) });
}

/** Without control there is only the terminal. */
function warn(message: string): void {
  if (process.connected) say({ kind: "warned", message });
  else process.stderr.write(`${message}\n`);
}

/** The same for all workers of one control process, and for no other: it is of the arena, which each makes for itself, whatever its path. */
function instanceOf({ arenaPath }: WorkerStart): string {
  const { ino, birthtimeMs } = statSync(arenaPath);
  const all = `${hostname()} ${process.ppid} ${ino} ${birthtimeMs}`;
  return createHash("sha256").update(all).digest("hex").slice(0, 12);
}

/** What is large comes as JSON (control/workerprocess.ts). */
function heard(message: unknown): ToWorker {
  return (typeof message === "string" ? JSON.parse(message) : message) as ToWorker; // The other end is our own program.
}

/** It touches nothing that it shares with others; control ends it. */
function refuseAll(why: string): void {
  process.on("message", (message) => {
    const told = heard(message);
    if (told.kind === "plan") refuse(told.plan, why);
    if (told.kind === "drain") exit(0);
  });
  process.on("disconnect", () => exit(0));
}

export function startWorker(): void {
  // As in control: without a reader of its warnings a worker works on.
  process.stderr.on("error", () => {});
  takeProcessName();
  const start = JSON.parse(process.env["SLUICE_WORKER"]!) as WorkerStart;
  const difference = differenceTo(start.code);
  if (difference?.mayServe === false) return refuseAll(difference.text);
  if (difference !== null) warn(`worker ${start.worker}: ${difference.text}`);
  const worker = new Worker(start);
  process.on("message", (message) => worker.told(heard(message)));
  // Without control there is no one to answer to: its replacement would find the ports taken by strangers.
  process.on("disconnect", () => worker.drain(failedDrainMs));
  // The terminal sends these to the whole group; control decides what they mean.
  for (const signal of ["SIGINT", "SIGHUP", "SIGUSR2"] as const) process.on(signal, () => {});
  process.on("SIGTERM", () => worker.drainAsPlanned());
  process.on("SIGUSR1", () => worker.reopenLog());
}
