// The flight recorder as the stream of events follows it: looked at many times a second while somebody follows, and never otherwise,
// so that a ring of the usual size is not overwritten in between. One look reads what has ended since the last one for all who follow;
// each record is shown to their filters as it stands, and decoded once when one of them takes it. Where nobody has a filter, no more is
// read than somebody may be told of: under load that is a hundredth of what ends.

import type { Steps } from "../../memory/listranges.ts";
import type { RecorderReader } from "../../memory/recorderreader.ts";
import type { RequestFilter } from "../api/events.ts";
import type { ExchangeRecord } from "../api/shape/exchange.ts";
import type { FoundAgain, RequestFeed, RequestFollower } from "../events/hub.ts";
import type { FoundBehind, Recorder, RecorderCursor } from "../recorder.ts";
import { inSlices } from "../slices.ts";
import { type Accepts, everything, type FilterAsked, filterParameters, readFilter } from "./filter.ts";
import { recordOf } from "./record.ts";

/**
 * Where somebody looks for some: a worker that ends 30,000 a second overwrites the 1,000 records of the default in 33 ms, and control may
 * have to wait for its turn.
 */
const searchingMs = 10;
/** Where only the newest are wanted: sooner than anybody sees. */
const showingMs = 50;
/** Read in one look, which must not keep control from its other work for long: this is some milliseconds. */
const lookMax = 50_000;

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
  #everyMs = 0;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  follow(follower: RequestFollower): () => void {
    // What has ended before is for the others.
    if (this.#timer === null) this.#cursor = this.#recorder.now();
    else this.#look(true);
    this.#followers = [...this.#followers, follower];
    this.#pace();
    return () => this.#leave(follower);
  }

  async after(id: string, accepts: Accepts, most: number, isWanted: () => boolean): Promise<FoundAgain | null> {
    // What is behind the cursor is told to those who follow.
    const search = this.#recorder.behind(id, this.#cursor, accepts, most);
    return search === null ? null : inSlices(whileWanted(search, isWanted));
  }

  #leave(follower: RequestFollower): void {
    this.#followers = this.#followers.filter((each) => each !== follower);
    this.#pace();
  }

  get #isFiltered(): boolean {
    return this.#followers.some(({ accepts }) => accepts !== everything);
  }

  #pace(): void {
    const everyMs = this.#followers.length === 0 ? 0 : this.#isFiltered ? searchingMs : showingMs;
    if (everyMs === this.#everyMs) return;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#everyMs = everyMs;
    this.#timer = everyMs === 0 ? null : setInterval(() => this.#look(false), everyMs);
    this.#recorder.leaves = everyMs === 0 ? null : () => this.#look(true);
  }

  /** `isWhole`: whatever has ended by now is behind it, though nobody may be told of any. */
  #look(isWhole: boolean): void {
    const isFiltered = this.#isFiltered;
    let most = 0;
    for (const follower of this.#followers) most = Math.max(most, follower.begins());
    // What ends meanwhile is counted by the look that shows some again.
    if (!isFiltered && most === 0 && !isWhole) return;
    const lost = this.#recorder.since(this.#cursor, this.#shown, isFiltered ? lookMax : most);
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

function* whileWanted(search: Steps<FoundBehind>, isWanted: () => boolean): Steps<FoundAgain> {
  while (isWanted()) {
    const step = search.next();
    if (step.done === true) return { records: step.value.records.toReversed(), left: step.value.left };
    yield;
  }
  return { records: [], left: 0 };
}
