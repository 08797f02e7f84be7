// What an operator should read about peers that do wrong, without a line for each of them: the first of a kind at once, then
// one a minute that says how many there were. Kinds are made of our own names and words, of which there are few.

const everyMs = 60_000;
/** More kinds than any config makes; past it the memory of all is dropped. */
const kindsMax = 4096;

interface Kind {
  toldMs: number;
  untold: number;
}

export class Complaints {
  readonly #warn: (message: string) => void;
  readonly #kinds = new Map<string, Kind>();

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** `message` is both the kind and what is written; `detail` is of this one case. */
  tell(message: string, detail: string, nowMs: number): void {
    const kind = this.#kinds.get(message);
    if (kind !== undefined && nowMs - kind.toldMs < everyMs) {
      kind.untold++;
      return;
    }
    const others = kind === undefined || kind.untold === 0 ? "" : ` (and ${kind.untold} times more since last told)`;
    if (this.#kinds.size >= kindsMax) this.#kinds.clear();
    this.#kinds.set(message, { toldMs: nowMs, untold: 0 });
    this.#warn(`${message}${detail}${others}`);
  }
}
