// What one exchange costs in our own code when its client speaks HTTP/2: a stream that is opened, asked and answered by the shipped flows,
// on a port that takes everything, beside the same over HTTP/1.1 (bench/micro/exchange.ts). The client's fields are in the table of its
// connection from the second request on, as they are with browsers. Prints the nanoseconds of the best round.

import { Downstream } from "../../src/flow/downstream.ts";
import { switchToHttp2 } from "../../src/flow/http2/preface.ts";
import type { LineFlow } from "../../src/flow/port.ts";
import { Output } from "../../src/wire/http1/writer.ts";
import {
  connectionPreface,
  flag,
  frameType,
  putFrameHeader,
  putSettings,
  putWindowUpdate,
} from "../../src/wire/http2/frame.ts";
import { integer, string } from "../../test/conform/hpack.ts";
import { bestOf, client, makeWorld, Sink } from "./world.ts";

const exchangesPerRound = 100_000;

const few = [
  [":method", "GET"],
  [":scheme", "http"],
  [":authority", "127.0.0.1:9010"],
  [":path", "/"],
] as const;
const browser = [
  ...few,
  [
    "user-agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
  ],
  ["accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"],
  ["accept-language", "en-US,en;q=0.9,de;q=0.8"],
  ["accept-encoding", "gzip, deflate, br, zstd"],
  ["cookie", "session=0123456789abcdef0123456789abcdef; theme=dark; _ga=GA1.2.1234567890.1234567890"],
  ["referer", "https://www.example.com/some/path/to/a/page?with=query"],
  ["upgrade-insecure-requests", "1"],
  ["sec-fetch-dest", "document"],
  ["sec-fetch-mode", "navigate"],
  ["sec-fetch-site", "same-origin"],
  ["cache-control", "max-age=0"],
] as const;
const response = new TextEncoder().encode(
  `HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 06:39:20 GMT\r\nContent-Type: text/plain\r\nContent-Length: 65\r\nConnection: keep-alive\r\n\r\n${"x".repeat(65)}`,
);

class Becoming extends Sink {
  flow: LineFlow | null = null;
  become(flow: LineFlow): void {
    this.flow = flow;
  }
}

function headers(block: readonly number[]): Uint8Array {
  const output = new Output();
  putFrameHeader(output, block.length, frameType.headers, flag.endHeaders | flag.endStream, 1);
  output.put(Uint8Array.from(block));
  return output.bytes.slice(0, output.length);
}

function run(name: string, fields: readonly (readonly [string, string])[]): void {
  let reports = 0;
  const { context, port } = makeWorld("http", () => reports++);
  const line = new Becoming();
  const greeting = new Output();
  greeting.put(connectionPreface);
  putSettings(greeting, []);
  // As browsers do, so that no window ends.
  putWindowUpdate(greeting, 0, 0x7fffffff - 65535);
  const downstream = new Downstream(context, context.site.listeners[0]!, line, client);
  switchToHttp2(context, downstream, greeting.bytes.slice(0, greeting.length));
  const session = line.flow!;
  session.received(headers(fields.flatMap(([name, value]) => [0x40, ...string(name, false), ...string(value, false)])));
  const upstream = port.flow!;
  upstream.connected(port.line);
  upstream.received(response);
  // What came last stands first in the table, behind the 61 of appendix A.
  const request = headers(fields.flatMap((_, index) => integer(61 + fields.length - index, 7, 0x80)));
  const view = new DataView(request.buffer);
  let stream = 1;
  const best = bestOf(exchangesPerRound, () => {
    stream += 2;
    view.setUint32(5, stream);
    session.received(request);
    upstream.received(response);
  });
  console.log(`${name.padEnd(20)} ${best.toFixed(0).padStart(6)} ns an exchange (${reports} reported)`);
}

run("1 field", few);
run("12 browser fields", browser);
