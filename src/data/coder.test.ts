import { expect, test } from "bun:test";
import { deflateRawSync, deflateSync, gunzipSync, gzipSync } from "node:zlib";
import { Prng } from "../base/prng.ts";
import type { Coding } from "../config/plan.ts";
import type { CoderFlow, CoderWork } from "../flow/port.ts";
import { ZlibCoder } from "./coder.ts";

/** Notes what it is told; `until` waits for a word. */
class Listener implements CoderFlow {
  readonly pieces: Uint8Array[] = [];
  readonly words: string[] = [];
  onPiece: () => void = () => {};
  #wake: () => void = () => {};

  coded(bytes: Uint8Array): void {
    this.pieces.push(bytes);
    this.onPiece();
    this.#wake();
  }

  ended(): void {
    this.#say("ended");
  }

  broken(): void {
    this.#say("broken");
  }

  room(): void {
    this.#say("room");
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #say(word: string): void {
    this.words.push(word);
    this.#wake();
  }
}

function coder(work: Partial<CoderWork>): { coder: ZlibCoder; told: Listener } {
  const told = new Listener();
  let isInside = false;
  const tell = (call: () => void): void => {
    expect(isInside).toBe(false);
    isInside = true;
    call();
    isInside = false;
  };
  const all: CoderWork = { coding: "gzip", isOpening: false, level: 4, ...work };
  return { coder: new ZlibCoder(all, told, tell), told };
}

async function run(work: Partial<CoderWork>, input: Uint8Array, cut: () => number): Promise<Buffer | "broken"> {
  const { coder: made, told } = coder(work);
  for (let at = 0; at < input.length; ) {
    const end = Math.min(input.length, at + Math.max(1, cut()));
    const rooms = told.words.length;
    if (!made.write(input, at, end)) await told.until(() => told.words.length > rooms);
    at = end;
  }
  if (!told.words.includes("broken")) made.end();
  await told.until(() => told.words.includes("ended") || told.words.includes("broken"));
  made.close();
  return told.words.includes("broken") ? "broken" : told.bytes;
}

const codings: Coding[] = ["gzip", "br", "zstd"];
const prose = Buffer.from("Alle Menschen sind frei und gleich an Würde und Rechten geboren. ".repeat(6_000));

test("what is made of content opens to the same content, at every level and however it is cut", async () => {
  const random = new Prng(5);
  for (const coding of codings)
    for (const [level, size] of [
      [1, 0],
      [9, 1],
      [4, 3_000],
      [1, 65_536],
      [1, 65_537],
      [4, 32_768],
      [4, 32_769],
      [6, 300_000],
      [9, 100_000],
    ] as const) {
      const content = prose.subarray(0, size);
      const cut = (): number => Math.floor(random.next() * random.next() * 100_000);
      const made = await run({ coding, level }, content, cut);
      expect(made).not.toBe("broken");
      const opened = await run({ coding, isOpening: true }, made as Buffer, cut);
      expect(content.equals(opened as Buffer)).toBe(true);
      if (size >= 3_000) expect(made.length).toBeLessThan(size / 10);
    }
});

test("both kinds of deflate are opened, though the first byte comes alone", async () => {
  for (const make of [deflateSync, deflateRawSync]) {
    const opened = await run({ coding: "deflate", isOpening: true }, make(prose), () => 1_000);
    expect(prose.equals(opened as Buffer)).toBe(true);
    const alone = await run({ coding: "deflate", isOpening: true }, make(Buffer.from("a")), () => 1);
    expect(String(alone)).toBe("a");
  }
});

test("what is not of a coding is broken, what is cut off too, and nothing is nothing", async () => {
  for (const coding of ["gzip", "br", "zstd", "deflate"] as const) {
    expect(await run({ coding, isOpening: true }, Buffer.from("no such thing at all"), () => 100)).toBe("broken");
    expect(String(await run({ coding, isOpening: true }, Buffer.alloc(0), () => 1))).toBe("");
  }
  for (const coding of codings) {
    const made = (await run({ coding }, prose, () => 50_000)) as Buffer;
    expect(await run({ coding, isOpening: true }, made.subarray(0, made.length - 4), () => 500)).toBe("broken");
  }
});

