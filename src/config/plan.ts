// The plan: what control publishes and data workers obey; whole in one file, for it is the contract of the two planes. Made from a
// checked config, frozen, numbered by its generation, and plain JSON, for it crosses from control to the workers. All in it is
// resolved: durations are milliseconds, sizes are bytes, names are indices, servers are addresses. It holds no state: whether a
// server is up stands on the board (memory/board.ts), what happened to it in the tally (memory/tally.ts), by the `slot` that a
// server, pool, route or listener keeps for as long as its name lives. What is about content is in plancontent.ts, what about health in
// planhealth.ts.

import type { FaultCode } from "../base/fault.ts";
import type {
  AuthPlan,
  BodyPlan,
  CachePlan,
  CorsPlan,
  HooksPlan,
  MirrorPlan,
  PoolCachePlan,
  ProgramPlan,
  ProxyPlan,
  TargetsPlan,
} from "./plancontent.ts";
import type { EgressPlan } from "./planegress.ts";
import type { CheckPlan, EjectionPlan } from "./planhealth.ts";
import type { AccessLogPlan, ListenerLogPlan } from "./planlog.ts";

export type * from "./plancontent.ts";
export type * from "./planegress.ts";
export type * from "./planhealth.ts";
export type * from "./planlog.ts";

/** Where to bind or connect: a TCP address, or a unix socket's path. */
export type Address = { kind: "tcp"; host: string; port: number } | { kind: "unix"; path: string };

export interface Plan {
  readonly generation: number;
  readonly listeners: readonly ListenerPlan[];
  readonly pools: readonly PoolPlan[];
  readonly routes: readonly RoutePlan[];
  readonly tables: readonly TablePlan[];
  readonly lists: readonly ListPlan[];
  readonly caches: readonly CachePlan[];
  readonly egresses: readonly EgressPlan[];
  /** Where hooks are; null when nothing has any. */
  readonly program: ProgramPlan | null;
  /** What a client that is banned is answered in mode http; null closes its connection, as the other modes do. */
  readonly banned: ReplyPlan | null;
  /** Value of the Sluice-Debug field that asks for a trace of the rules; null gives none. Secret. */
  readonly debugToken: string | null;
  /** Every certificate that some listener shows, once. */
  readonly certificates: readonly CertificatePlan[];
  /** PEM texts (certificates, keys, authorities) by their SHA-256 in hexadecimal, which is how the rest of the plan names them. Secret. */
  readonly pems: Readonly<Record<PemKey, string>>;
  /** What listeners of mode http answer to the authority, whatever else they do; empty but for moments. */
  readonly challenges: readonly ChallengePlan[];
  readonly accessLog: AccessLogPlan | null;
  readonly recorder: RecorderPlan | null;
  readonly limits: LimitsPlan;
  /** How long a draining worker waits for exchanges and tunnels to end. */
  readonly drainMs: number;
}

/** The SHA-256 of a PEM text, in hexadecimal: its key in `Plan.pems`. */
export type PemKey = string;

export interface CertificatePlan {
  /** The file that it came from; metrics and `sluice cert` say this. */
  readonly file: string;
  /** DNS names it is for, in lower case; `*.example.com` stands for one label. Its common name when it names nothing else. */
  readonly names: readonly string[];
  /** The certificate, then its chain. */
  readonly chain: PemKey;
  readonly key: PemKey;
  readonly notAfterMs: number;
  /** Absent: a file that the config names. `acme`: from an authority. `placeholder`: until that has given one. */
  readonly source?: "acme" | "placeholder";
}

/** The answer to an authority that asks for /.well-known/acme-challenge/TOKEN (RFC 8555 8.3). */
export interface ChallengePlan {
  readonly token: string;
  readonly answer: string;
}

/** TLS towards clients. */
export interface ListenerTlsPlan {
  /** Indices into `Plan.certificates`; the first is shown to clients that ask for a name that none is for, or for none. */
  readonly certificates: readonly number[];
  /** Such clients are refused instead (alert unrecognized_name). */
  readonly rejectUnknown: boolean;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** OpenSSL's list for TLS 1.2 and older; "" is the runtime's own. */
  readonly ciphers: string;
  /** In order of preference (RFC 7301); empty negotiates none. */
  readonly alpn: readonly string[];
  readonly clientCertificate: ClientCertificatePlan | null;
  readonly sessionTickets: boolean;
  /** Whether the JA4 fingerprint of the ClientHello is taken. */
  readonly ja4: boolean;
}

export type TlsVersion = "1.0" | "1.1" | "1.2" | "1.3";

