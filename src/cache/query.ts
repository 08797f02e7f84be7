// The query in a key, as a pool's policy wants it: only some parameters, not some, in an order that does not count. Whoever can say
// something to a server that is not in the key can put an answer of his own before others. So a parameter is left out only
// where no server can read more into it than its name says, and one that counts, counts in all its disguises: "%69d", "ID",
// "id[]" for "id". Names are compared as servers read them, with percent-encoding taken away.

import { byte, hexValue } from "../wire/http1/grammar.ts";
import type { Output } from "../wire/http1/writer.ts";
import { lowered } from "./fieldname.ts";
import type { CachePolicy } from "./policy.ts";

const question = 0x3f;
const ampersand = 0x26;
const equals = 0x3d;
const star = 0x2a;
const percent = 0x25;
const underscore = 0x5f;
const bracket = 0x5b;
/** With more parameters than this a query is part of the key as it came, whatever the policy says: nothing is lost but hits. */
const parametersMax = 128;
const starts = new Int32Array(parametersMax);
const ends = new Int32Array(parametersMax);

/** What counts of bytes[mark, end), a query with its "?". */
export function writeQuery(output: Output, bytes: Uint8Array, mark: number, end: number, policy: CachePolicy): void {
  const count = collect(bytes, mark + 1, end, policy);
  if (count === -1) return output.copy(bytes, mark, end);
  if (policy.plan.query.isSorted) sort(bytes, count);
  for (let index = 0; index < count; index++) {
    output.byte(index === 0 ? question : ampersand);
    output.copy(bytes, starts[index]!, ends[index]!);
  }
}

/** The parameters that count, into `starts` and `ends`; -1 when there are too many of them. Empty ones do not count. */
function collect(bytes: Uint8Array, from: number, end: number, policy: CachePolicy): number {
  let count = 0;
  for (let at = from; at <= end; at++) {
    const start = at;
    while (at < end && bytes[at] !== ampersand) at++;
    if (at === start || !isCounted(bytes, start, at, policy)) continue;
    if (count === parametersMax) return -1;
    starts[count] = start;
    ends[count++] = at;
  }
  return count;
}

function isCounted(bytes: Uint8Array, start: number, end: number, policy: CachePolicy): boolean {
  const { included, excluded } = policy;
  const names = included ?? excluded;
  const isLax = included !== null;
  let isNamed = false;
  for (let index = 0; index < names.length && !isNamed; index++)
    isNamed = isParameter(bytes, start, end, names[index]!, isLax);
  // For some servers ";" parts parameters too: behind one that does not count there may be one that does.
  return isNamed === isLax || bytes.subarray(start, end).includes(byte.semicolon);
}

/**
 * Whether a parameter has that name, percent-encoding taken away; a star at the end of the name stands for whatever follows.
 * `isLax`: or whether some server may read it as that name, since they differ on case, blanks before it, what "[" begins,
 * what NUL ends, and which characters become "_".
 */
function isParameter(bytes: Uint8Array, start: number, end: number, name: Uint8Array, isLax: boolean): boolean {
  const isPrefix = name[name.length - 1] === star;
  const length = isPrefix ? name.length - 1 : name.length;
  let at = start;
  for (let index = 0; ; index++) {
    if (isPrefix && index === length) return true;
    if (at === end || bytes[at] === equals) return index === length;
    const octet = decoded(bytes, at, end);
    const width = bytes[at] === percent && octet !== percent ? 3 : 1;
    if (isLax && index === 0 && octet === byte.space && name[0] !== byte.space) {
      at += width;
      index--;
      continue;
    }
    if (index === length) return isLax && (octet === bracket || octet === 0);
    if (octet !== name[index] && !(isLax && isLike(octet, name[index]!))) return false;
    at += width;
  }
}

/** What stands at `at` for a server: percent-encoding and "+" taken away. */
function decoded(bytes: Uint8Array, at: number, end: number): number {
  const octet = bytes[at]!;
  if (octet === 0x2b) return byte.space;
  if (octet !== percent || at + 2 >= end) return octet;
  const high = hexValue[bytes[at + 1]!]!;
  const low = hexValue[bytes[at + 2]!]!;
  return (high | low) < 16 ? high * 16 + low : octet;
}

function isLike(octet: number, wanted: number): boolean {
  if (lowered(octet) === lowered(wanted)) return true;
  return wanted === underscore && (octet === 0x2e || octet === byte.space || octet === bracket);
}

/** By name, those of one name as they came: their order may mean something. */
function sort(bytes: Uint8Array, count: number): void {
  for (let index = 1; index < count; index++) {
    const start = starts[index]!;
    const end = ends[index]!;
    let place = index;
    while (place > 0 && isAfter(bytes, starts[place - 1]!, ends[place - 1]!, start, end)) {
      starts[place] = starts[place - 1]!;
      ends[place] = ends[place - 1]!;
      place--;
    }
    starts[place] = start;
    ends[place] = end;
  }
}

function isAfter(bytes: Uint8Array, one: number, oneEnd: number, other: number, otherEnd: number): boolean {
  for (let at = 0; ; at++) {
    const a = one + at === oneEnd || bytes[one + at] === equals ? -1 : bytes[one + at]!;
    const b = other + at === otherEnd || bytes[other + at] === equals ? -1 : bytes[other + at]!;
    if (a !== b) return a > b;
    if (a === -1) return false;
  }
}
