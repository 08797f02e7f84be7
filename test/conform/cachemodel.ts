// A cache made of the rules of src/cache and a map: no store, no flow, no sockets, one request at a time. It plays conversations for
// the conformance tests: what an origin says, what a client asks, how much time passes in between. What comes out is one line that
// says where the answer came from and what it was; what the origin was asked, and what the client got, can be looked at.

import { type Freshening, freshen } from "../../src/cache/freshen.ts";
import { Freshness } from "../../src/cache/freshness.ts";
import { invalidates, writeReference } from "../../src/cache/invalidation.ts";
import { Key } from "../../src/cache/key.ts";
import { writeNotModifiedHead, writePartialHead, writeUnsatisfiableHead } from "../../src/cache/partial.ts";
import type { CachePolicy } from "../../src/cache/policy.ts";
import { Ranges, rangeOutcome } from "../../src/cache/range.ts";
import { isServerError, mayShowOnError, reuse, reuseOf, reuseOfNothing } from "../../src/cache/reuse.ts";
import { fillFacts, writeStoredHead } from "../../src/cache/storedhead.ts";
import { reason, reasonWords, whyNotStored } from "../../src/cache/storing.ts";
import {
  canRevalidate,
  conditionOf,
  conditionOutcome,
  headOutcome,
  headOutcomeOf,
  isFreshenedBy,
  isRangeWanted,
  writeConditions,
} from "../../src/cache/validators.ts";
import { VaryNames, writeVariant } from "../../src/cache/vary.ts";
import { StoredFacts } from "../../src/memory/cachefacts.ts";
import type { Head } from "../../src/wire/http1/head.ts";
import { Head as ParsedHead } from "../../src/wire/http1/head.ts";
import { parseResponse } from "../../src/wire/http1/reader.ts";
import { Output } from "../../src/wire/http1/writer.ts";
import { latin1, nowMs, policyOf, requestFacts, requestHead, responseFacts, responseHead } from "../cacheheads.ts";

/** What an origin answers; null when it cannot be reached. */
export interface Answer {
  readonly status?: number;
  readonly fields: readonly string[];
  readonly body?: string;
}

interface Stored {
  bytes: Uint8Array;
  facts: StoredFacts;
  readonly body: string;
}

interface Place {
  names: Uint8Array;
  readonly variants: Map<string, Stored>;
}

const fieldsMax = 64;

export class CacheModel {
  nowMs: number = nowMs;
  /** The conditions that the origin was asked with last; null when it was not asked. */
  asked: string | null = null;
  /** Head and body that the client got last. */
  got = "";
  readonly #policy: CachePolicy;
  readonly #places = new Map<string, Place>();
  readonly #key = new Key();

  constructor(policy: CachePolicy = policyOf()) {
    this.#policy = policy;
  }

  passes(seconds: number): void {
    this.nowMs += seconds * 1000;
  }

