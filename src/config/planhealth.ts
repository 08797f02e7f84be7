// The part of the plan by which servers are judged: what control asks them, how it reads their answers, and what it makes of how
// they fare in live traffic. As in plan.ts all is resolved and plain JSON; who is up and who is not stands on the board.

/**
 * tcp: a connection is accepted (and over TLS, the handshake succeeds); with `send` or `receive`, what is said over it.
 * grpc: a call of grpc.health.v1.Health/Check. udp: what is said in datagrams; without `receive`, that no error comes back. exec: what a command says.
 */
export interface CheckPlan {
  readonly kind: "tcp" | "http" | "grpc" | "udp" | "exec";
  readonly everyMs: number;
  /** Of a server that is down, and of one whose last results speak against its state. Absent: `everyMs`. */
  readonly everyDownMs?: number;
  readonly everyChangingMs?: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
  /** kind http only. */
  readonly http: {
    readonly method: string;
    readonly path: string;
    /** Value of Host; empty means each server's own name. */
    readonly host: string;
    readonly expect: readonly StatusRange[];
  } | null;
  /** kind grpc only. `service`: "" asks for the server as a whole. `host` as of http, for :authority. */
  readonly grpc?: { readonly service: string; readonly host: string };
  /** kind http: by HTTP/2 or not. Absent: as the server's own traffic. */
  readonly isHttp2?: boolean;
  /** kind tcp and udp: bytes as latin-1, one character a byte; null sends nothing. */
  readonly send: string | null;
  /** kind tcp and udp: what must come back; null waits for nothing. */
  readonly receive: ReceivePlan | null;
  readonly exec: ExecPlan | null;
  /** kind tcp, http and grpc: over TLS; null as the server's own traffic. Without TLS of its own a server's certificate is not verified. */
  readonly tls: boolean | null;
  /** Another port than the server's, or null. */
  readonly port: number | null;
}

export interface ReceivePlan {
  readonly kind: "starts" | "contains" | "pattern";
  /** Bytes as latin-1, or a JavaScript regular expression over them. */
  readonly match: string;
}

/** The command's own words; `{host}` and `{port}` in them stand for the server's. */
export interface ExecPlan {
  readonly command: readonly string[];
  /** What stdout must hold, without white space around it; null goes by the exit code. */
  readonly output: string | null;
}

/** Inclusive. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** Passive ejection; each test may be off (null). */
export interface EjectionPlan {
  readonly consecutiveFailures: number | null;
  /** Share of failures (0-1) in an interval with at least `minimumRequests`. */
  readonly errorRatio: number | null;
  /** Mean response time in an interval above this, and at least `minimumRequests`. */
  readonly latencyMs: number | null;
  readonly minimumRequests: number;
  readonly intervalMs: number;
  /** First ejection's length; the n-th in a row lasts n times that, up to `maximumMs`. */
  readonly baseMs: number;
  readonly maximumMs: number;
}
