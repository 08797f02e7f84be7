// The control process: its parts, put together in the order in which they need each other, and taken apart again. It answers
// the admin interface and obeys signals through the few methods here; it never touches traffic.
//
//   start: addresses free? > state folder > admin (not ready) > names > first checks > workers > ready
//   end:   not ready > workers drain > admin and state folder are closed

import { availableParallelism } from "node:os";
import { formatAddress } from "../base/address.ts";
import { workersOf } from "../config/compile.ts";
import type { SelfCommand } from "../config/loadself.ts";
import type { Materials } from "../config/materials.ts";
import { ms } from "../config/measure.ts";
import type { ProfileOrder } from "../config/message.ts";
import type { Address, Plan } from "../config/plan.ts";
import type { Problem } from "../config/problem.ts";
import type { Config } from "../config/types.ts";
import { Board } from "../memory/board.ts";
import type { Owner } from "../memory/owners.ts";
import { Totals, workerCell } from "../memory/tally.ts";
import { type Acme, makeAcme } from "./acme/making.ts";
import type { AdminService, Order } from "./adminservice.ts";
import { Bandwidth, bandwidthMs } from "./bandwidth.ts";
import { Bans } from "./bans.ts";
import type { LentPages } from "./caches.ts";
import { Certificates } from "./certificates.ts";
import type { CertificatesStatus } from "./certificatestatus.ts";
import { Collecting } from "./collecting.ts";
import { Configuring, saying } from "./configuring/configuring.ts";
import type { ConfigSource } from "./configuring/source.ts";
import { sourceOf } from "./discovery/making.ts";
import { Discovery } from "./discovery.ts";
import { Doors, type OtherDoors } from "./doors.ts";
import { Chronicle } from "./events/chronicle.ts";
import { evidence } from "./evidence.ts";
import { digestOf, type OwnSummary, Summing } from "./fleet/summary.ts";
import { Fleet } from "./fleet.ts";
import { FolderWatch } from "./folderwatch.ts";
import { Holdings, type ListsOfConfig } from "./holdings.ts";
import { Live } from "./live.ts";
import type { Log } from "./log.ts";
import { Names } from "./names.ts";
import { addressOf, fileShortage, reloadProblems, startProblems } from "./preflight.ts";
import { type Prober, proberOf } from "./prober.ts";
import { type Prepared, Reconciler } from "./reconcile.ts";
import { Registering } from "./registering.ts";
import { type Phase, Reporting } from "./reporting.ts";
import { Roster } from "./roster.ts";
import type { Brake } from "./seat.ts";
import { openState, type StateFolder } from "./state.ts";
import type { LockOwner } from "./statelock.ts";
import type { Status } from "./status.ts";
import { StartStopped, unlessStopped } from "./stopping.ts";
import { Supervisor } from "./supervisor.ts";
import { workerProcesses } from "./workerprocess.ts";

export interface ControlOptions {
  readonly source: ConfigSource;
  /** What the source gave just now. */
  readonly config: Config;
  readonly materials: Materials;
  readonly lists: ListsOfConfig;
  /** Where relative paths of the config start. */
  readonly folder: string;
  /** What it was warned of. */
  readonly warnings?: readonly Problem[];
  /** The other program whose config it is. */
  readonly foreign?: string;
  readonly log: Log;
  readonly version: string;
  /** The command line of a worker, asked for each. */
  readonly workerCommand: () => SelfCommand;
  /** Told of the process of each worker in its first moment. */
  readonly workerStarted?: (pid: number) => void;
  readonly stateFolder: string;
  readonly owner: Owner & LockOwner;
  readonly pages?: LentPages;
  /** The clock that processes share (src/clock.ts). */
  readonly sharedMs: () => number;
  /** Tables of the run before are not taken up. */
  readonly isFresh?: boolean;
  readonly brake?: Brake;
  /** Aborted: the start waits for nothing any more, and rejects with `StartStopped` (stopping.ts). Later it means nothing. */
  readonly stop?: AbortSignal;
  /** Of this process (src/profiler.ts); absent: it cannot be taken. */
  readonly takeProfile?: (order: ProfileOrder) => Promise<void>;
}

