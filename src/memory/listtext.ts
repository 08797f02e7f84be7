// Reads the text of a list, one value a line, into a draft: as HAProxy reads its pattern and map files, with what other makers of
// such lists add. Blank lines and lines that begin with # are passed over, blanks around a value too, and CR before LF. Of
// addresses and names anything from a blank and a # or ; on is a comment. A line that is no value is told with its number, and so
// are the others, for a list that is half understood must not be used.

import { quote } from "../base/reading.ts";
import type { ListPlan } from "../config/plan.ts";
import { type AddressReader, readBlock } from "./block.ts";
import type { ListDraft } from "./listdraft.ts";
import type { Steps } from "./listranges.ts";

export interface LineProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export interface ListReading {
  /** The first of them. */
  readonly problems: readonly LineProblem[];
  readonly problemCount: number;
}

const problemsMax = 20;
/** A longer line is no text that a request could hold. */
const lineBytesMax = 8192;
/** "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128" */
const blockBytesMax = 49;
const nameBytesMax = 253;
const labelBytesMax = 63;
const stepLines = 2048;

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const hash = 0x23;
const star = 0x2a;
const dot = 0x2e;
const semicolon = 0x3b;

/** Line by line; `yield` is a place to pause. */
export function* readListText(text: Uint8Array, draft: ListDraft, readAddress: AddressReader): Steps<ListReading> {
  const adder = adders[draft.kind];
  const problems: LineProblem[] = [];
  let problemCount = 0;
  let start = text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? 3 : 0;
  for (let line = 1; start < text.length; line++) {
    if (line % stepLines === 0) yield;
    const found = text.indexOf(lineFeed, start);
    const end = found === -1 ? text.length : found;
    const message = addLine(text, start, end, draft, adder, readAddress);
    if (message !== null && ++problemCount <= problemsMax) problems.push({ line, message });
    start = end + 1;
  }
  return { problems, problemCount };
}

/** One value, as it stands in a config; null when it was added. */
export function addValue(text: string, draft: ListDraft, readAddress: AddressReader): string | null {
  const bytes = encoder.encode(text);
  return adders[draft.kind](bytes, 0, bytes.length, draft, readAddress);
}

const encoder = new TextEncoder();

/** Null when the value that stands in bytes[start, end) was added; otherwise a sentence. */
type Adder = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: ListDraft,
  readAddress: AddressReader,
) => string | null;

const adders: Record<ListPlan["kind"], Adder> = {
  address: (bytes, start, end, draft, readAddress) => {
    const bare = uncommented(bytes, start, end);
    if (bare - start > blockBytesMax) return `${shown(bytes, start, bare)} is not an IP address or a block`;
    const reading = readBlock(latin1(bytes, start, bare), readAddress, octets);
    if (!reading.ok) return reading.message;
    draft.addBlock(octets, reading.value);
    return null;
  },
  text: (bytes, start, end, draft) => {
    draft.addKey(bytes, start, end);
    return null;
  },
  name: (bytes, start, end, draft) => addName(bytes, start, uncommented(bytes, start, end), draft),
  map: (bytes, start, end, draft) => {
    let keyEnd = start;
    while (keyEnd < end && !isBlank(bytes[keyEnd]!)) keyEnd++;
    let value = keyEnd;
    while (value < end && isBlank(bytes[value]!)) value++;
    draft.addKey(bytes, start, keyEnd, value, end);
    return null;
  },
};

const octets = new Uint8Array(16);

function addLine(
  text: Uint8Array,
  lineStart: number,
  lineEnd: number,
  draft: ListDraft,
  adder: Adder,
  readAddress: AddressReader,
): string | null {
  let start = lineStart;
  let end = lineEnd;
  while (start < end && isBlank(text[start]!)) start++;
  while (start < end && (isBlank(text[end - 1]!) || text[end - 1] === carriageReturn)) end--;
  if (start === end || text[start] === hash) return null;
  if (text[start] === semicolon && (draft.kind === "address" || draft.kind === "name")) return null;
  if (end - start > lineBytesMax) return `the line has ${end - start} bytes; ${lineBytesMax} is the most`;
  for (let at = start; at < end; at++)
    if (text[at] === 0 || text[at] === carriageReturn)
      return "the line holds a NUL or a CR inside; is this a text file?";
  return adder(text, start, end, draft, readAddress);
}

const name = new Uint8Array(nameBytesMax + 1);

/** As host names are written in a list of them: a star only in front, and alone in its label. */
function addName(bytes: Uint8Array, start: number, end: number, draft: ListDraft): string | null {
  const isWide = bytes[start] === star && bytes[start + 1] === dot;
  const from = isWide ? start + 2 : start;
  const to = bytes[end - 1] === dot ? end - 1 : end;
  const problem = `${shown(bytes, start, end)} is not a name such as www.example.com or *.example.com`;
  if (to <= from || to - from > nameBytesMax) return problem;
  let length = 0;
  if (isWide) name[length++] = dot;
  let label = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    const isUpper = byte >= 0x41 && byte <= 0x5a;
    const isPlain = isUpper || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f;
    // A hyphen may stand anywhere but at the ends of a label.
    const isHyphen = byte === 0x2d && label > 0 && at + 1 < to && bytes[at + 1] !== dot;
    if (byte === dot ? label === 0 : !isPlain && !isHyphen) return byte > 0x7f ? `${problem}${inAscii}` : problem;
    label = byte === dot ? 0 : label + 1;
    if (label > labelBytesMax) return problem;
    name[length++] = isUpper ? byte | 0x20 : byte;
  }
  draft.addKey(name, 0, length);
  return null;
}

const inAscii = "; write it as it is asked for, with xn--";

/** Where a comment begins behind a value, or the end. */
function uncommented(bytes: Uint8Array, start: number, end: number): number {
  let bare = start;
  while (bare < end && !isBlank(bytes[bare]!)) bare++;
  let rest = bare;
  while (rest < end && isBlank(bytes[rest]!)) rest++;
  return rest < end && (bytes[rest] === hash || bytes[rest] === semicolon) ? bare : end;
}

function isBlank(byte: number): boolean {
  return byte === space || byte === tab;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

const decoder = new TextDecoder();

function shown(bytes: Uint8Array, start: number, end: number): string {
  return quote(decoder.decode(bytes.subarray(start, Math.min(end, start + 200))));
}
