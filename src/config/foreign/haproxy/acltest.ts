// One test of an ACL: a sample, flags, and patterns (configuration manual, 7.1), as an expression. It is the same behind a name and
// in braces.

import { didYouMean } from "../../../base/nearest.ts";
import { quote } from "../../../base/reading.ts";
import { type Code, no } from "./code.ts";
import { convertAll, fetchSample, readSample } from "./fetch.ts";
import { defaultMethod, type MatchMethod, matchCode, matchMethods, type Pattern } from "./match.ts";
import { fault } from "./objection.ts";
import type { Sample, Site } from "./sample.ts";
import { readCalls } from "./samplewords.ts";
import type { Word } from "./scene.ts";
import { warn } from "./tell.ts";

interface Tested {
  readonly sample: Sample;
  readonly method: MatchMethod | null;
}

/** Fetches with a way to match behind their name: `hdr_beg(host)`. */
const derived = /^(cook|base|hdr|path|scook|shdr|url|urlp)_(beg|dir|dom|end|len|reg|sub)$/;
const sniDerived = /^(ssl_fc_sni)_(end|reg)$/;

export function readTest(site: Site, words: readonly Word[], ledgerWord: Word): Code {
  const [first] = words;
  if (first === undefined) return fault(ledgerWord, "needs a test, such as: src 10.0.0.0/8");
  const { sample, method: own } = readTested(site, first);
  let method: MatchMethod | null = null;
  let isFolded = false;
  // Of the files behind it, the first word of a line counts.
  let isMap = false;
  let isEnded = false;
  const patterns: Pattern[] = [];
  let at = 1;
  const operand = (flag: Word): Word => words[++at] ?? fault(flag, "needs a value behind it");
  for (; at < words.length && /^-/.test(words[at]!.text); at++) {
    const flag = words[at]!;
    if (flag.text === "--") {
      isEnded = true;
      at++;
      break;
    }
    switch (flag.text) {
      case "-i":
        isFolded = true;
        break;
      case "-n":
        break;
      case "-u":
        operand(flag);
        break;
      case "-m": {
        const name = operand(flag);
        if (patterns.length > 0) fault(flag, "must stand before -f");
        method = methodNamed(name);
        break;
      }
      case "-M":
        isMap = true;
        break;
      case "-f": {
        const file = operand(flag);
        patterns.push({ word: file, text: file.text, source: isMap ? "map" : "file", isFolded });
        break;
      }
      default:
        fault(flag, `is no flag of an ACL: write -- before patterns that begin with "-"`);
    }
  }
  // HAProxy knows methods by their names in capitals, whatever -i says.
  if (first.text === "method") isFolded = false;
  for (const word of words.slice(at)) patterns.push({ word, text: word.text, source: "value", isFolded });
  const used = method ?? own ?? defaultMethod(sample.kind);
  if (used === null)
    return fault(first, `needs -m and a way to match, for ${quote(first.text)} has no type of its own`);
  if (sample.missing !== null) warn(site.conversion.ledger, first, `never matches, as in HAProxy: ${sample.missing}`);
  else if (patterns.length === 0 && used !== "found" && used !== "bool") {
    if (!isEnded)
      warn(
        site.conversion.ledger,
        first,
        "never matches, as in HAProxy, for it has no pattern; -m found asks only whether it is there",
      );
    return no;
  }
  return matchCode(site, first, sample, used, patterns);
}

function readTested(site: Site, word: Word): Tested {
  const [fetched, ...converters] = readCalls(word);
  const found = derived.exec(fetched!.name) ?? sniDerived.exec(fetched!.name);
  if (found === null) return { sample: readSample(site, word), method: null };
  const sample = convertAll(site, word, fetchSample(site, word, { ...fetched!, name: found[1]! }), converters);
  // Behind a converter the way to match is that of what it gives.
  return { sample, method: converters.length === 0 ? (found[2] as MatchMethod) : null };
}

function methodNamed(word: Word): MatchMethod {
  const known = matchMethods.find((name) => name === word.text);
  if (known !== undefined) return known;
  if (word.text === "meth") return "str";
  return fault(word, `is no way to match: ${quote(word.text)}${didYouMean(word.text, matchMethods)}`);
}
