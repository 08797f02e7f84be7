// A list as it lies in its file (listlayout.ts), which all who ask it have mapped: nothing is copied, and no lookup allocates. It
// knows nothing of where the values came from. Texts are compared as bytes, a character a byte (Latin-1), as they come from
// the wire; a text with a character above 0xff is in no list.

import { assert } from "../base/assert.ts";
import type { ListPlan } from "../config/plan.ts";
import type { BanList } from "./bans.ts";
import type { List } from "./list.ts";
import { firstSlot, noBytesHash, stirred, withByte } from "./listhash.ts";
import { headerBytes, listKinds, listMagic, listSections, listVersion, listWord } from "./listlayout.ts";
import { isMapped } from "./tablekey.ts";

const dot = 0x2e;
const zero = 0x30;
/** Starts of ranges stand with it turned over: compared as signed words they are in the order of addresses, and fast. */
const signBit = 0x8000_0000 | 0;

export class ListFile implements List, BanList {
  readonly kind: ListPlan["kind"];
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #ranges4: number;
  readonly #shift4: number;
  readonly #radix4: number;
  readonly #starts4: number;
  readonly #owners4: number;
  readonly #ranges6: number;
  readonly #shift6: number;
  readonly #radix6: number;
  readonly #starts6: number;
  readonly #owners6: number;
  readonly #slotCount: number;
  readonly #slots: number;
  readonly #keyEnds: number;
  readonly #keys: number;
  readonly #hasKeys: boolean;
  readonly #hasValues: boolean;
  readonly #valueEnds: number;
  readonly #values: number;

  /** Asserts that the bytes are a whole file of this layout. */
  constructor(bytes: Uint8Array) {
    assert(bytes.byteLength >= headerBytes && bytes.byteOffset % 4 === 0, "a list's file is too short or not aligned");
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
    assert(
      words[listWord.magic] === listMagic && words[listWord.version] === listVersion,
      "a list's file has another layout",
    );
    const at = listSections(words);
    assert(at.end <= bytes.byteLength, "a list's file is not whole");
    this.bytes = bytes;
    this.#words = words;
    this.kind = listKinds[words[listWord.kind]!]!;
    this.size = words[listWord.size]!;
    this.#ranges4 = words[listWord.ranges4]!;
    this.#shift4 = 32 - words[listWord.bits4]!;
    this.#radix4 = at.radix4;
    this.#starts4 = at.starts4;
    this.#owners4 = at.owners4;
    this.#ranges6 = words[listWord.ranges6]!;
    this.#shift6 = 32 - words[listWord.bits6]!;
    this.#radix6 = at.radix6;
    this.#starts6 = at.starts6;
    this.#owners6 = at.owners6;
    this.#slotCount = words[listWord.slots]!;
    this.#slots = at.slots;
    this.#keyEnds = at.keyEnds;
    this.#keys = at.keys;
    this.#hasKeys = words[listWord.keyBytes]! > 0;
    this.#hasValues = words[listWord.valueBytes]! > 0;
    this.#valueEnds = at.valueEnds;
    this.#values = at.values;
  }

  findAddress(octets: Uint8Array, at: number): number {
    if (isMapped(octets, at)) return this.#ranges4 === 0 ? -1 : this.#find4(wordAt(octets, at + 12));
    return this.#ranges6 === 0 ? -1 : this.#find6(octets, at);
  }

  #find4(address: number): number {
    const words = this.#words;
    const starts = this.#starts4;
    const beginning = this.#radix4 + ((address ^ signBit) >>> this.#shift4);
    let low = words[beginning]!;
    let last = words[beginning + 1]!;
    while (low < last) {
      const middle = (low + last + 1) >>> 1;
      if (words[starts + middle]! <= address) low = middle;
      else last = middle - 1;
    }
    return words[this.#owners4 + low]! - 1;
  }

