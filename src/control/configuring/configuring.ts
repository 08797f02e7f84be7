// The config in force and how another takes its place, together, for both go in one turn: the file again, a patch of what is in force, or
// what was before. Each is looked at first (what differs, what follows), and put in force whole or not at all. With a time to confirm,
// what was before comes back by itself unless somebody says that all is well; until then nothing else is taken. That is kept in memory:
// after a crash of control the file is what is loaded. Changes that no file has are known, and can be written (writing.ts).

import type { Loaded } from "../../config/load.ts";
import { loadTree } from "../../config/load.ts";
import type { Materials } from "../../config/materials.ts";
import type { Plan } from "../../config/plan.ts";
import { type Problem, problemLine } from "../../config/problem.ts";
import type { Config } from "../../config/types.ts";
import { asWritten } from "../../config/written.ts";
import type { ConfigAnswer, ConfigDiff, ReloadAnswer } from "../api/shape/config.ts";
import { originOf, unloadable } from "../configorigin.ts";
import type { ListsOfConfig } from "../holdings.ts";
import type { Log } from "../log.ts";
import type { LastReload } from "../reporting.ts";
import { differences } from "./difference.ts";
import { changesShown, lostChanges, outlook } from "./outlook.ts";
import { patchedTree } from "./patching.ts";
import { type After, Probation } from "./probation.ts";
import { isGuarded, reachOf, unguarded } from "./reach.ts";
import type { Machine } from "./restart.ts";
import { sayingShown, shown } from "./secrets.ts";
import type { Changed, ChangeOptions, ConfigPatch, ConfigService, Refused, Written } from "./service.ts";
import type { ConfigSource, Version } from "./source.ts";
import { byHand, writeChanges, writeProblem } from "./writing.ts";

export interface ConfiguringOptions extends Machine {
  readonly source: ConfigSource;
  /** That Sluice starts with. */
  readonly first: Omit<Version, "configured">;
  readonly log: Log;
  readonly plan: () => Plan | null;
  /** Why nothing can be changed now; null when it can. */
  readonly hindrance: () => string | null;
  /** What the files hold that are in use; they may be other ones than when the config was loaded. */
  readonly materials: () => Materials;
  /** What keeps it from being put in force. */
  readonly problemsOf: (config: Config) => Promise<readonly string[]>;
  /** Null when a plan of it is in force; otherwise why not, and nothing has changed. */
  readonly apply: (config: Config, materials: Materials) => Promise<string | null>;
  /** A plan of it is in force. */
  readonly adopted: (version: Version) => void;
  readonly nowMs: () => number;
  readonly after: After;
}

/** What is tried, and how it is called. */
interface Attempt {
  readonly loaded: Loaded;
  /** The words for the log, when it is in force and when it is not. */
  readonly said: readonly [done: string, failed: string];
  /** Null: what the file says is what is loaded. */
  readonly configured: Config | null;
  /** Of these it was warned before. */
  readonly warned: ReadonlySet<string>;
  readonly isReload: boolean;
}

/** A roll-back that failed is tried again. */
const retryMs = 5000;
/** What stands for a file where a config was changed in memory. */
const changeName = "the change";

