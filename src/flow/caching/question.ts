// What a server is asked on behalf of the cache: the client's request without conditions and ranges of its own, with ours in their
// place (RFC 9111 section 4.3.1). It goes to the server only; the client's own are answered from the cache afterwards.

import { cacheFieldAt } from "../../cache/fieldname.ts";
import { canRevalidate, isConditional, writeConditions } from "../../cache/validators.ts";
import type { CacheEntry } from "../../memory/cache.ts";
import { Head, method } from "../../wire/http1/head.ts";
import { parseRequest, parseResponse } from "../../wire/http1/reader.ts";
import type { Exchange } from "../exchange.ts";
import type { CacheDesk } from "./desk.ts";

const get = new TextEncoder().encode("GET");
const crlf = new TextEncoder().encode("\r\n");

/** `entry`: what it is about, null to ask without conditions. `isRefresh`: for the cache alone, so that HEAD becomes GET. Null: it cannot be written. */
export function questionOf(
  { head }: Exchange,
  entry: CacheEntry | null,
  desk: CacheDesk,
  isRefresh: boolean,
): Head | null {
  const { head: output, stored } = desk;
  output.clear();
  if (isRefresh && head.method === method.head) {
    output.put(get);
    output.copy(head.bytes, head.methodEnd, head.fieldsStart);
  } else output.copy(head.bytes, head.start, head.fieldsStart);
  let run = head.fieldsStart;
  for (let index = 0; index < head.fieldCount; index++) {
    if (!isConditional(cacheFieldAt(head, index))) continue;
    output.copy(head.bytes, run, head.spans[index * 4]!);
    run = head.lineEnd(index);
  }
  output.copy(head.bytes, run, head.fieldsEnd);
  if (entry !== null) {
    if (!canRevalidate(entry.facts)) return null;
    const end = parseResponse(stored, entry.bytes, entry.headStart, entry.headEnd, entry.headEnd - entry.headStart);
    if (end < 0) return null;
    writeConditions(output, stored, entry.facts);
  }
  output.put(crlf);
  const bytes = output.bytes.slice(0, output.length);
  const question = new Head(head.fieldsMax);
  question.isHostFree = head.isHostFree;
  return parseRequest(question, bytes, 0, bytes.length, bytes.length) === bytes.length ? question : null;
}
