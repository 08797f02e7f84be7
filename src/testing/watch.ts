// Runs the tests of a config that has hooks in a process of its own, and watches it: a hook that never yields, or that ends its process,
// fails its own test and no other. The process (course.ts) tells which test it begins, what came of it, and that it still moves; where it
// stands still it is killed as a worker would be, and another goes on behind the test that was under way.

import { readDuration } from "../base/duration.ts";
import { selfCommand } from "../config/loadself.ts";
import type { Config } from "../config/types.ts";
import type { Course } from "./course.ts";
import type { TestResult } from "./run.ts";

/** Where the config lets workers stand still as long as they like. */
const usualStallMs = 10_000;

/** How long nothing may be heard of those who run tests. */
export function stallLimit(config: Config): number {
  const told = readDuration(config.stallTimeout);
  return told.ok && told.value > 0 ? told.value : usualStallMs;
}

export async function runWatched(path: string, names: readonly string[], limitMs: number): Promise<TestResult[]> {
  const results: TestResult[] = [];
  while (results.length < names.length) {
    const { isReady, why } = await runFrom(path, results, limitMs);
    // What keeps the first from being run would keep each of them.
    const missing = names.slice(results.length);
    results.push(...missing.slice(0, isReady ? 1 : missing.length).map((name) => failed(name, why)));
  }
  return results;
}

interface End {
  /** Tests were begun. */
  readonly isReady: boolean;
  /** Why there are no more results, if any are missing. */
  readonly why: string;
}

async function runFrom(path: string, results: TestResult[], limitMs: number): Promise<End> {
  const watch = new Watch(limitMs);
  let isReady = false;
  let failure: string | null = null;
  const child = Bun.spawn({
    ...selfCommand("tested", path, String(results.length)),
    env: { ...process.env, SLUICE_TESTED: "1" },
    // What the config prints must not mix with what a command answers.
    stdio: ["ignore", 2, 2],
    serialization: "advanced",
    ipc: (message) => {
      const said = message as Course; // Of our own program.
      watch.moved();
      if (said.kind === "ready") isReady = true;
      if (said.kind === "result") results.push(said.result);
      if (said.kind === "failure") failure = said.message;
    },
  });
  watch.begin(child);
  const code = await child.exited;
  watch.end();
  const stalled = `nothing moved for ${limitMs / 1000} s: code of the config, most likely a hook, computes without an end`;
  const ended = `code of the config has ended the process (${child.signalCode ?? code})`;
  return { isReady, why: failure ?? (watch.isStalled ? stalled : ended) };
}

function failed(name: string, message: string): TestResult {
  const failure = { where: "", request: "", differences: [], message, explanation: "", complaints: [] };
  return { name, isPassed: false, requests: 0, failure };
}

/** Kills a process of which nothing is heard. */
export class Watch {
  isStalled = false;
  readonly #limitMs: number;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #child: { kill(signal: "SIGKILL"): void } | null = null;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  begin(child: { kill(signal: "SIGKILL"): void }): void {
    this.#child = child;
    this.moved();
  }

  moved(): void {
    if (this.#child === null) return;
    clearTimeout(this.#timer ?? undefined);
    this.#timer = setTimeout(() => {
      this.isStalled = true;
      this.#child?.kill("SIGKILL");
    }, this.#limitMs);
  }

  end(): void {
    this.#child = null;
    clearTimeout(this.#timer ?? undefined);
  }
}
