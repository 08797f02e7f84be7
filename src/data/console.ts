// The console of a config's code in a worker. What it prints would stand bare between the lines of Sluice's log, in pieces where two
// workers print at once; so each call is told as one entry of the log, without control characters (a hook may print what a client
// has sent), and no more of them than a log can bear: what is beyond is counted.

import { Console } from "node:console";

export type SpokenLevel = "debug" | "info" | "warn" | "error";
export type Speak = (level: SpokenLevel, text: string) => void;

/** Of one entry. */
export const spokenTextMax: number = 2000;
/** Entries in a window of a second. */
export const spokenMost: number = 100;
const windowMs = 1000;

/** Control characters, ends of lines, and what turns the direction of writing. */
const unwanted = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

type Methods = Record<string, unknown>;

/** What there was before, while it is taken. */
let former: Methods | null = null;

export function takeConsole(speak: Speak): void {
  if (former !== null) return;
  const own = console as unknown as Methods; // Its methods are put in its place one by one: others have hold of the object.
  const entries = new Entries(speak);
  const usual = consoleOf(entries, "info", "warn");
  const replaced: Methods = {
    ...usual,
    debug: consoleOf(entries, "debug", "debug")["debug"],
    error: consoleOf(entries, "error", "error")["error"],
    write: (...texts: unknown[]) => entries.add("info", texts.map(String).join("")),
  };
  former = Object.fromEntries(Object.keys(replaced).map((name) => [name, own[name]]));
  Object.assign(own, replaced);
}

export function giveConsoleBack(): void {
  if (former === null) return;
  Object.assign(console, former);
  former = null;
}

function consoleOf(entries: Entries, out: SpokenLevel, error: SpokenLevel): Methods {
  const made = new Console({ stdout: streamTo(entries, out), stderr: streamTo(entries, error) });
  const methods = Object.entries(made).filter(([, value]) => typeof value === "function");
  return Object.fromEntries(methods);
}

/** As much of a stream as a console uses: each call of a method is one write. */
function streamTo(entries: Entries, level: SpokenLevel): NodeJS.WritableStream {
  const nothing = (): void => {};
  const write = (text: string): boolean => {
    entries.add(level, text);
    return true;
  };
  const stream = { write, on: nothing, once: nothing, removeListener: nothing, listenerCount: () => 0 };
  return stream as unknown as NodeJS.WritableStream; // See above.
}

class Entries {
  readonly #speak: Speak;
  #count = 0;
  #left = 0;
  #windowEndMs = 0;

  constructor(speak: Speak) {
    this.#speak = speak;
  }

  add(level: SpokenLevel, text: string): void {
    const nowMs = performance.now();
    if (nowMs >= this.#windowEndMs) {
      this.#windowEndMs = nowMs + windowMs;
      this.#count = 0;
    }
    if (this.#count++ < spokenMost) return this.#speak(level, plain(text));
    if (this.#left++ === 0) setTimeout(() => this.#tellLeft(), this.#windowEndMs - nowMs);
  }

  #tellLeft(): void {
    this.#speak(
      "warn",
      `${this.#left} more were left out: of one worker there are at most ${spokenMost} entries a second`,
    );
    this.#left = 0;
  }
}

function plain(text: string): string {
  const whole = text.endsWith("\n") ? text.slice(0, -1) : text;
  const cut = whole.length > spokenTextMax ? `${whole.slice(0, spokenTextMax)}…` : whole;
  return cut.replace(unwanted, escaped);
}

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
