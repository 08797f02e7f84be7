// Conversations with the flows of rank 4: a test says what happened to a connection and lists what the flows must say in
// answer, word for word. The shipped code runs over a port made of notes; the clock moves when the test moves it.
//
//   const play = new Playbook();
//   const client = play.connect();
//   client.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
//   play.expect("dial one:80");
//   const server = play.accept();
//   play.expect(server.gets("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
//
// What is said is noted in order, as lines of text; bytes sent to one connection in several pieces are one line. Pausing what
// is paused and resuming what is not are no news. `expect` takes everything said since the last one, no more and no less.

import { type Fault, fault } from "../src/base/fault.ts";
import { TimerWheel, tickMs } from "../src/base/timerwheel.ts";
import type { AuthPlan, Plan, ServerPlan, TablePlan } from "../src/config/plan.ts";
import { Context } from "../src/flow/context.ts";
import { sessionOn } from "../src/flow/entrance.ts";
import type { Exchange } from "../src/flow/exchange.ts";
import type { Circumstances } from "../src/flow/explain.ts";
import type { HookSet } from "../src/flow/hooks.ts";
import type {
  Client,
  Coder,
  CoderFlow,
  CoderWork,
  DialFlow,
  LineFlow,
  Port,
  Resolution,
  ResolveFlow,
  TurnFlow,
  Verdict,
  VerifyFlow,
  WakeFlow,
} from "../src/flow/port.ts";
import { Site, type SiteParts } from "../src/flow/site.ts";
import { Stream } from "../src/flow/stream.ts";
import { Arena } from "../src/memory/arena.ts";
import type { StickTable } from "../src/memory/sticktable.ts";
import { routeCell, Tally, Totals } from "../src/memory/tally.ts";
import { Actor } from "./playbook/actor.ts";
import { makeClient } from "./playbook/client.ts";
import { FakeCoder } from "./playbook/coder.ts";
import { Memory } from "./playbook/memory.ts";
import { clearArena, makePlan, type PlanOptions, setServer } from "./playbook/plan.ts";

const arena = Arena.inMemory();
const sweepMs = 1000;

export class Playbook implements Port {
  nowMs = 1_000;
  spent: Uint8Array | null = null;
  readonly requestsAtOnce: number = 3;
  readonly #waiting: TurnFlow[] = [];
  /** 2026-01-01T00:00:00Z at the start of every conversation. */
  readonly #wallOffsetMs = Date.UTC(2026, 0, 1) - 1_000;
  readonly tally: Tally = new Tally(arena, 0);
  readonly totals: Totals = new Totals(arena, 1);
  readonly context: Context;
  readonly memory: Memory;
  readonly #parts: SiteParts;
  readonly #wheel = new TimerWheel(1_000);
  readonly #said: Note[] = [];
  readonly #dials: { server: ServerPlan; flow: DialFlow; deadlineMs: number }[] = [];
  /** Addresses of names that are known at once. */
  readonly names: Map<string, readonly string[]> = new Map();
  readonly #lookups: ResolveFlow[] = [];
  readonly #checks: VerifyFlow[] = [];
  #actors = 0;
  readonly #coding: (() => void)[] = [];
  /** That were made. */
  coders = 0;
  #sweptMs = 1_000;

  /** Streams that were reported, in order. */
  readonly streams: Stream[] = [];

