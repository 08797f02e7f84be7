// Recorded requests, played through the flows that serve clients, by a clock that stands where the log says: rules, tables and lists are
// the config's, servers take as long and answer as much as they did. Nothing is waited for and nothing is asked of the world. What a log
// cannot tell (passwords, bodies, hooks, caches) is taken out of the plan first.

import { Prng } from "../base/prng.ts";
import { compile } from "../config/compile.ts";
import type { Materials } from "../config/materials.ts";
import type { ServerPlan } from "../config/plan.ts";
import { Slots } from "../config/slots.ts";
import type { Config } from "../config/types.ts";
import { Context } from "../flow/context.ts";
import { Downstream } from "../flow/downstream.ts";
import type { Exchange } from "../flow/exchange.ts";
import type { Coder, DialFlow, Port, Resolution, Verdict } from "../flow/port.ts";
import { type ListenerSite, Site } from "../flow/site.ts";
import { Arena } from "../memory/arena.ts";
import { BanHolder } from "../memory/bans.ts";
import { admin, Board, health } from "../memory/board.ts";
import { emptyList, ListHolder } from "../memory/list.ts";
import type { ListFile } from "../memory/listfile.ts";
import { NoCache } from "../memory/nocache.ts";
import { StickTable } from "../memory/sticktable.ts";
import { Tally } from "../memory/tally.ts";
import { pop, push } from "./order.ts";
import { bodyLength, ClientEnd, requestHead, ServerEnd, sayZeros } from "./peers.ts";
import type { Recorded } from "./recorded.ts";
import { clientOf, simplified } from "./simplified.ts";
import type { Watch } from "./watch.ts";

export interface ReplayParts {
  readonly config: Config;
  readonly materials: Materials;
  readonly lists: ReadonlyMap<string, ListFile>;
  readonly watch: Watch;
  /** It is a rule for answers that is watched: those who get none from a server never come to it. */
  readonly isOfResponse: boolean;
  /** The watch has seen what it will see of this request. */
  readonly seen: (recorded: Recorded) => void;
  /** It is over, and its client was given that. */
  readonly over: (outcome: Outcome) => void;
}

/** How a request that was played came out. */
export interface Outcome {
  /** What its client was given; 0 where the connection was closed. */
  readonly status: number;
  readonly rule: string;
  /** No server was asked. */
  readonly isOurs: boolean;
}

interface Event {
  readonly atMs: number;
  readonly happen: () => void;
}

interface Visitor {
  readonly flow: Downstream;
  readonly line: ClientEnd;
  /** Nothing is under way since then; null: something is. */
  idleSinceMs: number | null;
}

/** Connections kept open for requests that may follow; beyond that the one that was used longest ago is closed. */
const visitorsMax = 50_000;
const startMs = 1_000_000;
const sweepMs = 1_000;

export class Replay implements Port {
  nowMs: number = startMs;
  spent: Uint8Array | null = null;
  wallMs = 0;
  readonly #parts: ReplayParts;
  readonly #watch: Watch;
  readonly #context: Context;
  readonly #site: Site;
  readonly #prng = new Prng(1);
  readonly #events: Event[] = [];
  readonly #visitors = new Map<string, Visitor>();
  /** Asked for while a flow spoke; told after. */
  readonly #dialed: { readonly flow: DialFlow; readonly of: Recorded }[] = [];
  #offsetMs = Number.NaN;
  #sweptMs: number = startMs;
  #current: Recorded | null = null;
  readonly #answering = new Set<ServerEnd>();

