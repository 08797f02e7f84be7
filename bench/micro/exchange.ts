// What one exchange costs in our own code: the shipped flows on a port that takes everything, no sockets, no kernel; and what it costs
// with the flight recorder. Prints the nanoseconds of the best round; `bun --cpu-prof bench/micro/exchange.ts` says where they go.

import { Downstream } from "../../src/flow/downstream.ts";
import type { Exchange } from "../../src/flow/exchange.ts";
import type { LineFlow } from "../../src/flow/port.ts";
import { Recording } from "../../src/flow/recording.ts";
import { RecorderRing } from "../../src/memory/recorder.ts";
import { formatRecorder, recorderBytes } from "../../src/memory/recorderlayout.ts";
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
  "Cache-Control: max-age=0",
].join("\r\n");
const plainRequest = bytesOf("GET / HTTP/1.1\r\nHost: 127.0.0.1:9010\r\n\r\n");
const browserRequest = bytesOf(`GET / HTTP/1.1\r\nHost: 127.0.0.1:9010\r\n${browserFields}\r\n\r\n`);
const response = bytesOf(
  `HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 06:39:20 GMT\r\nContent-Type: text/plain\r\nContent-Length: 65\r\nConnection: keep-alive\r\n\r\n${"x".repeat(65)}`,
);

function recordingOf(entries: number): Recording {
  const bytes = new Uint8Array(recorderBytes(1, entries));
  formatRecorder(bytes, 1, entries, []);
  return new Recording(new RecorderRing(bytes, 0), false);
}

function run(name: string, request: Uint8Array, recording: Recording | null = null): void {
  let reports = 0;
  const { context, port } = makeWorld("http", (exchange) => {
    reports++;
    // In mode http nothing else is reported.
    if (recording !== null) recording.exchange(exchange as Exchange, port.nowMs, port.wallMs);
  });
  const downstream: LineFlow = new Downstream(context, context.site.listeners[0]!, new Sink(), client);
  downstream.received(request);
  const upstream = port.flow!;
  upstream.connected(port.line);
  upstream.received(response);
  const best = bestOf(exchangesPerRound, () => {
    downstream.received(request);
    upstream.received(response);
  });
  console.log(`${name.padEnd(20)} ${best.toFixed(0).padStart(6)} ns an exchange (${reports} reported)`);
}

run("1 field", plainRequest);
run("1 field, recorded", plainRequest, recordingOf(1000));
run("12 browser fields", browserRequest);
run("12, recorded", browserRequest, recordingOf(1000));
