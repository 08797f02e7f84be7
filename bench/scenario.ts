// What is measured: one line a scenario. Each runs all proxies in the same minutes on the same machine, in turns, and only
// ratios between them mean anything on another machine.

import type { Load } from "./load.ts";

export interface Scenario {
  readonly key: string;
  readonly title: string;
  readonly load: Load;
  readonly isLogging: boolean;
  readonly workers: number;
  /** Set: measure memory of so many idle connections instead of CPU. */
  readonly idleConnections?: number;
  /** Also run with one worker, and without a log, in the same turns, to compare with. */
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

export const scenarios: readonly Scenario[] = [
  { key: "a", title: "small body, 1 header, keep-alive", load: small, isLogging: false, workers: 1 },
  {
    key: "b",
    title: "small body, 12 browser headers, keep-alive",
    load: { ...small, headers: browserHeaders },
    isLogging: false,
    workers: 1,
  },
  { key: "c", title: "1 MB bodies, keep-alive", load: { ...small, path: "/1m" }, isLogging: false, workers: 1 },
  {
    key: "d",
    title: "a new connection for each request",
    load: { ...small, headers: ["Connection: close"] },
    isLogging: false,
    workers: 1,
  },
  {
    key: "e",
    title: "10,000 idle keep-alive connections",
    load: small,
    isLogging: false,
    workers: 1,
    idleConnections: 10_000,
  },
  {
    key: "f",
    title: "small body, 12 browser headers, access log to a file",
    load: { ...small, headers: browserHeaders },
    isLogging: true,
    workers: 1,
    baseline: true,
  },
  { key: "g", title: "two workers against one", load: small, isLogging: false, workers: 2, baseline: true },
];
