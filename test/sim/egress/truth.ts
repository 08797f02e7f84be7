// How the world of an egress pool really is: which members are broken, where they are banned and how hosts show that, which hosts are
// down. What a request comes to is decided by this, when it is begun; the pool is told of outcomes and never of this.

import type { EgressOutcome } from "../../../src/egress/words.ts";
import type { World } from "../world.ts";

export type Fate = Pick<EgressOutcome, "status" | "fault" | "blame" | "meaning">;

const fates = {
  well: { status: 200, fault: 0, blame: "nobody", meaning: null },
  unusable: { status: 0, fault: 1, blame: "member", meaning: null },
  unreached: { status: 0, fault: 2, blame: "way", meaning: null },
  refused: { status: 403, fault: 0, blame: "nobody", meaning: null },
  banned: { status: 200, fault: 0, blame: "nobody", meaning: "ban" },
  failing: { status: 503, fault: 0, blame: "nobody", meaning: null },
} as const satisfies Record<string, Fate>;

export interface TruthPlan {
  /** Shares of members that are broken, and of members at hosts that are banned. */
  readonly brokenShare: number;
  readonly bannedShare: number;
  readonly hasOutages: boolean;
  /** Of requests that fail for no reason. */
  readonly noise: number;
}

export class Truth {
  readonly plan: TruthPlan;
  readonly down: Set<string> = new Set();
  readonly #world: World;
  /** By member: its address is not usable at all, or it reaches nothing. */
  readonly #broken: Map<string, Fate> = new Map();
  /** By member and host. */
  readonly #banned: Map<string, Fate> = new Map();
  #isWell = false;

  constructor(world: World, plan: TruthPlan, members: readonly string[], hosts: readonly string[]) {
    this.plan = plan;
    this.#world = world;
    for (const member of members) {
      if (world.chance(plan.brokenShare)) this.#broken.set(member, world.pick([fates.unusable, fates.unreached]));
      for (const host of hosts)
        if (world.chance(plan.bannedShare))
          this.#banned.set(`${member} ${host}`, world.pick([fates.refused, fates.banned, fates.unreached]));
    }
  }

  /** Its own address fails, always. */
  isUnusable(member: string): boolean {
    return !this.#isWell && this.#broken.get(member) === fates.unusable;
  }

  /** From now on all is well. */
  mend(): void {
    this.#isWell = true;
    this.down.clear();
  }

  fateOf(member: string, host: string): Fate {
    if (this.#isWell) return fates.well;
    const broken = this.#broken.get(member);
    if (broken !== undefined) return broken;
    if (this.down.has(host)) return fates.unreached;
    const banned = this.#banned.get(`${member} ${host}`);
    if (banned !== undefined) return banned;
    if (this.#world.chance(this.plan.noise)) return this.#world.pick([fates.failing, fates.unreached, fates.refused]);
    return fates.well;
  }
}
