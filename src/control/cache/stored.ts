// What is told of one stored response: how old it is, for how long it is fresh and who says so, what it is chosen by. All of it follows
// from the facts and the head that are kept, by the rules that judged it when it came.

import { acceptEncodingText } from "../../cache/acceptencoding.ts";
import { Freshness, lifetimeWords } from "../../cache/freshness.ts";
import type { CachePolicy } from "../../cache/policy.ts";
import { ResponseFacts } from "../../cache/responsefacts.ts";
import { cacheFlag, cacheState } from "../../memory/cache.ts";
import { Head } from "../../wire/http1/head.ts";
import { parseResponse } from "../../wire/http1/reader.ts";
import type { StoredAnswer } from "./answer.ts";
import type { Standing } from "./standing.ts";

const fieldsMax = 1000;

export function storedAnswer(standing: Standing, policy: CachePolicy, nowMs: number, isChosen: boolean): StoredAnswer {
  const { facts, state, head, tags, hits, bodyBytes, roomBytes } = standing;
  const { flags } = facts;
  const ageMs = Math.max(0, nowMs - facts.bornMs);
  const isPurged = (flags & cacheFlag.isPurged) !== 0;
  const time = (ms: number): string => new Date(ms).toISOString();
  const etag = Buffer.from(head.subarray(facts.etagStart, facts.etagEnd)).toString("latin1");
  return {
    variant: variantOf(standing.variant),
    isChosen,
    state: state === cacheState.whole ? "stored" : state === cacheState.filling ? "filling" : "fetching",
    status: facts.status,
    isFresh: ageMs < facts.freshForMs && !isPurged,
    freshForMs: Math.round(facts.freshForMs - ageMs),
    lifetimeMs: facts.freshForMs,
    lifetimeFrom: lifetimeOf(standing, policy),
    ageMs: Math.round(ageMs),
    storedAt: time(facts.storedMs),
    staleWhileRevalidateMs: facts.staleWhileRevalidateMs,
    staleIfErrorMs: facts.staleIfErrorMs,
    mustRevalidate: (flags & cacheFlag.mustRevalidate) !== 0,
    noCache: (flags & cacheFlag.alwaysRevalidate) !== 0,
    isPurged,
    etag: etag === "" ? null : etag,
    lastModified: (flags & cacheFlag.hasLastModified) === 0 ? null : time(facts.lastModifiedMs),
    tags: tags.split(" ").filter((tag) => tag !== ""),
    ...{ hits, bodyBytes, roomBytes },
  };
}

/** Who says how long it is fresh; what stands under another policy now may have been stored under a former one. */
function lifetimeOf({ facts, head, state }: Standing, policy: CachePolicy): string {
  const parsedHead = new Head(fieldsMax);
  if (state === cacheState.fetching || parseResponse(parsedHead, head, 0, head.length, head.length) < 0) return "";
  const response = new ResponseFacts();
  response.read(parsedHead, facts.storedMs);
  const freshness = new Freshness();
  freshness.read(response, policy, facts.storedMs, facts.storedMs);
  return lifetimeWords[freshness.from] ?? "";
}

/** `name:value\0name\0`, the values as people write them. */
export function variantOf(text: string): Record<string, string | null> {
  const parts = text.split("\0").filter((part) => part !== "");
  return Object.fromEntries(
    parts.map((part): [string, string | null] => {
      const colon = part.indexOf(":");
      if (colon === -1) return [part, null];
      const [name, value] = [part.slice(0, colon), part.slice(colon + 1)];
      return [name, name === "accept-encoding" ? acceptEncodingText(value) : value];
    }),
  );
}
