// Control's side with workers played by pens.

import { heapStats } from "bun:jsc";
import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePlan } from "../../test/playbook/plan.ts";
import type { Plan } from "../config/plan.ts";
import { runSteps } from "../memory/listranges.ts";
import { RecorderRing } from "../memory/recorder.ts";
import { recordCell, recorderBytes, recordWord } from "../memory/recorderlayout.ts";
import type { RecorderReader } from "../memory/recorderreader.ts";
import type { ExchangeRecord } from "./api/shape/exchange.ts";
import type { RequestFollower } from "./events/hub.ts";
import { RecorderFeed } from "./recorder/feed.ts";
import { type Accepts, everything, readFilter } from "./recorder/filter.ts";
import { Recorder, type RecorderCursor } from "./recorder.ts";
import { bytesTaken } from "./sharedfile.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newRecorder(workers = 2): Recorder {
  const folder = mkdtempSync(join(tmpdir(), "recorder-"));
  folders.push(folder);
  return new Recorder(join(folder, "recorder"), workers);
}

function planOf(entriesMax: number, generation = 1): Plan {
  return { ...makePlan({ generation }), recorder: entriesMax === 0 ? null : { entriesMax, hasQuery: false } };
}

function adopt(recorder: Recorder, plan: Plan): RecorderRing[] {
  const { file, keep } = recorder.prepare(plan);
  keep();
  const bytes = Bun.mmap(file!, { shared: true });
  return Array.from({ length: recorder.workers }, (_, worker) => new RecorderRing(bytes, worker));
}

function write(ring: RecorderRing, endedMs: number, status = 200): void {
  const word = ring.begin();
  ring.words.fill(0, word + 4, word + 32);
  ring.words[word + recordWord.status] = status;
  ring.cells[word / 2 + recordCell.startedMs] = endedMs;
  ring.end(word);
}

const all = () => true;
const statusesOf = (records: readonly { readonly status: number }[]): number[] => records.map(({ status }) => status);

test("what all workers have ended is told in one order, the newest first", () => {
  const recorder = newRecorder();
  const [one, two] = adopt(recorder, planOf(10)) as [RecorderRing, RecorderRing];
  write(one, 10, 201);
  write(two, 20, 202);
  write(two, 30, 203);
  write(one, 40, 204);
  const { records, looked } = runSteps(recorder.search(all, 100));
  expect([statusesOf(records), looked]).toEqual([[204, 203, 202, 201], 4]);
  expect(records.map(({ id }) => id)).toEqual(["0-2", "1-2", "1-1", "0-1"]);
  expect(statusesOf(runSteps(recorder.search(all, 2)).records)).toEqual([204, 203]);
  expect(statusesOf(runSteps(recorder.search((reader) => reader.status < 203, 2)).records)).toEqual([202, 201]);
});

test("no two requests of a run have one id, though it was off in between", () => {
  const recorder = newRecorder(1);
  const [one] = adopt(recorder, planOf(10)) as [RecorderRing];
  for (const at of [10, 20, 30]) write(one, at);
  recorder.prepare(planOf(0, 2)).keep();
  expect(recorder.isOn).toBe(false);
  const [again] = adopt(recorder, planOf(10, 3)) as [RecorderRing];
  write(again, 40);
  const [told] = runSteps(recorder.search(all, 10)).records;
  expect(Number(told!.id.replace("0-", ""))).toBeGreaterThan(3);
  expect(recorder.find("0-1")).toBeNull();
});

test("those behind one, and one by itself", () => {
  const recorder = newRecorder();
  const [one, two] = adopt(recorder, planOf(10)) as [RecorderRing, RecorderRing];
  for (const at of [10, 20, 30]) write(one, at, 200 + at / 10);
  write(two, 25, 500);
  expect(statusesOf(runSteps(recorder.search(all, 100, "0-2")).records)).toEqual([203, 500]);
  expect([recorder.find("0-2")?.status, recorder.find("1-1")?.status]).toEqual([202, 500]);
  for (const id of ["0-4", "0-0", "7-1", "1", "", "0-1e3", "-1--1"])
    expect([id, recorder.find(id)]).toEqual([id, null]);
  // One that has made room for others: all that there are.
  expect(runSteps(recorder.search(all, 100, "1-99")).records).toHaveLength(4);
});

/** Statuses, in their order, and how many were lost. */
function since(recorder: Recorder, cursor: RecorderCursor, most = 1000): [number[], number] {
  const statuses: number[] = [];
  const lost = recorder.since(cursor, (reader) => void statuses.push(reader.status), most);
  return [statuses, lost];
}

