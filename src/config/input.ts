// What an operator may write in a configuration, together, as TypeScript. Made from schema.ts, where each key is declared,
// by TYPES=write bun test src/config/schema.test.ts; that test keeps the two equal.

/** The admin interface: metrics, health, the console, and the API that the command line asks. It is always there; the keys say where it listens and who may ask. */
export interface AdminInput {
  /** Where the admin interface listens: /metrics, /healthz, /readyz and the API. Outside of loopback it demands a token. Default: "127.0.0.1:2112". */
  listen?: string | undefined;
  /** Bearer token that admin requests must carry. In a text file, take it from the environment. */
  token?: string | undefined;
  /** Names that the admin interface is asked by, where a proxy stands in front of it: requests must name one of them in Host, or a loopback address on loopback. Without: any name off loopback, for the token is what counts there. */
  hosts?: string[] | undefined;
  /** Requests that one address may send to the admin interface, as a rate such as "50/s", which it is where this is absent; at once as many as in four seconds. /metrics, /healthz and /readyz are not counted. */
  rateLimit?: string | undefined;
  /** HAProxy's runtime API and statistics page, for tools that know HAProxy. Absent: there are none. */
  haproxy?: HaproxyInput | undefined;
}

/** HAProxy's runtime API and statistics page, for tools that know HAProxy. */
export interface HaproxyInput {
  /** Sockets that speak HAProxy's runtime API. */
  sockets?: HaproxySocketInput[] | undefined;
  /** How long a connection to one of them may say nothing. Default: "10s". */
  timeout?: string | undefined;
  /** Connections at once to each of them. Default: 10. */
  connections?: number | undefined;
  /** HAProxy's statistics pages. */
  pages?: HaproxyPageInput[] | undefined;
  /** Addresses of metrics, in the place of HAProxy's exporter. */
  exporters?: HaproxyExporterInput[] | undefined;
  /** What HAProxy calls listeners, pools and servers, in its order. What is not named here has its own name, behind these. */
  proxies?: HaproxyProxyInput[] | undefined;
}

/** A socket that speaks HAProxy's runtime API. */
export interface HaproxySocketInput {
  /** Where it is: a path, or an address of this machine alone, which every user of it may ask; so not beside admin.token. */
  listen: string;
  /** Permissions of the socket's file: who may write to it may ask. Default: "600". */
  mode?: string | undefined;
  /** Owner of the socket's file; only root can give it to another. */
  user?: string | undefined;
  /** Group of the socket's file. */
  group?: string | undefined;
  /** What may be asked: user sees figures, operator sees all, admin changes. Default: "operator". */
  level?: "user" | "operator" | "admin" | undefined;
}

/** HAProxy's statistics page. */
export interface HaproxyPageInput {
  /** An address of its own, where the page is and nothing else. Absent: it is on the admin interface. */
  listen?: string | undefined;
  /** Where the page is; with ;csv behind it the same as CSV, with ;json as JSON. Default: "/haproxy?stats". */
  uri?: string | undefined;
  /** Who may see it, by HTTP basic authentication. Empty: whoever may speak to its address. */
  users?: HaproxyUserInput[] | undefined;
  /** What a browser calls the place when it asks for the password. Default: "HAProxy Statistics". */
  realm?: string | undefined;
  /** How often a browser asks for the page again. Absent: never. */
  refresh?: string | undefined;
  /** Whether the page says nothing of the version. Default: false. */
  hideVersion?: boolean | undefined;
  /** The proxies that it shows; empty: all. */
  scope?: string[] | undefined;
}

/** Who may see a statistics page. */
export interface HaproxyUserInput {
  /** The user name. */
  user: string;
  /** The password, in clear. */
  password: string;
}

/** Metrics for Prometheus where HAProxy's exporter had them. */
export interface HaproxyExporterInput {
  /** An address of its own, where metrics are without a token, and statistics pages of the same address; nothing else. */
  listen: string;
  /** Where they are. Default: "/metrics". */
  path?: string | undefined;
}

/** A frontend, backend or listen of HAProxy's. */
export interface HaproxyProxyInput {
  /** What HAProxy calls it. */
  name: string;
  /** Its listeners: it is a frontend. */
  listeners?: string[] | undefined;
  /** Its pool: it is a backend. */
  pool?: string | undefined;
  /** Its table, where that has another name. */
  table?: string | undefined;
  /** Its servers, in the order of its lines. */
  servers?: HaproxyServerInput[] | undefined;
}

/** A server under the name that HAProxy has for it. */
export interface HaproxyServerInput {
  /** What HAProxy calls the server. */
  name: string;
  /** The server's name in its pool. */
  server: string;
}

/** An address of their own for what may be read by everybody, metrics and health, and names of one's own. */
export interface MetricsInput {
  /** Where /metrics, /healthz and /readyz are served besides the admin interface, to whoever asks, without a token. */
  listen?: string | undefined;
  /** Beside sluice_... the page has the sums of all HTTP traffic under names that begin so: PREFIX_processed_requests_total, PREFIX_dropped_requests_total, PREFIX_active_backends and PREFIX_request_duration_seconds by backend. */
  prefix?: string | undefined;
}

/** The application log, on stderr: what starts, changes and fails. Requests are in the access log. */
export interface LogInput {
  /** The least level of the application log that is written. Default: "info". */
  level?: "debug" | "info" | "warn" | "error" | undefined;
  /** On stderr: json, text, or auto: text on a terminal, JSON lines elsewhere. Default: "auto". */
  format?: "auto" | "json" | "text" | undefined;
  /** Targets of syslog that it goes to as well: a section, or a list of them. Read at the start. */
  syslog?: LogSyslogInput | LogSyslogInput[] | undefined;
}

/** A target of syslog for the application log. Lines at level info are notice there, warn is warning, error is err. */
export interface LogSyslogInput {
  /** Where it is: udp://, tcp:// (octet counting, RFC 6587) or unix: with a path that takes datagrams, as /dev/log does. Without a port it is 514. */
  to: string;
  /** Which facility the lines are of. Default: "local0". */
  facility?:
    | "kern"
    | "user"
    | "mail"
    | "daemon"
    | "auth"
    | "syslog"
    | "lpr"
    | "news"
    | "uucp"
    | "cron"
    | "auth2"
    | "ftp"
    | "ntp"
    | "audit"
    | "alert"
    | "cron2"
    | "local0"
    | "local1"
    | "local2"
    | "local3"
    | "local4"
    | "local5"
    | "local6"
    | "local7"
    | undefined;
  /** The least severe lines that are sent. Default: "debug". */
  level?: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug" | undefined;
  /** What is more severe is sent as this. Default: "emerg". */
  minLevel?: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug" | undefined;
  /** What stands before the process id in each line. Default: "sluice". */
  tag?: string | undefined;
  /** What stands before a line: as BSD's syslog has it (RFC 3164), or RFC 5424. Default: "rfc3164". */
  format?: "rfc3164" | "rfc5424" | undefined;
  /** The machine's name in lines: true for its own, or another. Absent: none with rfc3164, as local programs do, its own with rfc5424. */
  hostname?: string | true | undefined;
  /** A message at most, with what stands before its line; what is longer is cut. Not more than the receiver takes: of what is beyond its own limit (rsyslog: 8096 bytes) it may make further messages. Default: "8000b". */
  length?: string | undefined;
}

/** The access log: one line for each exchange. Without the section none is written. */
export interface AccessLogInput {
  /** A file's path, which starts at this file's folder, or "-" for stdout. Absent: stdout, or none beside syslog. */
  path?: string | undefined;
  /** json: JSON lines; common or combined, as Apache and nginx write them; httplog, tcplog or httpslog, as HAProxy does; or a text with HAProxy's aliases. Default: "json". */
  format?: string | undefined;
  /** Of JSON lines: these fields, in this order, instead of the usual ones. Each names what the log knows, such as "status" (docs/ACCESSLOG.md), or is a constant: "=INFO", 5, true. */
  fields?:
    | Record<
        string,
        | "time"
        | "kind"
        | "client"
        | "client_port"
        | "remote"
        | "method"
        | "target"
        | "path"
        | "path_decoded"
        | "query"
        | "host"
        | "version"
        | "status"
        | "duration_ms"
        | "duration_whole_ms"
        | "level"
        | "connect_ms"
        | "bytes_received"
        | "bytes_sent"
        | "listener"
        | "pool"
        | "server"
        | "server_version"
        | "attempts"
        | "request_id"
        | "user_agent"
        | "referer"
        | "user"
        | "egress_pool"
        | "egress_ip"
        | "egress_why"
        | "egress_key"
        | "fault"
        | "cache"
        | "rule"
        | "note"
        | "server_name"
        | "ja4"
        | "tls_version"
        | "tls_cipher"
        | "client_subject"
        | string
        | number
        | boolean
      >
    | undefined;
  /** false: a line only for what failed, was refused by a rule, was tried again, or was answered 500 or more. Default: true. */
  normal?: boolean | undefined;
  /** Targets of syslog that lines go to: a section, or a list of them. */
  syslog?: AccessSyslogInput | AccessSyslogInput[] | undefined;
  /** What each worker holds for a target that does not take it; beyond that lines are dropped and counted, and traffic goes on. Default: "1mb". */
  buffer?: string | undefined;
  /** How long a line may wait to be written together with others. Default: "1s". */
  flush?: string | undefined;
}

/** A target of syslog for lines of the access log. */
export interface AccessSyslogInput {
  /** Where it is: udp://, tcp:// (octet counting, RFC 6587) or unix: with a path that takes datagrams, as /dev/log does. Without a port it is 514. */
  to: string;
  /** Which facility the lines are of. Default: "local0". */
  facility?:
    | "kern"
    | "user"
    | "mail"
    | "daemon"
    | "auth"
    | "syslog"
    | "lpr"
    | "news"
    | "uucp"
    | "cron"
    | "auth2"
    | "ftp"
    | "ntp"
    | "audit"
    | "alert"
    | "cron2"
    | "local0"
    | "local1"
    | "local2"
    | "local3"
    | "local4"
    | "local5"
    | "local6"
    | "local7"
    | undefined;
  /** The least severe lines that are sent. Default: "debug". */
  level?: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug" | undefined;
  /** What is more severe is sent as this. Default: "emerg". */
  minLevel?: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug" | undefined;
  /** What stands before the process id in each line. Default: "sluice". */
  tag?: string | undefined;
  /** What stands before a line: as BSD's syslog has it (RFC 3164), or RFC 5424. Default: "rfc3164". */
  format?: "rfc3164" | "rfc5424" | undefined;
  /** The machine's name in lines: true for its own, or another. Absent: none with rfc3164, as local programs do, its own with rfc5424. */
  hostname?: string | true | undefined;
  /** A message at most, with what stands before its line; what is longer is cut. Not more than the receiver takes: of what is beyond its own limit (rsyslog: 8096 bytes) it may make further messages. Default: "8000b". */
  length?: string | undefined;
  /** How severe lines are. Default: "info". */
  severity?: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug" | undefined;
}

