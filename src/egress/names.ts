// How hosts, keys and users are named in records: by two words of hash, for a record has no room for texts that have no bound. Two
// that are named alike share a record: by chance one in 2^64 does. Of a pair the first word is the member's row, and the second one word
// of its host's hash, so that a member's pairs can be told from others' by looking at them: one in 2^32, which whoever knew the hash could
// look for in a minute, and have members judged at another's host by what they meet with at a host of its own. So names depend on a number
// that each board has drawn. Which member a key leads to depends on the key alone: that is the same on all boards.

import { hashString } from "../base/hash.ts";
import type { EgressBoard } from "../memory/egress.ts";

const secondSeed = 0x5e_1c_e5;

/** Signed, as words have it; never 0. */
export function firstName(text: string, seed: number): number {
  return hashString(text, seed) | 0 || 1;
}

export function secondName(text: string, seed: number): number {
  return hashString(text, seed ^ secondSeed) | 0;
}

/** Of a session: keys are their users' own. Without a seed: by what members are chosen. */
export function firstSessionName(key: string, user: string, seed = 0): number {
  return hashString(key, user === "" ? seed : hashString(user, seed)) | 0 || 1;
}

export function secondSessionName(key: string, user: string, seed: number): number {
  return firstSessionName(key, user, seed ^ secondSeed);
}

/** The names of the host that was asked for last: mostly it is the next one's as well. */
export class HostName {
  first = 0;
  second = 0;
  #text = "";
  readonly #board: Pick<EgressBoard, "nameSeed">;

  constructor(board: Pick<EgressBoard, "nameSeed">) {
    this.#board = board;
  }

  of(text: string): this {
    if (text === this.#text && this.first !== 0) return this;
    this.#text = text;
    const { nameSeed } = this.#board;
    this.first = firstName(text, nameSeed);
    this.second = secondName(text, nameSeed);
    return this;
  }
}
