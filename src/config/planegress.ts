// The part of the plan that is about outbound addresses: egress pools, their members, and how those are judged and chosen. As in
// plan.ts all is resolved and plain JSON. What a member has been through stands on its pool's board (memory/egress.ts), whose rows
// are found by the members' ids.

import type { ServerTlsPlan } from "./plan.ts";
import type { StatusRange } from "./planhealth.ts";

export interface EgressPlan {
  readonly name: string;
  /** Row in the tally. */
  readonly slot: number;
  /** In the order of the config; ids are unique. */
  readonly members: readonly EgressMemberPlan[];
  /** Among those that may be used, when no key asks for the same one again. */
  readonly choose: EgressChoosing;
  readonly session: EgressSessionPlan | null;
  readonly pace: EgressPacePlan;
  readonly judge: EgressJudgePlan;
  /** For each user of the listener: more is answered 429. Null is no limit. */
  readonly quota: EgressQuotaPlan | null;
  /** How many users its listeners know: the board has room for all of them. 0 without a quota. */
  readonly users: number;
  readonly history: EgressHistoryPlan;
  /** Outcomes of our own requests are evidence; where logs tell of the same requests they would be counted twice. */
  readonly isOwnEvidence: boolean;
  readonly logs: readonly EgressLogPlan[];
  /** What is done when no member may be used: 503, the one that is to come back first, or no member at all (the system's own address). */
  readonly whenNone: "refuse" | "soonest" | "direct";
  /** How long a request waits for a member that is only paced or busy. 0 does not wait. */
  readonly waitMs: number;
  /** Whether X-Egress-IP tells the client which member it was. */
  readonly isTold: boolean;
}

export type EgressChoosing = "random" | "roundRobin" | "leastUsed";

/** One outbound address. */
export interface EgressMemberPlan {
  /** Unique in the pool, and what it is called everywhere: "203.0.113.7", "2001:db8::7", "proxy.example:3128", "http://user@proxy.example:3128" where two differ by their users only. */
  readonly id: string;
  readonly door: EgressDoorPlan;
  /** 1 to 100. */
  readonly weight: number;
  /** country, provider and whatever the config says, in lower case. */
  readonly tags: Readonly<Record<string, string>>;
}

export type EgressDoorPlan =
  /** An address of this machine that connections come from. */
  | { readonly kind: "source"; readonly address: string }
  /** A server block of an nginx that sends on from that address (proxy_bind): it is asked with X-Egress-Scheme, -Host and -Key. */
  | { readonly kind: "gateway"; readonly address: string; readonly host: string; readonly port: number }
  /** A proxy of somebody else. `host` may be a name. */
  | {
      readonly kind: "proxy";
      readonly protocol: "http" | "socks5";
      readonly host: string;
      readonly port: number;
      readonly user: string;
      /** Secret. */
      readonly password: string;
      readonly tls: ServerTlsPlan | null;
    };

/** The same key is given the same member, for as long as that may be used. */
export interface EgressSessionPlan {
  /** Since the first request; 0: by the hash of the key alone, for ever, and nothing is kept of it. */
  readonly lifetimeMs: number;
  /** Since the last request; 0 is no limit. Both need a lifetime. */
  readonly idleMs: number;
  /** A session that has had so much is given another member; 0 is no limit. */
  readonly requestsMax: number;
  readonly bytesMax: number;
}

/** Of one member at one target host. 0 is no limit. */
export interface EgressPacePlan {
  readonly intervalMs: number;
  readonly concurrencyMax: number;
}

export interface EgressQuotaPlan {
  /** In each period, which begins with a user's first request. 0 is no limit. */
  readonly requestsMax: number;
  readonly bytesMax: number;
  readonly periodMs: number;
}

export interface EgressJudgePlan {
  /** target: a member is judged for each host, and only faults of transport at several hosts are its own. member: whatever the host. */
  readonly per: "target" | "member";
  /** What makes a member, or a member at a host, unavailable (egress/strategies). */
  readonly strategy: EgressStrategyPlan;
  /** What a status says; the first that holds counts. What none names is a success, but for 5xx under `target`, which says nothing of the member. */
  readonly statuses: readonly { readonly on: StatusRange; readonly means: EgressMeaning }[];
  /** What a body says: looked for in the first bytes of bodies of these types. */
  readonly bodies: readonly EgressBodyPlan[];
  readonly coolDown: EgressCoolDownPlan;
  /** So many members in a row fail at a host, and none succeeds: the host is down, and no member is blamed. per target only. */
  readonly hostDownAfter: number;
}

/** ban: unavailable at once. ignore: nothing is learnt. */
export type EgressMeaning = "success" | "failure" | "ban" | "ignore";

export type EgressStrategyPlan =
  /** So many failures in a row, no further apart than that, first to last. */
  | { readonly kind: "consecutive"; readonly failures: number; readonly withinMs: number }
  /** Of the last so many outcomes that share, 0 to 1, once there are that many. */
  | { readonly kind: "share"; readonly of: number; readonly share: number }
  /** Nothing but a ban. */
  | { readonly kind: "never" };

export interface EgressBodyPlan {
  readonly find: string;
  readonly isPattern: boolean;
  readonly types: readonly string[];
  readonly means: EgressMeaning;
  /** Only of these hosts ("*.example.com" among them); empty: of all. */
  readonly hosts: readonly string[];
}

export interface EgressCoolDownPlan {
  readonly forMs: number;
  /** Each time that it fails its trial, or is unavailable again soon, it is so many times longer, up to `maxMs`. 1 stays the same. */
  readonly growth: number;
  readonly maxMs: number;
  /** Afterwards one request at a time, until one has succeeded. */
  readonly isTrial: boolean;
}

export interface EgressHistoryPlan {
  /** Outcomes that are kept of each member, exactly. 0 keeps none. */
  readonly entriesMax: number;
  /** Changes of state. */
  readonly changesMax: number;
}

/** An access log that tells of members: read by control. */
export interface EgressLogPlan {
  /** With %s: one for each member, that stands for its address. */
  readonly path: string;
  readonly format: EgressLogFormatPlan;
  /** serve: what is written from now on. parse: what stands there too. */
  readonly mode: "serve" | "parse";
  /** How often it is looked at; 0: whenever it grows. */
  readonly everyMs: number;
}

export type EgressLogFormatPlan =
  /** As nginx' log_format says it: `[$time_local] "$request" $status`. */
  | { readonly kind: "nginx"; readonly text: string }
  /** A regular expression with the groups time, status, key, target, port, address: those that there are. */
  | { readonly kind: "pattern"; readonly text: string }
  /** What ipmanager looks for in a line, wherever it stands. */
  | { readonly kind: "ipmanager" };
