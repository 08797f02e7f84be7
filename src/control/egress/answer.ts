// What the admin interface says of egress pools: the shapes of its answers, for it and for the command line. Times are ISO 8601, lengths
// are in the unit that their names say, and what is not known is null.

import type { LineCounts, LogStanding } from "../egresslog/poollogs.ts";
import type { CauseWord, StateWord } from "./wording.ts";

/** How many members are in which state. */
export interface StateCounts {
  readonly available: number;
  readonly coolingDown: number;
  readonly trial: number;
  readonly banned: number;
}

export interface EgressSummary {
  readonly name: string;
  readonly members: number;
  readonly states: StateCounts;
  /** When the first of those that are unavailable is back. */
  readonly nextBack: string | null;
  readonly choose: string;
  readonly judge: { readonly per: string; readonly strategy: string; readonly coolDownMs: number };
  readonly whenNone: string;
  /** Requests through it, by how they ended. */
  readonly requests: {
    readonly answered: number;
    readonly memberFaults: number;
    readonly wayFaults: number;
    readonly cancelled: number;
    /** From the system's own address, for want of a member. */
    readonly direct: number;
    /** Went on with another member, and waited for one: these are in one of the others too. */
    readonly retried: number;
    readonly waited: number;
  };
  readonly bytes: { readonly up: number; readonly down: number };
  readonly refused: {
    readonly none: number;
    readonly paced: number;
    readonly unfit: number;
    readonly quota: number;
  };
  readonly active: number;
  readonly sessions: number;
  /** Some of them by name. */
  readonly hostsDown: { readonly count: number; readonly hosts: readonly string[] };
  readonly history: { readonly entriesMax: number; readonly changesMax: number };
  readonly memoryBytes: number;
  /** What was read of its logs; null without logs. */
  readonly evidence: {
    readonly lines: Readonly<LineCounts>;
    readonly bytes: number;
    readonly logs: readonly LogStanding[];
  } | null;
}

export interface EgressesAnswer {
  readonly pools: readonly EgressSummary[];
}

export interface MemberSummary {
  readonly id: string;
  /** "source", "gateway 127.0.0.1:19001", "http proxy.example:3128". */
  readonly door: string;
  readonly weight: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly state: StateWord;
  readonly cause: CauseWord;
  /** In words. */
  readonly why: string;
  readonly since: string | null;
  /** When the state ends by itself; null: never. */
  readonly until: string | null;
  /** In a row, since the last success. */
  readonly failures: number;
  /** How often in a row it has cooled down. */
  readonly level: number;
  /** Hosts at which it is unavailable now. */
  readonly hostsUnavailable: number;
  readonly active: number;
  readonly requests: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of these, without any answer. */
  readonly unanswered: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly used: string | null;
}

export interface MembersAnswer {
  readonly pool: string;
  readonly members: readonly MemberSummary[];
  /** That were asked for, of which these are some. */
  readonly found: number;
  readonly offset: number;
  readonly states: StateCounts;
}

export interface PairSummary {
  readonly host: string;
  readonly state: StateWord;
  readonly cause: CauseWord;
  readonly until: string | null;
  readonly failures: number;
  readonly active: number;
  readonly requests: number;
  /** When it may be used next, where it is paced. */
  readonly next: string | null;
}

export interface ChangeSummary {
  readonly at: string | null;
  readonly state: StateWord;
  readonly cause: CauseWord;
  readonly why: string;
  /** How long it is to last; null: open. */
  readonly forMs: number | null;
}

export interface OutcomeSummary {
  readonly at: string | null;
  readonly member: string;
  /** 0: there was no answer, see `fault`. */
  readonly status: number;
  readonly fault: string | null;
  /** Null where it was forgotten for want of room. */
  readonly host: string | null;
  readonly key: string | null;
  /** -1: not known. */
  readonly durationMs: number;
  readonly isFailure: boolean;
  readonly isBan: boolean;
  readonly isTunnel: boolean;
  readonly from: "log" | "own";
}

export interface MemberAnswer {
  readonly pool: string;
  readonly member: MemberSummary;
  readonly hosts: readonly PairSummary[];
  /** The last first. */
  readonly timeline: readonly ChangeSummary[];
  readonly history: readonly OutcomeSummary[];
}

export interface HistoryAnswer {
  readonly pool: string;
  /** The last first, over all members that were asked for. */
  readonly history: readonly OutcomeSummary[];
  /** There may be older ones. */
  readonly isMore: boolean;
}

export interface OrderAnswer {
  readonly pool: string;
  readonly member: MemberSummary;
}

export interface RenewedAnswer {
  readonly pools: readonly string[];
}