test("somebody who reads on gets each once, and is told how many were lost", () => {
  const recorder = newRecorder();
  const [one, two] = adopt(recorder, planOf(10)) as [RecorderRing, RecorderRing];
  write(one, 1);
  const cursor = recorder.now();
  expect(since(recorder, cursor)).toEqual([[], 0]);
  write(two, 20, 202);
  write(one, 10, 201);
  write(one, 30, 203);
  expect(since(recorder, cursor)).toEqual([[201, 202, 203], 0]);
  expect(since(recorder, cursor)).toEqual([[], 0]);
  for (let status = 300; status < 325; status++) write(one, status, status);
  expect(since(recorder, cursor)).toEqual([[315, 316, 317, 318, 319, 320, 321, 322, 323, 324], 15]);
  for (let status = 400; status < 410; status++) write(one, status, status);
  expect(since(recorder, cursor, 4)).toEqual([[406, 407, 408, 409], 6]);
});

test("of more than are wanted, each worker's newest are read: as many as its share is, and one of each that has some", () => {
  const recorder = newRecorder(3);
  const [one, two] = adopt(recorder, planOf(100)) as [RecorderRing, RecorderRing, RecorderRing];
  const cursor = recorder.now();
  for (let count = 0; count < 60; count++) write(one, 1000 + count, 200 + count);
  for (let count = 0; count < 20; count++) write(two, 1010 + count, 300 + count);
  expect(since(recorder, cursor, 8)).toEqual([[318, 319, 254, 255, 256, 257, 258, 259], 72]);
  for (let count = 0; count < 90; count++) write(one, count, 200 + count);
  write(two, 100, 300);
  expect(since(recorder, cursor, 10)).toEqual([[281, 282, 283, 284, 285, 286, 287, 288, 289, 300], 81]);
  for (let count = 0; count < 5; count++) write(two, count, 400 + count);
  expect(since(recorder, cursor, 5)).toEqual([[400, 401, 402, 403, 404], 0]);
});

test("where nobody has a filter, no more is read than somebody takes", async () => {
  const recorder = newRecorder(1);
  const [ring] = adopt(recorder, planOf(1000)) as [RecorderRing];
  const feed = new RecorderFeed(recorder);
  let asked = 0;
  let allowed = 0;
  const told: number[] = [];
  let lost = 0;
  const more = async (): Promise<void> => {
    const before = asked;
    while (asked < before + 2) await Bun.sleep(1);
  };
  const stop = feed.follow(
    follower({
      accepts: everything,
      begins: () => {
        asked++;
        return allowed;
      },
      takes: () => allowed-- > 0,
      told: ({ status }) => void told.push(status),
      missed: (count) => {
        lost += count;
      },
    }),
  );
  for (let count = 0; count < 100; count++) write(ring, count, 200 + count);
  await more();
  expect([told, lost]).toEqual([[], 0]);
  allowed = 3;
  await more();
  expect([told, lost]).toEqual([[297, 298, 299], 97]);
  // Whoever comes later is not told of what has ended by then, though nobody has taken it.
  write(ring, 100, 400);
  const later: number[] = [];
  const leave = feed.follow(follower({ accepts: everything, told: ({ status }) => void later.push(status) }));
  write(ring, 101, 401);
  await more();
  expect([later, told]).toEqual([[401], [297, 298, 299]]);
  stop();
  leave();
});

test("a list that is made in slices is not put out of order by somebody who reads on", () => {
  const recorder = newRecorder();
  const [one, two] = adopt(recorder, planOf(10)) as [RecorderRing, RecorderRing];
  const cursor = recorder.now();
  for (let at = 0; at < 8; at++) write(at % 2 === 0 ? one : two, at, 200 + at);
  const search = recorder.search(all, 100);
  search.next();
  since(recorder, cursor);
  recorder.find("0-1");
  expect(statusesOf(runSteps(search).records)).toEqual([207, 206, 205, 204, 203, 202, 201, 200]);
});

test("another number of entries is another file, whose numbers go on", () => {
  const recorder = newRecorder(1);
  const [former] = adopt(recorder, planOf(4)) as [RecorderRing];
  write(former, 1);
  const { file: same, keep } = recorder.prepare(planOf(4, 2));
  keep();
  const cursor = recorder.now();
  const [ring] = adopt(recorder, planOf(8, 3)) as [RecorderRing];
  expect(existsSync(same!)).toBe(false);
  write(ring, 5, 205);
  expect(since(recorder, cursor)).toEqual([[205], 0]);
  const [record] = runSteps(recorder.search(all, 1)).records;
  expect(Number(record!.id.split("-")[1])).toBeGreaterThan(1000);
  expect([recorder.entriesMax, recorder.find("0-1")]).toEqual([8, null]);
});

