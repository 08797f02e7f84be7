// One command of HAProxy's runtime API: its words, who may give it, and what answers it. An answer is a text, or several one after the other
// where it may be long; it ends in a line's end as HAProxy's do, and what stands behind it (an empty line, a prompt) is the session's. How a
// line becomes commands, and which one is meant, stands in session.ts and commands.ts.

export const levels = ["user", "operator", "admin"] as const;
export type Level = (typeof levels)[number];

export type Answer = string | AsyncIterable<string>;

export interface Call {
  /** All words of the command, its own among them. */
  readonly words: readonly string[];
  readonly level: Level;
  /** Who asks, for the audit log. */
  readonly actor: string;
}

export interface Command {
  /** Its own words: "show table". */
  readonly name: string;
  /** As `help` writes it. */
  readonly usage: string;
  readonly help: string;
  /** The least that may give it. */
  readonly level: Level;
  answer(call: Call): Answer | Promise<Answer>;
}

export const denied = "Permission denied\n";

export function isAllowed(level: Level, needed: Level): boolean {
  return levels.indexOf(level) >= levels.indexOf(needed);
}

/** Words from `at` on; one that is not there is empty, as in HAProxy. */
export function wordAt({ words }: Pick<Call, "words">, at: number): string {
  return words[at] ?? "";
}
