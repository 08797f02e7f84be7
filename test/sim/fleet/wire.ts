// What lies between the nodes of a simulated fleet and its ledger: time, and a network that delays, loses, repeats and parts.

import type { Answer, Batch } from "../../../src/fleet/batch.ts";
import { Ledger } from "../../../src/fleet/ledger.ts";
import type { World } from "../world.ts";
import type { FleetNode } from "./node.ts";

export interface Weather {
  /** One way, uniform between these. */
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  /** Of batches, and of answers. */
  readonly lossChance: number;
  /** Of a batch that comes once more, later. */
  readonly repeatChance: number;
}

export const fair: Weather = { delayMinMs: 1, delayMaxMs: 5, lossChance: 0, repeatChance: 0 };

/** Who waits for an answer gives up after so long, and asks again at its next turn. */
const patienceMs = 1000;
/** Redis shows the time of day. */
const startMs = 1_790_000_000_000;

export class Wire {
  weather: Weather = fair;
  readonly ledger: Ledger = new Ledger();
  /** Nodes that the ledger cannot be reached from. */
  readonly cut: Set<FleetNode> = new Set();
  asked = 0;
  readonly #world: World;
  readonly #intervalMs: number;

  constructor(world: World, intervalMs: number) {
    this.#world = world;
    this.#intervalMs = intervalMs;
  }

  get nowMs(): number {
    return this.#world.nowMs;
  }

  run(untilMs: number): void {
    this.#world.run(untilMs, () => false);
    this.#world.nowMs = untilMs;
  }

  /** A node speaks every interval from now on, as control's timer lets it. */
  join(node: FleetNode): void {
    const turn = (): void => {
      node.exchange.hold(node.ms(this.nowMs));
      this.speak(node);
      this.#world.after(this.#intervalMs, turn);
    };
    this.#world.after(this.#world.prng.next() * this.#intervalMs, turn);
  }

  speak(node: FleetNode): void {
    if (node.isCalling) return;
    node.isCalling = true;
    const call = ++node.call;
    const batch = node.exchange.next(node.ms(this.nowMs));
    this.#world.after(patienceMs, () => {
      if (node.call === call) node.isCalling = false;
    });
    if (this.#world.chance(this.weather.repeatChance))
      this.#world.after(this.#delay() + 2 * this.#intervalMs, () => this.#ask(node, batch));
    this.#world.after(this.#delay(), () => {
      const answer = this.#ask(node, batch);
      if (answer !== null) this.#world.after(this.#delay(), () => this.#tell(node, call, answer));
    });
  }

  #ask(node: FleetNode, batch: Batch): Answer | null {
    if (this.cut.has(node) || this.#world.chance(this.weather.lossChance)) return null;
    this.asked++;
    // What goes over a network is text.
    return JSON.parse(JSON.stringify(this.ledger.ask(batch, startMs + Math.floor(this.nowMs)))) as Answer;
  }

  #tell(node: FleetNode, call: number, answer: Answer): void {
    if (node.call !== call || this.cut.has(node) || this.#world.chance(this.weather.lossChance)) return;
    node.isCalling = false;
    if (node.exchange.hear(answer, node.ms(this.nowMs))) this.speak(node);
  }

  #delay(): number {
    const { delayMinMs, delayMaxMs } = this.weather;
    return delayMinMs + this.#world.prng.next() * (delayMaxMs - delayMinMs);
  }
}