test("what was written comes out before long, though nothing follows", async () => {
  for (const coding of codings) {
    const making = coder({ coding });
    const opening = coder({ coding, isOpening: true });
    making.told.onPiece = () => {
      const piece = making.told.pieces.at(-1)!;
      opening.coder.write(piece, 0, piece.length);
    };
    for (const line of ["data: 1\n\n", "data: 2\n\n", prose.subarray(0, 20_000).toString()]) {
      const before = opening.told.bytes.length;
      const bytes = Buffer.from(line);
      making.coder.write(bytes, 0, bytes.length);
      await opening.told.until(() => opening.told.bytes.length >= before + bytes.length);
      expect(opening.told.bytes.subarray(before).toString()).toBe(line);
    }
    making.coder.close();
    opening.coder.close();
  }
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A coder that has been given a whole body in one write. */
function given(work: Partial<CoderWork>, size: number): ReturnType<typeof coder> {
  const made = coder(work);
  made.coder.write(prose, 0, size);
  made.coder.end();
  return made;
}

test("what is coded at once is as long as half a millisecond allows, by coding and level, and is told in one piece", async () => {
  for (const [coding, level, kilobytes] of [
    ["gzip", 1, 64],
    ["gzip", 4, 32],
    ["gzip", 9, 16],
    ["br", 1, 64],
    ["br", 4, 24],
    ["br", 9, 8],
    ["zstd", 1, 64],
    ["zstd", 4, 64],
    ["zstd", 9, 4],
  ] as const) {
    await turn();
    const brief = given({ coding, level }, kilobytes * 1024);
    await turn();
    expect([coding, level, brief.told.words, brief.told.pieces.length]).toEqual([coding, level, ["ended"], 1]);
    const long = given({ coding, level }, kilobytes * 1024 + 1);
    await turn();
    expect([coding, level, long.told.words]).toEqual([coding, level, []]);
    await long.told.until(() => long.told.words.includes("ended"));
  }
});

test("of the longest that are coded at once a turn of the event loop has two, and the others come in the order they were there", async () => {
  await turn();
  const longest = Array.from({ length: 5 }, () => given({}, 32 * 1024));
  const told = (): number[] => longest.map(({ told }) => told.words.length);
  await turn();
  expect(told()).toEqual([1, 1, 0, 0, 0]);
  await turn();
  expect(told()).toEqual([1, 1, 1, 1, 0]);
  await turn();
  expect(told()).toEqual([1, 1, 1, 1, 1]);
  await turn();
  // Shorter ones, and levels that take less, are more.
  const many = Array.from({ length: 100 }, (_, index) => given({ level: index % 2 === 0 ? 4 : 1 }, 1024));
  await turn();
  expect(many.filter(({ told }) => told.words.length === 1).length).toBe(85);
  await turn();
  expect(many.every(({ told }) => told.words.length === 1)).toBe(true);
});

test("a body that is put off and closed meanwhile tells nothing", async () => {
  await turn();
  const longest = Array.from({ length: 3 }, () => given({}, 32 * 1024));
  await turn();
  longest[2]!.coder.close();
  for (let count = 0; count < 5; count++) await turn();
  expect(longest.map(({ told }) => told.words.length)).toEqual([1, 1, 0]);
});

test("gzip that is made at once is no longer than the stream's, at any level", async () => {
  const page = Buffer.from(await Bun.file(import.meta.path).text());
  for (const level of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const made = (await run({ level }, page, () => page.length)) as Buffer;
    expect(gunzipSync(made).equals(page)).toBe(true);
    expect(made.length).toBeLessThanOrEqual(gzipSync(page, { level }).length * 1.01);
  }
});

test("a flow that pauses is told little more, however much there would be", async () => {
  const bomb = (await run({ coding: "gzip" }, Buffer.alloc(40_000_000), () => 5_000_000)) as Buffer;
  const { coder: opening, told } = coder({ isOpening: true });
  told.onPiece = () => opening.pause();
  opening.write(bomb, 0, bomb.length);
  opening.end();
  await told.until(() => told.pieces.length > 0);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(told.bytes.length).toBeLessThan(200_000);
  told.onPiece = () => {};
  opening.resume();
  await told.until(() => told.words.includes("ended"));
  expect(told.bytes.length).toBe(40_000_000);
  opening.close();
});

test("a short body that is paused is told when it goes on, and one that was closed tells nothing", async () => {
  const paused = coder({});
  paused.coder.pause();
  paused.coder.write(prose, 0, 100);
  paused.coder.end();
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(paused.told.pieces).toEqual([]);
  paused.coder.resume();
  await paused.told.until(() => paused.told.words.includes("ended"));
  expect(gunzipSync(paused.told.bytes).equals(prose.subarray(0, 100))).toBe(true);
  const closed = coder({});
  closed.coder.write(prose, 0, prose.length);
  await new Promise((resolve) => setImmediate(resolve));
  closed.coder.close();
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect([closed.told.pieces, closed.told.words]).toEqual([[], []]);
});
