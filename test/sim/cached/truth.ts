// What servers of a simulated world would say of each resource at each moment: its versions, each with the time at which the next took its
// place, and how long others may show it. Whoever has seen an answer asks here whether it may have been given: an oracle that knows
// nothing of how the cache works.

import { contentOf } from "../message.ts";
import type { World } from "../world.ts";

/** In steps of a second, for that is what fields can say. */
export interface Habits {
  readonly maxAgeS: number;
  readonly whileRevalidateS: number;
  readonly ifErrorS: number;
  /** "private": for each user another content; "none": never stored; "always": never shown without asking. */
  readonly kind: "public" | "private" | "none" | "always";
  /** By X-Variant. */
  readonly isVarying: boolean;
  readonly hasEtag: boolean;
  readonly length: number;
  readonly framing: "length" | "chunked" | "close";
}

interface Version {
  readonly number: number;
  /** Until then servers have said this; infinite for the newest. */
  untilMs: number;
}

export class Resource {
  readonly path: string;
  readonly habits: Habits;
  readonly #world: World;
  readonly #versions: Version[] = [{ number: 1, untilMs: Number.POSITIVE_INFINITY }];
  /** How often servers were asked for it. */
  asked = 0;
  /** The newest version that a client was told it has made, and when. */
  #written = { number: 0, atMs: Number.POSITIVE_INFINITY };

  constructor(world: World, path: string, habits: Habits) {
    this.#world = world;
    this.path = path;
    this.habits = habits;
  }

  get version(): number {
    return this.#versions.at(-1)!.number;
  }

  change(): number {
    const former = this.#versions.at(-1)!;
    former.untilMs = this.#world.nowMs;
    this.#versions.push({ number: former.number + 1, untilMs: Number.POSITIVE_INFINITY });
    return former.number + 1;
  }

  /** A client knows that this version was made. */
  wrote(number: number): void {
    if (number > this.#written.number) this.#written = { number, atMs: this.#world.nowMs };
  }

  /** What was known to be written at that time. */
  writtenBefore(ms: number): number {
    return this.#written.atMs <= ms ? this.#written.number : 0;
  }

  /** How long before `ms` that version was outdated; 0 where it was not. */
  outdatedMs(number: number, ms: number): number {
    const version = this.#versions[number - 1];
    return version === undefined ? Number.POSITIVE_INFINITY : Math.max(0, ms - version.untilMs);
  }

  etag(number: number, variant: string, user: string): string {
    return `"${this.path.slice(1)}.${number}.${this.#ownOf(variant, user)}"`;
  }

  /** What the content is of, beside path and version. */
  #ownOf(variant: string, user: string): string {
    return `${this.habits.isVarying ? variant : "-"}.${this.habits.kind === "private" ? user : "-"}`;
  }

  content(number: number, variant: string, user: string): Uint8Array {
    const seed = Number(Bun.hash.crc32(this.etag(number, variant, user)));
    return contentOf(seed, this.habits.length + (number % 7));
  }
}

export class Truth {
  readonly resources: readonly Resource[];

  constructor(resources: readonly Resource[]) {
    this.resources = resources;
  }

  /** Of paths that begin so. */
  static draw(world: World, prefix: string, count: number): Truth {
    return new Truth(
      Array.from({ length: count }, (_, index) => new Resource(world, `${prefix}${index}`, drawHabits(world))),
    );
  }

  find(path: string): Resource {
    return this.resources.find((resource) => resource.path === path)!;
  }
}

function drawHabits(world: World): Habits {
  return {
    maxAgeS: world.between(0, 15),
    whileRevalidateS: world.chance(0.4) ? world.between(1, 10) : 0,
    ifErrorS: world.chance(0.4) ? world.between(1, 20) : 0,
    kind: world.chance(0.7) ? "public" : world.pick(["private", "none", "always"] as const),
    isVarying: world.chance(0.3),
    hasEtag: world.chance(0.7),
    length: world.chance(0.2) ? world.between(20_000, 400_000) : world.between(0, 3_000),
    framing: world.pick(["length", "length", "chunked", "close"] as const),
  };
}

/** Of which everybody may show the same for long: what is asked of them at once is asked of servers once. */
export const lasting: Habits = {
  maxAgeS: 600,
  whileRevalidateS: 0,
  ifErrorS: 0,
  kind: "public",
  isVarying: false,
  hasEtag: true,
  length: 5_000,
  framing: "length",
};
