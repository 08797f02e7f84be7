// A checked configuration, with every default filled in. Made from schema.ts, as input.ts is, where the keys' meaning is
// told; by TYPES=write bun test src/config/schema.test.ts, and that test keeps the two equal.

export interface Admin {
  listen: string;
  token?: string | undefined;
  hosts?: string[] | undefined;
  rateLimit?: string | undefined;
  haproxy?: Haproxy | undefined;
}

export interface Haproxy {
  sockets: HaproxySocket[];
  timeout: string;
  connections: number;
  pages: HaproxyPage[];
  exporters: HaproxyExporter[];
  proxies: HaproxyProxy[];
}

export interface HaproxySocket {
  listen: string;
  mode: string;
  user?: string | undefined;
  group?: string | undefined;
  level: "user" | "operator" | "admin";
}

export interface HaproxyPage {
  listen?: string | undefined;
  uri: string;
  users: HaproxyUser[];
  realm: string;
  refresh?: string | undefined;
  hideVersion: boolean;
  scope: string[];
}

export interface HaproxyUser {
  user: string;
  password: string;
}

export interface HaproxyExporter {
  listen: string;
  path: string;
}

export interface HaproxyProxy {
  name: string;
  listeners: string[];
  pool?: string | undefined;
  table?: string | undefined;
  servers: HaproxyServer[];
}

export interface HaproxyServer {
  name: string;
  server: string;
}

export interface Metrics {
  listen?: string | undefined;
  prefix?: string | undefined;
}

export interface Log {
  level: "debug" | "info" | "warn" | "error";
  format: "auto" | "json" | "text";
  syslog?: LogSyslog | LogSyslog[] | undefined;
}

export interface LogSyslog {
  to: string;
  facility:
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
    | "local7";
  level: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug";
  minLevel: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug";
  tag: string;
  format: "rfc3164" | "rfc5424";
  hostname?: string | true | undefined;
  length: string;
}

export interface AccessLog {
  path?: string | undefined;
  format: string;
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
  normal: boolean;
  syslog?: AccessSyslog | AccessSyslog[] | undefined;
  buffer: string;
  flush: string;
}

export interface AccessSyslog {
  to: string;
  facility:
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
    | "local7";
  level: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug";
  minLevel: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug";
  tag: string;
  format: "rfc3164" | "rfc5424";
  hostname?: string | true | undefined;
  length: string;
  severity: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug";
}

export interface Recorder {
  entries: number;
  query: boolean;
}

export interface Timeouts {
  handshake: string;
  head: string;
  idle: string;
  read: string;
  tunnel: string;
  clientIdle: string;
  serverIdle: string;
  linger: string;
  connect: string;
  response: string;
}

export interface Limits {
  head: string;
  fields: number;
  body: string | 0;
  requestsPerConnection: number;
  streamsPerConnection: number;
}

export interface Hooks {
  budget: string;
  failure?: "pass" | number | Reply | undefined;
  maxBody: string;
  tooLarge: "fail" | "pass";
}

export interface Reply {
  status?: number | undefined;
  reason?: string | undefined;
  headers?: Record<string, string> | undefined;
  type?: string | undefined;
  body?: string | undefined;
  file?: string | undefined;
  template: boolean;
  retryAfter?: string | false | undefined;
}

export interface Table {
  key: "ip" | "integer" | "string" | "binary" | TableKey;
  size: number | string;
  expire: string;
  store: string[];
  full: "evict" | "refuse";
  share: boolean;
}

export interface TableKey {
  ip?: number | undefined;
  string?: number | undefined;
  binary?: number | undefined;
}

export interface List {
  addresses?: string | string[] | undefined;
  texts?: string | string[] | undefined;
  names?: string | string[] | undefined;
  map?: string | Record<string, string> | undefined;
}

export interface Cache {
  size?: string | undefined;
  objectSize?: string | undefined;
  policy: "tinylfu" | "lru" | "lfu";
  memory: "shared" | "worker";
  redis?: string | CacheRedis | undefined;
}