/** The flight recorder: what became of the last requests, connections and sessions, and how long each phase took. sluice tail and the console show it. */
export interface RecorderInput {
  /** How many each worker keeps of the requests, connections and sessions that have ended, 512 bytes each, in shared memory. 0 keeps none. Default: 1000. */
  entries?: number | undefined;
  /** Whether a target's query is kept too. It may hold what is nobody's business: tokens, names, addresses. Default: false. */
  query?: boolean | undefined;
}

/** How long Sluice waits, for every listener and pool that does not say otherwise itself. */
export interface TimeoutsInput {
  /** From accept to the end of what comes before content: PROXY header, TLS handshake, in mode tcp the TLS hello. On listeners with TLS or `proxyProtocol` the kernel hands over a client that says nothing some 7 s late: that is added. Default: "10s". */
  handshake?: string | undefined;
  /** From accept, or a head's first byte, to its last: a slower client is answered 408. Default: "10s". */
  head?: string | undefined;
  /** How long a client's connection is kept between two requests. Default: "60s". */
  idle?: string | undefined;
  /** Silence allowed between two reads of a body, the client's or the server's. Default: "60s". */
  read?: string | undefined;
  /** Silence in both directions allowed on an upgraded connection (WebSocket) and on one of mode tcp. Sessions of mode udp have 60s, unless their listener says otherwise. Default: "1h". */
  tunnel?: string | undefined;
  /** Modes tcp and udp: silence allowed of the client; 0s is no limit. Default: "0s". */
  clientIdle?: string | undefined;
  /** Modes tcp and udp: silence allowed of the server; 0s is no limit. Default: "0s". */
  serverIdle?: string | undefined;
  /** After a refused request: how long what the client still sends is read and thrown away, so that it can see the answer. Default: "2s". */
  linger?: string | undefined;
  /** For a connection to a server to be accepted. Default: "5s". */
  connect?: string | undefined;
  /** From a request sent whole to the head of its response. Default: "60s". */
  response?: string | undefined;
}

/** What a client or server may send. Sizes are of 1024: 32kb, 1mb. */
export interface LimitsInput {
  /** Start line and fields of a request or response together; a larger request is answered 431. Default: "32kb". */
  head?: string | undefined;
  /** Fields in a head, or in trailers. Default: 128. */
  fields?: number | undefined;
  /** Request body; a larger one is answered 413. 0 is no limit. Default: 0. */
  body?: string | 0 | undefined;
  /** Requests on one client connection before it is closed. 0 is no limit. Default: 0. */
  requestsPerConnection?: number | undefined;
  /** Requests at once on one connection of HTTP/2, which clients are told as SETTINGS_MAX_CONCURRENT_STREAMS; one more is refused, and may be sent again. Default: 100. */
  streamsPerConnection?: number | undefined;
}

/** What holds for the functions of a config in TypeScript, where a listener or pool does not say otherwise under its own hooks. */
export interface HooksInput {
  /** How long one call of a hook may take, with all that it awaits. Default: "1s". */
  budget?: string | undefined;
  /** What a client is answered when a hook throws, takes too long or answers nonsense; absent: 500, or 504 when it was late. "pass" goes on as if there were no hook. */
  failure?: "pass" | number | ReplyInput | undefined;
  /** The longest body that a transform is given whole. Default: "1mb". */
  maxBody?: string | undefined;
  /** What becomes of longer ones: a failure of the hook, or they go on as they are. Default: "fail". */
  tooLarge?: "fail" | "pass" | undefined;
}

/** An answer of our own. */
export interface ReplyInput {
  /** Its status. Absent: 200 for a reply, 503 for a pool's, 403 for a denial, 429 for a limit's or tarpit's. */
  status?: number | undefined;
  /** The words behind the status; absent: the usual ones. */
  reason?: string | undefined;
  /** Header fields, by name. */
  headers?: Record<string, string> | undefined;
  /** Content-Type of the body; text/plain in UTF-8 when absent. */
  type?: string | undefined;
  /** Its body; absent: a line that says the status. */
  body?: string | undefined;
  /** A file that holds the whole answer: status line, header fields, an empty line, body, as in HAProxy. */
  file?: string | undefined;
  /** Fill in {expression} in header fields and body; {{ and }} are braces. Default: false. */
  template?: boolean | undefined;
  /** The Retry-After field. Absent: with 429 and 503, the time that a limit or ban has left, where it is known; false sends none. */
  retryAfter?: string | false | undefined;
}

/** Counters by key, shared by all workers, which outlive reloads and restarts. */
export interface TableInput {
  /** What entries are known by: ip (IPv6 by its first 64 bits), integer, string and binary (32 bytes), or a section that says another length. Default: "ip". */
  key?: "ip" | "integer" | "string" | "binary" | TableKeyInput | undefined;
  /** Entries at most, as a number or "200k", "1m" (k is 1024). Default: "100k". */
  size?: number | string | undefined;
  /** How long an entry lasts since it was last tracked or written; 0s is until it must make room. Default: "10m". */
  expire?: string | undefined;
  /** Counters of each entry, by HAProxy's names, and "tokens(5,500ms)": a bucket of 5 tokens of which one comes back every 500ms. */
  store?: string[] | undefined;
  /** When it is full: evict what would expire first, or refuse what is new. Default: "evict". */
  full?: "evict" | "refuse" | undefined;
  /** With a fleet: what is read is the sum over all its nodes. Needs the section fleet. Default: false. */
  share?: boolean | undefined;
}

/** What entries are known by, with its length: one of ip, string and binary. */
export interface TableKeyInput {
  /** Addresses; of IPv6 ones so many bits count: 48, 64 (the usual) or 128. */
  ip?: number | undefined;
  /** Texts of at most so many bytes; what is longer is cut off. */
  string?: number | undefined;
  /** Exactly so many bytes; what is longer is cut off, what is shorter filled up with zeros. */
  binary?: number | undefined;
}

/** Values to compare with: one of addresses, texts, names and map. A file is read again when it changes. */
export interface ListInput {
  /** IP addresses and CIDR blocks: a file with one a line, or a list. Asked for by: src in lists.NAME. */
  addresses?: string | string[] | undefined;
  /** Whole texts: a file with one a line, or a list. Asked for by: path in lists.NAME. */
  texts?: string | string[] | undefined;
  /** Host names, "*.example.com" for all under it: a file with one a line, or a list. host in lists.NAME. */
  names?: string | string[] | undefined;
  /** Texts with a text each: a file of lines with a key, a space and its value, or a section. lists.NAME[host]. */
  map?: string | Record<string, string> | undefined;
}

/** A memory for responses, shared by all workers, which outlives reloads and restarts. */
export interface CacheInput {
  /** Memory for what is stored, heads and bodies. Absent: 128mb, or half of what is free in /dev/shm where that is less. */
  size?: string | undefined;
  /** Largest response that is stored, head and body. Absent: a sixteenth of size, at most 64mb. */
  objectSize?: string | undefined;
  /** What makes room: tinylfu keeps what is asked for often and recently and is not washed out by a scan; lru what was asked for last; lfu what is asked for often. Default: "tinylfu". */
  policy?: "tinylfu" | "lru" | "lfu" | undefined;
  /** One memory for all workers, or one for each of them, which divides size by their number. Default: "shared". */
  memory?: "shared" | "worker" | undefined;
  /** A Redis as second level: its address, or a section with more. When it is away, traffic goes on. */
  redis?: string | CacheRedisInput | undefined;
}

/** A second level, which outlives Sluice and may be shared by several. */
export interface CacheRedisInput {
  /** host:port, redis://[user:password@]host[:port][/database], rediss:// for TLS, or unix:/path. */
  url: string;
  /** What every key begins with, so that others may use the same Redis. Default: "sluice:". */
  prefix?: string | undefined;
  /** What a request waits for it at most; then it goes on as if nothing were there. Default: "50ms". */
  timeout?: string | undefined;
  /** Connections kept by each worker. Default: 2. */
  connections?: number | undefined;
}

/** A pool of outbound addresses, by which a forward proxy asks targets: chosen for each request, paced, and left out while they fail. */
export interface EgressInput {
  /** What requests go out by. */
  members: EgressMembersInput[];
  /** Among the members that may be used, for requests without a session. Default: "random". */
  choose?: "random" | "roundRobin" | "leastUsed" | undefined;
  /** Requests with the same key (X-Egress-Key, or session in the user name) have the same member: hash, for as long as it may be used; a section, for some time; false, not. Default: "hash". */
  session?: "hash" | false | EgressSessionInput | undefined;
  perTarget?: EgressPerTargetInput | undefined;
  judge?: EgressJudgeInput | undefined;
  /** What each user of the listeners may have. Absent: no limit. */
  quota?: EgressQuotaInput | undefined;
  history?: EgressHistoryInput | undefined;
  /** Access logs of nginx in which outcomes stand. */
  logs?: EgressLogInput[] | undefined;
  /** What members are judged by: our own requests, what logs say, or both. Absent: logs where there are some. */
  evidence?: "own" | "logs" | "both" | undefined;
  /** When no member may be used: answer 503 with Retry-After, take the one that comes back first, or none at all: the system's own address. Default: "refuse". */
  whenNone?: "refuse" | "soonest" | "direct" | undefined;
  /** How long a request waits for a member that is only paced or busy, before it is answered 503. Default: "5s". */
  wait?: string | undefined;
  /** X-Egress-IP in answers says which member it was. Default: true. */
  tell?: boolean | undefined;
}

/** Members of an egress pool: of one kind, with the same weight and tags. */
export interface EgressMembersInput {
  /** A configuration of nginx, or several by a pattern with *: each server in it that has listen and proxy_bind is a member, asked with X-Egress-Scheme, X-Egress-Host and X-Egress-Key. Watched: members come and go as it changes. */
  nginx?: string | undefined;
  /** Where that nginx is (127.0.0.1 when absent). */
  host?: string | undefined;
  /** Of that file only the servers that listen at these ports. Absent: all. */
  ports?: (number | string)[] | undefined;
  /** Addresses of this machine that connections come from: "203.0.113.7", "203.0.113.10-40", "198.51.100.0/28", "2001:db8::/64". */
  addresses?: string[] | undefined;
  /** So many addresses of each block that has more, drawn of it, the same each time. A block of more than 65,536 needs it. */
  count?: number | undefined;
  /** Proxies of others: "http://user:password@host:port", https:// for TLS to the proxy, socks5://. User and password are percent-encoded. */
  proxies?: string[] | undefined;
  /** TLS to the proxies whose URL begins with https://: a section. Absent: their certificates must be good. */
  tls?: ServerTlsInput | undefined;
  /** How often each is chosen by chance, beside others. Default: 1. */
  weight?: number | undefined;
  /** What can be wished for in a user name: { country: de }. */
  tags?: Record<string, string> | undefined;
}

/** TLS towards servers. A server's own keys come before those of its pool, key by key. */
export interface ServerTlsInput {
  /** A PEM file of the authorities that are trusted; absent: the system's. */
  ca?: string | undefined;
  /** What the server's certificate must be for, and the name asked for (SNI). Absent: the host of its address. */
  serverName?: string | undefined;
  /** false trusts whatever certificate the server shows, a stranger's too (true when absent). */
  verify?: boolean | undefined;
  /** A PEM file of the certificate that is shown to servers that ask for one; key goes with it. */
  certificate?: string | undefined;
  /** The PEM file of that certificate's private key. */
  key?: string | undefined;
  /** The oldest version of TLS that is spoken ("1.2" when absent). */
  minVersion?: "1.0" | "1.1" | "1.2" | "1.3" | undefined;
  /** The newest version of TLS that is spoken ("1.3" when absent). */
  maxVersion?: "1.0" | "1.1" | "1.2" | "1.3" | undefined;
  /** Ciphers of TLS 1.2 and older, as OpenSSL lists them; absent: the runtime's own choice. */
  ciphers?: string | undefined;
  /** Protocols offered to the server; absent: none, with http2 "h2" before "http/1.1". */
  alpn?: string[] | undefined;
}

