// Processes that are killed at random moments and replaced: one to a slot, all running one program over the same shared files. As many die
// as the time allows, and the killing goes on until there was enough of what the test is about: a busy machine gets less done in its time.

import { join } from "node:path";
import type { Prng } from "../../src/base/prng.ts";
import { shadowOf, slots, stopWord } from "./shared.ts";

export const killsMin = 10;
/** By then the killing ends, whatever came to pass. */
const lastMs = 30_000;
/** What a test of these may take in all. */
export const killingTestMs = 60_000;

export interface Killing {
  /** Its file here; it is run with FOLDER SLOT SEED. */
  readonly program: string;
  readonly folder: string;
  readonly shadow: Int32Array;
  readonly prng: Prng;
  readonly killsMax: number;
  readonly killingMs: number;
  /** As long as there is time left of `killingMs`. */
  readonly lifeMsMax: number;
  /** After each end, as control does when it is told of the end of a worker. */
  recover(): void;
  /** Whether it came to what is to be tested: to evictions, say. */
  isEnough(): boolean;
}

/** Resolves when the last one ended by itself. errors: what they wrote to stderr. */
export async function killProcesses(killing: Killing): Promise<{ kills: number; errors: string[] }> {
  const { program, folder, shadow, prng, killsMax, killingMs, lifeMsMax } = killing;
  const errors: string[] = [];
  const children = new Set<Bun.Subprocess>();
  const begunMs = performance.now();
  let kills = 0;

  /** On a busy machine a life may be too short for anything: the longer there was not enough, the longer they live. */
  const lifeMs = (): number => {
    const overMs = Math.max(0, performance.now() - begunMs - killingMs);
    return prng.next() * lifeMsMax * (1 + overMs / 1000);
  };

  const isOver = (): boolean => {
    const spentMs = performance.now() - begunMs;
    return spentMs > lastMs || ((kills >= killsMax || spentMs > killingMs) && kills >= killsMin && killing.isEnough());
  };

  /** One slot: a process that is killed and replaced until all is done; the last one may end by itself. */
  const keepBusy = async (slot: number): Promise<void> => {
    for (let isLast = false; !isLast; ) {
      const { beats } = shadowOf(slot);
      const before = shadow[beats]!;
      const path = join(import.meta.dir, program);
      const child = Bun.spawn([process.execPath, path, folder, String(slot), String(prng.u32())], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      children.add(child);
      // From its first steps on.
      while (Atomics.load(shadow, beats) === before && child.exitCode === null) await Bun.sleep(1);
      isLast = Atomics.load(shadow, stopWord) === 1 || isOver();
      if (isLast) Atomics.store(shadow, stopWord, 1);
      else {
        await Bun.sleep(lifeMs());
        child.kill("SIGKILL");
        kills++;
      }
      const [stderr] = await Promise.all([child.stderr.text(), child.exited]);
      if (stderr !== "") errors.push(stderr);
      children.delete(child);
      killing.recover();
    }
  };

  try {
    await Promise.all(Array.from({ length: slots }, (_, slot) => keepBusy(slot)));
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
  return { kills, errors };
}