export interface CacheRedis {
  url: string;
  prefix: string;
  timeout: string;
  connections: number;
}

export interface Egress {
  members: EgressMembers[];
  choose: "random" | "roundRobin" | "leastUsed";
  session: "hash" | false | EgressSession;
  perTarget: EgressPerTarget;
  judge: EgressJudge;
  quota?: EgressQuota | undefined;
  history: EgressHistory;
  logs: EgressLog[];
  evidence?: "own" | "logs" | "both" | undefined;
  whenNone: "refuse" | "soonest" | "direct";
  wait: string;
  tell: boolean;
}

export interface EgressMembers {
  nginx?: string | undefined;
  host?: string | undefined;
  ports?: (number | string)[] | undefined;
  addresses?: string[] | undefined;
  count?: number | undefined;
  proxies?: string[] | undefined;
  tls?: ServerTls | undefined;
  weight: number;
  tags: Record<string, string>;
}

export interface ServerTls {
  ca?: string | undefined;
  serverName?: string | undefined;
  verify?: boolean | undefined;
  certificate?: string | undefined;
  key?: string | undefined;
  minVersion?: "1.0" | "1.1" | "1.2" | "1.3" | undefined;
  maxVersion?: "1.0" | "1.1" | "1.2" | "1.3" | undefined;
  ciphers?: string | undefined;
  alpn?: string[] | undefined;
}

export interface EgressSession {
  lifetime: string;
  idle: string;
  requests: number;
  bytes: string | 0;
}

export interface EgressPerTarget {
  interval: string;
  concurrency: number;
}

export interface EgressJudge {
  per: "target" | "member";
  strategy: "consecutive" | "share" | "never";
  failures: number;
  within: string;
  of: number;
  share: number;
  statuses?: Record<string, "success" | "failure" | "ban" | "ignore"> | undefined;
  bodies: EgressBody[];
  coolDown: string | EgressCoolDown;
  hostDown: number;
}

export interface EgressBody {
  find?: string | undefined;
  pattern?: string | undefined;
  means: "success" | "failure" | "ban" | "ignore";
  types: string[];
  hosts: string[];
}

export interface EgressCoolDown {
  time: string;
  growth: number;
  max: string;
  trial: boolean;
}

export interface EgressQuota {
  requests: number;
  bytes: string | 0;
  per: string;
}

export interface EgressHistory {
  entries: number;
  changes: number;
}

export interface EgressLog {
  path: string;
  format: string | EgressLogPattern;
  mode: "serve" | "parse";
  every: string;
}

export interface EgressLogPattern {
  pattern: string;
}

export interface Bans {
  answer: "close" | number | Reply;
}

export interface Registry {
  redis: string;
  poll: string;
  notify: "auto" | "off";
  timeout: string;
}

export interface Sentinel {
  targets: string[];
  set: string;
  scheme: "http" | "https" | "";
  id?: string | undefined;
  check: Check;
  lease: string;
  quorum: "majority" | number;
}

export interface Check {
  http?: string | undefined;
  grpc?: true | string | undefined;
  tcp?: true | undefined;
  udp?: true | undefined;
  exec?: string | string[] | undefined;
  every: string;
  everyDown?: string | undefined;
  everyChanging?: string | undefined;
  timeout?: string | undefined;
  rise: number;
  fall: number;
  expect?: string | number | undefined;
  method?: "GET" | "HEAD" | "OPTIONS" | undefined;
  host?: string | undefined;
  http2?: boolean | undefined;
  send?: string | undefined;
  receive?: string | Receive | undefined;
  output?: string | undefined;
  tls?: boolean | undefined;
  port?: number | undefined;
}

export interface Receive {
  starts?: string | undefined;
  contains?: string | undefined;
  pattern?: string | undefined;
}

export interface Fleet {
  redis: string;
  name: string;
  node?: string | undefined;
  interval: string;
  stale: string;
  whenStale: "open" | "closed";
  bans: boolean;
}

export interface Ipmanager {
  listen: string;
  egress: string;
  settings: Record<string, string | number | boolean>;
}

