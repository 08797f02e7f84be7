// Processes that use one board of an egress pool are killed at random moments and replaced, under load, while members come and go. Each looks
// at what it reads; in the end no lock is held, every record is found, and nothing is in flight.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { Prng } from "../../src/base/prng.ts";
import { memberWord } from "../../src/memory/egress.ts";
import { checkBoard } from "../../src/memory/egressboard/check.fixture.ts";
import { SharedEgressBoard } from "../../src/memory/egressboard.ts";
import { processOwner } from "../../src/owner.ts";
import { killingTestMs, killProcesses, killsMin } from "./killing.ts";
import { boardIds, boardShape, create, shadowWords, sharedFolder } from "./shared.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
let folder = "";

beforeAll(() => {
  folder = sharedFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(
  `killed processes wedge nothing and leave nothing in flight (SEED=${seed})`,
  async () => {
    const prng = new Prng(seed);
    const bytes = create(folder, "board", SharedEgressBoard.bytesFor(boardShape));
    SharedEgressBoard.format(bytes, boardShape, seed);
    const board = new SharedEgressBoard(bytes, "board", processOwner());
    const shadow = new Int32Array(create(folder, "shadow", shadowWords * 4).buffer);
    const adopt = (): void =>
      void board.adopt(
        boardIds.filter(() => prng.below(4) !== 0),
        Date.now(),
      );
    adopt();

    // There is not room for all: of hosts, of pairs, of texts.
    const pressed = (): boolean[] => {
      const { records, textsForgotten } = board.figures();
      return [records.host.evictions > 0, records.pair.evictions > 0, textsForgotten > 0];
    };
    const { kills, errors } = await killProcesses({
      ...{ program: "boarding.ts", folder, shadow, prng, killsMax: 60, killingMs: 5000, lifeMsMax: 60 },
      recover: () => {
        board.recover();
        adopt();
      },
      isEnough: () => pressed().every(Boolean),
    });
    expect(errors).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(killsMin);
    board.recover();
    expect(checkBoard(board)).toEqual([]);
    board.members((member) => expect(board.words[member + memberWord.active]).toBe(0));
    expect(pressed()).toEqual([true, true, true]);
  },
  killingTestMs,
);
