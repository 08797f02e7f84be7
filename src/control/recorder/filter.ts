// Which requests of the flight recorder somebody wants to see: the parameters of a query, and what they come to. The same for the list
// (GET /api/v1/requests) and for the stream (topic requests). It is asked of records as they stand in memory, for most that a stream
// passes by are nobody's: what is not told is not decoded, and asking makes no objects. The answer is what a comparison with the decoded
// record (record.ts) would be. What a parameter cannot mean is refused in a sentence that begins with its name.

import { z } from "zod";
import { readDuration } from "../../base/duration.ts";
import { type FaultCode, fault, faultCodes } from "../../base/fault.ts";
import { didYouMean } from "../../base/nearest.ts";
import { misread, quote, type Reading, read } from "../../base/reading.ts";
import { cacheWords, noSlot, recordFlag, recordWord } from "../../memory/recorderlayout.ts";
import type { RecorderReader } from "../../memory/recorderreader.ts";
import { clientWithin } from "./clientblock.ts";
import type { NameTable, RecorderNames } from "./names.ts";
import { exactly, glob, isLowerText, isText, type TextTest } from "./pattern.ts";
import { cacheOf, durationOf, faultOf, kindOf, methodNames, moreRules, nameOf } from "./record.ts";

const text = (told: string): z.ZodOptional<z.ZodString> => z.string().max(1000).optional().describe(told);

/** What the access log writes where a client did not wait for its answer (data/reporter.ts). The record says 0, and its fault why. */
const clientLeft = 499;

/** Of the record that the reader has read last. */
export type Accepts = (reader: RecorderReader, names: RecorderNames) => boolean;

/** No filter: what it is asked of need not be read to be counted. */
export const everything: Accepts = () => true;

export type FilterName =
  | "kind"
  | "status"
  | "method"
  | "host"
  | "path"
  | "client"
  | "listener"
  | "pool"
  | "server"
  | "rule"
  | "fault"
  | "cache"
  | "egress"
  | "slower"
  | "failed";

export const filterParameters: Readonly<Record<FilterName, z.ZodType<string | undefined>>> = {
  kind: z
    .enum(["http", "tcp", "udp"])
    .optional()
    .describe("Requests, connections of mode tcp, or sessions of mode udp."),
  status: text(
    "To the client: 404, 5xx or 400-499, or several joined by commas; 0 is none, 499 by itself a client that left before it had one, as the access log has it.",
  ),
  method: text("Such as GET, or several joined by commas."),
  host: text("Without the port. A star stands for anything: *.example.com."),
  path: text("What the path begins with; with a star, which stands for anything, the whole of it."),
  client: text("An address, or a block such as 10.0.0.0/8."),
  listener: text("Name of the listener."),
  pool: text("Name of the pool."),
  server: text("Name of the server."),
  rule: text("Name of a rule whose condition held."),
  fault: text("Code of the fault (docs/FAULTS.md), or any."),
  cache: text("hit, miss, stale, revalidated, bypass, pass, collapsed or error, or several joined by commas."),
  egress: text("An outbound address, or a pool of them."),
  slower: text("Took this long or longer: 200ms."),
  failed: z
    .enum(["true", "false"])
    .optional()
    .describe(
      "Answered with 5xx, or ended by a fault of a server or of Sluice; what clients are refused for or do themselves is not among these. false: all others.",
    ),
};

export type FilterAsked = { readonly [name in FilterName]?: string | undefined };

/** Or a sentence that says what is wrong. */
export function readFilter(asked: FilterAsked): Accepts | string {
  const tests: Accepts[] = [];
  for (const [name, value] of Object.entries(asked)) {
    if (value === undefined || !Object.hasOwn(makers, name)) continue;
    const made = makers[name as FilterName](value);
    if (!made.ok) return `${name} ${made.message}`;
    tests.push(made.value);
  }
  if (tests.length === 0) return everything;
  return (reader, names) => {
    for (let index = 0; index < tests.length; index++) if (!tests[index]!(reader, names)) return false;
    return true;
  };
}

const makers: Readonly<Record<FilterName, (value: string) => Reading<Accepts>>> = {
  kind: (value) => read((reader) => kindOf(reader.kind) === value),
  status: readStatus,
  method: readMethod,
  host: readHost,
  path: readPath,
  client: readClient,
  listener: (value) => read((reader, names) => nameOf(tableOf(reader, names), "listeners", reader.listener) === value),
  pool: (value) => read((reader, names) => nameOf(tableOf(reader, names), "pools", reader.pool) === value),
  server: readServer,
  rule: readRule,
  fault: readFault,
  cache: readCache,
  egress: readEgress,
  slower: readSlower,
  failed: (value) => read((reader) => hasFailed(reader) === (value === "true")),
};

/** What rules, bans and limits refuse is as it was meant, and would hide under an attack what is not. */
function hasFailed(reader: RecorderReader): boolean {
  const code = faultOf(reader.fault) as FaultCode | null;
  return reader.status >= 500 || (code !== null && fault(code).side !== "downstream");
}

function tableOf({ words }: RecorderReader, names: RecorderNames): NameTable {
  return names.of(words[recordWord.generation]!);
}

