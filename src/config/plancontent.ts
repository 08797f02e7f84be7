// The part of the plan that is about content and about who may ask for it: caches, what is done to bodies, copies to other pools,
// credentials, forward proxying, hooks. As in plan.ts all is resolved and plain JSON.

import type { ReplyPlan, StatusRange } from "./plan.ts";

// ---- caches ----

/** One cache, shared by all workers (memory/cache.ts). Its file comes with the plan, in the message. */
export interface CachePlan {
  readonly name: string;
  readonly bytesMax: number;
  /** Head and body of one response. */
  readonly objectBytesMax: number;
  readonly policy: "tinylfu" | "lru" | "lfu";
  /** False: each worker has one of its own, of `bytesMax` by the number of workers. */
  readonly isShared: boolean;
  /** Nobody has written a size: these are the usual ones, and it has less where that is not free (control/cachefit.ts). */
  readonly fits?: {
    readonly bytesMax: number;
    readonly objectBytesMax: number;
    readonly hasObjectSize: boolean;
  };
  /** Second level; null without. */
  readonly redis: RedisPlan | null;
}

/** A Redis or Valkey that outlives us, and whose absence nobody notices but by more misses. */
export interface RedisPlan {
  /** As the runtime's client takes it: redis://, rediss:// or redis+unix://, credentials and all. Secret. */
  readonly url: string;
  readonly prefix: string;
  /** What a request waits at most for an answer. */
  readonly timeoutMs: number;
  /** Connections a worker keeps. */
  readonly connectionsMax: number;
}

/** How a pool uses a cache. Lengths of time in ms; -1 where nothing is said. */
export interface PoolCachePlan {
  /** Index into `Plan.caches`. */
  readonly cache: number;
  /** Part of the key, so that pools with one cache do not show what the others' servers have said: the pool's name; "" where it is the only one. */
  readonly scope: string;
  /** Forced: whatever a response says of its own lifetime, as long as it may be stored at all. */
  readonly ttlMs: number;
  /** Of a response that says nothing. */
  readonly defaultTtlMs: number;
  /** Share of the time since Last-Modified (0.1), and its bound; 0 guesses nothing. */
  readonly heuristicShare: number;
  readonly heuristicMaxMs: number;
  /** Of responses with these statuses that say nothing themselves; a status that is in none is cached by RFC 9111 only. */
  readonly negative: readonly { readonly on: StatusRange; readonly ttlMs: number }[];
  /** Of responses that say nothing of it themselves. */
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** Honour what requests say in Cache-Control and Pragma (RFC 9111 section 5.2.1). */
  readonly honorsRequests: boolean;
  /** Store a response that sets a cookie, without that cookie. */
  readonly dropsCookies: boolean;
  /** Parameters of the query that make the key: all but `excluded`, or only `included` (null: all); their order does not count if `isSorted`. */
  readonly query: {
    readonly included: readonly string[] | null;
    readonly excluded: readonly string[];
    readonly isSorted: boolean;
  };
  /** Lower-case names of request fields, and names of cookies, whose values are part of the key. */
  readonly keyFields: readonly string[];
  readonly keyCookies: readonly string[];
  /** A condition on the request: it holds, and the cache is not asked and not filled. An expression, null without. */
  readonly bypass: string | null;
  /** One request for what a hundred ask for; the others wait, no longer than this. 0 lets nobody wait. */
  readonly collapseMs: number;
  /** How long a response that could not be stored has others not wait for each other. */
  readonly passMs: number;
  /** Lower-case names of the fields that hold tags. */
  readonly tagFields: readonly string[];
  /** Whether Cache-Status (RFC 9211) is sent. */
  readonly isTold: boolean;
}

// ---- bodies ----

export type Coding = "gzip" | "br" | "zstd";

/** What is done to the bodies of responses, on the server's side of the cache. */
export interface BodyPlan {
  /** Whether it says anything of compression: a pool that does not goes by its listener. */
  readonly isSaid: boolean;
  readonly compress: CompressPlan | null;
  readonly replace: readonly ReplacePlan[];
}

export interface CompressPlan {
  /** In order of preference, where a client takes several equally well. */
  readonly codings: readonly Coding[];
  /** Media types, lower case, "text/*" among them. */
  readonly types: readonly string[];
  /** Shorter bodies are left as they are. */
  readonly bytesMin: number;
  /** 1 fast to 9 small; each coding has its own scale, and ours is mapped to it. */
  readonly level: number;
}

/** Text in a body for other text, wherever it stands, over the borders of reads. */
export interface ReplacePlan {
  readonly find: string;
  /** `find` is a regular expression, and `by` may name its groups ($1). */
  readonly isPattern: boolean;
  readonly by: string;
  readonly types: readonly string[];
  /** A match is not longer; only of a pattern it has to be told. */
  readonly matchBytesMax: number;
}

