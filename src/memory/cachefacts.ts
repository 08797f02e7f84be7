// A record of what is kept about a response beside its bytes (memory/cache.ts), to be filled and handed over again and again: by who
// stores, by who finds, and by who makes something else of it. It holds no bytes and no meaning.

import type { CacheFacts } from "./cache.ts";

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