/** What a signal's reload comes to. */
export interface ReloadOutcome {
  readonly successful: boolean;
  readonly generation: number;
  readonly problems: readonly string[];
  /** What is not wrong enough to keep the plan from being in force. */
  readonly warnings: readonly string[];
}

const TICK_MS = 100;
const WATCH_MS = 500;
const NAMES_MS = 10_000;
const CERTIFICATES_MS = 1500;
const ACME_MS = 1000;
/** What lasts goes by it, for the wall clock may be set: that is for what people read, and for certificates. */
const monotonicMs = (): number => performance.now();

export class Control implements AdminService {
  readonly #log: Log;
  readonly #state: StateFolder;
  readonly #totals: Totals;
  readonly #board: Board;
  readonly #roster: Roster;
  readonly #prober: Prober;
  readonly #supervisor: Supervisor;
  readonly #holdings: Holdings;
  readonly #configuring: Configuring;
  readonly #discovery: Discovery;
  readonly #registering: Registering;
  readonly #reconciler: Reconciler;
  readonly #certificates: Certificates;
  readonly #acme: Acme;
  readonly #reporting: Reporting;
  readonly #live: Live;
  readonly #folders: FolderWatch = new FolderWatch(() => void this.#lookAtCertificates());
  readonly #collecting = new Collecting();
  /** The plan whose garbage is collected, or will be. */
  #settled: Plan | null = null;
  readonly #timers: Timer[] = [];
  readonly workers: number;
  #doors: Doors | null = null;
  #bans: Bans | null = null;
  #fleet: Fleet | null = null;
  readonly #summing = new Summing();
  #phase: Phase = "starting";
  #isCut = false;
  #isRefiling = false;

