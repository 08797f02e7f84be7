// A checked configuration, with every default filled in. Made from schema.ts, as input.ts is, where the keys' meaning is
// told; by TYPES=write bun test src/config/schema.test.ts, and that test keeps the two equal.

export interface Admin {
  listen: string;
  token?: string | undefined;
}

export interface Log {
  level: "debug" | "info" | "warn" | "error";
  format: "auto" | "json" | "text";
}

export interface AccessLog {
  path: string;
  format: "json" | "common" | "combined";
  buffer: string;
  flush: string;
}

export interface Timeouts {
  head: string;
  idle: string;
  read: string;
  tunnel: string;
  linger: string;
  connect: string;
  response: string;
}

export interface Limits {
  head: string;
  fields: number;
  body: string | 0;
  requestsPerConnection: number;
}

export interface Listener {
  listen: string;
  use: string;
  maxConnections: number;
  trustedProxies: string[];
  forwarding: Forwarding;
  via: string | false;
  requestId: RequestId | false;
  timeouts: ListenerTimeouts;
}

export interface Forwarding {
  xForwardedFor: boolean;
  xForwardedProto: boolean;
  xForwardedHost: boolean;
  forwarded: boolean;
}

export interface RequestId {
  header: string;
  keep: boolean;
}

export interface ListenerTimeouts {
  head?: string | undefined;
  idle?: string | undefined;
  read?: string | undefined;
  tunnel?: string | undefined;
  linger?: string | undefined;
}

export interface Pool {
  servers: (string | Server)[];
  balance:
    | "random"
    | "roundRobin"
    | "weightedRoundRobin"
    | "leastConnections"
    | "leastCalled"
    | "p2c"
    | "peakEwma"
    | "ipHash"
    | "consistentHash"
    | "boundedHash"
    | "first"
    | Balance;
  sticky?: string | Sticky | undefined;
  retries: number;
  redispatch: boolean;
  retryBudget: RetryBudget;
  queue: Queue;
  idle: Idle;
  slowStart: string;
  panicThreshold: number;
  check?: Check | undefined;
  ejection?: Ejection | undefined;
  timeouts: PoolTimeouts;
}

export interface Server {
  address: string;
  weight?: number | undefined;
  backup: boolean;
  maxConnections: number;
}

export interface Balance {
  policy:
    | "random"
    | "roundRobin"
    | "weightedRoundRobin"
    | "leastConnections"
    | "leastCalled"
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

export interface Check {
  http?: string | undefined;
  tcp?: true | undefined;
  every: string;
  timeout: string;
  rise: number;
  fall: number;
  expect?: string | number | undefined;
  method?: "GET" | "HEAD" | "OPTIONS" | undefined;
  host?: string | undefined;
  port?: number | undefined;
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

export interface PoolTimeouts {
  connect?: string | undefined;
  response?: string | undefined;
  read?: string | undefined;
}

export interface Config {
  $schema?: string | undefined;
  workers: "auto" | number;
  admin: Admin;
  log: Log;
  accessLog?: AccessLog | undefined;
  drainTimeout: string;
  timeouts: Timeouts;
  limits: Limits;
  listeners: Record<string, Listener>;
  pools: Record<string, Pool>;
}
