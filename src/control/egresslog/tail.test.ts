import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../../base/prng.ts";
import { Positions } from "./positions.ts";
import { Rest } from "./rest.ts";
import { chunkBytes, lineBytesMax, Tail } from "./tail.ts";

let folder = "";
let path = "";
const open: Tail[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-tail-"));
  path = join(folder, "shop.access.log");
});
afterEach(() => {
  for (const tail of open.splice(0)) tail.close();
  rmSync(folder, { recursive: true });
});

interface StageOptions {
  readonly isFromStart?: boolean;
  readonly isHeld?: boolean;
  /** Of a run before. */
  readonly bytes?: Uint8Array;
}

function stage({ isFromStart = false, isHeld = true, bytes = formatted() }: StageOptions = {}) {
  const lines: string[] = [];
  let long = 0;
  let read = 0;
  const position = new Positions(bytes).adopt([path])[0]!;
  const tail = new Tail({
    ...{ path, position, isFromStart, isHeld, rest: new Rest(), buffer: Buffer.alloc(chunkBytes) },
    sink: {
      line: (buffer, start, end) => lines.push(buffer.toString("utf8", start, end)),
      long: () => long++,
      read: (count) => {
        read += count;
      },
    },
  });
  open.push(tail);
  let nowMs = 1000;
  return {
    tail,
    bytes,
    position,
    /** What has come since it was asked last. */
    look(afterMs = 100): string[] {
      nowMs += afterMs;
      for (let parts = 0; tail.read(nowMs); parts++) expect(parts).toBeLessThan(1000);
      return lines.splice(0);
    },
    counts: () => ({ long, read }),
  };
}

function formatted(): Uint8Array {
  const bytes = new Uint8Array(Positions.bytesFor(2));
  Positions.format(bytes, 2);
  return bytes;
}

describe("a log that grows", () => {
  test("is read from where it stood when it was seen first", () => {
    writeFileSync(path, "old\nolder\n");
    const { look } = stage();
    expect(look()).toEqual([]);
    appendFileSync(path, "a\nb\n");
    expect(look()).toEqual(["a", "b"]);
    expect(look()).toEqual([]);
  });

  test("is read from its beginning where that is wanted", () => {
    writeFileSync(path, "old\nolder\n");
    const { look, counts } = stage({ isFromStart: true });
    expect(look()).toEqual(["old", "older"]);
    expect(counts().read).toBe(10);
  });

  test("that was empty, or not there, is read from its beginning", () => {
    const absent = stage();
    expect(absent.look()).toEqual([]);
    expect([absent.tail.isAbsent, absent.tail.problem]).toEqual([true, null]);
    writeFileSync(path, "");
    const empty = stage();
    expect(empty.look()).toEqual([]);
    appendFileSync(path, "a\n");
    expect([absent.look(), empty.look(), absent.tail.isAbsent]).toEqual([["a"], ["a"], false]);
  });

  test("a line waits for its end, also when the reading begins in the middle of one", () => {
    writeFileSync(path, "old\nhalf");
    const { look } = stage();
    expect(look()).toEqual([]);
    appendFileSync(path, " of it\nnext");
    expect(look()).toEqual([]);
    appendFileSync(path, " one\n\n");
    expect(look()).toEqual(["next one"]);
  });

  test("a line that is too long is passed over and counted, however it comes", () => {
    const { look, counts } = stage({ isFromStart: true });
    writeFileSync(path, `a\n${"x".repeat(lineBytesMax)}\n${"y".repeat(lineBytesMax + 1)}\nb\n`);
    expect(look().map((line) => line.length)).toEqual([1, lineBytesMax, 1]);
    expect(counts().long).toBe(1);
    appendFileSync(path, "z".repeat(2 * chunkBytes));
    expect(look()).toEqual([]);
    appendFileSync(path, "z\nc\n");
    expect(look()).toEqual(["c"]);
    expect(counts().long).toBe(2);
  });
});