export interface ClientCertificatePlan {
  /** With `optional` a client may have none; one that it has must be good. */
  readonly mode: "optional" | "required";
  readonly ca: PemKey;
}

/** TLS towards servers. */
export interface ServerTlsPlan {
  /** Sent as SNI when it is a name, and what the certificate must be for. */
  readonly serverName: string;
  /** False trusts whatever certificate the server shows. */
  readonly verify: boolean;
  /** Authorities that are trusted; null is the system's. */
  readonly ca: PemKey | null;
  /** What we show when asked. */
  readonly chain: PemKey | null;
  readonly key: PemKey | null;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  readonly ciphers: string;
  /** Negotiated when not empty. */
  readonly alpn: readonly string[];
}

/** A way from a listener to a pool: what requests are counted by. `slot` is its row in the tally. */
export interface RoutePlan {
  readonly slot: number;
  /** Indices into `Plan.listeners` and `Plan.pools`. */
  readonly listener: number;
  /** Null where the listener answers or refuses by itself (a redirect, a name that no pool is for). */
  readonly pool: number | null;
}

/** What a listener carries: HTTP exchanges, connections, or datagrams. */
export type ListenerMode = "http" | "tcp" | "udp";

export interface ListenerPlan {
  readonly name: string;
  /** Row in the tally. */
  readonly slot: number;
  readonly address: Address;
  readonly mode: ListenerMode;
  /** Index into `Plan.routes`: where a request or connection goes that nothing else claims. */
  readonly route: number;
  /** mode tcp: routes by the name that a client asks for in its ClientHello (SNI). With none, no ClientHello is looked for. */
  readonly names: readonly NameRoutePlan[];
  /** Connections from `forwarding.trusted` begin with a PROXY protocol header, version 1 or 2. */
  readonly proxyProtocol: boolean;
  /** mode http: a client that ends its sending half before its answer has begun has left. */
  readonly isAbortedByClose: boolean;
  /** mode http: clients may speak HTTP/2. Over TLS it is offered where `tls.alpn` has it, in the clear its preface is understood. */
  readonly http2: boolean;
  readonly tls: ListenerTlsPlan | null;
  /** mode http: every request is answered by a redirect to https. */
  readonly redirect: RedirectPlan | null;
  /** mode http with TLS: value of Strict-Transport-Security (RFC 6797) in every response; null sends none. */
  readonly hsts: string | null;
  readonly udp: UdpPlan | null;
  /** Connections at once over all workers; more are closed at once and counted. */
  readonly connectionsMax: number;
  /** All connections of one client address go to the same worker. */
  readonly isByClient: boolean;
  readonly timeouts: DownstreamTimeouts;
  readonly forwarding: ForwardingPlan;
  readonly requestId: RequestIdPlan | null;
  readonly rules: RulesPlan;
  /** Instead of our own answers; its pools' come first. */
  readonly errors: readonly ErrorPlan[];
  /** Demanded of every request: 401, or 407 where it is a forward proxy. */
  readonly auth: AuthPlan | null;
  readonly proxy: ProxyPlan | null;
  readonly cors: CorsPlan | null;
  /** For every pool that its requests go to, where that says nothing itself. */
  readonly body: BodyPlan;
  readonly hooks: HooksPlan | null;
  /** Null: its lines are as all. */
  readonly log: ListenerLogPlan | null;
}

/** Tried in the order exact, wildcard (longest first), pattern (as written). */
export interface NameRoutePlan {
  readonly kind: "exact" | "wildcard" | "pattern";
  /** Lower case. exact: the name. wildcard: what follows the star, with its dot. pattern: a JavaScript regular expression. */
  readonly match: string;
  /** Index into `Plan.routes`. */
  readonly route: number;
}

export interface RedirectPlan {
  readonly status: 301 | 302 | 307 | 308;
  /** Of the https address; 443 is not written out. */
  readonly port: number;
}

export interface UdpPlan {
  /** A session ends after so many datagrams of the client, or of the server; 0 is no limit. */
  readonly requestsMax: number;
  readonly responsesMax: number;
}

export interface DownstreamTimeouts {
  /** From accept to the end of what comes before the first byte of content: PROXY header, TLS handshake, ClientHello. */
  readonly handshakeMs: number;
  /** mode tcp and udp: silence of the client; 0 is no limit. */
  readonly clientIdleMs: number;
  /** From the first byte of a head, or from accept, to its last byte. */
  readonly headMs: number;
  /** Keep-alive: from the end of an exchange to the first byte of the next. */
  readonly idleMs: number;
  /** Between two reads of a request body, or two writes taken by a slow client. */
  readonly readMs: number;
  /** Silence in both directions of a tunnel (upgraded connection). */
  readonly tunnelMs: number;
  /** After a refused request: how long what the client still sends is read and thrown away, so that it can see the answer. */
  readonly lingerMs: number;
}

