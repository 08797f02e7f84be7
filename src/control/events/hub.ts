// Who listens to the event stream, and what each is told: figures and servers from one sampler for all (figures/sampling.ts), changes,
// the audit log, and requests of the flight recorder that fit the client's filter. What nobody listens to is not computed: without
// clients there is no timer here, and none of the sampler's.

import type { AuditRecord } from "../api/shape/audit.ts";
import type { ExchangeRecord } from "../api/shape/exchange.ts";
import type { Sample } from "../figures/sampler.ts";
import type { Sampling } from "../figures/sampling.ts";
import type { Accepts } from "../recorder/filter.ts";
import type { Chronicle } from "./chronicle.ts";
import { EventClient } from "./client.ts";
import { Resumption } from "./resumption.ts";
import { eventBytes, heartbeat } from "./wire.ts";

export const eventTopics = ["figures", "servers", "requests", "changes", "audit"] as const;
export type EventTopic = (typeof eventTopics)[number];

/** Who is told of requests as they end, the oldest first. */
export interface RequestFollower {
  readonly accepts: Accepts;
  /** Called before it is shown some. Answers how many it takes. */
  begins(): number;
  /** Asked of each that fits, before it is decoded. */
  takes(): boolean;
  told(record: ExchangeRecord): void;
  /** So many were overwritten before they were read. */
  missed(count: number): void;
}

/** Requests as they end. */
export interface RequestFeed {
  /** From now on. What it answers ends that. */
  follow(follower: RequestFollower): () => void;
  /**
   * Those that fit and ended after the one of this id until now, when somebody follows already, as far as they are there; null where it is
   * not known. It takes a while, in which others have their turn, and is given up when nobody wants it any more.
   */
  after(id: string, accepts: Accepts, most: number, isWanted: () => boolean): Promise<FoundAgain | null>;
}

export interface FoundAgain {
  /** The oldest first: the newest, where there are more than were asked for. */
  readonly records: readonly ExchangeRecord[];
  /** How many more there were. */
  readonly left: number;
}

export interface Subscription {
  readonly topics: ReadonlySet<EventTopic>;
  /** Of requests. */
  readonly accepts: Accepts;
  /** Of requests: told at most so many a second. */
  readonly rate: number;
  /** The id that the client has seen last: it goes on behind it. Null for one that is new. */
  readonly lastId: string | null;
}

export interface HubOptions {
  readonly sampling: Sampling;
  readonly chronicle: Chronicle;
  /** Null: there is no recorder. */
  readonly requests: RequestFeed | null;
  readonly nowMs: () => number;
  readonly clientsMax?: number;
  readonly bytesMax?: number;
  readonly beatMs?: number;
  readonly stalledMs?: number;
}

/** A second: more than anybody reads; who wants them all has the access log. Thousands more would take control's time and memory. */
export const rateMax = 1000;
const clientsMaxUsual = 32;
const bytesMaxUsual = 1_048_576;
const beatMsUsual = 15_000;
const stalledMsUsual = 60_000;

export class EventHub {
  readonly #options: HubOptions;
  readonly #clients = new Map<EventClient, Subscription>();
  #timer: Timer | null = null;
  #unwatch: (() => void) | null = null;
  /** Ends what a client is told of requests. */
  readonly #unfollows = new Map<EventClient, () => void>();
  /** What was told last, and as what: others may be told of it too. */
  #lastRecord: ExchangeRecord | null = null;
  #lastBytes: Uint8Array = heartbeat;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  get clientsMax(): number {
    return this.#options.clientsMax ?? clientsMaxUsual;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Nobody listens, and nothing is listened to. */
  get isIdle(): boolean {
    return this.#clients.size === 0 && this.#timer === null && this.#unwatch === null && this.#unfollows.size === 0;
  }