  /** `watch` sees each exchange when it is reported; `hooks`: see playbook/hooks.ts; `memory`: that of another worker. */
  constructor(
    options: PlanOptions = {},
    watch: (exchange: Exchange) => void = () => {},
    hooks: (play: Playbook) => HookSet | null = () => null,
    memory: Memory = new Memory(),
  ) {
    this.memory = memory;
    clearArena(arena);
    this.#parts = {
      arena,
      tally: this.tally,
      workers: 1,
      random: () => this.random(),
      ...this.memory.parts,
      hooks: hooks(this),
    };
    const site = new Site(makePlan(options), this.#parts, null);
    const report = (exchange: Exchange): void => {
      this.#reported(exchange);
      watch(exchange);
    };
    this.context = new Context(this, this.tally, site, report, (stream) => this.#streamReported(stream));
  }

  get sharedMs(): number {
    return this.nowMs >>> 0;
  }

  get wallMs(): number {
    return this.nowMs + this.#wallOffsetMs;
  }

  /** What an explanation of this moment looks at. */
  get circumstances(): Circumstances {
    const { nowMs, sharedMs, wallMs, memory } = this;
    const { lists, caches, bans } = this.#parts;
    const { plan } = this.context.site;
    const tables = (table: TablePlan): StickTable => memory.tableOf(table);
    return {
      plan,
      arena,
      workers: 1,
      tables,
      lists,
      caches,
      bans,
      nowMs,
      sharedMs,
      wallMs,
      random: () => this.random(),
    };
  }

  // ---- what a flow says ----

  random(): number {
    return 0.5;
  }

  dial(server: ServerPlan, flow: DialFlow, timeoutMs: number, preface: Uint8Array | null, isHttp1 = false): void {
    this.#dials.push({ server, flow, deadlineMs: this.nowMs + timeoutMs });
    const first = preface === null ? "" : ` ${JSON.stringify(Buffer.from(preface).toString("latin1")).slice(1, -1)}`;
    this.note("", `dial ${server.name}${first}${isHttp1 ? " by HTTP/1.1" : ""}`);
  }

  warn(server: ServerPlan, problem: string): void {
    this.note("", `${server.name}: ${problem}`);
  }

  resolve(name: string, flow: ResolveFlow): Resolution | null {
    const addresses = this.names.get(name);
    if (addresses !== undefined) return { addresses, problem: addresses.length === 0 ? "no such name" : "" };
    this.#lookups.push(flow);
    this.note("", `resolve ${name}`);
    return null;
  }

  /** Plain passwords are judged at once, hashes by the test. */
  verify(auth: AuthPlan, name: string, password: Uint8Array, flow: VerifyFlow): Verdict | null {
    const shown = Buffer.from(password).toString();
    const secret = auth.users.find((user) => user.name === name)?.secret;
    if (secret === undefined || secret.startsWith("{PLAIN}")) return secret === `{PLAIN}${shown}` ? "good" : "bad";
    this.#checks.push(flow);
    this.note("", `verify ${name}:${shown}`);
    return null;
  }

  coder(work: CoderWork, flow: CoderFlow): Coder {
    this.coders++;
    return new FakeCoder(work, flow, (call) => this.#coding.push(call));
  }

  wake(flow: WakeFlow, deadlineMs: number): void {
    this.#wheel.set(flow, deadlineMs);
  }

  forget(flow: WakeFlow): void {
    this.#wheel.remove(flow);
  }

  giveWay(flow: TurnFlow): void {
    this.#waiting.push(flow);
  }

  /** The turn is over: each of those that gave way in it goes on. */
  turn(): void {
    for (const flow of this.#waiting.splice(0)) flow.goOn();
  }

  /** Coders do what there is to do. */
  code(): void {
    for (let call = this.#coding.shift(); call !== undefined; call = this.#coding.shift()) call();
  }

  #reported(exchange: Exchange): void {
    const why = exchange.fault === null ? "" : ` ${exchange.fault.code}`;
    this.note("", `report ${exchange.status}${why}`);
  }

  /** Bytes up and down, and why it did not end as both sides wanted it. */
  #streamReported(stream: Stream): void {
    const why = stream.fault === null ? "" : ` ${stream.fault.code}`;
    this.streams.push(stream);
    this.note("", `report ${stream.bytesUp} up ${stream.bytesDown} down${why}`);
  }

  note(who: string, what: string): void {
    const last = this.#said.at(-1);
    if (
      last !== undefined &&
      who !== "" &&
      last.who === who &&
      what.startsWith("gets ") &&
      last.what.startsWith("gets ")
    )
      last.what += what.slice(5);
    else this.#said.push({ who, what });
  }

  // ---- what happens ----

  /** Dials that are not answered yet. */
  get dialing(): number {
    return this.#dials.length;
  }

  /** Lookups that are not answered yet. */
  get looking(): number {
    return this.#lookups.length;
  }

  /** Whom the oldest of them is made to. */
  get dialed(): ServerPlan {
    return this.#dials[0]!.server;
  }

  /** A client connects. */
  connect(who: string | Client = "192.0.2.1"): Actor {
    const actor = new Actor(this, `client ${++this.#actors}`);
    const client = typeof who === "string" ? makeClient(who) : who;
    const listener = this.context.site.listeners[0]!;
    const { mode } = listener.plan;
    const make = (): LineFlow =>
      mode === "tcp"
        ? new Stream(this.context, listener, actor, client)
        : sessionOn(this.context, listener, actor, client);
    actor.open(make);
    return actor;
  }

  /** The server accepts the oldest dial; `prepare` comes before the flow hears of it. */
  accept(prepare: (actor: Actor) => void = () => {}): Actor {
    const { server, flow } = this.#dials.shift()!;
    const actor = new Actor(this, `server ${++this.#actors} (${server.name})`);
    actor.flow = flow;
    prepare(actor);
    flow.connected(actor);
    return actor;
  }

  /** The server refuses the oldest dial. */
  refuse(what: Fault = fault("connect_refused")): void {
    this.#dials.shift()!.flow.refused(what);
  }

  /** The oldest lookup is answered; without addresses there is no such name. */
  resolved(...addresses: string[]): void {
    this.#lookups.shift()!.resolved({ addresses, problem: addresses.length === 0 ? "no such name" : "" });
  }

  /** The system gives up on the oldest lookup. */
  unanswered(): void {
    this.#lookups.shift()!.resolved({ addresses: [], problem: "no name server answers", isSilent: true });
  }

  /** The oldest check of credentials is answered. */
  /** Whose checks are waited for still. */
  get checking(): string[] {
    return this.#checks.filter(({ isOver }) => !isOver).map(({ asker }) => asker);
  }

  verified(verdict: Verdict): void {
    this.#checks.shift()!.verified(verdict);
  }

  /** Time goes by, tick by tick; dials that take too long end. */
  pass(ms: number): void {
    const end = this.nowMs + ms;
    while (this.nowMs < end) {
      this.nowMs = Math.min(end, this.nowMs + tickMs);
      this.#wheel.advance(this.nowMs);
      const late = this.#dials.filter(({ deadlineMs }) => deadlineMs <= this.nowMs);
      for (const dial of late) {
        this.#dials.splice(this.#dials.indexOf(dial), 1);
        dial.flow.refused(fault("connect_timeout"));
      }
      if (this.nowMs - this.#sweptMs >= sweepMs) {
        this.#sweptMs = this.nowMs;
        this.context.sweep();
      }
      if (this.context.isWaiting) this.context.pollWaiting();
    }
  }

  reload(options: PlanOptions): void {
    const plan: Plan = makePlan(options);
    this.context.adopt(new Site(plan, this.#parts, this.context.site));
  }

  /** The time to drain is over. */
  cut(): void {
    this.context.cut();
  }

  drain(): void {
    this.context.drain();
  }

  setServer(slot: number, isUp: boolean): void {
    setServer(arena, slot, isUp);
  }

  // ---- what is expected ----

  /** Everything said since the last `expect`, in order. */
  expect(...expected: string[]): void {
    const said = this.take();
    if (said.length === expected.length && said.every((line, index) => line === expected[index])) return;
    throw new Error(`the flows said something else:\n${difference(expected, said)}`);
  }

  /** As `expect`, when only some lines matter: those must be among what was said. */
  expectAmong(...expected: string[]): void {
    const said = this.take();
    if (expected.every((line) => said.includes(line))) return;
    throw new Error(`the flows said something else:\n${difference(expected, said)}`);
  }

  /** What was said since the last `expect`. */
  take(): string[] {
    return this.#said.splice(0).map(({ who, what }) => (who === "" ? what : `${who} ${what}`));
  }

  /** Nothing is left over: no client, no exchange in flight, nobody waiting. */
  expectNothingLeft(): void {
    this.expectNothingLeftBut(0);
  }

  /** The same, but for so many clients. */
  expectNothingLeftBut(clients: number): void {
    const left: string[] = [];
    if (this.context.downstreams.size !== clients) left.push(`${this.context.downstreams.size} clients`);
    if (this.context.waiting.size > 0) left.push("a waiting room");
    if (this.context.followers.size > 0) left.push("who waits for a cache");
    for (const server of this.context.site.plan.pools.flatMap((pool) => pool.servers)) {
      const active = this.totals.active(server.slot);
      if (active !== 0) left.push(`${active} in flight at ${server.name}`);
    }
    for (const { slot } of this.context.site.plan.routes) {
      const open = this.totals.route(slot, routeCell.open);
      if (open !== 0) left.push(`${open} streams on route ${slot}`);
    }
    if (left.length > 0) throw new Error(`left over: ${left.join(", ")}`);
  }
}

interface Note {
  readonly who: string;
  what: string;
}

/** Both lists side by side: what was missing is marked with "-", what nobody expected with "+". */
function difference(expected: readonly string[], said: readonly string[]): string {
  const lines: string[] = [];
  let at = 0;
  for (const line of expected) {
    const found = said.indexOf(line, at);
    if (found === -1) {
      lines.push(`  - ${line}`);
      continue;
    }
    for (; at < found; at++) lines.push(`  + ${said[at]}`);
    lines.push(`    ${line}`);
    at = found + 1;
  }
  for (; at < said.length; at++) lines.push(`  + ${said[at]}`);
  return lines.join("\n");
}
