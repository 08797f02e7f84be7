// What control has decided about each server, as words that workers read on every pick. Control writes; workers read.
// A stale read costs one exchange sent to a server that has just gone down, which the attempt then retries.
// After a change, control bumps the arena's board version; workers rebuild their lists when they see another number.

import { type Arena, offset, rowWords } from "./arena.ts";

/** Words of a server's row. */
export const boardWord = {
  eligible: 0,
  rampPermille: 1,
  health: 2,
  admin: 3,
  ejected: 4,
  arrivals: 5,
  bandwidth: 6,
} as const;

/** Result of active checks. */
export const health = { unchecked: 0, up: 1, down: 2 } as const;
/** What an operator asked for. */
export const admin = { ready: 0, drain: 1, maintenance: 2 } as const;

export interface ServerState {
  readonly health: (typeof health)[keyof typeof health];
  readonly admin: (typeof admin)[keyof typeof admin];
  readonly isEjected: boolean;
  /** Slow start: share of the weight given now, 1 to 1000. */
  readonly rampPermille: number;
  /** Control's conclusion from all of the above: whether new exchanges may go there. */
  readonly isEligible: boolean;
}

export class Board {
  readonly #arena: Arena;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  get version(): number {
    return this.#arena.boardVersion;
  }

  isEligible(slot: number): boolean {
    return this.#arena.words[offset.board / 4 + slot * rowWords + boardWord.eligible] === 1;
  }

  /** How often it has become eligible: who did not look meanwhile can tell by it that it was away. Wraps. */
  arrivals(slot: number): number {
    return this.#arena.words[offset.board / 4 + slot * rowWords + boardWord.arrivals]!;
  }

  /** Bytes a second between Sluice and the server, both ways; a stale read costs a pick by the second before. */
  bandwidth(slot: number): number {
    return this.#arena.words[offset.board / 4 + slot * rowWords + boardWord.bandwidth]! >>> 0;
  }

  /** Control only. It is looked at anew at each pick, and needs no `publish`. */
  measure(slot: number, bytesPerSecond: number): void {
    const word = offset.board / 4 + slot * rowWords + boardWord.bandwidth;
    this.#arena.words[word] = Math.min(Math.round(bytesPerSecond), 0xffff_ffff) | 0;
  }

  rampPermille(slot: number): number {
    return this.#arena.words[offset.board / 4 + slot * rowWords + boardWord.rampPermille]!;
  }

  read(slot: number): ServerState {
    const words = this.#arena.words;
    const row = offset.board / 4 + slot * rowWords;
    return {
      health: words[row + boardWord.health]! as ServerState["health"],
      admin: words[row + boardWord.admin]! as ServerState["admin"],
      isEjected: words[row + boardWord.ejected] === 1,
      rampPermille: words[row + boardWord.rampPermille]!,
      isEligible: words[row + boardWord.eligible] === 1,
    };
  }

  /** Control only. Says nothing to workers until `publish`. */
  write(slot: number, state: ServerState): void {
    const words = this.#arena.words;
    const row = offset.board / 4 + slot * rowWords;
    words[row + boardWord.health] = state.health;
    words[row + boardWord.admin] = state.admin;
    words[row + boardWord.ejected] = state.isEjected ? 1 : 0;
    words[row + boardWord.rampPermille] = state.rampPermille;
    if (state.isEligible && words[row + boardWord.eligible] !== 1) words[row + boardWord.arrivals]!++;
    words[row + boardWord.eligible] = state.isEligible ? 1 : 0;
  }

  publish(): void {
    this.#arena.bumpBoard();
  }
}
