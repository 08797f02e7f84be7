// The promise of leases, from seeds: sentinels that each look at a server of their own, a registry that is away, hangs, or whose clock is set
// forward. Whoever is well stays in the set; whose sentinel is dead goes, and not by an outage.

import { describe, expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { Attendance } from "./attendance.ts";
import { KeptSet } from "./keptset.ts";

interface Trouble {
  readonly fromMs: number;
  readonly toMs: number;
  /** "hang": votes wait, and count when it is over, unless that takes longer than clients have patience. */
  readonly kind: "away" | "hang" | "clock";
}

interface Course {
  readonly everyMs: number;
  readonly leaseMs: number;
  readonly sentinels: number;
  /** Dies after a while; null: none does. */
  readonly dead: number | null;
  readonly troubles: readonly Trouble[];
}

/** Those who were taken out, and when. */
type Removal = readonly [member: string, atMs: number];

const patienceMs = 3000;
const deathMs = 20_000;

class Stage {
  readonly removals: Removal[] = [];
  readonly #kept = new KeptSet();
  readonly #course: Course;
  readonly #attendances: readonly Attendance[];
  #skewMs = 0;

  constructor(course: Course) {
    this.#course = course;
    this.#attendances = Array.from({ length: course.sentinels }, () => new Attendance());
  }

  /** Moments of 50 ms; each sentinel votes in its turn, as its timer has it. */
  play(random: Prng, untilMs: number): readonly Removal[] {
    const { everyMs, sentinels, dead, troubles } = this.#course;
    const phases = Array.from({ length: sentinels }, () => 50 * random.below(everyMs / 50));
    let waiting: { sentinel: number; silenceMs: number; sentAtMs: number }[] = [];
    for (let nowMs = 0; nowMs < untilMs; nowMs += 50) {
      const trouble = troubles.find(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs);
      for (const { kind, fromMs, toMs } of troubles) {
        if (kind === "clock" && nowMs === fromMs) this.#skewMs += toMs - fromMs;
        const noticedMs = kind === "away" ? fromMs : fromMs + patienceMs;
        if (kind !== "clock" && nowMs === noticedMs && nowMs < toMs)
          for (const attendance of this.#attendances) attendance.lost(nowMs);
      }
      const isThere = trouble === undefined || trouble.kind === "clock";
      if (isThere)
        for (const { sentinel, silenceMs, sentAtMs } of waiting.splice(0))
          this.#cast(sentinel, silenceMs, sentAtMs, nowMs);
      for (const [sentinel, phase] of phases.entries()) {
        if (nowMs % everyMs !== phase || (sentinel === dead && nowMs >= deathMs)) continue;
        const attendance = this.#attendances[sentinel]!;
        const silenceMs = attendance.silenceMs(`${sentinel}`, everyMs, this.#course.leaseMs, nowMs);
        if (isThere) this.#cast(sentinel, silenceMs, nowMs, nowMs);
        else if (trouble.kind === "away") attendance.failed(`${sentinel}`, nowMs);
        // What has been sent counts in the end, though nobody waits for it any more.
        else if (nowMs < trouble.fromMs + patienceMs) waiting.push({ sentinel, silenceMs, sentAtMs: nowMs });
        else attendance.failed(`${sentinel}`, nowMs);
      }
      waiting = waiting.filter(
        ({ sentinel }, index) => waiting.findIndex((each) => each.sentinel === sentinel) === index,
      );
    }
    return this.removals;
  }

  #cast(sentinel: number, silenceMs: number, sentAtMs: number, nowMs: number): void {
    const { everyMs, leaseMs } = this.#course;
    const views = new Map([[`server${sentinel}`, true]]);
    const ballot = { voter: `${sentinel}`, views, leaseMs, everyMs, quorum: "majority" } as const;
    const { removed } = this.#kept.vote(ballot, silenceMs, nowMs + this.#skewMs);
    this.#attendances[sentinel]!.voted(`${sentinel}`, sentAtMs);
    this.removals.push(...removed.map((member) => [member, nowMs] as const));
  }
}

function courseOf(random: Prng): Course {
  const everyMs = 500 * (1 + random.below(10));
  const leaseMs = everyMs * 2 + 100 * random.below((everyMs * 8) / 100);
  const sentinels = 1 + random.below(5);
  const troubles: Trouble[] = [];
  for (let atMs = 30_000; atMs < 200_000; ) {
    const fromMs = atMs + 50 * random.below(200);
    const toMs = fromMs + 50 * (1 + random.below((leaseMs * 1.5) / 50));
    troubles.push({ fromMs, toMs, kind: (["away", "away", "hang", "clock"] as const)[random.below(4)]! });
    atMs = toMs + 50 * random.below(400);
  }
  return { everyMs, leaseMs, sentinels, dead: random.below(3) === 0 ? 0 : null, troubles };
}

describe("leases", () => {
  test("no outage of the registry, however long, takes out a server that is well", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = new Prng(seed);
      const course = courseOf(random);
      const removals = new Stage(course).play(random, 230_000);
      const wrong = removals.filter(([member]) => member !== `server${course.dead}`);
      expect([seed, course, wrong]).toEqual([seed, course, []]);
    }
  });

  test("nor do outages that come again and again; whose sentinel is dead goes all the same", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = new Prng(seed);
      const { everyMs, leaseMs } = courseOf(random);
      const troubles: Trouble[] = [];
      for (
        let atMs = deathMs;
        atMs < 200_000;
        atMs += 50 + (seed % 2 === 0 ? 3 * everyMs : 50 * random.below(everyMs / 50))
      )
        troubles.push({ fromMs: atMs, toMs: (atMs += 50), kind: "away" });
      const course = { everyMs, leaseMs, sentinels: 3, dead: seed % 2 === 0 ? 0 : null, troubles };
      const removals = new Stage(course).play(random, 230_000);
      expect([seed, course, removals.map(([member]) => member)]).toEqual([
        seed,
        course,
        seed % 2 === 0 ? ["server0"] : [],
      ]);
      // Each outage is followed by at most a round in which no lease ends.
      if (seed % 2 === 0) expect(removals[0]![1]).toBeLessThan(deathMs + 2 * leaseMs + 4 * everyMs);
    }
  });

  test("whose sentinel is dead goes after a lease and a round, and after a lease more where the registry was away", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = new Prng(seed);
      const { everyMs, leaseMs } = courseOf(random);
      const away = { fromMs: deathMs + 50 * random.below(leaseMs / 50), toMs: 0, kind: "away" } as const;
      const troubles = seed % 2 === 0 ? [] : [{ ...away, toMs: away.fromMs + leaseMs }];
      const course = { everyMs, leaseMs, sentinels: 2 + random.below(3), dead: 0, troubles };
      const removals = new Stage(course).play(random, 260_000);
      expect([seed, removals.map(([member]) => member)]).toEqual([seed, ["server0"]]);
      const latestMs = (troubles[0]?.toMs ?? deathMs) + leaseMs + 2 * everyMs;
      expect(removals[0]![1]).toBeWithin(deathMs + leaseMs - everyMs - 50, latestMs + 50);
    }
  });
});
