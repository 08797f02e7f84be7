// What one exchange costs in our own code when its server is asked by HTTP/2: the shipped flows, from a client of HTTP/1.1 to a stream and
// back, on a port that takes everything, beside the same to a server of HTTP/1.1 (bench/micro/exchange.ts). Prints the nanoseconds of
// the best round.

import { Downstream } from "../../src/flow/downstream.ts";
import type { LineFlow } from "../../src/flow/port.ts";
import { flag, frameType } from "../../src/wire/http2/frame.ts";
import { block, type Field } from "../../test/e2e/harness/http2/fields.ts";
import { data, frame, headers, Setting, settings, windowUpdate } from "../../test/e2e/harness/http2/frames.ts";
import { bestOf, client, makeWorld, Sink } from "./world.ts";

const exchangesPerRound = 100_000;
const frameHeaderBytes = 9;

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
const answerFields: readonly Field[] = [
  [":status", "200"],
  ["server", "nginx/1.22.1"],
  ["date", "Sat, 21 Nov 2026 06:39:20 GMT"],
  ["content-type", "text/plain"],
  ["content-length", "65"],
];

function run(name: string, request: Uint8Array): void {
  let reports = 0;
  const { context, port } = makeWorld("http", () => reports++, { isHttp2: true });
  const downstream: LineFlow = new Downstream(context, context.site.listeners[0]!, new Sink(), client);
  downstream.received(request);
  const session = port.flow!;
  session.connected(port.line);
  session.received(
    Uint8Array.from(
      Buffer.concat([
        settings([Setting.maxConcurrentStreams, 100]),
        frame(frameType.settings, flag.ack, 0),
        windowUpdate(0, 0x7fffffff - 65_535),
      ]),
    ),
  );
  const head = headers(1, block(...answerFields));
  const answer = Uint8Array.from(Buffer.concat([head, data(1, "x".repeat(65), true)]));
  const view = new DataView(answer.buffer);
  let stream = 1;
  const answers = (): void => {
    view.setUint32(5, stream);
    view.setUint32(head.length + frameHeaderBytes - 4, stream);
    stream += 2;
    session.received(answer);
  };
  answers();
  const best = bestOf(exchangesPerRound, () => {
    downstream.received(request);
    answers();
  });
  console.log(`${name.padEnd(20)} ${best.toFixed(0).padStart(6)} ns an exchange (${reports} reported)`);
}

run("1 field", bytesOf("GET / HTTP/1.1\r\nHost: 127.0.0.1:9010\r\n\r\n"));
run("12 browser fields", bytesOf(`GET / HTTP/1.1\r\nHost: 127.0.0.1:9010\r\n${browserFields}\r\n\r\n`));