test("a plan that is refused leaves the former's file as it is, and its own is gone", () => {
  const recorder = newRecorder(1);
  const [ring] = adopt(recorder, planOf(4)) as [RecorderRing];
  const refused = recorder.prepare(planOf(8, 2));
  expect(existsSync(refused.file!)).toBe(true);
  refused.undo();
  expect(existsSync(refused.file!)).toBe(false);
  write(ring, 5, 205);
  expect(statusesOf(runSteps(recorder.search(all, 9)).records)).toEqual([205]);
});

test("a file that somebody has taken away is made anew with the next plan", () => {
  const recorder = newRecorder(1);
  const { file, keep } = recorder.prepare(planOf(4));
  keep();
  rmSync(file!);
  expect(existsSync(recorder.prepare(planOf(4, 2)).file!)).toBe(true);
});

test("without entries there is no file, and nothing to tell", () => {
  const recorder = newRecorder(1);
  const { file, keep } = recorder.prepare(planOf(0));
  keep();
  expect([file, recorder.isOn]).toEqual([null, false]);
  expect(runSteps(recorder.search(all, 9))).toEqual({ records: [], looked: 0 });
  expect([since(recorder, []), recorder.find("0-1"), recorder.now()]).toEqual([[[], 0], null, []]);
});

test("the end of a run leaves nothing", () => {
  const recorder = newRecorder(1);
  const { file, keep } = recorder.prepare(planOf(1000));
  keep();
  // From the beginning: a page that is not there when a record is written ends its worker.
  expect(bytesTaken(file!)).toBeGreaterThanOrEqual(recorderBytes(1, 1000));
  recorder.close();
  expect(existsSync(file!)).toBe(false);
});

function follower(over: Partial<RequestFollower> = {}): RequestFollower {
  return { accepts: all, begins: () => 10, takes: () => true, told: () => {}, missed: () => {}, ...over };
}

test("the stream's feed tells what comes, and what came behind an id", async () => {
  const recorder = newRecorder(1);
  const [ring] = adopt(recorder, planOf(10)) as [RecorderRing];
  for (const [at, status] of [201, 202, 500].entries()) write(ring, at, status);
  const feed = new RecorderFeed(recorder);
  const isFailed: Accepts = ({ status }) => status >= 500;
  const after = async (id: string, accepts: Accepts): Promise<string[] | undefined> =>
    (await feed.after(id, accepts, 10, () => true))?.records.map((record) => record.id);
  expect([await after("0-1", all), await after("0-9", all)]).toEqual([["0-2", "0-3"], undefined]);
  expect(await after("0-1", isFailed)).toEqual(["0-3"]);
  expect(await feed.after("0-1", all, 10, () => false)).toEqual({ records: [], left: 0 });
  const told = new Promise<number>((done) => {
    const stop = feed.follow(
      follower({
        told: ({ status }) => {
          stop();
          done(status);
        },
      }),
    );
  });
  write(ring, 3, 203);
  expect(await told).toBe(203);
});

test("who comes back does not keep others from their turn, and is told of what had ended by then", async () => {
  const recorder = newRecorder(1);
  const [ring] = adopt(recorder, planOf(10)) as [RecorderRing];
  for (let at = 0; at < 5; at++) write(ring, at, 200 + at);
  const feed = new RecorderFeed(recorder);
  let turns = 0;
  const turn = (): void => {
    if (++turns === 1) write(ring, 9, 299);
  };
  const found = await feed.after(
    "0-1",
    () => {
      setImmediate(turn);
      // Longer than a slice is.
      const endMs = performance.now() + 12;
      while (performance.now() < endMs);
      return true;
    },
    10,
    () => true,
  );
  expect(turns).toBeGreaterThan(1);
  expect(found?.records.map(({ status }) => status)).toEqual([201, 202, 203, 204]);
});

test("who comes back is told of each once, of no more than it takes, and of how many more there were", async () => {
  const recorder = newRecorder(2);
  const [one, two] = adopt(recorder, planOf(10)) as [RecorderRing, RecorderRing];
  for (let at = 0; at < 6; at++) write(one, at, 201 + at);
  write(two, 1.5, 300);
  const feed = new RecorderFeed(recorder);
  const [told, lost]: [number[], number[]] = [[], []];
  const rest = new Promise<void>((done) => {
    const stop = feed.follow(
      follower({
        told: ({ status }) => {
          told.push(status);
          if (status !== 208) return;
          stop();
          done();
        },
        missed: (count) => void lost.push(count),
      }),
    );
  });
  // It ends after who comes back began to follow, and before what it missed is looked for.
  write(one, 7, 207);
  const after = async (id: string, most: number): Promise<unknown> => {
    const found = await feed.after(id, all, most, () => true);
    return found === null ? null : [found.records.map(({ status }) => status), found.left];
  };
  expect(await after("0-1", 10)).toEqual([[202, 300, 203, 204, 205, 206], 0]);
  expect(await after("0-1", 2)).toEqual([[205, 206], 4]);
  write(one, 8, 208);
  await rest;
  expect([told, lost]).toEqual([[207, 208], []]);
  // The first four of the worker make room for others.
  for (let at = 9; at < 15; at++) write(one, at, 200 + at);
  const kept = [205, 206, 207, 208, ...Array.from({ length: 6 }, (_, index) => 209 + index)];
  const stop = feed.follow(follower());
  expect(await after("0-2", 20)).toEqual([kept, 2]);
  expect([await after("0-15", 20), await after("0-4000000", 20), await after("2-1", 20)]).toEqual([null, null, null]);
  stop();
});