export interface Gobetween {
  api?: GobetweenApi | undefined;
  metrics: boolean;
  settings: Record<string, string | number | boolean | string[]>;
  servers: Record<string, GobetweenServer>;
}

export interface GobetweenApi {
  user?: string | undefined;
  password?: string | undefined;
  cors: boolean;
  tls?: GobetweenTls | undefined;
}

export interface GobetweenTls {
  listen: string;
  certificate: string;
  key: string;
}

export interface GobetweenServer {
  name: string;
  pools: string[];
  lists: string[];
  settings: Record<string, string | number | boolean | string[]>;
}

export interface Acme {
  agreeToTerms: true;
  email?: string | undefined;
  directory: string;
  ca?: string | undefined;
  key: "ecdsa-p256" | "rsa-2048";
  externalAccount?: ExternalAccount | undefined;
  renewBefore?: string | undefined;
  folder: string;
}

export interface ExternalAccount {
  id: string;
  hmacKey: string;
}

export interface Debug {
  token?: string | undefined;
}

export interface Listener {
  listen: string;
  mode: "http" | "tcp" | "udp";
  use?: string | undefined;
  maxConnections: number;
  tls?: ListenerTls | undefined;
  sni: NameRoute[];
  redirect?: "https" | Redirect | undefined;
  hsts?: string | Hsts | undefined;
  udp?: Udp | undefined;
  proxyProtocol: boolean;
  http2: boolean;
  abortOnClose: boolean;
  trustedProxies: string[];
  forwarding: Forwarding;
  via: string | false;
  requestId?: RequestId | false | undefined;
  workerBy: "connection" | "client";
  rules: Rule[] | RulePhases;
  errors: Record<string, number | string | Reply>;
  auth?: Auth | undefined;
  proxy?: boolean | ForwardProxy | undefined;
  cors?: string | Cors | undefined;
  compress?: boolean | ("gzip" | "br" | "zstd")[] | Compress | undefined;
  replace: Replace[];
  hooks: HookOptions;
  timeouts: ListenerTimeouts;
  accessLog?: false | ListenerLog | undefined;
}

export interface ListenerTls {
  certificates?: string | (string | CertificateFiles)[] | undefined;
  acme?: (string | string[])[] | undefined;
  default?: string | undefined;
  unknownName: "default" | "refuse";
  minVersion: "1.0" | "1.1" | "1.2" | "1.3";
  maxVersion: "1.0" | "1.1" | "1.2" | "1.3";
  ciphers?: string | undefined;
  alpn?: string[] | undefined;
  clientCertificate?: ClientCertificate | undefined;
  sessionTickets: boolean;
  ja4: boolean;
}

export interface CertificateFiles {
  certificate: string;
  key: string;
}

export interface ClientCertificate {
  mode: "optional" | "required";
  ca: string;
}

export interface NameRoute {
  name?: string | undefined;
  pattern?: string | undefined;
  use: string;
  found?: "apart" | "also" | undefined;
}

export interface Redirect {
  to: "https";
  port: number;
  status: 301 | 302 | 307 | 308;
}

export interface Hsts {
  maxAge: string;
  includeSubDomains: boolean;
  preload: boolean;
}

export interface Udp {
  maxRequests: number;
  maxResponses: number;
}

export interface Forwarding {
  xForwardedFor?: boolean | undefined;
  xForwardedProto?: boolean | undefined;
  xForwardedHost?: boolean | undefined;
  forwarded: boolean;
  except: string[];
  believe: boolean;
}

export interface RequestId {
  header: string;
  keep: boolean;
}