/** Requests with the same key have the same member, for some time. */
export interface EgressSessionInput {
  /** Since the first request of a key; 0s: by the hash of the key alone, for as long as the member is there. Default: "10m". */
  lifetime?: string | undefined;
  /** Since its last request. 0s is no limit. Default: "0s". */
  idle?: string | undefined;
  /** After so many it is given another member. 0 is no limit. Default: 0. */
  requests?: number | undefined;
  /** After so many bytes, both directions together, it is given another member. 0 is no limit. Default: 0. */
  bytes?: string | 0 | undefined;
}

/** How much a host is asked by one member: for targets that count requests by address. Without it, as much as comes. */
export interface EgressPerTargetInput {
  /** From one request of a member to a host to its next there. 0s is no limit. Default: "0s". */
  interval?: string | undefined;
  /** Requests of a member at once at a host. 0 is no limit. Default: 0. */
  concurrency?: number | undefined;
}

/** What makes a member unavailable, and for how long. */
export interface EgressJudgeInput {
  /** target: a member is judged for each host by itself, and only what fails at several hosts is its own fault. member: whatever the host. Default: "target". */
  per?: "target" | "member" | undefined;
  /** What makes it unavailable: failures in a row, a share of the last outcomes that failed, or nothing but a ban. Default: "consecutive". */
  strategy?: "consecutive" | "share" | "never" | undefined;
  /** consecutive: so many failures in a row. Default: 3. */
  failures?: number | undefined;
  /** consecutive: from the first of them to the last. Default: "5m". */
  within?: string | undefined;
  /** share: of so many outcomes, the last ones. Default: 20. */
  of?: number | undefined;
  /** share: so many of them, 0 to 1. Default: 0.5. */
  share?: number | undefined;
  /** What statuses mean: { "403": ban, "5xx": failure }; the narrowest that holds counts. Absent: per target 403, 407 and 429 are failures and 5xx says nothing; per member all of 4xx and 5xx are failures. */
  statuses?: Record<string, "success" | "failure" | "ban" | "ignore"> | undefined;
  /** What bodies of answers mean; it comes before the status. */
  bodies?: EgressBodyInput[] | undefined;
  /** How long a member is unavailable: a duration, or a section. Default: "10m". */
  coolDown?: string | EgressCoolDownInput | undefined;
  /** per target: a host at which so many members fail in a row is down, and no member is blamed. Default: 3. */
  hostDown?: number | undefined;
}

/** What a body says of the member that it came by. */
export interface EgressBodyInput {
  /** The text that is looked for. */
  find?: string | undefined;
  /** Or a regular expression (RE2's syntax). */
  pattern?: string | undefined;
  /** What it says of the member: success, failure, ban (unavailable at once), or ignore (nothing). Default: "ban". */
  means?: "success" | "failure" | "ban" | "ignore" | undefined;
  /** In bodies of these media types only, in their first 64 kB. */
  types?: string[] | undefined;
  /** Only of these hosts. Empty: of all. */
  hosts?: string[] | undefined;
}

/** How long a member is unavailable, and how it comes back. */
export interface EgressCoolDownInput {
  /** How long a member is unavailable. Default: "10m". */
  time?: string | undefined;
  /** Each time that it is unavailable again soon it is so many times longer. 1 stays the same. Default: 1. */
  growth?: number | undefined;
  /** No longer than this, whatever growth makes of it. Default: "24h". */
  max?: string | undefined;
  /** Afterwards it is given one request at a time, until one has succeeded. Default: true. */
  trial?: boolean | undefined;
}

/** How much each user of a listener with auth may have; more is answered 429. */
export interface EgressQuotaInput {
  /** Requests of a user in each period. 0 is no limit. Default: 0. */
  requests?: number | undefined;
  /** Bytes in each period, both directions together. 0 is no limit. Default: 0. */
  bytes?: string | 0 | undefined;
  /** The period, which begins with a user's first request. Default: "1h". */
  per?: string | undefined;
}

/** What is kept of each member, in shared memory: 20 bytes an outcome, 12 a change. */
export interface EgressHistoryInput {
  /** Outcomes that are kept of each member. Default: 1000. */
  entries?: number | undefined;
  /** Changes of state that are kept of each member. Default: 100. */
  changes?: number | undefined;
}

/** An access log that tells how requests by members have ended. */
export interface EgressLogInput {
  /** The log's path, which starts at this file's folder; %s in it stands for a member's address, and makes it one for each. */
  path: string;
  /** What a line says: the text of nginx' log_format, a section with a regular expression, or "ipmanager": what that looks for, wherever it stands. Default: "ipmanager". */
  format?: string | EgressLogPatternInput | undefined;
  /** serve: what is written from now on. parse: what stands there already, too. Default: "serve". */
  mode?: "serve" | "parse" | undefined;
  /** How often it is looked at; 0s: whenever it grows. Default: "0s". */
  every?: string | undefined;
}

/** What a line of a log says, by a regular expression. */
export interface EgressLogPatternInput {
  /** A regular expression (RE2's syntax) with groups that are named time, status, key, target, port, address: those that there are. */
  pattern: string;
}

/** What becomes of clients that sluice ban has banned. Banning needs no section. */
export interface BansInput {
  /** What requests of banned clients are answered; "close" closes their connections, as the other modes do. Default: 403. */
  answer?: "close" | number | ReplyInput | undefined;
}

/** Redis sets of servers, which sentinels keep and pools take their servers from. */
export interface RegistryInput {
  /** host:port, redis://[user:password@]host[:port][/database], rediss:// for TLS, or unix:/path. */
  redis: string;
  /** How often sets are read, whatever tells of changes. Default: "5s". */
  poll?: string | undefined;
  /** auto: Redis tells of changes at once, by tracking or by events of keys. off: only poll. Default: "auto". */
  notify?: "auto" | "off" | undefined;
  /** How long an answer of Redis may take. Default: "3s". */
  timeout?: string | undefined;
}

/** Probes targets and keeps those that are well in a set of the registry. */
export interface SentinelInput {
  /** Servers to probe, side by side. */
  targets: string[];
  /** The set of the registry that those which are well are put in. Default: "gopher_backends". */
  set?: string | undefined;
  /** Members are written as "http://host:port"; "" writes host:port. Default: "http". */
  scheme?: "http" | "https" | "" | undefined;
  /** What this sentinel is called, unlike all others; absent: the machine's name and the process' number. */
  id?: string | undefined;
  check?: CheckInput | undefined;
  /** What a sentinel says holds for so long; it says it again at each probe. When none says so any more, those that are left take a server out; when no sentinel is left, it stays. Default: "15s". */
  lease?: string | undefined;
  /** How many sentinels must agree: more than half of those that look at a server, or so many. Default: "majority". */
  quorum?: "majority" | number | undefined;
}

/** Active health checks. All servers are probed side by side; a new one serves after its first success. */
export interface CheckInput {
  /** Ask for this path and judge by the status of the answer. */
  http?: string | undefined;
  /** Call grpc.health.v1.Health/Check, by HTTP/2, and judge by whether it answers SERVING: true asks for the server as a whole, a name for that service. */
  grpc?: true | string | undefined;
  /** Judge by whether a connection is accepted; with send and receive, by what is answered. */
  tcp?: true | undefined;
  /** Send a datagram and judge by what comes back; without receive, by whether the server refuses it. */
  udp?: true | undefined;
  /** Run a command and judge by its exit code, or by output. A text is split at spaces, a list is taken word by word, and no shell reads it; {host} and {port} stand for the server's. */
  exec?: string | string[] | undefined;
  /** From one probe of a server to the next. Default: "2s". */
  every?: string | undefined;
  /** Instead of every while a server is down. */
  everyDown?: string | undefined;
  /** Instead of every while the last results speak against a server's state and it has not changed yet: between rise and fall. */
  everyChanging?: string | undefined;
  /** For connection and answer together; when absent 1s, or every where that is shorter. */
  timeout?: string | undefined;
  /** Successes in a row that bring a server up. Default: 2. */
  rise?: number | undefined;
  /** Failures in a row that take a server down. Default: 3. */
  fall?: number | undefined;
  /** http: statuses that count as success, such as "200", "200-399" (the default) or "200-299,401". */
  expect?: string | number | undefined;
  /** http: method of the probe; GET when absent. */
  method?: "GET" | "HEAD" | "OPTIONS" | undefined;
  /** http and grpc: Host field of the probe; the server's own host:port when absent. */
  host?: string | undefined;
  /** http: whether the probe asks by HTTP/2; over TLS the server may choose HTTP/1.1 all the same. Absent: as the server's traffic does. */
  http2?: boolean | undefined;
  /** tcp and udp: what is sent, with the escapes \r \n \t \0 \\ and \xHH for a byte. */
  send?: string | undefined;
  /** tcp and udp: what the answer must hold, or a section that says more. Absent: no answer is waited for. */
  receive?: string | ReceiveInput | undefined;
  /** exec: what the command must print, without the white space around it. Absent: exit code 0 is success. */
  output?: string | undefined;
  /** http, grpc and tcp: whether the probe goes over TLS. Absent: as the server's traffic does. */
  tls?: boolean | undefined;
  /** Probe this port instead of the server's own. */
  port?: number | undefined;
}

/** What must come back: one of starts, contains and pattern. */
export interface ReceiveInput {
  /** The answer starts with this text. */
  starts?: string | undefined;
  /** The answer holds this text somewhere. */
  contains?: string | undefined;
  /** The answer fits this regular expression, as JavaScript reads it; each byte is one character. */
  pattern?: string | undefined;
}

/** Several Sluices that share tables and bans over a Redis. No request ever waits for it. */
export interface FleetInput {
  /** host:port, redis://[user:password@]host[:port][/database], rediss:// for TLS, or unix:/path. */
  redis: string;
  /** Nodes with the same name are one fleet. Default: "default". */
  name?: string | undefined;
  /** What this node is called, unlike all others; absent: the machine's name and the admin port. */
  node?: string | undefined;
  /** How often tables that are shared tell each other what they counted. Default: "200ms". */
  interval?: string | undefined;
  /** What is known of other nodes is called stale after so long without Redis. Default: "5s". */
  stale?: string | undefined;
  /** What limits do then: open lets each node go on by its own counts; closed refuses what a shared table is asked about. Default: "open". */
  whenStale?: "open" | "closed" | undefined;
  /** Bans of one node hold on all. Default: true. */
  bans?: boolean | undefined;
}

/** The pages and metrics that ipmanager has, for a config that was ipmanager's. */
export interface IpmanagerInput {
  /** Where ipmanager's pages and metrics are, which it calls its probe port. Those that tell or change more than health are for this machine alone, or for who shows admin.token. */
  listen: string;
  /** The egress pool that they are about. */
  egress: string;
  /** What /api/config shows: ipmanager's own keys. */
  settings?: Record<string, string | number | boolean> | undefined;
}

