import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Positions } from "./positions.ts";
import { Rest } from "./rest.ts";
import { chunkBytes, Tail } from "./tail.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-pipe-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a log in whose place a pipe is put just as it is opened is not waited for: nobody may ever write to it", () => {
  const path = join(folder, "access.log");
  writeFileSync(path, "one\n");
  const bytes = new Uint8Array(Positions.bytesFor(1));
  Positions.format(bytes, 1);
  const position = new Positions(bytes).adopt([path])[0]!;
  const lines: string[] = [];
  const sink = {
    line: (buffer: Buffer, start: number, end: number) => void lines.push(buffer.toString("utf8", start, end)),
    ...{ long: () => {}, read: () => {} },
  };
  const tail = new Tail({
    ...{ path, position, sink, isFromStart: true, isHeld: false, rest: new Rest(), buffer: Buffer.alloc(chunkBytes) },
  });
  while (tail.read(0));
  writeFileSync(path, "one\ntwo\n");
  // It has been looked at, and is about to be opened.
  const isOf = position.isOf.bind(position);
  position.isOf = (device, inode) => {
    position.isOf = isOf;
    renameSync(path, `${path}.1`);
    Bun.spawnSync(["mkfifo", path]);
    return isOf(device, inode);
  };
  // Whoever waited for it all the same would be let go of by this one, and be late.
  const writer = Bun.spawn(["sh", "-c", 'sleep 3; echo no > "$1"', "sh", path], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  const beganMs = performance.now();
  tail.read(1000);
  expect(performance.now() - beganMs).toBeLessThan(2000);
  writer.kill();
  tail.read(1100);
  expect(tail.problem).toBe("it is no file");
  unlinkSync(path);
  writeFileSync(path, "three\n");
  for (const nowMs of [2000, 4000, 6000]) while (tail.read(nowMs));
  tail.close();
  expect(lines).toEqual(["one", "two", "three"]);
});
