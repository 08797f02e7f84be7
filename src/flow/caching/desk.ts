// What the caching of one worker's exchanges writes on and reads with: records, heads and buffers that are used again. Flows are told
// one at a time, so that one of each is enough; nothing on it outlives the call that wrote it.

import { Freshness } from "../../cache/freshness.ts";
import { Key } from "../../cache/key.ts";
import { Ranges } from "../../cache/range.ts";
import { RequestFacts } from "../../cache/requestfacts.ts";
import { ResponseFacts } from "../../cache/responsefacts.ts";
import { VaryNames } from "../../cache/vary.ts";
import { StoredFacts } from "../../memory/cachefacts.ts";
import { Head } from "../../wire/http1/head.ts";
import { Output } from "../../wire/http1/writer.ts";

export class CacheDesk {
  readonly key: Key = new Key();
  /** For keys beside the one that is worked on. */
  readonly otherKey: Key = new Key();
  readonly request: RequestFacts = new RequestFacts();
  readonly response: ResponseFacts = new ResponseFacts();
  /** Of a head that is stored. */
  readonly scratchResponse: ResponseFacts = new ResponseFacts();
  readonly freshness: Freshness = new Freshness();
  readonly names: VaryNames = new VaryNames();
  readonly facts: StoredFacts = new StoredFacts();
  ranges: Ranges = new Ranges();
  /** A head that is stored, parsed where it lies. */
  readonly stored: Head;
  /** A head that is on its way to a client from the cache; whoever waits with it takes it along. */
  shown: Head;
  readonly scratch: Head;
  readonly head: Output = new Output(8192);
  readonly tags: Output = new Output(512);

  constructor(fieldsMax: number) {
    this.stored = new Head(fieldsMax);
    this.shown = new Head(fieldsMax);
    this.scratch = new Head(fieldsMax);
  }
}
