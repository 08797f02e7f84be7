// What must hold at every moment of a run with carried connections, whatever goes wrong: memory and places at servers have
// their bounds; nothing is overdue; a side is read unless its bytes have nowhere to go; who waits is served in turn, and soon.

import type { Stream } from "../../../src/flow/stream.ts";
import type { Totals } from "../../../src/memory/tally.ts";
import { clientHelloBytesMax } from "../../../src/wire/clienthello.ts";
import type { SimDriver, SimLine } from "../driver.ts";
import { heldBytesMaxOf } from "../swarm.ts";
import { Violation, type World } from "../world.ts";
import type { Pair } from "./pair.ts";
import { serverSlots } from "./plan.ts";
import { checkOverdue, lateMs } from "./silence.ts";
import type { StreamSwarm } from "./streamswarm.ts";

/** One read under way when the other side stops taking, and one that comes in spite of the pause; before them the hello. */
const besideReadsMax = clientHelloBytesMax + 200;
/** Kept of what a client says while a server is sought for it, and after that the same two reads. */
const seekingBytesMax = 16 * 1024;
const lookEveryMs = 16;
/** A place that is free, and somebody who waits: by then they have met. */
const servedMs = 160;

export class Watch {
  readonly #world: World;
  readonly #swarm: StreamSwarm;
  readonly #totals: Totals;
  readonly #pairs: readonly Pair[];
  readonly drivers: SimDriver[] = [];
  /** By slot, as the board says. */
  readonly isUp: boolean[] = Array.from({ length: serverSlots }, () => true);
  #freeSinceMs = 0;
  #lookedMs = 0;

  constructor(world: World, swarm: StreamSwarm, totals: Totals, pairs: readonly Pair[]) {
    this.#world = world;
    this.#swarm = swarm;
    this.#totals = totals;
    this.#pairs = pairs;
  }

  /** What must hold at every moment. Never true: it is asked in place of an end. */
  look(): boolean {
    const { serverLimit, hasCrowd, readBytesMax } = this.#swarm;
    const heldBytesMax = hasCrowd ? heldBytesMaxOf(this.#swarm) : 2 * readBytesMax + besideReadsMax;
    for (const driver of this.drivers)
      if (driver.heldBytesMax > heldBytesMax) throw new Violation(`a line holds ${driver.heldBytesMax} bytes`);
    if (serverLimit > 0)
      for (let slot = 0; slot < serverSlots; slot++)
        if (this.#totals.active(slot) > serverLimit)
          throw new Violation(`${this.#totals.active(slot)} at a server for ${serverLimit}`);
    if (this.#world.nowMs - this.#lookedMs < lookEveryMs) return false;
    this.#lookedMs = this.#world.nowMs;
    let isWaiting = false;
    for (const pair of this.#pairs) {
      if (pair.isReported || pair.stream === null) continue;
      this.#lookAt(pair, pair.stream);
      isWaiting ||= pair.stream.attempt.isQueued && pair.stream.attempt.count === 0 && this.#hasPlace(pair.stream);
    }
    if (!isWaiting) this.#freeSinceMs = 0;
    else if (this.#freeSinceMs === 0) this.#freeSinceMs = this.#world.nowMs;
    else if (this.#world.nowMs - this.#freeSinceMs > servedMs)
      throw new Violation("somebody waits, and a place has been free for long");
    return false;
  }

  #hasPlace(stream: Stream): boolean {
    return stream.pool.plan.servers.some(
      ({ slot, connectionsMax }) =>
        this.isUp[slot] === true && (connectionsMax === 0 || this.#totals.active(slot) < connectionsMax),
    );
  }

  /** Nothing is overdue, and nothing was read that no server could have. */
  #lookAt(pair: Pair, stream: Stream): void {
    const { nowMs } = this.#world;
    const complain = (what: string): never => {
      throw new Violation(`${pair.name}: ${what}`);
    };
    if (pair.up !== null) {
      const overdue = checkOverdue(stream, pair.line, pair.up, nowMs);
      if (overdue !== null) complain(overdue);
      if (isLeftUnread(pair.line, pair.up)) complain("the client is not read, and nothing is held for the server");
      if (isLeftUnread(pair.up, pair.line)) complain("the server is not read, and nothing is held for the client");
      return;
    }
    const { attempt, listener } = stream;
    if (attempt.isQueued && nowMs - pair.queuedMs > stream.pool.plan.queue.timeoutMs + lateMs)
      complain("waits for too long");
    const isNamed = listener.names !== null;
    if (isNamed && attempt.count === 0 && !attempt.isQueued) {
      const { handshakeMs, lingerMs } = listener.plan.timeouts;
      const limitMs = stream.fault === null ? handshakeMs : handshakeMs + lingerMs + lateMs;
      if (nowMs - stream.startedMs > limitMs + lateMs)
        complain(`no end of its hello after ${nowMs - stream.startedMs} ms`);
    }
    const keptMax = isNamed ? clientHelloBytesMax : seekingBytesMax;
    if (pair.line.receivedBytes > 2 * this.#swarm.readBytesMax + keptMax && stream.fault === null)
      complain(`${pair.line.receivedBytes} bytes were read, and no server has it`);
  }

  /** Who comes later, or goes on later, does not overtake one that waits for the same. */
  checkTurn(pair: Pair): void {
    const stream = pair.stream!;
    if (stream.attempt.count > 1) return;
    for (const other of this.#pairs) {
      const waiting = other.stream;
      if (other === pair || waiting === null || !waiting.attempt.isQueued || waiting.attempt.count > 0) continue;
      if (waiting.pool !== stream.pool || (pair.queuedOrder > 0 && other.queuedOrder > pair.queuedOrder)) continue;
      throw new Violation(`${pair.name} overtakes ${other.name}, which waits for the same pool`);
    }
  }
}

/** Whose bytes go to `other`, at a moment when no flow is at work. */
function isLeftUnread(line: SimLine, other: SimLine): boolean {
  return line.isPaused && !line.isGone && !line.isEndTold && other.heldBytes === 0;
}
