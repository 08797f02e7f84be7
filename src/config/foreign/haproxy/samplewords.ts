// The syntax of a sample expression: a fetch, and converters behind commas, each with arguments in brackets. Quotes and
// backslashes inside of brackets are HAProxy's second level of quoting: the first has been taken off by the lexer.

import { fault } from "./objection.ts";
import type { Word } from "./scene.ts";

export interface Called {
  readonly name: string;
  readonly args: readonly string[];
}

/** At least one: the fetch, then its converters. */
export function readCalls(word: Word, written: string = word.text): readonly Called[] {
  const calls: Called[] = [];
  let at = 0;
  for (;;) {
    const name = /^[^(),\s]*/.exec(written.slice(at))![0];
    if (name === "")
      return fault(word, calls.length === 0 ? "must name a sample" : "must name a converter after a comma");
    at += name.length;
    let args: readonly string[] = [];
    if (written[at] === "(") {
      const found = argumentsFrom(written, at + 1);
      if (found === null) return fault(word, `has no closing bracket after ${JSON.stringify(name)}`);
      args = found.args;
      at = found.end;
    }
    calls.push({ name, args });
    if (at === written.length) return calls;
    if (written[at] !== ",") return fault(word, `has ${JSON.stringify(written.slice(at))} where a comma is expected`);
    at += 1;
  }
}

function argumentsFrom(written: string, start: number): { args: string[]; end: number } | null {
  const args: string[] = [];
  let current = "";
  let quote = "";
  for (let at = start; at < written.length; at++) {
    const character = written[at]!;
    if (quote !== "" && character === quote) quote = "";
    else if (quote === "" && (character === '"' || character === "'")) quote = character;
    else if (character === "\\" && quote !== "'" && at + 1 < written.length) {
      // In double quotes only these lose their backslash, so that \d in a regular expression keeps it.
      const next = written[at + 1]!;
      const isEscape = quote === "" ? /[\\ "',)]/.test(next) : /[\\"]/.test(next);
      current += isEscape ? next : character + next;
      at += 1;
    } else if (quote === "" && character === ",") {
      args.push(current);
      current = "";
    } else if (quote === "" && character === ")") {
      args.push(current);
      return { args: args.length === 1 && args[0] === "" ? [] : args, end: at + 1 };
    } else current += character;
  }
  return null;
}
