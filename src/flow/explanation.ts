// Why a request or a connection was treated as it was, or would be: plain data, the same for an explanation that was asked for
// (explain.ts) and for a live request with a debug token (inquiry.ts), for people (explanationtext.ts) and as JSON. What is
// said of requests is absent where a connection is carried as it is.

import type { Phase } from "../rules/fields.ts";
import type { RuleTrace } from "../rules/trace.ts";

export interface Explanation {
  readonly subject: SubjectTrace;
  /** The client is banned: until when (RFC 3339), or "for ever". Null when it is not. */
  readonly ban: string | null;
  /** Every set of rules that was played, in order. */
  readonly phases: readonly PhaseTrace[];
  /** Every entry of a table that rules have looked at, in order. */
  readonly entries: readonly EntryTrace[];
  /** What the pool's cache has to do with it; absent where it has none, or is not asked. */
  readonly cache?: CacheTrace;
  /** Where it goes when nothing ends it before; null where it goes nowhere. */
  readonly pool: string | null;
  /** One for each try at a server. */
  readonly choices: readonly ChoiceTrace[];
  /** One for each search for an outbound address; absent where none was sought. */
  readonly egress?: readonly EgressTrace[];
  /** Head of the request as a server gets it, a line each; absent where none did, and in traces of live requests. */
  readonly forwarded?: readonly string[];
  readonly outcome: OutcomeTrace;
  /** What was taken for granted; empty for live requests. */
  readonly assumptions: readonly string[];
}

export interface SubjectTrace {
  readonly listener: string;
  readonly mode: "http" | "tcp" | "udp";
  /** Address of the client: behind trusted proxies the one that they report. */
  readonly client: string;
  /** As sent. */
  readonly method?: string;
  readonly target?: string;
  readonly host?: string;
  /** By SNI. */
  readonly serverName?: string;
}

/** One set of rules, played once. */
export interface PhaseTrace {
  readonly phase: Phase;
  /** `listener web`, `pool app`. */
  readonly of: string;
  /** Of a connection that stood before anybody asked: played again, without effect, as if the client connected now. */
  readonly isRehearsed: boolean;
  /** Those that were reached. */
  readonly rules: readonly RuleTrace[];
  /** How many stand behind the one that ended the phase, and were not asked. */
  readonly skipped: number;
}

/** By the names of a table's columns ("gpc0", "conn_rate(10s)"); null where there is no entry. */
export type EntryValues = Readonly<Record<string, number>> | null;

export interface EntryTrace {
  readonly table: string;
  readonly key: string;
  /** When it was first looked at, and at the end. */
  readonly before: EntryValues;
  readonly after: EntryValues;
}

export interface ChoiceTrace {
  readonly pool: string;
  readonly policy: string;
  /** The server that was picked; null when none could be. */
  readonly server: string | null;
  readonly why: string;
  readonly candidates: readonly CandidateTrace[];
}

export interface CandidateTrace {
  readonly server: string;
  /** As `sluice status` has it; `tried` has refused this very request. */
  readonly state: "up" | "down" | "draining" | "ejected" | "unchecked" | "unresolved" | "tried";
  readonly isEligible: boolean;
  /** By the pool's checks; without them a server is up until it fails. */
  readonly isChecked: boolean;
  readonly isBackup: boolean;
  /** Now: slow start applied. */
  readonly weight: number;
  /** In flight over all workers, without this one. */
  readonly active: number;
  /** 0 is no limit. */
  readonly activeMax: number;
}

export interface EgressTrace {
  readonly pool: string;
  /** Null where there is none: refused, or the system's own address. */
  readonly member: string | null;
  /** Of the target, and what was wished for; "" without a key. */
  readonly host: string;
  readonly key: string;
  readonly tags: readonly string[];
  /** In a sentence. */
  readonly why: string;
  readonly members: number;
  /** Who could not be chosen: "3 are cooling down". */
  readonly passedOver: readonly string[];
}

export interface CacheTrace {
  readonly cache: string;
  /** The word of the access log. */
  readonly result: string;
  /** In sentences: what was found, and what is stored. */
  readonly text: string;
}

export interface OutcomeTrace {
  /** Of the response; 0 where there is none. */
  readonly status: number;
  /** Name of the rule that decided it, "" when none did. */
  readonly rule: string;
  /** In a sentence. */
  readonly text: string;
}