/** What is told to servers about the client, and whom we believe about it. */
export interface ForwardingPlan {
  /** CIDR blocks of proxies in front of us, whose X-Forwarded-For says who the client is, and whose X-Forwarded-* and Forwarded are continued. Others' are removed. */
  readonly trusted: readonly string[];
  /** Otherwise they are believed in their PROXY header only. */
  readonly areFieldsBelieved: boolean;
  /** CIDR blocks of peers that are told to nobody in X-Forwarded-For and Forwarded, and whose X-Forwarded-* and Forwarded go on, believed or not. */
  readonly except: readonly string[];
  readonly xForwardedFor: boolean;
  readonly xForwardedProto: boolean;
  readonly xForwardedHost: boolean;
  /** RFC 7239. */
  readonly forwarded: boolean;
  /** Pseudonym for Via (RFC 9110 7.6.3), on requests and responses; null sends none. */
  readonly via: string | null;
}

export interface RequestIdPlan {
  /** Lower-case field name. */
  readonly header: string;
  /** Keep the id that a trusted proxy sent; false makes a new one always. */
  readonly keep: boolean;
}

export interface PoolPlan {
  readonly name: string;
  /** Row in the tally, and of the shared turn counter. */
  readonly slot: number;
  readonly balance: BalancePlan;
  readonly servers: readonly ServerPlan[];
  readonly timeouts: UpstreamTimeouts;
  /** Further attempts after the first, over all reasons. */
  readonly retries: number;
  /** Whether a further attempt may go to another server. */
  readonly redispatch: boolean;
  /** Of the backups that are well only the first is ever in service. */
  readonly isOneBackup: boolean;
  readonly retryBudget: RetryBudgetPlan;
  readonly queue: QueuePlan;
  readonly idle: IdlePlan;
  readonly slowStartMs: number;
  /** Below this share (0-1) of servers left, passive ejections are ignored. Control applies it; workers read the board. */
  readonly panicThreshold: number;
  readonly check: CheckPlan | null;
  readonly ejection: EjectionPlan | null;
  /** The answer of a pool that has no servers; null for one that has. */
  readonly reply: ReplyPlan | null;
  /** Only `request` and `response` in a pool of mode http, only `connection` in one of mode tcp. */
  readonly rules: RulesPlan;
  readonly errors: readonly ErrorPlan[];
  readonly stick: StickPlan | null;
  readonly cache: PoolCachePlan | null;
  /** Its servers are what clients name; `servers` is then one that stands for all of them. */
  readonly targets: TargetsPlan | null;
  readonly body: BodyPlan;
  readonly mirror: MirrorPlan | null;
  readonly hooks: HooksPlan | null;
}

/** Retries may be at most `ratio` of the requests of the last seconds, plus `minimumPerSecond`; further ones fail as they stand. */
export interface RetryBudgetPlan {
  readonly ratio: number;
  readonly minimumPerSecond: number;
}

/** The waiting room of a pool, for when every server is at its connection limit. Lengths are per worker. */
export interface QueuePlan {
  readonly lengthMax: number;
  readonly timeoutMs: number;
}

/** Idle keep-alive connections to each server, per worker. */
export interface IdlePlan {
  readonly connectionsMax: number;
  readonly timeoutMs: number;
}

export interface UpstreamTimeouts {
  readonly connectMs: number;
  /** From the request sent whole to the response's head. */
  readonly responseMs: number;
  /** Between two reads of a response body. */
  readonly readMs: number;
  /** mode tcp and udp: silence of the server; 0 is no limit. */
  readonly serverIdleMs: number;
}

