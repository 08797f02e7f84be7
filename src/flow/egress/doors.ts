// Where the targets of a pool are reached through the members of an egress pool: a server site for each target and member, with the
// idle connections that were made between the two; where all targets are asked for over one connection (gateways, HTTP proxies) one for
// the member alone. There may be thousands of both: only so many are known at a time, and only so many connections idle, the oldest
// of which make room. A reload keeps those of members that stay. A member is asked for the same target again and again: that one is
// found without a text by which to look for it, and while there is room to spare nobody is moved to the end.

import type { EgressMemberPlan, IdlePlan, PoolPlan, ServerPlan, ServerTlsPlan } from "../../config/plan.ts";
import { serverCell, type Tally } from "../../memory/tally.ts";
import { IdleConnections } from "../idle.ts";
import type { ServerSite } from "../site.ts";
import { placeText } from "../targets/place.ts";
import type { Target } from "../targets/target.ts";

/** Pairs of target and member that a worker knows. */
export const doorsMax: number = 16 * 1024;
/** Idle connections through all of them: each is a descriptor that a client cannot have. */
export const egressIdleMax: number = 4096;
/** A name has few addresses. */
const addressesMax = 16;

interface Known {
  readonly key: string;
  readonly idle: IdleConnections;
  /** By address. */
  readonly servers: Map<string, ServerSite>;
  /** What was asked for last, and where. */
  server: ServerSite | null;
  address: string;
  by: EgressMemberPlan | null;
  /** Of the target; "" where it is for all of them. */
  readonly name: string;
  readonly isSecure: boolean;
  readonly isHopped: boolean;
  isForgotten: boolean;
  readonly member: string;
  /** What the member's door was then. */
  readonly door: string;
}

type MakeServer = (plan: ServerPlan, idle: IdleConnections) => ServerSite;

/** How a target is reached. */
export interface Way {
  readonly member: EgressMemberPlan | null;
  /** Of the member in the plan; -1 without. */
  readonly index: number;
  readonly isHopped: boolean;
  readonly isTunnel: boolean;
  /** TLS of ours with the target; null without. */
  readonly tls: ServerTlsPlan | null;
}

export class Doors {
  readonly #star: ServerPlan;
  readonly #pool: string;
  readonly #idlePlan: IdlePlan;
  readonly #tally: Tally;
  readonly #row: number;
  readonly #make: MakeServer;
  readonly #idleMax: number;
  /** The one that was asked for last comes last, of those that were asked for since there is little room. */
  readonly #known: Map<string, Known>;
  /** By index of the member: what it was asked for last. */
  readonly #latest: (Known | undefined)[] = [];
  /** Of the target that was asked for last: of texts that are the same there is one, and it is at hand. */
  #name = "";
  #address = "";
  readonly #room: { makeRoom(): boolean };
  #isRetired = false;

  /** `former`: of the plan before; what it knows is taken over, but for members that `members` has no more. */
  constructor(
    plan: PoolPlan,
    tally: Tally,
    row: number,
    make: MakeServer,
    former: Doors | null,
    members: readonly EgressMemberPlan[],
    idleMax: number = egressIdleMax,
  ) {
    this.#star = plan.servers[0]!;
    this.#pool = plan.name;
    this.#idlePlan = plan.idle;
    this.#tally = tally;
    this.#row = row;
    this.#make = make;
    this.#idleMax = idleMax;
    this.#room = { makeRoom: () => this.#makeRoom() };
    this.#known = former === null ? new Map() : former.#known;
    if (former !== null) this.#keepOnly(members);
  }

  #keepOnly(members: readonly EgressMemberPlan[]): void {
    const doors = new Map(members.map((member) => [member.id, member]));
    for (const [key, known] of this.#known) {
      const member = doors.get(known.member);
      const isGone = known.member !== "" && (member === undefined || doorText(member) !== known.door);
      if (isGone) this.#forget(key, known);
      else known.idle.configure(this.#idlePlan, this.#room);
    }
  }

  get count(): number {
    return this.#known.size;
  }

  /** Through that member to the target, at the address whose turn it is. */
  serverOf(target: Target, way: Way): ServerSite {
    const { address } = target;
    // A tunnel's connection is nobody else's; neither is kept what nobody would look after.
    if (way.isTunnel || this.#isRetired) return this.#make(this.#planOf(target, way, address), this.#noIdle());
    const latest = this.#latest[way.index + 1];
    const known = latest !== undefined && isFor(latest, target, way) ? latest : this.#find(target, way);
    if (this.#isTight) {
      this.#known.delete(known.key);
      this.#known.set(known.key, known);
    }
    return known.server !== null && known.address === address ? known.server : this.#serverAt(known, target, way);
  }

  /** Only then it matters who is the oldest. */
  get #isTight(): boolean {
    return this.idleCount * 2 >= this.#idleMax || this.#known.size * 2 >= doorsMax;
  }

