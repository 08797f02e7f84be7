// The key under which a response is stored, onto the desk: what its request asks for, and what the response says that it was chosen by.
// Variants under one URL are found by one list of names: that of the newest response that has any.

import { writeVariant } from "../../cache/vary.ts";
import { type CacheEntry, cacheState } from "../../memory/cache.ts";
import type { Context } from "../context.ts";
import type { Exchange } from "../exchange.ts";
import type { PoolCaching } from "./poolcaching.ts";
import { writeKey } from "./scheme.ts";

/** So long a list of names is remembered by the second level. */
const remoteVaryMs = 24 * 3600 * 1000;

/** `isVarying`: by the names on the desk, which are marked if they were not; otherwise by those that are marked. */
export function writeVariantKey(
  exchange: Exchange,
  { desk, port }: Context,
  { cache, policy, remote }: PoolCaching,
  isVarying: boolean,
): void {
  const { key, names, request } = desk;
  const { head } = exchange;
  writeKey(key, exchange, policy);
  const mark = cache.find(key, port.wallMs);
  const isMarked = mark?.state === cacheState.vary;
  if (!isVarying) {
    if (isMarked) writeVariant(key, mark.bytes, mark.headStart, mark.headEnd, head, request);
    mark?.release();
    return;
  }
  const isSame = isMarked && isNamed(names.bytes, names.end, mark);
  mark?.release();
  if (!isSame) {
    const list = names.bytes.slice(0, names.end);
    cache.markVary(key, list);
    remote?.storeVary(key, list, remoteVaryMs);
  }
  writeVariant(key, names.bytes, 0, names.end, head, request);
}

function isNamed(names: Uint8Array, end: number, mark: CacheEntry): boolean {
  if (mark.headEnd - mark.headStart !== end) return false;
  for (let at = 0; at < end; at++) if (names[at] !== mark.bytes[mark.headStart + at]) return false;
  return true;
}