/** The REST API and the metrics that gobetween has, for a config that was gobetween's. */
export interface GobetweenInput {
  /** gobetween's REST API. Absent: there is none. */
  api?: GobetweenApiInput | undefined;
  /** Whether /metrics has the names of gobetween's as well. Default: false. */
  metrics?: boolean | undefined;
  /** gobetween's own keys besides servers: defaults.max_connections. */
  settings?: Record<string, string | number | boolean | string[]> | undefined;
  /** gobetween's servers, by the names of their listeners. */
  servers?: Record<string, GobetweenServerInput> | undefined;
}

/** gobetween's REST API, on the admin interface. */
export interface GobetweenApiInput {
  /** The user name that is asked for, by HTTP basic authentication. */
  user?: string | undefined;
  /** The password that is asked for. It is good as a bearer token too. Absent: admin.token, or nothing. */
  password?: string | undefined;
  /** Whether pages of other origins may ask, where they show user and password themselves. Default: false. */
  cors?: boolean | undefined;
  /** An address with TLS besides the admin interface, which has none. */
  tls?: GobetweenTlsInput | undefined;
}

/** An address of its own with TLS, for gobetween's REST API. */
export interface GobetweenTlsInput {
  /** Where the API, and all of the admin interface, has TLS. */
  listen: string;
  /** The certificate, read at the start. */
  certificate: string;
  /** Its private key. */
  key: string;
}

/** A server of gobetween's: a listener and its pools. */
export interface GobetweenServerInput {
  /** What gobetween calls it; the listener's name where that is the same. */
  name: string;
  /** Its pools, which go with it. */
  pools: string[];
  /** Its lists of addresses, which go with it. */
  lists?: string[] | undefined;
  /** gobetween's own keys of it: discovery.kind. */
  settings?: Record<string, string | number | boolean | string[]> | undefined;
}

/** Certificates from an authority (ACME), got and renewed by Sluice itself for the names that listeners have under tls.acme. */
export interface AcmeInput {
  /** true: you have read and agree to the authority's terms of service. Without it no certificate is asked for. Let's Encrypt's are at https://letsencrypt.org/repository/. */
  agreeToTerms: true;
  /** Where the authority writes to in case of trouble; some authorities want one. */
  email?: string | undefined;
  /** The authority: letsencrypt, letsencrypt-staging for trials (browsers do not trust those certificates, and its limits are wide), or the address of another's directory. Default: "letsencrypt". */
  directory?: string | undefined;
  /** A PEM file of the authorities that the directory's own certificate is signed by; absent: the system's. */
  ca?: string | undefined;
  /** The kind of key that certificates are for; each certificate gets a new one. Default: "ecdsa-p256". */
  key?: "ecdsa-p256" | "rsa-2048" | undefined;
  /** Absent: the account at the authority is a new one. */
  externalAccount?: ExternalAccountInput | undefined;
  /** How long before its end a certificate is renewed, at most half of its life. Absent: when a third of its life is left. */
  renewBefore?: string | undefined;
  /** Where the account's key, certificates and their keys are kept; made where it is not there. It must outlive restarts of the machine (as a service: /var/lib/sluice/acme). Paths start at this file's folder. Default: "acme". */
  folder?: string | undefined;
}

/** An account that is there already at authorities that want one (external account binding, RFC 8555 7.3.4). */
export interface ExternalAccountInput {
  /** The identifier of the key (kid). */
  id: string;
  /** The key itself (HMAC), in base64url as authorities give it. In a text file, take it from the environment. */
  hmacKey: string;
}

/** Traces of live requests, for who wants to see why one was answered as it was; sluice explain asks the same without traffic. */
export interface DebugInput {
  /** A request whose Sluice-Debug field holds this is answered with a trace of the rules. Absent: none is. */
  token?: string | undefined;
}

/** A place where clients connect: an address, the mode that is spoken there, and where what comes goes. */
export interface ListenerInput {
  /** Where to listen: ":8080" (every address), "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock". */
  listen: string;
  /** What is carried: requests of HTTP, connections as they are, or datagrams. With tls and mode tcp, TLS ends here and the content is passed on. Default: "http". */
  mode?: "http" | "tcp" | "udp" | undefined;
  /** The pool that requests or connections go to which nothing else claims. Needed, except with redirect and where rules name pools; in mode tcp with sni, other names are refused when it is absent. */
  use?: string | undefined;
  /** Connections (mode udp: sessions) at once over all workers; more are closed at once and counted. Default: 20000. */
  maxConnections?: number | undefined;
  /** TLS towards clients. Absent: none. Modes http and tcp. */
  tls?: ListenerTlsInput | undefined;
  /** Mode tcp: pools by the name that the client asks for in its TLS hello, with or without tls. A whole name comes before a star, a longer star before a shorter one, both before patterns, which are tried as written. */
  sni?: NameRouteInput[] | undefined;
  /** Mode http: answer every request by a redirect to https. */
  redirect?: "https" | RedirectInput | undefined;
  /** Mode http with tls: tell browsers for how long to ask for this host over https only. */
  hsts?: string | HstsInput | undefined;
  /** Mode udp: when sessions end. */
  udp?: UdpInput | undefined;
  /** Connections from trustedProxies begin with a PROXY protocol header, version 1 or 2, that says who the client is; without one they are closed. Others' are taken as they are. Default: false. */
  proxyProtocol?: boolean | undefined;
  /** Mode http: clients may speak HTTP/2 too. With tls it is offered to them, unless tls.alpn is written without "h2"; without tls those that begin with its connection preface are understood (prior knowledge). What servers are asked by is said by http2 of their pools. Default: true. */
  http2?: boolean | undefined;
  /** Mode http: a client that ends its sending half before its answer has begun is taken to have left, and its request is given up. Without this it gets its answer, as who has only said all may expect. Default: false. */
  abortOnClose?: boolean | undefined;
  /** Proxies in front of Sluice, as addresses or CIDR blocks: who the client is they say in X-Forwarded-For, or with proxyProtocol in their PROXY header. What they say in X-Forwarded-For, -Proto, -Host, -Port, -Prefix, -Server, -Scheme, -Ssl, -Protocol and in Forwarded is continued, what others say there is removed. Other names of that kind (X-Forwarded-User) are applications' own and pass from everybody. */
  trustedProxies?: string[] | undefined;
  forwarding?: ForwardingInput | undefined;
  /** Pseudonym in the Via field of requests and responses (RFC 9110 7.6.3); false sends none. Default: "sluice". */
  via?: string | false | undefined;
  /** An id for each request, in a header and the access log: a section with header and keep; false for none. Absent: x-request-id, but none for a forward proxy without use. */
  requestId?: RequestIdInput | false | undefined;
  /** Which worker takes a connection: any of them, or for all connections of one client address (an IPv6 /64) the same, which is where its TLS sessions resume. Uneven when few addresses bring most of the traffic. Linux. Default: "connection". */
  workerBy?: "connection" | "client" | undefined;
  /** What is decided about requests (mode tcp: connections) before a pool is asked: a list in the order of evaluation, or a section with lists for connection, request and response. */
  rules?: RuleInput[] | RulePhasesInput | undefined;
  /** Answers instead of our own, by status or by the code of a fault: another status, a file that holds a whole answer, or a section. They come before those at the top. */
  errors?: Record<string, number | string | ReplyInput> | undefined;
  /** Mode http: Basic authentication, demanded of every request that rules let through. */
  auth?: AuthInput | undefined;
  /** Mode http: a forward proxy, for targets that clients name: true, or a section. Only public addresses may be targets, unless it says otherwise. */
  proxy?: boolean | ForwardProxyInput | undefined;
  /** Mode http: cross-origin requests of browsers that are allowed: an origin, or a section with origins. */
  cors?: string | CorsInput | undefined;
  /** Compress responses for clients that take it: true, a list of codings, or a section. A pool may say otherwise. */
  compress?: boolean | ("gzip" | "br" | "zstd")[] | CompressInput | undefined;
  /** Other text in the bodies of responses, before those of the pool. */
  replace?: ReplaceInput[] | undefined;
  hooks?: HookOptionsInput | undefined;
  timeouts?: ListenerTimeoutsInput | undefined;
  /** What is different about its lines in the access log; false: it has none. Absent: they are as all. */
  accessLog?: false | ListenerLogInput | undefined;
}

/** TLS towards clients: certificates, versions, and whether clients show certificates too. */
export interface ListenerTlsInput {
  /** What is shown to clients, chosen by the name that they ask for: PEM files that hold certificate, chain and key (or have the key beside them: site.crt and site.key, fullchain.pem and privkey.pem), folders of such, or sections with certificate and key. Changed files are taken up while traffic goes on. Paths start at this file's folder. Absent: those of acme alone. */
  certificates?: string | (string | CertificateFilesInput)[] | undefined;
  /** Names that certificates are got for from an authority, as the section acme says: each a name, which has a certificate of its own, or a list of names that share one. Beside certificates, or instead. */
  acme?: (string | string[])[] | undefined;
  /** The certificate for clients that ask for no name, or for one that none is for: a name that it is for, or its file's name. Absent: the first. */
  default?: string | undefined;
  /** Clients that ask for a name that no certificate is for, or for none, get the default one, or are refused and shown none. Default: "default". */
  unknownName?: "default" | "refuse" | undefined;
  /** The oldest version of TLS that is spoken. Default: "1.2". */
  minVersion?: "1.0" | "1.1" | "1.2" | "1.3" | undefined;
  /** The newest version of TLS that is spoken. Default: "1.3". */
  maxVersion?: "1.0" | "1.1" | "1.2" | "1.3" | undefined;
  /** Ciphers of TLS 1.2 and older, as OpenSSL lists them; absent: the runtime's own choice. */
  ciphers?: string | undefined;
  /** Protocols offered to clients, in order of preference. In mode http these can be "h2" and "http/1.1". Absent: both in that order, with http2: false or a minVersion below 1.2 "http/1.1" alone, none in mode tcp. */
  alpn?: string[] | undefined;
  /** Absent: clients are not asked for certificates. */
  clientCertificate?: ClientCertificateInput | undefined;
  /** Let clients come back without a full handshake. false costs CPU on both sides. Default: true. */
  sessionTickets?: boolean | undefined;
  /** Take the JA4 fingerprint of each client's hello, for the access log. Default: false. */
  ja4?: boolean | undefined;
}

/** A certificate whose key stands in another file. */
export interface CertificateFilesInput {
  /** A PEM file: the certificate, then its chain. */
  certificate: string;
  /** The PEM file of its private key, not encrypted. */
  key: string;
}

/** Clients are asked for certificates of their own (mTLS). */
export interface ClientCertificateInput {
  /** required: who shows none is refused. optional: who shows none is let in; one that is shown must be good. Default: "required". */
  mode?: "optional" | "required" | undefined;
  /** A PEM file of the authorities that sign clients' certificates. */
  ca: string;
}

