// The rhythm of a source that is asked again and again: one question at a time, none longer than its timeout, the next one when the
// interval is over, or when the answer says. After a failure it is asked again soon, then less and less often, up to the
// interval. However often it is told of changes, it asks only half of the time. What is asked, and of whom, is said by the question.

import { wordsOf } from "../../base/systemerror.ts";
import type { Answer } from "./source.ts";

/** An answer, and when the next question is best put; absent: when the interval is over. */
export type Said = { readonly answer: Answer; readonly nextMs?: number };

/** May reject: with a Refusal that says why, or with any error, which becomes its reason. Aborted when nobody waits for it any more. */
export type Question = (signal: AbortSignal) => Promise<Said>;

export interface Rhythm {
  /** 0 asks until there is an answer, and then no more. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Besides the timeout, for a question that is answered when there is something to tell: how long the next may be held. */
  readonly holdMs?: () => number;
}

/** Why there is no answer; its message is an Answer's problem, and has nothing secret. */
export class Refusal extends Error {}

/** Between the end of a question and the next that a change makes: at least so long, and as long as the one before took. */
const restMs = 5;
const restMsMax = 250;
const retryMs = 2000;
const retryMsMax = 30_000;

export class Asking {
  readonly #rhythm: Rhythm;
  readonly #question: Question;
  readonly #tell: (answer: Answer) => void;
  #timer: Timer | null = null;
  #abort: AbortController | null = null;
  #failures = 0;
  /** The last one took so long, and ended then. */
  #tookMs = 0;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  /** Something has changed while it was being asked. */
  #isAgain = false;
  #isStopped = false;

  constructor(rhythm: Rhythm, question: Question, tell: (answer: Answer) => void) {
    this.#rhythm = rhythm;
    this.#question = question;
    this.#tell = tell;
  }

  /** Ask at once; when a question is under way, once more behind it. */
  now(): void {
    if (this.#isStopped) return;
    if (this.#abort !== null) {
      this.#isAgain = true;
      return;
    }
    const restedMs = performance.now() - this.#endedAtMs;
    this.#askIn(Math.min(Math.max(this.#tookMs, restMs), restMsMax) - restedMs);
  }

  /** In the place of whenever it was to be asked. */
  #askIn(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (delayMs <= 0) void this.#ask();
    else this.#timer = setTimeout(() => this.#askIn(0), delayMs);
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#abort?.abort();
  }

  async #ask(): Promise<void> {
    const abort = new AbortController();
    const beganMs = performance.now();
    this.#abort = abort;
    this.#isAgain = false;
    const { promise: late, resolve } = Promise.withResolvers<Said>();
    const { timeoutMs, holdMs = () => 0 } = this.#rhythm;
    const limit = setTimeout(() => resolve({ answer: lateAnswer(timeoutMs) }), timeoutMs + holdMs());
    let said: Said;
    try {
      const question = this.#question(abort.signal);
      question.catch(() => {}); // Of one that is late nobody wants to know any more.
      said = await Promise.race([question, late]);
    } catch (error) {
      said = { answer: { ok: false, problem: problemOf(error) } };
    }
    clearTimeout(limit);
    abort.abort();
    this.#abort = null;
    if (this.#isStopped) return;
    this.#endedAtMs = performance.now();
    this.#tookMs = this.#endedAtMs - beganMs;
    this.#failures = said.answer.ok ? 0 : this.#failures + 1;
    const delayMs = this.#delayMs(said);
    if (this.#isAgain) this.now();
    else if (delayMs !== null) this.#askIn(delayMs);
    this.#tell(said.answer);
  }

  #delayMs({ answer, nextMs }: Said): number | null {
    const { intervalMs } = this.#rhythm;
    if (answer.ok) return nextMs ?? (intervalMs === 0 ? null : intervalMs);
    return retryDelayMs(this.#failures, intervalMs);
  }
}

/** After so many failures in a row: 2 s, 4 s, 8 s, but never more than the interval, or half a minute. */
export function retryDelayMs(failures: number, intervalMs: number): number {
  const longest = intervalMs === 0 ? retryMsMax : Math.min(intervalMs, retryMsMax);
  return Math.min(retryMs * 2 ** Math.min(failures - 1, 10), longest);
}

export function lateAnswer(timeoutMs: number): Answer {
  return { ok: false, problem: `does not answer in ${timeoutMs / 1000} s` };
}

/** Of an error that is none of ours only its code is told: messages of others may quote what was asked. */
export function problemOf(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return `does not answer: ${typeof code === "string" ? wordsOf(code) : "it failed"}`;
}
