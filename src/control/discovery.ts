// The servers that no config names: it has a source made for each `discover` of a pool, keeps what each told last, and says when the
// pools have changed. Sources with the same settings are one, over pools and over reloads. It knows which sources a pool has and when
// a plan is due; what an answer means is standing.ts' business, how a source asks the source's.
//
//   a source tells  >  as before: nothing. Otherwise noted, and a plan is published: at once, or with what else comes within 20 ms of
//   the plan before, and longer where plans are large: however fast servers come and go, control has most of its time for the rest

import { type FoundServer, foundLeftOut, nameOf } from "../config/found.ts";
import type { Config, Discover } from "../config/types.ts";
import { type Former, Heirs } from "./discovery/heirs.ts";
import type { Make } from "./discovery/making.ts";
import { type KeptStatus, keptServers } from "./discovery/sourcestatus.ts";
import { type SourceFigures, Standing } from "./discovery/standing.ts";
import type { Log } from "./log.ts";
import type { Finder } from "./reconcile.ts";

export interface DiscoveryOptions {
  readonly log: Log;
  readonly make: Make;
  /** Publishes a plan with what is found now. Why it could not, or null. */
  readonly publish: () => Promise<string | null>;
  readonly nowMs: () => number;
  /** How long first answers are waited for, altogether. */
  readonly patienceMs?: number;
}

/** The sources of one pool, in the order of the config. */
export interface PoolSources {
  readonly pool: string;
  readonly sources: readonly SourceFigures[];
  /** Servers of the pool, by name, that count only because a source told of them once. */
  readonly kept: ReadonlyMap<string, KeptStatus>;
}

const gatherMs = 20;
/** In a storm of changes a plan waits three times as long as the one before took, but no longer than this. */
const gatherMsMax = 300;
const gatherShare = 3;
const usualPatienceMs = 5000;
/** A worker has refused a plan: it is offered again. */
const againMs = 5000;

export class Discovery implements Finder {
  readonly #options: DiscoveryOptions;
  #config: Config | null = null;
  /** By all that makes a source what it is. */
  #standings = new Map<string, Standing>();
  /** Those of the config before: it comes back when the new one is refused. */
  #shelf = new Map<string, SourceFigures>();
  #timer: Timer | null = null;
  /** It is for a plan that was refused; one with news need not wait for it. */
  #isRepeating = false;
  #publishedAtMs = Number.NEGATIVE_INFINITY;
  #gatherMs: number = gatherMs;
  #isPublishing = false;
  #isDue = false;
  #leftOut: readonly string[] = [];
  #isClosed = false;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  readonly foundOf = (pool: string): readonly FoundServer[] =>
    this.#of(pool).flatMap((key) => this.#standings.get(key)?.servers ?? []);

  async adopt(config: Config): Promise<void> {
    const former = this.#standings;
    const figures = new Map([...former].map(([key, standing]) => [key, standing.figures]));
    const heirs = new Heirs(this.#leaving(config));
    const standings = new Map<string, Standing>();
    const added: Standing[] = [];
    const awaited: Standing[] = [];
    for (const [pool, settings] of asked(config)) {
      const key = JSON.stringify(settings);
      if (standings.has(key)) continue;
      const kept = former.get(key);
      const formerOf = (name: string): SourceFigures | null =>
        this.#shelf.get(key) ?? heirs.keptBy(pool, settings, name);
      standings.set(key, kept ?? this.#begin(settings, formerOf));
      if (kept !== undefined) continue;
      added.push(standings.get(key)!);
      if (!this.#shelf.has(key)) awaited.push(standings.get(key)!);
    }
    for (const [key, standing] of former) if (!standings.has(key)) standing.stop();
    this.#shelf = figures;
    this.#standings = standings;
    this.#config = config;
    for (const standing of added) standing.start();
    await this.#patiently(Promise.all(awaited.map(({ first }) => first)));
  }

  /** By pool, in the order of the config; pools without sources are left out. */
  status(): PoolSources[] {
    return Object.entries(this.#config?.pools ?? {}).flatMap(([pool, { servers }]) => {
      const sources = distinct(this.#of(pool).map((key) => this.#standings.get(key)!.figures));
      return sources.length === 0 ? [] : [{ pool, sources, kept: keptServers(sources, servers) }];
    });
  }

  /** The source by whose word that server is given nothing new. */
  drainerOf(pool: string, server: string): string | null {
    const standings = this.#of(pool).map((key) => this.#standings.get(key)!);
    const isIt = ({ address, drain }: FoundServer): boolean => drain === true && nameOf(address) === server;
    return standings.find(({ servers }) => servers.some(isIt))?.figures.source ?? null;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const standing of this.#standings.values()) standing.stop();
    this.#standings = new Map();
  }

  #begin(settings: Discover, formerOf: (name: string) => SourceFigures | null): Standing {
    const { log, nowMs, make } = this.#options;
    const source = make(settings);
    // The clock may have been set.
    const changed = (): void =>
      this.#schedule(Math.min(Math.max(this.#publishedAtMs + this.#gatherMs - nowMs(), 0), this.#gatherMs));
    const { onFailure } = settings;
    return new Standing(source, { onFailure, usual: usualOf(settings), log, nowMs, changed }, formerOf(source.name));
  }

  /** Sources of the config in force that the new one does not have. */
  #leaving(config: Config): Former[] {
    const staying = new Set(asked(config).map(([, settings]) => JSON.stringify(settings)));
    return (this.#config === null ? [] : asked(this.#config)).flatMap(([pool, settings]) => {
      const key = JSON.stringify(settings);
      const standing = staying.has(key) ? undefined : this.#standings.get(key);
      return standing === undefined ? [] : [{ pool, settings, figures: standing.figures }];
    });
  }

