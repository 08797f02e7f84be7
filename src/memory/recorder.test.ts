// A pen and a reader on the same bytes.

import { expect, test } from "bun:test";
import { Killed, MortalWords } from "./mortalwords.fixture.ts";
import { RecorderRing } from "./recorder.ts";
import {
  formatRecorder,
  isRecorder,
  noSlot,
  recordBytes,
  recordCell,
  recorderBytes,
  recordsAt,
  recordWord,
  textAt,
  textLength,
} from "./recorderlayout.ts";
import { RecorderReader } from "./recorderreader.ts";

function fileOf(workers = 2, entries = 4, first: readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(recorderBytes(workers, entries));
  formatRecorder(bytes, workers, entries, first);
  return bytes;
}

/** A record of which only status and client are of interest. */
function write(ring: RecorderRing, status: number, client = "192.0.2.1"): void {
  const word = ring.begin();
  ring.words[word + recordWord.status] = status;
  ring.words[word + recordWord.rules] = noSlot;
  ring.words[word + recordWord.lengths] = ring.text(word * 4 + textAt, client, 46);
  ring.words[word + recordWord.lengths + 1] = 0;
  ring.words[word + recordWord.lengths + 2] = 0;
  ring.cells[word / 2 + recordCell.startedMs] = status;
  ring.end(word);
}

function statuses(reader: RecorderReader, worker: number): number[] {
  const found: number[] = [];
  for (let number = reader.oldest(worker); number < reader.next(worker); number++)
    if (reader.read(worker, number)) found.push(reader.status);
  return found;
}

test("what was written is read, by worker and number", () => {
  const bytes = fileOf();
  const [first, second] = [new RecorderRing(bytes, 0), new RecorderRing(bytes, 1)];
  const reader = new RecorderReader(bytes);
  write(first, 200);
  write(second, 404, "2001:db8::1");
  write(second, 500);
  expect([statuses(reader, 0), statuses(reader, 1)]).toEqual([[200], [404, 500]]);
  expect(reader.read(1, 1)).toBe(true);
  expect([reader.number, new TextDecoder().decode(reader.text("client")), reader.text("path").length]).toEqual([
    1,
    "2001:db8::1",
    0,
  ]);
  expect([reader.read(0, 2), reader.read(1, 3), reader.read(0, 0)]).toEqual([false, false, false]);
});

test("the newest take the places of the oldest", () => {
  const bytes = fileOf(1, 4);
  const ring = new RecorderRing(bytes, 0);
  const reader = new RecorderReader(bytes);
  for (let status = 1; status <= 10; status++) write(ring, status);
  expect(statuses(reader, 0)).toEqual([7, 8, 9, 10]);
  expect(reader.read(0, 6)).toBe(false);
});

test("a ring's own bytes are the only ones that are written", () => {
  const bytes = fileOf(3, 4);
  const before = bytes.slice();
  const ring = new RecorderRing(bytes, 1);
  for (let status = 1; status <= 9; status++) write(ring, status);
  const [from, to] = [recordsAt(3, 4, 1), recordsAt(3, 4, 2)];
  // The line in which it says how far it has come stands before all records.
  expect(bytes.slice(recordsAt(3, 4, 0), from)).toEqual(before.slice(recordsAt(3, 4, 0), from));
  expect(bytes.slice(to)).toEqual(before.slice(to));
});

test("a record that is being written is not read, and neither is what was there before", () => {
  const bytes = fileOf(1, 2);
  const ring = new RecorderRing(bytes, 0);
  const reader = new RecorderReader(bytes);
  for (const status of [1, 2]) write(ring, status);
  const word = ring.begin();
  ring.words[word + recordWord.status] = 3;
  expect([reader.read(0, 1), reader.read(0, 2), reader.read(0, 3)]).toEqual([false, true, false]);
  ring.end(word);
  expect([reader.read(0, 1), reader.read(0, 3), reader.status]).toEqual([false, true, 3]);
});