describe.each([
  ["kept open", true],
  ["opened each time", false],
])("a log that is rotated, %s", (_, isHeld) => {
  test("by renaming is read to its end, then its successor from the beginning", () => {
    writeFileSync(path, "");
    const { look } = stage({ isHeld });
    look();
    appendFileSync(path, "a\n");
    expect(look()).toEqual(["a"]);
    appendFileSync(path, "b\n");
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, "c\n");
    expect(look()).toEqual(["b", "c"]);
    writeFileSync(path, "e\n");
    appendFileSync(`${path}.1`, "d\n");
    expect(look()).toEqual(["d"]);
    // Another of its writers has not heard of it yet.
    appendFileSync(`${path}.1`, "late\n");
    expect(look()).toEqual(["late"]);
    expect(look(1000)).toEqual(["e"]);
    appendFileSync(path, "f\n");
    expect(look()).toEqual(["f"]);
  });

  test("twice while nobody looked is read in the order in which it was written", () => {
    writeFileSync(path, "");
    const { look } = stage({ isHeld });
    look();
    appendFileSync(path, "a\n");
    renameSync(path, `${path}.3`);
    writeFileSync(`${path}.2`, "b\n");
    writeFileSync(`${path}.1`, "c\n");
    for (const [index, name] of [".4", ".3", ".2", ".1"].entries()) {
      if (name === ".4") writeFileSync(`${path}.4`, "was read long ago\n");
      utimesSync(path + name, 1000 + index, 1000 + index);
    }
    writeFileSync(`${path}.2.gz`, "compressed\n");
    writeFileSync(`${path}.err`, "another\n");
    writeFileSync(path, "z\n");
    expect(look()).toEqual(["a"]);
    expect(look(2000)).toEqual(["b", "c", "z"]);
    appendFileSync(path, "y\n");
    expect(look()).toEqual(["y"]);
  });

  test("once more while the one before may still be written to keeps both from being lost", () => {
    writeFileSync(path, "");
    const { look } = stage({ isHeld });
    look();
    appendFileSync(path, "a\n");
    renameSync(path, `${path}.2`);
    utimesSync(`${path}.2`, 1000, 1000);
    writeFileSync(path, "b\n");
    expect(look()).toEqual(["a"]);
    renameSync(path, `${path}.1`);
    writeFileSync(path, "c\n");
    expect(look(600)).toEqual([]);
    appendFileSync(`${path}.1`, "late\n");
    expect(look(600)).toEqual([]);
    expect(look(600)).toEqual(["b", "late", "c"]);
  });

  test("by cutting it short twice while nobody looked is read from both copies", () => {
    writeFileSync(path, "");
    const { look } = stage({ isHeld });
    look();
    appendFileSync(path, "the first line\n");
    expect(look()).toEqual(["the first line"]);
    appendFileSync(path, "a\n");
    copyFileSync(path, `${path}.2`);
    utimesSync(`${path}.2`, 1000, 1000);
    truncateSync(path, 0);
    appendFileSync(path, "b\n");
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
    appendFileSync(path, "c\n");
    expect([...look(), ...look(2000)]).toEqual(["a", "b", "c"]);
  });

  test("by cutting it short while the next copy is being made is not told twice", () => {
    writeFileSync(path, "");
    const { look } = stage({ isHeld });
    look();
    appendFileSync(path, "the first line\n");
    expect(look()).toEqual(["the first line"]);
    copyFileSync(path, `${path}.2`);
    utimesSync(`${path}.2`, 1000, 1000);
    truncateSync(path, 0);
    appendFileSync(path, "b\nb2\n");
    writeFileSync(`${path}.1`, "b\n");
    expect(look()).toEqual(["b", "b2"]);
    appendFileSync(`${path}.1`, "b2\n");
    truncateSync(path, 0);
    appendFileSync(path, "c\n");
    expect([...look(), ...look(2000)]).toEqual(["c"]);
  });

  test("by cutting it short begins anew, after what the copy has", () => {
    writeFileSync(path, "");
    const { look } = stage({ isHeld });
    look();
    appendFileSync(path, "the first line\n");
    expect(look()).toEqual(["the first line"]);
    appendFileSync(path, "in the copy alone\n");
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
    appendFileSync(path, "new\n");
    expect(look()).toEqual(["in the copy alone", "new"]);
    // Without a copy.
    truncateSync(path, 0);
    expect(look()).toEqual([]);
    appendFileSync(path, "newer\n");
    expect(look()).toEqual(["newer"]);
  });

  test("and has grown to the very length that was read is not taken for what was read", () => {
    writeFileSync(path, "");
    const { look } = stage({ isHeld });
    look();
    appendFileSync(path, "first\n");
    expect([look(), look(), look()]).toEqual([["first"], [], []]);
    truncateSync(path, 0);
    appendFileSync(path, "other\n");
    utimesSync(path, 2_000_000_000, 2_000_000_000);
    expect([look(), look()]).toEqual([["other"], []]);
  });

  test("and has grown beyond where the reading stood is told by what stands there", () => {
    writeFileSync(path, "");
    const { look } = stage({ isHeld });
    look();
    appendFileSync(path, "first\n");
    expect(look()).toEqual(["first"]);
    truncateSync(path, 0);
    appendFileSync(path, "other text, and more of it\nsecond\n");
    expect(look()).toEqual(["other text, and more of it", "second"]);
  });

  test("by removing it is no loss of what comes after", () => {
    writeFileSync(path, "");
    const { look } = stage({ isHeld });
    look();
    appendFileSync(path, "a\n");
    expect(look()).toEqual(["a"]);
    unlinkSync(path);
    expect(look()).toEqual([]);
    writeFileSync(path, "b\n");
    expect([...look(), ...look(2000)]).toEqual(["b"]);
  });
});

