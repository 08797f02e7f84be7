// The simulated driver: the port of flow/port.ts over the virtual network. It does what src/data does with sockets, keeps the
// laws of the port, and watches that the flows keep theirs: nothing is said to a connection that the flow has let go.

import { type Fault, fault } from "../../src/base/fault.ts";
import { TimerWheel, tickMs } from "../../src/base/timerwheel.ts";
import type { AuthPlan, ServerPlan } from "../../src/config/plan.ts";
import { Outbox, type Sender } from "../../src/data/outbox.ts";
import { largeReadBytes } from "../../src/data/reads.ts";
import type { Context } from "../../src/flow/context.ts";
import type {
  Coder,
  CoderFlow,
  CoderWork,
  DialFlow,
  Line,
  LineFlow,
  Port,
  Resolution,
  ResolveFlow,
  TurnFlow,
  Verdict,
  VerifyFlow,
  WakeFlow,
} from "../../src/flow/port.ts";
import type { TrialPages } from "../../src/memory/cachestore/sample.fixture.ts";
import { FakeCoder } from "../playbook/coder.ts";
import type { End } from "./network.ts";
import { Violation, type World } from "./world.ts";

const sweepMs = 1000;
const pollMs = 4;

/** How a server answers a dial. */
export type Answer =
  /** `tooLate`: the flow has been told of a refusal before. */
  | { kind: "accept"; end: End; delayMs: number; tooLate?: () => void; alpn?: string }
  | { kind: "refuse"; delayMs: number }
  | { kind: "hang" };

export class SimDriver implements Port {
  readonly world: World;
  spent: Uint8Array | null = null;
  /** Those that gave way. */
  readonly #waiting: TurnFlow[] = [];
  readonly wheel: TimerWheel;
  readonly #answer: (server: ServerPlan, preface: Uint8Array | null, isHttp1: boolean) => Answer;
  #context: Context | null = null;
  #isInFlow = false;
  #isDead = false;
  readonly #isGivingAway: boolean;
  #sweptMs = 0;
  /** Lines that are open, to see that none is left. */
  readonly lines: Set<SimLine> = new Set();
  heldBytesMax = 0;
  /** Those of the file that the cache stands in. */
  pages: TrialPages | null = null;
  pagesTaken = 0;
  /** Addresses of names. */
  readonly names: Map<string, readonly string[]> = new Map();
  dialsOpen = 0;
  /** Null: whatever is sent is written at once. */
  readonly outbox: Outbox | null;

  constructor(world: World, answer: (server: ServerPlan, preface: Uint8Array | null, isHttp1: boolean) => Answer) {
    this.world = world;
    this.outbox = world.chance(0.5) ? new Outbox(rethrow, (call) => world.after(world.skewed(0.01, 5), call)) : null;
    this.#answer = answer;
    this.#isGivingAway = world.chance(0.5);
    this.wheel = new TimerWheel(world.nowMs);
  }

  get nowMs(): number {
    return this.world.nowMs;
  }

  get sharedMs(): number {
    return this.world.nowMs >>> 0;
  }

  get wallMs(): number {
    return this.world.wallMs;
  }

  random(): number {
    return this.world.prng.next();
  }

  start(context: Context): void {
    this.#context = context;
    this.#tick();
    this.#poll();
  }

  wake(flow: WakeFlow, deadlineMs: number): void {
    if (!(deadlineMs >= 0)) throw new Violation(`a deadline of ${deadlineMs}`);
    this.wheel.set(flow, deadlineMs);
  }

  forget(flow: WakeFlow): void {
    this.wheel.remove(flow);
  }

  /** Nobody at once makes one give way at any time. */
  get requestsAtOnce(): number {
    return this.world.chance(0.3) ? 0 : this.world.between(1, 4);
  }

  /** They go on in their order, at any time. */
  giveWay(flow: TurnFlow): void {
    this.#waiting.push(flow);
    this.world.after(this.world.skewed(0.01, 20), () => {
      const next = this.#waiting.shift()!;
      this.tell(() => next.goOn());
    });
  }