  /** Where the answer to the request came from, its status, and what became of it. */
  ask(line: string, fields: readonly string[], origin: Answer | null): string {
    this.asked = null;
    this.got = "";
    const head = requestHead(line, ...fields);
    const request = requestFacts(head);
    if (!request.isLookedUp) return this.#pass(head, origin);
    const stored = this.#find(head);
    if (stored === undefined) {
      if (reuseOfNothing(request, this.#policy) !== 0) return "504";
      return this.#fetch(head, origin);
    }
    const found = reuseOf(stored.facts, request, this.#policy, this.nowMs);
    if (found === reuse.gatewayTimeout) return "504";
    if (found < reuse.revalidate) return this.#show(found === reuse.fresh ? "hit" : "stale", head, stored, origin);
    return this.#revalidate(head, stored, origin);
  }

  #pass(head: Head, origin: Answer | null): string {
    this.asked = "";
    const status = origin?.status ?? 200;
    if (origin === null) return "502";
    if (!invalidates(head, status)) return `passed ${status}`;
    this.#key.write(head, false, this.#policy);
    this.#places.delete(this.#firstPart());
    const response = responseHead(status, ...origin.fields);
    const { location, contentLocation } = responseFacts(response);
    for (const index of [location, contentLocation])
      if (index !== -1 && writeReference(this.#key, head, false, response, index, this.#policy))
        this.#places.delete(this.#firstPart());
    return `passed ${status}`;
  }

  #firstPart(): string {
    return latin1(this.#key.bytes, 0, this.#key.firstEnd);
  }

  #find(head: Head): Stored | undefined {
    this.#key.write(head, false, this.#policy);
    const place = this.#places.get(this.#firstPart());
    return place?.variants.get(this.#variant(head, place.names));
  }

  #variant(head: Head, names: Uint8Array): string {
    writeVariant(this.#key, names, 0, names.length, head, requestFacts(head));
    return latin1(this.#key.bytes, this.#key.firstEnd, this.#key.end);
  }

  #fetch(head: Head, origin: Answer | null): string {
    this.asked = "";
    if (origin === null) return "502";
    const { status = 200, fields, body = "" } = origin;
    const answer = responseHead(status, ...fields);
    const response = responseFacts(answer);
    response.read(answer, this.nowMs);
    this.got = latin1(answer.bytes) + body;
    const freshness = new Freshness();
    freshness.read(response, this.#policy, this.nowMs, this.nowMs);
    const names = new VaryNames();
    const vary = names.read(answer, response);
    const request = requestFacts(head);
    const why = whyNotStored(request, response, answer, freshness, this.#policy, vary, false);
    if (request.isHead) this.#noteHead(head, answer, status);
    if (why !== reason.none) return `miss ${status} ${reasonWords[why]![0]}`;
    const facts = new StoredFacts();
    const output = new Output();
    writeStoredHead(output, answer, response, this.#policy, facts);
    fillFacts(facts, response, freshness, this.#policy, this.nowMs);
    facts.bodyBytes = body.length;
    this.#keep(head, names.bytes.slice(0, names.end), { bytes: output.bytes.slice(0, output.length), facts, body });
    return `miss ${status} stored`;
  }

  #keep(head: Head, names: Uint8Array, stored: Stored): void {
    this.#key.write(head, false, this.#policy);
    let place = this.#places.get(this.#firstPart());
    if (place === undefined || Buffer.compare(place.names, names) !== 0) {
      place = { names, variants: new Map() };
      this.#places.set(this.#firstPart(), place);
    }
    place.variants.set(this.#variant(head, names), stored);
  }

  /** RFC 9111 section 4.3.5. */
  #noteHead(head: Head, answer: Head, status: number): void {
    const stored = this.#find(head);
    if (stored === undefined || status !== 200) return;
    const outcome = headOutcomeOf(answer, responseFacts(answer), stored.facts, stored.bytes, 0);
    if (outcome === headOutcome.changed) stored.facts.freshForMs = 0;
    else this.#freshen(head, stored, answer);
  }

  #freshen(head: Head, stored: Stored, answer: Head): boolean {
    const output = new Output();
    const facts = Object.assign(new StoredFacts(), stored.facts);
    const freshening: Freshening = {
      stored: parsed(stored),
      head: answer,
      response: responseFacts(answer),
      request: requestFacts(head),
      policy: this.#policy,
      requestMs: this.nowMs,
      responseMs: this.nowMs,
    };
    if (freshen(output, freshening, new ParsedHead(fieldsMax), facts) !== reason.none) return false;
    stored.bytes = output.bytes.slice(0, output.length);
    stored.facts = facts;
    return true;
  }

  #revalidate(head: Head, stored: Stored, origin: Answer | null): string {
    const request = requestFacts(head);
    const output = new Output();
    const isAsked = canRevalidate(stored.facts) && writeConditions(output, parsed(stored), stored.facts);
    const isError = origin === null || isServerError(origin.status ?? 200);
    if (isError && mayShowOnError(stored.facts, request, this.#policy, this.nowMs))
      return this.#show("stale", head, stored, origin);
    if (isAsked && origin?.status === 304) {
      this.asked = latin1(output.bytes, 0, output.length);
      const answer = responseHead(304, ...origin.fields);
      if (!isFreshenedBy(answer, responseFacts(answer), stored.facts, stored.bytes, 0)) return "304 of another";
      if (!this.#freshen(head, stored, answer)) return "304 that forbids";
      return this.#show("validated", head, stored, origin);
    }
    const outcome = this.#fetch(head, origin);
    this.asked = latin1(output.bytes, 0, output.length);
    return outcome;
  }

  #show(how: string, head: Head, stored: Stored, origin: Answer | null): string {
    const request = requestFacts(head);
    const { facts, bytes, body } = stored;
    const output = new Output();
    const ageS = Math.floor(Math.max(0, this.nowMs - facts.bornMs) / 1000);
    const end = (status: number, shown: string): string => {
      output.latin1(`Age: ${ageS}\r\n\r\n`);
      this.got = latin1(output.bytes, 0, output.length) + (request.isHead ? "" : shown);
      return `${how} ${status}`;
    };
    const condition = conditionOf(head, request, facts, bytes, 0, this.nowMs);
    if (condition === conditionOutcome.passOn) return this.#fetch(head, origin);
    const whole = parsed(stored);
    if (condition === conditionOutcome.notModified) {
      writeNotModifiedHead(output, whole);
      return end(304, "");
    }
    if (isRangeWanted(head, request, facts, bytes, 0, this.nowMs)) {
      const ranges = new Ranges();
      const span = request.range * 4;
      const outcome = ranges.read(head.bytes, head.spans[span + 2]!, head.spans[span + 3]!, body.length);
      if (outcome === rangeOutcome.unsatisfiable) {
        writeUnsatisfiableHead(output, body.length);
        return end(416, "");
      }
      if (outcome === rangeOutcome.partial) {
        writePartialHead(output, whole, ranges, body.length, "boundary");
        return end(206, body.slice(ranges.starts[0], ranges.ends[0]));
      }
    }
    output.copy(bytes, 0, bytes.length - 2);
    return end(facts.status, body);
  }
}

function parsed(stored: Stored): Head {
  const head = new ParsedHead(fieldsMax);
  if (parseResponse(head, stored.bytes, 0, stored.bytes.length, stored.bytes.length) < 0)
    throw new Error("a stored head is none");
  return head;
}
