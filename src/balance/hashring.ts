// The ring that hashing policies walk on (Karger et al. 1997; points by weight as in ketama). It knows servers' identities and
// configured weights, never their state: a server that is down stays on the ring and is stepped over, so that its keys go to
// the next ones and come back to it, and no other key moves.
// A point is the hash of a server's identity and the point's number; nothing depends on the server's place in the list, and
// how many points it has depends on its own weight alone, so a server that comes or goes moves only the keys it takes or leaves.
//
//   points:  0x0001f3a2  0x00a90e11  0x0177bc40  …   ascending, 160 for a weight of 1
//   owners:      2            0           2       …   index of the server
//
// Only when all weights together ask for more than `pointsMax` are the points of all halved, as often as needed.

import { hashString } from "../base/hash.ts";

/** Points of a server of weight 1: shares are then even within about 8 percent. */
const pointsPerWeight = 160;
/** 1.5 MB and some 50 ms to build; without a bound, a weight of a million would be a gigabyte. */
const pointsMax = 1 << 18;
/** Room for a server's rank beside a 32-bit point in the 53 bits of a float. */
const ranksMax = 1 << 20;

export class HashRing {
  readonly size: number;
  readonly #points: Uint32Array;
  readonly #owners: Uint16Array;

  constructor(ids: readonly string[], weights: readonly number[]) {
    const counts = countsOf(weights);
    const ranks = ranksOf(ids);
    this.size = counts.reduce((sum, count) => sum + count, 0);
    const order = new Float64Array(this.size);
    let at = 0;
    for (let index = 0; index < ids.length; index++)
      for (let point = 0; point < counts[index]!; point++)
        order[at++] = hashString(ids[index]!, point) * ranksMax + ranks[index]!;
    order.sort();
    const owners = new Uint16Array(ids.length);
    for (let index = 0; index < ids.length; index++) owners[ranks[index]!] = index;
    this.#points = new Uint32Array(this.size);
    this.#owners = new Uint16Array(this.size);
    for (let position = 0; position < this.size; position++) {
      this.#points[position] = Math.floor(order[position]! / ranksMax);
      this.#owners[position] = owners[order[position]! % ranksMax]!;
    }
  }

  /** The position of the first point at or after the key; the one after the last is the first. */
  positionOf(key: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#points[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low === this.size ? 0 : low;
  }

  ownerAt(position: number): number {
    return this.#owners[position]!;
  }

  next(position: number): number {
    return position + 1 === this.size ? 0 : position + 1;
  }
}

function countsOf(weights: readonly number[]): number[] {
  for (let scale = pointsPerWeight; ; scale /= 2) {
    const counts = weights.map((weight) => Math.max(1, Math.round(weight * scale)));
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total <= Math.max(pointsMax, weights.length)) return counts;
  }
}

/** Servers in the order of their identities: who goes first when two points fall together must not depend on the list. */
function ranksOf(ids: readonly string[]): number[] {
  const sorted = ids.map((_, index) => index).sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
  const ranks = new Array<number>(ids.length).fill(0);
  sorted.forEach((index, rank) => {
    ranks[index] = rank;
  });
  return ranks;
}