  dial(server: ServerPlan, flow: DialFlow, timeoutMs: number, preface: Uint8Array | null, isHttp1 = false): void {
    const answer = this.#answer(server, preface, isHttp1);
    this.dialsOpen++;
    let isAnswered = false;
    const refuse = (what: Fault): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.dialsOpen--;
      this.tell(() => flow.refused(what));
    };
    this.world.after(timeoutMs, () => refuse(fault("connect_timeout")));
    if (answer.kind === "hang") return;
    if (answer.kind === "accept") answer.end.expect();
    this.world.after(answer.delayMs + 0.01, () => {
      if (answer.kind === "refuse") return refuse(fault("connect_refused"));
      if (isAnswered) {
        answer.tooLate?.();
        return answer.end.close();
      }
      // Accepted and reset before we knew.
      if (answer.end.isClosed) return refuse(fault("connect_refused"));
      isAnswered = true;
      this.dialsOpen--;
      const line = new SimLine(this, answer.end);
      if (answer.alpn !== undefined) line.alpn = answer.alpn;
      if (preface !== null) line.open(preface);
      line.flow = flow;
      this.tell(() => flow.connected(line));
    });
  }

  warn(): void {}

  resolve(name: string, flow: ResolveFlow): Resolution | null {
    const addresses = this.names.get(name) ?? [];
    const problem = addresses.length === 0 ? "no such name" : "";
    if (this.random() < 0.5) return { addresses, problem };
    this.world.after(this.random() * 20, () => this.tell(() => flow.resolved({ addresses, problem })));
    return null;
  }

  /** Only plain passwords. */
  verify(auth: AuthPlan, name: string, password: Uint8Array, flow: VerifyFlow): Verdict | null {
    const secret = `{PLAIN}${Buffer.from(password).toString()}`;
    const verdict = auth.users.some((user) => user.name === name && user.secret === secret) ? "good" : "bad";
    if (this.random() < 0.5) return verdict;
    this.world.after(this.random() * 20, () => this.tell(() => flow.verified(verdict)));
    return null;
  }

  coder(work: CoderWork, flow: CoderFlow): Coder {
    const { world } = this;
    const later = (call: () => void): void => world.after(world.skewed(0.01, 20), () => this.tell(call));
    return new FakeCoder(work, flow, later, (bytes) => (world.chance(0.5) ? bytes : world.between(1, bytes)));
  }

  /** Every call into a flow goes through here: flows are never entered twice. */
  tell(call: () => void): void {
    if (this.#isDead) return;
    if (this.#isInFlow) throw new Violation("a flow was called during a call that a flow makes");
    this.#isInFlow = true;
    try {
      call();
    } finally {
      this.#isInFlow = false;
    }
    this.#takeBack();
  }

  /** Whoever looks at what is spent all the same finds no content of anybody's, or nothing at all, as with src/data. */
  #takeBack(): void {
    const { spent } = this;
    if (spent === null) return;
    this.spent = null;
    if (spent.length >= largeReadBytes) this.world.note("driver", `takes back ${spent.length} bytes`);
    const isWhole = spent.buffer.byteLength === spent.length;
    if (this.#isGivingAway && isWhole) (spent.buffer as ArrayBuffer).transfer(0);
    else spent.fill(0xee);
  }

  /** The worker is no more: nothing is told to its flows, and its connections are reset. */
  kill(): void {
    this.#isDead = true;
    for (const line of [...this.lines]) line.reset();
  }

  #tick(): void {
    if (this.#isDead) return;
    this.tell(() => this.wheel.advance(this.nowMs));
    this.tell(() => this.#context!.giveUp());
    if (this.nowMs - this.#sweptMs >= sweepMs) {
      this.#sweptMs = this.nowMs;
      this.tell(() => this.#context!.sweep());
    }
    this.world.after(tickMs, () => this.#tick());
  }

  #poll(): void {
    if (this.#isDead) return;
    if (this.#context!.isWaiting) this.tell(() => this.#context!.pollWaiting());
    this.world.after(this.#context!.isWaiting ? pollMs : tickMs, () => this.#poll());
  }
}

function rethrow(error: Error): never {
  throw error;
}

export class SimLine implements Line, Sender {
  flow: LineFlow | null = null;
  readonly takesFiles = true;
  alpn?: string;
  readonly socket: End;
  readonly #driver: SimDriver;
  #held: Uint8Array | null = null;
  /** Left of an offer: what is said next has to begin with it. */
  #left: Uint8Array | null = null;
  #isEnding = false;
  #isGone = false;
  /** Something waits in the outbox. */
  #isPosted = false;
  // What judges of silence and of counts look at.
  /** By the flow. */
  sentBytes = 0;
  receivedBytes = 0;
  receivedMs = 0;
  /** The peer took of what was held for it, or there began to be something to take. */
  takenMs = 0;
  drainedMs = 0;
  isEndTold = false;
  isPaused = false;
  /** What was held when the flow let go. */
  heldLastBytes = 0;

  constructor(driver: SimDriver, end: End) {
    this.#driver = driver;
    this.socket = end;
    end.listen({
      data: (bytes) => this.#received(bytes),
      writable: () => this.#flush(),
      end: () => this.#ended(),
      closed: (isReset) => this.#closed(isReset),
    });
    driver.lines.add(this);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get isHolding(): boolean {
    return this.#held !== null;
  }

  get heldBytes(): number {
    this.#settle();
    return this.#held?.length ?? 0;
  }

  /** The first bytes of all: the driver's own. */
  open(preface: Uint8Array): void {
    const taken = this.socket.write(preface, 0, preface.length);
    if (taken >= 0 && taken < preface.length) this.#held = preface.slice(taken);
  }

  // ---- what the flow says ----

  send(bytes: Uint8Array, start: number, end: number): boolean {
    this.#check("send");
    if (this.#isEnding) throw new Violation(`${this.socket.name}: send after end`);
    if (!(start >= 0 && start <= end && end <= bytes.length)) throw new Violation(`send of [${start}, ${end})`);
    if (this.#driver.world.trace !== null) this.#note(`< ${excerpt(bytes.subarray(start, end))}`);
    this.#goOn(bytes, start, end);
    this.sentBytes += end - start;
    return this.#post(bytes, start, end) || this.#write(bytes, start, end);
  }

  // ---- the outbox ----

  depart(bytes: Uint8Array, start: number, end: number): void {
    this.#isPosted = false;
    if (!this.#isGone) this.#write(bytes, start, end);
  }

  finish(): void {
    this.#settle();
    if (!this.#isGone && this.#held === null) this.socket.shutdown();
  }

  /** False: it is to be written now, behind what has waited. */
  #post(bytes: Uint8Array, start: number, end: number): boolean {
    const { outbox, nowMs } = this.#driver;
    if (outbox === null || this.#held !== null) return false;
    const isPosted = outbox.keep(this, bytes, start, end, nowMs);
    if (isPosted) this.#isPosted = true;
    else this.#settle();
    return isPosted;
  }

  #settle(): void {
    if (this.#isPosted) this.#driver.outbox!.flush();
  }

  #write(bytes: Uint8Array, start: number, end: number): boolean {
    const taken = this.#held === null ? this.socket.write(bytes, start, end) : 0;
    if (taken < 0 || taken === end - start) return true;
    const rest = bytes.subarray(start + taken, end);
    if (this.#held === null) this.takenMs = this.#driver.nowMs;
    this.#held = this.#held === null ? rest.slice() : new Uint8Array(Buffer.concat([this.#held, rest]));
    this.#driver.heldBytesMax = Math.max(this.#driver.heldBytesMax, this.#held.length);
    return false;
  }

  /** Of what there is room for it may be any part that is taken. */
  offer(bytes: Uint8Array, start: number, end: number): number {
    this.#check("offer");
    if (this.#isEnding) throw new Violation(`${this.socket.name}: offer after end`);
    if (!(start >= 0 && start <= end && end <= bytes.length)) throw new Violation(`offer of [${start}, ${end})`);
    this.#goOn(bytes, start, end);
    if (this.#held !== null) return 0;
    const { world } = this.#driver;
    if (world.chance(0.5) && this.#post(bytes, start, end)) {
      this.sentBytes += end - start;
      return end - start;
    }
    this.#settle();
    if (this.#held !== null) return 0;
    const stop = world.chance(0.5) ? end : world.between(start, end);
    const taken = this.socket.write(bytes, start, stop);
    if (taken < 0) return end - start;
    if (world.trace !== null)
      this.#note(`< ${excerpt(bytes.subarray(start, start + taken))} of ${end - start} offered`);
    this.sentBytes += taken;
    if (taken === end - start) return taken;
    this.#left = bytes.slice(start + taken, end);
    if (start + taken === stop) world.after(world.between(0, 20) + 0.01, () => this.#flush());
    return taken;
  }

  /** The pages are held for ever, as if the peer never took anything. */
  offerFile(file: number, bytes: Uint8Array, start: number, end: number): number {
    const { pages } = this.#driver;
    if (file !== pages?.descriptor) throw new Violation(`${this.socket.name}: offers file ${file}`);
    const taken = this.offer(bytes, start, end);
    pages.hold(start, start + taken);
    this.#driver.pagesTaken++;
    return taken;
  }

  #goOn(bytes: Uint8Array, start: number, end: number): void {
    const left = this.#left;
    this.#left = null;
    if (left !== null && Buffer.compare(bytes.subarray(start, Math.min(end, start + left.length)), left) !== 0)
      throw new Violation(`${this.socket.name}: what was left of an offer is not what is said next`);
  }

  pause(): void {
    this.#check("pause");
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    this.#check("resume");
    this.isPaused = false;
    this.socket.resume();
  }

  end(): void {
    this.#check("end");
    this.#note("end");
    this.#isEnding = true;
    if (this.#held !== null) return;
    if (this.#driver.outbox === null) this.socket.shutdown();
    else this.#driver.outbox.finishLater(this);
  }

  destroy(): void {
    this.#check("destroy");
    this.#note("destroy");
    this.#settle();
    const hasMore = this.#held !== null || this.#left !== null;
    this.#let();
    if (hasMore) this.socket.reset();
    else this.socket.close();
  }

  reset(): void {
    this.#check("reset");
    this.#note("reset");
    this.#settle();
    this.#let();
    this.socket.reset();
  }

  /** A network on which nothing is lost has no way to forget a connection. */
  drop(): void {
    this.reset();
  }

  become(flow: LineFlow): void {
    this.#check("become");
    this.flow = flow;
  }

  #let(): void {
    this.heldLastBytes = this.#held?.length ?? 0;
    this.#isGone = true;
    this.flow = null;
    this.#held = null;
    this.#left = null;
    this.#driver.lines.delete(this);
  }

  #check(what: string): void {
    if (this.#isGone) throw new Violation(`${this.socket.name}: ${what} after the connection was let go`);
  }

  #note(what: string): void {
    this.#driver.world.note(this.socket.name, what);
  }

  // ---- what the network tells ----

  #received(bytes: Uint8Array): void {
    if (this.flow === null) return;
    this.receivedBytes += bytes.length;
    this.receivedMs = this.#driver.nowMs;
    if (this.#driver.world.trace !== null) this.#note(`> ${excerpt(bytes)}`);
    // What is spent is written over, and the network may have more to do with its own.
    const copy = new Uint8Array(bytes);
    this.#driver.tell(() => this.flow!.received(copy));
  }

  #flush(): void {
    if (this.#held === null) {
      if (this.#left !== null && this.flow !== null) this.#driver.tell(() => this.flow!.drained());
      return;
    }
    const taken = this.socket.write(this.#held, 0, this.#held.length);
    if (taken !== 0) this.takenMs = this.#driver.nowMs;
    if (taken >= 0 && taken < this.#held.length) {
      this.#held = this.#held.subarray(taken);
      return;
    }
    this.#held = null;
    this.drainedMs = this.#driver.nowMs;
    if (this.#isEnding) this.socket.shutdown();
    if (this.flow !== null) this.#driver.tell(() => this.flow!.drained());
  }

  #ended(): void {
    this.#note("> FIN");
    this.isEndTold = true;
    if (this.flow !== null) this.#driver.tell(() => this.flow!.ended());
  }

  #closed(isReset: boolean): void {
    this.#note(`closed${isReset ? " by reset" : ""}`);
    const { flow } = this;
    this.#let();
    if (flow !== null) this.#driver.tell(() => flow.closed(isReset));
  }
}

function excerpt(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 200)).toString("latin1");
  return `${bytes.length} ${JSON.stringify(text)}`;
}
