// Which plan a seed draws, and which faults there are in its world.

import type { EgressPlan } from "../../../src/config/plan.ts";
import { failingPerMember, sampleMember, samplePlan } from "../../../src/egress/sample.fixture.ts";
import type { EgressShape } from "../../../src/memory/egress.ts";
import type { World } from "../world.ts";
import type { TruthPlan } from "./truth.ts";

export const shape: EgressShape = {
  ...{ members: 64, entriesMax: 7, changesMax: 5 },
  ...{ pairs: 1024, hosts: 64, sessions: 64, users: 16, texts: 256 },
};

/** Only outages: then nobody may be blamed for anything. */
export type Weather = "outages" | "all";

export interface Swarm {
  readonly weather: Weather;
  readonly truth: TruthPlan;
  readonly isKilling: boolean;
  readonly isReloading: boolean;
  readonly isBanning: boolean;
  readonly isMovingClocks: boolean;
  readonly workers: number;
  readonly hosts: readonly string[];
  readonly keys: number;
  /** Between two requests, on average, and how long one takes at most. */
  readonly gapMs: number;
  readonly lastsMaxMs: number;
}

export function drawSwarm(world: World): Swarm {
  const weather = world.chance(0.25) ? "outages" : "all";
  const isAll = weather === "all";
  return {
    weather,
    truth: {
      brokenShare: isAll && world.chance(0.6) ? 0.3 : 0,
      bannedShare: isAll && world.chance(0.6) ? 0.2 : 0,
      hasOutages: !isAll || world.chance(0.6),
      noise: isAll && world.chance(0.5) ? 0.05 : 0,
    },
    isKilling: world.chance(0.5),
    isReloading: isAll && world.chance(0.4),
    isBanning: isAll && world.chance(0.4),
    isMovingClocks: isAll && world.chance(0.2),
    workers: world.between(1, 4),
    hosts: Array.from({ length: world.between(2, 6) }, (_, index) => `host-${index}.example`),
    keys: world.pick([0, 0, 5, 30]),
    gapMs: world.pick([15, 40, 150]),
    lastsMaxMs: world.pick([10, 200, 3000]),
  };
}

/** Any number of times a member of that number is the same. */
export function drawPlan(world: World, weather: Weather): EgressPlan {
  const isOutages = weather === "outages";
  const per = isOutages || world.chance(0.6) ? "target" : "member";
  const limits = { lifetimeMs: 20_000, idleMs: 0, requestsMax: 0, bytesMax: 0 };
  const isWeighted = world.chance(0.3);
  const count = isOutages ? world.between(4, 40) : world.between(1, 40);
  return samplePlan({
    members: Array.from({ length: count }, (_, index) =>
      sampleMember(index, { weight: isWeighted ? 1 + (index % 4) : 1 }),
    ),
    choose: world.pick(["random", "roundRobin", "leastUsed"]),
    session: world.pick([null, { ...limits, lifetimeMs: 0 }, limits, { ...limits, idleMs: 2000, requestsMax: 20 }]),
    pace: {
      intervalMs: world.chance(0.3) ? world.pick([50, 1000]) : 0,
      concurrencyMax: world.chance(0.3) ? world.between(1, 4) : 0,
    },
    quota: world.chance(0.3) ? { requestsMax: world.between(5, 200), bytesMax: 0, periodMs: 10_000 } : null,
    whenNone: world.pick(["refuse", "refuse", "soonest", "direct"]),
    isOwnEvidence: isOutages || world.chance(0.75),
    history: { entriesMax: shape.entriesMax, changesMax: shape.changesMax },
    judge: {
      per,
      ...(per === "member" ? { statuses: failingPerMember } : {}),
      strategy: world.chance(0.75)
        ? { kind: "consecutive", failures: world.between(2, 5), withinMs: world.pick([5000, 60_000, 300_000]) }
        : { kind: "share", of: 8, share: 0.5 },
      coolDown: {
        forMs: world.pick([1000, 5000, 20_000]),
        growth: world.pick([1, 2]),
        maxMs: 60_000,
        isTrial: world.chance(0.5),
      },
      hostDownAfter: world.between(2, 4),
    },
  });
}
