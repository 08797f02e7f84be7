// Converters map and map_x: what stands beside a value in a file. Whole texts are looked up in a list of kind map, which is read
// again when its file changes; other ways to match are written out, in the order in which HAProxy would try them.

import { tellFile } from "./capitals.ts";
import { absent, type Code, call, choose, index, no, number, text } from "./code.ts";
import { type MatchMethod, matchCode } from "./match.ts";
import { fault, refuse } from "./objection.ts";
import { cast, type Kind, mapSample, type Sample, type Site, sampleOf } from "./sample.ts";
import type { Called } from "./samplewords.ts";
import type { Word } from "./scene.ts";
import { listOfFile, readPairs } from "./valuefile.ts";

const methods: Readonly<Record<string, MatchMethod>> = {
  str: "str",
  beg: "beg",
  sub: "sub",
  dir: "dir",
  dom: "dom",
  end: "end",
  reg: "reg",
  int: "int",
  ip: "ip",
};
const outputs: Readonly<Record<string, Kind>> = { str: "text", int: "int", ip: "address" };

export function convertMap(site: Site, word: Word, sample: Sample, { name, args }: Called): Sample {
  const [, by = "str", gives = "str"] = /^map(?:_([a-z]+))?(?:_([a-z]+))?$/.exec(name) ?? [];
  const method = Object.hasOwn(methods, by) ? methods[by] : undefined;
  const kind = Object.hasOwn(outputs, gives) ? outputs[gives] : undefined;
  if (method === undefined || kind === undefined)
    return fault(word, `converts by ${JSON.stringify(name)}, which is no map of HAProxy's`);
  const [file = "", fallback] = args;
  if (file === "" || args.length > 2)
    return fault(word, `needs a file, and at most a value for what is not in it, in brackets for ${name}`);
  if (sample.isName === true) tellFile(site, word, file, "map", method);
  const other = fallback === undefined ? null : valueCode(kind, fallback, word);
  const taken = cast(sample, method === "int" ? "int" : method === "ip" ? "address" : "text", word);
  if (method === "str") {
    const list = listOfFile(site, word, "map", file);
    return mapSample(taken, kind, (code) => {
      const found = index(list, code);
      const value = kind === "int" ? call("int", found) : kind === "address" ? call("ip", found) : found;
      if (other === null) return value;
      // Without anything to look up there is nothing to fall back from.
      return choose(call("has", found), value, isSure(code) ? other : choose(call("has", code), other, absent));
    });
  }
  const pairs = readPairs(site, word, file);
  const ordered = inOrder(method, pairs);
  return mapSample(taken, kind, (code) => {
    const found = ordered.reduceRight<Code>((rest, [key, value]) => {
      const one = { word, text: key, source: "value", isFolded: false } as const;
      const is = matchCode(site, word, sampleOf(taken.kind, code), method, [one]);
      return is === no ? rest : choose(is, valueCode(kind, value, word), rest);
    }, other ?? absent);
    return other === null || isSure(code) ? found : choose(call("has", code), found, absent);
  });
}

/** Every request has it. */
export function isSure({ text: written }: Code): boolean {
  return /^(?:path|method|src|target|headers\['host'\])(?:\.lowerAscii\(\))?$/.test(written);
}

/** The longest first where HAProxy keeps values in a tree, otherwise as they stand in the file. */
function inOrder(
  method: MatchMethod,
  pairs: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  const weight = ([key]: readonly [string, string]): number =>
    method === "ip" ? Number(key.split("/")[1] ?? 128) : method === "beg" ? key.length : 0;
  return [...pairs].sort((a, b) => weight(b) - weight(a));
}

function valueCode(kind: Kind, written: string, word: Word): Code {
  if (kind === "text") return text(written);
  if (kind === "address") return call("ip", text(written));
  if (!/^-?\d{1,15}$/.test(written))
    return refuse(word, `has a value that is no whole number: ${JSON.stringify(written)}`);
  return number(Number(written));
}