/** A pool for the names that clients ask for in their TLS hello (SNI). */
export interface NameRouteInput {
  /** A whole name, or "*.example.com" for every name that ends in .example.com. */
  name?: string | undefined;
  /** A regular expression, as JavaScript reads it, tried on the name in lower case. */
  pattern?: string | undefined;
  /** The pool that such connections go to. */
  use: string;
  /** Each name that the pool's sources tell of its servers: clients that ask for it go to those. apart: the pool itself keeps the servers without a name; also: it has them all. */
  found?: "apart" | "also" | undefined;
}

/** Every request is answered by a redirect to the same address with https. */
export interface RedirectInput {
  /** Which scheme it leads to: https, the only one there is. Default: "https". */
  to?: "https" | undefined;
  /** Port of the https address; 443 is not written out. Default: 443. */
  port?: number | undefined;
  /** 308 and 301 are remembered by browsers; 308 and 307 keep method and body. Default: 308. */
  status?: 301 | 302 | 307 | 308 | undefined;
}

/** The Strict-Transport-Security field (RFC 6797). */
export interface HstsInput {
  /** How long browsers ask for this host over https only. */
  maxAge: string;
  /** For all names under it too. Default: false. */
  includeSubDomains?: boolean | undefined;
  /** Agree to be on the browsers' own lists. Default: false. */
  preload?: boolean | undefined;
}

/** When a session of mode udp ends, beside its timeouts. */
export interface UdpInput {
  /** A session ends after so many datagrams of the client. 0 is no limit. Default: 0. */
  maxRequests?: number | undefined;
  /** A session ends after so many datagrams of the server. 0 is no limit. Default: 0. */
  maxResponses?: number | undefined;
}

/** What servers are told about the client, in fields of mode http; in the other modes proxyProtocol of a pool tells them. */
export interface ForwardingInput {
  /** Send X-Forwarded-For: the client's address, after those that trusted proxies reported. Absent: true, but for a forward proxy without use. */
  xForwardedFor?: boolean | undefined;
  /** Send X-Forwarded-Proto: http or https. Absent: true, but for a forward proxy without use. */
  xForwardedProto?: boolean | undefined;
  /** Send X-Forwarded-Host: the Host that the client asked for. Absent: true, but for a forward proxy without use. */
  xForwardedHost?: boolean | undefined;
  /** Send Forwarded (RFC 7239). Default: false. */
  forwarded?: boolean | undefined;
  /** Peers, as addresses or CIDR blocks, for which no X-Forwarded-For and no Forwarded is added, and whose own X-Forwarded-* and Forwarded go on as they are. That makes nobody believed: src, bans and limits go by the peer, unless trustedProxies holds it. */
  except?: string[] | undefined;
  /** Believe the X-Forwarded-* and Forwarded of trustedProxies that are named there. false: only their PROXY header (proxyProtocol), and those fields are removed as everybody's are. Default: true. */
  believe?: boolean | undefined;
}

/** An id for each request, told to the server and back to the client, by which its traces are found. */
export interface RequestIdInput {
  /** The field that carries the id, to the server and back. Default: "x-request-id". */
  header?: string | undefined;
  /** Keep the id that a trusted proxy sent; false makes a new one always. Default: true. */
  keep?: boolean | undefined;
}

/** A condition, effects in this order, and at most one outcome. */
export interface RuleInput {
  /** What metrics, logs and explanations call it; absent: its place, such as "request[2]". */
  name?: string | undefined;
  /** When it applies: an expression that is true or false. Absent: always. */
  if?: string | undefined;
  /** observe: it is counted and explained as if it applied, but does nothing; off: it is not there. Default: "enforce". */
  mode?: "off" | "observe" | "enforce" | undefined;
  /** Hold an entry of a table for as long as the connection or request lasts, and count by it: by src. */
  track?: string | TrackInput | (string | TrackInput)[] | undefined;
  /** Mark an entry: its gpc0 is incremented, or its gpt0 set to 1, or what is named. */
  mark?: string | string[] | undefined;
  /** Add 1 to counters gpc, or with a section what it says. */
  increment?: string | string[] | Record<string, string | number | boolean> | undefined;
  /** Set counters to 0. */
  clear?: string | string[] | undefined;
  /** Set tags gpt and variables: { "marked[src].gpt0": 3, vars.country: "..." }, each to an expression's value. */
  set?: Record<string, string | number | boolean> | undefined;
  /** The connection counts now in sess_cnt and sess_rate of the entries that it holds, whatever rules behind it decide; otherwise it does when all rules have let it in. Once for a connection. */
  countSession?: true | undefined;
  /** Set header fields, in place of those that are there, to texts with {expressions}. */
  setHeader?: Record<string, string> | undefined;
  /** Add header fields beside those that are there: texts with {expressions}. */
  addHeader?: Record<string, string> | undefined;
  /** Remove header fields. */
  removeHeader?: string | string[] | undefined;
  /** Replace what a regular expression matches in each value of header fields. */
  replaceHeader?: Record<string, SubstitutionInput> | undefined;
  /** Replace what a regular expression matches in the path, which is without its query. */
  rewritePath?: SubstitutionInput | undefined;
  /** Replace what a regular expression matches in path and query together. */
  rewriteTarget?: SubstitutionInput | undefined;
  /** Another path for the request, without its query: a text with {expressions}. */
  setPath?: string | undefined;
  /** Another query, without the question mark: a text with {expressions}. */
  setQuery?: string | undefined;
  /** Another method for the request. */
  setMethod?: string | undefined;
  /** Another path and query together: a text with {expressions}. */
  setTarget?: string | undefined;
  /** Another status for the response. */
  setStatus?: number | string | undefined;
  /** Bytes a second that pass from now on at most: "100kb", "2mb/s". */
  slowDown?: string | undefined;
  /** The longest body that the request may have; a larger one is answered 413. limits.body holds beside it. */
  maxBody?: string | undefined;
  /** A line for the log: a text with {expressions}. */
  log?: string | undefined;
  /** Nothing after it in this phase is evaluated; what it is about goes on. */
  accept?: true | undefined;
  /** Refuse with an answer: true for 403, a status, or a section. Beside limit: what is answered then, 429 if absent. */
  deny?: true | number | ReplyInput | undefined;
  /** Close the connection without an answer. */
  reject?: true | undefined;
  /** Reset the connection (RST). */
  reset?: true | undefined;
  /** Forget the connection: the client is told nothing at all, and waits. */
  drop?: true | undefined;
  /** Let the client wait so long, then refuse it with 429. */
  tarpit?: string | TarpitInput | undefined;
  /** Redirect to this address (302): a text with {expressions}, or a section. */
  redirect?: string | RuleRedirectInput | undefined;
  /** Answer with this, without counting it as the client's error. */
  reply?: number | ReplyInput | undefined;
  /** Send to this pool. */
  use?: string | undefined;
  /** A rate limit: a section, or a table that stores tokens ("clients", "clients.tokens"). What is over it is denied with 429. */
  limit?: string | LimitInput | undefined;
  /** Beside a limit that names a table: who shares a limit, an expression. Absent: src. */
  by?: string | undefined;
  /** Rules that are evaluated when this one applies, in place of an outcome. */
  rules?: RuleInput[] | undefined;
}

/** Hold an entry of a table for as long as the connection or request lasts. */
export interface TrackInput {
  /** The table whose entry is held. */
  table: string;
  /** Its key: an expression. Default: "src". */
  by?: string | undefined;
  /** What tracked[N] says; the first to take a slot keeps it. Absent: one that nothing else takes. */
  slot?: number | undefined;
}

/** Other text in place of what a regular expression matches. */
export interface SubstitutionInput {
  /** A regular expression (RE2's syntax); (?i) at its beginning takes no note of case. */
  pattern: string;
  /** What stands wherever it matches: $1 is what its first group has matched, $& all of it. */
  by: string;
}

/** An answer that comes late, and costs its client the time. */
export interface TarpitInput {
  /** How long the client waits for its answer. */
  for: string;
  /** Its status. Absent: 200 for a reply, 503 for a pool's, 403 for a denial, 429 for a limit's or tarpit's. */
  status?: number | undefined;
  /** The words behind the status; absent: the usual ones. */
  reason?: string | undefined;
  /** Header fields, by name. */
  headers?: Record<string, string> | undefined;
  /** Content-Type of the body; text/plain in UTF-8 when absent. */
  type?: string | undefined;
  /** Its body; absent: a line that says the status. */
  body?: string | undefined;
  /** A file that holds the whole answer: status line, header fields, an empty line, body, as in HAProxy. */
  file?: string | undefined;
  /** Fill in {expression} in header fields and body; {{ and }} are braces. Default: false. */
  template?: boolean | undefined;
  /** The Retry-After field. Absent: with 429 and 503, the time that a limit or ban has left, where it is known; false sends none. */
  retryAfter?: string | false | undefined;
}

/** A redirect to another address. */
export interface RuleRedirectInput {
  /** Where to, with {expressions} in it. */
  to: string;
  /** 301 and 308 are remembered by browsers; 307 and 308 keep method and body. Default: 302. */
  status?: 301 | 302 | 303 | 307 | 308 | undefined;
  /** Header fields beside Location, by name. */
  headers?: Record<string, string> | undefined;
}

/** A rate with a burst, for each client or whatever by says. */
export interface LimitInput {
  /** How many are let through: "2/s", "100/m", "10/30s". Makes a table of its own. */
  rate?: string | undefined;
  /** How many at once after a pause; absent: as many as rate lets through in its time. */
  burst?: number | undefined;
  /** Entries of the table that rate makes; absent: 100k. */
  size?: number | string | undefined;
  /** Instead of rate: a table that stores tokens, such as "tokens(5,500ms)". */
  table?: string | undefined;
  /** Who shares a limit: an expression, such as src or headers['x-api-key']; of a text the first 256 bytes count. Default: "src". */
  by?: string | undefined;
  /** With a fleet: one limit for all its nodes together. */
  share?: boolean | undefined;
  /** Tokens that one takes: an expression. Absent: 1. */
  cost?: string | number | undefined;
}

/** Rules by the moment that they are evaluated at. */
export interface RulePhasesInput {
  /** Once for each connection. */
  connection?: RuleInput[] | undefined;
  /** For each request, before it is sent on. Mode http. */
  request?: RuleInput[] | undefined;
  /** For each response of a server, before it is sent on. Mode http. */
  response?: RuleInput[] | undefined;
  /** For each response as it is sent, Sluice's own answers among them. Mode http. */
  afterResponse?: RuleInput[] | undefined;
}

/** Basic authentication: 401 without good credentials, 407 where the listener is a forward proxy. */
export interface AuthInput {
  /** Names with passwords: plain, or as hashes that htpasswd makes ($2y$..., $apr1$..., {SHA}...). */
  users?: Record<string, string> | undefined;
  /** A file of lines name:hash, as htpasswd makes it; watched. */
  file?: string | undefined;
  /** What a browser shows when it asks for a password. Default: "Access to internal site". */
  realm?: string | undefined;
  /** Credentials that were found good are believed for so long; hashes are slow to check on purpose. Default: "5m". */
  remember?: string | undefined;
  /** Requests that are for no forward proxy may show credentials in Proxy-Authorization too, as goproxy's clients do; where it is there Authorization is the server's. Default: false. */
  proxyAuthorization?: boolean | undefined;
}

