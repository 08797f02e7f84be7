// Nanoseconds to format one access log line, by format. Run: node scripts/bun.mjs bench/micro/accesslog.ts

import { lineBytesMax, lineFormat } from "../../src/data/accesslog/format.ts";
import { AccessRecord } from "../../src/data/accesslog/record.ts";

const userAgent =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";
const head = Buffer.from(
  `GET /products/1234?colour=blue HTTP/1.1\r\nHost: shop.example.com\r\nReferer: https://shop.example.com/\r\nUser-Agent: ${userAgent}\r\n\r\n`,
);

function place(text: string): [number, number] {
  const start = head.indexOf(text);
  return [start, start + text.length];
}

function sampleRecord(): AccessRecord {
  const record = new AccessRecord();
  record.head = new Uint8Array(head);
  [record.methodStart, record.methodEnd] = place("GET");
  [record.targetStart, record.targetEnd] = place("/products/1234?colour=blue");
  [record.hostStart, record.hostEnd] = place("shop.example.com");
  [record.refererStart, record.refererEnd] = place("https://shop.example.com/");
  [record.userAgentStart, record.userAgentEnd] = place(userAgent);
  record.client = "203.0.113.77";
  record.status = 200;
  record.bytesReceived = 412;
  record.bytesSent = 18_234;
  record.listener = "web";
  record.pool = "shop";
  record.server = "10.0.0.1:8080";
  record.attempts = 1;
  record.requestId = "01jd6x3k9v8z7q5m";
  return record;
}

const lines = 1_000_000;
const record = sampleRecord();
for (const name of ["json", "common", "combined"] as const) {
  const format = lineFormat(name);
  const page = new Uint8Array(65_536 + lineBytesMax);
  let best = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (let round = 0; round < 7; round++) {
    let at = 0;
    const startedNs = Bun.nanoseconds();
    for (let line = 0; line < lines; line++) {
      record.wallMs = 1_795_241_879_000 + line * 0.03;
      record.durationMs = (line & 1023) * 0.017;
      const next = format(record, page, at);
      bytes = next - at;
      at = next > 65_536 ? 0 : next;
    }
    best = Math.min(best, (Bun.nanoseconds() - startedNs) / lines);
  }
  console.log(`${name.padEnd(9)} ${best.toFixed(0).padStart(4)} ns/line, ${bytes} bytes`);
}
