// Runs a course against a target: lets users come and go as it says, and counts. Linux gives the time of this process, which is
// told with the result: a generator that is busy all the time measures itself.

import { thinkSeconds, timeoutSeconds } from "../../deploy/k6/scenarios.js";
import type { Course } from "./course.ts";
import type { Target } from "./line.ts";
import { sourcesOf } from "./sources.ts";
import { Tally } from "./tally.ts";
import { User } from "./user.ts";

export interface Run {
  readonly course: Course;
  readonly target: Target;
  /** Addresses that requests come from. */
  readonly sources: number;
  readonly isLimited: boolean;
}

export interface Outcome extends Run {
  readonly tally: Tally;
  readonly durationMs: number;
  /** Share of one core that this process took. */
  readonly ownCpu: number;
}

export interface Glance {
  readonly tally: Tally;
  readonly elapsedMs: number;
  readonly users: number;
}

const tickMs = 20;
/** For the answers that are awaited at the end. */
const graceMs = 5000;
const sweepMs = 1000;

/** `seen` is told how it goes, at each tick. */
export async function runCrowd(run: Run, seen: (glance: Glance) => void = () => {}): Promise<Outcome> {
  const crowd = new Crowd(run, seen);
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await crowd.run(startMs);
  const durationMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  return { ...run, tally: crowd.tally, durationMs, ownCpu: (user + system) / 1000 / durationMs };
}

class Crowd {
  readonly tally = new Tally();
  readonly #run: Run;
  readonly #seen: (glance: Glance) => void;
  /** In the order in which they came. */
  readonly #users: User[] = [];
  /** Users by number: who comes back has the addresses that it had. */
  readonly #leaving = new Set<User>();
  #tickedMs = 0;
  #sweptMs = 0;
  #countedRequests = 0;

  constructor(run: Run, seen: (glance: Glance) => void) {
    this.#run = run;
    this.#seen = seen;
  }

  async run(startMs: number): Promise<void> {
    const { course } = this.#run;
    this.#tickedMs = this.#sweptMs = startMs;
    for (;;) {
      const nowMs = performance.now();
      const elapsedMs = nowMs - startMs;
      this.#count(nowMs);
      if (elapsedMs >= course.durationMs) break;
      this.#settle(course.usersAt(elapsedMs));
      this.#sweep(nowMs);
      this.#seen({ tally: this.tally, elapsedMs, users: this.#users.length });
      await Bun.sleep(tickMs);
    }
    this.#settle(0);
    const endMs = performance.now() + graceMs;
    while (this.#leaving.size > 0 && performance.now() < endMs) await Bun.sleep(tickMs);
    for (const user of [...this.#leaving]) user.stop();
  }

  #settle(wanted: number): void {
    const { target, course, sources } = this.#run;
    while (this.#users.length < wanted) {
      const own = sourcesOf(this.#users.length, course.usersMax, sources);
      const user: User = new User(target, this.tally, own, thinkSeconds * 1000, () => this.#leaving.delete(user));
      this.#users.push(user);
      user.start();
    }
    while (this.#users.length > wanted) {
      const user = this.#users.pop()!;
      this.#leaving.add(user);
      user.leave();
    }
  }

  /** What the full crowd did since the last tick. */
  #count(nowMs: number): void {
    if (this.#users.length === this.#run.course.usersMax) {
      this.tally.fullMs += nowMs - this.#tickedMs;
      this.tally.fullRequests += this.tally.requests - this.#countedRequests;
    }
    this.#tickedMs = nowMs;
    this.#countedRequests = this.tally.requests;
  }

  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < sweepMs) return;
    this.#sweptMs = nowMs;
    for (const user of this.#users) user.timeOut(nowMs - timeoutSeconds * 1000);
    for (const user of this.#leaving) user.timeOut(nowMs - timeoutSeconds * 1000);
  }
}
