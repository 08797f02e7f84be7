// What a simulated peer still means to do with its connection, step by step: send bytes as far as the network takes them, wait,
// or do something. Slow peers send in small pieces with pauses in between.

import type { Way } from "./network.ts";
import type { World } from "./world.ts";

type Step = { bytes: Uint8Array; at: number } | { waitMs: number } | { act: () => void } | { gate: () => boolean };

export class Script {
  readonly #world: World;
  readonly #end: Way;
  readonly #steps: Step[] = [];
  #isWaiting = false;
  #isRunning = false;
  /** Send slowly: at most so many bytes, then a pause. 0 is at full speed. */
  dripBytes = 0;
  dripMs = 20;

  constructor(world: World, end: Way) {
    this.#world = world;
    this.#end = end;
  }

  get isDone(): boolean {
    return this.#steps.length === 0;
  }

  /** Whether bytes are left to be sent. */
  get hasBytes(): boolean {
    return this.#steps.some((step) => "bytes" in step);
  }

  send(bytes: Uint8Array | string): this {
    const all = typeof bytes === "string" ? Uint8Array.from(Buffer.from(bytes, "latin1")) : bytes;
    if (all.length > 0) this.#steps.push({ bytes: all, at: 0 });
    return this;
  }

  wait(ms: number): this {
    this.#steps.push({ waitMs: ms });
    return this;
  }

  act(act: () => void): this {
    this.#steps.push({ act });
    return this;
  }

  /** Go no further until `isOpen`; `run` is said when that may have changed. */
  gate(isOpen: () => boolean): this {
    this.#steps.push({ gate: isOpen });
    return this;
  }

  /** Nothing more will be done. */
  stop(): void {
    this.#steps.length = 0;
  }

  run(): void {
    if (this.#isRunning || this.#isWaiting) return;
    this.#isRunning = true;
    while (this.#steps.length > 0 && !this.#isWaiting) {
      const step = this.#steps[0]!;
      if ("bytes" in step) {
        if (!this.#sendStep(step)) break;
      } else if ("gate" in step) {
        if (!step.gate()) break;
        this.#steps.shift();
      } else {
        this.#steps.shift();
        if ("act" in step) step.act();
        else this.#pause(step.waitMs);
      }
    }
    this.#isRunning = false;
  }

  /** True when all of it was taken. */
  #sendStep(step: { bytes: Uint8Array; at: number }): boolean {
    if (this.#end.isClosed) {
      this.stop();
      return false;
    }
    const wanted = step.bytes.length - step.at;
    const size = this.dripBytes > 0 ? Math.min(wanted, this.dripBytes) : wanted;
    const taken = this.#end.write(step.bytes, step.at, step.at + size);
    if (taken < 0) {
      this.stop();
      return false;
    }
    step.at += taken;
    if (step.at === step.bytes.length) this.#steps.shift();
    if (this.dripBytes > 0) this.#pause(this.dripMs);
    return step.at === step.bytes.length;
  }

  #pause(ms: number): void {
    this.#isWaiting = true;
    this.#world.after(ms, () => {
      this.#isWaiting = false;
      this.run();
    });
  }
}
