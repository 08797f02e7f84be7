// A sample: what HAProxy fetches and converts, as an expression of ours with its type. Some fetches have several values (each value
// of a header field): an ACL asks of every one, everybody else gets the last. Which are there depends on when they are asked for;
// one that is not there yet never matches in HAProxy, and is `false` here.

import { takenNames } from "../../../rules/expression/names.ts";
import { absent, type Code, call, choose, literalIn, method, number, pattern, primary, text } from "./code.ts";
import { fault, refuse } from "./objection.ts";
import type { Conversion, Service, Word } from "./scene.ts";

/** HAProxy's types; `any` is what a variable holds. */
export type Kind = "bool" | "int" | "address" | "text" | "bytes" | "any";

/** When rules are evaluated: HAProxy's families, from the first to the last. Both kinds of content rules are `content`. */
export type Stage = "connection" | "session" | "content" | "request" | "response";

/** Where a sample is asked for. */
export interface Site {
  readonly conversion: Conversion;
  readonly proxy: Service;
  readonly stage: Stage;
  /** Of stage response: what is sent is looked at (http-after-response), with what rules have made of it. */
  readonly isSent?: boolean;
}

export interface Sample {
  readonly kind: Kind;
  /** The one value, where one is wanted. */
  readonly code: Code;
  /** All values, where a fetch can have several: a list, and what becomes of each item `v` of it. */
  readonly each: { readonly list: Code; readonly item: Code } | null;
  /** Asking twice is not the same as asking once. */
  readonly isEffect: boolean;
  /** Why it is never there; null when it can be. */
  readonly missing: string | null;
  /** It is missing because it comes later: HAProxy takes an ACL that asks for it, and nothing else. */
  readonly isLate: boolean;
  /** Of a variable: the kinds that the lines which set it give it. */
  readonly holds?: ReadonlySet<Kind>;
  /** Its letters are those of a name of SNI (capitals.ts). */
  readonly isName?: boolean;
}

export const item: Code = primary("v");

export function sampleOf(kind: Kind, code: Code): Sample {
  return { kind, code, each: null, isEffect: false, missing: null, isLate: false };
}

export function missingSample(kind: Kind, why: string, isLate = false): Sample {
  return { ...sampleOf(kind, absent), missing: why, isLate };
}

/** More than one where a variable is set by several lines. */
export function kindsIn({ kind, holds }: Sample): Iterable<Kind> {
  return kind === "any" && holds !== undefined ? holds : [kind];
}

/** The same change to the one value and to each. */
export function mapSample(sample: Sample, kind: Kind, change: (code: Code) => Code): Sample {
  const each = sample.each === null ? null : { list: sample.each.list, item: change(sample.each.item) };
  return { ...sample, kind, code: change(sample.code), each };
}

/** As HAProxy casts between its types. */
export function cast(sample: Sample, kind: Kind, word: Word): Sample {
  const from = sample.kind;
  if (from === kind || kind === "any" || (kind === "bytes" && from === "text") || (kind === "text" && from === "bytes"))
    return { ...sample, kind: kind === "any" ? from : kind };
  switch (kind) {
    case "text":
    case "bytes":
      return mapSample(sample, kind, (code) => textOf(code, from));
    case "int":
      if (from === "address") return refuse(word, "an address is no number in Sluice");
      // What is in a variable may be a text, which must be a number as a whole.
      if (from === "any") return mapSample(sample, kind, (code) => call("int", call("string", code)));
      if (from === "bool") return mapSample(sample, kind, numberOf);
      return numberWritten(sample, word) ?? mapSample(sample, kind, (code) => call("int", code));
    case "address":
      if (from === "any") return mapSample(sample, kind, (code) => addressIn(call("string", code)));
      if (from === "text" || from === "bytes") return mapSample(sample, kind, addressIn);
      return refuse(word, "a number is no address in Sluice");
    case "bool":
      return mapSample(cast(sample, "int", word), kind, (code) => ({ ...relation(code), level: 3 }));
  }
}

/** Of a text that the config holds: its leading digits, as HAProxy reads it; 0 without any, and nothing where it is empty. */
function numberWritten(sample: Sample, word: Word): Sample | null {
  const literal = sample.each === null ? literalIn(sample.code) : null;
  if (literal === null) return null;
  if (literal === "") return { ...sample, kind: "int", code: absent, missing: "an empty text is no number" };
  const value = Number(/^[+-]?\d+/.exec(literal)?.[0] ?? 0);
  if (!Number.isSafeInteger(value)) return refuse(word, `${literal} is a number that is too large`);
  // There is no number -0 to write.
  return { ...sample, kind: "int", code: number(value === 0 ? 0 : value) };
}

/** The address that a text is; of IPv4 with a port behind it the address, as balancers in front write X-Forwarded-For. */
export function addressIn(code: Code): Code {
  return call("ip", method(code, "replaceRegex", pattern(String.raw`^([0-9.]+):\d+$`), text("$1")));
}

function relation(code: Code): Code {
  return { text: `${code.level > 3 ? code.text : `(${code.text})`} != 0`, level: 3 };
}

export function textOf(code: Code, kind: Kind): Code {
  if (kind === "text" || kind === "bytes") return code;
  if (kind !== "bool") return call("string", code);
  return mayLack(code) ? call("string", call("int", code)) : choose(code, text("1"), text("0"));
}

function numberOf(code: Code): Code {
  return mayLack(code) ? call("int", code) : choose(code, number(1), number(0));
}

/** What is made of something that is not there is neither true nor false. */
function mayLack({ text: written }: Code): boolean {
  const isPart = /\b(?:headers|vars|params|cookies|tracked|query|contentLength|null|tls\.(?!hello\b)\w+)\b/.test(
    written,
  );
  return isPart && !/^has\([^()]*\)$/.test(written);
}

/** Names that mean something else where a table's would stand. */
const taken: ReadonlySet<string> = new Set([...takenNames, "true", "false", "null", "in", "v"]);

/** A table or list or pool in an expression. */
export function nameIn(kind: "tables" | "lists" | "pools" | "vars", name: string): Code {
  const isWord = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
  if (kind === "tables" && isWord && !taken.has(name)) return primary(name);
  return primary(isWord ? `${kind}.${name}` : `${kind}[${text(name).text}]`);
}

/** HAProxy's variable, scope and all: `txn.x` and `req.x` are two. */
export function variableName(word: Word, written: string): string {
  const parts = /^(proc|sess|txn|req|res|check)\.([A-Za-z0-9_.]+)$/.exec(written);
  if (parts === null)
    return fault(word, `must name a variable with its scope, as in txn.name, not ${JSON.stringify(written)}`);
  if (parts[1] === "proc" || parts[1] === "check")
    return refuse(
      word,
      `variables of the scope ${parts[1]} are not there: a table can keep what outlasts a connection`,
    );
  return `${parts[1]}_${parts[2]!.replaceAll(".", "_")}`;
}