/** Copies of requests for another pool, whose answers are thrown away. */
export interface MirrorPlan {
  /** Index into `Plan.pools`. */
  readonly pool: number;
  /** 0 to 1. */
  readonly share: number;
  /** Requests with longer bodies are not copied. */
  readonly bodyBytesMax: number;
  /** Copies under way at once, in each worker; more are not made. */
  readonly concurrencyMax: number;
}

/** Cross-origin resource sharing (Fetch standard). */
export interface CorsPlan {
  /** "*", whole origins in lower case, or "https://*.example.com". */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** "*" allows those that are asked for. */
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly isWithCredentials: boolean;
  readonly maxAgeS: number;
}

// ---- who may ask ----

/** Basic authentication (RFC 7617). */
export interface AuthPlan {
  readonly realm: string;
  /** Names with what their passwords are checked by: plain ("{PLAIN}secret"), bcrypt ("$2y$..."), "{SHA}...", "$apr1$...". Secret. */
  readonly users: readonly { readonly name: string; readonly secret: string }[];
  /** Credentials that were found good are believed for so long without another look. */
  readonly rememberMs: number;
  /** Proxy-Authorization counts before Authorization, whoever the request is for. */
  readonly takesProxyField: boolean;
}

/** A listener that takes requests for whatever target the client names. */
export interface ProxyPlan {
  /** The pool of its own making that stands for all targets: an index into `Plan.pools`. */
  readonly pool: number;
  readonly http: boolean;
  readonly connect: boolean;
  readonly socks: boolean;
  /** Requests with X-Egress-Scheme and X-Egress-Host are for the host that these name. */
  readonly fields: boolean;
}

/** In a pool: its servers are whatever targets clients name. */
export interface TargetsPlan {
  readonly allow: readonly TargetPlan[];
  /** Looked at first. */
  readonly deny: readonly TargetPlan[];
  /** For requests, and for tunnels. Inclusive. */
  readonly ports: readonly PortRange[];
  readonly connectPorts: readonly PortRange[];
  /** Loopback, private, link-local and other addresses that are nobody's on the internet are allowed as well. */
  readonly isPrivateAllowed: boolean;
  /** Ports of this machine at which Sluice itself is steered and looked at: no target on loopback, whatever else is allowed. */
  readonly ownPorts: readonly number[];
  readonly resolveMs: number;
  /** Tunnels at once in each worker; 0 is no limit. */
  readonly tunnelsMax: number;
  /** A tunnel ends after so long, however busy; 0 is no limit. Silence is bounded by the listener's tunnel timeout. */
  readonly tunnelMs: number;
  /** Bytes of a tunnel in both directions together; 0 is no limit. */
  readonly tunnelBytesMax: number;
  /** The pools of addresses that targets are asked from; null: the system's own for all of them. */
  readonly egress: TargetsEgressPlan | null;
  /** Targets that are asked from the system's own in any case. */
  readonly direct: readonly DirectPlan[];
}

/** By what is asked for: an index into `Plan.egresses`; null: the system's own address. */
export interface TargetsEgressPlan {
  readonly http: number | null;
  /** Requests that go on over TLS of ours. */
  readonly https: number | null;
  /** CONNECT and SOCKS5. */
  readonly tunnels: number | null;
}

/** As it is named, and not where it leads. `port`: 0 is any. */
export type DirectPlan = TargetPlan & { readonly port: number };

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** One entry of allow or deny: a name ("example.com", "*.example.com", "*"), or a block of addresses ("10.0.0.0/8"). */
export type TargetPlan =
  | { readonly kind: "name"; readonly match: string }
  | { readonly kind: "block"; readonly match: string };

// ---- hooks ----

export const hookNames = [
  "onRequest",
  "onResponse",
  "onError",
  "pick",
  "transformRequest",
  "transformResponse",
] as const;
export type HookName = (typeof hookNames)[number];

/** Functions of a config in TypeScript, which every worker imports for itself. */
export interface HooksPlan {
  /** Those that there are. */
  readonly names: readonly HookName[];
  /** What one call may take, its promises awaited. */
  readonly budgetMs: number;
  /** What a client is answered when one throws, or takes longer; null: as for any fault; "pass": as if there were no hook. */
  readonly failure: ReplyPlan | "pass" | null;
  /** Bodies that a transform sees whole: longer ones fail (`failure`) or go on untouched. */
  readonly bodyBytesMax: number;
  readonly tooLarge: "fail" | "pass";
}

/** The config's own module. What workers import is a copy of it in one file, which comes with the plan, in the message. */
export interface ProgramPlan {
  /** The config's own absolute path. */
  readonly path: string;
  /** Of its text and of all that it imports from files: another digest is another program. */
  readonly digest: string;
}