/** A forward proxy: clients name the targets. */
export interface ForwardProxyInput {
  /** Requests with a whole URL (GET http://host/path) go to that host. Default: true. */
  http?: boolean | undefined;
  /** CONNECT makes tunnels. Default: true. */
  connect?: boolean | undefined;
  /** SOCKS5 on the same port: tunnels, with or without user and password. Default: false. */
  socks?: boolean | undefined;
  /** The egress pool whose members targets are asked by, or one for each kind of request. Absent: the system's own address. */
  egress?: string | ProxyEgressInput | undefined;
  /** Targets that are asked from the system's own address in spite of egress: as in allow, with a port behind a colon or without. A name is not looked up for that. */
  direct?: string[] | undefined;
  /** Strangers may use it on purpose: a listener with egress that anybody could reach is warned of at each start, and not refused. Default: false. */
  open?: boolean | undefined;
  /** Requests with X-Egress-Host, and X-Egress-Scheme where it is not http, go to the host that these name; X-Egress-Key is their session. Default: false. */
  fields?: boolean | undefined;
  /** Targets that may be asked for: names, "*.example.com", addresses and blocks. */
  allow?: string[] | undefined;
  /** Targets that may not, whatever allow says. */
  deny?: string[] | undefined;
  /** Ports that requests may go to. */
  ports?: (number | string)[] | undefined;
  tunnels?: TunnelsInput | undefined;
  /** Whether loopback, private, link-local and other addresses that are not public may be targets. A name is judged by the address that it leads to. Default: false. */
  private?: boolean | undefined;
  /** For the address of a name to be found. The system waits 5s for its first name server. Default: "6s". */
  resolveTimeout?: string | undefined;
  /** Answers are cached: true, the name of a cache, or a section, as in a pool. */
  cache?: boolean | string | PoolCacheInput | undefined;
}

/** Egress pools by what is asked for; what is not named here is asked from the system's own address. */
export interface ProxyEgressInput {
  /** By which requests go on to http:// targets. */
  http?: string | undefined;
  /** By which requests go on that are TLS of ours: https:// in a whole URL. */
  https?: string | undefined;
  /** By which tunnels are made (CONNECT, SOCKS5). */
  tunnels?: string | undefined;
}

/** What CONNECT and SOCKS5 are for: to which ports, how many, how long and for how many bytes. */
export interface TunnelsInput {
  /** Ports that tunnels may be made to (CONNECT, SOCKS5). */
  ports?: (number | string)[] | undefined;
  /** Tunnels at once in each worker. 0 is no limit. Default: 0. */
  maxOpen?: number | undefined;
  /** A tunnel ends after so long, however busy. 0s is no limit. Default: "0s". */
  maxTime?: string | undefined;
  /** A tunnel ends after so many bytes, both directions together. 0 is no limit. Default: 0. */
  maxBytes?: string | 0 | undefined;
}

/** Responses of this pool are cached, as RFC 9111 says for a shared cache. */
export interface PoolCacheInput {
  /** Which cache, by its name under caches; absent: the only one, or one of the usual size. */
  in?: string | undefined;
  /** Forced: how long a response is fresh, whatever it says itself. What must not be stored is not stored all the same. */
  ttl?: string | undefined;
  /** How long a response is fresh that does not say it itself. */
  defaultTtl?: string | undefined;
  /** The share of its age since Last-Modified for which a response is fresh that says nothing else (RFC 9111 section 4.2.2); false guesses nothing. Default: 0.1. */
  heuristic?: false | number | undefined;
  /** A guess is never longer. Default: "1d". */
  heuristicMax?: string | undefined;
  /** How long responses with such a status are kept that do not say it themselves: { "404": "10s", "5xx": "1s" }. A range leaves out what is about one client, such as 401 and 429; these have to be named. */
  negative?: Record<string, string> | undefined;
  /** A stale response is shown for so long while it is asked for anew, unless it says otherwise (RFC 5861). Default: "0s". */
  staleWhileRevalidate?: string | undefined;
  /** A stale response is shown for so long when its server fails, unless it says otherwise (RFC 5861). Default: "0s". */
  staleIfError?: string | undefined;
  /** Whether Cache-Control and Pragma of requests are honoured, as RFC 9111 has it, or a reload gets the stored one. Default: "honor". */
  requests?: "honor" | "ignore" | undefined;
  /** A response that sets a cookie is not stored, or stored and sent without the cookie. Default: "pass". */
  setCookie?: "pass" | "drop" | undefined;
  key?: CacheKeyInput | undefined;
  /** A condition on the request: where it holds, nothing is looked up and nothing stored. */
  bypass?: string | undefined;
  /** Of many requests for what is not there one goes to a server; the others wait for its answer, no longer than this. false: all go. Default: "10s". */
  collapse?: false | string | undefined;
  /** After a response that cannot be stored, requests for the same do not wait for each other for so long. Default: "30s". */
  passFor?: string | undefined;
  /** Response fields that hold tags, by which `sluice cache purge --tag` finds them. */
  tags?: string[] | undefined;
  /** Send Cache-Status (RFC 9211): hit or not, and why. Default: true. */
  status?: boolean | undefined;
}

/** What a response is stored by, beside scheme, host, path, and what its Vary says. */
export interface CacheKeyInput {
  /** What of the query is part of the key; false: nothing of it. */
  query?: false | CacheQueryInput | undefined;
  /** Request fields whose values are part of the key. */
  headers?: string[] | undefined;
  /** Cookies whose values are part of the key. */
  cookies?: string[] | undefined;
}

/** What of the query is part of the key. */
export interface CacheQueryInput {
  /** Only these parameters are part of the key. */
  include?: string[] | undefined;
  /** Not these; "utm_*" stands for all that begin so. */
  exclude?: string[] | undefined;
  /** Their order does not count. Default: false. */
  sort?: boolean | undefined;
}

/** Cross-origin resource sharing: preflights are answered here, responses say who may read them. */
export interface CorsInput {
  /** Who may: "https://app.example.com", "https://*.example.com", "*". */
  origins: string[];
  /** Methods that they may use. */
  methods?: string[] | undefined;
  /** Request fields that they may send; * allows those that they ask for. */
  headers?: string[] | undefined;
  /** Response fields that their scripts may read. */
  expose?: string[] | undefined;
  /** With cookies and credentials; not together with the origin *. Default: false. */
  credentials?: boolean | undefined;
  /** How long a browser need not ask again. Default: "10m". */
  maxAge?: string | undefined;
}

/** Responses are compressed for clients that take it, where the server did not do it. */
export interface CompressInput {
  /** Which there are, the preferred first; a client gets the best that it takes. */
  codings?: ("gzip" | "br" | "zstd")[] | undefined;
  /** Media types that are compressed; with application/json also those that end in +json, likewise +xml. text/event-stream only where it is named. */
  types?: string[] | undefined;
  /** Shorter bodies stay as they are, where their length is told. Default: "1kb". */
  minimum?: string | 0 | undefined;
  /** 1 is fast, 9 is small. Default: 4. */
  level?: number | undefined;
}

/** Other text in bodies of responses: of find or pattern exactly one says which. */
export interface ReplaceInput {
  /** The text that is looked for. */
  find?: string | undefined;
  /** Or a regular expression (RE2's syntax). */
  pattern?: string | undefined;
  /** What stands there instead; of a pattern, $1 is what its first group has matched. */
  by: string;
  /** In bodies of these media types only; with application/json also in those that end in +json, likewise +xml. */
  types?: string[] | undefined;
  /** What a pattern matches is never longer: so much of a body waits for what follows. Default: "4kb". */
  longest?: string | undefined;
}

/** What holds for hooks here; what is left out is as hooks at the top of the config say. */
export interface HookOptionsInput {
  /** How long one call of a hook may take, with all that it awaits. */
  budget?: string | undefined;
  /** What a client is answered when a hook throws, takes too long or answers nonsense; absent: 500, or 504 when it was late. "pass" goes on as if there were no hook. */
  failure?: "pass" | number | ReplyInput | undefined;
  /** The longest body that a transform is given whole. */
  maxBody?: string | undefined;
  /** What becomes of longer ones: a failure of the hook, or they go on as they are. */
  tooLarge?: "fail" | "pass" | undefined;
  /** The pools that onRequest may send requests to, by request.use(), beside those that rules name. */
  use?: string[] | undefined;
}

/** How long Sluice waits here; what is left out is as timeouts at the top of the config say. */
export interface ListenerTimeoutsInput {
  /** From accept to the end of what comes before content: PROXY header, TLS handshake. With either the kernel hands over a client that says nothing some 7 s late: that is added. */
  handshake?: string | undefined;
  /** From accept, or a head's first byte, to its last. */
  head?: string | undefined;
  /** How long a connection is kept between two requests. */
  idle?: string | undefined;
  /** Silence allowed between two reads of a request body. */
  read?: string | undefined;
  /** Silence in both directions allowed: on an upgraded connection, in mode tcp, and of a session in mode udp (60s when absent there). */
  tunnel?: string | undefined;
  /** Modes tcp and udp: silence allowed of the client; 0s is no limit. */
  clientIdle?: string | undefined;
  /** How long a refused client's bytes are still read. */
  linger?: string | undefined;
}

/** What is different about this listener's lines in the access log. */
export interface ListenerLogInput {
  /** What the listener is called in its lines. Absent: its own name. */
  name?: string | undefined;
  /** As HAProxy writes lines: httplog, tcplog, httpslog, or a text with its aliases. Absent: as all. */
  format?: string | undefined;
  /** false: only what accessLog.normal says. Absent: as all. */
  normal?: boolean | undefined;
  /** How severe lines are in syslog of what accessLog.normal would leave. Absent: as all. */
  failures?: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug" | undefined;
}

