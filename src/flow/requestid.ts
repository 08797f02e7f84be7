// The id of a request, as it is told to servers, logs and rules: the one that a trusted proxy sent, where that is kept, else ours.
// Heads are written without making a string of it (forwarding.ts).

import type { Exchange } from "./exchange.ts";
import { textOf } from "./headvalues.ts";

/** "" where the listener gives none. */
export function requestIdOf(exchange: Exchange): string {
  const { requestId } = exchange.listener.forwarding;
  if (requestId === null || exchange.requestIdCount === 0) return "";
  const { head, requestIdIndex } = exchange;
  if (requestIdIndex === -1 || !exchange.isTrusted || !requestId.keep)
    return exchange.requestIdPrefix + exchange.requestIdCount.toString(16).padStart(8, "0");
  return textOf(head.bytes, head.spans[requestIdIndex * 4 + 2]!, head.spans[requestIdIndex * 4 + 3]!);
}
