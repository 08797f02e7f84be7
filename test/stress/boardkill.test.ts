// Processes that use one board of an egress pool are killed at random moments and replaced, under load, while members come and go. Each looks
// at what it reads; in the end no lock is held, every record is found, and nothing is in flight.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { memberWord } from "../../src/memory/egress.ts";
import { checkBoard } from "../../src/memory/egressboard/check.ts";
import { SharedEgressBoard } from "../../src/memory/egressboard.ts";
import { processOwner } from "../../src/owner.ts";
import { boardIds, boardShape, create, shadowOf, shadowWords, sharedFolder, slots, stopWord } from "./shared.ts";

const killsMax = 60;
const killsMin = 10;
const killingMs = 5000;
const lifeMsMax = 60;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
let folder = "";

beforeAll(() => {
  folder = sharedFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`killed processes wedge nothing and leave nothing in flight (SEED=${seed})`, async () => {
  const prng = new Prng(seed);
  const bytes = create(folder, "board", SharedEgressBoard.bytesFor(boardShape));
  SharedEgressBoard.format(bytes, boardShape, seed);
  const board = new SharedEgressBoard(bytes, "board", processOwner());
  const shadow = new Int32Array(create(folder, "shadow", shadowWords * 4).buffer);
  const errors: string[] = [];
  const children = new Set<Bun.Subprocess>();
  let kills = 0;
  const endMs = performance.now() + killingMs;
  const adopt = (): void =>
    void board.adopt(
      boardIds.filter(() => prng.below(4) !== 0),
      Date.now(),
    );
  adopt();

  /** One slot: a process that is killed and replaced until all kills are done; the last one may end by itself. */
  const keepBusy = async (slot: number): Promise<void> => {
    for (let isLast = false; !isLast; ) {
      const { beats } = shadowOf(slot);
      const before = shadow[beats]!;
      const program = join(import.meta.dir, "boarding.ts");
      const child = Bun.spawn([process.execPath, program, folder, String(slot), String(prng.u32())], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      children.add(child);
      // From its first steps on.
      while (Atomics.load(shadow, beats) === before && child.exitCode === null) await Bun.sleep(1);
      isLast = kills >= killsMax || performance.now() > endMs || Atomics.load(shadow, stopWord) === 1;
      if (isLast) Atomics.store(shadow, stopWord, 1);
      else {
        await Bun.sleep(prng.next() * lifeMsMax);
        child.kill("SIGKILL");
        kills++;
      }
      const [stderr] = await Promise.all([child.stderr.text(), child.exited]);
      if (stderr !== "") errors.push(stderr);
      children.delete(child);
      // As control does when it is told of the end of a worker.
      board.recover();
      adopt();
    }
  };

  try {
    await Promise.all(Array.from({ length: slots }, (_, slot) => keepBusy(slot)));
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
  expect(errors).toEqual([]);
  expect(kills).toBeGreaterThanOrEqual(killsMin);
  board.recover();
  expect(checkBoard(board)).toEqual([]);
  board.members((member) => expect(board.words[member + memberWord.active]).toBe(0));
  // There was not room for all.
  const { records, textsForgotten } = board.figures();
  expect([records.host.evictions > 0, records.pair.evictions > 0, textsForgotten > 0]).toEqual([true, true, true]);
}, 20_000);