export interface Rule {
  name?: string | undefined;
  if?: string | undefined;
  mode: "off" | "observe" | "enforce";
  track?: string | Track | (string | Track)[] | undefined;
  mark?: string | string[] | undefined;
  increment?: string | string[] | Record<string, string | number | boolean> | undefined;
  clear?: string | string[] | undefined;
  set?: Record<string, string | number | boolean> | undefined;
  countSession?: true | undefined;
  setHeader?: Record<string, string> | undefined;
  addHeader?: Record<string, string> | undefined;
  removeHeader?: string | string[] | undefined;
  replaceHeader?: Record<string, Substitution> | undefined;
  rewritePath?: Substitution | undefined;
  rewriteTarget?: Substitution | undefined;
  setPath?: string | undefined;
  setQuery?: string | undefined;
  setMethod?: string | undefined;
  setTarget?: string | undefined;
  setStatus?: number | string | undefined;
  slowDown?: string | undefined;
  maxBody?: string | undefined;
  log?: string | undefined;
  accept?: true | undefined;
  deny?: true | number | Reply | undefined;
  reject?: true | undefined;
  reset?: true | undefined;
  drop?: true | undefined;
  tarpit?: string | Tarpit | undefined;
  redirect?: string | RuleRedirect | undefined;
  reply?: number | Reply | undefined;
  use?: string | undefined;
  limit?: string | Limit | undefined;
  by?: string | undefined;
  rules?: Rule[] | undefined;
}

export interface Track {
  table: string;
  by: string;
  slot?: number | undefined;
}

export interface Substitution {
  pattern: string;
  by: string;
}

export interface Tarpit {
  for: string;
  status?: number | undefined;
  reason?: string | undefined;
  headers?: Record<string, string> | undefined;
  type?: string | undefined;
  body?: string | undefined;
  file?: string | undefined;
  template: boolean;
  retryAfter?: string | false | undefined;
}

export interface RuleRedirect {
  to: string;
  status: 301 | 302 | 303 | 307 | 308;
  headers?: Record<string, string> | undefined;
}

export interface Limit {
  rate?: string | undefined;
  burst?: number | undefined;
  size?: number | string | undefined;
  table?: string | undefined;
  by: string;
  share?: boolean | undefined;
  cost?: string | number | undefined;
}

export interface RulePhases {
  connection: Rule[];
  request: Rule[];
  response: Rule[];
  afterResponse: Rule[];
}

export interface Auth {
  users: Record<string, string>;
  file?: string | undefined;
  realm: string;
  remember: string;
  proxyAuthorization: boolean;
}

export interface ForwardProxy {
  http: boolean;
  connect: boolean;
  socks: boolean;
  egress?: string | ProxyEgress | undefined;
  direct: string[];
  open: boolean;
  fields: boolean;
  allow: string[];
  deny: string[];
  ports: (number | string)[];
  tunnels: Tunnels;
  private: boolean;
  resolveTimeout: string;
  cache?: boolean | string | PoolCache | undefined;
}

export interface ProxyEgress {
  http?: string | undefined;
  https?: string | undefined;
  tunnels?: string | undefined;
}

export interface Tunnels {
  ports: (number | string)[];
  maxOpen: number;
  maxTime: string;
  maxBytes: string | 0;
}

export interface PoolCache {
  in?: string | undefined;
  ttl?: string | undefined;
  defaultTtl?: string | undefined;
  heuristic: false | number;
  heuristicMax: string;
  negative: Record<string, string>;
  staleWhileRevalidate: string;
  staleIfError: string;
  requests: "honor" | "ignore";
  setCookie: "pass" | "drop";
  key: CacheKey;
  bypass?: string | undefined;
  collapse: false | string;
  passFor: string;
  tags: string[];
  status: boolean;
}

export interface CacheKey {
  query: false | CacheQuery;
  headers: string[];
  cookies: string[];
}

export interface CacheQuery {
  include?: string[] | undefined;
  exclude: string[];
  sort: boolean;
}

export interface Cors {
  origins: string[];
  methods: string[];
  headers: string[];
  expose: string[];
  credentials: boolean;
  maxAge: string;
}

export interface Compress {
  codings: ("gzip" | "br" | "zstd")[];
  types: string[];
  minimum: string | 0;
  level: number;
}

export interface Replace {
  find?: string | undefined;
  pattern?: string | undefined;
  by: string;
  types: string[];
  longest: string;
}