export interface ServerPlan {
  /** `pool/host:port`, unique, stable over reloads. */
  readonly id: string;
  /** As the operator wrote it: `host:port`. Metrics and logs say this. */
  readonly name: string;
  /** Row on the board and in the tally. */
  readonly slot: number;
  /** Resolved: an IP address, never a name. Port 0 and host "" mean that the name has not been resolved yet: the server is down. */
  readonly address: Address;
  readonly weight: number;
  readonly backup: boolean;
  /** Given nothing new, by the config or by whoever told of it. */
  readonly isDrained: boolean;
  /** Exchanges in flight at once over all workers; 0 is no limit. */
  readonly connectionsMax: number;
  /** Value of the sticky cookie that names this server. */
  readonly cookie: string;
  /** Another that names it: the one that clients had before it was given `cookie`, or before its pool shared the cookie, or no longer did. Absent: none. */
  readonly formerCookie?: string;
  /** What a table of `stick` knows it by; absent: `id`. */
  readonly stickId?: string;
  /** What lines of HAProxy's formats call it; absent: `name`. */
  readonly calledId?: string;
  /** As `formerCookie`, of what the table knows it by. */
  readonly formerStickId?: string;
  readonly tls: ServerTlsPlan | null;
  /** mode http: it is asked by HTTP/2: over TLS where it agrees to that (`tls.alpn`), in the clear by prior knowledge. */
  readonly isHttp2: boolean;
  /** Version of the PROXY protocol header that opens each connection; 0 sends none. */
  readonly proxyProtocol: 0 | 1 | 2;
  /** Local address that connections come from; "" leaves it to the system. */
  readonly source: string;
  /** The address is a proxy's, which is asked for a tunnel to the server before anything else; absent: it is the server's own. */
  readonly hop?: HopPlan;
}

/** A tunnel through somebody else's proxy: CONNECT, or SOCKS5. */
export interface HopPlan {
  readonly protocol: "http" | "socks5";
  /** What is asked for: a name, which the proxy looks up, or an address. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Secret. */
  readonly password: string;
  /** With the proxy itself; absent: none. Where there is some, there can be none with the server: the runtime has no TLS inside of TLS. */
  readonly tls?: ServerTlsPlan;
}

export type BalancePolicy =
  | "random"
  | "roundRobin"
  | "weightedRoundRobin"
  | "leastConnections"
  | "leastCalled"
  | "leastBandwidth"
  | "p2c"
  | "peakEwma"
  | "ipHash"
  | "consistentHash"
  | "boundedHash"
  | "first";

export interface BalancePlan {
  readonly policy: BalancePolicy;
  /** What a hashing policy hashes; ignored by the others. */
  readonly key: BalanceKey;
  /** boundedHash: a server takes at most this times the mean load (1.25 = a quarter more). */
  readonly loadFactor: number;
  /** Sticky cookie over the policy; null is none. */
  readonly sticky: StickyPlan | null;
}

export type BalanceKey =
  | { kind: "ip" }
  | { kind: "uri" }
  | { kind: "header"; name: string }
  | { kind: "cookie"; name: string };

export interface StickyPlan {
  readonly cookie: string;
  /** It is the application's own, with the server's value in front of its own. */
  readonly isPrefix: boolean;
  readonly maxAgeS: number | null;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: "Strict" | "Lax" | "None" | null;
  readonly path: string;
}

/** What became of the last exchanges (memory/recorderlayout.ts). Its file comes with the plan, in the message. */
export interface RecorderPlan {
  /** Kept by each worker. */
  readonly entriesMax: number;
  /** Queries of targets too. */
  readonly hasQuery: boolean;
}

export interface LimitsPlan {
  /** Head of a request or response, start line and fields together. */
  readonly headBytesMax: number;
  /** Fields in a head or in trailers. */
  readonly fieldsMax: number;
  /** Request body bytes; 0 is no limit. */
  readonly bodyBytesMax: number;
  /** Requests on one client connection; 0 is no limit. */
  readonly requestsPerConnectionMax: number;
  /** Requests at once on one connection of HTTP/2 (SETTINGS_MAX_CONCURRENT_STREAMS). */
  readonly streamsPerConnectionMax: number;
}

/** A table of counters by key, in shared memory (memory/table.ts). Its file comes with the plan, in the message. */
export interface TablePlan {
  readonly name: string;
  readonly key: TableKeyPlan;
  readonly entriesMax: number;
  /** Since the last refresh; 0 is never. */
  readonly expireMs: number;
  /** When full the entry that would expire first makes room; false refuses the new one. */
  readonly isEvicting: boolean;
  /** Columns in canonical words: `gpc0`, `conn_rate(10s)`, `tokens(5,500ms)` (memory/column.ts). */
  readonly store: readonly string[];
  /** What is read is the sum over all nodes of the fleet; null: this node alone. */
  readonly share: SharePlan | null;
}

/** How a table is shared with other nodes (memory/sharedtable.ts). */
export interface SharePlan {
  /** What is known of other nodes is stale after so long without news. */
  readonly staleMs: number;
  /** What is read then: the counts of this node alone, or that every limit is passed. */
  readonly whenStale: "open" | "closed";
}

/** ip: of IPv6 addresses so many bits. string, binary: at most so many bytes, the rest is cut off. */
export type TableKeyPlan =
  | { kind: "ip"; prefix6: number }
  | { kind: "integer" }
  | { kind: "string"; bytesMax: number }
  | { kind: "binary"; bytesMax: number };

