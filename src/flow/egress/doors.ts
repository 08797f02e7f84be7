// Where the targets of a pool are reached, from the system's own address or through the members of an egress pool: a server site for
// each target and member, with the idle connections that were made between the two; where all targets are asked for over one connection
// (gateways, HTTP proxies) one for the member alone. There may be thousands of both: only so many are known at a time, and only so
// many connections idle, the oldest of which make room. A reload keeps those of members that stay. A member is asked for the same target
// again and again: that one is found without a text by which to look for it, and while there is room to spare nobody is moved.

import type { EgressMemberPlan, PoolPlan, ServerPlan, ServerTlsPlan } from "../../config/plan.ts";
import type { Tally } from "../../memory/tally.ts";
import { IdleConnections, IdleHouse, keptOf, targetsIdleMax } from "../idle.ts";
import type { ServerSite } from "../site.ts";
import { type PlaceKept, placeText } from "../targets/place.ts";
import type { Target } from "../targets/target.ts";
import type { Upstream } from "../upstream.ts";

/** Pairs of target and member that a worker knows. */
export const doorsMax: number = 16 * 1024;
/** A name has few addresses. */
const addressesMax = 16;

/** A target as connections are told apart by: its name, and whether TLS is spoken there. Of texts that are the same there is one. */
class Destination implements PlaceKept {
  /** Whose doors lead there. */
  readonly by: object;
  readonly name: string;
  readonly isSecure: boolean;
  /** The door that it was asked for by last, and of which member. */
  door: Door | null = null;
  index = -2;

  constructor(by: object, name: string, isSecure: boolean) {
    this.by = by;
    this.name = name;
    this.isSecure = isSecure;
  }

  /** Places remember where they were led to: not what that has held. */
  leave(door: Door): void {
    if (this.door === door) this.door = null;
  }
}

/** What a door is besides: asked for where a connection is dialed, or plans change. */
interface Frame {
  readonly key: string;
  /** By address. */
  readonly servers: Map<string, ServerSite>;
  /** "" for the system's own address. */
  readonly member: string;
  /** What the member's way in was then. */
  readonly entry: string;
  /** Of the server that was asked for last. */
  address: string;
}

/**
 * From one member to one destination: the idle connections between the two, and what is known to dial others by. With what it inherits
 * it has six fields, which is a line of memory: there may be thousands, of which each comes up once in a while.
 */
class Door extends IdleConnections {
  /** Of those that the newest plan tells apart; null once it is forgotten. */
  destination: Destination | null = null;
  /** What was asked for last. */
  server: ServerSite | null = null;
  readonly frame: Frame;

  constructor(house: IdleHouse, key: string, member: EgressMemberPlan | null) {
    super(house);
    const [id, entry] = member === null ? ["", ""] : [member.id, entryText(member)];
    this.frame = { key, servers: new Map(), member: id, entry, address: "" };
  }
}

type MakeServer = (plan: ServerPlan, idle: IdleConnections) => ServerSite;

/** What is known, in common with the doors of plans before: requests that began by one of those still come to them. */
interface Known {
  /** The one that was asked for last comes last, of those that were asked for since there is little room. */
  readonly doors: Map<string, Door>;
  /** The newest plan's. */
  house: IdleHouse;
  /** Nobody looks after them any more. */
  isRetired: boolean;
}

/** How a target is reached. */
export interface Way {
  readonly member: EgressMemberPlan | null;
  /** Of the member in the plan; -1 without. */
  readonly index: number;
  readonly isHopped: boolean;
  readonly isTunnel: boolean;
  /** One connection does for all targets. */
  readonly isForAll: boolean;
  /** TLS of ours with the target; null without. */
  readonly tls: ServerTlsPlan | null;
}

export class Doors {
  readonly #star: ServerPlan;
  readonly #pool: string;
  readonly #make: MakeServer;
  readonly #idleMax: number;
  readonly #known: Known;
  /** By index of the member, from the system's own address on: which was asked for last. */
  readonly #latest: (Door | undefined)[] = [];
  /** Stands for these doors where places remember them, and holds nothing of them. */
  readonly #mark: object = {};
  /** What all targets are asked for by, where one connection does. */
  readonly #all: Destination = new Destination(this.#mark, "", false);
  /** By name, without and with TLS. */
  readonly #plain: Map<string, Destination> = new Map();
  readonly #secure: Map<string, Destination> = new Map();
  #address = "";
  /** Of the connection that was sighted last: what is kept has to be looked at. */
  isHolding = false;