  #of(pool: string): string[] {
    const keys = listed(this.#config?.pools[pool]?.discover).map((settings) => JSON.stringify(settings));
    return [...new Set(keys)].filter((key) => this.#standings.has(key));
  }

  async #patiently(answers: Promise<unknown>): Promise<void> {
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#options.patienceMs ?? usualPatienceMs);
    await Promise.race([answers, enough]);
    clearTimeout(timer);
  }

  #schedule(delayMs: number, isRepeating = false): void {
    if (this.#isClosed) return;
    if (this.#isPublishing) {
      this.#isDue = true;
      return;
    }
    if (this.#timer !== null && !this.#isRepeating) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#isRepeating = isRepeating;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#publish();
    }, delayMs);
  }

  async #publish(): Promise<void> {
    const { log, nowMs } = this.#options;
    this.#isPublishing = true;
    this.#isDue = false;
    this.#tellLeftOut();
    const beganMs = nowMs();
    const problem = await this.#published();
    this.#isPublishing = false;
    this.#publishedAtMs = nowMs();
    // What took long while nothing else came has only waited for something, as the first has for workers to start.
    const tookMs = this.#isDue ? this.#publishedAtMs - beganMs : 0;
    this.#gatherMs = Math.min(Math.max(gatherShare * tookMs, gatherMs), gatherMsMax);
    if (problem !== null) log.error(`servers have come or gone, but the plan could not be published: ${problem}`);
    if (this.#isDue) this.#schedule(this.#gatherMs);
    else if (problem !== null) this.#schedule(againMs, true);
  }

  /** Whatever goes wrong with one plan, the next is tried. */
  async #published(): Promise<string | null> {
    try {
      return await this.#options.publish();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #tellLeftOut(): void {
    const leftOut = this.#config === null ? [] : foundLeftOut(this.#config, this.foundOf);
    for (const each of leftOut) if (!this.#leftOut.includes(each)) this.#options.log.warn(each);
    this.#leftOut = leftOut;
  }
}

function listed(discover: Discover | readonly Discover[] | undefined): readonly Discover[] {
  if (discover === undefined) return [];
  return Array.isArray(discover) ? discover : [discover as Discover]; // isArray does not see through readonly lists.
}

/** Each source of each pool. */
function asked(config: Config): (readonly [string, Discover])[] {
  return Object.entries(config.pools).flatMap(([pool, { discover }]) =>
    listed(discover).map((settings) => [pool, settings] as const),
  );
}

/** Two sources of a pool may look the same where what tells them apart is not shown. */
function distinct(sources: readonly SourceFigures[]): SourceFigures[] {
  const seen = new Map<string, number>();
  return sources.map((figures) => {
    const count = (seen.get(figures.source) ?? 0) + 1;
    seen.set(figures.source, count);
    return count === 1 ? figures : { ...figures, source: `${figures.source} (${count})` };
  });
}

/** What the config says of servers whose source says nothing of it. */
function usualOf({
  weight,
  maxConnections,
  backup,
}: Discover): Pick<FoundServer, "weight" | "maxConnections" | "backup"> {
  return {
    ...(weight === undefined ? {} : { weight }),
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(backup === undefined ? {} : { backup }),
  };
}