/** Values to compare with, in a file that all workers map (memory/list.ts). */
export interface ListPlan {
  readonly name: string;
  /** Addresses and CIDR blocks; whole texts; host names, "*.example.com" among them; texts with a value each. */
  readonly kind: "address" | "text" | "name" | "map";
}

/** In the order in which they are evaluated; a phase that the mode does not have is empty. */
export interface RulesPlan {
  /** Once for each connection; in mode tcp when all is there that the rules ask about. */
  readonly connection: readonly RulePlan[];
  readonly request: readonly RulePlan[];
  /** Of servers' responses. */
  readonly response: readonly RulePlan[];
  /** Of whatever is sent, our own answers among it. */
  readonly afterResponse: readonly RulePlan[];
}

export interface RulePlan {
  readonly name: string;
  /** Its cell in the tally. */
  readonly slot: number;
  /** observe: counted and traced as if it did, but nothing is done. Rules that are off are not in the plan. */
  readonly mode: "observe" | "enforce";
  /** Where it stands in the config, as an operator would say it. */
  readonly place: string;
  /** An expression of type bool (rules/expression); null is always. */
  readonly condition: string | null;
  /** Done in this order, before the outcome. */
  readonly effects: readonly EffectPlan[];
  readonly outcome: OutcomePlan | null;
  /** Evaluated, when the condition holds, after effects and in place of an outcome; one of theirs ends the phase. */
  readonly rules: readonly RulePlan[];
}

/** Expressions and templates as texts: both processes compile them with the same code. A target is `table[key].counter`. */
export type EffectPlan =
  /** Hold the entry for the rest of the connection or request. `slot`: what `tracked[slot]` says; the first to take one keeps it. */
  | { kind: "track"; table: number; key: string; slot: number }
  | { kind: "increment"; target: string; by: string }
  | { kind: "clear"; target: string }
  | { kind: "assign"; target: string; value: string }
  | { kind: "variable"; name: string; value: string }
  /** From here on the connection is a session to the entries that it holds. */
  | { kind: "session" }
  | { kind: "field"; operation: "set" | "add" | "remove"; name: string; value: string }
  /** Wherever `pattern` matches in a value of that field, `by` stands, with $1 for the first group. Of texts as bytes, one a character. */
  | { kind: "replaceField"; name: string; pattern: string; by: string }
  | { kind: "replacePart"; part: "path" | "target"; pattern: string; by: string }
  /** `value`: a template. */
  | { kind: "rewrite"; part: "method" | "path" | "query" | "target" | "status"; value: string }
  | { kind: "slow"; bytesPerSecond: number }
  | { kind: "maxBody"; bytes: number }
  | { kind: "log"; text: string };

export type OutcomePlan =
  | { kind: "accept" }
  /** `isDenial`: it counts as an error of the client. */
  | { kind: "reply"; reply: ReplyPlan; isDenial: boolean }
  /** A token is taken; only where there is none this is an outcome. `target` names a column of tokens. */
  | { kind: "limit"; target: string; cost: string; reply: ReplyPlan }
  /** FIN. */
  | { kind: "reject" }
  | { kind: "reset" }
  /** The connection is forgotten: the client is told nothing at all. */
  | { kind: "drop" }
  | { kind: "tarpit"; forMs: number; reply: ReplyPlan }
  /** `location`: a template. */
  | { kind: "redirect"; status: number; location: string; fields: readonly FieldPlan[] }
  /** Index into `Plan.pools`. */
  | { kind: "use"; pool: number };

/** An answer of our own. Fields and body are templates where `isTemplate`. */
export interface ReplyPlan {
  readonly status: number;
  /** "" is the usual one. */
  readonly reason: string;
  readonly fields: readonly FieldPlan[];
  /** Latin-1, one character a byte; null is a line that says the status. */
  readonly body: string | null;
  readonly isTemplate: boolean;
  /** Sent as Retry-After; 0 sends none, -1 is what is known (a limit's wait, a ban's end). */
  readonly retryAfterS: number;
}

/** What is answered instead of one of our own answers. That for a fault comes before that for its status. */
export interface ErrorPlan {
  readonly on: number | FaultCode;
  /** A status alone: the answer that there is for that, or else our own words under it. */
  readonly reply: ReplyPlan | number;
}

export interface FieldPlan {
  readonly name: string;
  readonly value: string;
}

/** The server that a key was given stays its server, by a table that stores `server_id`. */
export interface StickPlan {
  readonly table: number;
  /** An expression. */
  readonly key: string;
  /** Nothing is put there. */
  readonly isReadOnly?: boolean;
}
