// Where names lead to, asked of the system (which knows /etc/hosts and the machine's servers of names) for whatever names clients of a
// forward proxy have. So many are asked for at once; more wait, and who waits too long is told by its own deadline. One question
// serves all who ask the same. Answers are kept for a few seconds, for the system does not say how long they hold: long enough for
// the requests of a page, short enough that a name which moves is followed.

import { lookup } from "node:dns/promises";
import type { Resolution, ResolveFlow } from "../flow/port.ts";

/** Each takes a thread of the runtime's, or a slot of its resolver. */
const askingMax = 32;
/** Names that wait to be asked for; more are told at once that there is no answer. */
const waitingMax = 1024;
const keptMax = 4096;
const goodMs = 10_000;
/** A name that was mistyped is soon right; one that does not exist is asked for again and again. */
const badMs = 2_000;

export type Lookup = (name: string) => Promise<readonly string[]>;

interface Clock {
  readonly nowMs: number;
  refresh(): void;
  failed(error: Error): void;
}

interface Kept {
  readonly resolution: Resolution;
  readonly untilMs: number;
}

export class Resolver {
  readonly #clock: Clock;
  readonly #lookup: Lookup;
  /** By name, the oldest first. */
  readonly #kept = new Map<string, Kept>();
  /** Who wants to know, by name: of those that are asked for, and of those that wait for it. */
  readonly #asked = new Map<string, ResolveFlow[]>();
  readonly #waiting: string[] = [];
  #asking = 0;

  constructor(clock: Clock, lookup: Lookup = systemLookup) {
    this.#clock = clock;
    this.#lookup = lookup;
  }

  resolve(name: string, flow: ResolveFlow): Resolution | null {
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.untilMs > this.#clock.nowMs) return kept.resolution;
    const others = this.#asked.get(name);
    if (others !== undefined) {
      others.push(flow);
      return null;
    }
    if (this.#waiting.length >= waitingMax) return { addresses: [], problem: "too many names wait to be looked up" };
    this.#asked.set(name, [flow]);
    if (this.#asking < askingMax) this.#ask(name);
    else this.#waiting.push(name);
    return null;
  }

  #ask(name: string): void {
    this.#asking++;
    const question = this.#lookup(name).then(
      (addresses): Resolution => ({ addresses, problem: addresses.length === 0 ? "it has no address" : "" }),
      (error: unknown): Resolution => ({ addresses: [], problem: reasonOf(error) }),
    );
    void question.then((resolution) => this.#answered(name, resolution));
  }

  #answered(name: string, resolution: Resolution): void {
    const flows = this.#asked.get(name) ?? [];
    this.#asked.delete(name);
    this.#asking--;
    try {
      this.#clock.refresh();
      this.#keep(name, resolution);
      const next = this.#waiting.shift();
      if (next !== undefined) this.#ask(next);
      for (const flow of flows) flow.resolved(resolution);
    } catch (failure) {
      // Nothing stands between a promise and the end of the process.
      this.#clock.failed(failure as Error);
    }
  }

  #keep(name: string, resolution: Resolution): void {
    this.#kept.delete(name);
    if (this.#kept.size >= keptMax) this.#kept.delete(this.#kept.keys().next().value!);
    const forMs = resolution.problem === "" ? goodMs : badMs;
    this.#kept.set(name, { resolution, untilMs: this.#clock.nowMs + forMs });
  }
}

/** In the order that the system prefers (RFC 6724). */
async function systemLookup(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true, order: "verbatim" });
  return found.map(({ address }) => address);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "ENOTFOUND" || code === "DNS_ENOTFOUND") return "no such name";
  return code === "" ? String(error) : code;
}
