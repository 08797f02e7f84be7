// A record of the facts that are kept of a response (memory/cache.ts), to be filled and handed over again and again: by
// storedhead.ts for what is stored, by freshen.ts for what a 304 has made of it. It holds no bytes.

import type { CacheFacts } from "../memory/cache.ts";

export class StoredFacts implements CacheFacts {
  status = 0;
  flags = 0;
  bornMs = 0;
  storedMs = 0;
  freshForMs = 0;
  staleWhileRevalidateMs = 0;
  staleIfErrorMs = 0;
  lastModifiedMs = 0;
  etagStart = 0;
  etagEnd = 0;
  reason = 0;
  bodyBytes = -1;
}
