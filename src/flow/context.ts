// What all flows of one worker share: the port, the counters, the site in force, and the buffers and objects that are used again
// from exchange to exchange. Flows are told and speak one at a time, so that one of each buffer is enough.

import type { LimitsPlan } from "../config/plan.ts";
import type { Tally } from "../memory/tally.ts";
import { Head } from "../wire/http1/head.ts";
import { Output } from "../wire/http1/writer.ts";
import { CacheDesk } from "./caching/desk.ts";
import { Followers } from "./caching/followers.ts";
import type { Lease } from "./egress/lease.ts";
import { RestRoom } from "./egress/resting.ts";
import { Exchange } from "./exchange.ts";
import { Http2Kit } from "./http2/kit.ts";
import { Untaken } from "./http2/toserver/untaken.ts";
import type { Inquiry } from "./inquiry.ts";
import { coalesceBytesMax } from "./passage.ts";
import { Pinned } from "./pinned.ts";
import type { Port } from "./port.ts";
import { type Placed, SessionTable } from "./sessiontable.ts";
import type { ListenerSite, PoolSite, Site } from "./site.ts";
import type { Stream } from "./stream.ts";

/** Exchanges kept for reuse; one holds about 4 kB. */
const freeExchangesMax = 1024;

/** Leases told of in one go: each costs some microseconds. */
const toldAtOnceMax = 500;

/** Told of each exchange once, when it has ended; its fields are valid during the call only. */
export type Report = (exchange: Exchange) => void;

/** Told of each carried connection once, when it has ended. */
export type ReportStream = (stream: Stream) => void;

/** What a drain waits for: the connection of a client, in whatever mode, or what stands for one. */
export interface Session extends Placed {
  /** The worker is going away: end what has nothing under way. */
  drain(): void;
  /** The worker ends now. */
  cut(): void;
  /** Another plan is in force. Only for those that begin again and again, under whatever plan there is. */
  renewed?(site: Site): void;
  /** The listener, as the plan of the exchange under way has it; null or absent: there is none that could ask a hook. */
  readonly underWay?: ListenerSite | null;
}

export class Context {
  readonly port: Port;
  readonly tally: Tally;
  readonly report: Report;
  readonly reportStream: ReportStream;
  /** The one head under construction. */
  readonly output: Output = new Output();
  /** The one response head being read; request heads belong to their exchange. */
  responseHead: Head;
  /** Of an answer of our own, while rules look at it; null until they do. */
  ownHead: Head | null = null;
  /** Connections of clients, for draining. */
  readonly downstreams: SessionTable<Session> = new SessionTable();
  /** Exchanges that wait for what another one brings into a cache. */
  readonly followers: Followers = new Followers();
  /** Pools with somebody in their waiting room. */
  readonly waiting: Set<PoolSite> = new Set();
  /** Connections to servers that are one client's alone. */
  readonly pinned: Pinned;
  /** Those that wait for a member of an egress pool. */
  readonly resting: RestRoom = new RestRoom();
  /** What members of egress pools carry, where it is told of before it is over. */
  readonly lent: Set<Lease> = new Set();
  /** Those of them that are still to be told of this time; null: none. */
  #untold: IterableIterator<Lease> | null = null;
  site: Site;
  limits: LimitsPlan;
  isDraining = false;
  /** What all is watched by, in an explanation or a test; it is put into each exchange that begins. */
  inquiry: Inquiry | null = null;
  /** All is an explanation: nothing is begun that nobody has asked for. */
  isExplaining = false;
  /** 48 bits that tell this worker's request ids from those of others, in hexadecimal. */
  readonly requestIdPrefix: string;
  requestIdCount = 0;
  readonly #free: Exchange[] = [];
  #desk: CacheDesk | null = null;
  #http2: Http2Kit | null = null;
  /** Memory of content that streams of HTTP/2 hold for clients that do not take it. */
  heldBytes = 0;
  /** The same of content of servers' streams that their clients do not take. */
  readonly untaken: Untaken = new Untaken();

