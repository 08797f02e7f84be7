// How many members of a pool cannot be used at all: their address is not of this machine, or the proxy that they are refuses us. That is
// a fault of the setup, which the figures of a pool that goes round it do not show; so it is a warning, at the first such member and
// whenever there are ten times as many.

import { changeCause, type EgressBoard, memberState, memberWord } from "../../memory/egress.ts";
import type { Log } from "../log.ts";

export class Unusable {
  readonly #name: string;
  readonly #log: Log;
  #warned = 0;

  constructor(name: string, log: Log) {
    this.#name = name;
    this.#log = log;
  }

  look({ words }: EgressBoard, rows: Int32Array, idOf: (index: number) => string): void {
    let [count, first] = [0, -1];
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!;
      if (row <= 0 || words[row + memberWord.state] !== memberState.coolingDown) continue;
      if (words[row + memberWord.cause] !== changeCause.unusable) continue;
      count += 1;
      if (first < 0) first = index;
    }
    if (count === 0) this.#warned = 0;
    if (count === 0 || (this.#warned > 0 && count < this.#warned * 10)) return;
    this.#warned = count;
    this.#log.warn(
      `egress pool ${this.#name}: ${count} of its ${rows.length} addresses cannot be used, ${idOf(first)} the first: this machine does not have it, or the proxy refuses`,
    );
  }
}
