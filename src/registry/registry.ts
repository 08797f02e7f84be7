// The contract of a registry: named sets of servers that sentinels and operators write, and pools take their servers from. A member of a
// set is a text; what it says of a server is read in member.ts. There are two registries, one in this process (memory.ts) and one in
// Redis (redis.ts), and one suite of tests for both (registry.test.ts). Who watches a set is told what is so now, never what has changed.
//
//   a sentinel --vote-->  set  --watch--> a pool            an operator --add, remove, drain--> set

import type { FoundServer } from "../config/found.ts";

/** What a watcher is told. The same words as a source of discovery tells (control/discovery/source.ts). */
export type Told =
  /** All servers that count now. `remarks`: what was passed over, a sentence each. */
  | {
      readonly ok: true;
      readonly servers: readonly FoundServer[];
      readonly remarks: readonly string[];
      /** Those among them that the set does not hold now, by address, and why they count all the same. Absent: none. */
      readonly kept?: { readonly servers: readonly string[]; readonly why: string };
    }
  /** The set cannot be read: what was told last still counts. Continues "the registry ...". Nothing secret. */
  | { readonly ok: false; readonly problem: string };

/** What one sentinel says of one member. */
export interface View {
  readonly voter: string;
  readonly isUp: boolean;
  /** How long it still counts. */
  readonly leftMs: number;
}

/** A member of a set, as an operator looks at it. */
export interface Membership {
  readonly member: string;
  /** Null when it is none that can be used, or not in the set: sentinels only talk about it. */
  readonly server: FoundServer | null;
  /** Continues the member: "has no port". Null when there is none. */
  readonly problem: string | null;
  /** False: sentinels talk about it, and it does not stand there. */
  readonly isMember: boolean;
  readonly isDraining: boolean;
  /** Null: it stays until it is taken out. */
  readonly leaseLeftMs: number | null;
  readonly views: readonly View[];
}

export interface SetContent {
  /** Sorted by member, at most `shownMax` of them. */
  readonly members: readonly Membership[];
  /** Of all members, shown or not. */
  readonly size: number;
}

/** How many sentinels must say the same: more than half of those that look at a member, or so many. */
export type Quorum = "majority" | number;

export interface Ballot {
  /** What this sentinel is called, unlike others. */
  readonly voter: string;
  /** Whether each member is up. All that it looks at: what it said of others before is forgotten. */
  readonly views: ReadonlyMap<string, boolean>;
  /** How long this counts when it is not said again. */
  readonly leaseMs: number;
  /** From one vote of this sentinel to the next while nothing changes. */
  readonly everyMs: number;
  readonly quorum: Quorum;
}

/** What a vote has changed, and nothing that was so before. */
export interface Outcome {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Since this sentinel's last vote another one has voted under its name. */
  readonly hasTwin?: true;
}

/** How a watcher hears of changes; `poll`: by looking again and again, which all the others do too, as a net. */
export type Notice = "at once" | "tracking" | "keyspace events" | "channel" | "poll";

export interface RegistryStatus {
  /** "memory", or where its Redis is: "127.0.0.1:6379". No secrets. */
  readonly place: string;
  readonly notice: Notice;
  /** Why it cannot be asked at the moment; null when it can. No secrets. */
  readonly problem: string | null;
  /** Times that it could not be asked any more. */
  readonly outages: number;
}

/** Promises reject with a RegistryError when it cannot be asked, and say why in words for an operator. */
export interface Registry {
  /** `tell` is called soon, at each change, every few seconds while all is as it was, and once when the set cannot be read. Ends with the function it gives. */
  watch(set: string, tell: (told: Told) => void): () => void;
  members(set: string): Promise<SetContent>;
  /** The sets that are known to be some: those that are watched, and those that were voted in. Sorted. */
  sets(): Promise<readonly string[]>;
  /** Whether it was not there before. A member that is added so has no lease. */
  add(set: string, member: string): Promise<boolean>;
  /** Whether it was there. A sentinel that finds it well puts it back: to keep it from traffic, drain it. */
  remove(set: string, member: string): Promise<boolean>;
  /** Whether that is a change. A member that is drained is given nothing new; it may be said before it is added. */
  drain(set: string, member: string, isDrained: boolean): Promise<boolean>;
  vote(set: string, ballot: Ballot): Promise<Outcome>;
  /** A sentinel leaves and what it said is forgotten; what nobody else looks at stays as it is, without a lease. */
  withdraw(set: string, voter: string): Promise<void>;
  status(): RegistryStatus;
  /** Nothing is told after this, and nothing is left running. */
  close(): void;
}

/** Members of one set that are shown to an operator. */
export const shownMax = 10_000;

export class RegistryError extends Error {
  override readonly name: string = "RegistryError";
}