test("a file of another size comes: what the former had is told, and all of the new one", async () => {
  const recorder = newRecorder(1);
  const feed = new RecorderFeed(recorder);
  let allowed = 0;
  const told: number[] = [];
  let lost = 0;
  const stop = feed.follow(
    follower({
      accepts: everything,
      begins: () => allowed,
      takes: () => allowed-- > 0,
      told: ({ status }) => void told.push(status),
      missed: (count) => {
        lost += count;
      },
    }),
  );
  const told4 = async (): Promise<void> => {
    while (told.length + lost < 4) await Bun.sleep(1);
  };
  // There was no file when it began to follow.
  const [ring] = adopt(recorder, planOf(10)) as [RecorderRing];
  for (let at = 0; at < 4; at++) write(ring, at, 201 + at);
  allowed = 3;
  await told4();
  expect([told, lost]).toEqual([[202, 203, 204], 1]);
  allowed = 0;
  for (let at = 4; at < 9; at++) write(ring, at, 201 + at);
  const prepared = recorder.prepare(planOf(20, 2));
  expect(lost).toBe(1);
  allowed = 2;
  prepared.keep();
  expect([told, lost]).toEqual([[202, 203, 204, 208, 209], 4]);
  stop();
  expect(recorder.leaves).toBeNull();
});

function seen(done: () => void): boolean {
  done();
  return true;
}

test("each who follows gets what its filter takes, decoded once for all; what it does not take is not decoded", async () => {
  const recorder = newRecorder(1);
  const [ring] = adopt(recorder, planOf(10)) as [RecorderRing];
  const feed = new RecorderFeed(recorder);
  const told: [string, ExchangeRecord][] = [];
  const stops = [feed.follow(follower({ told: (record) => void told.push(["all", record]) }))];
  write(ring, 1, 201);
  // It comes behind this one, although nobody has looked yet.
  stops.push(
    feed.follow(
      follower({ accepts: ({ status }) => status >= 500, told: (record) => void told.push(["failed", record]) }),
    ),
  );
  stops.push(feed.follow(follower({ takes: () => false, told: () => expect.unreachable() })));
  for (const [at, status] of [202, 503].entries()) write(ring, at + 2, status);
  const last = new Promise<void>((done) =>
    stops.push(feed.follow(follower({ takes: () => false, accepts: () => seen(done) }))),
  );
  write(ring, 9);
  await last;
  for (const stop of stops) stop();
  expect(told.map(([who, { status }]) => [who, status])).toEqual([
    ["all", 201],
    ["all", 202],
    ["all", 503],
    ["failed", 503],
    ["all", 200],
  ]);
  expect(told[2]![1]).toBe(told[3]![1]);
});

test("without a match nothing is made of thousands of records", () => {
  const recorder = newRecorder(1);
  const [ring] = adopt(recorder, planOf(1000)) as [RecorderRing];
  const asked = { status: "5xx", method: "post", host: "*.example.com", path: "/a*b", client: "10.0.0.0/8" };
  const rules = {
    rule: "none",
    fault: "any",
    cache: "hit,miss",
    pool: "none",
    server: "none",
    slower: "1s",
    failed: "true",
  };
  const filters = Object.entries({ ...asked, ...rules }).map(
    ([name, value]) => readFilter({ [name]: value }) as Accepts,
  );
  const cursor = recorder.now();
  let matches = 0;
  const visit = (reader: RecorderReader): void => {
    for (const accepts of filters) if (accepts(reader, recorder.names)) matches++;
  };
  const round = (): void => {
    for (let count = 0; count < 500; count++) write(ring, count);
    recorder.since(cursor, visit, 1000);
  };
  for (let count = 0; count < 20; count++) round();
  Bun.gc(true);
  const before = heapStats().objectCount;
  for (let count = 0; count < 20; count++) round();
  const made = heapStats().objectCount - before;
  expect(matches).toBe(0);
  // Of 10,000 records and 120,000 questions.
  expect(made).toBeLessThan(2000);
});