export interface HookOptions {
  budget?: string | undefined;
  failure?: "pass" | number | Reply | undefined;
  maxBody?: string | undefined;
  tooLarge?: "fail" | "pass" | undefined;
  use: string[];
}

export interface ListenerTimeouts {
  handshake?: string | undefined;
  head?: string | undefined;
  idle?: string | undefined;
  read?: string | undefined;
  tunnel?: string | undefined;
  clientIdle?: string | undefined;
  linger?: string | undefined;
}

export interface ListenerLog {
  name?: string | undefined;
  format?: string | undefined;
  normal?: boolean | undefined;
  failures?: "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug" | undefined;
}

export interface Pool {
  servers: (string | Server)[];
  nameServers?: string[] | undefined;
  discover?: Discover | Discover[] | undefined;
  reply?: Reply | undefined;
  balance:
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
    | Balance;
  sticky?: string | Sticky | undefined;
  retries: number;
  backups: "all" | "first";
  redispatch: boolean;
  retryBudget: RetryBudget;
  queue: Queue;
  idle: Idle;
  slowStart: string;
  panicThreshold: number;
  tls?: boolean | ServerTls | undefined;
  http2: boolean;
  proxyProtocol?: "v1" | "v2" | undefined;
  source?: string | undefined;
  check?: Check | undefined;
  ejection?: Ejection | undefined;
  rules: Rule[] | RulePhases;
  errors: Record<string, number | string | Reply>;
  stick?: Stick | undefined;
  cache?: boolean | string | PoolCache | undefined;
  compress?: boolean | ("gzip" | "br" | "zstd")[] | Compress | undefined;
  replace: Replace[];
  mirror?: string | Mirror | undefined;
  hooks: HookOptions;
  timeouts: PoolTimeouts;
}

export interface Server {
  address: string;
  weight?: number | undefined;
  backup: boolean;
  maxConnections: number;
  tls?: boolean | ServerTls | undefined;
  http2?: boolean | undefined;
  proxyProtocol?: "v1" | "v2" | false | undefined;
  source?: string | undefined;
  cookie?: string | undefined;
  id?: string | undefined;
  drain: boolean;
}

export interface Discover {
  file?: string | undefined;
  dns?: string | DiscoverDns | undefined;
  http?: string | DiscoverHttp | undefined;
  exec?: string[] | undefined;
  docker?: true | string | DiscoverDocker | undefined;
  kubernetes?: string | DiscoverKubernetes | undefined;
  consul?: string | DiscoverConsul | undefined;
  registry?: string | undefined;
  format: "auto" | "lines" | "json" | "pattern";
  fields: DiscoverFields;
  pattern?: string | undefined;
  port?: number | undefined;
  weight?: number | undefined;
  maxConnections?: number | undefined;
  backup?: true | undefined;
  interval: string;
  timeout: string;
  onFailure: "keep" | "empty";
  onNothing: "failure" | "empty";
}

export interface DiscoverDns {
  name: string;
  record: "address" | "srv";
  port?: number | undefined;
  servers?: string[] | undefined;
  prefer?: "ipv4" | "ipv6" | undefined;
}

export interface DiscoverHttp {
  url: string;
  headers?: Record<string, string> | undefined;
  tls?: SourceTls | undefined;
}

export interface SourceTls {
  ca?: string | undefined;
  certificate?: string | undefined;
  key?: string | undefined;
  verify: boolean;
}

export interface DiscoverDocker {
  endpoint: string;
  label?: string | undefined;
  port?: number | undefined;
  network?: string | undefined;
  host?: string | undefined;
  hostVariable?: string | undefined;
  nameLabel?: string | undefined;
  tls?: SourceTls | undefined;
}

export interface DiscoverKubernetes {
  service: string;
  namespace?: string | undefined;
  port?: number | string | undefined;
  endpoint?: string | undefined;
  token?: string | undefined;
  tokenFile?: string | undefined;
  tls?: SourceTls | undefined;
}

