// What the cache did for an exchange, in sentences: from the same record that Cache-Status is written from, so that an explanation
// and the field cannot differ.

import { forwardedWords } from "../../cache/status.ts";
import { reasonWords } from "../../cache/storing.ts";
import type { Caching } from "../caching.ts";
import type { CacheTrace } from "../explanation.ts";
import { onlyIfCached } from "./lookup.ts";
import { remoteDetail } from "./remote.ts";

export function traceOfCaching({ word, status }: Caching, name: string): CacheTrace {
  const { forwarded, ttlS, detail, isStored, isCollapsed, forwardedStatus } = status;
  const sentences = [forwardedWords[forwarded]![1]];
  if (detail === remoteDetail) sentences.push("It was in Redis, and is in this cache now.");
  if (detail === onlyIfCached) sentences.push("The request wants nothing from a server (only-if-cached).");
  if (isCollapsed) sentences.push("Another asked for the same, and it got that answer.");
  if (word === "revalidated") sentences.push("Its server says that it is still good.");
  if (detail === "stale-if-error")
    sentences.push(
      `It is shown, for its server ${forwardedStatus > 0 ? `answers ${forwardedStatus}` : "gives no answer"}.`,
    );
  if (isStored) sentences.push("The answer is stored.");
  const why = reasonWords.find(([said]) => said === detail);
  if (why !== undefined) sentences.push(`The answer is not stored: ${lowered(why[1])}`);
  if (!Number.isNaN(ttlS))
    sentences.push(ttlS >= 0 ? `It is fresh for ${ttlS} s more.` : `It has been stale for ${-ttlS} s.`);
  return { cache: name, result: word, text: sentences.join(" ") };
}

function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
