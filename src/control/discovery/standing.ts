// One source as it stands: what it told last, since when it has a problem, and what operators are told of both. Each change is said
// once, each outage once at its beginning and once at its end. Answers are put in order, so that one that tells the same servers
// the other way round is no news.

import { foundMax } from "../../config/discoverschema.ts";
import type { FoundServer } from "../../config/found.ts";
import type { Discover } from "../../config/types.ts";
import type { Log } from "../log.ts";
import type { Source } from "./source.ts";

export interface SourceFigures {
  /** No secrets. */
  readonly source: string;
  readonly servers: readonly FoundServer[];
  /** When it answered last; null before it ever has. */
  readonly lastSuccessMs: number | null;
  readonly failures: number;
  /** Why it does not answer, and since when; null while it does. */
  readonly problem: { readonly text: string; readonly sinceMs: number } | null;
  /** What of its last answer was passed over. */
  readonly remarks: readonly string[];
}

export interface StandingOptions {
  readonly onFailure: Discover["onFailure"];
  readonly log: Log;
  readonly nowMs: () => number;
  /** Its servers are others. */
  readonly changed: () => void;
}

const namesMax = 8;

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
  #problem: SourceFigures["problem"] = null;
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
    }
  }

  start(): void {
    this.#source.start((answer) => {
      if (this.#isStopped) return;
      if (answer.ok) this.#told(answer.servers, answer.remarks);
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
      problem: this.#problem,
      remarks: this.#remarks,
    };
  }

  #told(told: readonly FoundServer[], remarks: readonly string[]): void {
    const { log, nowMs } = this.#options;
    const isFirst = this.#lastSuccessMs === null;
    this.#lastSuccessMs = nowMs();
    if (this.#problem !== null) log.info(`${this.#source.name} answers again`);
    this.#problem = null;
    const ordered = inOrder(told);
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
    const former = this.#servers;
    if (Bun.deepEquals(former, servers)) {
      if (isFirst && servers.length === 0) this.#options.log.warn(`${this.#source.name} tells of no server`);
      return;
    }
    this.#servers = servers;
    const { log, changed } = this.#options;
    const event = { event: "servers_changed", source: this.#source.name, ...sidesOf(former, servers) };
    log.info(event, `${this.#source.name}: ${changesOf(former, servers)}; ${servers.length} in all`);
    changed();
  }
}

function counted(count: number): string {
  return count === 1 ? "server is" : `${count} servers are`;
}

/** By address; of two with the same the first counts. */
function inOrder(told: readonly FoundServer[]): FoundServer[] {
  const byAddress = new Map<string, FoundServer>();
  for (const server of told) if (!byAddress.has(server.address)) byAddress.set(server.address, server);
  return [...byAddress.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** `10.0.0.3:80 came; 10.0.0.1:80 went; 10.0.0.2:80 changed` */
function changesOf(former: readonly FoundServer[], servers: readonly FoundServer[]): string {
  const before = new Map(former.map((server) => [server.address, server]));
  const now = new Set(servers.map(({ address }) => address));
  const came = servers.filter(({ address }) => !before.has(address));
  const went = former.filter(({ address }) => !now.has(address));
  const changed = servers.filter((server) => {
    const other = before.get(server.address);
    return other !== undefined && !Bun.deepEquals(other, server);
  });
  const parts = Object.entries({ came, went, changed }).filter(([, some]) => some.length > 0);
  return parts.map(([word, some]) => `${named(some)} ${word}`).join("; ");
}

/** For readers of the log that are programs: all of them, as URLs. */
function sidesOf(former: readonly FoundServer[], servers: readonly FoundServer[]): Record<"came" | "went", string[]> {
  const without = (some: readonly FoundServer[], others: readonly FoundServer[]): string[] => {
    const addresses = new Set(others.map(({ address }) => address));
    const left = some.filter(({ address }) => !addresses.has(address));
    return left.map(({ address, tls }) => `${tls === true ? "https" : "http"}://${address}`);
  };
  return { came: without(servers, former), went: without(former, servers) };
}

function named(servers: readonly FoundServer[]): string {
  const names = servers.slice(0, namesMax).map(({ address }) => address);
  const more = servers.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
