// The flight recorder as control has it: the file of the plan in force, made before any worker hears of it, and read whenever somebody
// asks. Nothing is read while nobody does. A plan that keeps another number of records has another file, whose numbers go on far enough
// behind the former's that no two requests of a run have one id. It lives as long as this run: the next has other plans and names.

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Plan, RecorderPlan } from "../config/plan.ts";
import type { Steps } from "../memory/listranges.ts";
import { formatRecorder, recorderBytes } from "../memory/recorderlayout.ts";
import { RecorderReader } from "../memory/recorderreader.ts";
import type { ExchangeRecord } from "./api/shape/exchange.ts";
import type { Accepts } from "./recorder/filter.ts";
import { backwards, Forwards } from "./recorder/merging.ts";
import { RecorderNames } from "./recorder/names.ts";
import { recordOf } from "./recorder/record.ts";
import { makeShared } from "./sharedfile.ts";

/** Exactly one of `keep` and `undo` is called. */
export interface PreparedRecorder {
  /** Null where the plan has none. */
  readonly file: string | null;
  keep(): void;
  undo(): void;
}

/** Where somebody who reads on has got to: of each worker, the number of the record that comes next. */
export type RecorderCursor = number[];

/** Called with the reader that has just read one, and whose it is. */
export type RecordVisit = (reader: RecorderReader, worker: number) => void;

export interface FoundRecords {
  /** The newest first. */
  readonly records: readonly ExchangeRecord[];
  readonly looked: number;
}

export interface FoundBehind {
  /** The newest first. */
  readonly records: readonly ExchangeRecord[];
  /** How many more there were: they fit, or are not there any more. */
  readonly left: number;
}

interface Searched {
  readonly accepts: Accepts;
  readonly limit: number;
  /** Only those that ended after the one of this id, as far as that is known. */
  readonly after: string | null;
  /** Only those in front of it. */
  readonly before: RecorderCursor | null;
  /** Those that fit are counted behind the limit too. */
  readonly isCounted: boolean;
}

interface Open {
  readonly path: string;
  readonly entriesMax: number;
  readonly bytes: Uint8Array;
  /** Of `since`. */
  readonly forwards: Forwards;
  /** Of what is over in one step. */
  readonly reader: RecorderReader;
}

/** More than any worker ends between the making of a file and its use. */
const numbersApart = 1_000_000;

export class Recorder {
  /** What slots are called. */
  readonly names: RecorderNames = new RecorderNames();
  readonly #folder: string;
  readonly #workers: number;
  #open: Open | null = null;
  /** Called while what the former file has can be read for the last time. */
  leaves: (() => void) | null = null;
  /** Where each worker's numbers go on, when there is no file now. */
  #first: readonly number[] = [];

  /** What a run before has left in the folder goes. */
  constructor(folder: string, workers: number) {
    this.#folder = folder;
    this.#workers = workers;
    rmSync(folder, { recursive: true, force: true });
  }

  get isOn(): boolean {
    return this.#open !== null;
  }

  get workers(): number {
    return this.#workers;
  }

  /** Of each worker. */
  get entriesMax(): number {
    return this.#open?.entriesMax ?? 0;
  }

  /** Throws an Error for the operator when the file cannot be made; nothing is left of it then. */
  prepare(plan: Plan): PreparedRecorder {
    const former = this.#open;
    this.names.learn(plan);
    const next = plan.recorder === null ? null : this.#for(plan.recorder, plan.generation, former);
    return {
      file: next?.path ?? null,
      keep: () => {
        if (former !== null && former !== next) this.leaves?.();
        this.#open = next;
        if (former === null || former === next) return;
        this.#first = this.#firstBehind(former);
        rmSync(former.path, { force: true });
      },
      undo: () => {
        if (next !== null && next !== former) rmSync(next.path, { force: true });
      },
    };
  }