  constructor(parts: ReplayParts) {
    const { config, materials, lists, watch } = parts;
    this.#parts = parts;
    const plan = simplified(compile(config, new Slots(), () => "192.0.2.1", 1, materials));
    const arena = Arena.inMemory();
    const tally = new Tally(arena, 0);
    const board = new Board(arena);
    const up = { admin: admin.ready, isEjected: false, rampPermille: 1000, isEligible: true, health: health.up };
    for (const { servers } of plan.pools) for (const { slot } of servers) board.write(slot, up);
    board.publish();
    this.#watch = watch;
    this.#site = new Site(
      plan,
      {
        ...{ arena, tally, workers: 1, random: () => this.random(), instance: "", bans: new BanHolder(), trace: watch },
        tables: (table) => StickTable.inMemory(table),
        lists: (list) => new ListHolder(list, lists.get(list.name) ?? emptyList),
        caches: (cache) => new NoCache(cache),
      },
      null,
    );
    this.#context = new Context(this, tally, this.#site, (exchange) => this.#report(exchange));
  }

  // ---- the port ----

  get sharedMs(): number {
    return this.nowMs >>> 0;
  }

  random(): number {
    return this.#prng.next() / 2 ** 32;
  }

  dial(_server: ServerPlan, flow: DialFlow): void {
    this.#dialed.push({ flow, of: this.#current! });
  }

  /** Nobody is asked: some address that anybody may have. */
  warn(): void {}
  resolve(): Resolution {
    return { addresses: ["1.1.1.1"], problem: "" };
  }

  verify(): Verdict {
    return "good";
  }

  coder(): Coder {
    return { write: () => true, end: () => {}, pause: () => {}, resume: () => {}, close: () => {} };
  }

  /** Nothing is late: what took too long has taken as long as the log says. */
  wake(): void {}
  forget(): void {}

  /** Nobody is kept waiting by anybody here. */
  readonly requestsAtOnce: number = Number.POSITIVE_INFINITY;
  giveWay(): void {}

  // ---- traffic ----

  listener(name: string): ListenerSite | null {
    return this.#site.listeners.find(({ plan }) => plan.name === name) ?? null;
  }

  /** The one of mode http, where there is one only. */
  only(): ListenerSite | null {
    const all = this.#site.listeners.filter(({ plan }) => plan.mode === "http");
    return all.length === 1 ? all[0]! : null;
  }

  /** It begins when it did, after all that has ended by then. */
  play(recorded: Recorded, listener: ListenerSite): void {
    if (Number.isNaN(this.#offsetMs)) this.#offsetMs = recorded.atMs - startMs;
    this.#goOnTo(recorded.atMs - this.#offsetMs);
    this.#watch.reset();
    this.#current = recorded;
    const asked = this.#answering.size;
    const visitor = this.#visitorOf(recorded, listener);
    visitor.idleSinceMs = null;
    this.#say(visitor, requestHead(recorded, "localhost"));
    sayZeros(bodyLength(recorded), (bytes) => this.#say(visitor, bytes));
    // Of a rule for answers it is seen when there is one.
    if (!this.#parts.isOfResponse || this.#answering.size === asked) this.#parts.seen(recorded);
    push(this.#events, { atMs: this.nowMs + recorded.durationMs, happen: () => this.#leave(visitor) });
  }

  /** All that is under way comes to its end. */
  finish(): void {
    while (this.#events.length > 0) this.#goOnTo(this.#events[0]!.atMs);
  }

  #say({ flow, line }: Visitor, bytes: Uint8Array): void {
    if (!line.isGone) flow.received(bytes);
    this.#connect();
  }

  /** Those who were dialed meanwhile are there. */
  #connect(): void {
    for (let next = this.#dialed.shift(); next !== undefined; next = this.#dialed.shift()) {
      const { flow, of } = next;
      const server = new ServerEnd((asked) => this.#asked(asked));
      server.flow = flow;
      this.#current = of;
      flow.connected(server);
    }
  }

  #asked(server: ServerEnd): void {
    if (this.#answering.has(server)) return;
    const of = this.#current!;
    this.#answering.add(server);
    // A moment before its client goes, so that it is answered.
    push(this.#events, {
      atMs: this.nowMs + of.durationMs - 0.001,
      happen: () => {
        this.#answering.delete(server);
        if (this.#parts.isOfResponse) this.#watch.reset();
        server.answer(of);
        if (this.#parts.isOfResponse) this.#parts.seen(of);
      },
    });
  }

  /** Done, or as long as it took without an answer: held by a rule, or refused where the log says that it was not. */
  #leave(visitor: Visitor): void {
    visitor.idleSinceMs = this.nowMs;
    const { line, flow } = visitor;
    if (line.isEnded || flow.exchange !== null) this.#close(visitor);
  }

  #visitorOf({ client, connection }: Recorded, listener: ListenerSite): Visitor {
    const key = `${client} ${connection} ${listener.plan.name}`;
    const former = this.#visitors.get(key);
    this.#visitors.delete(key);
    const { idleMs } = listener.plan.timeouts;
    if (former !== undefined && !former.line.isGone && !former.line.isEnded && former.idleSinceMs !== null) {
      if (this.nowMs - former.idleSinceMs <= idleMs) {
        this.#visitors.set(key, former);
        return former;
      }
      this.#close(former);
    }
    const line = new ClientEnd();
    const flow = new Downstream(this.#context, listener, line, clientOf(client, connection, listener.plan));
    line.flow = flow;
    const visitor = { flow, line, idleSinceMs: null };
    this.#visitors.set(key, visitor);
    if (this.#visitors.size > visitorsMax) this.#forget();
    return visitor;
  }

  /** The one that was used longest ago; where something is under way there, it ends by itself. */
  #forget(): void {
    const [key, oldest] = this.#visitors.entries().next().value!;
    this.#visitors.delete(key);
    if (oldest.idleSinceMs !== null) this.#close(oldest);
  }

  #close({ line, flow }: Visitor): void {
    if (line.isGone) return;
    line.isGone = true;
    flow.closed(false);
  }

  #goOnTo(untilMs: number): void {
    while (this.#events.length > 0 && this.#events[0]!.atMs <= untilMs) {
      const event = pop(this.#events);
      this.#at(event.atMs);
      event.happen();
      this.#connect();
    }
    this.#at(untilMs);
    if (untilMs - this.#sweptMs < sweepMs) return;
    this.#sweptMs = untilMs;
    this.#context.sweep();
  }

  #at(ms: number): void {
    if (ms > this.nowMs) this.nowMs = ms;
    this.wallMs = this.nowMs + this.#offsetMs;
  }

  #report({ status, rule, attempt }: Exchange): void {
    this.#parts.over({ status, rule, isOurs: attempt.count === 0 });
  }
}
