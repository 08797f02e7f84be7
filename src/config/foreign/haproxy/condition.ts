// Conditions of .if and .elif: numbers, defined(NAME), feature(NAME), streq(a,b), strneq(a,b), version_atleast(x) and
// version_before(x), with !, &&, || and parentheses. The version that is told is that of the HAProxy whose language is spoken here.

import { type Environment, variableOf } from "../../substitute.ts";

/** The version of HAProxy whose configuration this room reads. */
export const spokenVersion: readonly number[] = [2, 6, 0];
const features: ReadonlySet<string> = new Set([
  "OPENSSL",
  "GETADDRINFO",
  "LINUX_SPLICE",
  "THREAD",
  "TFO",
  "NS",
  "EPOLL",
  "PCRE",
]);

export type Truth = { readonly ok: true; readonly value: boolean } | { readonly ok: false; readonly message: string };

/** `text` is what stands behind .if, quotes and variables resolved, its words joined. */
export function readCondition(text: string, environment: Environment): Truth {
  const reader = new Reader(text, environment);
  const value = reader.either();
  if (reader.fault === null && reader.rest() !== "")
    reader.wrong(`${JSON.stringify(reader.rest())} is one word too many`);
  return reader.fault === null ? { ok: true, value } : { ok: false, message: reader.fault };
}

class Reader {
  fault: string | null = null;
  readonly #text: string;
  readonly #environment: Environment;
  #at = 0;

  constructor(text: string, environment: Environment) {
    this.#text = text;
    this.#environment = environment;
  }

  rest(): string {
    return this.#text.slice(this.#at).trim();
  }

  wrong(message: string): void {
    this.fault ??= message;
  }

  either(): boolean {
    let value = this.#both();
    while (this.#take(/^\s*\|\|/) !== null) value = this.#both() || value;
    return value;
  }

  #both(): boolean {
    let value = this.#term();
    while (this.#take(/^\s*&&/) !== null) value = this.#term() && value;
    return value;
  }

  #term(): boolean {
    if (this.fault !== null) return false;
    if (this.#take(/^\s*!/) !== null) return !this.#term();
    if (this.#take(/^\s*\(/) !== null) {
      const value = this.either();
      if (this.#take(/^\s*\)/) === null) this.wrong("a parenthesis is not closed");
      return value;
    }
    const number = this.#take(/^\s*(-?\d+)(?![\w(])/);
    if (number !== null) return Number(number[1]) !== 0;
    const call = this.#take(/^\s*([a-z_]+)\(([^()]*)\)/);
    if (call !== null)
      return this.#predicate(
        call[1]!,
        call[2]!.split(",").map((part) => part.trim()),
      );
    if (this.rest() !== "") this.wrong(`${JSON.stringify(this.rest())} is no condition`);
    return false;
  }

  #predicate(name: string, values: readonly string[]): boolean {
    const [first = "", second = ""] = values;
    switch (name) {
      case "defined":
        return variableOf(this.#environment, first) !== undefined;
      case "feature":
        return features.has(first);
      case "streq":
        return first === second;
      case "strneq":
        return first !== second;
      case "version_atleast":
        return !isBefore(spokenVersion, first);
      case "version_before":
        return isBefore(spokenVersion, first);
      default:
        this.wrong(
          `${name} is no predicate that is known here; known are defined, feature, streq, strneq, version_atleast, version_before`,
        );
        return false;
    }
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    const found = pattern.exec(this.#text.slice(this.#at));
    if (found !== null) this.#at += found[0].length;
    return found;
  }
}

function isBefore(version: readonly number[], written: string): boolean {
  const other = written.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0);
  for (let index = 0; index < 3; index++) {
    const difference = (version[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
