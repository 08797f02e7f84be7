// Requests and responses as caches see them, for tests and benches of src/cache: a head out of lines of text, the facts read of it, and a
// pool's policy that says nothing but what it is told to.

import { CachePolicy } from "../src/cache/policy.ts";
import { RequestFacts } from "../src/cache/requestfacts.ts";
import { ResponseFacts } from "../src/cache/responsefacts.ts";
import type { PoolCachePlan } from "../src/config/plan.ts";
import { Head } from "../src/wire/http1/head.ts";
import { parseRequest, parseResponse } from "../src/wire/http1/reader.ts";

/** Sunday, 6 November 2033, 08:49:37 GMT, and some ms. */
export const nowMs: number = Date.UTC(2033, 10, 6, 8, 49, 37, 250);

/** A date as fields have it, so many seconds from now. */
export function dateOf(offsetS: number): string {
  return new Date(nowMs + offsetS * 1000).toUTCString();
}

const fieldsMax = 128;
const headBytesMax = 65_536;

/** "GET /a" and its fields; Host is shop.example unless a line says another. */
export function requestHead(line: string, ...fields: readonly string[]): Head {
  const hosts = fields.some((field) => /^host:/i.test(field)) ? [] : ["Host: shop.example"];
  return headOf(parseRequest, [`${line} HTTP/1.1`, ...hosts, ...fields]);
}

export function responseHead(status: number, ...fields: readonly string[]): Head {
  return headOf(parseResponse, [`HTTP/1.1 ${status} Words`, ...fields]);
}

function headOf(parse: typeof parseRequest, lines: readonly string[]): Head {
  const bytes = Uint8Array.from(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
  const head = new Head(fieldsMax);
  if (parse(head, bytes, 0, bytes.length, headBytesMax) < 0) throw new Error(`${lines.join(" | ")}: ${head.fault}`);
  return head;
}

export function requestFacts(head: Head): RequestFacts {
  const facts = new RequestFacts();
  facts.read(head);
  return facts;
}

export function responseFacts(head: Head): ResponseFacts {
  const facts = new ResponseFacts();
  facts.read(head, nowMs);
  return facts;
}

export function policyOf(said: Partial<PoolCachePlan> = {}, objectBytesMax = 1_000_000): CachePolicy {
  return new CachePolicy({ ...silent, ...said }, objectBytesMax);
}

const silent: PoolCachePlan = {
  cache: 0,
  scope: "",
  ttlMs: -1,
  defaultTtlMs: -1,
  heuristicShare: 0.1,
  heuristicMaxMs: 86_400_000,
  negative: [],
  staleWhileRevalidateMs: -1,
  staleIfErrorMs: -1,
  honorsRequests: true,
  dropsCookies: false,
  query: { included: null, excluded: [], isSorted: false },
  keyFields: [],
  keyCookies: [],
  bypass: null,
  collapseMs: 0,
  passMs: 0,
  tagFields: [],
  isTold: true,
};

export function latin1(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return Buffer.from(bytes.subarray(start, end)).toString("latin1");
}
