// Converters of a sample (configuration manual, 7.3.1): each takes one type, gives another, and is a function or an operator here.
// A sample that is not there stays so.

import { didYouMean } from "../../../base/nearest.ts";
import {
  absent,
  type Code,
  call,
  choose,
  every,
  index,
  listOf,
  method,
  number,
  pattern,
  primary,
  relate,
  text,
} from "./code.ts";
import { convertCounter, entryOf, tableNamed } from "./fetchtable.ts";
import { convertMap, isSure } from "./map.ts";
import { fault, refuse } from "./objection.ts";
import { readRegex, replacement } from "./regex.ts";
import { cast, type Kind, kindsIn, mapSample, nameIn, type Sample, type Site, variableName } from "./sample.ts";
import type { Called } from "./samplewords.ts";
import { pathOf, type Word } from "./scene.ts";

interface Converter {
  readonly takes: Kind;
  readonly gives: Kind;
  readonly argsMin: number;
  readonly argsMax: number;
  make(code: Code, args: readonly string[], word: Word, site: Site): Code;
}

function converter(
  takes: Kind,
  gives: Kind,
  make: Converter["make"],
  argsMin = 0,
  argsMax: number = argsMin,
): Converter {
  return { takes, gives, argsMin, argsMax, make };
}

const lower = (code: Code): Code => method(code, "lowerAscii");

/** A number in the config, or a variable that holds one. */
function operand(written: string, word: Word): Code {
  if (/^-?\d{1,15}$/.test(written)) return number(Number(written));
  return call("int", call("string", nameIn("vars", variableName(word, written))));
}

function calculation(operator: string): Converter {
  return converter("int", "int", (code, [by = ""], word) => relate(code, operator, operand(by, word)), 1);
}

function whole(written: string | undefined, word: Word): number {
  return written !== undefined && /^-?\d{1,9}$/.test(written)
    ? Number(written)
    : fault(word, `needs a whole number in brackets, not ${JSON.stringify(written ?? "")}`);
}

function part(name: "field" | "word"): Converter {
  return converter(
    "text",
    "text",
    (code, [at, separator = "", count], word) => {
      if (count !== undefined && count !== "1")
        return refuse(word, `of ${name} only one part can be had, not ${count}`);
      if (separator === "") return fault(word, `needs a character that ${name} cuts at`);
      if (separator.length > 1) {
        // Any of the characters cuts; so all become one of them first.
        const cutters = pattern(`[${separator.replaceAll(/[\\\]^-]/g, "\\$&")}]`);
        const same = method(code, "replaceRegex", cutters, text(replacement(separator[0]!)), primary("true"));
        return method(same, name, text(separator[0]!), number(whole(at, word)));
      }
      return method(code, name, text(separator), number(whole(at, word)));
    },
    2,
    3,
  );
}

