// One client of a UDP listener, by address and port, and the server that was picked for it. Datagrams go there from a socket of
// the session's own, so that the answers of two clients cannot be mistaken for each other and ICMP errors find their session.
// The session ends when both sides are silent, when it has carried as many datagrams as it may, or when the server refuses.
// A server that refuses before it has ever answered counts as one that could not be connected to; what it was sent in the last
// second goes to another one. Nothing else is ever sent twice, nothing waits, and no more than a few datagrams are kept.

import { type Fault, fault } from "../base/fault.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import { bucketOf, listenerCell, poolCell, routeCell, serverCell, sharedServerWord } from "../memory/tally.ts";
import { countAccepted, countClosed, countSessions } from "./account.ts";
import type { Context, Session } from "./context.ts";
import { chooseServer, isSameServer } from "./datagramchoice.ts";
import type { DatagramDoor, DatagramFlow, DatagramLine, DatagramPort } from "./datagramport.ts";
import { DatagramSilence } from "./datagramsilence.ts";
import { Unanswered } from "./datagramunanswered.ts";
import { isOurs } from "./egress/blame.ts";
import type { WakeFlow } from "./port.ts";
import type { SilenceLimits } from "./silence.ts";
import type { ListenerSite, PoolSite, ServerSite, Site } from "./site.ts";

/**
 * How long a session that takes no more requests, or whose worker drains, may be silent: the answer to the last request should
 * come by then. Longer costs descriptors when each request is a session of its own.
 */
export const lingerMs = 5_000;

/** What sessions of one listener share. */
export interface SessionOwner {
  readonly context: Context;
  readonly port: DatagramPort;
  /** The client's next datagram is to begin another session. */
  detached(session: DatagramSession): void;
  /** Told once of each session; it is over. */
  ended(session: DatagramSession): void;
}

export class DatagramSession implements DatagramFlow, WakeFlow, Session {
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  place = -1;

  /** As the system writes it: what replies are sent to. */
  readonly address: string;
  readonly port: number;
  readonly startedMs: number;
  listener: ListenerSite;
  pool: PoolSite;
  /** The last server that it was sent to. */
  server: ServerSite;
  bytesUp = 0;
  bytesDown = 0;
  requests = 0;
  responses = 0;
  /** Servers tried. */
  attempts = 0;
  /** Why it ended; null when it was merely over. */
  fault: Fault | null = null;
  door: DatagramDoor;
  readonly #owner: SessionOwner;
  readonly #key: number;
  #site: Site;
  #line: DatagramLine | null = null;
  #tried: Uint8Array | null = null;
  /** The server under way has answered. */
  #isAnswered = false;
  /** It takes no more requests, only answers. */
  #isSpent = false;
  /** It counts as in flight at its server. */
  #isActive = true;
  #isEnded = false;
  readonly #silence: DatagramSilence;
  readonly #unanswered: Unanswered = new Unanswered();