  /** What waits for a client, by the order in which they came. */
  bytesOf(index: number): number {
    return [...this.#clients.keys()][index]?.bytes ?? 0;
  }

  /** Null where as many listen as may. */
  open(subscription: Subscription): EventClient | null {
    if (this.#clients.size >= this.clientsMax) return null;
    const { sampling, nowMs, bytesMax = bytesMaxUsual } = this.#options;
    const client = new EventClient({
      ...{ bytesMax, nowMs },
      servers: () => sampling.servers(),
      left: (gone) => {
        this.#clients.delete(gone);
        this.#unfollows.get(gone)?.();
        this.#unfollows.delete(gone);
        this.#follow();
      },
    });
    this.#clients.set(client, subscription);
    this.#follow();
    // Before those that ended while it was away are looked for: none is lost in between.
    if (subscription.topics.has("requests")) this.#followRequests(client, subscription);
    this.#greet(client, subscription);
    return client;
  }

  audited(record: AuditRecord): void {
    this.#tell("audit", "audit", record);
  }

  close(): void {
    for (const client of [...this.#clients.keys()]) client.end();
  }

  /** What is there already. */
  #greet(client: EventClient, { topics }: Subscription): void {
    const { sampling } = this.#options;
    // The head of the response leaves with the first bytes: a client sees at once that it is listened to.
    client.push("news", heartbeat);
    if (topics.has("figures") && sampling.latest !== null)
      client.push("figures", eventBytes("figures", sampling.latest.figures));
    if (topics.has("servers")) client.tellServers();
  }

  #followRequests(client: EventClient, { accepts, rate, lastId }: Subscription): void {
    const { requests } = this.#options;
    if (requests === null) return;
    const follower: RequestFollower = {
      accepts,
      begins: () => client.allowRequests(rate),
      takes: () => client.takesRequest(),
      told: (record) => client.push("request", this.#bytesOf(record)),
      missed: (count) => client.missedRequests(count),
    };
    const resumption = lastId === null ? null : new Resumption({ follower, heldMax: rate });
    this.#unfollows.set(client, requests.follow(resumption ?? follower));
    if (lastId === null || resumption === null) return;
    const found = requests.after(lastId, accepts, rate, () => this.#clients.has(client));
    // Whatever becomes of the search, those that end now are to be told.
    void found.then(
      (again) => resumption.found(again?.records ?? [], again?.left),
      () => resumption.found([]),
    );
  }

  #bytesOf(record: ExchangeRecord): Uint8Array {
    if (record !== this.#lastRecord) this.#lastBytes = eventBytes("request", record, record.id);
    this.#lastRecord = record;
    return this.#lastBytes;
  }

  /** Listens to what somebody listens to here, and to nothing else. */
  #follow(): void {
    const { sampling, chronicle, beatMs = beatMsUsual, stalledMs = stalledMsUsual } = this.#options;
    if (this.#clients.size > 0)
      this.#timer ??= setInterval(() => {
        for (const client of [...this.#clients.keys()]) client.beat(stalledMs);
      }, beatMs);
    else if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    chronicle.listen(this.#isWanted("changes") ? (change) => this.#tell("changes", "change", change) : null);
    const isWatched = this.#isWanted("figures") || this.#isWanted("servers");
    if (isWatched) this.#unwatch ??= sampling.watch((sample) => this.#sampled(sample));
    else if (this.#unwatch !== null) {
      this.#unwatch();
      this.#unwatch = null;
    }
  }

  #isWanted(topic: EventTopic): boolean {
    for (const { topics } of this.#clients.values()) if (topics.has(topic)) return true;
    return false;
  }

  #tell(topic: EventTopic, name: string, data: unknown): void {
    let bytes: Uint8Array | null = null;
    for (const [client, { topics }] of [...this.#clients])
      if (topics.has(topic)) client.push("news", (bytes ??= eventBytes(name, data)));
  }

  #sampled({ figures, changed, gone }: Sample): void {
    const told = this.#isWanted("figures") ? eventBytes("figures", figures) : null;
    const servers = this.#isWanted("servers") ? inParts(changed).map((part) => eventBytes("servers", part)) : [];
    const left = gone.length === 0 ? null : eventBytes("gone", gone);
    for (const [client, { topics }] of [...this.#clients]) {
      if (told !== null && topics.has("figures")) client.push("figures", told);
      if (!topics.has("servers")) continue;
      for (const part of servers) client.push("servers", part);
      if (left !== null) client.push("news", left);
    }
  }
}

/** So that one event is not megabytes long. */
const partMax = 500;

function inParts<Of>(all: readonly Of[]): (readonly Of[])[] {
  const parts: (readonly Of[])[] = [];
  for (let from = 0; from < all.length; from += partMax) parts.push(all.slice(from, from + partMax));
  return parts;
}