const converters: Readonly<Record<string, Converter | string>> = {
  lower: converter("text", "text", lower),
  upper: converter("text", "text", (code) => method(code, "upperAscii")),
  length: converter("text", "int", (code) => method(code, "size")),
  field: part("field"),
  word: part("word"),
  regsub: converter(
    "text",
    "text",
    (code, [expression = "", by = "", flags = ""], word) => {
      if (!/^[gi]*$/.test(flags))
        return fault(word, `has flags of regsub that are neither g nor i: ${JSON.stringify(flags)}`);
      const reading = readRegex(expression, flags.includes("i"));
      if (!reading.ok) return fault(word, reading.message);
      const all = flags.includes("g") ? [primary("true")] : [];
      return method(code, "replaceRegex", pattern(reading.value), text(replacement(by)), ...all);
    },
    2,
    3,
  ),
  ipmask: converter(
    "address",
    "address",
    (code, [bits4, bits6], word) => {
      if (/^\d+$/.test(bits4 ?? "") && Number(bits4) > 32)
        return fault(word, `needs a mask of 0 to 32 bits, not ${bits4}`);
      const bits = /^\d{1,2}$/.test(bits4 ?? "") ? whole(bits4, word) : maskBits(bits4 ?? "", word);
      return method(code, "mask", number(bits), ...(bits6 === undefined ? [] : [number(whole(bits6, word))]));
    },
    1,
    2,
  ),
  base64: converter("bytes", "text", (code) => method(code, "base64")),
  b64dec: converter("text", "bytes", (code) => method(code, "unbase64")),
  // As a form writes them, with + for a space, only when it says so.
  url_dec: converter(
    "text",
    "text",
    (code, [inForm = "0"]) =>
      method(inForm === "0" ? code : method(code, "replace", text("+"), text(" ")), "urlDecode"),
    0,
    1,
  ),
  url_enc: converter("text", "text", (code) => method(code, "urlEncode"), 0, 1),
  hex: converter("bytes", "text", (code) => method(method(code, "hex"), "upperAscii")),
  concat: converter(
    "text",
    "text",
    (code, [before = "", variable = "", after = ""], word) => {
      const parts = [before === "" ? null : text(before), null, after === "" ? null : text(after)];
      if (variable !== "") {
        const value = nameIn("vars", variableName(word, variable));
        parts[1] = choose(call("has", value), call("string", value), text(""));
      }
      return parts.reduce<Code>((joined, one) => (one === null ? joined : relate(joined, "+", one)), code);
    },
    1,
    3,
  ),
  add: calculation("+"),
  sub: calculation("-"),
  mul: calculation("*"),
  mod: calculation("%"),
  div: converter("int", "int", (code, [by = ""], word) => call("int", relate(code, "/", operand(by, word))), 1),
  neg: converter("int", "int", (code) => relate(number(0), "-", code)),
  not: converter("int", "bool", (code) => relate(code, "==", number(0))),
  bool: converter("int", "bool", (code) => relate(code, "!=", number(0))),
  even: converter("int", "bool", (code) => relate(relate(code, "%", number(2)), "==", number(0))),
  odd: converter("int", "bool", (code) => relate(relate(code, "%", number(2)), "!=", number(0))),
  iif: converter("bool", "text", (code, [yes = "", no = ""]) => choose(code, text(yes), text(no)), 2),
  bytes: converter(
    "bytes",
    "bytes",
    (code, [offset, length], word) => {
      const start = whole(offset, word);
      const end = length === undefined ? [] : [number(start + whole(length, word))];
      return method(code, "substring", number(start), ...end);
    },
    1,
    2,
  ),
  ltrim: converter("text", "text", (code, [characters = ""]) => trimmed(code, characters, true), 1),
  rtrim: converter("text", "text", (code, [characters = ""]) => trimmed(code, characters, false), 1),
  cut_crlf: converter("text", "text", (code) => code),
  // In lower case too.
  host_only: converter("text", "text", (code) =>
    method(method(code, "replaceRegex", pattern(String.raw`:\d*$`), text("")), "lowerAscii"),
  ),
  port_only: converter("text", "int", (code) =>
    choose(
      method(code, "matches", pattern(String.raw`:\d+$`)),
      call("int", method(code, "replaceRegex", pattern(String.raw`^[\s\S]*:(\d+)$`), text("$1"))),
      number(0),
    ),
  ),
  strcmp: converter(
    "text",
    "int",
    (code, [variable = ""], word) => {
      const name = nameIn("vars", variableName(word, variable));
      const value = call("string", name);
      const order = choose(
        relate(code, "==", value),
        number(0),
        choose(relate(code, "<", value), number(-1), number(1)),
      );
      // Nothing is less or more than what is not there.
      return choose(every([...(isSure(code) ? [] : [call("has", code)]), call("has", name)]), order, absent);
    },
    1,
  ),
  secure_memcmp: converter(
    "text",
    "bool",
    (code, [variable = ""], word) => relate(code, "==", call("string", nameIn("vars", variableName(word, variable)))),
    1,
  ),
  xxh32: converter(
    "bytes",
    "int",
    (code, [seed = "0"], word, site) => {
      if (seed !== "0")
        site.conversion.ledger.approximate(pathOf(word), "the hash is of seed 0, and so another number");
      return method(code, "xxh32");
    },
    0,
    1,
  ),
  // Which hash it is matters to nobody but those who compare its figures with another program's.
  crc32: converter(
    "bytes",
    "int",
    (code, [avalanche = "0"], word, site) => {
      if (avalanche !== "0")
        site.conversion.ledger.approximate(pathOf(word), "the hash is without avalanche, and so another number");
      return method(code, "crc32");
    },
    0,
    1,
  ),
  in_table: converter(
    "any",
    "bool",
    (code, [table], word, site) => relate(code, "in", primary(tableText(site, word, table))),
    1,
  ),
  ...refused(
    `add_item aes_gcm_dec and be2dec be2hex capture-req capture-res cpl crc32c debug digest djb2 fix_is_valid fix_tag_value hex2i
    hmac htonl http_date json json_query jwt_header_query jwt_payload_query jwt_verify language ltime map_regm mqtt_field_value
    mqtt_is_valid nbsrv or protobuf sdbm set-var sha1 sha2 srv_queue ub64dec ub64enc ungrpc unset-var utime wt6 xor xxh3 xxh64`,
  ),
};

