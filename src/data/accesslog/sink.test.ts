import { describe, expect, test } from "bun:test";
import type { LogFile } from "./file.ts";
import { FakeFile, World } from "./sink.fixture.ts";
import { Sink } from "./sink.ts";

describe("a log's sink", () => {
  test("writes after flushMs, several lines at once", () => {
    const world = new World();
    world.line("one");
    world.pass(99);
    world.line("two");
    expect(world.file.pending).toBeNull();
    world.pass(1);
    world.file.take();
    expect(world.file.text).toBe("one\ntwo\n");
    expect(world.written).toBe(2);
  });

  test("writes at once when 64 kB are full", () => {
    const world = new World();
    for (let count = 0; count < 66; count++) world.line("x".repeat(999));
    expect(world.file.pending).not.toBeNull();
    world.file.take();
    expect(world.written).toBe(66);
  });

  test("writes lines that came during a write, though nothing comes after them", () => {
    const world = new World();
    world.line("one");
    world.pass(100);
    world.line("two");
    world.pass(100);
    world.file.take();
    world.file.take();
    expect(world.file.text).toBe("one\ntwo\n");
  });

  test("drops and counts lines while the log does not take them, and goes on afterwards", () => {
    const world = new World(10_000);
    world.line("first");
    world.pass(100);
    let taken = 0;
    for (let count = 0; count < 30; count++) if (world.line("x".repeat(999))) taken++;
    expect(taken).toBe(10);
    expect(world.dropped).toBe(20);
    expect(world.warnings).toHaveLength(1);
    world.file.take();
    world.pass(100);
    world.file.take();
    expect(world.written).toBe(11);
    expect(world.line("again")).toBe(true);
  });

  test("tries again after the disk was full, from the byte it came to", () => {
    const world = new World();
    world.line("one");
    world.line("two");
    world.pass(100);
    world.file.take(5);
    expect(world.written).toBe(1);
    world.file.fail("ENOSPC");
    expect(world.warnings[0]).toContain("ENOSPC");
    world.pass(1000);
    world.file.fail("ENOSPC");
    world.pass(1000);
    world.file.take();
    expect(world.file.text).toBe("one\ntwo\n");
    expect(world.written).toBe(2);
    expect(world.dropped).toBe(0);
  });

  test("begins a line again, whole, where another worker wrote behind its first half while the disk was full", () => {
    const world = new World();
    for (const text of ["one", "two", "three"]) world.line(text);
    world.pass(100);
    world.file.take(6);
    world.file.fail("ENOSPC");
    world.file.text += "o\ntheirs\n";
    world.pass(1000);
    world.file.take();
    expect(world.file.text).toBe("one\ntwo\ntheirs\ntwo\nthree\n");
    expect([world.written, world.dropped]).toEqual([3, 0]);
  });

  test("ends the half line that another worker has left before its own", () => {
    const world = new World();
    for (const text of ["one", "two"]) world.line(text);
    world.pass(100);
    world.file.take(6);
    world.file.fail("ENOSPC");
    world.file.text += "theirs";
    world.pass(1000);
    // The end of that line finds no room.
    world.file.fail("ENOSPC");
    world.pass(1000);
    world.file.take();
    expect(world.file.text).toBe("one\ntwtheirs\n");
    world.file.take();
    expect(world.file.text).toBe("one\ntwtheirs\ntwo\n");
    expect([world.written, world.dropped]).toEqual([2, 0]);
    // The page begins at a line.
    const other = new World();
    other.line("one");
    other.pass(100);
    other.file.fail("ENOSPC");
    other.file.text = "theirs";
    other.pass(1000);
    other.file.take();
    other.file.take();
    expect([other.file.text, other.written]).toEqual(["theirs\none\n", 1]);
  });

  test("two workers of a disk that is full now and then leave no line of theirs in pieces", () => {
    for (let seed = 1; seed <= 30; seed++) {
      let state = seed;
      const random = (below: number): number => ((state = Math.imul(state, 48271) & 0x7fffffff || 1) >>> 4) % below;
      const workers = [new World(), new World()];
      const files = workers.map(({ file }) => file);
      const accepted: string[] = [];
      let [log, room] = ["", 0];
      /** As far as there is room for what one has to write. */
      const turn = (at: number): void => {
        const file = files[at]!;
        workers[at]!.pass(1000);
        while (file.pending) {
          file.text = "";
          if (room === 0) file.fail("ENOSPC");
          else file.take(room);
          room -= file.text.length;
          log += file.text;
          for (const each of files) each.text = log;
        }
      };
      for (let step = 0; step < 200; step++) {
        for (const [at, world] of workers.entries()) {
          const text = `${at}.${step}:${"y".repeat(random(50))}`;
          if (world.line(text)) accepted.push(text);
        }
        // Both find it full before there is room again: who has not would write behind the other's half line.
        turn(0);
        turn(1);
        room = random(300);
        const first = random(2);
        turn(first);
        turn(1 - first);
        room = 0;
      }
      room = 1_000_000;
      for (let round = 0; round < 5; round++) for (const at of [0, 1]) turn(at);
      const lines = log.split("\n");
      const count = new Map<string, number>();
      for (const line of lines) count.set(line, (count.get(line) ?? 0) + 1);
      expect([seed, accepted.filter((text) => count.get(text) !== 1)]).toEqual([seed, []]);
      expect(workers.map(({ written }) => written).reduce((sum, each) => sum + each)).toBe(accepted.length);
    }
  });

  test("warns at most once a minute, and says what was lost", () => {
    const world = new World(100);
    world.line("x".repeat(100));
    world.pass(100);
    for (let second = 0; second < 125; second++) {
      if (world.file.pending) world.file.fail("EPIPE");
      world.line("lost");
      world.pass(1000);
    }
    expect(world.warnings).toHaveLength(3);
    expect(world.warnings[1]).toContain("60 lines dropped");
  });

  test("a warning of dropped lines does not hide the reason that comes after it", () => {
    const world = new World(100);
    world.line("x".repeat(100));
    world.line("lost");
    expect(world.warnings[0]).toContain("does not take lines");
    world.pass(100);
    world.file.fail("ENOSPC");
    expect(world.warnings[1]).toContain("cannot be written (ENOSPC)");
    world.line("lost too");
    expect(world.warnings).toHaveLength(2);
  });

  test("waits a little for a slow reader, without a warning", () => {
    const world = new World();
    world.line("one");
    world.pass(100);
    world.file.fail("EAGAIN");
    world.pass(20);
    world.file.take();
    expect(world.written).toBe(1);
    expect(world.warnings).toEqual([]);
  });

  test("asks again after a ms, then twice as long each time up to 20, and after a ms once more when something was written", () => {
    const world = new World();
    world.line("one");
    world.pass(100);
    const pauses: number[] = [];
    const late = (): void => {
      world.file.fail("EAGAIN");
      pauses.push(world.timers[0]!.atMs - world.nowMs);
      world.pass(pauses.at(-1)!);
    };
    for (let count = 0; count < 7; count++) late();
    expect(pauses).toEqual([1, 2, 4, 8, 16, 20, 20]);
    world.file.take(2);
    late();
    expect(pauses.at(-1)).toBe(1);
  });

  test("that cannot be opened is an error, and to one that is patient a reason to try again, told at once", () => {
    const world = new World();
    const refused = Object.assign(new Error("no"), { code: "EROFS" });
    let isOpenable = false;
    const file = new FakeFile();
    const options = {
      ...world.options,
      opener: {
        openNow: () => {
          throw refused;
        },
        open: (_: string, done: (error: Error | null, file: LogFile | null) => void) =>
          isOpenable ? done(null, file) : done(refused, null),
      },
    };
    expect(() => new Sink(options)).toThrow(refused);
    const sink = new Sink({ ...options, isPatient: true });
    expect(world.warnings).toEqual([
      "access log access.log cannot be opened (EROFS); lines are kept while there is room, then dropped",
    ]);
    const line = (text: string): void => {
      sink.room()!.set(Buffer.from(`${text}\n`), sink.at);
      sink.took(sink.at + text.length + 1);
    };
    line("one");
    world.pass(100);
    line("two");
    isOpenable = true;
    world.pass(900);
    expect(file.pending).toBeNull();
    world.pass(100);
    file.take();
    world.pass(100);
    file.take();
    expect([file.text, world.written, world.dropped]).toEqual(["one\ntwo\n", 2, 0]);
    expect(world.warnings).toHaveLength(1);
  });

  test("goes on in the new file after reopening, when the write under way is done", () => {
    const world = new World();
    const old = world.file;
    world.line("one");
    world.pass(100);
    world.sink.reopen();
    expect(old.isClosed).toBe(false);
    old.take();
    expect(old.isClosed).toBe(true);
    world.line("two");
    world.pass(100);
    world.file.take();
    expect([old.text, world.file.text]).toEqual(["one\n", "two\n"]);
  });

  test("does not open a new file with the rest of a line", () => {
    const world = new World();
    const old = world.file;
    for (const text of ["one", "two", "three"]) world.line(text);
    world.pass(100);
    old.take(6);
    old.fail("ENOSPC");
    world.sink.reopen();
    world.pass(1000);
    world.file.take();
    expect([old.text, world.file.text]).toEqual(["one\ntw", "three\n"]);
    expect([world.written, world.dropped]).toEqual([2, 1]);
  });

  test("keeps the old file when the new one cannot be opened", () => {
    const world = new World();
    world.isOpenable = false;
    world.sink.reopen();
    expect(world.warnings[0]).toContain("EACCES");
    world.line("one");
    world.pass(100);
    world.file.take();
    expect(world.file.text).toBe("one\n");
  });

  test("writes out everything before it closes", async () => {
    const world = new World();
    world.line("one");
    const closed = world.sink.close(1000);
    expect(world.line("late")).toBe(false);
    world.file.take();
    await closed;
    expect(world.file.text).toBe("one\n");
    expect(world.file.isClosed).toBe(true);
  });

  test("closes in time when the log takes nothing, and counts what is lost", async () => {
    const world = new World();
    world.line("one");
    world.line("two");
    const closed = world.sink.close(1000);
    world.pass(1000);
    await closed;
    expect(world.dropped).toBe(2);
    expect(world.warnings).toEqual([
      expect.stringContaining("has not taken all lines; 2 lines dropped since the last warning"),
    ]);
  });

  test("what is lost at the close is told, however short ago something was, with why", async () => {
    const world = new World();
    world.line("one");
    world.pass(100);
    world.file.fail("ENOSPC");
    world.line("two");
    const closed = world.sink.close(1000);
    world.file.fail("ENOSPC");
    await closed;
    expect(world.warnings).toEqual([
      expect.stringContaining("cannot be written (ENOSPC); lines are kept"),
      expect.stringMatching(/cannot be written \(ENOSPC\); 2 lines dropped since the last warning$/),
    ]);
  });

  test("a log that takes each write at once, and little of it, is written to the end", () => {
    const world = new World();
    const { file } = world;
    file.write = (bytes, start, _end, done) => {
      file.text += String.fromCharCode(bytes[start]!);
      done(null, 1);
    };
    const line = "x".repeat(999);
    for (let count = 0; count < 60; count++) world.line(line);
    world.pass(100);
    expect(file.text).toBe(`${line}\n`.repeat(60));
    expect(world.written).toBe(60);
  });

  test("writes every accepted line once and in order, whatever the log does", () => {
    for (let seed = 1; seed <= 200; seed++) {
      let state = seed;
      const random = (below: number): number => ((state = Math.imul(state, 48271) & 0x7fffffff || 1) >>> 4) % below;
      const world = new World(3000);
      const accepted: string[] = [];
      for (let step = 0; step < 400; step++) {
        const what = random(6);
        if (what < 3) {
          const text = `${step}:${"y".repeat(random(200))}`;
          if (world.line(text)) accepted.push(text);
        } else if (what === 3) world.pass(random(150));
        else if (world.file.pending && random(4) > 0) world.file.take(1 + random(300));
        else if (world.file.pending) world.file.fail("EAGAIN");
      }
      for (let round = 0; round < 100; round++) {
        world.pass(1000);
        while (world.file.pending) world.file.take();
      }
      expect(world.file.text).toBe(accepted.map((text) => `${text}\n`).join(""));
      expect(world.written).toBe(accepted.length);
    }
  });

  test("a write that is refused before it begins is tried again like one that fails", () => {
    const world = new World();
    const { file } = world;
    const write = file.write.bind(file);
    file.write = () => {
      throw new RangeError("out of range");
    };
    world.line("one");
    world.pass(100);
    expect(world.warnings).toEqual([expect.stringContaining("cannot be written (out of range)")]);
    file.write = write;
    world.pass(1000);
    file.take();
    expect(file.text).toBe("one\n");
  });

  test("whoever is told of a failure may write to the same log, and it is tried once a pause all the same", () => {
    const world = new World();
    world.line("one");
    (world.options as { warn: (message: string) => void }).warn = (message) => {
      world.warnings.push(message);
      world.line("told");
      world.sink.flush();
    };
    world.pass(100);
    for (let second = 0; second < 200; second++) {
      world.file.fail("ECONNREFUSED");
      expect(world.file.pending).toBeNull();
      world.pass(1000);
    }
    expect(world.warnings.length).toBeGreaterThan(3);
  });

  test("a write under way at the close is left, and the file is closed when it ends", async () => {
    const world = new World();
    let left = 0;
    Object.assign(world.file, { leave: () => left++ });
    world.line("one");
    const closed = world.sink.close(1000);
    world.pass(1000);
    await closed;
    expect([left, world.file.isClosed]).toEqual([1, false]);
    world.file.take();
    expect(world.file.isClosed).toBe(true);
    expect([world.written, world.dropped]).toEqual([0, 1]);
  });
});