describe("the next run", () => {
  test("goes on where the last one was, and counts nothing twice", () => {
    writeFileSync(path, "old\n");
    const first = stage();
    first.look();
    appendFileSync(path, "a\nhal");
    expect(first.look()).toEqual(["a"]);
    first.tail.close();
    appendFileSync(path, "f\nb\n");
    const next = stage({ bytes: first.bytes });
    expect(next.look()).toEqual(["half", "b"]);
    expect(stage({ bytes: first.bytes, isFromStart: true }).look()).toEqual([]);
  });

  test("reads what was renamed, or copied, in between", () => {
    writeFileSync(path, "");
    const first = stage();
    first.look();
    appendFileSync(path, "a\n");
    expect(first.look()).toEqual(["a"]);
    first.tail.close();
    appendFileSync(path, "b\n");
    renameSync(path, join(folder, "shop.access-20261122.log"));
    writeFileSync(path, "c\n");
    const next = stage({ bytes: first.bytes });
    expect(next.look()).toEqual(["b"]);
    expect(next.look(1500)).toEqual(["c"]);
    next.tail.close();
    appendFileSync(path, "d\n");
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
    expect(stage({ bytes: first.bytes }).look()).toEqual(["d"]);
  });

  test("reads all that was written while none ran, and each of them once", () => {
    writeFileSync(path, "");
    const first = stage();
    first.look();
    appendFileSync(path, "a\n");
    expect(first.look()).toEqual(["a"]);
    first.tail.close();
    appendFileSync(path, "b\n");
    renameSync(path, `${path}-20261122`);
    writeFileSync(`${path}-20261123`, "c\n");
    writeFileSync(`${path}-20261124`, "d\n");
    for (const day of [22, 23, 24]) utimesSync(`${path}-202611${day}`, day, day);
    writeFileSync(path, "e\n");
    const next = stage({ bytes: first.bytes });
    expect(next.look()).toEqual(["b"]);
    // It ends when it has gone on to the one between.
    expect(next.tail.read(5000)).toBe(true);
    next.tail.close();
    const last = stage({ bytes: first.bytes });
    expect(last.look()).toEqual(["c"]);
    expect(last.look(2000)).toEqual(["d", "e"]);
    last.tail.close();
    expect(stage({ bytes: first.bytes }).look(2000)).toEqual([]);
  });

  test("after a crash in the middle of a part knows which lines were told", () => {
    writeFileSync(path, "a\nb\nc\n");
    const bytes = formatted();
    const position = new Positions(bytes).adopt([path])[0]!;
    const told: string[] = [];
    const tail = new Tail({
      ...{ path, position, isFromStart: true, isHeld: false, rest: new Rest(), buffer: Buffer.alloc(chunkBytes) },
      sink: {
        line: (buffer, start, end) => {
          if (told.length === 2) throw new Error("crash");
          told.push(buffer.toString("utf8", start, end));
        },
        long: () => {},
        read: () => {},
      },
    });
    tail.read(0);
    while (told.length < 2) tail.read(0);
    expect([told, tail.problem]).toEqual([["a", "b"], "crash"]);
    tail.close();
    expect(stage({ bytes }).look()).toEqual(["c"]);
  });
});