  constructor(port: Port, tally: Tally, site: Site, report: Report, reportStream: ReportStream = () => {}) {
    this.port = port;
    this.tally = tally;
    this.pinned = new Pinned(tally);
    this.site = site;
    this.limits = site.plan.limits;
    this.report = report;
    this.reportStream = reportStream;
    this.responseHead = new Head(site.plan.limits.fieldsMax);
    const part = (): string =>
      Math.floor(port.random() * 0x1000000)
        .toString(16)
        .padStart(6, "0");
    this.requestIdPrefix = part() + part();
  }

  takeExchange(): Exchange {
    return this.#free.pop() ?? new Exchange(this);
  }

  /** `isLast`: nothing is wanted of what was read with its head but what belongs to it. */
  returnExchange(exchange: Exchange, isLast = false): void {
    const { bytes } = exchange.asked;
    // Only with much of a body is it worth a word.
    if (isLast && bytes.length > coalesceBytesMax) this.port.spent = bytes;
    exchange.reset();
    // One of another plan leads to all that it obeyed, whole caches and tables, and may have room for another number of fields.
    const isOfUse = exchange.listener.world === this.site.world && this.#free.length < freeExchangesMax;
    if (isOfUse) this.#free.push(exchange);
  }

  /** From now on obey another plan. What is under way ends under the plan it began with. */
  adopt(site: Site): void {
    const former = this.site;
    this.site = site;
    this.limits = site.plan.limits;
    if (this.responseHead.fieldsMax !== this.limits.fieldsMax) this.responseHead = new Head(this.limits.fieldsMax);
    this.#free.length = 0;
    this.#desk = null;
    this.#http2 = null;
    former.retire(site);
    this.pinned.sweep(this.port.nowMs);
    for (const downstream of this.downstreams) downstream.renewed?.(site);
  }

  /** What caching works on. */
  get desk(): CacheDesk {
    this.#desk ??= new CacheDesk(this.limits.fieldsMax);
    return this.#desk;
  }

  /** What connections of HTTP/2 work on. */
  get http2(): Http2Kit {
    this.#http2 ??= new Http2Kit(this.limits);
    return this.#http2;
  }

  /** Somebody waits for what other workers may do. */
  get isWaiting(): boolean {
    return this.waiting.size > 0 || this.followers.size > 0 || this.resting.size > 0;
  }

  /** Give those who wait what other workers may have freed or stored; said by the driver every few milliseconds while `isWaiting`. */
  pollWaiting(): void {
    if (this.followers.size > 0) this.followers.runAll();
    for (const pool of this.waiting) pool.queue.serve();
    if (this.resting.size > 0) this.resting.serve(this.port.nowMs);
  }

  /** Said at each tick of the driver: what stands idle at a server that bears no more is not kept, and what a sweep has left is told. */
  giveUp(): void {
    if (this.#untold !== null) this.#tellSome(this.#untold);
    for (const { places, idle } of this.site.shared) places!.giveUp(idle, this.pinned);
  }

  /** Regular house-keeping, about once a second. */
  sweep(): void {
    for (const pool of this.site.pools) pool.sweep(this.port.nowMs);
    this.pinned.sweep(this.port.nowMs);
    this.#untold ??= this.lent.values();
    this.#tellSome(this.#untold);
  }

  #tellSome(untold: IterableIterator<Lease>): void {
    for (let count = 0; count < toldAtOnceMax; count++) {
      const { value, done } = untold.next();
      if (done === true) {
        this.#untold = null;
        return;
      }
      value.tellBytes();
    }
  }

  /** Stop keeping connections: idle ones end now, the others after the exchange under way, streams when they end. */
  drain(): void {
    this.isDraining = true;
    for (const downstream of this.downstreams) downstream.drain();
  }

  /** The time to drain is over: whatever is still under way ends here, and is reported as cut. */
  cut(): void {
    for (const downstream of this.downstreams) downstream.cut();
  }
}