function partsOf(value: string): readonly string[] {
  return value.split(",").map((each) => each.trim());
}

function readStatus(value: string): Reading<Accepts> {
  const ranges: (readonly [number, number])[] = [];
  for (const part of partsOf(value)) {
    const kind = /^([1-5])xx$/i.exec(part);
    const numbers = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part);
    if (kind !== null) ranges.push([Number(kind[1]) * 100, Number(kind[1]) * 100 + 99]);
    else if (numbers === null) return misread(`must be such as 404, 5xx or 400-499, not ${quote(part)}`);
    else ranges.push([Number(numbers[1]), Number(numbers[2] ?? numbers[1])]);
    const [from, to] = ranges.at(-1)!;
    if (from > to) return misread(`${quote(part)} ends before it begins`);
  }
  const isLeft = ranges.some(([from, to]) => from === clientLeft && to === clientLeft);
  return read((reader) => {
    if (kindOf(reader.kind) !== "http") return false;
    const { status } = reader;
    if (isLeft && status === 0 && faultOf(reader.fault) === "client_closed") return true;
    for (let index = 0; index < ranges.length; index++)
      if (status >= ranges[index]![0] && status <= ranges[index]![1]) return true;
    return false;
  });
}

/** By number, where the record says no more; others by name. */
function readMethod(value: string): Reading<Accepts> {
  const wanted = partsOf(value.toLowerCase());
  const isWanted = Array.from({ length: recordFlag.methodMask + 1 }, (_, number) => {
    const name = methodNames.get(number) ?? "";
    return name === "" ? null : wanted.includes(name.toLowerCase());
  });
  const test = anyOf(wanted.map(exactly));
  return read((reader) => (reader.kind === 0 ? isWanted[reader.method] : null) ?? isLowerText(reader, "method", test));
}

function anyOf(tests: readonly TextTest[]): TextTest {
  return (bytes, start, end) => {
    for (let index = 0; index < tests.length; index++) if (tests[index]!(bytes, start, end)) return true;
    return false;
  };
}

/** With its port, or without. */
function readHost(value: string): Reading<Accepts> {
  const matches = glob(value.toLowerCase());
  const test: TextTest = (bytes, start, end) => {
    if (matches(bytes, start, end)) return true;
    const colon = portStart(bytes, start, end);
    return colon !== -1 && matches(bytes, start, colon);
  };
  return read((reader) => isLowerText(reader, "host", test));
}

/** Of the colon in front of it; -1 where there is none. */
function portStart(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && bytes[at - 1]! >= 0x30 && bytes[at - 1]! <= 0x39) at--;
  return at < end && at > start && bytes[at - 1] === 0x3a ? at - 1 : -1;
}

function readPath(value: string): Reading<Accepts> {
  const test = glob(value.includes("*") ? value : `${value}*`);
  return read((reader) => isText(reader, "path", test));
}

function readClient(value: string): Reading<Accepts> {
  const test = clientWithin(value);
  return test.ok ? read((reader) => isText(reader, "client", test.value)) : test;
}

/** Where the config does not know it, the record has its name. */
function readServer(value: string): Reading<Accepts> {
  const test = exactly(value);
  return read((reader, names) =>
    reader.sizeOf("server") > 0
      ? isText(reader, "server", test)
      : nameOf(tableOf(reader, names), "servers", reader.server) === value,
  );
}

function readRule(value: string): Reading<Accepts> {
  return read((reader, names) => {
    const table = tableOf(reader, names);
    if (nameOf(table, "rules", reader.rule) === value) return true;
    for (let index = 0; index < reader.hits; index++)
      if (nameOf(table, "rules", reader.hit(index)) === value) return true;
    return value === moreRules && reader.has(recordFlag.hasMoreHits);
  });
}

/** Of a code that is mistyped nothing would ever be shown, without a word. */
function readFault(value: string): Reading<Accepts> {
  if (value !== "any" && !(faultCodes as readonly string[]).includes(value))
    return misread(`must be any or a code of docs/FAULTS.md, not ${quote(value)}${didYouMean(value, faultCodes)}`);
  return read((reader) => {
    const fault = faultOf(reader.fault);
    return fault !== null && (value === "any" || fault === value);
  });
}

function readCache(value: string): Reading<Accepts> {
  const wanted = partsOf(value);
  const words = cacheWords.filter((word) => word !== "");
  const unknown = wanted.find((part) => !words.some((word) => word === part));
  if (unknown !== undefined)
    return misread(`must be of ${words.join(", ")}, not ${quote(unknown)}${didYouMean(unknown, words)}`);
  return read((reader) => wanted.includes(cacheOf(reader.cache) ?? ""));
}

function readEgress(value: string): Reading<Accepts> {
  const test = exactly(value);
  return read((reader, names) => {
    if (reader.egress === noSlot) return false;
    return nameOf(tableOf(reader, names), "egresses", reader.egress) === value || isText(reader, "egress", test);
  });
}

function readSlower(value: string): Reading<Accepts> {
  const least = readDuration(value);
  return least.ok ? read((reader) => durationOf(reader) >= least.value) : least;
}
