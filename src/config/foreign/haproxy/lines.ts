// The text of a haproxy.cfg as lines of words, with what .if, .elif, .else and .endif leave out left out, and what .notice, .warning
// and .alert say told. It knows directives and the order of lines, no section and no keyword.

import { type Environment, variableOf } from "../../substitute.ts";
import { filledIn } from "./addressvariable.ts";
import { readCondition } from "./condition.ts";
import { type LineFault, lexLine } from "./lexer.ts";
import type { Word } from "./scene.ts";

export interface Said {
  readonly severity: "error" | "warning";
  readonly word: Word;
  /** A whole sentence. */
  readonly message: string;
}

export interface Lines {
  readonly lines: readonly (readonly Word[])[];
  readonly faults: readonly LineFault[];
  readonly said: readonly Said[];
  /** As the file leaves it, with what setenv and its like say: what env() asks. */
  readonly environment: Environment;
}

/** A block of .if that is open. */
interface Block {
  readonly word: Word;
  /** Whether what stands here counts; and whether a branch has counted already. */
  isOn: boolean;
  hasHeld: boolean;
  readonly isAroundOn: boolean;
  hasElse: boolean;
}

export function readLines(text: string, environment: Environment): Lines {
  const reader = new LinesReader(environment);
  let start = 0;
  for (const [index, line] of text.split("\n").entries()) {
    reader.line(line.replace(/\r$/, ""), index + 1, start);
    start += line.length + 1;
  }
  return reader.end();
}

class LinesReader {
  /** Lines of setenv and its like change it for the lines after them. */
  #environment: Environment;
  readonly #lines: (readonly Word[])[] = [];
  readonly #faults: LineFault[] = [];
  readonly #said: Said[] = [];
  readonly #blocks: Block[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  line(text: string, number: number, start: number): void {
    const { words, fault } = lexLine(text, number, start, this.#environment);
    const isOn = this.#blocks.at(-1)?.isOn ?? true;
    const first = words[0];
    if (fault !== null) {
      if (isOn) this.#faults.push(fault);
    } else if (first?.text.startsWith(".") === true && !first.isQuoted) this.#directive(first, words.slice(1), isOn);
    else if (isOn && words.length > 0) {
      this.#lines.push(filledIn(words, this.#environment));
      this.#assign(words);
    }
  }

  #assign([first, name, value]: readonly Word[]): void {
    const variable = name?.text ?? "";
    if (
      first?.text === "setenv" ||
      (first?.text === "presetenv" && variableOf(this.#environment, variable) === undefined)
    )
      this.#environment = { ...this.#environment, [variable]: value?.text ?? "" };
    else if (first?.text === "unsetenv" || first?.text === "resetenv") {
      const names = this.#lines
        .at(-1)!
        .slice(1)
        .map(({ text }) => text);
      const isKept = (each: string): boolean => names.includes(each) === (first.text === "resetenv");
      this.#environment = Object.fromEntries(Object.entries(this.#environment).filter(([each]) => isKept(each)));
    }
  }

  end(): Lines {
    for (const { word } of this.#blocks) this.#say("error", word, "has no .endif");
    return { lines: this.#lines, faults: this.#faults, said: this.#said, environment: this.#environment };
  }

  #say(severity: Said["severity"], word: Word, message: string): void {
    this.#said.push({ severity, word, message });
  }

  #directive(first: Word, rest: readonly Word[], isOn: boolean): void {
    const block = this.#blocks.at(-1);
    switch (first.text) {
      case ".if": {
        const holds = isOn && this.#holds(first, rest);
        this.#blocks.push({ word: first, isOn: holds, hasHeld: holds, isAroundOn: isOn, hasElse: false });
        return;
      }
      case ".elif":
      case ".else":
        if (block === undefined) return this.#say("error", first, "stands outside of any .if");
        if (block.hasElse) return this.#say("error", first, "comes after the .else of its block");
        block.hasElse = first.text === ".else";
        block.isOn = block.isAroundOn && !block.hasHeld && (block.hasElse || this.#holds(first, rest));
        block.hasHeld ||= block.isOn;
        return;
      case ".endif":
        if (this.#blocks.pop() === undefined) this.#say("error", first, "stands outside of any .if");
        return;
      case ".diag":
      case ".notice":
      case ".warning":
      case ".alert":
        if (isOn) this.#message(first, rest);
        return;
      default:
        if (isOn)
          this.#say(
            "error",
            first,
            "is no directive; known are .if, .elif, .else, .endif, .diag, .notice, .warning, .alert",
          );
    }
  }

  #message(first: Word, rest: readonly Word[]): void {
    if (rest.length > 1)
      return this.#say("error", rest[1]!, "is one word too many: a message with spaces stands in quotes");
    const text = rest[0]?.text ?? "";
    if (first.text === ".alert") this.#say("error", first, `says: ${text}`);
    else if (first.text === ".warning") this.#say("warning", first, `says: ${text}`);
  }

  #holds(first: Word, rest: readonly Word[]): boolean {
    const truth = readCondition(rest.map(({ text }) => text).join(" "), this.#environment);
    if (!truth.ok) this.#say("error", first, `cannot be decided: ${truth.message}`);
    return truth.ok && truth.value;
  }
}