  private constructor(options: ControlOptions, state: StateFolder) {
    const { config, workerCommand } = options;
    const chronicle = new Chronicle(options.log, Date.now);
    const { log } = chronicle;
    this.#log = log;
    this.#state = state;
    this.workers = workersOf(config, availableParallelism());
    this.#totals = new Totals(state.arena, this.workers);
    this.#board = new Board(state.arena);
    const { owner, pages, sharedMs, isFresh = false } = options;
    const changed = (lists: Readonly<Record<string, string>>): void => this.#supervisor.renew({ lists });
    const lost = (): void => void this.#refile();
    this.#holdings = new Holdings({
      state,
      owner,
      workers: this.workers,
      pages,
      sharedMs,
      isFresh,
      log,
      changed,
      purged: (counts) => this.#supervisor.purged(counts),
      lost,
    });
    const names = new Names(log);
    this.#roster = new Roster({
      ...{ board: this.#board, log, wallMs: Date.now },
      evidenceOf: (slot) => evidence(this.#totals, slot),
      nameProblem: ({ name }) => names.problemOf(name.replace(/:\d+$/, "")) ?? "its name has no address yet",
      clearFailures: (slot) => this.#totals.clearFailures(slot),
      drainedBy: (pool, server) => this.#discovery.drainerOf(pool, server),
    });
    this.#prober = proberOf(this.#roster, log, monotonicMs);
    this.#supervisor = new Supervisor({
      workers: this.workers,
      arenaPath: state.arenaPath,
      lostArena: () => state.lostArena(),
      totals: this.#totals,
      died: (worker) => {
        this.#holdings.gone(worker);
        this.#fleet?.recovered();
      },
      remote: (worker, said) => this.#holdings.heard(worker, said),
      spawn: workerProcesses(workerCommand, options.version, options.workerStarted),
      log,
      ...(options.brake === undefined ? {} : { brake: options.brake }),
    });
    this.#registering = new Registering(log);
    this.#discovery = new Discovery({
      log,
      make: (settings) => sourceOf(settings, this.#registering.registry),
      publish: async () => (this.#phase === "draining" ? null : this.#reconciler.rediscover()),
      nowMs: Date.now,
    });
    this.#acme = makeAcme({ log, version: options.version, publish: () => this.#reconciler.redress() });
    this.#reconciler = new Reconciler({
      finder: {
        adopt: async (of) => {
          await this.#registering.adopt(of);
          await this.#discovery.adopt(of);
        },
        foundOf: this.#discovery.foundOf,
      },
      names,
      roster: this.#roster,
      prober: this.#prober,
      totals: this.#totals,
      dress: (materials) => this.#acme.dress(materials),
      reserve: (plan) => this.#holdings.reserve(plan),
      prepare: (plan, of, materials) => this.#prepare(plan, of, materials),
      publish: (plan, prepared, isAsked) => {
        // Of bans the last word counts: some may have come while servers were probed.
        const files = { ...prepared, bans: this.#bans?.path ?? null };
        const isFirst = this.#reconciler.plan === null;
        return isFirst ? this.#supervisor.start(plan, files) : this.#supervisor.publish(plan, files, isAsked);
      },
      nowMs: monotonicMs,
      log,
    });
    this.#certificates = new Certificates({
      ...{ log, nowMs: Date.now, monotonicMs },
      renew: (renewed, materials) => this.#reconciler.renew(renewed, materials),
      follow: (folders) => this.#folders.follow(folders),
    });
    this.#configuring = this.#configuringOf(options);
    const [startedAtMs, startedMs] = [Date.now(), monotonicMs()];
    const uptimeMs = (): number => monotonicMs() - startedMs;
    this.#reporting = new Reporting({
      ...{ version: options.version, startedAtMs, uptimeMs, source: options.source },
      ...{ totals: this.#totals, board: this.#board, roster: this.#roster, supervisor: this.#supervisor },
      ...{ holdings: this.#holdings, discovery: this.#discovery, registering: this.#registering },
      ...{ certificates: this.#certificates, acme: this.#acme },
      now: () => ({
        ...{ plan: this.#reconciler.plan, config: this.config, phase: this.#phase, reload: this.#configuring.last },
        ...{ bans: this.#bans, fleet: this.#fleet, confirmBy: this.#configuring.confirmBy },
      }),
    });
    this.#live = new Live({
      chronicle,
      recorder: this.#holdings.recorder,
      source: {
        ...{ totals: this.#totals, caches: this.#holdings.caches, egresses: this.#holdings.egresses },
        ...{ uptimeMs, plan: () => this.#reconciler.plan },
        state: () => this.#reporting.state(),
        workers: () => this.#supervisor.status(),
        conditionOf: (slot) => this.#roster.conditionOf(slot),
        bans: () => this.#bans?.size ?? 0,
        confirmBy: () => this.#configuring.confirmBy,
      },
    });
  }

  #configuringOf(options: ControlOptions): Configuring {
    const { source, config, materials, lists, folder, warnings = [], foreign = null } = options;
    const warned = new Set(warnings.map(saying));
    return new Configuring({
      ...{ source, first: { config, materials, lists, folder, foreign, warned }, log: this.#log },
      ...{ workers: this.workers, cores: availableParallelism(), plan: () => this.#reconciler.plan, nowMs: Date.now },
      hindrance: () => (this.#phase === "running" ? null : `Sluice is ${this.#phase}`),
      materials: () => this.#certificates.materials,
      problemsOf: (of) => reloadProblems(of, this.plan, new Set(this.#supervisor.pids)),
      apply: (of, found) => {
        // What was read and judged is done with; the plan that is made next needs as much.
        this.#collecting.look(monotonicMs());
        return this.#reconciler.apply(of, found);
      },
      adopted: (version) => {
        this.#fleet?.adopt(version.config);
        this.#certificates.adopt(version.config, version.folder, version.materials);
        void this.#acme.follow(version.config, version.materials);
        this.#log.level = version.config.log.level;
      },
      after: (afterMs, call) => {
        const timer = setTimeout(call, afterMs);
        return () => clearTimeout(timer);
      },
    });
  }

  /** Rejects with an Error whose message is for the operator, a line for each problem; nothing is left behind then. */
  static async start(options: ControlOptions): Promise<Control> {
    const { config, stateFolder, owner, log } = options;
    const workers = workersOf(config, availableParallelism());
    // First: that the same config runs already says more than that its ports are taken.
    const state = openState(stateFolder, owner, workers, (text) => log.warn(text));
    const control = await Control.#of(options, state);
    try {
      await control.#open(addressOf(config.admin.listen), options);
      return control;
    } catch (error) {
      await control.#close();
      throw error;
    }
  }

  static async #of(options: ControlOptions, state: StateFolder): Promise<Control> {
    try {
      const problems = await startProblems(options.config);
      if (problems.length > 0) throw new Error(problems.join("\n"));
      if (options.stop?.aborted === true) throw new StartStopped();
      return new Control(options, state);
    } catch (error) {
      state.close();
      throw error;
    }
  }

  /** The options are held by nobody: what is in them of the first config is none of the next one's memory. */
  async #open(
    address: Address,
    { materials, folder, sharedMs, foreign, takeProfile, stop }: ControlOptions,
  ): Promise<void> {
    const changed = (bans: string | null): void => this.#supervisor.renew({ bans });
    this.#bans = await Bans.open({ folder: this.#state.path, log: this.#log, nowMs: Date.now, changed });
    this.#fleet = new Fleet({
      ...{ log: this.#log, bans: this.#bans, folder: this.#state.path, sharedMs },
      tables: () => this.#holdings.tables.all,
      adminPort: address.kind === "unix" ? address.path : String(address.port),
      summary: () => this.#summary(),
    });
    this.#doors = await Doors.open({
      ...{ config: this.config, current: () => this.config, service: this, log: this.#log },
      ...{ foreign, folder: this.#state.path, takeProfile },
      answered: () => this.#collecting.look(monotonicMs()),
      parts: {
        ...{ arena: this.#state.arena, workers: this.workers, sharedMs, totals: this.#totals },
        ...{ bans: this.#bans, discovery: this.#discovery, fleet: this.#fleet, holdings: this.#holdings },
        ...{ registering: this.#registering, roster: this.#roster },
        ...{ supervisor: this.#supervisor, plan: () => this.#reconciler.plan },
        ...{
          acme: this.#acme,
          live: this.#live,
          configuring: this.#configuring,
          note: (text: string) => this.#log.info(text),
        },
      },
    });
    this.#acme.adopt(this.config, materials);
    const problem = await unlessStopped(this.#reconciler.apply(this.config, materials), stop);
    if (problem !== null) throw new Error(problem);
    this.#fleet.adopt(this.config);
    this.#certificates.adopt(this.config, folder, materials);
    this.#phase = "running";
    this.#roster.open(monotonicMs());
    this.#holdings.open();
    await this.#doors.started();
    const bandwidth = new Bandwidth(this.#totals, this.#board);
    this.#timers.push(
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => bandwidth.look(this.#reconciler.plan, performance.now()), bandwidthMs),
      setInterval(() => this.#watch(), WATCH_MS),
      setInterval(() => void this.#refreshNames(), NAMES_MS),
      setInterval(() => void this.#lookAtCertificates(), CERTIFICATES_MS),
      setInterval(() => void this.#acme.look(), ACME_MS),
    );
    const shortage = fileShortage(this.plan, this.workers);
    if (shortage !== null) this.#log.warn(shortage);
  }

  /** Files of tables, caches or boards were removed behind our back. */
  async #refile(): Promise<void> {
    if (this.#phase !== "running" || this.#isRefiling) return;
    this.#isRefiling = true;
    const problem = await this.#reconciler.refile();
    this.#isRefiling = false;
    if (problem !== null) this.#log.error(`files of the plan were removed, and no others could be made: ${problem}`);
  }

  #tick(): void {
    const nowMs = monotonicMs();
    this.#roster.tick(nowMs);
    const { plan } = this.#reconciler;
    if (plan !== this.#settled) this.#collecting.soon(nowMs);
    this.#settled = plan;
    this.#collecting.look(nowMs);
  }

  #watch(): void {
    const { heartbeat } = workerCell;
    this.#supervisor.watch(ms(this.config.stallTimeout), (worker) => this.#totals.ofWorker(worker, heartbeat));
  }

  async #prepare(plan: Plan, config: Config, { program }: Materials): Promise<Prepared> {
    const prepared = await this.#holdings.prepare(plan, this.#configuring.listsOf(config), program);
    this.#collecting.look(monotonicMs());
    return { ...prepared, files: { ...prepared.files, bans: null } };
  }

  #summary(): OwnSummary {
    const address = this.#doors === null ? "" : formatAddress(this.adminAddress);
    const bans = this.#bans?.size ?? 0;
    return this.#summing.summary(this.status(), { address, bans, config: digestOf(this.config), nowMs: Date.now() });
  }

  /** The config in force. */
  get config(): Config {
    return this.#configuring.config;
  }

  /** The plan in force. */
  get plan(): Plan {
    return this.#reconciler.plan!;
  }

  get adminAddress(): Address {
    return this.#doors!.address;
  }

  /** Of the metrics and of ipmanager's pages, where these have one of their own. */
  get otherDoors(): OtherDoors {
    return this.#doors!.others;
  }

  /** Ends when no exchange is under way any more, at the latest after the plan's drain time. `killed`: some workers did not end by themselves. `cut`: `end` came in between. */
  async drain(): Promise<"whole" | "killed" | "cut"> {
    this.#phase = "draining";
    const isWhole = await this.#supervisor.drain(this.plan.drainMs);
    if (this.#isCut) return "cut";
    await this.#close();
    return isWhole ? "whole" : "killed";
  }

  /** Ends now, with all that is under way. */
  async end(): Promise<void> {
    this.#phase = "draining";
    this.#isCut = true;
    await this.#close();
  }

  /** Workers open their log files anew, after they were renamed by a log rotation. */
  reopenLogs(): void {
    for (const { pid, state } of this.#supervisor.status())
      if (pid !== null && (state === "up" || state === "stalled")) process.kill(pid, "SIGUSR1");
  }

  /** The config file again, as SIGHUP asks for it. */
  async reload(): Promise<ReloadOutcome> {
    const changed = await this.#configuring.reload();
    if (changed.ok) {
      const { successful, generation, problems, warnings } = changed.answer;
      return { successful, generation, problems, warnings };
    }
    this.#log.error(`reload: ${changed.message}`);
    return { successful: false, generation: this.plan.generation, problems: [changed.message], warnings: [] };
  }

  steer(pool: string, server: string, order: Order): string | null {
    const found = this.#reconciler.plan?.pools.find(({ name }) => name === pool);
    if (found === undefined) return `there is no pool ${pool}`;
    const isDone = this.#roster.steer(pool, server, order, monotonicMs());
    return isDone
      ? null
      : `pool ${pool} has no server ${server}; it has ${found.servers.map(({ name }) => name).join(", ") || "none"}`;
  }

  unreadiness(): string | null {
    return this.#reporting.unreadiness();
  }

  certificates(): CertificatesStatus {
    return this.#reporting.certificates();
  }

  metrics(): string {
    return this.#reporting.metrics();
  }

  status(): Status {
    return this.#reporting.status();
  }

  async #refreshNames(): Promise<void> {
    if (this.#phase !== "running") return;
    const problem = await this.#reconciler.refreshNames();
    if (problem !== null)
      this.#log.error(`a name has another address, but the plan could not be published: ${problem}`);
  }

  async #lookAtCertificates(): Promise<void> {
    if (this.#phase === "running") await this.#certificates.look();
  }

  async #close(): Promise<void> {
    this.#reconciler.close();
    this.#configuring.close();
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#certificates.close();
    this.#acme.close();
    this.#folders.close();
    this.#discovery.close();
    await this.#registering.close();
    this.#prober.close();
    await this.#supervisor.end();
    // Nobody is connected any more, and other nodes are told so.
    this.#holdings.recover();
    await this.#fleet?.close();
    this.#live.close();
    await this.#doors?.close();
    this.#holdings.close();
    this.#bans?.close();
    if (this.#state.isKept())
      this.#log.info(`tables, caches, egress pools and bans are kept in ${this.#state.path} for the next start`);
    this.#state.close();
  }
}
