// What is measured: one line a scenario. Each runs all proxies in the same minutes on the same machine, in turns, and only
// ratios between them mean anything on another machine.

import { h2load, type Streams } from "./h2load.ts";
import { handshakes } from "./handshake.ts";
import { type Drive, type Load, wrk } from "./load.ts";

export type Spread = "chance" | "key";

export interface Scenario {
  readonly key: string;
  readonly title: string;
  /** What runs the load, and what one unit of it is called. */
  readonly drive: Drive;
  readonly connections: number;
  readonly mode: "http" | "tcp";
  /** Clients speak TLS to the proxy; the origin is plain. */
  readonly isTls: boolean;
  /** Clients speak HTTP/2 to it: chosen by ALPN over TLS, by prior knowledge without. */
  readonly isHttp2: boolean;
  /** The origin is asked by HTTP/2, without TLS. */
  readonly isOriginHttp2: boolean;
  readonly isLogging: boolean;
  /** The client's rate of requests is counted in a table, and each request judged by it; none is refused. */
  readonly isTracking: boolean;
  /** Clients ask for what is cached. */
  readonly isCaching: boolean;
  /** A hook sets a field of each request and of each response; what has no hooks does it by its config. */
  readonly isHooked: boolean;
  /** Set: somebody looks at it over the admin API meanwhile, as the console does, at these topics of the event stream. */
  readonly watched: string | null;
  /** Set: the origin is asked for through a forward proxy, by so many outbound addresses. */
  readonly outbound: number | null;
  /** Set: HAProxy does the same beside it, with a server line for each address, chosen by chance or by the key. It judges none of them. */
  readonly spread: Spread | null;
  readonly workers: number;
  /** Set: measure memory of so many idle connections instead of CPU. */
  readonly idleConnections?: number;
  /** Also run with one worker, and without a log, table, hook, outbound addresses or somebody who looks, in the same turns, to compare with. */
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
/**
 * Through a forward proxy; where the origin closes, each request makes a connection. As often with a pool as without: where both are asked
 * for all that they can do, whoever costs more has origin and load fall asleep more often, and pays for waking them.
 */
const forward = { ...small, keys: 0, thinkMs: 4 };
const browser = { ...small, headers: browserHeaders };
const closing = { ...small, headers: ["Connection: close"] };

const many: Streams = { path: "/", connections: 8, streams: 32 };

type Options = Partial<Omit<Scenario, "key" | "title" | "drive" | "connections">>;

/** h2load's, over TLS or in the clear. */
function streams(key: string, title: string, load: Streams, isTls: boolean, isOriginHttp2 = false): Scenario {
  const drive = h2load(load, isTls);
  return { ...scenario(key, title, drive, { isTls, isHttp2: true, isOriginHttp2 }), connections: load.connections };
}

function scenario(key: string, title: string, load: Load | Drive, options: Options = {}): Scenario {
  const common = {
    key,
    title,
    mode: "http",
    isTls: false,
    isHttp2: false,
    isOriginHttp2: false,
    isLogging: false,
    isTracking: false,
    isCaching: false,
    isHooked: false,
    watched: null,
    outbound: null,
    spread: null,
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
  scenario("t", "a forward proxy: by 300 addresses against by none", forward, {
    outbound: 300,
    spread: "chance",
    baseline: true,
  }),
  // As many connections to the origin with a pool as without: what is left is what the pool itself costs.
  scenario(
    "t2",
    "a forward proxy of 250 targets: each by its own of 250 addresses against by none",
    { ...forward, targets: 250, keys: 250 },
    { outbound: 250, baseline: true },
  ),
  scenario(
    "u",
    "a forward proxy: 1,000 keys among 10,000 addresses against none",
    { ...forward, keys: 1000 },
    { outbound: 10_000, spread: "key", baseline: true },
  ),
  scenario(
    "u2",
    "a forward proxy of 1,000 targets: each by its own of 10,000 addresses against by none",
    { ...forward, targets: 1000, keys: 1000 },
    { outbound: 10_000, baseline: true },
  ),
  scenario(
    "v",
    "a forward proxy: a new connection for each request, by 10,000 addresses against none",
    { ...forward, path: "/once" },
    { outbound: 10_000, baseline: true },
  ),
  // The same with nothing to choose.
  scenario(
    "y",
    "a forward proxy of 200 targets: by a pool of one address against none",
    { ...forward, targets: 200 },
    { outbound: 1, baseline: true },
  ),
  scenario("z", "as (a), with the console's overview open", small, {
    watched: "figures,servers,changes",
    baseline: true,
  }),
  scenario("z2", "as (a), with the console's list of requests open", small, {
    watched: "figures,servers,changes,requests&rate=100",
    baseline: true,
  }),
  streams("aa", "HTTP/2 over TLS: small body, 32 streams on each connection", many, true),
  streams("ab", "HTTP/2 in the clear: small body, 32 streams on each connection", many, false),
  streams("ac", "HTTP/2 on both sides: as (aa), and the origin is asked by HTTP/2 in the clear", many, true, true),
  scenario("ad", "as (a), and the origin is asked by HTTP/2 in the clear", small, { isOriginHttp2: true }),
];
