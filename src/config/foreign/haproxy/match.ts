// How a sample is compared with patterns (configuration manual, 7.1): the method, what patterns mean by it, and the comparison as an
// expression. Patterns of one test are alternatives; a sample of several values matches when one of them does.

import { quote } from "../../../base/reading.ts";
import { tellPatterns } from "./capitals.ts";
import { readBlock } from "./cidrwords.ts";
import {
  type Code,
  call,
  method as called,
  every,
  listOf,
  no,
  number,
  pattern,
  primary,
  relate,
  some,
  text,
  yes,
} from "./code.ts";
import { hello, helloType } from "./fetchnames.ts";
import { fault, refuse } from "./objection.ts";
import { literally, readRegex, refersBack } from "./regex.ts";
import { cast, item, type Kind, kindsIn, type Sample, type Site } from "./sample.ts";
import type { Word } from "./scene.ts";
import { warn } from "./tell.ts";
import { addressesOfFile, listOfFile, listOfValues, readKeys, readPairs, readValues } from "./valuefile.ts";

export const matchMethods = [
  "found",
  "bool",
  "int",
  "ip",
  "bin",
  "len",
  "str",
  "beg",
  "end",
  "sub",
  "reg",
  "dir",
  "dom",
] as const;
export type MatchMethod = (typeof matchMethods)[number];

/** A value, or a file of them; each with the flags that stand before it. */
export interface Pattern {
  readonly word: Word;
  readonly text: string;
  readonly source: "value" | "file" | "map";
  readonly isFolded: boolean;
}

/** More values than this make a list of their own. */
const inlineMax = 16;

export function defaultMethod(kind: Kind): MatchMethod | null {
  const methods: Partial<Record<Kind, MatchMethod>> = { bool: "bool", int: "int", address: "ip", text: "str" };
  return methods[kind] ?? null;
}

/** Whether `sample` matches one of `patterns`. */
export function matchCode(
  site: Site,
  word: Word,
  sample: Sample,
  method: MatchMethod,
  patterns: readonly Pattern[],
): Code {
  if (sample.missing !== null) return no;
  tellPatterns(site, sample, method, patterns);
  if (method === "found") return foundCode(sample);
  const takes: Kind = method === "bool" ? "bool" : method === "int" ? "int" : method === "ip" ? "address" : "text";
  const isFormless = (kind: Kind): boolean => kind === "bool" || kind === "int" || kind === "address";
  if (method === "bin" && [...kindsIn(sample)].some(isFormless))
    return refuse(word, "what is compared by -m bin must be a text: numbers and addresses are no bytes in Sluice");
  const taken = cast(sample, takes, word);
  if (taken.missing !== null) {
    warn(site.conversion.ledger, word, `never matches, as in HAProxy: ${taken.missing}`);
    return no;
  }
  if (method !== "bool" && patterns.length === 0) return no;
  const compare = (code: Code): Code => {
    if (method === "bool") return code;
    const once = new Comparison(site, method, code);
    return once.withAll(patterns);
  };
  if (taken.each !== null) return existsIn(taken.each.list, compare(taken.each.item), taken.each.item);
  const compared = compare(taken.code);
  // What changes when it is asked is asked once, however often it is compared.
  const isRepeated = compared.text.split(taken.code.text).length > 2;
  if (taken.isEffect && isRepeated) return called(listOf([taken.code]), "exists", item, compare(item));
  return compared;
}

function existsIn(list: Code, compared: Code, changed: Code): Code {
  // One whole value among a list's is a word of the language.
  const same = /^v == ('(?:[^'\\]|\\.)*')$/.exec(compared.text);
  if (same !== null && changed === item) return relate(primary(same[1]!), "in", list);
  return called(list, "exists", item, compared);
}

function foundCode({ code, each, kind }: Sample): Code {
  // A word that is not there is an empty one to HAProxy.
  const cut = each === null ? /^(.*)\.word\('(?:[^'\\]|\\.)*', -?\d+\)$/.exec(code.text) : null;
  if (cut !== null) return call("has", primary(cut[1]!));
  if (each === null) return kind === "bool" && !code.text.includes("null") ? yes : call("has", code);
  if (each.item !== item) return called(each.list, "exists", item, call("has", each.item));
  // A field is there when it is empty too.
  const field = /^((?:response\.)?headers)\.list\(('[^']*')\)$/.exec(each.list.text);
  return field === null
    ? relate(called(each.list, "size"), ">", number(0))
    : call("has", primary(`${field[1]}[${field[2]}]`));
}

