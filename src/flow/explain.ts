// What would become of a request, and why: the request is played for real, by the flow that serves clients, in a world made for it
// alone. Its tables are rehearsals of those in use, its arena is a copy, its port dials nobody: the server that was picked is
// played too, and answers what the question says. So an explanation says what a client would get at this moment, changes
// nothing, and cannot differ from the truth by having been written twice.

import { shownBytes } from "../base/shownbytes.ts";
import type {
  AuthPlan,
  CachePlan,
  EgressPlan,
  ListenerPlan,
  ListPlan,
  Plan,
  PoolPlan,
  ServerPlan,
  TablePlan,
} from "../config/plan.ts";
import type { Arena } from "../memory/arena.ts";
import type { BanHolder } from "../memory/bans.ts";
import type { Cache } from "../memory/cache.ts";
import { CacheRehearsal } from "../memory/cacherehearsal.ts";
import type { EgressBoard } from "../memory/egress.ts";
import { egressShape } from "../memory/egressboard/shape.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import { rehearsedBoard } from "../memory/egressrehearsal.ts";
import type { ListHolder } from "../memory/list.ts";
import { Rehearsal } from "../memory/rehearsal.ts";
import type { AnyTable } from "../memory/sharedtable.ts";
import { Tally } from "../memory/tally.ts";
import { Context } from "./context.ts";
import { Downstream } from "./downstream.ts";
import type { Explanation } from "./explanation.ts";
import { helloOf } from "./hello.ts";
import { Inquiry } from "./inquiry.ts";
import { playedPlan } from "./playedplan.ts";
import type { Client, Coder, DialFlow, Line, LineFlow, Port, Resolution, Verdict } from "./port.ts";
import type { Question } from "./question.ts";
import { reasonOf } from "./reply.ts";
import { Site } from "./site.ts";
import { Stream } from "./stream.ts";
import { traceOfExchange, traceOfRefusal, traceOfStream } from "./traced.ts";

/** What is in use, or would be. None of it is changed. */
export interface Circumstances {
  readonly plan: Plan;
  readonly arena: Arena;
  readonly workers: number;
  readonly tables: (plan: TablePlan) => AnyTable;
  readonly lists: (plan: ListPlan) => ListHolder;
  readonly caches: (plan: CachePlan) => Cache;
  /** Absent, or null for one of them: nothing is known of its members, and all are available. */
  readonly egresses?: (plan: EgressPlan) => SharedEgressBoard | null;
  readonly bans: BanHolder;
  readonly nowMs: number;
  readonly sharedMs: number;
  readonly wallMs: number;
  readonly random: () => number;
}

/** Of a client that is not there. */
const clientPort = 49_152;

export function explain(question: Question, circumstances: Circumstances): Explanation {
  return new Play(question, circumstances).run();
}

class Play {
  readonly #question: Question;
  readonly #port: Stage;
  readonly #context: Context;
  readonly #inquiry: Inquiry;
  readonly #client: Peer = new Peer();
  readonly #server: Peer = new Peer();
  /** Of the exchange or stream, once that is over. */
  #explanation: Explanation | null = null;

