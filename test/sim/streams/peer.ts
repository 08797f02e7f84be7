// One side of a carried connection: it does what its conduct says, at its own end of the network, and tells its judge what it
// was sent and how it ended. What it has sent and whether it has ended is kept for the judge to compare with.

import type { End } from "../network.ts";
import { Script } from "../script.ts";
import type { World } from "../world.ts";
import type { Conduct } from "./conduct.ts";
import type { Content } from "./content.ts";

const chunkBytes = 32 * 1024;
const none = new Uint8Array(0);

/** Is told of all that a side sees, before it counts there. */
export interface Judge {
  received(peer: Peer, bytes: Uint8Array): void;
  finTold(peer: Peer): void;
  resetTold(peer: Peer): void;
}

export class Peer {
  readonly name: string;
  readonly end: End;
  readonly content: Content;
  readonly conduct: Conduct;
  /** What comes before the other side's bytes, and is not to be echoed. */
  readonly header: Uint8Array;
  /** Taken by the network, from here and to here. */
  sent = 0;
  received = 0;
  /** It has ended its sending in order: what it sent is whole. */
  isShut = false;
  /** It has let go of the connection. */
  hasLeft = false;
  hasVanished = false;
  isFinTold = false;
  isResetTold = false;
  readonly #world: World;
  readonly #judge: Judge;
  readonly #script: Script;
  #goal: number;

  constructor(world: World, end: End, content: Content, conduct: Conduct, judge: Judge, header: Uint8Array = none) {
    this.#world = world;
    this.name = end.name;
    this.end = end;
    this.content = content;
    this.conduct = conduct;
    this.header = header;
    this.#judge = judge;
    this.#goal = 0;
    this.#script = new Script(world, end);
    world.note(this.name, JSON.stringify(conduct));
  }

  get isDone(): boolean {
    const isDeaf = this.hasVanished || this.conduct.reading === "never";
    return isDeaf || this.hasLeft || this.isResetTold || (this.isFinTold && this.isShut);
  }

  begin(): void {
    const { end, conduct } = this;
    end.ears = {
      data: (bytes) => this.#data(bytes),
      writable: () => this.#script.run(),
      end: () => this.#fin(),
      closed: (isReset) => {
        if (isReset) this.#reset();
        else this.#fin();
      },
    };
    if (conduct.reading === "never") end.pause();
    if (conduct.reading === "stall") this.#world.after(conduct.stallMs, () => this.#pause(conduct.stallsForMs));
    if (conduct.leavesMs > 0) this.#world.after(conduct.leavesMs, () => this.#leave(conduct.leaves));
    this.#plan();
    this.#script.run();
  }

  #plan(): void {
    const { conduct } = this;
    const script = this.#script;
    if (conduct.startMs > 0) script.wait(conduct.startMs);
    if (conduct.isEcho) {
      script.gate(() => this.#push(this.received - this.header.length) && this.isFinTold);
      script.act(() => this.#shut());
      return;
    }
    // A hello is not for the other side to wait for.
    if (this.content.first.length > 0) this.#send(this.content.first.length);
    if (conduct.isStartedByFin) script.gate(() => this.isFinTold);
    for (const { bytes, waitMs } of conduct.pieces) {
      this.#send(bytes);
      if (waitMs > 0) script.wait(waitMs);
    }
    if (conduct.last === "wait") script.gate(() => this.isFinTold);
    script.act(() => (conduct.last === "fin" || conduct.last === "wait" ? this.#shut() : this.#leave(conduct.last)));
  }

  #send(bytes: number): void {
    this.#goal += bytes;
    const goal = this.#goal;
    this.#script.gate(() => this.#push(goal));
  }

  /** Whether so many bytes have been taken. */
  #push(goal: number): boolean {
    while (this.sent < goal && !this.end.isClosed) {
      const wanted = Math.min(Math.max(chunkBytes, this.end.roomBytes), goal - this.sent);
      const bytes = this.content.slice(this.sent, wanted);
      const taken = this.end.write(bytes, 0, bytes.length);
      if (taken > 0) this.sent += taken;
      if (taken < bytes.length) return false;
    }
    return this.sent >= goal;
  }

  // ---- the end ----

  #shut(): void {
    if (this.end.isClosed || this.isShut) return;
    this.#world.note(this.name, "FIN");
    this.isShut = true;
    this.end.shutdown();
    if (this.isFinTold) this.#closeSoon();
  }

  #leave(how: "reset" | "close" | "vanish"): void {
    if (this.end.isClosed) return;
    this.#world.note(this.name, how);
    this.#script.stop();
    if (how === "vanish") {
      this.hasVanished = true;
      this.end.pause();
      return;
    }
    this.hasLeft = true;
    if (how === "reset" || this.end.arrivedBytes > 0) return this.end.reset();
    this.isShut = true;
    this.end.close();
  }

  #closeSoon(): void {
    this.#world.after(this.#world.skewed(0, 50), () => {
      this.hasLeft = true;
      this.end.close();
    });
  }

  // ---- what it sees ----

  #data(bytes: Uint8Array): void {
    if (this.hasVanished) return;
    this.#judge.received(this, bytes);
    this.received += bytes.length;
    if (this.conduct.reading === "slow") {
      const isGood = this.conduct.isGood;
      if (isGood ? this.#world.chance(0.3) : true) this.#pause(this.#world.between(1, isGood ? 60 : 600));
    }
    this.#script.run();
  }

  #pause(ms: number): void {
    if (this.end.isClosed) return;
    this.end.pause();
    this.#world.after(ms, () => {
      if (!this.hasVanished) this.end.resume();
    });
  }

  #fin(): void {
    if (this.isFinTold) return;
    this.#world.note(this.name, "sees FIN");
    this.#judge.finTold(this);
    this.isFinTold = true;
    this.#script.run();
    if (this.isShut) this.#closeSoon();
  }

  #reset(): void {
    this.#world.note(this.name, "sees RST");
    this.#judge.resetTold(this);
    this.isResetTold = true;
    this.#script.stop();
  }
}