function refused(names: string): Record<string, string> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, "there is no such converter in Sluice"]));
}

/** For `str(a) lower`, with a space where today a comma stands. */
export function isConverter(name: string): boolean {
  return Object.hasOwn(converters, name) || /^map(?:_|$)|^table_/.test(name);
}

export function convert(site: Site, word: Word, sample: Sample, called: Called): Sample {
  const { name, args } = called;
  const isMap = /^map(?:_|$)/.test(name);
  if (name.startsWith("table_")) {
    const counter = convertCounter(site, word, called, sample.code);
    if (counter !== null) {
      const { isEffect, missing } = sample;
      const each = firstOf(sample, (key) => convertCounter(site, word, called, key)!.code); // The same name.
      return { ...counter, isEffect, missing: missing ?? counter.missing, each };
    }
  }
  const known = Object.hasOwn(converters, name) ? converters[name]! : null;
  if (known === null && !isMap) {
    const meant = didYouMean(name, Object.keys(converters));
    return fault(word, `converts by ${JSON.stringify(name)}, which is no converter of HAProxy's${meant}`);
  }
  if (isMap && name !== "map_regm") return convertMap(site, word, sample, called);
  if (known === null || typeof known === "string") return refuse(word, `${name}: ${known ?? "there is no such map"}`);
  if (args.length < known.argsMin || args.length > known.argsMax)
    return fault(
      word,
      `needs ${known.argsMin === known.argsMax ? known.argsMin : `${known.argsMin} to ${known.argsMax}`} arguments in brackets for ${name}`,
    );
  if (known.takes === "bytes") for (const kind of kindsIn(sample)) takeBytes(site, word, kind, name);
  const taken = cast(sample, known.takes, word);
  const make = (code: Code): Code => known.make(code, args, word, site);
  const made = mapSample(taken, known.gives, make);
  return name === "in_table" ? { ...made, each: firstOf(taken, make) } : made;
}

/** What asks a table ends HAProxy's going through values: an ACL asks the first of them, and no other. */
function firstOf({ each }: Sample, change: (code: Code) => Code): Sample["each"] {
  return each === null ? null : { list: listOf([index(each.list, number(0))]), item: change(each.item) };
}

/** What a converter gives; `any` where that is not known. */
export function convertedKind(name: string): Kind {
  const known = Object.hasOwn(converters, name) ? converters[name]! : "";
  if (typeof known !== "string") return known.gives;
  if (name.startsWith("table_")) return "int";
  const [, map] = /^map_[a-z]+_(int|ip)$/.exec(name) ?? [];
  return map === undefined ? "any" : map === "int" ? "int" : "address";
}

const formless: Partial<Record<Kind, string>> = {
  bool: "a bool is 8 bytes",
  int: "a number is 8 bytes",
  address: "an address is 4 or 16 bytes",
};

/** HAProxy's numbers and addresses are bytes of their own to such a converter; ours are the bytes of their text. */
function takeBytes({ conversion }: Site, word: Word, kind: Kind, name: string): void {
  const form = formless[kind];
  if (form === undefined) return;
  if (name !== "crc32" && name !== "xxh32") refuse(word, `${name}: ${form} to HAProxy, and a text in Sluice`);
  conversion.ledger.approximate(pathOf(word), `the hash is that of a text, where ${form} to HAProxy: another number`);
}

function maskBits(written: string, word: Word): number {
  const octets = written.split(".").map(Number);
  const bits = octets.map((octet) => octet.toString(2).padStart(8, "0")).join("");
  if (octets.length !== 4 || !/^1*0*$/.test(bits) || bits.length !== 32)
    return fault(word, `needs a mask of 0 to 32 bits, not ${JSON.stringify(written)}`);
  return bits.replaceAll("0", "").length;
}

function trimmed(code: Code, characters: string, isLeft: boolean): Code {
  const set = `[${characters.replaceAll(/[\\\]^-]/g, "\\$&")}]+`;
  return method(code, "replaceRegex", pattern(isLeft ? `^${set}` : `${set}$`), text(""));
}

function tableText(site: Site, word: Word, table: string | undefined): string {
  return entryOf(site, tableNamed(site, word, table), absent).text.replace(/\[null\]$/, "");
}