  constructor(question: Question, circumstances: Circumstances) {
    const { plan, workers, random, lists, caches, bans, tables } = circumstances;
    const arena = circumstances.arena.snapshot(workers);
    const tally = new Tally(arena, 0);
    const rehearsed = {
      tables: (table: TablePlan): Rehearsal => new Rehearsal(tables(table)),
      caches: (cache: CachePlan): CacheRehearsal => new CacheRehearsal(caches(cache)),
      egresses: (egress: EgressPlan): EgressBoard => rehearsedOf(egress, circumstances),
    };
    const site = new Site(
      playedPlan(plan),
      { arena, tally, workers, random, ...rehearsed, lists, bans, instance: "" },
      null,
    );
    this.#question = question;
    this.#port = new Stage(circumstances);
    this.#context = new Context(
      this.#port,
      tally,
      site,
      (exchange) => this.#note(traceOfExchange(this.#inquiry, exchange, this.#context)),
      (stream) => this.#note(traceOfStream(this.#inquiry, stream, this.#context)),
    );
    this.#inquiry = new Inquiry(site);
    this.#context.inquiry = this.#inquiry;
    this.#context.isExplaining = true;
  }

  #note(explanation: Explanation): void {
    this.#explanation ??= explanation;
  }

  run(): Explanation {
    const { listener, assumptions } = this.#question;
    const explanation = listener.mode === "http" ? this.#runRequest() : this.#runConnection();
    const forwarded = this.#forwarded();
    return {
      ...explanation,
      ...(forwarded === null ? {} : { forwarded }),
      assumptions: [...assumptions, ...this.#assumptionsOf(explanation)],
    };
  }

  // ---- mode http ----

  #runRequest(): Explanation {
    const site = this.#context.site.listener(this.#question.listener.slot)!;
    const downstream = new Downstream(this.#context, site, this.#client, this.#clientOf());
    this.#client.flow = downstream;
    if (!this.#client.isGone) downstream.received(requestOf(this.#question));
    this.#playServer();
    if (this.#explanation !== null) return this.#explanation;
    const { exchange } = downstream;
    // Held, or waiting for a server.
    if (exchange !== null) return traceOfExchange(this.#inquiry, exchange, this.#context);
    return traceOfRefusal(this.#inquiry, downstream, site, this.#context);
  }

  // ---- mode tcp ----

  #runConnection(): Explanation {
    const { listener, serverName } = this.#question;
    const site = this.#context.site.listener(listener.slot)!;
    const stream = new Stream(this.#context, site, this.#client, this.#clientOf());
    this.#client.flow = stream;
    const isHelloAwaited = listener.tls === null && (site.names !== null || site.needsHello);
    if (!this.#client.isGone && isHelloAwaited) stream.received(helloOf(serverName));
    this.#playServer();
    return this.#explanation ?? traceOfStream(this.#inquiry, stream, this.#context);
  }

  // ---- the other parts ----

  /** The server takes the connection and what it is sent, and answers with the status of the question and nothing else. */
  #playServer(): void {
    const { dialed } = this.#port;
    if (dialed === null) return;
    this.#server.flow = dialed;
    dialed.connected(this.#server);
    if (this.#question.listener.mode !== "http" || this.#server.isGone) return;
    const { status } = this.#question;
    dialed.received(bytesOf(`HTTP/1.1 ${status} ${reasonOf(status)}\r\nContent-Length: 0\r\n\r\n`));
  }

  /** Lines of the request's head as the server got it. */
  #forwarded(): readonly string[] | null {
    if (this.#question.listener.mode !== "http" || this.#server.taken === "") return null;
    return this.#server.taken
      .split("\r\n\r\n", 1)[0]!
      .split("\r\n")
      .map((line) => shownBytes(bytesOf(line)));
  }

  #clientOf(): Client {
    const { listener, source, serverName } = this.#question;
    const { address } = listener;
    const isTls = listener.tls !== null;
    return {
      address: source,
      port: clientPort,
      localAddress: address.kind === "tcp" ? address.host : "unix",
      localPort: address.kind === "tcp" ? address.port : 0,
      peerAddress: source,
      ja4: "",
      tls: isTls ? { ...plainTls, serverName, alpn: listener.tls.alpn.includes("http/1.1") ? "http/1.1" : "" } : null,
    };
  }

  #assumptionsOf({ choices, outcome, pool }: Explanation): string[] {
    const { listener, status } = this.#question;
    const { plan } = this.#context.site;
    const owners = [listener, ...plan.pools.filter(({ name }) => name === pool)];
    const isAnswered = listener.mode === "http" && this.#server.taken !== "";
    const isByChance = choices.some(({ policy }) => chancy.has(policy));
    const isRemembered = choices.some(({ policy }) => learning.has(policy));
    return [
      ...this.#port.assumed,
      ...(isAnswered ? [`the server answers ${status}, without fields of its own`] : []),
      ...owners.flatMap((owner) => unasked(owner, owner === listener ? "listener" : "pool")),
      ...(isByChance && outcome.text !== "" ? ["another request may draw other servers"] : []),
      ...(isRemembered ? ["each worker goes by what it has seen itself, and may pick another server"] : []),
      ...(listener.tls === null ? [] : ["TLS 1.3, without a client certificate"]),
    ];
  }
}

/** The members of the plan, whatever the board that is in use has been told of them. */
function rehearsedOf(plan: EgressPlan, { egresses, wallMs }: Circumstances): EgressBoard {
  const actual = egresses?.(plan) ?? null;
  const board = (actual === null ? null : rehearsedBoard(actual)) ?? SharedEgressBoard.inMemory(egressShape(plan));
  const ids = plan.members.map(({ id }) => id);
  if (ids.some((id) => board.memberOf(id) === 0)) board.adopt(ids, wallMs);
  return board;
}

/** Code of the config may do anything: an explanation, which is to change nothing, does not run it. */
function unasked({ name, hooks }: ListenerPlan | PoolPlan, kind: string): string[] {
  if (hooks === null) return [];
  const { names } = hooks;
  const listed = names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return [`${listed} of ${kind} ${name} ${names.length === 1 ? "changes" : "change"} nothing: hooks are not run`];
}

const chancy: ReadonlySet<string> = new Set(["random", "p2c", "peakEwma"]);
const learning: ReadonlySet<string> = new Set(["leastBandwidth", "leastCalled", "peakEwma", "weightedRoundRobin"]);

const plainTls = {
  version: "1.3",
  cipher: "TLS_AES_256_GCM_SHA384",
  isResumed: false,
  subject: "",
  fingerprint: "",
} as const;

/** It has no body, whatever its method. */
function requestOf({ method, target, fields }: Question): Uint8Array {
  const lines = fields.map(([name, value]) => `${name}: ${Buffer.from(value).toString("latin1")}\r\n`);
  return bytesOf(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** The other end of a connection: it takes everything and says nothing. */
class Peer implements Line {
  flow: LineFlow | null = null;
  isGone = false;
  /** What it was sent, a character a byte. */
  taken = "";
  readonly heldBytes = 0;
  readonly isHolding = false;
  readonly takesFiles = false;

  send(bytes: Uint8Array, start: number, end: number): boolean {
    this.taken += Buffer.from(bytes.subarray(start, end)).toString("latin1");
    return true;
  }

  offer(bytes: Uint8Array, start: number, end: number): number {
    this.send(bytes, start, end);
    return end - start;
  }

  offerFile(_: number, bytes: Uint8Array, start: number, end: number): number {
    return this.offer(bytes, start, end);
  }

  pause(): void {}
  resume(): void {}
  end(): void {}

  destroy(): void {
    this.isGone = true;
  }

  reset(): void {
    this.isGone = true;
  }

  drop(): void {
    this.isGone = true;
  }
}

/** A moment that does not pass, with a door to nowhere. */
class Stage implements Port {
  spent: Uint8Array | null = null;
  readonly nowMs: number;
  readonly sharedMs: number;
  readonly wallMs: number;
  readonly random: () => number;
  /** What was taken for granted. */
  readonly assumed: string[] = [];
  /** Who wants to be connected. */
  dialed: DialFlow | null = null;

  constructor({ nowMs, sharedMs, wallMs, random }: Circumstances) {
    this.nowMs = nowMs;
    this.sharedMs = sharedMs;
    this.wallMs = wallMs;
    this.random = random;
  }

  dial(_server: ServerPlan, flow: DialFlow): void {
    this.dialed = flow;
  }

  /** Nobody is asked: some address that anybody may have. */
  warn(): void {}
  resolve(name: string): Resolution {
    this.assumed.push(`${name} leads to a public address`);
    return { addresses: ["1.1.1.1", "2606:4700:4700::1111"], problem: "" };
  }

  /** Passwords are not looked at. */
  verify({ users }: AuthPlan, name: string): Verdict {
    const isKnown = users.some((user) => user.name === name);
    if (isKnown) this.assumed.push(`the password of ${name} is right`);
    return isKnown ? "good" : "bad";
  }

  /** Nobody answers with a body. */
  coder(): Coder {
    return { write: () => true, end: () => {}, pause: () => {}, resume: () => {}, close: () => {} };
  }

  wake(): void {}
  forget(): void {}

  /** Nobody is kept waiting by the one request. */
  readonly requestsAtOnce: number = Number.POSITIVE_INFINITY;
  giveWay(): void {}
}
