// What is measured: one line a scenario. Each runs all proxies in the same minutes on the same machine, in turns, and only
// ratios between them mean anything on another machine.

import { handshakes } from "./handshake.ts";
import { type Drive, type Load, wrk } from "./load.ts";

export interface Scenario {
  readonly key: string;
  readonly title: string;
  /** What runs the load, and what one unit of it is called. */
  readonly drive: Drive;
  readonly connections: number;
  readonly mode: "http" | "tcp";
  /** Clients speak TLS to the proxy; the origin is plain. */
  readonly isTls: boolean;
  readonly isLogging: boolean;
  /** The client's rate of requests is counted in a table, and each request judged by it; none is refused. */
  readonly isTracking: boolean;
  /** Clients ask for what is cached. */
  readonly isCaching: boolean;
  /** A hook sets a field of each request and of each response; what has no hooks does it by its config. */
  readonly isHooked: boolean;
  readonly workers: number;
  /** Set: measure memory of so many idle connections instead of CPU. */
  readonly idleConnections?: number;
  /** Also run with one worker, and without a log, table or hook, in the same turns, to compare with. */
  readonly baseline?: boolean;
}

/** What a browser sends beside Host. */
const browserHeaders: readonly string[] = [
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Referer: https://shop.example.com/catalogue/shoes",
  "Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=1",
  "Upgrade-Insecure-Requests: 1",
  "Sec-Fetch-Dest: document",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-Site: same-origin",
  "Cache-Control: max-age=0",
];

const small = { path: "/", headers: [], connections: 64 } as const;
const large = { ...small, path: "/1m" };
const browser = { ...small, headers: browserHeaders };
const closing = { ...small, headers: ["Connection: close"] };

type Options = Partial<Omit<Scenario, "key" | "title" | "drive" | "connections">>;

function scenario(key: string, title: string, load: Load | Drive, options: Options = {}): Scenario {
  const common = {
    key,
    title,
    mode: "http",
    isTls: false,
    isLogging: false,
    isTracking: false,
    isCaching: false,
    isHooked: false,
    workers: 1,
    ...options,
  } as const;
  if (typeof load === "function") return { ...common, drive: load, connections: 4 };
  return { ...common, drive: wrk(load, common.isTls), connections: load.connections };
}

export const scenarios: readonly Scenario[] = [
  scenario("a", "small body, 1 header, keep-alive", small),
  scenario("b", "small body, 12 browser headers, keep-alive", browser),
  scenario("c", "1 MB bodies, keep-alive", large),
  scenario("d", "a new connection for each request", closing),
  scenario("e", "10,000 idle keep-alive connections", small, { idleConnections: 10_000 }),
  scenario("f", "small body, 12 browser headers, access log to a file", browser, { isLogging: true, baseline: true }),
  scenario("g", "two workers against one", small, { workers: 2, baseline: true }),
  scenario("h", "mode tcp: the HTTP of (a) as bytes", small, { mode: "tcp" }),
  scenario("i", "mode tcp: 1 MB bodies", large, { mode: "tcp" }),
  scenario("j", "mode tcp: a new connection for each request", closing, { mode: "tcp" }),
  scenario("k", "TLS: small body, 1 header, keep-alive", small, { isTls: true }),
  scenario("l", "TLS: 1 MB bodies, keep-alive", large, { isTls: true }),
  scenario("m", "TLS: a full handshake for each request", (port, seconds) => handshakes(port, false, seconds), {
    isTls: true,
  }),
  scenario("n", "TLS: a resumed handshake for each request", (port, seconds) => handshakes(port, true, seconds), {
    isTls: true,
  }),
  scenario("o", "TLS: 10,000 idle keep-alive connections", small, { isTls: true, idleConnections: 10_000 }),
  scenario("p", "as (a), each client's rate counted and each request judged by it", small, {
    isTracking: true,
    baseline: true,
  }),
  scenario("q", "cache hits: small body", { ...small, path: "/cached" }, { isCaching: true }),
  scenario("r", "cache hits: 100 kB bodies", { ...small, path: "/100k" }, { isCaching: true }),
  scenario("s", "as (a), a hook sets a field of each request and each response", small, {
    isHooked: true,
    baseline: true,
  }),
];
