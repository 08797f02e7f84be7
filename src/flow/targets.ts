// The servers of a pool that stands for whatever targets clients name: made when one is asked for, kept while it is of use, under
// the one row of the tally that they all share. A target has the idle connections that were made to it, by host, port and TLS, so
// that one client's connection serves the next; of targets and of idle connections there are only so many, and those that were
// not asked for longest go first. Whether a target may be asked for is judged before it comes here (targets/seeking.ts).

import type { PoolPlan, ServerPlan } from "../config/plan.ts";
import type { Tally } from "../memory/tally.ts";
import { Doors, type Way } from "./egress/doors.ts";
import type { EgressSite } from "./egress/site.ts";
import { IdleConnections, IdleHouse, keptOf, targetsIdleMax } from "./idle.ts";
import type { ServerSite } from "./site.ts";
import { TargetPolicy } from "./targets/policy.ts";
import type { Target } from "./targets/target.ts";
import { publicTls } from "./targets/tls.ts";
import type { Upstream } from "./upstream.ts";

/** Targets that a worker keeps connections to. */
const targetsMax = 1024;
/** A name has few addresses; one that changes them all the time is not to fill memory. */
const addressesMax = 16;

interface Known {
  readonly idle: IdleConnections;
  /** By address. */
  readonly servers: Map<string, ServerSite>;
}

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
  readonly #make: MakeServer;
  readonly #house: IdleHouse;
  /** The one that was asked for last comes last. */
  readonly #known: Map<string, Known>;
  readonly #idleMax: number;
  readonly #use: EgressUse | null;
  /** Of those, each once. */
  readonly egresses: readonly EgressSite[];
  /** By the name of the pool. */
  readonly #doors: ReadonlyMap<string, Doors>;

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
    this.#idleMax = idleMax;
    this.policy = new TargetPolicy(plan.targets!);
    this.#plan = plan;
    this.#make = make;
    this.#house = new IdleHouse(tally, row);
    const isSame = former !== null && judgedBy(former.#plan) === judgedBy(plan);
    this.#known = isSame ? former.#known : new Map();
    this.#house.configure(keptOf(plan, plan.servers[0]!));
    for (const { idle } of this.#known.values()) idle.move(this.#house);
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

  /** A connection to the target that stands idle; null without. `way`: by that, where there is an egress pool. */
  take(target: Target, way: Way | null): Upstream | null {
    if (way !== null) return this.#doors.get(target.by!.plan.name)!.take(target, way);
    return target.isTunnel ? null : this.#knownOf(target).idle.take();
  }

  /** Where a connection to the target is dialed: at the address whose turn it is. */
  serverOf(target: Target, way: Way | null = null): ServerSite {
    if (way !== null) return this.#doors.get(target.by!.plan.name)!.serverOf(target, way);
    const { address, isTunnel } = target;
    // A tunnel's connection is nobody else's.
    if (isTunnel) return this.#make(this.#planOf(target, address), this.#noIdle());
    const known = this.#knownOf(target);
    let server = known.servers.get(address);
    if (server === undefined) {
      if (known.servers.size >= addressesMax) known.servers.clear();
      server = this.#make(this.#planOf(target, address), known.idle);
      known.servers.set(address, server);
    }
    return server;
  }

  #knownOf(target: Target): Known {
    const key = `${target.isSecure ? "https" : "http"} ${target.name}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      if (this.#known.size >= targetsMax) this.#forgetOldest();
      known = { idle: new IdleConnections(this.#house), servers: new Map() };
    } else this.#known.delete(key);
    this.#known.set(key, known);
    return known;
  }

  sweep(nowMs: number): void {
    for (const doors of this.#doors.values()) doors.sweep(nowMs);
    let idle = 0;
    for (const known of this.#known.values()) {
      known.idle.sweep(nowMs);
      idle += known.idle.count;
    }
    for (const [key, known] of this.#known) {
      if (idle <= this.#idleMax) return;
      idle -= known.idle.count;
      known.idle.close();
      this.#known.delete(key);
    }
  }

  /** It has left the plan, and `heir` does not go on with what it knows. */
  retire(heir: Targets | null): void {
    for (const [name, doors] of this.#doors) doors.retire(heir === null ? null : (heir.#doors.get(name) ?? null));
    if (heir !== null && heir.#known === this.#known) return;
    for (const { idle } of this.#known.values()) idle.close();
    this.#known.clear();
  }

  get count(): number {
    let count = this.#known.size;
    for (const doors of this.#doors.values()) count += doors.count;
    return count;
  }

  #forgetOldest(): void {
    const oldest = this.#known.entries().next();
    if (oldest.done === true) return;
    const [key, { idle }] = oldest.value;
    idle.close();
    this.#known.delete(key);
  }

  #planOf({ name, place, isSecure }: Target, address: string): ServerPlan {
    const star = this.#plan.servers[0]!;
    return {
      ...star,
      id: `${this.#plan.name}/${name}`,
      name,
      address: { kind: "tcp", host: address, port: place.port },
      tls: isSecure ? { ...publicTls, serverName: place.host } : null,
    };
  }

  #noIdle(): IdleConnections {
    const idle = new IdleConnections(this.#house);
    idle.close();
    return idle;
  }
}

/** All that has decided which connections there are. */
function judgedBy({ targets, servers }: PoolPlan): string {
  return JSON.stringify([{ ...targets, egress: null, direct: [] }, servers]);
}