  #find(target: Target, way: Way): Known {
    const key = keyOf(target, way);
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.#begin(key, target, way);
      this.#known.set(key, known);
    }
    known.by = way.member;
    this.#latest[way.index + 1] = known;
    return known;
  }

  #begin(key: string, { name, isSecure }: Target, way: Way): Known {
    if (name !== this.#name) this.#name = name;
    if (this.#known.size >= doorsMax) this.#forgetOldest();
    const { member, isHopped } = way;
    const idle = new IdleConnections(this.#tally, this.#row);
    idle.configure(this.#idlePlan, this.#room);
    return {
      ...{ key, idle, servers: new Map(), server: null, address: "", by: member },
      ...{ name: isForAll(way) ? "" : this.#name, isSecure, isHopped, isForgotten: false },
      member: member?.id ?? "",
      door: member === null ? "" : doorText(member),
    };
  }

  #serverAt(known: Known, target: Target, way: Way): ServerSite {
    const { address } = target;
    let server = known.servers.get(address);
    if (server === undefined) {
      if (known.servers.size >= addressesMax) known.servers.clear();
      server = this.#make(this.#planOf(target, way, address), known.idle);
      // Who makes a site configures its connections for a pool without members.
      known.idle.configure(this.#idlePlan, this.#room);
      known.servers.set(address, server);
    }
    if (address !== this.#address) this.#address = address;
    known.server = server;
    known.address = this.#address;
    return server;
  }

  sweep(nowMs: number): void {
    for (const { idle } of this.#known.values()) idle.sweep(nowMs);
  }

  /** It has left the plan, and `heir` does not go on with what it knows. */
  retire(heir: Doors | null): void {
    if (heir !== null && heir.#known === this.#known) return;
    this.#isRetired = true;
    for (const { idle } of this.#known.values()) idle.close();
    this.#known.clear();
  }

  /** One more connection is to stand idle. False: there is no room. */
  #makeRoom(): boolean {
    if (this.idleCount < this.#idleMax) return true;
    for (const [key, known] of this.#known) {
      if (known.idle.count === 0) this.#forget(key, known);
      else if (known.idle.closeOldest()) return true;
    }
    return false;
  }

  /** All of these count in the row of the pool's one server. */
  get idleCount(): number {
    return this.#tally.cells[this.#row + serverCell.idle]!;
  }

  #forgetOldest(): void {
    const oldest = this.#known.entries().next();
    if (oldest.done !== true) this.#forget(...oldest.value);
  }

  #forget(key: string, known: Known): void {
    known.isForgotten = true;
    known.idle.close();
    this.#known.delete(key);
  }

  #planOf({ name, place }: Target, way: Way, address: string): ServerPlan {
    const { member, tls } = way;
    if (member === null) return this.#planAt(name, "", address, place.port, tls);
    const { id, door } = member;
    if (door.kind === "source") return { ...this.#planAt(name, id, address, place.port, tls), source: door.address };
    const at = placeText(door.host, door.port);
    if (door.kind === "gateway") return this.#planAt(at, id, address, door.port, null);
    if (!way.isHopped) return this.#planAt(at, id, address, door.port, door.tls);
    const { protocol, user, password } = door;
    const hop = { protocol, host: place.host, port: place.port, user, password };
    return {
      ...this.#planAt(name, id, address, door.port, tls),
      hop: door.tls === null ? hop : { ...hop, tls: door.tls },
    };
  }

  #planAt(name: string, member: string, host: string, port: number, tls: ServerTlsPlan | null): ServerPlan {
    // Sessions of TLS are kept by the id: one that began from one address, shown from another, would tell that both are one.
    const id = `${this.#pool}/${name}${member === "" ? "" : ` by ${member}`}`;
    return { ...this.#star, id, name, address: { kind: "tcp", host, port }, source: "", tls };
  }

  #noIdle(): IdleConnections {
    const idle = new IdleConnections(this.#tally, this.#row);
    idle.close();
    return idle;
  }
}

function doorText({ door }: EgressMemberPlan): string {
  return JSON.stringify(door);
}

/** One connection does for all targets. */
function isForAll({ member, isHopped }: Way): boolean {
  return member !== null && member.door.kind !== "source" && !isHopped;
}

/** Whether these are the connections by which the target would be reached that way. */
function isFor(known: Known, { name, isSecure }: Target, { member, isHopped }: Way): boolean {
  if (known.isForgotten || known.by !== member || known.isHopped !== isHopped) return false;
  return known.name === "" || (known.name === name && known.isSecure === isSecure);
}

function keyOf({ name, isSecure }: Target, way: Way): string {
  const id = way.member === null ? "" : way.member.id;
  return isForAll(way) ? id : `${id} ${isSecure ? "https" : "http"} ${name}`;
}
