// What one answer from the cache costs in our own code, from the bytes of the request to those that are sent: the shipped flows on a port
// that takes everything, no sockets, no kernel. Prints the nanoseconds of the best round, as exchange.ts does.

import { Downstream } from "../../src/flow/downstream.ts";
import type { LineFlow } from "../../src/flow/port.ts";
import { cachePlan, poolCachePlan } from "../../test/playbook/caching.ts";
import { bestOf, client, makeWorld, Sink } from "./world.ts";

const exchangesPerRound = 200_000;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const browserFields = [
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Language: en-US,en;q=0.9,de;q=0.8",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; _ga=GA1.2.1234567890.1234567890",
  "Referer: https://www.example.com/some/path/to/a/page?with=query",
  "Upgrade-Insecure-Requests: 1",
  "Sec-Fetch-Dest: document",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-Site: same-origin",
].join("\r\n");
const plainRequest = bytesOf("GET / HTTP/1.1\r\nHost: 127.0.0.1:9010\r\n\r\n");
const browserRequest = bytesOf(`GET / HTTP/1.1\r\nHost: 127.0.0.1:9010\r\n${browserFields}\r\n\r\n`);
const conditional = bytesOf('GET / HTTP/1.1\r\nHost: 127.0.0.1:9010\r\nIf-None-Match: "1"\r\n\r\n');

function responseOf(bodyBytes: number, ...fields: string[]): Uint8Array {
  const lines = ["Server: nginx", "Content-Type: text/plain", 'ETag: "1"', "Cache-Control: max-age=3600", ...fields];
  return bytesOf(
    `HTTP/1.1 200 OK\r\nContent-Length: ${bodyBytes}\r\n${lines.join("\r\n")}\r\n\r\n${"x".repeat(bodyBytes)}`,
  );
}

function run(name: string, request: Uint8Array, response: Uint8Array, isTold = true): void {
  let hits = 0;
  const { context, port } = makeWorld(
    "http",
    ({ caching }) => {
      if (caching?.word === "hit") hits++;
    },
    { cache: cachePlan, poolCache: { ...poolCachePlan, isTold } },
  );
  const downstream: LineFlow = new Downstream(context, context.site.listeners[0]!, new Sink(), client);
  downstream.received(plainRequest);
  const upstream = port.flow!;
  upstream.connected(port.line);
  upstream.received(response);
  downstream.received(request);
  if (request === browserRequest && hits === 0) upstream.received(response);
  const best = bestOf(exchangesPerRound, () => downstream.received(request));
  console.log(`${name.padEnd(30)} ${best.toFixed(0).padStart(6)} ns a hit (${hits} of them)`);
}

run("1 field, 65 bytes", plainRequest, responseOf(65));
run("no Cache-Status", plainRequest, responseOf(65), false);
run("10 browser fields, 65 bytes", browserRequest, responseOf(65));
run("the same with Vary", browserRequest, responseOf(65, "Vary: Accept-Encoding"));
run("a condition that holds", conditional, responseOf(65));
run("1 field, 16 kB", plainRequest, responseOf(16 * 1024));
run("1 field, 100 kB", plainRequest, responseOf(100 * 1024));