export class Configuring implements ConfigService {
  readonly #options: Omit<ConfiguringOptions, "first">;
  readonly #listsOf = new WeakMap<Config, ListsOfConfig>();
  readonly #started: Config;
  #version: Version;
  #pending: Probation | null = null;
  /** What a reload had put in force is not any more, and the file that it read says it still, for all that is known. */
  #rolledBackAtMs: number | null = null;
  #last: LastReload;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ConfiguringOptions) {
    const { first, ...others } = options;
    const { nowMs } = others;
    this.#options = others;
    this.#started = first.config;
    this.#version = { ...first, configured: first.config };
    this.#listsOf.set(first.config, first.lists);
    this.#last = { isSuccessful: true, atMs: nowMs(), succeededAtMs: nowMs(), problems: [] };
  }

  get config(): Config {
    return this.#version.config;
  }

  get configured(): Config {
    return this.#version.configured;
  }

  /** How the last reload of the file went. */
  get last(): LastReload {
    return this.#last;
  }

  /** When the change that waits to be confirmed is rolled back; null where none does. */
  get confirmBy(): string | null {
    return this.#pending === null ? null : new Date(this.#pending.byMs).toISOString();
  }

  /** When a reload was rolled back; null where the file says what is in force, changes over the API aside. */
  get rolledBackAt(): string | null {
    return this.#rolledBackAtMs === null ? null : new Date(this.#rolledBackAtMs).toISOString();
  }

  /** What the lists of a config are made of that is in force, or about to be. */
  listsOf(config: Config): ListsOfConfig {
    return this.#listsOf.get(config) ?? {};
  }

  describe(): ConfigAnswer {
    const { config, configured } = this.#version;
    return {
      config: shown(config) as Record<string, unknown>, // A section stays one.
      origin: originOf(this.#options.source),
      generation: this.#generation,
      unwritten: changesShown(differences(configured, config)),
      confirmBy: this.confirmBy,
      rolledBackAt: this.rolledBackAt,
      writeProblem: writeProblem(this.#options.source, this.#version),
    };
  }

  reload(options: ChangeOptions = {}): Promise<Changed> {
    const { source, hindrance } = this.#options;
    const refusal = source.path === null ? unloadable(source) : hindrance();
    if (refusal !== null) return Promise.resolve({ ok: true, answer: this.#answer([refusal], [], options) });
    const waiting = this.#waiting(options);
    if (waiting !== null) return Promise.resolve(waiting);
    // Read at once: it is for this moment's file that was asked.
    const loading = source.load(this.#options.materials());
    // It may be waited for later only.
    loading.catch(() => {});
    return this.#inTurn(async () => {
      const said = ["is loaded again", "was not loaded"] as const;
      try {
        const loaded = await loading;
        return await this.#attempt({ loaded, said, configured: null, warned: new Set(), isReload: true }, options);
      } catch (error) {
        return this.#failed(error, said, options);
      }
    });
  }

  change(patch: ConfigPatch, options: ChangeOptions = {}): Promise<Changed> {
    return this.#inTurn(async () => {
      const refusal = this.#options.hindrance();
      if (refusal !== null) return { ok: false, status: 409, message: refusal };
      const { config, configured, folder, warned } = this.#version;
      const patched = patchedTree(config, patch);
      if (!patched.ok) return { ok: false, status: 422, message: patched.message };
      // What is as it would be anyway reaches nowhere.
      const written = asWritten(patched.tree);
      const reached = isGuarded(config) ? null : reachOf(asWritten(config), written);
      if (reached !== null) return { ok: false, status: 422, message: unguarded(reached) };
      const loaded = await loadTree(written, changeName, folder, this.#options.materials());
      const said = ["is changed over the admin API", "was not changed"] as const;
      const attempt: Attempt = { loaded, said, configured, warned, isReload: false };
      return this.#attempt(attempt, options);
    });
  }

  confirm(): Refused | { readonly ok: true } {
    const pending = this.#pending;
    if (pending === null) return nothingWaits;
    if (pending.isRollingBack) return { ok: false, status: 409, message: "it is being rolled back" };
    pending.cancel();
    this.#pending = null;
    this.#options.log.info(`the configuration is confirmed; plan ${this.#generation} stays in force`);
    return { ok: true };
  }

  rollback(): Promise<Changed> {
    if (this.#pending === null) return Promise.resolve(nothingWaits);
    return this.#inTurn(() => this.#rollBack("it was asked for"));
  }

  write(): Promise<Written> {
    return this.#inTurn(async () => {
      const waiting = this.#waiting({});
      if (waiting !== null) return { ...waiting, byHand: "" };
      const { source, materials, log } = this.#options;
      const version = this.#version;
      const written = await writeChanges(source, version, materials());
      // What else the file says was rolled back, perhaps: then a reload would be the wrong way.
      if (!written.ok) return (written.status === 409 ? await this.#refusedForFile() : null) ?? written;
      if (written.answer.changes === 0) return (await this.#refusedForFile()) ?? written;
      this.#rolledBackAtMs = null;
      this.#version = { ...version, configured: version.config };
      log.info(`what was changed over the admin API is written to ${written.answer.file}`);
      return written;
    });
  }

  /** After a roll-back the file is to be changed by somebody who knows what was meant. Null: it says what is in force. */
  async #refusedForFile(): Promise<Written | null> {
    const { source, materials } = this.#options;
    if (this.#rolledBackAtMs === null) return null;
    const { config } = this.#version;
    const now = await source.load(materials());
    if (now.ok && Bun.deepEquals(now.config, config)) {
      this.#rolledBackAtMs = null;
      return null;
    }
    const message = `what ${source.path} says was rolled back at ${this.rolledBackAt}: it is to be changed by hand, and sluice reload --dry-run shows what is different`;
    return { ok: false, status: 409, message, byHand: now.ok ? byHand({ configured: now.config, config }) : "" };
  }

  /** Nothing is rolled back any more. */
  close(): void {
    this.#pending?.cancel();
    this.#pending = null;
  }

  async #attempt(attempt: Attempt, options: ChangeOptions): Promise<Changed> {
    // Asked again: something may have come before it.
    const waiting = this.#waiting(options);
    if (waiting !== null) return waiting;
    const { loaded, said, warned, isReload } = attempt;
    const isDryRun = options.isDryRun === true;
    const lines = (problems: readonly Problem[]): string[] =>
      told(problems.filter((each) => each.severity === "error" || !warned.has(saying(each))));
    const finish = (problems: readonly string[], warnings: readonly string[], diff: ConfigDiff | null): Changed => {
      if (!isDryRun) this.#tell(said, problems, warnings, isReload);
      return { ok: true, answer: this.#answer(problems, warnings, options, diff) };
    };
    if (!loaded.ok) {
      const of = (severity: string): string[] =>
        lines(loaded.problems.filter((problem) => problem.severity === severity));
      return finish(of("error"), of("warning"), null);
    }
    const version = this.#versionOf(loaded, attempt);
    const diff = outlook(this.#started, this.#version, version, this.#options);
    const lost = lostChanges(this.#version, version);
    const warnings = [...lines(loaded.warnings), ...(lost === null ? [] : [lost])];
    const busy = await this.#options.problemsOf(version.config);
    if (busy.length > 0) return finish([busy.join("; ")], warnings, diff);
    if (diff.restart.length > 0)
      warnings.push(`changes of ${diff.restart.join(", ")} take effect at the next start only`);
    // Mended by hand meanwhile.
    if (isReload && Bun.deepEquals(version.config, this.#version.configured)) this.#rolledBackAtMs = null;
    if (isDryRun) return finish([], warnings, diff);
    const before: Version = { ...this.#version, materials: this.#options.materials() };
    const problem = await this.#putInForce(version);
    if (problem === null && isReload) this.#rolledBackAtMs = null;
    if (problem === null && typeof options.confirmMs === "number") this.#await(before, options.confirmMs);
    // What would have had to wait for the next start does not, where nothing has come in force.
    return finish(problem === null ? [] : [problem], problem === null ? warnings : lines(loaded.warnings), diff);
  }

  /** What nobody has foreseen is an outcome as well: whoever has sent a signal sees nothing but the log and what is told of the last reload. */
  #failed(error: unknown, said: Attempt["said"], options: ChangeOptions): Changed {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const problems = [`it failed in a way that was not foreseen: ${message}`];
    this.#options.log.error({ stack }, `a reload failed: ${message}`);
    if (options.isDryRun !== true) this.#tell(said, problems, [], true);
    return { ok: true, answer: this.#answer(problems, [], options) };
  }

  #versionOf(loaded: Loaded & { readonly ok: true }, { configured, warned }: Attempt): Version {
    const { config, materials, lists, folder } = loaded;
    const isFile = configured === null;
    return {
      ...{ config, materials, lists, folder },
      foreign: isFile ? (loaded.origin?.program ?? null) : this.#version.foreign,
      configured: configured ?? config,
      warned: isFile ? new Set(loaded.warnings.map(saying)) : warned.union(new Set(loaded.warnings.map(saying))),
    };
  }

  /** Null when it is in force; otherwise why not, and nothing has changed. */
  async #putInForce(version: Version): Promise<string | null> {
    const { apply, adopted } = this.#options;
    this.#listsOf.set(version.config, version.lists);
    const problem = await apply(version.config, version.materials);
    if (problem !== null) return problem;
    this.#version = version;
    adopted(version);
    return null;
  }

  #await(before: Version, confirmMs: number): void {
    const { log, nowMs, after } = this.#options;
    const pending = new Probation(before, nowMs() + confirmMs, after, () => void this.#expired(pending));
    pending.expireIn(confirmMs);
    this.#pending = pending;
    log.info(`it is rolled back at ${new Date(pending.byMs).toISOString()}, unless it is confirmed before`);
  }

  #expired(pending: Probation): Promise<unknown> {
    return this.#inTurn(async () => {
      if (this.#pending === pending && this.#options.hindrance() === null)
        await this.#rollBack("nobody has confirmed it in time");
    });
  }

  async #rollBack(why: string): Promise<Changed> {
    const { log, nowMs } = this.#options;
    const pending = this.#pending;
    if (pending === null) return nothingWaits;
    pending.cancel();
    pending.isRollingBack = true;
    const diff = outlook(this.#started, this.#version, pending.before, this.#options);
    const { configured } = this.#version;
    const failure = await this.#putInForce(pending.before);
    // What stands in its way is said in the words that a reload is refused in: which address another program has, say.
    const obstacles = failure === null ? [] : await this.#options.problemsOf(pending.before.config);
    const problem = obstacles.length > 0 ? obstacles.join("; ") : failure;
    pending.isRollingBack = false;
    if (problem === null) {
      this.#pending = null;
      if (!Bun.deepEquals(configured, pending.before.configured)) this.#rolledBackAtMs = nowMs();
      log.warn(`the configuration of before is in force again, for ${why}; plan ${this.#generation}`);
    } else {
      pending.expireIn(retryMs);
      log.error(`the configuration could not be rolled back, and is tried again in ${retryMs / 1000} s: ${problem}`);
    }
    return { ok: true, answer: this.#answer(problem === null ? [] : [problem], [], {}, diff) };
  }

  #tell(
    [done, failed]: Attempt["said"],
    problems: readonly string[],
    warnings: readonly string[],
    isReload: boolean,
  ): void {
    const { log, nowMs } = this.#options;
    const isSuccessful = problems.length === 0;
    const [atMs, generation] = [nowMs(), this.#generation];
    if (isReload)
      this.#last = { isSuccessful, atMs, succeededAtMs: isSuccessful ? atMs : this.#last.succeededAtMs, problems };
    if (isSuccessful) log.info(`the configuration ${done}; plan ${generation} is in force`);
    for (const warning of warnings) log.warn(warning);
    for (const problem of problems) log.error(isReload ? `reload: ${problem}` : named(problem));
    if (!isSuccessful) log.error(`the configuration ${failed}; plan ${generation} stays in force`);
  }

  #answer(
    problems: readonly string[],
    warnings: readonly string[],
    { isDryRun = false }: ChangeOptions,
    diff: ConfigDiff | null = null,
  ): ReloadAnswer {
    const successful = problems.length === 0;
    return {
      ...{ successful, generation: this.#generation, problems, warnings, isDryRun, diff },
      confirmBy: this.confirmBy,
    };
  }

  /** A change that waits to be confirmed keeps all others out: what comes back must be what was before both. */
  #waiting({ isDryRun }: ChangeOptions): Refused | null {
    if (isDryRun === true || this.#pending === null) return null;
    return {
      ok: false,
      status: 409,
      message: `a change waits to be confirmed until ${this.confirmBy}: confirm it (sluice reload confirm) or roll it back (sluice reload rollback) first`,
    };
  }

  get #generation(): number {
    return this.#options.plan()?.generation ?? 0;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

const nothingWaits: Refused = { ok: false, status: 409, message: "nothing waits to be confirmed" };

/** Of a place in it the line begins with its name. */
function named(problem: string): string {
  return problem.startsWith(changeName) ? problem : `change: ${problem}`;
}

/** Who has made more mistakes than this has made one, many times. */
const problemsTold = 200;

/** A line for each, without secrets that they quote. */
function told(problems: readonly Problem[]): string[] {
  const lines = problems.slice(0, problemsTold).map((each) => {
    return problemLine({ ...each, message: sayingShown(each.message, each.key) });
  });
  const more = problems.length - lines.length;
  return more === 0 ? lines : [...lines, `and ${more} more`];
}

/** What a problem says, wherever it stands. */
export function saying({ key, message }: Problem): string {
  return `${key} ${message}`;
}