test("what cannot be read is said, and read when it can be", () => {
  mkdirSync(path);
  const { look, tail } = stage();
  expect(look()).toEqual([]);
  expect(tail.problem).toBe("it is no file");
  rmSync(path, { recursive: true });
  writeFileSync(path, "a\n", { mode: 0 });
  if (process.getuid?.() !== 0) {
    expect(look()).toEqual([]);
    expect(tail.problem).toBe("it may not be read by this user");
    chmodSync(path, 0o600);
  }
  expect(look()).toEqual(["a"]);
  expect(tail.problem).toBeNull();
});

test("a log that is not held open leaves no descriptor behind", () => {
  const descriptors = (): number => readdirSync("/proc/self/fd").length;
  writeFileSync(path, "a\n");
  const { look } = stage({ isHeld: false, isFromStart: true });
  const before = descriptors();
  look();
  renameSync(path, `${path}.1`);
  look();
  appendFileSync(`${path}.1`, "b\n");
  writeFileSync(path, "c\n");
  look();
  look(2000);
  expect(descriptors()).toBe(before);
});

test("whatever is done to a log, no line is told twice, and none is lost that could be seen", () => {
  const prng = new Prng(11);
  const below = (limit: number): number => Math.floor(prng.next() * limit);
  const written: string[] = [];
  const write = (count: number): void => {
    const lines = Array.from({ length: count }, (_, index) => `${written.length + index} ${"x".repeat(below(40))}`);
    written.push(...lines);
    appendFileSync(path, lines.map((line) => `${line}\n`).join(""));
  };
  const bytes = formatted();
  writeFileSync(path, "");
  let now = stage({ isHeld: true, bytes });
  const told = now.look();
  let rotations = 0;
  for (let round = 0; round < 600; round++) {
    switch (below(8)) {
      case 0:
        told.push(...now.look(1500), ...now.look(1500));
        for (let times = below(3); times >= 0; times--) {
          renameSync(path, `${path}.${rotations}`);
          // As far from each other as files are that are not written within one tick of the system's clock.
          utimesSync(`${path}.${rotations}`, 1000 + rotations, 1000 + rotations++);
          writeFileSync(path, "");
          if (times > 0) write(1 + below(3));
        }
        break;
      case 1:
        // One that was never read from, or is not yet, cannot be told from its copy.
        write(1);
        told.push(...now.look(1500), ...now.look(1500));
        write(below(3));
        copyFileSync(path, `${path}.copy${rotations++}`);
        truncateSync(path, 0);
        told.push(...now.look());
        break;
      case 2:
        now.tail.close();
        now = stage({ isHeld: below(2) === 0, bytes });
        break;
      case 3:
        told.push(...now.look(below(3000)));
        break;
      default:
        write(1 + below(5));
    }
  }
  told.push(...now.look(1500), ...now.look(1500), ...now.look(1500));
  expect(told).toEqual(written);
  expect(rotations).toBeGreaterThan(50);
});
