// Where in a text each key and value of a config stands. The readers of the four formats fill it in; whoever finds a problem
// asks it. What was computed or merged has no place of its own and gets that of the nearest section around it.

import { type Inside, offsetInside } from "./caret.ts";
import { isSecretPath, masked } from "./mask.ts";
import type { Path, Place } from "./problem.ts";

interface Spot {
  readonly key: number;
  readonly value: number;
}

export class Places {
  readonly #text: string;
  readonly #spots = new Map<string, Spot>();
  readonly #lineStarts: number[] = [0];
  /** The text as it may be shown, once that is asked for. */
  #shown = "";

  constructor(text: string) {
    this.#text = text;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.#lineStarts.push(at + 1);
  }

  /** Offsets into the text; an element of a list has its value's place for a key. The first one told stays. */
  add(path: Path, key: number, value: number): void {
    const name = JSON.stringify(path);
    if (!this.#spots.has(name)) this.#spots.set(name, { key, value });
  }

  has(path: Path): boolean {
    return this.#spots.has(JSON.stringify(path));
  }

  /** The key's own place where the key is wrong, the value's where the value is. */
  find(path: Path, part: "key" | "value"): Place {
    for (let length = path.length; length >= 0; length--) {
      const spot = this.#spots.get(JSON.stringify(path.slice(0, length)));
      // A value that is missing is told at the name of the section that it is missing from.
      if (spot !== undefined) return this.at(length === path.length && part === "value" ? spot.value : spot.key);
    }
    return { line: 1, column: 1 };
  }

  /** Of the key there, or of the nearest above it. */
  offset(path: Path): number {
    for (let length = path.length; length >= 0; length--) {
      const spot = this.#spots.get(JSON.stringify(path.slice(0, length)));
      if (spot !== undefined) return spot.key;
    }
    return 0;
  }

  /** A character of a value, or of a key; null where it does not stand in the text as it was understood. */
  within(path: Path, part: "key" | "value", inside: Inside): Place | null {
    const spot = this.#spots.get(JSON.stringify(path));
    const offset = spot === undefined ? null : offsetInside(this.#text, spot[part], inside);
    return offset === null ? null : this.at(offset);
  }

  at(offset: number): Place {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#lineStarts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#lineStarts[low]! + 1 };
  }

  /** As it may be shown: what is secret in it is stars. */
  line(number: number): string {
    if (this.#shown === "") this.#shown = this.#masked();
    const start = this.#lineStarts[number - 1] ?? this.#text.length;
    return this.#shown.slice(start, this.#lineStarts[number] ?? this.#text.length).replace(/\r?\n$/, "");
  }

  #masked(): string {
    const paths = [...this.#spots].map(([name, { value }]) => ({ name, path: JSON.parse(name) as Path, value })); // `add` makes names of paths.
    const sections = new Set(paths.map(({ path }) => JSON.stringify(path.slice(0, -1))));
    const secrets = paths.filter(({ name, path }) => isSecretPath(path) && !sections.has(name));
    return masked(
      this.#text,
      secrets.map(({ value }) => value),
    );
  }
}