  #for({ entriesMax }: RecorderPlan, generation: number, former: Open | null): Open {
    // Somebody may have tidied up there; a worker that starts later could not map it.
    if (former !== null && former.entriesMax === entriesMax && existsSync(former.path)) return former;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, String(generation));
    const first = former === null ? this.#first : this.#firstBehind(former);
    const bytes = makeShared(path, recorderBytes(this.#workers, entriesMax), (made) =>
      formatRecorder(made, this.#workers, entriesMax, first),
    );
    return {
      path,
      entriesMax,
      bytes,
      forwards: new Forwards(this.#readersOf(bytes)),
      reader: new RecorderReader(bytes),
    };
  }

  #firstBehind(former: Open): number[] {
    return this.#nextOf(former).map((next) => next + numbersApart);
  }

  #readersOf(bytes: Uint8Array): RecorderReader[] {
    return Array.from({ length: this.#workers }, () => new RecorderReader(bytes));
  }

  /** Null: there is none of that id, or it has made room for others. */
  find(id: string): ExchangeRecord | null {
    const place = placeOf(id);
    if (place === null) return null;
    const reader = this.#open?.reader;
    if (reader === undefined || place.worker >= this.#workers || !reader.read(place.worker, place.number)) return null;
    return recordOf(reader, place.worker, this.names);
  }

  /** The newest that are wanted. `after`: only those that ended after the one of this id, as far as that is still there. */
  *search(accepts: Accepts, limit: number, after: string | null = null): Steps<FoundRecords> {
    const { records, looked } = yield* this.#search({ accepts, limit, after, before: null, isCounted: false });
    return { records, looked };
  }

  /**
   * The newest that are wanted, ended after the one of this id and are in front of the cursor. Of that worker it is known how many have made
   * room for others since. Null: there was none of this id in this file.
   */
  behind(id: string, before: RecorderCursor, accepts: Accepts, limit: number): Steps<FoundBehind> | null {
    const gone = this.#goneBehind(id);
    if (gone === null) return null;
    const found = this.#search({ accepts, limit, after: id, before: [...before], isCounted: true });
    return withGone(found, gone);
  }

  *#search({ accepts, limit, after, before, isCounted }: Searched): Steps<FoundRecords & FoundBehind> {
    const records: ExchangeRecord[] = [];
    let looked = 0;
    let left = 0;
    const place = after === null ? null : placeOf(after);
    const open = this.#open;
    if (open === null) return { records, looked, left };
    // Who goes on must not be told twice of what others had ended by then: the oldest that is there is the next that is known to be later.
    const oldest = place === null || before === null ? 0 : open.reader.oldest(place.worker);
    const end = place === null ? null : this.#endOf(open, place.worker, Math.max(place.number, oldest));
    // Its own, for others read between its steps.
    const readers = this.#readersOf(open.bytes);
    for (const worker of backwards(readers, before ?? [])) {
      const reader = readers[worker]!;
      if (end !== null && reader.endedMs < end) break;
      if (end !== null && worker === place?.worker && reader.number <= place.number) continue;
      looked++;
      if (accepts(reader, this.names)) {
        if (records.length < limit) records.push(recordOf(reader, worker, this.names));
        else left++;
      }
      if (records.length >= limit && !isCounted) break;
      yield;
    }
    return { records, looked, left };
  }

  /** How many behind this one have made room for others, of the same worker. Null: it was never in this file. */
  #goneBehind(id: string): number | null {
    const place = placeOf(id);
    const reader = this.#open?.reader;
    if (place === null || reader === undefined || place.worker >= this.#workers) return null;
    const { worker, number } = place;
    if (number < reader.first(worker) || number >= reader.next(worker)) return null;
    return Math.max(0, reader.oldest(worker) - number - 1);
  }

  /** Null: it is not there any more. */
  #endOf({ reader }: Open, worker: number, number: number): number | null {
    return worker < this.#workers && reader.read(worker, number) ? reader.endedMs : null;
  }

  /** Behind all that has ended. */
  now(): RecorderCursor {
    return this.#nextOf(this.#open);
  }

  #nextOf(open: Open | null): number[] {
    return open === null ? [] : Array.from({ length: this.#workers }, (_, worker) => open.reader.next(worker));
  }

  /**
   * What has ended since, in the order in which it ended; about `most` of it, the newest, are read, of each worker its share. The cursor
   * goes on behind it. Answers how many were lost: overwritten before they were read, or left out because there were too many. Makes no objects.
   */
  since(cursor: RecorderCursor, visit: RecordVisit, most: number): number {
    if (this.#open === null) {
      cursor.length = 0;
      return 0;
    }
    return this.#open.forwards.pass(cursor, most, visit);
  }

  close(): void {
    this.#open = null;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function* withGone(search: Steps<FoundBehind>, gone: number): Steps<FoundBehind> {
  const { records, left } = yield* search;
  return { records, left: left + gone };
}

function placeOf(id: string): { readonly worker: number; readonly number: number } | null {
  const parts = /^(\d{1,3})-(\d{1,15})$/.exec(id);
  return parts === null ? null : { worker: Number(parts[1]), number: Number(parts[2]) };
}
