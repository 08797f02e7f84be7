// Owns the worker processes: starts them, gives them plans, replaces those that die, drains them at the end. It knows
// nothing of traffic and nothing of what a plan says. A plan is in force only when every worker has answered `planned`;
// when one cannot, those that already took it are given the old one back, so that all workers always obey the same plan.
// A worker that dies is replaced at once; one that dies young again and again is replaced after a growing pause, so that
// a crash at start costs a process now and then and not a core.
//
//   empty --spawn--> starting --planned--> up --exit--> empty (pause when it died young) --spawn--> …

import { assert } from "../base/assert.ts";
import type { Purge } from "../cache/purge.ts";
import { evaluateLimitMs } from "../config/loadevaluate.ts";
import type { FromWorker, PlanFiles, ProfileOrder, PurgeCounts, RemoteNews } from "../config/message.ts";
import type { Plan } from "../config/plan.ts";
import type { Totals } from "../memory/tally.ts";
import type { Log } from "./log.ts";
import { type Brake, defaultBrake, newSeat, pauseMsOf, type Seat, type WorkerStatus } from "./seat.ts";
import { Standstill } from "./standstill.ts";
import type { Spawn } from "./workerprocess.ts";

export interface SupervisorOptions {
  readonly workers: number;
  readonly arenaPath: string;
  /** A descriptor of the arena where its path does not lead to it any more; absent: it always does. */
  readonly lostArena?: () => number | null;
  readonly totals: Totals;
  readonly spawn: Spawn;
  readonly log: Log;
  readonly brake?: Brake;
  /** How long workers may take to put a plan in force before it is given up; those that stand still are ended then. */
  readonly answerMs?: number;
  /** Told of each worker that has died, before another takes its place: what it held in shared memory it holds no more. */
  readonly died?: (worker: number) => void;
  /** A worker has found out something about a Redis behind caches. */
  readonly remote?: (worker: number, said: RemoteNews) => void;
}

interface Publication {
  readonly plan: Plan;
  files: PlanFiles;
  readonly waiting: Set<Seat>;
  /** Who could not take it and is not waited for. */
  readonly refused: Set<Seat>;
  readonly problems: string[];
  readonly done: (problem: string | null) => void;
  readonly timer: Timer;
  readonly beganAtMs: number;
  /** Somebody waits to hear that it is in force everywhere. */
  readonly isTried: boolean;
}

