// The head of a stored response as a client gets it: which of its shapes, what is added to what is stored (Age, a length where the stored
// head has none), and what every response ends with. Nothing is parsed for the shape that nearly all have.

import { valueEnd, valueStart } from "../../cache/fieldname.ts";
import {
  writeLastBoundary,
  writeNotModifiedHead,
  writePartHead,
  writePartialHead,
  writeUnsatisfiableHead,
} from "../../cache/partial.ts";
import { Ranges, rangeOutcome } from "../../cache/range.ts";
import { writeInteger } from "../../cache/status.ts";
import { conditionOf, conditionOutcome, isRangeWanted } from "../../cache/validators.ts";
import { type CacheEntry, cacheFlag } from "../../memory/cache.ts";
import { parseResponse } from "../../wire/http1/reader.ts";
import type { Output } from "../../wire/http1/writer.ts";
import type { Context } from "../context.ts";
import { traceFields } from "../debugging.ts";
import type { Exchange } from "../exchange.ts";
import type { CacheDesk } from "./desk.ts";

/** `bare`: the head of the whole, for HEAD. `range` and `parts`: as `desk.ranges` says. */
export type Shape = "whole" | "bare" | "notModified" | "range" | "parts" | "unsatisfiable";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const ageName = encode("Age: ");
const lengthName = encode("Content-Length: ");
const crlf = encode("\r\n");

/** The desk has read the request. */
export function shapeOf({ head }: Exchange, entry: CacheEntry, desk: CacheDesk, wallMs: number): Shape {
  const { request, ranges } = desk;
  const { facts, bytes, headStart } = entry;
  const condition = conditionOf(head, request, facts, bytes, headStart, wallMs);
  if (condition === conditionOutcome.notModified) return "notModified";
  if (request.isHead) return "bare";
  if (request.range === -1 || !isRangeWanted(head, request, facts, bytes, headStart, wallMs)) return "whole";
  const bodyBytes = bodyBytesOf(entry);
  const at = request.range;
  switch (ranges.read(head.bytes, valueStart(head, at), valueEnd(head, at), bodyBytes)) {
    case rangeOutcome.partial:
      return ranges.count === 1 ? "range" : "parts";
    case rangeOutcome.unsatisfiable:
      return "unsatisfiable";
    default:
      return "whole";
  }
}

/** What is shown is whole, or its length was told by who fills it. */
export function bodyBytesOf(entry: CacheEntry): number {
  return entry.facts.bodyBytes === -1 && entry.isWhole ? entry.written : entry.facts.bodyBytes;
}

/** All but what `finishShownHead` adds. */
export function writeShownHead(
  output: Output,
  entry: CacheEntry,
  desk: CacheDesk,
  shape: Shape,
  parts: Parts | null,
  wallMs: number,
): void {
  const { facts, bytes } = entry;
  if (shape === "whole" || shape === "bare") {
    output.copy(bytes, entry.headStart, entry.headEnd - crlf.length);
    if ((facts.flags & cacheFlag.isUnframed) !== 0) {
      output.put(lengthName);
      writeInteger(output, bodyBytesOf(entry));
      output.put(crlf);
    }
  } else writeOther(output, entry, desk, shape, parts);
  if (shape === "unsatisfiable") return;
  output.put(ageName);
  writeInteger(output, Math.max(0, Math.floor((wallMs - facts.bornMs) / 1000)));
  output.put(crlf);
}

/** What is made from the fields of the stored head. */
function writeOther(output: Output, entry: CacheEntry, desk: CacheDesk, shape: Shape, parts: Parts | null): void {
  const { stored, ranges } = desk;
  if (shape === "unsatisfiable") return writeUnsatisfiableHead(output, bodyBytesOf(entry));
  parseResponse(stored, entry.bytes, entry.headStart, entry.headEnd, entry.headEnd - entry.headStart);
  if (shape === "notModified") writeNotModifiedHead(output, stored);
  else writePartialHead(output, stored, parts?.ranges ?? ranges, bodyBytesOf(entry), parts?.boundary ?? "");
}

/** What the cache says of itself, what all responses end with. From here on the client has been answered. */
export function finishShownHead(exchange: Exchange, context: Context): void {
  const { output } = context;
  exchange.caching!.tell(output);
  if (exchange.inquiry !== null) output.latin1(traceFields(exchange, context));
  const tails = exchange.listener.forwarding.tailsOf(exchange.isSecure);
  output.put(!exchange.isPersistent ? tails.close : exchange.head.minor === 0 ? tails.keepAlive : tails.open);
  exchange.isAnswered = true;
}

/** A multipart body on its way: which part is next. */
export class Parts {
  readonly boundary: string;
  readonly ranges: Ranges;
  readonly #desk: CacheDesk;
  #next = 0;
  /** Of the part that was begun. */
  start = 0;
  end = 0;

  /** Takes the desk's ranges along. */
  constructor({ port }: Context, desk: CacheDesk) {
    const part = (): string =>
      Math.floor(port.random() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, "0");
    this.boundary = `sluice-${part()}${part()}${part()}`;
    this.ranges = desk.ranges;
    this.#desk = desk;
    desk.ranges = new Ranges();
  }

  /** What stands before the next part, into `output`. False: it was the end that was written. */
  begin(output: Output, entry: CacheEntry): boolean {
    const { ranges, boundary } = this;
    const index = this.#next++;
    if (index === ranges.count) {
      writeLastBoundary(output, boundary);
      return false;
    }
    const { stored } = this.#desk;
    parseResponse(stored, entry.bytes, entry.headStart, entry.headEnd, entry.headEnd - entry.headStart);
    writePartHead(output, stored, ranges, index, bodyBytesOf(entry), boundary);
    this.start = ranges.starts[index]!;
    this.end = ranges.ends[index]!;
    return true;
  }
}