/** A group of servers that answer the same requests. */
export interface PoolInput {
  /** Its servers: "host:port", "host:port^weight", "[::1]:80", "unix:/path", or sections with more options. A pool has servers or a reply. */
  servers?: (string | ServerInput)[] | undefined;
  /** Name servers to ask for the names of its servers, instead of the system's: by address, or by a name that the system knows. */
  nameServers?: string[] | undefined;
  /** Where further servers come from while Sluice runs: a source, or a list of them. */
  discover?: DiscoverInput | DiscoverInput[] | undefined;
  /** What every request is answered, in a pool that has no servers: a section with status, body or file. */
  reply?: ReplyInput | undefined;
  /** How a server is chosen: the name of a policy, or a section with its options. Default: "weightedRoundRobin". */
  balance?:
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
    | "first"
    | BalanceInput
    | undefined;
  /** A cookie that brings a client back to its server: its name, or a section with its attributes. */
  sticky?: string | StickyInput | undefined;
  /** Further attempts after the first. Only what cannot have reached a server, or is idempotent, is ever sent again. Default: 2. */
  retries?: number | undefined;
  /** Which backups serve while no other server is available: all of them, by balance, or the first that is, in the order of servers; behind these come those of discover, in the order of their addresses as text, whatever their priority. Default: "all". */
  backups?: "all" | "first" | undefined;
  /** Whether a further attempt may go to another server. Default: true. */
  redispatch?: boolean | undefined;
  retryBudget?: RetryBudgetInput | undefined;
  queue?: QueueInput | undefined;
  idle?: IdleInput | undefined;
  /** How long a server that came up takes to reach its full weight. Default: "0s". */
  slowStart?: string | undefined;
  /** When ejections would leave less than this share of the servers, they are ignored: better a bad server than none. Default: 0.5. */
  panicThreshold?: number | undefined;
  /** Whether servers are connected to over TLS: true verifies their certificates by the system's authorities, a section says more. Absent or false: plain. */
  tls?: boolean | ServerTlsInput | undefined;
  /** Mode http: servers are asked by HTTP/2, over connections that many requests share; gRPC needs it. With tls it is offered before HTTP/1.1, and the server chooses; without tls servers must speak HTTP/2 from the first byte (h2c, prior knowledge). Default: false. */
  http2?: boolean | undefined;
  /** Each connection begins with a PROXY protocol header of this version, which tells the server who the client is. Absent: none. No connection is then used for a second client. */
  proxyProtocol?: "v1" | "v2" | undefined;
  /** The local IP address that connections to servers come from; absent: the system chooses. */
  source?: string | undefined;
  /** Active health checks of its servers. Absent: there are none, and every server counts as up. */
  check?: CheckInput | undefined;
  /** Passive ejection: a server that fails in live traffic is left out for a while. Absent: none is. */
  ejection?: EjectionInput | undefined;
  /** What is decided when this pool has been chosen, after the listener's rules: a list (requests; connections where listeners of mode tcp use it), or a section with lists for connection, request and response. */
  rules?: RuleInput[] | RulePhasesInput | undefined;
  /** Answers instead of our own, by status or by the code of a fault; they come before the listener's. */
  errors?: Record<string, number | string | ReplyInput> | undefined;
  /** Keep each client at the server that it was first given, by a table. */
  stick?: StickInput | undefined;
  /** Responses are cached, as RFC 9111 says: true, the name of a cache, or a section with keys such as ttl. */
  cache?: boolean | string | PoolCacheInput | undefined;
  /** Compress responses for clients that take it, instead of what the listener says: true, false, a list of codings, or a section. */
  compress?: boolean | ("gzip" | "br" | "zstd")[] | CompressInput | undefined;
  /** Other text in the bodies of responses. */
  replace?: ReplaceInput[] | undefined;
  /** Copies of requests go to another pool, whose answers are thrown away. */
  mirror?: string | MirrorInput | undefined;
  hooks?: HookOptionsInput | undefined;
  timeouts?: PoolTimeoutsInput | undefined;
}

/** A server with its options. */
export interface ServerInput {
  /** host:port, "[::1]:80" or "unix:/path". A name is resolved again as time passes. */
  address: string;
  /** Its share against the others' (1 when absent). With 0 it gets no new clients, and keeps those whose cookie or table entry names it. */
  weight?: number | undefined;
  /** Used only while no other server is available. Default: false. */
  backup?: boolean | undefined;
  /** Exchanges or connections at once over all workers; more wait in the queue. 0 is no limit. Connections kept for later requests (`idle`) take places that are free; of those that another worker needs it gives up as many within 64 ms. Default: 0. */
  maxConnections?: number | undefined;
  /** Instead of the pool's tls: true, false, or a section whose keys come before the pool's. */
  tls?: boolean | ServerTlsInput | undefined;
  /** Instead of the pool's http2. */
  http2?: boolean | undefined;
  /** Instead of the pool's proxyProtocol; false sends none. */
  proxyProtocol?: "v1" | "v2" | false | undefined;
  /** Instead of the pool's source. */
  source?: string | undefined;
  /** What names it in the pool's sticky cookie, as it is written: servers of two pools with the same are one to a client of both. Absent: a hash, the same for the same address in every pool with that cookie. */
  cookie?: string | undefined;
  /** What it is to a table of stick, where servers of two pools with the same are one to a client of both, and what lines of the access log in HAProxy's formats call it. Absent: its address. */
  id?: string | undefined;
  /** It begins out of service and is given nothing new, until an operator enables it; what it has under way goes on. Default: false. */
  drain?: boolean | undefined;
}

/** A source of servers: exactly one of file, dns, http, exec, docker, kubernetes, consul, registry. */
export interface DiscoverInput {
  /** A file with servers; watched. Its path starts at this file's folder. */
  file?: string | undefined;
  /** A name and a port as "app.local:80", or a section. */
  dns?: string | DiscoverDnsInput | undefined;
  /** The address of a document, or a section. */
  http?: string | DiscoverHttpInput | undefined;
  /** A program and its arguments, run without a shell; what it writes to stdout is read. */
  exec?: string[] | undefined;
  /** Containers: true for all, a label, or a section. */
  docker?: true | string | DiscoverDockerInput | undefined;
  /** A Service, or a section. */
  kubernetes?: string | DiscoverKubernetesInput | undefined;
  /** A service's name, or a section. */
  consul?: string | DiscoverConsulInput | undefined;
  /** A set of the registry: Redis' where there is one, else of this Sluice. */
  registry?: string | undefined;
  /** Of a file, a document or a program's output: lines as "10.0.0.1:80 weight=3", JSON, or what pattern finds. auto: JSON where it begins like it. Default: "auto". */
  format?: "auto" | "lines" | "json" | "pattern" | undefined;
  fields?: DiscoverFieldsInput | undefined;
  /** A regular expression (RE2) with groups host, port, weight, backup, priority, maxConnections, name, tried on each line: every match is a server. */
  pattern?: string | undefined;
  /** For servers of an answer that says no port. */
  port?: number | undefined;
  /** Of servers whose source says no weight. */
  weight?: number | undefined;
  /** Exchanges or connections at once of servers whose source says none; 0 is no limit. */
  maxConnections?: number | undefined;
  /** All its servers are backups. */
  backup?: true | undefined;
  /** How often it is asked, whatever else tells of changes; 0s is once. Default: "10s". */
  interval?: string | undefined;
  /** How long an answer may take. Default: "2s". */
  timeout?: string | undefined;
  /** When there is no answer: the servers of the last one stay, or there are none. Default: "keep". */
  onFailure?: "keep" | "empty" | undefined;
  /** Of file, http and exec, when the answer has no text at all: it is none, or it says that there is no server. Default: "failure". */
  onNothing?: "failure" | "empty" | undefined;
}

/** Every address of a name is a server, for as long as its TTL says. */
export interface DiscoverDnsInput {
  /** The name that is asked for, with or without a port: "app.local", "app.local:80". */
  name: string;
  /** address: A and AAAA, a server each, with port. srv: SRV records, with their ports, weights and priorities. Default: "address". */
  record?: "address" | "srv" | undefined;
  /** The port of servers; SRV records say it themselves. */
  port?: number | undefined;
  /** Name servers to ask instead of the system's: by address, or by a name that the system knows. */
  servers?: string[] | undefined;
  /** Of a name that has addresses of both kinds only these are servers; absent: all of them. */
  prefer?: "ipv4" | "ipv6" | undefined;
}

/** A document that is fetched again and again. */
export interface DiscoverHttpInput {
  /** What is fetched with GET. */
  url: string;
  /** Header fields of the request. */
  headers?: Record<string, string> | undefined;
  /** TLS towards it, where its address is an https one. */
  tls?: SourceTlsInput | undefined;
}

/** TLS towards a source of servers. Files are read anew at each question. */
export interface SourceTlsInput {
  /** Authorities that are trusted instead of the system's. */
  ca?: string | undefined;
  /** What we show when asked. */
  certificate?: string | undefined;
  /** Its private key. */
  key?: string | undefined;
  /** False trusts whatever certificate is shown. Default: true. */
  verify?: boolean | undefined;
}

/** Containers that run, told of by Docker as they come and go. */
export interface DiscoverDockerInput {
  /** Where Docker's API is. Default: "unix:/var/run/docker.sock". */
  endpoint?: string | undefined;
  /** Only containers with this label: "app=web", or a label's name. */
  label?: string | undefined;
  /** The container's own port; absent: its only one. */
  port?: number | undefined;
  /** The network whose address of a container is taken; absent: its first. */
  network?: string | undefined;
  /** Instead of a container's own address: this host, with the port that Docker publishes there. */
  host?: string | undefined;
  /** Before that: the host that this variable of the container's environment names. */
  hostVariable?: string | undefined;
  /** The label (sluice.sni where this is absent) that says the name that TLS asks for, and by which a listener's sni may find the server. */
  nameLabel?: string | undefined;
  /** TLS towards it, where its address is an https one. */
  tls?: SourceTlsInput | undefined;
}

/** The EndpointSlices of a Service, watched. */
export interface DiscoverKubernetesInput {
  /** The name of a Service, or "namespace/name". */
  service: string;
  /** Its namespace; absent: the one that Sluice runs in. */
  namespace?: string | undefined;
  /** Name or number of the port; absent: the only one. */
  port?: number | string | undefined;
  /** Where the API server is; absent: as a pod finds it. */
  endpoint?: string | undefined;
  /** Bearer token; absent: that of the pod's service account. */
  token?: string | undefined;
  /** A file that holds the token, read again at each question. */
  tokenFile?: string | undefined;
  /** TLS towards it, where its address is an https one. */
  tls?: SourceTlsInput | undefined;
}

/** A service of Consul, by its blocking queries. */
export interface DiscoverConsulInput {
  /** The name of a service. */
  service: string;
  /** Where Consul's HTTP API is. Default: "http://127.0.0.1:8500". */
  endpoint?: string | undefined;
  /** Only instances with this tag. */
  tag?: string | undefined;
  /** Absent: that of the agent. */
  datacenter?: string | undefined;
  /** Only instances whose checks pass. Default: true. */
  passing?: boolean | undefined;
  /** What stands before = in the tag that says the name that TLS asks for, and by which a listener's sni may find the server: sni, for sni=www.example.com. */
  nameTag?: string | undefined;
  /** ACL token. In a text file, take it from the environment. */
  token?: string | undefined;
  /** The user name for HTTP basic authentication. */
  user?: string | undefined;
  /** For HTTP basic authentication. In a text file, take it from the environment. */
  password?: string | undefined;
  /** TLS towards it, where its address is an https one. */
  tls?: SourceTlsInput | undefined;
}

/** What the fields of servers in a JSON document are called. */
export interface DiscoverFieldsInput {
  /** Where in the document the list of servers is; absent: it is the document, or its field servers. */
  list?: string | undefined;
  /** Its address or name, or host:port. Default: "host". */
  host?: string | undefined;
  /** Its port. Default: "port". */
  port?: string | undefined;
  /** Its weight. Default: "weight". */
  weight?: string | undefined;
  /** Whether it is a backup. Default: "backup". */
  backup?: string | undefined;
  /** Its tier: servers of a higher number than the lowest are backups. Default: "priority". */
  priority?: string | undefined;
  /** Connections at once. Default: "maxConnections". */
  maxConnections?: string | undefined;
  /** The name that TLS asks for. Default: "sni". */
  name?: string | undefined;
}

/** How a server is chosen: a policy with its options. */
export interface BalanceInput {
  /** How a server is chosen. */
  policy:
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
  /** What consistentHash and boundedHash hash: ip, uri, header:NAME or cookie:NAME. Default: "ip". */
  key?: string | undefined;
  /** boundedHash: a server takes at most this times the mean load. Default: 1.25. */
  loadFactor?: number | undefined;
}

