// Tags of a response, by which it can be purged with others: values of the fields that a pool names for it (Surrogate-Key,
// with blanks between them; Cache-Tag, with commas). Written with a blank between them, each once and in lower case, as
// memory/cache.ts takes them. Bounded: a response that has more tags than that is stored with the first ones only.

import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { isNamed, lowered, valueEnd, valueStart } from "./fieldname.ts";
import type { CachePolicy } from "./policy.ts";

const tagsMax = 128;
const tagBytesMax = 256;
const bytesMax = 4096;
const space = 0x20;

/** The tags of a response, behind whatever `output` holds. Answers how many there are. */
export function writeTags(output: Output, head: Head, policy: CachePolicy): number {
  const { tagFields } = policy;
  if (tagFields.length === 0) return 0;
  const from = output.length;
  let count = 0;
  for (let index = 0; index < head.fieldCount; index++) {
    if (!isTagField(head, index, tagFields)) continue;
    const end = valueEnd(head, index);
    for (let at = valueStart(head, index); at < end && count < tagsMax; ) {
      const start = at;
      while (at < end && !isGap(head.bytes[at]!)) at++;
      if (at > start && writeTag(output, from, head.bytes, start, at)) count++;
      at++;
    }
  }
  return count;
}

/** A tag as somebody types it, in the form in which tags are kept; "" when it cannot be one. */
export function tagOf(text: string): string {
  const tag = text.trim().toLowerCase();
  return tag.length === 0 || tag.length > tagBytesMax || /[\s,]/.test(tag) ? "" : tag;
}

function isTagField(head: Head, index: number, names: readonly Uint8Array[]): boolean {
  for (let each = 0; each < names.length; each++) if (isNamed(head, index, names[each]!)) return true;
  return false;
}

function isGap(octet: number): boolean {
  return octet === space || octet === 0x09 || octet === 0x2c;
}

function writeTag(output: Output, from: number, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length > tagBytesMax || output.length - from + length + 1 > bytesMax) return false;
  if (isThere(output, from, bytes, start, end)) return false;
  if (output.length > from) output.byte(space);
  for (let at = start; at < end; at++) output.byte(lowered(bytes[at]!));
  return true;
}

function isThere(output: Output, from: number, bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = from; at < output.length; at++) {
    let length = 0;
    while (length < end - start && output.bytes[at + length] === lowered(bytes[start + length]!)) length++;
    const stop = at + length;
    if (length === end - start && (stop === output.length || (stop < output.length && output.bytes[stop] === space)))
      return true;
    while (at < output.length && output.bytes[at] !== space) at++;
  }
  return false;
}
