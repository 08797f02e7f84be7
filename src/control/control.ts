// The control process: its parts, put together in the order in which they need each other, and taken apart again. It answers
// the admin interface and obeys signals through the few methods here; it never touches traffic.
//
//   start: addresses free? > state folder > admin (not ready) > names > first checks > workers > ready
//   end:   not ready > workers drain > admin and state folder are closed

import { availableParallelism } from "node:os";
import { formatAddress } from "../base/address.ts";
import { workersOf } from "../config/compile.ts";
import type { Loaded } from "../config/load.ts";
import type { Materials } from "../config/materials.ts";
import { ms } from "../config/measure.ts";
import type { Address, Plan } from "../config/plan.ts";
import { problemLine } from "../config/problem.ts";
import type { Config } from "../config/types.ts";
import type { Evidence } from "../health/ejection.ts";
import { Board } from "../memory/board.ts";
import type { Owner } from "../memory/owners.ts";
import { serverCell, Totals, workerCell } from "../memory/tally.ts";
import { type Admin, type AdminService, type Order, openAdmin, type ReloadOutcome } from "./admin.ts";
import { banRoutes } from "./api/bans.ts";
import { cacheRoutes } from "./api/caches.ts";
import { discoveryRoutes } from "./api/discovery.ts";
import { explainRoutes } from "./api/explain.ts";
import { fleetRoutes } from "./api/fleet.ts";
import { listRoutes } from "./api/lists.ts";
import { registryRoutes } from "./api/registry.ts";
import { tableRoutes } from "./api/tables.ts";
import { Bans } from "./bans.ts";
import { Certificates } from "./certificates.ts";
import { type CertificatesStatus, certificateStatus } from "./certificatestatus.ts";
import { sourceOf } from "./discovery/making.ts";
import { type SourceStatus, sourceStatus } from "./discovery/sourcestatus.ts";
import { Discovery } from "./discovery.ts";
import { Explaining } from "./explaining.ts";
import { digestOf, type OwnSummary, Summing } from "./fleet/summary.ts";
import { Fleet } from "./fleet.ts";
import { FolderWatch } from "./folderwatch.ts";
import { Holdings, type ListsOfConfig } from "./holdings.ts";
import type { Log } from "./log.ts";
import { metricsText } from "./metrics.ts";
import { type MetricsListener, openMetricsListener } from "./metricslistener.ts";
import { Names } from "./names.ts";
import { addressOf, fileShortage, reloadProblems, startProblems } from "./preflight.ts";
import { Prober } from "./prober.ts";
import { type Prepared, Reconciler } from "./reconcile.ts";
import { Registering } from "./registering.ts";
import { Roster } from "./roster.ts";
import type { Brake } from "./seat.ts";
import { openState, type StateFolder } from "./state.ts";
import { listenerStatus, poolStatus, type Status } from "./status.ts";
import { Supervisor } from "./supervisor.ts";
import { workerProcesses } from "./workerprocess.ts";

/** Where the configuration comes from, at the start and at each reload. */
export interface ConfigSource {
  /** The file, or null when the command line is all there is: then there is nothing to load again. */
  readonly path: string | null;
  /** `inUse`: certificates whose files have become bad stay as they are there. */
  load(inUse?: Materials): Promise<Loaded>;
}

export interface ControlOptions {
  readonly source: ConfigSource;
  /** What the source gave just now. */
  readonly config: Config;
  readonly materials: Materials;
  readonly lists: ListsOfConfig;
  /** Where relative paths of the config start. */
  readonly folder: string;
  readonly log: Log;
  readonly version: string;
  /** The command line of a worker. */
  readonly workerCommand: readonly string[];
  readonly stateFolder: string;
  readonly owner: Owner;
  /** The clock that processes share (src/clock.ts). */
  readonly sharedMs: () => number;
  /** Tables of the run before are not taken up. */
  readonly isFresh?: boolean;
  readonly brake?: Brake;
}

const TICK_MS = 100;
const WATCH_MS = 500;
const NAMES_MS = 10_000;
const CERTIFICATES_MS = 1500;

type Phase = "starting" | "running" | "draining";

export class Control implements AdminService {
  readonly #options: ControlOptions;
  readonly #log: Log;
  readonly #state: StateFolder;
  readonly #totals: Totals;
  readonly #board: Board;
  readonly #roster: Roster;
  readonly #prober: Prober;
  readonly #supervisor: Supervisor;
  readonly #holdings: Holdings;
  readonly #listsOf = new WeakMap<Config, ListsOfConfig>();
  readonly #discovery: Discovery;
  readonly #registering: Registering;
  readonly #reconciler: Reconciler;
  readonly #certificates: Certificates;
  readonly #folders: FolderWatch = new FolderWatch(() => void this.#lookAtCertificates());
  readonly #timers: Timer[] = [];
  readonly #startedAtMs = Date.now();
  readonly workers: number;
  #admin: Admin | null = null;
  #metrics: MetricsListener | null = null;
  #bans: Bans | null = null;
  #fleet: Fleet | null = null;
  readonly #summing = new Summing();
  #config: Config;
  #phase: Phase = "starting";
  #isCut = false;
  #reload = { isSuccessful: true, atMs: Date.now(), succeededAtMs: Date.now(), problems: [] as readonly string[] };

