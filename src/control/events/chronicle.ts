// What has changed, in the words of the log: plans that came into force, reloads that were refused, servers that went and came back with
// the reason, bans, workers that died. The log says each such thing once and well; whoever looks on is told the same, whatever the log's
// level lets through. The last few are kept, so that who comes to look sees what has just happened.

import type { ChangeRecord } from "../api/shape/change.ts";
import type { Log } from "../log.ts";

const keptMax = 200;
/** A line may quote what others sent. */
const textMax = 1000;

export class Chronicle {
  /** Says what the log says, to be used in its place: its lines are kept and told here, then written there. */
  readonly log: Log;
  readonly #nowMs: () => number;
  readonly #kept: ChangeRecord[] = [];
  #listener: ((change: ChangeRecord) => void) | null = null;

  constructor(log: Log, nowMs: () => number) {
    this.#nowMs = nowMs;
    const told = (level: ChangeRecord["level"]) => {
      return (...said: unknown[]): void => {
        this.#note(level, said.find((part) => typeof part === "string") ?? "");
        // Methods of the log are replaced when its level is set: they are looked up each time.
        (log[level] as (...said: unknown[]) => void)(...said);
      };
    };
    // All else is the log's own, its level too: setting it on this object would replace the methods here.
    this.log = Object.create(log, {
      info: { value: told("info") },
      warn: { value: told("warn") },
      error: { value: told("error") },
      level: {
        get: () => log.level,
        set: (level: string) => {
          log.level = level;
        },
      },
    }) as Log;
  }

  /** The newest first. */
  latest(limit: number): ChangeRecord[] {
    return this.#kept.slice(-limit).reverse();
  }

  /** One at a time, null for none. */
  listen(listener: ((change: ChangeRecord) => void) | null): void {
    this.#listener = listener;
  }

  #note(level: ChangeRecord["level"], text: unknown): void {
    const change = { at: new Date(this.#nowMs()).toISOString(), level, text: String(text).slice(0, textMax) };
    if (this.#kept.length === keptMax) this.#kept.shift();
    this.#kept.push(change);
    this.#listener?.(change);
  }
}
