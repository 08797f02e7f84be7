// A hashed timer wheel for many deadlines that nearly always move later: every request of every connection sets a new one.
// It knows nothing of clocks: whoever owns it says `advance(nowMs)`, about once a tick. Nodes are linked through fields of
// their own, so that setting, moving and removing allocate nothing.
//
//   tick   …  102   103   104   105  …          slot of tick t = t mod 1024; a tick is 64 ms, the wheel 65.5 s
//             [ ]   [a]   [ ]   [b]             a, b: circular lists around a sentinel; a node stands in one slot or in none
//                          ^ #tick: all slots up to here have come up
//
// Lazy: a deadline that moves later is only written into the node. When the node's old slot comes up and the deadline has
// not passed, the node is put in again where it now belongs; the same serves deadlines beyond the wheel. A deadline of 0
// (never) is dropped when the slot comes up. So a node is called at or up to one tick after its deadline, never before.

import { assert } from "./assert.ts";

/** How late a call may be, and how often `advance` should be said. */
export const tickMs = 64;

const slotCount = 1024;
const slotMask = slotCount - 1;

/** What can stand in a wheel. The owner of the node initialises the three wheel fields to null, null and -1 and leaves them alone. */
export interface WheelNode {
  /** 0 is never. */
  deadlineMs: number;
  /** Called once per deadline, which is 0 by then; it may set, remove and re-set any node, this one too. */
  ticked(nowMs: number): void;
  wheelNext: WheelNode | null;
  wheelPrev: WheelNode | null;
  /** The tick at which the wheel will look at this node; -1 when it stands in no slot. */
  wheelSlot: number;
}

class Sentinel implements WheelNode {
  deadlineMs = 0;
  wheelNext: WheelNode = this;
  wheelPrev: WheelNode = this;
  wheelSlot = -1;
  ticked(): void {}
}

export class TimerWheel {
  readonly #slots: readonly Sentinel[] = Array.from({ length: slotCount }, () => new Sentinel());
  /** What came up in the `advance` under way. A call that throws leaves the rest here for the next `advance`. */
  readonly #due = new Sentinel();
  #tick: number;
  #size = 0;
  #isAdvancing = false;

  constructor(nowMs: number) {
    this.#tick = Math.floor(nowMs / tickMs);
  }

  /** Nodes that stand in a slot, those whose deadline has been set to 0 meanwhile included. */
  get size(): number {
    return this.#size;
  }

  /** Call `node.ticked` once `deadlineMs` has passed; replaces the deadline it had. 0 is never. */
  set(node: WheelNode, deadlineMs: number): void {
    node.deadlineMs = deadlineMs;
    if (deadlineMs === 0) return;
    // The node will be looked at no later than it must be: the way of nearly every call.
    if (node.wheelSlot !== -1 && (node.wheelSlot - 1) * tickMs < deadlineMs) return;
    this.#place(node);
  }

  /** Forget the node at once. For one that will not come back: a node whose deadline is 0 is held until its slot comes up. */
  remove(node: WheelNode): void {
    node.deadlineMs = 0;
    if (node.wheelSlot !== -1) this.#unlink(node);
  }

  /**
   * Call all nodes whose deadline has passed, those of the tick under way excepted. A node that sets itself anew from its
   * call waits for a later `advance`, even with a deadline in the past: this always ends.
   */
  advance(nowMs: number): void {
    const tick = Math.floor(nowMs / tickMs);
    if (tick <= this.#tick) return;
    assert(!this.#isAdvancing, "advance was called from inside ticked");
    this.#isAdvancing = true;
    try {
      // After a jump of the clock every slot is due, each once: no node stands further away than the wheel is long.
      for (let due = Math.max(this.#tick + 1, tick - slotMask); due <= tick; due++)
        splice(this.#slots[due & slotMask]!, this.#due);
      this.#tick = tick;
      this.#callDue(nowMs);
    } finally {
      this.#isAdvancing = false;
    }
  }

  #callDue(nowMs: number): void {
    // The list is read again from its head each time: a call may have removed what stood next.
    for (let node = this.#due.wheelNext; node !== this.#due; node = this.#due.wheelNext) {
      this.#unlink(node);
      if (node.deadlineMs === 0) continue;
      if (node.deadlineMs > nowMs) {
        this.#place(node);
        continue;
      }
      node.deadlineMs = 0;
      node.ticked(nowMs);
    }
  }

  /** Put the node where its deadline belongs, unless it stands in a slot that comes up sooner. */
  #place(node: WheelNode): void {
    const wanted = Math.ceil(node.deadlineMs / tickMs);
    const tick = Math.min(Math.max(wanted, this.#tick + 1), this.#tick + slotCount);
    if (node.wheelSlot !== -1) {
      if (node.wheelSlot <= tick) return;
      this.#unlink(node);
    }
    const sentinel = this.#slots[tick & slotMask]!;
    const last = sentinel.wheelPrev;
    node.wheelSlot = tick;
    node.wheelPrev = last;
    node.wheelNext = sentinel;
    last.wheelNext = node;
    sentinel.wheelPrev = node;
    this.#size++;
  }

  #unlink(node: WheelNode): void {
    const next = node.wheelNext!;
    const previous = node.wheelPrev!;
    previous.wheelNext = next;
    next.wheelPrev = previous;
    node.wheelNext = null;
    node.wheelPrev = null;
    node.wheelSlot = -1;
    this.#size--;
  }
}

/** Move all nodes of one list to the end of another. */
function splice(from: Sentinel, to: Sentinel): void {
  const first = from.wheelNext;
  if (first === from) return;
  const last = from.wheelPrev;
  from.wheelNext = from;
  from.wheelPrev = from;
  first.wheelPrev = to.wheelPrev;
  to.wheelPrev.wheelNext = first;
  last.wheelNext = to;
  to.wheelPrev = last;
}