/** More than a worker gives the code of a config to be imported: what it says of that comes first. */
const answerMsUsual = evaluateLimitMs + 2000;
/** One that has beaten within this lives. */
const aliveMs = 3000;
/** One that had not beaten for longer before it was sent a plan stood still already: beats are looked at twice a second. */
const stoodMs = 1000;
/** What a worker gets beyond its drain time before it is killed: it ends by itself when the time is over. */
const DRAIN_GRACE_MS = 2000;
const END_GRACE_MS = 500;
/** The longest that a timer can be set for (2^31 - 1 ms). */
const timerMsMax = 0x7fffffff;
const endingProblem = "Sluice is shutting down";
const noFiles: PlanFiles = {
  tables: {},
  lists: {},
  caches: {},
  egresses: {},
  recorder: null,
  program: null,
  bans: null,
};

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #brake: Brake;
  readonly #log: Log;
  readonly #seats: Seat[];
  /** The plan in force; null until the first is. */
  #plan: Plan | null = null;
  /** Those that belong to it. */
  #files: PlanFiles = noFiles;
  #purges: PurgeCounts | null = null;
  #publication: Publication | null = null;
  #isEnding = false;
  /** That its path leads nowhere is said once. */
  #isArenaMissed = false;
  readonly #standstill = new Standstill();
  /** While it ends: every worker has ended by itself so far. */
  #isWhole = true;
  #emptied: (() => void) | null = null;
  /** By the path of the file. */
  readonly #profiles = new Map<string, { readonly seat: Seat; readonly done: (problem: string | null) => void }>();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#brake = options.brake ?? defaultBrake;
    this.#log = options.log;
    this.#seats = Array.from({ length: options.workers }, (_, worker) => newSeat(worker));
  }

  /** Starts all workers under a first plan. Null when it is in force; otherwise what went wrong, and nothing is left running. */
  async start(plan: Plan, files: PlanFiles = noFiles): Promise<string | null> {
    if (this.#isEnding) return endingProblem;
    for (const seat of this.#seats) this.#fill(seat);
    const problem = await this.publish(plan, files);
    if (problem !== null) await this.end();
    return problem;
  }

  /**
   * Null when every worker obeys the plan now; otherwise what went wrong, and the plan before is in force everywhere. `isTried`: where no
   * worker runs all are started with it at once; otherwise it is what they find when their pauses are over. Nor is it held up then by workers
   * that stand still: they find it when they go on.
   */
  publish(plan: Plan, files: PlanFiles = noFiles, isTried = true): Promise<string | null> {
    assert(this.#publication === null, "one plan is published at a time");
    // A reload that was under way when the end began: no plan reaches a worker that drains.
    if (this.#isEnding) return Promise.resolve(endingProblem);
    const seats = this.#seats.filter((seat) => seat.process !== null);
    const isDeserted = seats.length === 0;
    // The first has nothing that it could be given up for.
    if (isDeserted && (this.#plan === null || !isTried)) {
      this.#plan = plan;
      this.#files = files;
      return Promise.resolve(null);
    }
    return new Promise((done) => {
      const timer = setTimeout(() => this.#giveUp(), this.#options.answerMs ?? answerMsUsual);
      const waiting = new Set(isDeserted ? this.#seats : seats);
      this.#publication = {
        ...{ plan, files, waiting, refused: new Set<Seat>(), problems: [], done, timer },
        ...{ beganAtMs: performance.now(), isTried },
      };
      // Where none runs all are started with it, without the rest of their pauses: it may be what they wait for.
      if (isDeserted) for (const seat of this.#seats) this.#fill(seat, plan, files);
      else for (const seat of seats) if (isTried || !this.#isBehind(seat)) this.#send(seat, plan, files);
      this.#passOver();
    });
  }

  /** It stands still, and has a plan to answer first: what comes meanwhile is not piled up for it, but sent when it answers (`#told`). */
  #isBehind(seat: Seat): boolean {
    return seat.sent !== seat.planned && this.#standstill.isSilent(seat);
  }

  /** Those that stand still are not waited for where nobody waits, and where others are there to obey the plan. */
  #passOver(): void {
    const publication = this.#publication;
    if (publication === null || publication.isTried) return;
    const { waiting, plan } = publication;
    const silent = [...waiting].filter((seat) => this.#standstill.isSilent(seat));
    if (silent.length === waiting.size && !this.#seats.some(({ planned }) => planned === plan.generation)) return;
    for (const seat of silent) this.#answered(seat, null);
  }

  /** Other files of lists or bans under the plan that there is. Workers that start later are given them with it. */
  renew(files: Partial<Pick<PlanFiles, "lists" | "bans">>): void {
    this.#files = { ...this.#files, ...files };
    const publication = this.#publication;
    if (publication !== null) publication.files = { ...publication.files, ...files };
    const { lists, bans } = publication?.files ?? this.#files;
    for (const seat of this.#seats)
      if (seat.sent !== null) seat.process?.send({ kind: "lists", files: { lists, bans } });
  }

  /** Workers that start later have nothing of their own yet. */
  purge(cache: string, purge: Purge): void {
    for (const seat of this.#seats) if (seat.sent !== null) seat.process?.send({ kind: "purge", cache, purge });
  }

  /** Workers that start later are told it with their plan. */
  purged(counts: PurgeCounts): void {
    this.#purges = counts;
    for (const seat of this.#seats) if (seat.sent !== null) seat.process?.send({ kind: "purges", counts });
  }

  /** Null when the file is there. */
  profile(worker: number, order: ProfileOrder): Promise<string | null> {
    const seat = this.#seats[worker];
    if (seat === undefined) return Promise.resolve(`there are workers 0 to ${this.#seats.length - 1}`);
    if (seat.process === null) return Promise.resolve(`worker ${worker} does not run just now`);
    return new Promise((done) => {
      this.#profiles.set(order.path, { seat, done });
      seat.process!.send({ kind: "profile", order });
    });
  }

  /** Of a heap: it stands still for that long. */
  #isProfiled(seat: Seat): boolean {
    return [...this.#profiles.values()].some((asked) => asked.seat === seat);
  }

  #profiled(path: string, problem: string | null): void {
    this.#profiles.get(path)?.done(problem);
    this.#profiles.delete(path);
  }

  /**
   * To be called about twice a second: ends workers whose event loop has stood still for `stallMs`; 0 ends none. `beatOf` tells how
   * often one has turned.
   */
  watch(stallMs: number, beatOf: (worker: number) => number, nowMs: number = performance.now()): void {
    this.#standstill.look(nowMs);
    for (const seat of this.#seats) {
      const verdict = this.#standstill.judge(seat, beatOf(seat.worker), this.#isProfiled(seat), stallMs);
      if (verdict === null) continue;
      const forS = Math.floor(this.#standstill.stoodMs(seat) / 1000);
      const stands = `worker ${seat.worker} (pid ${seat.process!.pid}) has stood still for ${forS} s`;
      const causes = "a hook that never ends, a process that was stopped, or a machine that is overloaded";
      if (verdict === "tell") this.#log.warn(`${stands} and takes nothing (${causes}); stallTimeout lets it be`);
      else {
        this.#log.error(`${stands} (${causes}; see stallTimeout) and is killed`);
        seat.beatAtMs = nowMs;
        seat.process!.kill();
      }
    }
    this.#passOver();
  }

  /** Stops accepting, lets exchanges end, and resolves when every worker has ended: with false where some did not by themselves. */
  async drain(drainMs: number): Promise<boolean> {
    this.#stop();
    for (const seat of this.#seats) seat.process?.send({ kind: "drain", drainMs });
    const killAll = (): void => this.#killAll("did not end in its drain time");
    const timer = setTimeout(killAll, Math.min(drainMs + DRAIN_GRACE_MS, timerMsMax));
    await this.#empty();
    clearTimeout(timer);
    return this.#isWhole;
  }

  /** Ends all workers at once: they cut what is under way, log it, and have a moment for that. */
  async end(): Promise<void> {
    this.#stop();
    for (const seat of this.#seats) seat.process?.send({ kind: "drain", drainMs: 0 });
    const timer = setTimeout(() => this.#killAll(null), END_GRACE_MS);
    await this.#empty();
    clearTimeout(timer);
  }

  get isUp(): boolean {
    return this.#seats.some((seat) => this.#stateOf(seat) === "up");
  }

  get generation(): number {
    return this.#plan?.generation ?? 0;
  }

  /** Of all workers that run, those that start among them. */
  get pids(): number[] {
    return this.#seats.flatMap(({ process }) => (process === null ? [] : [process.pid]));
  }

  status(): WorkerStatus[] {
    return this.#seats.map((seat) => ({
      worker: seat.worker,
      pid: seat.process?.pid ?? null,
      state: this.#stateOf(seat),
      generation: seat.planned,
      restarts: seat.restarts,
      lastExit: seat.lastExit,
    }));
  }

  #stateOf(seat: Seat): WorkerStatus["state"] {
    if (seat.planned !== null) return this.#standstill.isSilent(seat) ? "stalled" : "up";
    if (seat.process !== null) return "starting";
    return this.#isEnding ? "ended" : "waiting";
  }

  #fill(seat: Seat, plan: Plan | null = this.#plan, files: PlanFiles = this.#files): void {
    if (seat.pause !== null) clearTimeout(seat.pause);
    seat.pause = null;
    seat.sent = null;
    seat.planned = null;
    seat.startedAtMs = performance.now();
    seat.beatAtMs = seat.startedAtMs;
    seat.isTold = false;
    const life = ++seat.life;
    const { arenaPath, lostArena, workers, spawn } = this.#options;
    const lost = lostArena?.() ?? null;
    if (lost !== null && !this.#isArenaMissed)
      this.#log.warn(
        `${arenaPath} was removed while Sluice runs: workers that start are given what they share by this process; let the folder be, the next start makes the file anew`,
      );
    this.#isArenaMissed = lost !== null;
    const isReplacement = this.#plan !== null;
    try {
      seat.process = spawn(
        { worker: seat.worker, workers, arenaPath, isReplacement, ...(lost === null ? {} : { lostArena: lost }) },
        {
          told: (message) => {
            if (seat.life === life) this.#told(seat, message);
          },
          exited: (reason) => this.#exited(seat, reason),
        },
      );
    } catch (error) {
      // No more processes or memory: the same pause as for one that died at once.
      this.#exited(seat, `it could not be started: ${(error as Error).message}`);
      return;
    }
    if (plan !== null) this.#send(seat, plan, files);
  }

  #send(seat: Seat, plan: Plan, files: PlanFiles): void {
    seat.sent = plan.generation;
    seat.process?.send({ kind: "plan", plan, files });
    if (this.#purges !== null) seat.process?.send({ kind: "purges", counts: this.#purges });
  }

  #told(seat: Seat, message: FromWorker): void {
    switch (message.kind) {
      case "planned":
        // Who answers does not stand still.
        seat.beatAtMs = performance.now();
        seat.planned = message.generation;
        if (this.#isAwaited(seat, message.generation)) this.#answered(seat, null);
        else this.#catchUp(seat, message.generation);
        return;
      case "failed":
        seat.beatAtMs = performance.now();
        if (this.#isAwaited(seat, message.generation)) this.#answered(seat, message.message);
        else if (message.generation === this.#plan?.generation) this.#refused(seat, message.message);
        else this.#missed(seat, message.generation);
        return;
      case "warned":
        this.#log.warn(message.message);
        return;
      case "spoken":
        this.#log[message.level](`worker ${seat.worker} (code of the config): ${message.text}`);
        return;
      case "remote":
        this.#options.remote?.(seat.worker, message.said);
        return;
      case "profiled":
        this.#profiled(message.path, message.problem);
        return;
      case "drained":
        return;
    }
  }

  #isAwaited(seat: Seat, generation: number): boolean {
    const publication = this.#publication;
    return publication !== null && publication.plan.generation === generation && publication.waiting.has(seat);
  }

  /** It stood still while others were given plans. One that is under way is its next where it is waited for; else the end of that sees to it. */
  #catchUp(seat: Seat, answered: number): void {
    const publication = this.#publication;
    const plan = publication?.plan ?? this.#plan;
    if (plan === null || this.#isEnding || publication?.waiting.has(seat) === false) return;
    if (seat.sent === answered && answered !== plan.generation)
      this.#send(seat, plan, publication?.files ?? this.#files);
  }

  /** Nobody waits for its answer. It is sent the plan that comes to be in force, be it the same once more: to refuse that then ends the worker. */
  #missed(seat: Seat, generation: number): void {
    if (generation === this.#publication?.plan.generation) this.#publication.refused.add(seat);
    else this.#catchUp(seat, generation);
  }

  /** A replacement cannot obey the plan that the others obey: it is ended and tried again after a pause. */
  #refused(seat: Seat, message: string): void {
    this.#log.error(`worker ${seat.worker} (pid ${seat.process?.pid}) cannot put the plan in force: ${message}`);
    seat.process?.kill();
  }

  #exited(seat: Seat, reason: string): void {
    const pid = seat.process?.pid ?? null;
    const wasUp = seat.planned !== null;
    seat.process = null;
    seat.planned = null;
    seat.sent = null;
    seat.lastExit = reason;
    seat.life++;
    // Before anyone else gets the block: what the dead worker had open is open no more.
    this.#options.totals.clearGauges(seat.worker);
    this.#options.died?.(seat.worker);
    for (const [path, { seat: asked }] of this.#profiles)
      if (asked === seat) this.#profiled(path, `worker ${seat.worker} died: ${reason}`);
    if (this.#isEnding) {
      // One that did not serve yet had nothing to lose.
      if (wasUp && reason !== "exit code 0") {
        this.#isWhole = false;
        this.#log.warn(`worker ${seat.worker} (pid ${pid}) did not end by itself: ${reason}`);
      }
      if (this.#seats.every((other) => other.process === null)) this.#emptied?.();
      return;
    }
    // One that never came to serve has not lived, however long it tried.
    const isYoung = !wasUp || performance.now() - seat.startedAtMs < this.#brake.youngMs;
    seat.earlyDeaths = isYoung ? seat.earlyDeaths + 1 : 0;
    seat.restarts++;
    const pauseMs = isYoung ? pauseMsOf(seat.earlyDeaths, this.#brake) : 0;
    const next = isYoung
      ? `it ${wasUp ? `lived less than ${this.#brake.youngMs / 1000} s` : "never came to serve"} (${seat.earlyDeaths} in a row); a new one starts in ${pauseMs / 1000} s`
      : "a new one starts now";
    this.#log.error(`worker ${seat.worker}${pid === null ? "" : ` (pid ${pid})`} died: ${reason}; ${next}`);
    seat.pause = setTimeout(() => this.#fill(seat), pauseMs);
    this.#publication?.refused.delete(seat);
    if (this.#publication?.waiting.has(seat)) this.#answered(seat, null);
  }

  #answered(seat: Seat, problem: string | null): void {
    const publication = this.#publication!;
    publication.waiting.delete(seat);
    if (problem !== null) publication.problems.push(problem);
    if (publication.waiting.size > 0) return;
    clearTimeout(publication.timer);
    this.#publication = null;
    this.#settle(publication);
  }

  #settle({ plan, files, refused, problems, done }: Publication): void {
    const isTaken = this.#seats.some((seat) => seat.planned === plan.generation);
    if (problems.length === 0 && !isTaken) {
      const last = this.#seats.find((seat) => seat.lastExit !== null)?.lastExit;
      problems.push(`every worker died while it put the plan in force (${last ?? "unknown reason"})`);
    }
    const { program, egresses } = this.#files;
    const isNews = files.program !== program || JSON.stringify(files.egresses) !== JSON.stringify(egresses);
    if (problems.length === 0) {
      this.#plan = plan;
      this.#files = files;
    }
    const winner = this.#plan;
    // Losers get the old plan back; replacements that started meanwhile with the old plan get the new one.
    if (winner !== null)
      for (const seat of this.#seats) {
        const isLeft = refused.has(seat) || (seat.sent !== winner.generation && !this.#isBehind(seat));
        if (seat.process !== null && isLeft) this.#send(seat, winner, this.#files);
      }
    // Only now may workers let go of the code, and of the boards, that have lost: until here they might have been asked for again.
    if (winner !== null && isNews)
      for (const seat of this.#seats) seat.process?.send({ kind: "settled", generation: winner.generation });
    done(problems.length === 0 ? null : [...new Set(problems)].join("; "));
  }

  /** Some workers did not answer in time. Whoever stands still serves nobody and is ended; whoever beats serves, and gets the former plan back. */
  #giveUp(): void {
    const late = [...this.#publication!.waiting];
    const withinMs = Math.min(aliveMs, (this.#options.answerMs ?? answerMsUsual) / 2);
    const stuck = late.filter((seat) => performance.now() - seat.beatAtMs > withinMs);
    const { beganAtMs, plan } = this.#publication!;
    const isTaken = this.#seats.some(({ planned }) => planned === plan.generation);
    for (const seat of late) {
      // That one stood still before the plan came is nothing against a plan that another has taken: it counts as one that has died.
      if (stuck.includes(seat) && seat.beatAtMs < beganAtMs - stoodMs) {
        this.#log.error(`worker ${seat.worker} (pid ${seat.process?.pid}) stood still, took no plan, and is killed`);
        this.#answered(seat, isTaken ? null : `worker ${seat.worker} stood still before the plan came, and was ended`);
        continue;
      }
      const end = stuck.includes(seat) ? "stood still, and was ended" : "goes on as before";
      this.#answered(seat, `worker ${seat.worker} did not put the plan in force in time: it ${end}`);
    }
    for (const seat of stuck) seat.process?.kill();
  }

  #stop(): void {
    this.#isEnding = true;
    const publication = this.#publication;
    this.#publication = null;
    if (publication !== null) {
      clearTimeout(publication.timer);
      publication.done(endingProblem);
    }
    for (const seat of this.#seats) {
      if (seat.pause !== null) clearTimeout(seat.pause);
      seat.pause = null;
    }
  }

  #killAll(why: string | null): void {
    for (const seat of this.#seats) {
      if (seat.process === null) continue;
      if (why !== null) this.#log.warn(`worker ${seat.worker} (pid ${seat.process.pid}) ${why} and is killed`);
      seat.process.kill();
    }
  }

  #empty(): Promise<void> {
    if (this.#seats.every((seat) => seat.process === null)) return Promise.resolve();
    return new Promise((resolve) => {
      const earlier = this.#emptied;
      this.#emptied = () => {
        earlier?.();
        resolve();
      };
    });
  }
}
