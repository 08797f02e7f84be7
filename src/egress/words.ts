// The words between an egress pool and who uses it: what is wished for, what is chosen, how it ended. A pool (pool.ts) is asked by
// flows for each request, and told by control what logs say.

import type { EgressMeaning } from "../config/plan.ts";

/** What a request wants of a member. The object is used again by who asks. */
export interface EgressWish {
  /** In lower case, without a port: what members are judged and paced by. */
  host: string;
  /** Whose session: who wishes for the same again. "" without. */
  key: string;
  /** Whose quota; "" without. */
  user: string;
  /** What the session is to last, where the client says so; 0 or absent: as the pool says, which is the most as well. */
  lifetimeMs?: number;
  /** Tags that it must have ("country=de"), sorted, with "\n" between; "" takes any. */
  tags: string;
  /** Of source addresses, only these: 4, 6, or 0 for either. */
  family: 0 | 4 | 6;
  /** Bytes both ways are wanted, which a gateway cannot do. */
  isTunnel: boolean;
  /** Members, by their index in the plan, that were tried for this request already; null at first. */
  tried: ReadonlySet<number> | null;
}

/** Why there is none. */
export type EgressRefusal =
  /** All are unavailable; `retryMs` until the first is back. */
  | "none"
  /** Those that may be used are paced or busy, for so long. */
  | "paced"
  /** No member, whatever its state, is what was wished for. */
  | "unfit"
  /** The user has had as much as it may. */
  | "quota";

/** What was chosen. The pool's own object, used again at the next choice: take from it what is to stay. */
export interface EgressChoice {
  /** Index into `EgressPlan.members`; -1: none, see `refusal`. */
  member: number;
  /** Row on the board. */
  row: number;
  /** For `end`; -1 where nothing is held. */
  lease: number;
  /** In words, for traces: "the session keeps it", "drawn by chance among 297". */
  why: EgressWhy;
  /** Of how many. */
  among: number;
  refusal: EgressRefusal | null;
  /** Until it is worth asking again; 0 unknown. */
  retryMs: number;
}

/** What is to be given back: a choice, or what was taken from it. */
export interface EgressHeld {
  readonly row: number;
  readonly lease: number;
}

export type EgressWhy = "session" | "hash" | "chance" | "turn" | "leastUsed" | "soonest" | "direct" | "none";

/** Whose fault it was that no answer came. */
export type EgressBlame =
  /** An answer came, or the client left. */
  | "nobody"
  /** What we connect from, the gateway or the proxy: the member's. */
  | "member"
  /** Our own address, which the system does not have: it refuses whoever binds to it. */
  | "source"
  /** Between the member and the target: not to be told from one request. */
  | "way"
  /** The target was reached and gave no answer: perhaps to this member, so it is of the two. Whoever has a host can have it do so. */
  | "target";

/**
 * Told, directly before a member's row is looked at, which member that is: an index into `EgressPlan.members`. Whoever has memory of its
 * own to fetch for that member may begin. Nothing follows from it: it may be told of several before one is taken, or of none.
 */
export interface Scout {
  sight(member: number): void;
}

/** How it ended. The object is used again by who tells. */
export interface EgressOutcome {
  host: string;
  key: string;
  user: string;
  atMs: number;
  durationMs: number;
  /** 0 where none came. */
  status: number;
  /** Index into faultCodes plus 1; 0 without. */
  fault: number;
  blame: EgressBlame;
  /** What its body said; null: nothing. */
  meaning: EgressMeaning | null;
  isTunnel: boolean;
  fromLog: boolean;
  /** Nothing is to be learnt: the client left first, or the request was never sent. */
  isCancelled: boolean;
  bytesUp: number;
  bytesDown: number;
  /** Of these, what has been told of before (`EgressPool.carry`). */
  bytesTold: number;
}