/** A cookie that brings a client back to its server. */
export interface StickyInput {
  /** Name of the cookie that brings a client back to its server. */
  cookie: string;
  /** The cookie is the application's own: the server's name and ~ are put in front of its value where a server sets it, and taken off again where a client sends it. Nothing else here but cookie holds then. Default: false. */
  prefix?: boolean | undefined;
  /** How long the browser keeps it; absent: until it is closed. */
  maxAge?: string | undefined;
  /** Only over HTTPS. Default: false. */
  secure?: boolean | undefined;
  /** Hidden from scripts. Default: true. */
  httpOnly?: boolean | undefined;
  /** The SameSite attribute; absent sends none. */
  sameSite?: "Strict" | "Lax" | "None" | undefined;
  /** The Path attribute. Default: "/". */
  path?: string | undefined;
}

/** What keeps requests that are sent again from becoming a storm. Refused connections do not count, nor does the one other try of what found a connection that had been idle closed. */
export interface RetryBudgetInput {
  /** Retries may be at most this share of the requests of the last seconds, ... Default: 0.2. */
  ratio?: number | undefined;
  /** ... plus this many a second. Default: 10. */
  minimumPerSecond?: number | undefined;
}

/** The waiting room for when every server is at its maxConnections. Without maxConnections nobody waits. */
export interface QueueInput {
  /** Requests that may wait, in each worker; 0 lets none wait. Default: 1024. */
  length?: number | undefined;
  /** How long one waits before it is answered 503. Default: "5s". */
  timeout?: string | undefined;
}

/** Idle connections to servers that are kept for the next request: how many, and how long. One over which a client may have logged in by NTLM or Negotiate is kept too, for that client's connection alone, and beside that number. */
export interface IdleInput {
  /** Idle connections kept to each server, in each worker; 0 closes each after its exchange. Default: 256. */
  connections?: number | undefined;
  /** How long one is kept. Best a little shorter than the server's own keep-alive timeout. Default: "30s". */
  timeout?: string | undefined;
}

/** Passive ejection: a server that fails in live traffic is left out for a while. */
export interface EjectionInput {
  /** Failures in a row, over all workers, that eject a server; false is off. Default: 5. */
  consecutiveFailures?: number | false | undefined;
  /** Share of failures in an interval above which a server is ejected: 0.5 is half. */
  errorRatio?: number | undefined;
  /** Mean response time in an interval above which a server is ejected. */
  latency?: string | undefined;
  /** Requests in an interval below which errorRatio and latency say nothing. Default: 20. */
  minimumRequests?: number | undefined;
  /** How often errorRatio and latency are looked at. Default: "10s". */
  interval?: string | undefined;
  /** Length of a first ejection; the n-th in a row lasts n times as long. Default: "30s". */
  base?: string | undefined;
  /** No ejection is longer. Default: "5m". */
  maximum?: string | undefined;
}

/** The server that a key was given stays its server while the table's entry lasts. */
export interface StickInput {
  /** A table that stores server_id. */
  table: string;
  /** What is looked up there, such as src or cookies['sid']: an expression. Default: "src". */
  by?: string | undefined;
  /** false: the server that the table has for a key is obeyed, and none is put there; another pool does that. Default: true. */
  store?: boolean | undefined;
}

/** Copies of requests go to another pool; its answers are thrown away. */
export interface MirrorInput {
  /** The pool that gets copies. */
  to: string;
  /** The share of requests that are copied. Default: 1. */
  share?: number | undefined;
  /** Requests with longer bodies are not copied. Default: "64kb". */
  body?: string | 0 | undefined;
  /** Copies under way at once, in each worker; more are not made. Default: 100. */
  concurrency?: number | undefined;
}

/** How long Sluice waits here; what is left out is as timeouts at the top of the config say. */
export interface PoolTimeoutsInput {
  /** For a connection to be accepted. */
  connect?: string | undefined;
  /** From a request sent whole to the head of its response. */
  response?: string | undefined;
  /** Silence allowed between two reads of a response body. */
  read?: string | undefined;
  /** Modes tcp and udp: silence allowed of the server; 0s is no limit. */
  serverIdle?: string | undefined;
}

/** A test of this config, which `sluice test` runs. */
export interface TestInput {
  /** What it shows, in a sentence. */
  name: string;
  /** Time that goes by before it. */
  after?: string | undefined;
  /** The request: "GET http://example.com/path", "/path", or a section. */
  request?: string | TestRequestInput | undefined;
  /** Address of its client; 127.0.0.1 when absent. */
  from?: string | undefined;
  /** How often it is sent; each time the same is expected. */
  repeat?: number | undefined;
  /** From now on servers answer like this: by host:port, by pool, or * for all. */
  servers?: Record<string, TestServerInput> | undefined;
  /** What is to become of it: a status, or a section. */
  expect?: number | TestExpectationInput | undefined;
  /** Addresses that are banned. */
  banned?: string[] | undefined;
  /** One after the other, in place of a single request. */
  steps?: TestStepInput[] | undefined;
}

/** A request of a test. */
export interface TestRequestInput {
  /** Its method. Default: "GET". */
  method?: string | undefined;
  /** http://host:port/path, which finds its listener, or /path alone. */
  url: string;
  /** Fields of its head. */
  headers?: Record<string, string> | undefined;
  /** Its body. */
  body?: string | undefined;
  /** Address of the client; 127.0.0.1 when absent. */
  from?: string | undefined;
  /** Name of the listener, where the URL does not tell. */
  listener?: string | undefined;
}

/** How a server of a test behaves. */
export interface TestServerInput {
  /** Status of its answers. Default: 200. */
  status?: number | undefined;
  /** Fields of their heads. */
  headers?: Record<string, string> | undefined;
  /** Their body. Default: "". */
  body?: string | undefined;
  /** How long it takes to answer. */
  after?: string | undefined;
  /** refuse: it takes no connection. hang: it does not answer. close: it closes without an answer. */
  fails?: "refuse" | "hang" | "close" | undefined;
  /** Its checks have found it down. Default: false. */
  down?: boolean | undefined;
}

/** What is to become of a request. */
export interface TestExpectationInput {
  /** Status of the answer; 0 where there is none. */
  status?: number | undefined;
  /** Fields of the answer; false: it must not be there. */
  headers?: Record<string, string | false | TestTextInput> | undefined;
  /** Body of the answer, out of its coding. */
  body?: string | TestTextInput | undefined;
  /** The pool that it goes to; "" for none. */
  pool?: string | undefined;
  /** The server that answers, as the config names it; "" for none. */
  server?: string | undefined;
  /** Name of the rule that decides; "" for none. */
  rule?: string | undefined;
  /** Code of the fault that is answered (docs/FAULTS.md); "" for none. */
  fault?: string | undefined;
  /** What Cache-Status says first, such as hit or fwd=uri-miss. */
  cache?: string | undefined;
  /** How often servers are asked for it. */
  calls?: number | undefined;
  /** What the last of those gets. */
  sent?: TestSentInput | undefined;
}

/** What a text has to be like. */
export interface TestTextInput {
  /** A text that is in it. */
  contains?: string | undefined;
  /** A regular expression that it matches. */
  matches?: string | undefined;
}

/** The request as a server gets it. */
export interface TestSentInput {
  /** Its method. */
  method?: string | undefined;
  /** Its path, with the query. */
  path?: string | TestTextInput | undefined;
  /** Fields of its head; false: it must not be there. */
  headers?: Record<string, string | false | TestTextInput> | undefined;
  /** Its body. */
  body?: string | TestTextInput | undefined;
}

/** One step of a test. */
export interface TestStepInput {
  /** Time that goes by before it. */
  after?: string | undefined;
  /** The request: "GET http://example.com/path", "/path", or a section. */
  request?: string | TestRequestInput | undefined;
  /** Address of its client; 127.0.0.1 when absent. */
  from?: string | undefined;
  /** How often it is sent; each time the same is expected. */
  repeat?: number | undefined;
  /** From now on servers answer like this: by host:port, by pool, or * for all. */
  servers?: Record<string, TestServerInput> | undefined;
  /** What is to become of it: a status, or a section. */
  expect?: number | TestExpectationInput | undefined;
}

/** What one Sluice does: where clients connect (listeners), and where what they ask for goes (pools). All else may be left out. */
export interface ConfigInput {
  /** For editors only: where the JSON Schema of this file is. */
  $schema?: string | undefined;
  /** Processes that carry traffic; auto is one for each core. Default: "auto". */
  workers?: "auto" | number | undefined;
  admin?: AdminInput | undefined;
  /** Where metrics are besides the admin interface, and names of one's own for some. */
  metrics?: MetricsInput | undefined;
  log?: LogInput | undefined;
  /** The access log: a line for each exchange. Absent: none is written. */
  accessLog?: AccessLogInput | undefined;
  recorder?: RecorderInput | undefined;
  /** How long a worker that is to stop waits for exchanges and tunnels to end. Default: "30s". */
  drainTimeout?: string | undefined;
  /** How long a worker may stand still, in a hook that never ends, before it is killed and replaced. Shorter than 1s is as 1s; 0s lets it stand. Default: "10s". */
  stallTimeout?: string | undefined;
  timeouts?: TimeoutsInput | undefined;
  limits?: LimitsInput | undefined;
  hooks?: HooksInput | undefined;
  /** Answers instead of our own, by status or by the code of a fault: another status, a file that holds a whole answer, or a section. For every listener of mode http. */
  errors?: Record<string, number | string | ReplyInput> | undefined;
  /** Tables of counters by key, each under a name of its own. Rules write and read them. */
  tables?: Record<string, TableInput> | undefined;
  /** Lists of values to compare with, each under a name of its own. */
  lists?: Record<string, ListInput> | undefined;
  /** Memories for responses, each under a name of its own. A pool whose cache is true needs none here. */
  caches?: Record<string, CacheInput> | undefined;
  /** Pools of outbound addresses, each under a name of its own. Forward proxies use them. */
  egress?: Record<string, EgressInput> | undefined;
  bans?: BansInput | undefined;
  /** Where sets of servers are kept: the address of a Redis, or a section. Absent: in this Sluice. */
  registry?: string | RegistryInput | undefined;
  /** Probes targets and keeps those that are well in a set of the registry. Absent: this Sluice keeps none. */
  sentinel?: SentinelInput | undefined;
  /** Other Sluices to share tables and bans with: the address of the Redis between them, or a section. */
  fleet?: string | FleetInput | undefined;
  /** ipmanager's pages and metrics, for what asked it for them. Absent: there are none. */
  ipmanager?: IpmanagerInput | undefined;
  /** gobetween's REST API and metrics, for what asked it for them. Absent: there are none. */
  gobetween?: GobetweenInput | undefined;
  /** Certificates from an authority, got and renewed by Sluice. Needed where a listener has names under tls.acme. */
  acme?: AcmeInput | undefined;
  debug?: DebugInput | undefined;
  /** Where clients connect, each under a name of its own. */
  listeners: Record<string, ListenerInput>;
  /** Groups of servers, or replies, each under a name of its own. */
  pools?: Record<string, PoolInput> | undefined;
  /** Tests of this config, each in a world of its own, with a clock that only moves as they say: sluice test. */
  tests?: TestInput[] | undefined;
}
