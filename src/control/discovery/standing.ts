// One source as it stands: what it told last, since when it has a problem, and what operators are told of both. Each change is said
// once, each outage once at its beginning and once at its end. Answers are put in order, so that one that tells the same servers
// the other way round is no news.

import { foundMax } from "../../config/discoverschema.ts";
import type { FoundServer } from "../../config/found.ts";
import type { Discover } from "../../config/types.ts";
import type { Log } from "../log.ts";
import { differenceFields, differenceOf, differenceText, inOrder } from "./difference.ts";
import type { Answer, Source } from "./source.ts";

export interface SourceFigures {
  /** No secrets. */
  readonly source: string;
  readonly servers: readonly FoundServer[];
  /** When it answered last; null before it ever has. */
  readonly lastSuccessMs: number | null;
  readonly failures: number;
  /** Answers, or the want of one, that made its servers others; and when that was last. */
  readonly changes: number;
  readonly lastChangeMs: number | null;
  /** Why it does not answer, and since when; null while it does. */
  readonly problem: { readonly text: string; readonly sinceMs: number } | null;
  /** What of its last answer was passed over. */
  readonly remarks: readonly string[];
  /** Servers that count only because it was told of them once; null where there are none. */
  readonly kept: Kept | null;
}

export interface Kept {
  /** By address. */
  readonly servers: readonly string[];
  readonly sinceMs: number;
  readonly why: string;
}

export interface StandingOptions {
  readonly onFailure: Discover["onFailure"];
  /** What holds of servers of which the source says nothing else. */
  readonly usual?: Pick<FoundServer, "weight" | "maxConnections" | "backup">;
  readonly log: Log;
  readonly nowMs: () => number;
  /** Its servers are others. */
  readonly changed: () => void;
}

export class Standing {
  readonly #source: Source;
  readonly #options: StandingOptions;
  /** Resolves with the first answer, good or bad, or when it is stopped. */
  readonly first: Promise<void>;
  readonly #answered: () => void;
  #servers: readonly FoundServer[] = [];
  #remarks: readonly string[] = [];
  #lastSuccessMs: number | null = null;
  #failures = 0;
  #changes = 0;
  #lastChangeMs: number | null = null;
  #problem: SourceFigures["problem"] = null;
  #kept: (Omit<Kept, "servers"> & { readonly servers: readonly string[] | "all" }) | null = null;
  #isStopped = false;

  /** `former`: what one of the same name told last, which counts until this one has answered. */
  constructor(source: Source, options: StandingOptions, former: SourceFigures | null) {
    this.#source = source;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.first = promise;
    this.#answered = resolve;
    if (former !== null) {
      this.#servers = former.servers;
      this.#lastSuccessMs = former.lastSuccessMs;
      this.#failures = former.failures;
      this.#changes = former.changes;
      this.#lastChangeMs = former.lastChangeMs;
      this.#kept = former.kept;
    }
  }

  start(): void {
    this.#source.start((answer) => {
      if (this.#isStopped) return;
      if (answer.ok) this.#told(answer);
      else this.#failed(answer.problem);
      this.#answered();
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#source.stop();
    this.#answered();
  }

  get servers(): readonly FoundServer[] {
    return this.#servers;
  }

  get figures(): SourceFigures {
    return {
      source: this.#source.name,
      servers: this.#servers,
      lastSuccessMs: this.#lastSuccessMs,
      failures: this.#failures,
      changes: this.#changes,
      lastChangeMs: this.#lastChangeMs,
      problem: this.#problem,
      remarks: this.#remarks,
      kept: this.#keptNow,
    };
  }

  get #keptNow(): Kept | null {
    if (this.#kept === null || this.#servers.length === 0) return null;
    const { servers, sinceMs, why } = this.#kept;
    return { servers: servers === "all" ? this.#servers.map(({ address }) => address) : servers, sinceMs, why };
  }

  #told({ servers: told, remarks, kept }: Answer & { readonly ok: true }): void {
    const { log, nowMs } = this.#options;
    // What it does not find again after an outage is kept since that began.
    const sinceMs = this.#problem?.sinceMs ?? this.#kept?.sinceMs ?? nowMs();
    this.#kept = kept === undefined ? null : { ...kept, sinceMs };
    const isFirst = this.#lastSuccessMs === null;
    this.#lastSuccessMs = nowMs();
    if (this.#problem !== null) log.info(`${this.#source.name} answers again`);
    this.#problem = null;
    const { usual } = this.#options;
    const ordered = inOrder(usual === undefined ? told : told.map((server) => ({ ...usual, ...server })));
    const servers = ordered.slice(0, foundMax);
    const more = ordered.length - servers.length;
    const all = more > 0 ? [...remarks, `${more} servers beyond the first ${foundMax} are left out`] : [...remarks];
    if (!Bun.deepEquals(all, this.#remarks)) for (const remark of all) log.warn(`${this.#source.name}: ${remark}`);
    this.#remarks = all;
    this.#take(servers, isFirst);
  }

  #failed(problem: string): void {
    const { log, nowMs, onFailure } = this.#options;
    const isNews = this.#problem === null;
    this.#failures++;
    this.#problem = { text: problem, sinceMs: this.#problem?.sinceMs ?? nowMs() };
    this.#kept = { servers: "all", sinceMs: this.#problem.sinceMs, why: problem };
    const count = this.#servers.length;
    if (isNews)
      log.warn(
        `${this.#source.name} ${problem}; ${
          count === 0
            ? "there are no servers of it"
            : onFailure === "keep"
              ? `its ${counted(count)} kept`
              : `its ${counted(count)} taken out`
        }`,
      );
    if (onFailure === "empty") this.#take([], false);
  }

  #take(servers: readonly FoundServer[], isFirst: boolean): void {
    const difference = differenceOf(this.#servers, servers);
    if (difference === null) {
      if (isFirst && servers.length === 0) this.#options.log.warn(`${this.#source.name} tells of no server`);
      return;
    }
    const { log, changed, nowMs } = this.#options;
    this.#servers = servers;
    this.#changes++;
    this.#lastChangeMs = nowMs();
    const event = { event: "servers_changed", source: this.#source.name, ...differenceFields(difference) };
    log.info(event, `${this.#source.name}: ${differenceText(difference)}; ${servers.length} in all`);
    changed();
  }
}

function counted(count: number): string {
  return count === 1 ? "server is" : `${count} servers are`;
}