test("a record that is overwritten while it is read is not told", () => {
  const bytes = fileOf(1, 2);
  const ring = new RecorderRing(bytes, 0);
  for (const status of [1, 2]) write(ring, status);
  const reader = new RecorderReader(bytes);
  expect(reader.read(0, 1)).toBe(true);
  // The copy is taken word by word: in the middle of it the writer comes round.
  const words = new Proxy(reader.words, {
    set: (target, index, value) => {
      if (index === String(recordWord.status)) ring.begin();
      return Reflect.set(target, index, value, target);
    },
    get: (target, index) => Reflect.get(target, index, target),
  });
  Object.defineProperty(reader, "words", { value: words });
  expect(reader.read(0, 1)).toBe(false);
  expect(reader.read(0, 2)).toBe(true);
});

test("a worker that is killed loses what it was writing and nothing else; the next one goes on behind it", () => {
  for (let left = 0; left <= 2; left++) {
    const bytes = fileOf(1, 4);
    const memory = new MortalWords(bytes);
    const ring = new RecorderRing(bytes, 0, memory);
    write(ring, 1);
    write(ring, 2);
    memory.left = left;
    if (left < 2) expect(() => write(ring, 3)).toThrow(Killed);
    else write(ring, 3);
    const reader = new RecorderReader(bytes);
    const known = left < 2 ? [1, 2] : [1, 2, 3];
    expect([left, statuses(reader, 0)]).toEqual([left, known]);
    const next = new RecorderRing(bytes, 0);
    write(next, 4);
    expect([left, statuses(reader, 0)]).toEqual([left, [...known, 4]]);
  }
});

test("one that is killed behind a record and before it has counted it loses nothing", () => {
  const bytes = fileOf(1, 4);
  write(new RecorderRing(bytes, 0), 1);
  const cells = new Float64Array(bytes.buffer);
  // As it stood before the count.
  const at = cells.indexOf(2);
  cells[at] = 1;
  write(new RecorderRing(bytes, 0), 2);
  expect(statuses(new RecorderReader(bytes), 0)).toEqual([1, 2]);
});

test("numbers go on beyond 32 bits", () => {
  const first = 2 ** 32 - 2;
  const bytes = fileOf(1, 4, [first]);
  const ring = new RecorderRing(bytes, 0);
  for (let status = 1; status <= 6; status++) write(ring, status);
  const reader = new RecorderReader(bytes);
  expect(statuses(reader, 0)).toEqual([3, 4, 5, 6]);
  expect([reader.next(0), reader.read(0, 2 ** 32), reader.number]).toEqual([2 ** 32 + 4, true, 2 ** 32]);
});

test("texts are UTF-8, and cut where there is no room", () => {
  const bytes = fileOf(1, 4);
  const ring = new RecorderRing(bytes, 0);
  const word = ring.begin();
  const at = word * 4 + textAt;
  expect([ring.text(at, "zoë", 16), ring.isCut]).toEqual([4, false]);
  expect(new TextDecoder().decode(bytes.subarray(at, at + 4))).toBe("zoë");
  // No half characters.
  expect([ring.text(at, "zoë", 3), ring.isCut]).toEqual([2, true]);
  ring.end(word);
  const other = ring.begin();
  const long = new Uint8Array(100).fill(0x61);
  expect([ring.put(at, long, 0, 100, 60), ring.isCut, ring.put(at, long, 10, 20, 60)]).toEqual([60, true, 10]);
  ring.end(other);
  expect(ring.begin()).toBe(other + recordBytes / 4);
  expect(ring.isCut).toBe(false);
});

test("what is no recorder, or is cut short, is told", () => {
  const bytes = fileOf(2, 4);
  expect(isRecorder(bytes)).toBe(true);
  expect([isRecorder(bytes.slice(0, -1)), isRecorder(new Uint8Array(4096)), isRecorder(new Uint8Array(8))]).toEqual([
    false,
    false,
    false,
  ]);
});

test("places of texts and words do not overlap", () => {
  const ends = Object.values(textLength).map((at) => at + 1);
  expect(Math.min(...Object.values(textLength))).toBe((recordWord.lengths as number) * 4);
  expect(Math.max(...ends)).toBeLessThanOrEqual((recordWord.lengths as number) * 4 + 8);
  expect(Object.values(recordWord)).toHaveLength(new Set(Object.values(recordWord)).size);
});