class Comparison {
  readonly #site: Site;
  readonly #method: MatchMethod;
  readonly #code: Code;

  constructor(site: Site, method: MatchMethod, code: Code) {
    this.#site = site;
    this.#method = method;
    this.#code = code;
  }

  withAll(patterns: readonly Pattern[]): Code {
    if (this.#method === "int" || this.#method === "len") return this.#numbers(patterns);
    // Neighbours with the same flags are compared together.
    const groups: Pattern[][] = [];
    for (const one of patterns) {
      const last = groups.at(-1);
      if (last !== undefined && last[0]!.isFolded === one.isFolded && last[0]!.source === one.source) last.push(one);
      else groups.push([one]);
    }
    return some(groups.flatMap((group) => this.#group(group)));
  }

  #group(group: readonly Pattern[]): readonly Code[] {
    const { source, isFolded } = group[0]!;
    if (this.#method === "ip") return this.#addresses(group);
    if (source === "value") {
      const values = group.map(({ text: value, word }) => ({ text: value, word }));
      return this.#texts(values, isFolded);
    }
    if (this.#method === "str" && source === "file" && !isFolded)
      return group.map(({ text: file, word }) => relate(this.#code, "in", listOfFile(this.#site, word, "texts", file)));
    if (this.#method === "str" && source === "map" && !isFolded)
      return group.map(({ text: file, word }) => relate(this.#code, "in", listOfFile(this.#site, word, "map", file)));
    return group.flatMap(({ text: file, word }) => {
      if (this.#method === "str") return this.#foldedFile(file, source, word);
      const values =
        source === "map" ? readPairs(this.#site, word, file).map(([key]) => key) : readValues(this.#site, word, file);
      return this.#texts(
        values.map((value) => ({ text: value, word })),
        isFolded,
      );
    });
  }

  /** The file itself, which is read again when it changes, where nothing in it has to be folded; otherwise what it holds now. */
  #foldedFile(file: string, source: "file" | "map", word: Word): readonly Code[] {
    const code = isLower(this.#code) ? this.#code : called(this.#code, "lowerAscii");
    const keys = readKeys(this.#site, word, file, source);
    const folded = keys.map((key) => key.replaceAll(/[A-Z]/g, (at) => at.toLowerCase()));
    const list = keys.every((key, at) => key === folded[at])
      ? listOfFile(this.#site, word, source === "map" ? "map" : "texts", file)
      : listOfValues(this.#site, word, "texts", file, folded);
    return [relate(code, "in", list)];
  }

  #addresses(group: readonly Pattern[]): readonly Code[] {
    if (group[0]!.source !== "value")
      return group.map(({ text: file, source, word }) =>
        source === "map"
          ? refuse(word, "addresses of a map are not looked for: name a file of addresses with -f")
          : relate(this.#code, "in", addressesOfFile(this.#site, word, file)),
      );
    const blocks = group.map(({ text: written, word }) => readBlock(word, written));
    if (blocks.length > inlineMax)
      return [
        relate(this.#code, "in", listOfValues(this.#site, group[0]!.word, "addresses", this.#listName(group), blocks)),
      ];
    return [relate(this.#code, "in", call("cidr", ...blocks.map(text)))];
  }

  /** Named after the line that its values stand in. */
  #listName(group: readonly Pattern[]): string {
    return `${this.#site.proxy.name}-line${group[0]!.word.line}`;
  }

  #texts(values: readonly { readonly text: string; readonly word: Word }[], isFolded: boolean): readonly Code[] {
    const code = isFolded && !isLower(this.#code) ? called(this.#code, "lowerAscii") : this.#code;
    const words = values.map((value) =>
      isFolded ? value.text.replaceAll(/[A-Z]/g, (at) => at.toLowerCase()) : value.text,
    );
    const through = (name: string): Code[] => words.map((one) => called(code, name, text(one)));
    switch (this.#method) {
      case "str":
        return [this.#whole(code, words, values)];
      case "beg":
        return through("startsWith");
      case "end":
        return through("endsWith");
      case "sub":
        return through("contains");
      case "dir":
        return words.flatMap((one) => this.#between(one, "/?", isFolded));
      case "dom":
        return words.flatMap((one) => this.#between(one, "/?.:", isFolded));
      case "reg":
        return values.map(({ text: written, word }) => {
          const why = refersBack(written);
          if (why !== null) fault(word, why);
          const reading = readRegex(written, isFolded);
          return reading.ok ? called(this.#code, "matches", pattern(reading.value)) : fault(word, reading.message);
        });
      case "bin":
        return values.map(({ text: written, word }) => {
          if (!/^(?:[0-9a-fA-F]{2})+$/.test(written))
            return fault(word, `must be bytes in hexadecimal, not ${quote(written)}`);
          return relate(called(this.#code, "hex"), "==", text(written.toLowerCase()));
        });
      default:
        throw new Error(`no texts are compared by ${this.#method}`);
    }
  }

  #whole(code: Code, words: readonly string[], values: readonly { readonly word: Word }[]): Code {
    if (words.length === 1) return relate(code, "==", text(words[0]!));
    if (words.length <= inlineMax) return relate(code, "in", listOf(words.map(text)));
    const name = `${this.#site.proxy.name}-line${values[0]!.word.line}`;
    return relate(code, "in", listOfValues(this.#site, values[0]!.word, "texts", name, words));
  }

  /** Whole between any of these characters, or an end. Those around the pattern itself are of no account. */
  #between(written: string, delimiters: string, isFolded: boolean): readonly Code[] {
    const kept = written.replace(new RegExp(`^[${delimiters}]+`), "").replace(new RegExp(`[${delimiters}]+$`), "");
    if (kept === "") return [];
    const set = `[${delimiters}]`;
    const expression = `${isFolded ? "(?i)" : ""}(?:^|${set})${literally(kept)}(?:${set}|$)`;
    return [called(this.#code, "matches", pattern(expression))];
  }

  #numbers(patterns: readonly Pattern[]): Code {
    const code = this.#method === "len" ? called(this.#code, "size") : this.#code;
    const codes: Code[] = [];
    const equals: Code[] = [];
    let operator = "==";
    for (const [at, one] of patterns.entries()) {
      if (one.source !== "value") return refuse(one.word, "numbers of a file are not compared: write them here");
      const next = Object.hasOwn(operators, one.text) ? operators[one.text] : undefined;
      if (next !== undefined && (at < patterns.length - 1 || patterns.length > 1)) {
        operator = next;
        continue;
      }
      const [from, to] = readRange(one);
      if (from !== null && from === to && operator === "==") equals.push(number(from));
      else codes.push(ranged(code, operator, from, to, one.word));
    }
    // Whether it is a ClientHello reads better than what type of message it is.
    if (code.text === helloType.text && equals[0]?.text === "1") codes.unshift(hello);
    else if (equals.length === 1) codes.unshift(relate(code, "==", equals[0]!));
    else if (equals.length > 1) codes.unshift(relate(code, "in", listOf(equals)));
    return some(codes);
  }
}

const operators: Readonly<Record<string, string>> = { eq: "==", ge: ">=", gt: ">", le: "<=", lt: "<" };

/** Both ends count; null is none. */
function readRange({ text: written, word }: Pattern): readonly [number | null, number | null] {
  const found = /^(?:(-?\d{1,15})|(-?\d{0,15}):(-?\d{0,15}))$/.exec(written);
  if (found === null) return fault(word, `is neither a number nor an operator (eq, ge, gt, le, lt): ${quote(written)}`);
  if (found[1] !== undefined) return [Number(found[1]), Number(found[1])];
  const [from, to] = [found[2]!, found[3]!].map((end) => (end === "" ? null : Number(end)));
  if (from !== null && to !== null && from! > to!)
    return fault(word, `is a range that ends before it begins: ${quote(written)}`);
  return [from!, to!];
}

/** As pat_parse_int of HAProxy: with ge and gt the lower end of a range counts, with le and lt the upper one. */
function ranged(code: Code, operator: string, from: number | null, to: number | null, word: Word): Code {
  if (operator === "==") {
    const ends = [
      from === null ? null : relate(code, ">=", number(from)),
      to === null ? null : relate(code, "<=", number(to)),
    ];
    const told = ends.filter((end): end is Code => end !== null);
    return told.length > 0 ? every(told) : call("has", code);
  }
  const end = operator.startsWith(">") ? from : to;
  if (end === null) return fault(word, `has no number for ${operator}`);
  return relate(code, operator, number(end));
}

function isLower(code: Code): boolean {
  return code.text === "tls.sni" || code.text.endsWith(".lowerAscii()");
}