  /** `former`: of the plan before; what it knows is taken over, but for members that `members` has no more. */
  constructor(
    plan: PoolPlan,
    tally: Tally,
    row: number,
    make: MakeServer,
    former: Doors | null,
    members: readonly EgressMemberPlan[],
    idleMax: number = targetsIdleMax,
  ) {
    this.#star = plan.servers[0]!;
    this.#pool = plan.name;
    this.#make = make;
    this.#idleMax = idleMax;
    const house = new IdleHouse(tally, row);
    house.configure(keptOf(plan, this.#star), { makeRoom: () => this.#makeRoom() });
    this.#known = former === null ? { doors: new Map(), house, isRetired: false } : former.#known;
    this.#known.house = house;
    if (former !== null) this.#keepOnly(members);
  }

  #keepOnly(members: readonly EgressMemberPlan[]): void {
    const entries = new Map(members.map((member) => [member.id, member]));
    for (const door of this.#known.doors.values()) {
      const member = entries.get(door.frame.member);
      const isGone = door.frame.member !== "" && (member === undefined || entryText(member) !== door.frame.entry);
      if (isGone) this.#forget(door);
      else door.move(this.#known.house);
    }
  }

  get count(): number {
    return this.#known.doors.size;
  }

  /**
   * A request is about to be given that member, by its index. The connection that it went over last is looked at, so that it comes from
   * memory while the member does: each of the two takes the other's time otherwise. Nothing follows from it.
   */
  sight(index: number): void {
    const upstream = this.#latest[index + 1]?.newest;
    this.isHolding = upstream?.line?.isHolding === true;
  }

  /** A connection to the target by that way that stands idle; null without. Nothing is looked at but its door, and itself. */
  take(target: Target, way: Way): Upstream | null {
    // A tunnel's connection is nobody else's; neither is kept what nobody would look after.
    return way.isTunnel || this.#known.isRetired ? null : this.#doorTo(target, way).take();
  }

  /** Through that member to the target, at the address whose turn it is. */
  serverOf(target: Target, way: Way): ServerSite {
    const { address } = target;
    if (way.isTunnel || this.#known.isRetired) return this.#make(this.#planOf(target, way, address), this.#noIdle());
    const door = this.#doorTo(target, way);
    return door.server !== null && door.frame.address === address ? door.server : this.#serverAt(door, target, way);
  }

  #doorTo(target: Target, way: Way): Door {
    const destination = way.isForAll ? this.#all : this.#destinationOf(target);
    const latest = this.#latest[way.index + 1];
    const door = latest !== undefined && latest.destination === destination ? latest : this.#find(destination, way);
    if (this.#isTight) {
      this.#known.doors.delete(door.frame.key);
      this.#known.doors.set(door.frame.key, door);
    }
    return door;
  }

  #destinationOf(target: Target): Destination {
    const { kept } = target.place;
    if (kept !== null && kept.by === this.#mark) {
      // Only these doors leave that mark, and on what they have made.
      const destination = kept as Destination;
      if (destination.isSecure === target.isSecure) return destination;
    }
    return this.#seekDestination(target);
  }

  #seekDestination({ place, name, isSecure }: Target): Destination {
    const known = isSecure ? this.#secure : this.#plain;
    let destination = known.get(name);
    if (destination === undefined) {
      if (known.size >= doorsMax) known.clear();
      destination = new Destination(this.#mark, name, isSecure);
      known.set(name, destination);
    }
    place.kept = destination;
    return destination;
  }

  /** Only then it matters who is the oldest. */
  get #isTight(): boolean {
    return this.idleCount * 2 >= this.#idleMax || this.#known.doors.size * 2 >= doorsMax;
  }

  /** Not the one that its member was asked for last. */
  #find(destination: Destination, way: Way): Door {
    let { door } = destination;
    if (destination.index !== way.index || door === null || door.destination !== destination) {
      door = this.#lookUp(destination, way);
      destination.door = door;
      destination.index = way.index;
    }
    this.#latest[way.index + 1] = door;
    return door;
  }

  #lookUp(destination: Destination, way: Way): Door {
    const key = keyOf(destination, way);
    let door = this.#known.doors.get(key);
    if (door === undefined) {
      if (this.#known.doors.size >= doorsMax) this.#forgetOldest();
      door = new Door(this.#known.house, key, way.member);
      this.#known.doors.set(key, door);
    }
    door.destination?.leave(door);
    door.destination = destination;
    return door;
  }

  #serverAt(door: Door, target: Target, way: Way): ServerSite {
    const { address } = target;
    const { servers } = door.frame;
    let server = servers.get(address);
    if (server === undefined) {
      if (servers.size >= addressesMax) servers.clear();
      server = this.#make(this.#planOf(target, way, address), door);
      servers.set(address, server);
    }
    if (address !== this.#address) this.#address = address;
    door.server = server;
    door.frame.address = this.#address;
    return server;
  }

  sweep(nowMs: number): void {
    for (const door of this.#known.doors.values()) door.sweep(nowMs);
  }

  /** It has left the plan, and `heir` does not go on with what it knows. */
  retire(heir: Doors | null): void {
    if (heir !== null && heir.#known === this.#known) return;
    this.#known.isRetired = true;
    for (const door of this.#known.doors.values()) this.#forget(door);
  }

  /** One more connection is to stand idle. False: there is no room. */
  #makeRoom(): boolean {
    if (this.idleCount < this.#idleMax) return true;
    for (const door of this.#known.doors.values()) {
      if (door.count === 0) this.#forget(door);
      else if (door.closeOldest()) return true;
    }
    return false;
  }

  get idleCount(): number {
    return this.#known.house.count;
  }

  #forgetOldest(): void {
    const oldest = this.#known.doors.values().next();
    if (oldest.done !== true) this.#forget(oldest.value);
  }

  #forget(door: Door): void {
    door.destination?.leave(door);
    door.destination = null;
    door.close();
    this.#known.doors.delete(door.frame.key);
  }

  #planOf({ name, place }: Target, way: Way, address: string): ServerPlan {
    const { member, tls } = way;
    if (member === null) return { ...this.#planAt(name, "", address, place.port, tls), source: this.#star.source };
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
    const idle = new IdleConnections(this.#known.house);
    idle.close();
    return idle;
  }
}

function entryText({ door }: EgressMemberPlan): string {
  return JSON.stringify(door);
}

function keyOf({ name, isSecure }: Destination, { member, isForAll }: Way): string {
  const id = member === null ? "" : member.id;
  return isForAll ? id : `${id} ${isSecure ? "https" : "http"} ${name}`;
}