  /** `index` is the server that was picked, where the session counts as in flight already. */
  constructor(
    owner: SessionOwner,
    listener: ListenerSite,
    client: { readonly address: string; readonly port: number; readonly key: number },
    index: number,
    door: DatagramDoor,
  ) {
    const { context } = owner;
    this.#owner = owner;
    this.#site = context.site;
    this.#key = client.key;
    this.address = client.address;
    this.port = client.port;
    this.door = door;
    this.listener = listener;
    this.pool = listener.route.pool!;
    this.server = this.pool.servers[index]!;
    this.startedMs = context.port.nowMs;
    this.#silence = new DatagramSilence(this.startedMs);
    countAccepted(context.tally, listener.row);
    countSessions(context.tally, 1);
    context.tally.cells[listener.route.row + routeCell.open]!++;
    context.downstreams.add(this);
    this.#open();
    if (!this.#isEnded) this.#wake();
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get serverName(): string {
    return this.server.plan.name;
  }

  /** Whether its server stands in the plan in force, and is up or being drained. */
  isServed(): boolean {
    const { site } = this.#owner.context;
    if (site !== this.#site && !this.#follow(site)) return false;
    return this.pool.backends.isKept(this.server.index);
  }

  /** A datagram of the client. */
  carry(bytes: Uint8Array): void {
    const { port, tally } = this.#owner.context;
    this.#silence.clientMs = port.nowMs;
    this.requests++;
    this.bytesUp += bytes.length;
    tally.cells[this.listener.row + listenerCell.bytesReceived]! += bytes.length;
    tally.cells[this.listener.route.row + routeCell.bytesUp]! += bytes.length;
    if (!this.#isAnswered) this.#unanswered.add(bytes, port.nowMs);
    this.#send(bytes);
    const { udp } = this.listener.plan;
    if (udp === null || udp.requestsMax === 0 || this.requests < udp.requestsMax || this.#isSpent) return;
    this.#isSpent = true;
    this.#owner.detached(this);
    this.#wake();
  }

  // ---- what its socket is told ----

  received(bytes: Uint8Array): void {
    if (this.#isEnded) return;
    const { port, tally } = this.#owner.context;
    this.#silence.serverMs = port.nowMs;
    if (!this.#isAnswered) this.#answered();
    tally.cells[this.server.row + serverCell.bytesReceived]! += bytes.length;
    tally.cells[this.listener.route.row + routeCell.bytesDown]! += bytes.length;
    if (this.door.send(bytes, this.address, this.port)) {
      this.bytesDown += bytes.length;
      tally.cells[this.listener.row + listenerCell.bytesSent]! += bytes.length;
    } else tally.cells[this.listener.row + listenerCell.droppedDatagrams]!++;
    this.responses++;
    const { udp } = this.listener.plan;
    if (udp !== null && udp.responsesMax > 0 && this.responses >= udp.responsesMax) this.end(null);
  }

  refused(what: Fault): void {
    if (this.#isEnded) return;
    if (this.#isAnswered) this.end(fault("server_reset"));
    else this.#goElsewhere(what);
  }

  // ---- its end ----

  ticked(nowMs: number): void {
    if (this.#isEnded) return;
    const verdict = this.#silence.judge(this.#limits(), nowMs);
    if (verdict === null) this.#wake();
    else this.end(verdict === "over" ? null : verdict);
  }

  drain(): void {
    if (!this.#isEnded) this.#wake();
  }

  cut(): void {
    this.end(fault("draining"));
  }

  end(what: Fault | null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.fault = what;
    const isServed = this.#line !== null;
    this.#leave();
    const { context } = this.#owner;
    context.port.forget(this);
    context.downstreams.delete(this);
    countClosed(context.tally, this.listener.row);
    countSessions(context.tally, -1);
    this.#count(isServed);
    this.#unanswered.clear();
    this.door.close();
    this.#owner.ended(this);
  }

  /** For its route, as a stream counts: one that no server took was dropped, one that a fault has ended aborted. */
  #count(isServed: boolean): void {
    const { port, tally } = this.#owner.context;
    const { cells } = tally;
    const { row } = this.listener.route;
    cells[row + routeCell.open]!--;
    if (!isServed) cells[row + routeCell.dropped]!++;
    if (!isServed) return;
    const seconds = (port.nowMs - this.startedMs) / 1000;
    cells[row + routeCell.sessions]!++;
    cells[row + routeCell.durationSum]! += seconds;
    cells[row + routeCell.bucket + bucketOf(seconds)]!++;
    if (this.fault !== null) cells[row + routeCell.aborted]!++;
  }

  // ---- its server ----

  /** A socket to the server that was picked, or to one that can be had instead. */
  #open(): void {
    this.attempts++;
    const { context, port } = this.#owner;
    const { cells } = context.tally;
    const { row } = this.server;
    cells[row + serverCell.calls]!++;
    const line = port.connect(this.server.plan, this);
    if ("code" in line) return this.#goElsewhere(line);
    this.#line = line;
    cells[row + serverCell.connects]!++;
    cells[row + serverCell.open]!++;
  }

  #send(bytes: Uint8Array): void {
    const { cells } = this.#owner.context.tally;
    if (this.#line?.send(bytes) === true) cells[this.server.row + serverCell.bytesSent]! += bytes.length;
    else cells[this.listener.row + listenerCell.droppedDatagrams]!++;
  }

  /** The first answer. Reading first spares the write to a word that all workers share. */
  #answered(): void {
    this.#isAnswered = true;
    this.#unanswered.clear();
    const { words } = this.#owner.context.tally;
    const word = this.server.sharedRow + sharedServerWord.consecutiveFailures;
    if (words[word] !== 0) Atomics.store(words, word, 0);
  }

  #goElsewhere(what: Fault): void {
    const { cells, words } = this.#owner.context.tally;
    const { pool } = this;
    // For want of room here nobody was asked.
    if (!isOurs(what)) {
      cells[this.server.row + serverCell.connectFailures]!++;
      Atomics.add(words, this.server.sharedRow + sharedServerWord.consecutiveFailures, 1);
    }
    this.#leave();
    if (!pool.plan.redispatch || this.attempts > pool.plan.retries) return this.end(what);
    this.#tried ??= new Uint8Array(pool.servers.length);
    this.#tried[this.server.index] = 1;
    const index = chooseServer(pool, this.#key, this.#tried);
    if (index === -1) return this.end(what);
    cells[pool.row + poolCell.retries]!++;
    cells[pool.row + poolCell.redispatches]!++;
    this.server = pool.servers[index]!;
    this.#isActive = true;
    const { nowMs } = this.#owner.context.port;
    this.#silence.serverMs = nowMs;
    this.#open();
    for (const bytes of this.#unanswered.recent(nowMs)) if (!this.#isEnded) this.#send(bytes);
  }

  #leave(): void {
    if (this.#line !== null) {
      this.#line.close();
      this.#line = null;
      this.#owner.context.tally.cells[this.server.row + serverCell.open]!--;
    }
    if (this.#isActive) this.pool.backends.finish(this.server.index);
    this.#isActive = false;
  }

  /** Obey another plan, if the server stands in it. Without the listener it goes on as it was: it was let go on for that. */
  #follow(site: Site): boolean {
    this.#site = site;
    const listener = site.listener(this.listener.plan.slot);
    if (listener === undefined) return true;
    const pool = listener.route.pool;
    const server = pool?.servers.find(({ plan }) => isSameServer(plan, this.server.plan));
    if (pool === null || server === undefined) return false;
    const { cells } = this.#owner.context.tally;
    cells[this.listener.route.row + routeCell.open]!--;
    cells[listener.route.row + routeCell.open]!++;
    this.listener = listener;
    this.pool = pool;
    this.server = server;
    this.#tried = null;
    // Times may have become shorter.
    this.#wake();
    return true;
  }

  // ---- its time ----

  /** The earliest moment at which it may be over; looked at again then, so that a datagram need not move it. */
  #wake(): void {
    this.#owner.context.port.wake(this, this.#silence.deadlineMs(this.#limits()));
  }

  #limits(): SilenceLimits {
    const { clientIdleMs, tunnelMs } = this.listener.plan.timeouts;
    const { serverIdleMs } = this.pool.plan.timeouts;
    const isShort = this.#isSpent || this.#owner.context.isDraining;
    return { clientIdleMs, serverIdleMs, tunnelMs: isShort ? Math.min(tunnelMs || lingerMs, lingerMs) : tunnelMs };
  }
}
