// The board of an egress pool as an explanation may use it: what stands on the one that is in use, in memory of its own, without the
// past. So a request that is only played through finds the members that a client's would find, and leaves nothing behind.

import { header } from "./egressboard/layout.ts";
import { SharedEgressBoard } from "./egressboard.ts";

/** Null: it is not to be had at the moment. */
export function rehearsedBoard(actual: SharedEgressBoard): SharedEgressBoard | null {
  const board = SharedEgressBoard.inMemory({ ...actual.shape, entriesMax: 0, changesMax: 0 }, actual.name);
  const ids: string[] = [];
  actual.members((_, id) => ids.push(id));
  board.adopt(ids, 0);
  if (!board.carry(actual)) return null;
  board.words[header.turn] = Atomics.load(actual.words, header.turn);
  return board;
}
