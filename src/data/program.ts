// The code of one config in this worker: a module that is imported with a limit of time, used by the plans that name it, and let go of
// when another has taken its place. The runtime is made to forget a module as soon as it is there: so it goes when nothing
// refers to it any more, and one that failed can be tried again. What the code has begun by itself (timers, connections) only it can
// end: its onUnload is called for that.

import { evaluateLimitMs } from "../config/loadevaluate.ts";
import { isSection, type Section, sectionOf } from "../config/section.ts";
import { errorText } from "../flow/hooks.ts";

/** Says what went wrong in the config's code: the kind, and the case. */
export type Complain = (message: string, detail: string) => void;

export interface Limits {
  readonly importMs: number;
  /** How long a promise of onUnload is waited for before it is told. */
  readonly unloadMs: number;
}

/** As long as control gives the same code, or what a config may do would depend on where it is run. */
export const usualLimits: Limits = { importMs: evaluateLimitMs, unloadMs: 5000 };

export class Program {
  readonly config: Section;
  /** Of the plans that have used it. */
  #firstGeneration = Number.POSITIVE_INFINITY;
  #lastGeneration = 0;
  /** Since when another has been in force everywhere; null: it is this one, or nothing is decided. */
  retiredAtMs: number | null = null;

  constructor(config: Section) {
    this.config = config;
  }

  usedBy(generation: number): void {
    this.#firstGeneration = Math.min(this.#firstGeneration, generation);
    this.#lastGeneration = Math.max(this.#lastGeneration, generation);
    this.retiredAtMs = null;
  }

  /** Whether an exchange that began under that plan may still ask it. */
  mayServe(generation: number): boolean {
    return generation >= this.#firstGeneration && generation <= this.#lastGeneration;
  }

  /** Never throws. */
  unload(complain: Complain, limitMs: number): void {
    const { onUnload } = this.config as { onUnload?: unknown }; // Whatever the operator wrote.
    if (typeof onUnload !== "function") return;
    const failed = (error: unknown): void => complain("onUnload of the config failed", `: ${errorText(error)}`);
    const timer = setTimeout(
      () => complain("onUnload of the config has not ended", ` in ${limitMs / 1000} s`),
      limitMs,
    );
    Promise.try(() => onUnload.call(this.config))
      .catch(failed)
      .finally(() => clearTimeout(timer));
  }
}

/** How often an import has not ended in its time: such a module is never run anew under its own name. */
let unended = 0;

/** Rejects with an Error for the operator. What comes after that is unloaded as soon as it is there. */
export async function importProgram(path: string, complain: Complain, limits: Limits): Promise<Program> {
  const name = unended === 0 ? path : `${path}?${unended}`;
  let isLate = false;
  const coming = programIn(name).finally(() => {
    delete require.cache[name];
  });
  const { promise: end, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    isLate = true;
    unended++;
    reject(
      new Error(
        `the code of the config did not finish within ${limits.importMs / 1000} s in a worker: what it awaits at its top does not come`,
      ),
    );
  }, limits.importMs);
  coming.then(
    (program) => {
      if (isLate) program.unload(complain, limits.unloadMs);
    },
    () => {},
  );
  try {
    return await Promise.race([coming, end]);
  } finally {
    clearTimeout(timer);
  }
}

async function programIn(name: string): Promise<Program> {
  const config = await ((await import(name)) as { default?: unknown }).default; // Whatever the operator wrote.
  if (!isSection(config)) throw new Error("the config has not given its value a second time, in a worker");
  return new Program(sectionOf(config));
}
