// A process that counts in a table until it is killed, or told to stop: the key of each count is written to its own shadow
// before and after. In a second, small table it tracks at random, so that entries are made, held, evicted and swept meanwhile.
// Run by the tests beside it: counting.ts FOLDER SLOT SEED

import { Prng } from "../../src/base/prng.ts";
import { StickTable } from "../../src/memory/sticktable.ts";
import { processOwner } from "../../src/owner.ts";
import { churned, counted, keys, map, shadowOf, stopWord } from "./shared.ts";

const [folder = "", slotText = "0", seed = "0"] = process.argv.slice(2);
const slot = Number(slotText);
const prng = new Prng(Number(seed));
const table = new StickTable(map(folder, "counted"), counted, processOwner());
const churn = new StickTable(map(folder, "churned"), churned, processOwner());
const shadow = new Int32Array(map(folder, "shadow").buffer);
const { begun, done, beats } = shadowOf(slot);
const held: number[] = [];

function count(key: number, now: number): void {
  table.key.setInteger(key);
  shadow[begun + key]!++;
  Atomics.add(shadow, beats, 1);
  const hold = table.track(now);
  if (hold === 0) throw new Error("the table gave no room");
  table.addTo(hold, 0, 0, 1, now);
  Atomics.add(shadow, beats, 1);
  shadow[done + key]!++;
  table.note(hold, "request", 1, now);
  if (held.length > 20) table.untrack(held.splice(prng.below(held.length), 1)[0]!, now);
  held.push(hold);
}

function stir(now: number): void {
  churn.key.setInteger(prng.below(200));
  const hold = churn.track(now);
  churn.note(hold, "request", 1, now);
  if (prng.below(50) === 0) churn.sweep(now, 10);
  churn.untrack(hold, now);
}

while (Atomics.load(shadow, stopWord) === 0) {
  const now = Date.now() % 2 ** 32;
  count(prng.below(keys), now);
  stir(now);
}
