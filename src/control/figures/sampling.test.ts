import { expect, test } from "bun:test";
import { compile } from "../../config/compile.ts";
import { judge } from "../../config/judge.ts";
import { noMaterials } from "../../config/materials.ts";
import type { Plan } from "../../config/plan.ts";
import { Slots } from "../../config/slots.ts";
import { Arena } from "../../memory/arena.ts";
import { Totals } from "../../memory/tally.ts";
import type { Sample } from "./sampler.ts";
import { Sampling } from "./sampling.ts";

function stage(plan: Plan | null = planOf()) {
  const clock = { ms: 0, looks: 0 };
  const sampling = new Sampling({
    ...{ everyMs: 2, firstMs: 1, lingerMs: 1000 },
    source: {
      totals: new Totals(Arena.inMemory(), 1),
      caches: { find: () => null },
      egresses: { all: [] },
      uptimeMs: () => 0,
      plan: () => {
        clock.looks++;
        return plan;
      },
      state: () => "ready",
      workers: () => [],
      conditionOf: () => ({ state: "up", reason: null, sinceMs: 0, isEligible: true }),
      confirmBy: () => null,
      bans: () => 0,
      usageOf: () => null,
      nowMs: () => clock.ms,
      monotonicMs: () => clock.ms,
    },
  });
  return { sampling, clock };
}

function planOf(): Plan {
  const { config } = judge({ listeners: { a: { listen: ":1", use: "p" } }, pools: { p: { servers: ["10.0.0.1:1"] } } });
  return compile(config!, new Slots(), () => undefined, 1, noMaterials);
}

test("nobody looks, nothing is done; who watches is shown sample after sample, and then it is over", async () => {
  const { sampling, clock } = stage();
  expect([sampling.isRunning, clock.looks]).toEqual([false, 0]);
  const samples: Sample[] = [];
  await new Promise<void>((resolve) => {
    const end = sampling.watch((sample) => {
      if (samples.push(sample) < 3) return;
      end();
      resolve();
    });
    expect([...sampling.servers()]).toHaveLength(1);
  });
  expect(samples).toHaveLength(3);
  expect([sampling.isRunning, sampling.latest, [...sampling.servers()]]).toEqual([false, null, []]);
});

test("all who watch are shown the same, and one that leaves leaves the others", async () => {
  const { sampling } = stage();
  const seen: [Sample[], Sample[]] = [[], []];
  const ends = seen.map((samples) => sampling.watch((sample) => samples.push(sample)));
  await reached(() => seen[1].length >= 2);
  expect(seen[0]).toEqual(seen[1]);
  ends[0]!();
  const [count, others] = seen.map(({ length }) => length) as [number, number];
  await reached(() => seen[1].length > others);
  expect(seen[0]).toHaveLength(count);
  expect(sampling.isRunning).toBe(true);
  sampling.close();
  expect(sampling.isRunning).toBe(false);
});

test("who asks once waits for a first look back, and looking goes on for those who ask again", async () => {
  const { sampling, clock } = stage();
  const asked = [sampling.figures(), sampling.figures()];
  const [first, second] = await Promise.all(asked);
  expect(first).toMatchObject({ state: "ready" });
  expect(second).toBe(first);
  expect(await sampling.figures()).not.toBeNull();
  expect(sampling.isRunning).toBe(true);
  clock.ms += 1001;
  await reached(() => !sampling.isRunning);
});

test("where there is no plan who asks is told so", async () => {
  const { sampling } = stage(null);
  expect(await sampling.figures()).toBeNull();
  sampling.close();
});

test("who waits when it ends is told that there is nothing", async () => {
  const { sampling } = stage();
  const asked = sampling.figures();
  sampling.close();
  expect(await asked).toBeNull();
});

async function reached(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}