  #find6(octets: Uint8Array, at: number): number {
    const words = this.#words;
    const first = wordAt(octets, at);
    const second = wordAt(octets, at + 4);
    const beginning = this.#radix6 + ((first ^ signBit) >>> this.#shift6);
    let low = words[beginning]!;
    let last = words[beginning + 1]!;
    while (low < last) {
      const middle = (low + last + 1) >>> 1;
      const start = this.#starts6 + middle * 4;
      const word = words[start]!;
      if (word < first || (word === first && this.#isAtOrBefore(start + 1, second, octets, at))) low = middle;
      else last = middle - 1;
    }
    return words[this.#owners6 + low]! - 1;
  }

  #isAtOrBefore(start: number, second: number, octets: Uint8Array, at: number): boolean {
    const words = this.#words;
    const word = words[start]!;
    if (word !== second) return word < second;
    const third = wordAt(octets, at + 8);
    if (words[start + 1] !== third) return words[start + 1]! < third;
    return words[start + 2]! <= wordAt(octets, at + 12);
  }

  findText(text: string): number {
    if (this.#slotCount === 0) return -1;
    if (this.kind === "name") return this.#findName(text);
    let hash = noBytesHash;
    for (let at = text.length - 1; at >= 0; at--) hash = withByte(hash, text.charCodeAt(at));
    return this.#find(stirred(hash), text, 0, text.length, false);
  }

  /** In any case, and with a dot at its end: neither makes another name of it. */
  #findName(text: string): number {
    const end = text.charCodeAt(text.length - 1) === dot ? text.length - 1 : text.length;
    let hash = noBytesHash;
    let found = -1;
    for (let at = end - 1; at >= 0; at--) {
      const code = lower(text.charCodeAt(at));
      hash = withByte(hash, code);
      if (code !== dot || at === 0) continue;
      // Domains come shortest first: the last that is found is the longest.
      const suffix = this.#find(stirred(hash), text, at, end, true);
      if (suffix !== -1) found = suffix;
    }
    if (text.charCodeAt(0) === dot) return found;
    const whole = this.#find(stirred(hash), text, 0, end, true);
    return whole === -1 ? found : whole;
  }

  #find(hash: number, text: string, start: number, end: number, isName: boolean): number {
    const words = this.#words;
    const count = this.#slotCount;
    const word = hash | 0;
    let slot = firstSlot(hash, count);
    for (;;) {
      const owner = words[this.#slots + slot * 2 + 1]!;
      if (owner === 0) return -1;
      if (words[this.#slots + slot * 2] === word && this.#isKey(owner - 1, text, start, end, isName)) return owner - 1;
      slot = slot + 1 === count ? 0 : slot + 1;
    }
  }

  #isKey(row: number, text: string, start: number, end: number, isName: boolean): boolean {
    // The only key there is then is the empty one.
    if (!this.#hasKeys) return start === end;
    const from = this.#words[this.#keyEnds + row]!;
    if (this.#words[this.#keyEnds + row + 1]! - from !== end - start) return false;
    const keys = this.#keys + from - start;
    for (let at = start; at < end; at++) {
      const code = text.charCodeAt(at);
      if (this.bytes[keys + at] !== (isName ? lower(code) : code)) return false;
    }
    return true;
  }

  valueOf(index: number): string {
    if (!this.#hasValues) return "";
    const end = this.#words[this.#valueEnds + index + 1]!;
    let text = "";
    for (let at = this.#words[this.#valueEnds + index]!; at < end; at++)
      text += String.fromCharCode(this.bytes[this.#values + at]!);
    return text;
  }

  /** The value as a number of decimal digits; 0 without any. */
  endOf(index: number): number {
    if (!this.#hasValues) return 0;
    const end = this.#words[this.#valueEnds + index + 1]!;
    let number = 0;
    for (let at = this.#words[this.#valueEnds + index]!; at < end; at++)
      number = number * 10 + this.bytes[this.#values + at]! - zero;
    return number;
  }
}

function wordAt(octets: Uint8Array, at: number): number {
  return ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) ^ signBit;
}

function lower(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
}