export interface DiscoverConsul {
  service: string;
  endpoint: string;
  tag?: string | undefined;
  datacenter?: string | undefined;
  passing: boolean;
  nameTag?: string | undefined;
  token?: string | undefined;
  user?: string | undefined;
  password?: string | undefined;
  tls?: SourceTls | undefined;
}

export interface DiscoverFields {
  list?: string | undefined;
  host: string;
  port: string;
  weight: string;
  backup: string;
  priority: string;
  maxConnections: string;
  name: string;
}

export interface Balance {
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
  key: string;
  loadFactor: number;
}

export interface Sticky {
  cookie: string;
  prefix: boolean;
  maxAge?: string | undefined;
  secure: boolean;
  httpOnly: boolean;
  sameSite?: "Strict" | "Lax" | "None" | undefined;
  path: string;
}

export interface RetryBudget {
  ratio: number;
  minimumPerSecond: number;
}

export interface Queue {
  length: number;
  timeout: string;
}

export interface Idle {
  connections: number;
  timeout: string;
}

export interface Ejection {
  consecutiveFailures: number | false;
  errorRatio?: number | undefined;
  latency?: string | undefined;
  minimumRequests: number;
  interval: string;
  base: string;
  maximum: string;
}

export interface Stick {
  table: string;
  by: string;
  store: boolean;
}

export interface Mirror {
  to: string;
  share: number;
  body: string | 0;
  concurrency: number;
}

export interface PoolTimeouts {
  connect?: string | undefined;
  response?: string | undefined;
  read?: string | undefined;
  serverIdle?: string | undefined;
}

export interface Test {
  name: string;
  after?: string | undefined;
  request?: string | TestRequest | undefined;
  from?: string | undefined;
  repeat?: number | undefined;
  servers?: Record<string, TestServer> | undefined;
  expect?: number | TestExpectation | undefined;
  banned: string[];
  steps: TestStep[];
}

export interface TestRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
  from?: string | undefined;
  listener?: string | undefined;
}

export interface TestServer {
  status: number;
  headers: Record<string, string>;
  body: string;
  after?: string | undefined;
  fails?: "refuse" | "hang" | "close" | undefined;
  down: boolean;
}

export interface TestExpectation {
  status?: number | undefined;
  headers: Record<string, string | false | TestText>;
  body?: string | TestText | undefined;
  pool?: string | undefined;
  server?: string | undefined;
  rule?: string | undefined;
  fault?: string | undefined;
  cache?: string | undefined;
  calls?: number | undefined;
  sent?: TestSent | undefined;
}

export interface TestText {
  contains?: string | undefined;
  matches?: string | undefined;
}

export interface TestSent {
  method?: string | undefined;
  path?: string | TestText | undefined;
  headers: Record<string, string | false | TestText>;
  body?: string | TestText | undefined;
}

export interface TestStep {
  after?: string | undefined;
  request?: string | TestRequest | undefined;
  from?: string | undefined;
  repeat?: number | undefined;
  servers?: Record<string, TestServer> | undefined;
  expect?: number | TestExpectation | undefined;
}

export interface Config {
  $schema?: string | undefined;
  workers: "auto" | number;
  admin: Admin;
  metrics?: Metrics | undefined;
  log: Log;
  accessLog?: AccessLog | undefined;
  recorder: Recorder;
  drainTimeout: string;
  stallTimeout: string;
  timeouts: Timeouts;
  limits: Limits;
  hooks: Hooks;
  errors: Record<string, number | string | Reply>;
  tables: Record<string, Table>;
  lists: Record<string, List>;
  caches: Record<string, Cache>;
  egress: Record<string, Egress>;
  bans: Bans;
  registry?: string | Registry | undefined;
  sentinel?: Sentinel | undefined;
  fleet?: string | Fleet | undefined;
  ipmanager?: Ipmanager | undefined;
  gobetween?: Gobetween | undefined;
  acme?: Acme | undefined;
  debug: Debug;
  listeners: Record<string, Listener>;
  pools: Record<string, Pool>;
  tests: Test[];
}
