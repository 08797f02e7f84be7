// Where names lead to, asked of the system (which knows /etc/hosts and the machine's servers of names) for whatever names clients of a
// forward proxy have. So many are asked for at once; more wait, and who waits too long is told by its own deadline. One question
// serves all who ask the same. Answers are kept for a few seconds, for the system does not say how long they hold: long enough for
// the requests of a page, short enough that a name which moves is followed.
//
// A name that nobody answers for has its place for many seconds, and whoever has enough of them could keep everybody waiting. So
// places are shared among those who ask: one has a quarter of them, and more only where as many as a share stay free; the others
// of its names wait in a queue of its own, and the queues have their turns.
//
// The runtime has a resolver that takes no thread (c-ares). It was tried and is not used: it never looks at resolv.conf again, and not
// at all at nsswitch.conf, so that one machine had two opinions of a name. There are more threads instead (base/limits.ts).

import { lookup } from "node:dns/promises";
import { lookupsMax } from "../base/limits.ts";
import type { Resolution, ResolveFlow } from "../flow/port.ts";

/** Nobody has answered, or somebody that he cannot tell now. */
const undecided = "EAI_AGAIN";
/** Each takes a thread of the runtime's. */
const askingMax = lookupsMax;
/** Places that one who asks has in any case, and that all who have more leave free for others. */
const shareMax = askingMax / 4;
/** Names that wait to be asked for; more are told at once that there is no answer. */
const waitingMax = 1024;
/** Of these in one queue: four who ask for whatever they can think of do not yet shut out a fifth. */
const queueMax = 256;
const keptMax = 4096;
const goodMs = 10_000;
/** A name that was mistyped is soon right; one that does not exist is asked for again and again. */
const badMs = 2_000;

/** A name server that answers does so sooner, also that it cannot tell; of nobody's answer the system waits for seconds. */
const silentMs = 1_000;
const silent: Resolution = { addresses: [], problem: "no name server answers", isSilent: true };

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

/** A name that is asked for, or waits in one queue at least. */
interface Question {
  readonly flows: ResolveFlow[];
  isAsked: boolean;
}

interface Asker {
  /** Places that it has. */
  asking: number;
  /** What another has asked for meanwhile stands here until its turn. */
  readonly queue: string[];
}

export class Resolver {
  readonly #clock: Clock;
  readonly #lookup: Lookup;
  /** By name, the oldest first. */
  readonly #kept = new Map<string, Kept>();
  readonly #questions = new Map<string, Question>();
  /** Who has a place or waits for one; the one whose turn is next comes first. */
  readonly #askers = new Map<string, Asker>();
  #asking = 0;
  #waiting = 0;

  constructor(clock: Clock, lookup: Lookup = systemLookup) {
    this.#clock = clock;
    this.#lookup = lookup;
  }

  resolve(name: string, flow: ResolveFlow): Resolution | null {
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.untilMs > this.#clock.nowMs) return kept.resolution;
    const question = this.#questions.get(name) ?? { flows: [], isAsked: false };
    if (question.isAsked) {
      question.flows.push(flow);
      return null;
    }
    const asker = this.#askers.get(flow.asker) ?? { asking: 0, queue: [] };
    const isQueued = asker.queue.includes(name);
    const isFull = asker.queue.length >= queueMax || this.#waiting >= waitingMax;
    const hasPlace = this.#hasPlace(asker);
    if (!hasPlace && !isQueued && isFull) return { addresses: [], problem: "too many names wait to be looked up" };
    question.flows.push(flow);
    this.#questions.set(name, question);
    this.#askers.set(flow.asker, asker);
    if (hasPlace) this.#ask(name, question, flow.asker, asker);
    else if (!isQueued) {
      // It may wait in another's queue already, which says nothing of when its turn comes in this one.
      asker.queue.push(name);
      this.#waiting++;
    }
    return null;
  }

  #hasPlace({ asking }: Asker): boolean {
    const free = askingMax - this.#asking;
    return asking < shareMax ? free > 0 : free > shareMax;
  }

  #ask(name: string, question: Question, id: string, asker: Asker): void {
    question.isAsked = true;
    const askedMs = this.#clock.nowMs;
    this.#asking++;
    asker.asking++;
    const answer = this.#lookup(name).then(
      (addresses): Resolution => ({ addresses, problem: addresses.length === 0 ? "it has no address" : "" }),
      (error: unknown): Resolution => ({ addresses: [], problem: reasonOf(error) }),
    );
    void answer.then((resolution) => {
      this.#asking--;
      asker.asking--;
      this.#leave(id, asker);
      this.#answered(name, question, resolution, askedMs);
    });
  }

  #answered(name: string, { flows }: Question, answer: Resolution, askedMs: number): void {
    this.#questions.delete(name);
    try {
      this.#clock.refresh();
      const isSilent = answer.problem === undecided && this.#clock.nowMs - askedMs >= silentMs;
      const resolution = isSilent ? silent : answer;
      this.#keep(name, resolution);
      while (this.#askNext());
      for (const flow of flows) flow.resolved(resolution);
    } catch (failure) {
      // Nothing stands between a promise and the end of the process.
      this.#clock.failed(failure as Error);
    }
  }

  /** Of the first in turn that may. False: nobody is left who may. */
  #askNext(): boolean {
    for (const [id, asker] of this.#askers) {
      const { queue } = asker;
      while (queue.length > 0 && this.#questions.get(queue[0]!)?.isAsked !== false) this.#shift(asker);
      this.#leave(id, asker);
      if (queue.length === 0 || !this.#hasPlace(asker)) continue;
      const name = this.#shift(asker);
      this.#askers.delete(id);
      this.#askers.set(id, asker);
      this.#ask(name, this.#questions.get(name)!, id, asker);
      return true;
    }
    return false;
  }

  #shift({ queue }: Asker): string {
    this.#waiting--;
    return queue.shift()!;
  }

  #leave(id: string, { asking, queue }: Asker): void {
    if (asking === 0 && queue.length === 0) this.#askers.delete(id);
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
  if (code === "DNS_EAI_AGAIN") return undecided;
  return code === "" ? String(error) : code;
}
