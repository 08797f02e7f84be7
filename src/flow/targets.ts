// The servers of a pool that stands for whatever targets clients name, under the one row of the tally that they all share. A target is
// reached by one of several ways, each of which has doors (egress/doors.ts): from the system's own address, or through the members of an
// egress pool. Whether a target may be asked for is judged before it comes here (targets/seeking.ts).

import type { PoolPlan, ServerPlan } from "../config/plan.ts";
import type { Tally } from "../memory/tally.ts";
import { Doors, type Way } from "./egress/doors.ts";
import type { EgressSite } from "./egress/site.ts";
import { type IdleConnections, targetsIdleMax } from "./idle.ts";
import type { ServerSite } from "./site.ts";
import { TargetPolicy } from "./targets/policy.ts";
import type { Target } from "./targets/target.ts";
import { publicTls } from "./targets/tls.ts";
import type { Upstream } from "./upstream.ts";

/** From the system's own address. */
const direct: Way = { member: null, index: -1, isHopped: false, isTunnel: false, isForAll: false, tls: null };
const directTunnel: Way = { ...direct, isTunnel: true };

/** By what targets are asked: from the addresses of a pool, or from the system's own (null). */
export interface EgressUse {
  readonly http: EgressSite | null;
  readonly https: EgressSite | null;
  readonly tunnels: EgressSite | null;
}

type MakeServer = (plan: ServerPlan, idle: IdleConnections) => ServerSite;

export class Targets {
  readonly policy: TargetPolicy;
  readonly #plan: PoolPlan;
  readonly #use: EgressUse | null;
  /** Of those, each once. */
  readonly egresses: readonly EgressSite[];
  readonly #own: Doors;
  /** By the name of the pool. */
  readonly #doors: ReadonlyMap<string, Doors>;
  /** The pool that was asked for last, and its doors. */
  #site: EgressSite | null = null;
  #siteDoors: Doors | null = null;

  /**
   * `former`: of the plan before; what it knows is taken over where the same may be asked for. `idleMax`: idle connections to all targets,
   * by each way: each is a descriptor that a client cannot have.
   */
  constructor(
    plan: PoolPlan,
    tally: Tally,
    row: number,
    make: MakeServer,
    former: Targets | null,
    use: EgressUse | null = null,
    idleMax: number = targetsIdleMax,
  ) {
    this.policy = new TargetPolicy(plan.targets!);
    this.#plan = plan;
    const isSame = former !== null && judgedBy(former.#plan) === judgedBy(plan);
    this.#own = new Doors(plan, tally, row, make, isSame ? former.#own : null, [], idleMax);
    this.#use = use;
    const used = use === null ? [] : [use.http, use.https, use.tunnels].filter((site) => site !== null);
    this.egresses = [...new Set(used)];
    this.#doors = new Map(
      this.egresses.map(({ plan: { name, members } }) => {
        const doors = isSame ? (former.#doors.get(name) ?? null) : null;
        return [name, new Doors(plan, tally, row, make, doors, members, idleMax)];
      }),
    );
  }

  /** Where it is asked from. */
  egressFor({ place, isSecure, isTunnel }: Target): EgressSite | null {
    if (this.#use === null || this.policy.isDirect(place)) return null;
    return isTunnel ? this.#use.tunnels : isSecure ? this.#use.https : this.#use.http;
  }

  /** By which targets are reached from that pool. */
  doorsOf(site: EgressSite): Doors {
    if (site !== this.#site) {
      this.#siteDoors = this.#doors.get(site.plan.name)!;
      this.#site = site;
    }
    return this.#siteDoors!;
  }

  /** A connection to the target that stands idle; null without. `way`: by that, where there is an egress pool. */
  take(target: Target, way: Way | null): Upstream | null {
    if (way !== null) return this.doorsOf(target.by!).take(target, way);
    return this.#own.take(target, target.isTunnel ? directTunnel : direct);
  }

  /** Where a connection to the target is dialed: at the address whose turn it is. */
  serverOf(target: Target, way: Way | null = null): ServerSite {
    if (way !== null) return this.doorsOf(target.by!).serverOf(target, way);
    const { isTunnel, isSecure, place } = target;
    const own = isTunnel ? directTunnel : direct;
    return this.#own.serverOf(target, isSecure ? { ...own, tls: { ...publicTls, serverName: place.host } } : own);
  }

  sweep(nowMs: number): void {
    this.#own.sweep(nowMs);
    for (const doors of this.#doors.values()) doors.sweep(nowMs);
  }

  /** It has left the plan, and `heir` does not go on with what it knows. */
  retire(heir: Targets | null): void {
    this.#own.retire(heir === null ? null : heir.#own);
    for (const [name, doors] of this.#doors) doors.retire(heir === null ? null : (heir.#doors.get(name) ?? null));
  }

  get count(): number {
    let { count } = this.#own;
    for (const doors of this.#doors.values()) count += doors.count;
    return count;
  }
}

/** All that has decided which connections there are. */
function judgedBy({ targets, servers }: PoolPlan): string {
  return JSON.stringify([{ ...targets, egress: null, direct: [] }, servers]);
}