  private constructor(options: ControlOptions, state: StateFolder) {
    const { log, config, workerCommand } = options;
    this.#options = options;
    this.#log = log;
    this.#config = config;
    this.#state = state;
    this.workers = workersOf(config, availableParallelism());
    this.#totals = new Totals(state.arena, this.workers);
    this.#board = new Board(state.arena);
    const { owner, sharedMs, isFresh = false } = options;
    const changed = (lists: Readonly<Record<string, string>>): void => this.#supervisor.renew({ lists });
    this.#holdings = new Holdings({ state, owner, sharedMs, isFresh, log, changed });
    this.#listsOf.set(config, options.lists);
    const names = new Names(log);
    this.#roster = new Roster({
      board: this.#board,
      log,
      evidenceOf: (slot) => evidence(this.#totals, slot),
      nameProblem: ({ name }) => names.problemOf(name.replace(/:\d+$/, "")) ?? "its name has no address yet",
      clearFailures: (slot) => this.#totals.clearFailures(slot),
    });
    this.#prober = new Prober((slot, result) => this.#roster.checked(slot, result, Date.now()));
    this.#supervisor = new Supervisor({
      workers: this.workers,
      arenaPath: state.arenaPath,
      totals: this.#totals,
      died: () => {
        this.#holdings.recover();
        this.#fleet?.recovered();
      },
      spawn: workerProcesses(workerCommand),
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
      prepare: (plan, of, materials) => this.#prepare(plan, of, materials),
      publish: (plan, prepared) => {
        // Of bans the last word counts: some may have come while servers were probed.
        const files = { ...prepared, bans: this.#bans?.path ?? null };
        const isFirst = this.#reconciler.plan === null;
        return isFirst ? this.#supervisor.start(plan, files) : this.#supervisor.publish(plan, files);
      },
      nowMs: Date.now,
    });
    this.#certificates = new Certificates({
      log,
      nowMs: Date.now,
      renew: (renewed, materials) => this.#reconciler.renew(renewed, materials),
      follow: (folders) => this.#folders.follow(folders),
    });
  }

  /** Rejects with an Error whose message is for the operator, a line for each problem; nothing is left behind then. */
  static async start(options: ControlOptions): Promise<Control> {
    const { config } = options;
    const problems = await startProblems(config);
    if (problems.length > 0) throw new Error(problems.join("\n"));
    const control = new Control(options, openState(options.stateFolder, options.owner));
    try {
      await control.#open(addressOf(config.admin.listen));
      return control;
    } catch (error) {
      await control.#close();
      throw error;
    }
  }

  async #open(address: Address): Promise<void> {
    const changed = (bans: string | null): void => this.#supervisor.renew({ bans });
    this.#bans = await Bans.open({ folder: this.#state.path, log: this.#log, nowMs: Date.now, changed });
    const { sharedMs } = this.#options;
    const { tables, caches, lists } = this.#holdings;
    this.#fleet = new Fleet({
      ...{ log: this.#log, bans: this.#bans, folder: this.#state.path, sharedMs },
      tables: () => tables.all,
      adminPort: address.kind === "unix" ? address.path : String(address.port),
      summary: () => this.#summary(),
    });
    const explaining = new Explaining({
      arena: this.#state.arena,
      workers: this.workers,
      tableOf: (name) => tables.find(name)?.shared ?? tables.find(name)?.table ?? null,
      cacheOf: (name) => caches.find(name)?.store ?? null,
      lists: () => lists.files,
      bans: () => this.#bans?.path ?? null,
      sharedMs,
    });
    const routes = [
      tableRoutes(tables, sharedMs, this.#fleet),
      listRoutes(() => lists.status()),
      cacheRoutes({
        plan: () => this.#reconciler.plan,
        storeOf: (name) => caches.find(name)?.store ?? null,
        tell: (cache, purge) => this.#supervisor.purge(cache, purge),
        remoteOf: (name) => this.#holdings.remotes.named(name),
        wayOf: (asked, plan) => explaining.wayOf(asked, plan),
        nowMs: Date.now,
      }),
      banRoutes(this.#bans, Date.now),
      fleetRoutes(this.#fleet),
      registryRoutes(this.#registering.registry, () => this.#registering.sentinel.status()),
      discoveryRoutes(() => this.#discovery.status(), Date.now),
      explainRoutes(
        () => this.#reconciler.plan,
        (plan) => explaining.circumstances(plan),
      ),
    ];
    this.#admin = openAdmin({ address, token: this.#config.admin.token, service: this, routes, log: this.#log });
    const { listen: metrics } = this.#config.metrics ?? {};
    if (metrics !== undefined)
      this.#metrics = openMetricsListener({ address: addressOf(metrics), service: this, log: this.#log });
    const { materials, folder } = this.#options;
    const problem = await this.#reconciler.apply(this.#config, materials);
    if (problem !== null) throw new Error(problem);
    this.#fleet.adopt(this.#config);
    this.#certificates.adopt(this.#config, folder, materials);
    this.#phase = "running";
    this.#roster.open(Date.now());
    this.#holdings.open();
    this.#timers.push(
      setInterval(() => this.#roster.tick(Date.now()), TICK_MS),
      setInterval(() => this.#watch(), WATCH_MS),
      setInterval(() => void this.#refreshNames(), NAMES_MS),
      setInterval(() => void this.#lookAtCertificates(), CERTIFICATES_MS),
    );
    const shortage = fileShortage(this.plan, this.workers);
    if (shortage !== null) this.#log.warn(shortage);
  }

  #watch(): void {
    const { heartbeat } = workerCell;
    this.#supervisor.watch(ms(this.#config.stallTimeout), (worker) => this.#totals.ofWorker(worker, heartbeat));
  }

  async #prepare(plan: Plan, config: Config, { program }: Materials): Promise<Prepared> {
    const prepared = await this.#holdings.prepare(plan, this.#listsOf.get(config) ?? {}, program);
    return { ...prepared, files: { ...prepared.files, bans: null } };
  }

  #summary(): OwnSummary {
    const address = this.#admin === null ? "" : formatAddress(this.adminAddress);
    const bans = this.#bans?.size ?? 0;
    return this.#summing.summary(this.status(), { address, bans, config: digestOf(this.#config), nowMs: Date.now() });
  }

  /** The plan in force. */
  get plan(): Plan {
    return this.#reconciler.plan!;
  }

  get adminAddress(): Address {
    return this.#admin!.address;
  }

  /** Ends when no exchange is under way any more, at the latest after the plan's drain time. False when `end` came in between. */
  async drain(): Promise<boolean> {
    this.#phase = "draining";
    await this.#supervisor.drain(this.plan.drainMs);
    if (this.#isCut) return false;
    await this.#close();
    return true;
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
      if (pid !== null && state === "up") process.kill(pid, "SIGUSR1");
  }

  async reload(): Promise<ReloadOutcome> {
    const { source } = this.#options;
    if (source.path === null)
      return this.#outcome(["there is no config file to load again: everything stands on the command line"]);
    if (this.#phase !== "running") return this.#outcome([`Sluice is ${this.#phase}`]);
    const loaded = await source.load(this.#certificates.materials);
    if (!loaded.ok) {
      const lines = (severity: string): string[] =>
        loaded.problems.filter((problem) => problem.severity === severity).map(problemLine);
      return this.#reloaded(lines("error"), lines("warning"));
    }
    const warnings = loaded.warnings.map(problemLine);
    const { config, materials, folder } = loaded;
    this.#listsOf.set(config, loaded.lists);
    const problems = await reloadProblems(config, this.plan);
    const problem = problems.length > 0 ? problems.join("; ") : await this.#reconciler.apply(config, materials);
    if (problem !== null) return this.#reloaded([problem], warnings);
    this.#fleet?.adopt(config);
    this.#certificates.adopt(config, folder, materials);
    const restart = this.#restartWarning(config);
    this.#config = config;
    this.#log.level = config.log.level;
    return this.#reloaded([], restart === null ? warnings : [...warnings, restart]);
  }

  #reloaded(problems: readonly string[], warnings: readonly string[] = []): ReloadOutcome {
    const isSuccessful = problems.length === 0;
    const atMs = Date.now();
    this.#reload = { isSuccessful, atMs, succeededAtMs: isSuccessful ? atMs : this.#reload.succeededAtMs, problems };
    if (isSuccessful) this.#log.info(`the configuration is loaded again; plan ${this.plan.generation} is in force`);
    for (const warning of warnings) this.#log.warn(warning);
    for (const problem of problems) this.#log.error(`reload: ${problem}`);
    if (!isSuccessful) this.#log.error(`the configuration was not loaded; plan ${this.plan.generation} stays in force`);
    return this.#outcome(problems, warnings);
  }

  #outcome(problems: readonly string[], warnings: readonly string[] = []): ReloadOutcome {
    const generation = this.#reconciler.plan?.generation ?? 0;
    return { successful: problems.length === 0, generation, problems, warnings };
  }

  steer(pool: string, server: string, order: Order): string | null {
    const found = this.#reconciler.plan?.pools.find(({ name }) => name === pool);
    if (found === undefined) return `there is no pool ${pool}`;
    const isDone = this.#roster.drain(pool, server, order === "drain", Date.now());
    return isDone
      ? null
      : `pool ${pool} has no server ${server}; it has ${found.servers.map(({ name }) => name).join(", ")}`;
  }

  unreadiness(): string | null {
    if (this.#phase !== "running") return this.#phase;
    return this.#supervisor.isUp ? null : "no worker is up";
  }

  certificates(): CertificatesStatus {
    const { plan } = this.#reconciler;
    const certificates = plan === null ? [] : certificateStatus(plan, Date.now());
    return { certificates, problems: this.#certificates.problems };
  }

  metrics(): string {
    const { plan } = this.#reconciler;
    if (plan === null) return "";
    return metricsText({
      version: this.#options.version,
      startedAtMs: this.#startedAtMs,
      isReady: this.unreadiness() === null,
      plan,
      totals: this.#totals,
      workers: this.#supervisor.status(),
      reload: this.#reload,
      certificateProblems: this.#certificates.problems.length,
      tables: this.#holdings.tables.figures(),
      caches: this.#holdings.caches.figures(),
      remotes: this.#holdings.remotes.states(plan.caches),
      lists: this.#holdings.lists.status(),
      bans: this.#bans?.size ?? 0,
      fleet: this.#fleet?.status() ?? null,
      prefix: this.#config.metrics?.prefix ?? null,
      sources: this.#discovery.status(),
      stateOf: (slot) => this.#board.read(slot),
      countsOf: (slot) => this.#roster.countsOf(slot),
    });
  }

  status(): Status {
    const { plan } = this.#reconciler;
    const phase = this.#phase === "running" ? (this.#supervisor.isUp ? "ready" : "down") : this.#phase;
    const sources = new Map(this.#discovery.status().map((each) => [each.pool, each.sources]));
    const sourcesOf = (pool: string): SourceStatus[] =>
      (sources.get(pool) ?? []).map((figures) => sourceStatus(figures, Date.now()));
    return {
      version: this.#options.version,
      pid: process.pid,
      state: phase,
      startedAt: new Date(this.#startedAtMs).toISOString(),
      uptimeSeconds: Math.round((Date.now() - this.#startedAtMs) / 1000),
      generation: plan?.generation ?? 0,
      config: this.#options.source.path,
      lastReload: {
        successful: this.#reload.isSuccessful,
        at: new Date(this.#reload.atMs).toISOString(),
        problems: this.#reload.problems,
      },
      workers: this.#supervisor
        .status()
        .map((worker) => ({ ...worker, connections: this.#totals.ofWorker(worker.worker, 0) })),
      listeners: plan === null ? [] : listenerStatus(plan, this.#totals),
      pools: (plan?.pools ?? []).map((pool) =>
        poolStatus(pool, this.#totals, (slot) => this.#roster.conditionOf(slot), sourcesOf(pool.name)),
      ),
      caches: (plan?.caches ?? []).map((cache) => this.#holdings.cacheStatus(cache, Date.now())),
      fleet: this.#fleet?.status() ?? null,
      registry: this.#registering.status(),
      sentinel: this.#registering.sentinel.status(),
    };
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

  #restartWarning(config: Config): string | null {
    const needed = [
      ...(workersOf(config, availableParallelism()) === this.workers ? [] : ["workers"]),
      ...(Bun.deepEquals(config.admin, this.#config.admin) ? [] : ["admin"]),
      ...(config.metrics?.listen === this.#config.metrics?.listen ? [] : ["metrics.listen"]),
      ...(config.log.format === this.#config.log.format ? [] : ["log.format"]),
    ];
    return needed.length === 0 ? null : `changes of ${needed.join(", ")} take effect at the next start only`;
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#certificates.close();
    this.#folders.close();
    this.#discovery.close();
    await this.#registering.close();
    this.#prober.close();
    await this.#supervisor.end();
    // Nobody is connected any more, and other nodes are told so.
    this.#holdings.recover();
    await this.#fleet?.close();
    await this.#metrics?.close();
    await this.#admin?.close();
    this.#holdings.close();
    this.#bans?.close();
    if (this.#state.isKept())
      this.#log.info(`tables, caches and bans are kept in ${this.#state.path} for the next start`);
    this.#state.close();
  }
}

/** What live traffic has shown of a server. Attempts in flight have not ended and prove nothing yet. */
function evidence(totals: Totals, slot: number): Evidence {
  return {
    consecutiveFailures: totals.consecutiveFailures(slot),
    requests: totals.server(slot, serverCell.calls) - totals.active(slot),
    failures: totals.server(slot, serverCell.connectFailures) + totals.server(slot, serverCell.responseFailures),
    durationMs: totals.server(slot, serverCell.durationSum) * 1000,
  };
}
