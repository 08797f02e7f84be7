// The rules whose conditions held for one exchange or connection, by their slots, for the flight recorder: the first few in order, and
// how many there were. It knows numbers only; what is counted for good stands in the tally.

import { hitsMax } from "../memory/recorderlayout.ts";

export class RuleHits {
  count = 0;
  readonly slots: Uint16Array = new Uint16Array(hitsMax);

  note(slot: number): void {
    // Beyond the end a store is nothing.
    this.slots[this.count++] = slot;
  }
}
