import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { Head } from "../wire/http1/head.ts";
import { parseRequest, parseResponse } from "../wire/http1/reader.ts";
import { Output } from "../wire/http1/writer.ts";
import { Edits } from "./edits.ts";

const fieldsMax = 12;
const bytesMax = 600;

const lines = [
  "Host: a",
  "Connection: keep-alive",
  "Connection: close, X-A",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Content-Length: 5",
  "Transfer-Encoding: chunked",
  "Expect: 100-continue",
  "TE: trailers",
  "X-Request-Id: 7",
  "X-Forwarded-For: 192.0.2.1",
  "Cookie: a=b",
  "X-A:1",
  "x-a: \t2 \t",
  "X-B: three",
  "Referer:",
  `X-Long: ${"y".repeat(150)}`,
];
const starts = ["GET / HTTP/1.1", "POST http://a/p?q HTTP/1.1", "HEAD / HTTP/1.0", "OPTIONS * HTTP/1.1"];
const statuses = ["HTTP/1.1 200 OK", "HTTP/1.0 404", "HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified"];
const names = ["X-A", "x-a", "X-B", "cookie", "Referer", "User-Agent", "x-new", "X-Request-Id", "X-Forwarded-For"];
const values = ["", "1", " two words ", "é", "\u20ac", "a\r\nb: c", "x".repeat(100)];

type Parse = typeof parseRequest;

/** A head that stands somewhere in its bytes, as that of a second request of a read does. Null: it makes no sense. */
function drawn(prng: Prng, parse: Parse): Head | null {
  const isRequest = parse === parseRequest;
  const first = prng.below(2) === 0 ? lines.slice(0, 1) : [];
  const others = Array.from({ length: prng.below(8) }, () => lines[1 + prng.below(lines.length - 1)]!);
  const starting = isRequest ? starts : statuses;
  const before = "#".repeat(prng.below(3));
  const empty = isRequest && prng.below(3) === 0 ? "\r\n" : "";
  const text = [starting[prng.below(starting.length)]!, ...first, ...others, "\r\nbody"].join("\r\n");
  const bytes = Buffer.from(`${before}${empty}${text}`, "latin1");
  const head = new Head(fieldsMax);
  return parse(head, bytes, before.length, bytes.length, bytesMax) === bytes.length - 4 ? head : null;
}

function edited(prng: Prng): Edits {
  const edits = new Edits();
  for (let count = 1 + prng.below(4); count > 0; count--) {
    const operation = (["set", "add", "remove"] as const)[prng.below(3)]!;
    const name = names[prng.below(prng.below(4) === 0 ? names.length : 7)]!;
    edits.editField(operation, name, values[prng.below(values.length)]!, false);
  }
  return edits;
}

const textOf = ({ bytes, length }: Output): string => Buffer.from(bytes.subarray(0, length)).toString("latin1");

/** All that it says, of however many fields. */
function said(head: Head): Record<string, unknown> {
  const { bytes: _, spans, ids, fieldCount, ...facts } = { ...head };
  return { ...facts, spans: [...spans.subarray(0, fieldCount * 4)], ids: [...ids.subarray(0, fieldCount)] };
}

function compare(seed: number, parse: Parse): "spliced" | "read" | "neither" {
  const prng = new Prng(seed);
  const head = drawn(prng, parse);
  if (head === null) return "neither";
  const edits = edited(prng);
  const written = new Output();
  if (parse === parseRequest) edits.writeRequest(written, head);
  else edits.writeResponse(written, head);
  const bytes = written.bytes.slice(0, written.length);
  const read = new Head(fieldsMax);
  read.status = head.status;
  const next = parse(read, bytes, 0, bytes.length, bytesMax);
  const spliced = new Output();
  const to = prng.below(2) === 0 ? head : new Head(fieldsMax);
  const before = said(to);
  if (!edits.splice(spliced, head, to, bytesMax)) {
    expect([seed, spliced.length, said(to)]).toEqual([seed, 0, before]);
    return "read";
  }
  expect([seed, next, textOf(spliced)]).toEqual([seed, spliced.length, textOf(written)]);
  expect([seed, said(to)]).toEqual([seed, said(read)]);
  return "spliced";
}

for (const [kind, parse] of [
  ["request", parseRequest],
  ["response", parseResponse],
] as const)
  test(`what a splice says of a ${kind} is what the parser says of the head that is written anew`, () => {
    const counts = { spliced: 0, read: 0, neither: 0 };
    for (let seed = 1; seed <= 4000; seed++) counts[compare(seed, parse)]++;
    expect(counts.spliced).toBeGreaterThan(700);
    expect(counts.read).toBeGreaterThan(300);
  });

test("of fields that are taken note of, of lines that are replaced, and where room is short, a parser must say", () => {
  const text = Buffer.from("GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n");
  const head = new Head(3);
  parseRequest(head, text, 0, text.length, text.length);
  const isSpliced = (edit: (edits: Edits) => void, max = 100): boolean => {
    const edits = new Edits();
    edit(edits);
    return edits.splice(new Output(), head, new Head(3), max);
  };
  expect(isSpliced((edits) => edits.editField("set", "X-B", "1", false))).toBe(true);
  for (const name of ["Host", "Via", "X-Request-Id", "X-Forwarded-For", "x_forwarded_for", "Forwarded"])
    expect([name, isSpliced((edits) => edits.editField("set", name, "a", false))]).toEqual([name, false]);
  expect(isSpliced((edits) => edits.replaceField("X-A", () => "2"))).toBe(false);
  expect(isSpliced((edits) => edits.rewrite("path", "/b"))).toBe(false);
  expect(isSpliced((edits) => edits.editField("set", "X-B", "1", false), text.length + 8)).toBe(true);
  expect(isSpliced((edits) => edits.editField("set", "X-B", "1", false), text.length + 7)).toBe(false);
  const two = (edits: Edits): void => {
    edits.editField("add", "X-B", "1", false);
    edits.editField("add", "X-B", "2", false);
  };
  expect(isSpliced(two)).toBe(false);
});
