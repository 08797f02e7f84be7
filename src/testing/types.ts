// What a test of a config says and is told: the types of testConfig and testHook, which an editor shows. It
// imports little, for an editor reads all that it imports.

import type { FaultCode } from "../base/fault.ts";

/** "GET http://example.com/path", "/path", or a section. */
export type TestRequest =
  | string
  | {
      readonly method?: string | undefined;
      /** With scheme and port it finds its listener, where there are several. */
      readonly url: string;
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly body?: string | undefined;
      /** Address of the client; 127.0.0.1 when absent. */
      readonly from?: string | undefined;
      /** Name of the listener, where the URL does not tell. */
      readonly listener?: string | undefined;
    };

/** A request as a server got it. */
export interface ServerRequest {
  /** As the config names it: host:port. */
  readonly server: string;
  readonly pool: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** By lower-case names; several of a name are joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a server answers. Absent: 200 without a body. */
export interface ServerAnswer {
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** Instead of a body: sent as JSON. */
  readonly json?: unknown;
  /** How long it takes, such as "200ms". */
  readonly after?: string | undefined;
  /** refuse: no connection. hang: no answer at all. close: the connection ends without an answer. */
  readonly fails?: "refuse" | "hang" | "close" | undefined;
  /** Its checks have found it down. */
  readonly down?: boolean | undefined;
}

export type ServerBehaviour = ServerAnswer | ((request: ServerRequest) => ServerAnswer | string | undefined);

/** By host:port, by pool/host:port, by pool, or "*" for all others; the narrowest counts. */
export type TestServers = Readonly<Record<string, ServerBehaviour>>;

export interface TestWorld {
  readonly servers?: TestServers | undefined;
  /** Wall clock of the start, in ms since 1970; absent: now. */
  readonly now?: number | undefined;
  /** What chance says, from 0 to 1; absent: 0.5, always. */
  readonly random?: (() => number) | undefined;
  /** Addresses that are banned. */
  readonly banned?: readonly string[] | undefined;
}

/** What became of a request. */
export interface TestAnswer {
  /** 0 where the client got no answer: `ending` says how it ended. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Out of whatever coding it was sent in. */
  readonly body: string;
  readonly ending: "answered" | "closed" | "reset" | "dropped" | "none";
  /** Where it went; "" where it went to none. */
  readonly pool: string;
  readonly server: string;
  /** The rule that decided; "" for none. */
  readonly rule: string;
  /** Code of the fault that was answered, "" for none. */
  readonly fault: FaultCode | "";
  /** What Cache-Status says first: hit, stale, or why the server was asked (fwd=...); "" without a cache. */
  readonly cache: string;
  /** What servers got, in order. */
  readonly calls: readonly ServerRequest[];
  /** How long it took by the fake clock, in ms. */
  readonly took: number;
  /** Calls of hooks that failed, as the log would say it. */
  readonly complaints: readonly string[];
  /** As `sluice explain --json` writes it. */
  readonly explanation: Readonly<Record<string, unknown>>;
  /** The explanation, as `sluice explain` prints it. */
  toString(): string;
}

export interface ConfigTest {
  /** A request after those before it: tables and caches remember. */
  request(request: TestRequest): Promise<TestAnswer>;
  /** Time goes by, such as "10s". */
  pass(duration: string): void;
  /** From now on servers answer otherwise. */
  servers(servers: TestServers): void;
}

/** What hooks meet in `testHook`. */
export interface HookWorld {
  /** What the server answers. */
  readonly response?: ServerAnswer | undefined;
  /** The server fails: what onError is asked about. */
  readonly fails?: "refuse" | "close" | undefined;
  /** Names of the pool's servers, for pick; ["one:80"] when absent. */
  readonly servers?: readonly string[] | undefined;
  /** Those of them that are down. */
  readonly down?: readonly string[] | undefined;
  /** Other pools that request.use() may name. */
  readonly pools?: readonly string[] | undefined;
  /** What one call may take; "1s" when absent. */
  readonly budget?: string | undefined;
  /** Wall clock, in ms since 1970; absent: now. */
  readonly now?: number | undefined;
}

/** What the hooks did. */
export interface HookOutcome {
  /** What the client got: of a hook, of the server, or ours where a hook has failed. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** It is a hook's answer: no server was asked, or its answer was replaced. */
  readonly isReplied: boolean;
  /** The request as the server got it; null where none was asked. */
  readonly request: ServerRequest | null;
  /** The pool and the server that it came to; "" for none. */
  readonly pool: string;
  readonly server: string;
  /** hook_failed, hook_timeout, or another fault; "" without. */
  readonly fault: FaultCode | "";
  /** What the log would say of a hook that has failed: why. */
  readonly complaints: readonly string[];
}
