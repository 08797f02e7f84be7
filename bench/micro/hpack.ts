// What a header block costs: the head of a browser's request as the first of its connection, with Huffman and into the dynamic
// table; the same again, all of it indexed; another, whose path is told without indexing; and the head of a response as we write it. And the worst that a client can
// send in a block of 16 kB: an entry of 4 kB named thousands of times, and inserted again and again by its own name.
// Run: node scripts/bun.mjs bench/micro/hpack.ts
// Prints nanoseconds a block: the best of the rounds, which is the least disturbed by what else runs on the machine.

import { Output } from "../../src/wire/http1/writer.ts";
import { HpackDecoder } from "../../src/wire/http2/hpack/decoder.ts";
import { putField, putNoTable, putStatus } from "../../src/wire/http2/hpack/encoder.ts";
import { FieldSection } from "../../src/wire/http2/hpack/fieldsection.ts";
import { integer, ReferenceTable, string } from "../../test/conform/hpack.ts";
import { type Field, staticFields } from "../../test/conform/hpacktables.ts";

const rounds = 9;
const tableBytesMax = 4096;
const blockBytesMax = 16_384;

const request: readonly Field[] = [
  [":method", "GET"],
  [":authority", "www.example.com"],
  [":scheme", "https"],
  [":path", "/articles/2026/11/a-proxy-that-speaks-http2"],
  [
    "user-agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  ],
  ["accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"],
  ["sec-fetch-site", "same-origin"],
  ["sec-fetch-mode", "navigate"],
  ["referer", "https://www.example.com/articles/"],
  ["accept-encoding", "gzip, deflate, br, zstd"],
  ["accept-language", "en-US,en;q=0.9"],
  ["cookie", "session=0f8d1c2b3a4958677685948392a1b0cf; theme=dark"],
];
const response: readonly string[] = [
  "Date: Mon, 23 Nov 2026 17:00:00 GMT",
  "Content-Type: text/html; charset=utf-8",
  "Content-Length: 48213",
  "Cache-Control: max-age=60, must-revalidate",
  'ETag: "5f3c-61a0b"',
  "Vary: Accept-Encoding",
  "X-Request-Id: 7c9e6679-7425-40de-944b-e07fc1f90ae7",
  "Strict-Transport-Security: max-age=31536000",
];

/** As browsers write: indexed where it is in a table, else with Huffman and into the table; a path behind the first not into it. */
function encode(table: ReferenceTable, fields: readonly Field[], isFirst = false): Uint8Array {
  const octets = fields.flatMap((field) => {
    const all = [...staticFields, ...table.fields];
    const index = all.findIndex(([name, value]) => name === field[0] && value === field[1]) + 1;
    if (index > 0) return integer(index, 7, 0x80);
    const named = all.findIndex(([name]) => name === field[0]) + 1;
    if (field[0] === ":path" && !isFirst) return [...integer(named, 4, 0), ...string(field[1], true)];
    table.insert(field);
    return [...integer(named, 6, 0x40), ...(named > 0 ? [] : string(field[0], true)), ...string(field[1], true)];
  });
  return Uint8Array.from(octets);
}

function measure(name: string, calls: number, call: () => void): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startedNs = Bun.nanoseconds();
    for (let index = 0; index < calls; index++) call();
    best = Math.min(best, (Bun.nanoseconds() - startedNs) / calls);
  }
  console.log(`${name.padEnd(56)} ${best.toFixed(0).padStart(9)} ns`);
}

const section = new FieldSection(128, 64 * 1024);
function decode(decoder: HpackDecoder, block: Uint8Array): void {
  if (!decoder.decode(block, 0, block.length, section)) throw new Error("the block was refused");
}

const table = new ReferenceTable(tableBytesMax);
const first = encode(table, request, true);
const second = encode(table, request);
const other = encode(
  table,
  request.map(([name, value]) => [name, name === ":path" ? "/articles/2026/11/another" : value] as const),
);
const decoder = new HpackDecoder(tableBytesMax);
// A connection's first block begins with an empty table; that of the measure is emptied by two size updates in front.
const emptied = Uint8Array.from([...integer(0, 5, 0x20), ...integer(tableBytesMax, 5, 0x20), ...first]);
measure(`${request.length} fields the first time, ${first.length} bytes`, 50_000, () => decode(decoder, emptied));
measure(`${request.length} fields the second time, ${second.length} bytes`, 200_000, () => decode(decoder, second));
measure(`with another path, ${other.length} bytes`, 200_000, () => decode(decoder, other));

const output = new Output();
const lines = Buffer.from(response.join("\n"));
const spans = response.map((line, at) => {
  const start = response.slice(0, at).reduce((sum, { length }) => sum + length + 1, 0);
  return [start, start + line.indexOf(":"), start + line.indexOf(":") + 2, start + line.length] as const;
});
measure(`a response with ${response.length} fields written`, 200_000, () => {
  output.clear();
  putNoTable(output);
  putStatus(output, 200);
  for (const [start, nameEnd, valueStart, end] of spans) putField(output, lines, start, nameEnd, valueStart, end);
});

const long = "v".repeat(tableBytesMax - 33);
const bombed = new HpackDecoder(tableBytesMax);
decode(bombed, Uint8Array.from([0x40, ...string("n", false), ...string(long, false)]));
const named = new Uint8Array(blockBytesMax).fill(0xbe);
measure("16 kB that name an entry of 4 kB", 1_000, () => decode(bombed, named));
const renamed = new HpackDecoder(tableBytesMax);
decode(renamed, Uint8Array.from([0x40, ...string(long, false), ...string("v", false)]));
const inserted = Uint8Array.from({ length: blockBytesMax }, (_, at) => (at % 2 === 0 ? 0x40 + 62 : 0));
measure("16 kB that insert an entry of 4 kB by its own name", 20, () => decode(renamed, inserted));
