// The flight recorder as the stream of events follows it: looked at every few milliseconds while somebody follows, and never otherwise,
// so that a ring of the usual size is not overwritten in between. One look reads what has ended since the last one for all who follow;
// each record is shown to their filters as it stands, and decoded once when one of them takes it.

import type { Steps } from "../../memory/listranges.ts";
import type { RecorderReader } from "../../memory/recorderreader.ts";
import type { RequestFilter } from "../api/events.ts";
import type { ExchangeRecord } from "../api/shape/exchange.ts";
import type { RequestFeed, RequestFollower } from "../events/hub.ts";
import type { FoundRecords, Recorder, RecorderCursor } from "../recorder.ts";
import { inSlices } from "../slices.ts";
import { type Accepts, type FilterAsked, filterParameters, readFilter } from "./filter.ts";
import { recordOf } from "./record.ts";

/** A worker that ends 30,000 a second overwrites the 1,000 records of the default in 33 ms, and control may have to wait for its turn. */
const everyMs = 10;
/** Of those that ended while somebody was away. */
const againMax = 1000;

export const requestFilter: RequestFilter = {
  parameters: filterParameters,
  read: (query) => readFilter(query as FilterAsked), // The schema lets nothing else through.
};

export class RecorderFeed implements RequestFeed {
  readonly #recorder: Recorder;
  /** Another array when somebody comes or leaves: that may be in the middle of a look. */
  #followers: readonly RequestFollower[] = [];
  #cursor: RecorderCursor = [];
  #timer: Timer | null = null;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  follow(follower: RequestFollower): () => void {
    // What has ended before is for the others.
    if (this.#timer === null) this.#cursor = this.#recorder.now();
    else this.#look();
    this.#followers = [...this.#followers, follower];
    this.#timer ??= setInterval(() => this.#look(), everyMs);
    return () => this.#leave(follower);
  }

  async after(id: string, accepts: Accepts, isWanted: () => boolean): Promise<readonly ExchangeRecord[] | null> {
    if (this.#recorder.find(id) === null) return null;
    return inSlices(whileWanted(this.#recorder.search(accepts, againMax, id), isWanted));
  }

  #leave(follower: RequestFollower): void {
    this.#followers = this.#followers.filter((each) => each !== follower);
    if (this.#followers.length > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    for (const follower of this.#followers) follower.begins();
    const lost = this.#recorder.since(this.#cursor, this.#shown);
    if (lost > 0) for (const follower of this.#followers) follower.missed(lost);
  }

  readonly #shown = (reader: RecorderReader, worker: number): void => {
    const followers = this.#followers;
    const { names } = this.#recorder;
    let record: ExchangeRecord | null = null;
    for (let index = 0; index < followers.length; index++) {
      const follower = followers[index]!;
      if (!follower.accepts(reader, names) || !follower.takes()) continue;
      record ??= recordOf(reader, worker, names);
      follower.told(record);
    }
  };
}

function* whileWanted(search: Steps<FoundRecords>, isWanted: () => boolean): Steps<readonly ExchangeRecord[]> {
  while (isWanted()) {
    const step = search.next();
    if (step.done === true) return step.value.records.toReversed();
    yield;
  }
  return [];
}
