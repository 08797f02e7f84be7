// What only real processes can show: two of them on one mapped file, for turns that are given out once and limits that hold.
import { afterAll, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Arena, arenaBytes } from "../memory/arena.ts";
import { admin, Board, health } from "../memory/board.ts";

const directory = mkdtempSync(join(tmpdir(), "sluice-balance-"));
afterAll(() => rmSync(directory, { recursive: true }));

function createArena(name: string): { path: string; arena: Arena } {
  const path = join(directory, name);
  closeSync(openSync(path, "w"));
  truncateSync(path, arenaBytes);
  const arena = new Arena(Bun.mmap(path, { shared: true }));
  arena.format();
  const board = new Board(arena);
  const up = { health: health.up, admin: admin.ready, isEjected: false, rampPermille: 1000, isEligible: true } as const;
  for (let slot = 0; slot < 3; slot++) board.write(slot, up);
  board.publish();
  return { path, arena };
}

/** A worker that waits at a gate word until all are there, then runs `body` and prints its result as JSON. */
function script(path: string, worker: number, policy: string, connectionsMax: number, body: string): string {
  return `
    import { Backends } from "${import.meta.dir}/backends.ts";
    import { samplePool, sampleServer } from "${import.meta.dir}/sample.fixture.ts";
    import { Arena, rowWords, offset } from "${import.meta.dir}/../memory/arena.ts";
    const arena = new Arena(Bun.mmap("${path}", { shared: true }));
    const servers = [0, 1, 2].map((index) => sampleServer(index, { weight: index + 1, connectionsMax: ${connectionsMax} }));
    const backends = new Backends(samplePool("${policy}", servers), arena, ${worker}, 2, Math.random);
    // Words of an unused pool: the gate, and who is inside.
    const gate = offset.sharedPools / 4 + 7 * rowWords, inside = gate + 1;
    Atomics.add(arena.words, gate, 1);
    while (Atomics.load(arena.words, gate) < 2);
    ${body}`;
}

async function run(
  path: string,
  policy: string,
  connectionsMax: number,
  body: string,
): Promise<Record<string, number[]>[]> {
  const children = [0, 1].map((worker) =>
    Bun.spawn([process.execPath, "-e", script(path, worker, policy, connectionsMax, body)], {
      stdout: "pipe",
      stderr: "pipe",
    }),
  );
  return Promise.all(
    children.map(async (child) => {
      const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
      expect([await child.exited, errors]).toEqual([0, ""]);
      return JSON.parse(output) as Record<string, number[]>;
    }),
  );
}

const countPicks = `
  const counts = [0, 0, 0];
  for (let pick = 0; pick < 60_000; pick++) counts[backends.pick(0)]++;
  console.log(JSON.stringify({ counts }));`;

test("round robin over two processes is exact: each server gets the same number to the exchange", async () => {
  const { path } = createArena("turns");
  const results = await run(path, "roundRobin", 0, countPicks);
  const sums = [0, 1, 2].map((index) => results[0]!["counts"]![index]! + results[1]!["counts"]![index]!);
  expect(sums).toEqual([40_000, 40_000, 40_000]);
}, 60_000);

test("weighted round robin over two processes is exact", async () => {
  const { path } = createArena("weighted");
  const results = await run(path, "weightedRoundRobin", 0, countPicks);
  const sums = [0, 1, 2].map((index) => results[0]!["counts"]![index]! + results[1]!["counts"]![index]!);
  expect(sums).toEqual([20_000, 40_000, 60_000]);
}, 60_000);

test("two processes that crowd at a limit never exceed it, both get in, and nothing is left over", async () => {
  const { path, arena } = createArena("limit");
  const body = `
    let begun = 0, refused = 0, most = 0;
    const held = [];
    // Whoever is put off the processor while it holds all there is may be for as long as the other takes for all of its rounds.
    for (let round = 0; round < 200_000 || begun === 0; round++) {
      if (backends.tryBegin(0)) {
        begun++;
        most = Math.max(most, Atomics.add(arena.words, inside, 1) + 1);
        held.push(0);
      } else refused++;
      if (held.length > (round % 4)) {
        held.pop();
        Atomics.sub(arena.words, inside, 1);
        backends.finish(0);
      }
    }
    while (held.pop() === 0) {
      Atomics.sub(arena.words, inside, 1);
      backends.finish(0);
    }
    console.log(JSON.stringify({ outcome: [begun, refused, most] }));`;
  const results = await run(path, "random", 3, body);
  for (const result of results) {
    const [begun, refused, most] = result["outcome"]!;
    expect(begun).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(3);
  }
  expect(Math.max(...results.map((result) => result["outcome"]![2]!))).toBe(3);
  const { Totals } = await import("../memory/tally.ts");
  expect(new Totals(arena, 2).active(0)).toBe(0);
}, 60_000);
