// HPACK once more, from the text of RFC 7541 and by strings and arrays, as plainly as it can be said: what the codec of src/ is
// held against. The encoder draws how each field is represented, also in ways that are right and that nobody uses; the decoder
// reads whatever may come.

import type { Prng } from "../../src/base/prng.ts";

import { codes, endOfString, type Field, staticFields, symbolOf } from "./hpacktables.ts";

export const hexOf = (octets: readonly number[] | Uint8Array): string => Buffer.from(octets).toString("hex");
export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));

/** 5.2: padded with the most significant bits of EOS. */
export function huffman(text: string): number[] {
  const octets: number[] = [];
  let octet = 1;
  const put = (bit: number): void => {
    octet = octet * 2 + bit;
    if (octet < 256) return;
    octets.push(octet - 256);
    octet = 1;
  };
  for (let at = 0; at < text.length; at++) {
    const code = codes[text.charCodeAt(at)]!;
    for (let bit = 30 - Math.clz32(code); bit >= 0; bit--) put((code >> bit) & 1);
  }
  while (octet > 1) put(1);
  return octets;
}

/** 5.1, with `padding` zeros in front, which change nothing. */
export function integer(value: number, prefixBits: number, high: number, padding = 0): number[] {
  const prefixMax = 2 ** prefixBits - 1;
  if (value < prefixMax) return [high | value];
  const octets = [high | prefixMax];
  let rest = value - prefixMax;
  while (rest >= 128) {
    octets.push(128 + (rest % 128));
    rest = Math.floor(rest / 128);
  }
  for (let count = 0; count < padding; count++) {
    octets.push(128 + rest);
    rest = 0;
  }
  return [...octets, rest];
}

export function string(text: string, isHuffman: boolean): number[] {
  const octets = isHuffman ? huffman(text) : [...Buffer.from(text, "latin1")];
  return [...integer(octets.length, 7, isHuffman ? 0x80 : 0), ...octets];
}

/** 2.3.3 and 4: newest first. */
export class ReferenceTable {
  readonly fields: Field[] = [];
  sizeMax: number;

  constructor(sizeMax: number) {
    this.sizeMax = sizeMax;
  }

  get size(): number {
    return this.fields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  }

  at(index: number): Field | undefined {
    return index <= staticFields.length ? staticFields[index - 1] : this.fields[index - staticFields.length - 1];
  }

  resize(sizeMax: number): void {
    this.sizeMax = sizeMax;
    while (this.size > sizeMax) this.fields.pop();
  }

  insert(field: Field): void {
    const size = field[0].length + field[1].length + 32;
    while (this.fields.length > 0 && this.size + size > this.sizeMax) this.fields.pop();
    if (size <= this.sizeMax) this.fields.unshift(field);
  }
}

export class ReferenceEncoder {
  readonly table: ReferenceTable;
  readonly #prng: Prng;
  readonly #sizeMax: number;

  constructor(prng: Prng, sizeMax: number) {
    this.table = new ReferenceTable(sizeMax);
    this.#prng = prng;
    this.#sizeMax = sizeMax;
  }

  encode(fields: readonly Field[]): number[] {
    return [...this.#sizeUpdates(), ...fields.flatMap((field) => this.#encodeField(field))];
  }

  #sizeUpdates(): number[] {
    const octets: number[] = [];
    for (let count = this.#prng.below(20) === 0 ? 1 + this.#prng.below(2) : 0; count > 0; count--) {
      const size = this.#prng.below(3) === 0 ? this.#prng.below(this.#sizeMax + 1) : this.#sizeMax;
      this.table.resize(size);
      octets.push(...integer(size, 5, 0x20));
    }
    return octets;
  }

  #encodeField(field: Field): number[] {
    const [name, value] = field;
    const all = [...staticFields, ...this.table.fields];
    const whole = this.#anyOf(all, (other) => other[0] === name && other[1] === value);
    if (whole > 0 && this.#prng.below(8) > 0) return integer(whole, 7, 0x80, this.#padding());
    const named = this.#prng.below(8) > 0 ? this.#anyOf(all, (other) => other[0] === name) : 0;
    const kind = this.#prng.below(4);
    const [prefixBits, high] = kind < 2 ? [6, 0x40] : kind === 2 ? [4, 0] : [4, 0x10];
    const octets = integer(named, prefixBits, high, this.#padding());
    if (named === 0) octets.push(...string(name, this.#prng.below(2) === 0));
    octets.push(...string(value, this.#prng.below(3) > 0));
    if (kind < 2) this.table.insert(field);
    return octets;
  }

  #padding(): number {
    return this.#prng.below(10) === 0 ? this.#prng.below(4) : 0;
  }

  /** The index of the first or the last that is meant, 0 without one. */
  #anyOf(all: readonly Field[], isMeant: (field: Field) => boolean): number {
    return (this.#prng.below(4) > 0 ? all.findIndex(isMeant) : all.findLastIndex(isMeant)) + 1;
  }
}

class Refused extends Error {}

export class ReferenceDecoder {
  readonly table: ReferenceTable;
  readonly #sizeMax: number;
  #octets: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(sizeMax: number) {
    this.table = new ReferenceTable(sizeMax);
    this.#sizeMax = sizeMax;
  }

  /** The fields of a block, or why it is none. */
  decode(octets: Uint8Array): Field[] | string {
    this.#octets = octets;
    this.#at = 0;
    const fields: Field[] = [];
    try {
      for (let updates = 0; this.#at < octets.length; ) {
        const octet = octets[this.#at]!;
        if (octet >= 0x80) fields.push(this.#indexed());
        else if (octet >= 0x40) this.table.insert(fields[fields.push(this.#literal(6)) - 1]!);
        else if (octet < 0x20) fields.push(this.#literal(4));
        else {
          if (fields.length > 0 || ++updates > 2) throw new Refused("a size update where none may be");
          const size = this.#integer(5);
          if (size > this.#sizeMax) throw new Refused("a size beyond the limit");
          this.table.resize(size);
        }
      }
    } catch (error) {
      if (error instanceof Refused) return error.message;
      throw error;
    }
    return fields;
  }

  #indexed(): Field {
    const field = this.table.at(this.#integer(7));
    if (field === undefined) throw new Refused("no such index");
    return field;
  }

  #literal(prefixBits: number): Field {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.table.at(index)?.[0];
    if (name === undefined) throw new Refused("no such index of a name");
    return [name, this.#string()];
  }

  #next(): number {
    if (this.#at === this.#octets.length) throw new Refused("broken off");
    return this.#octets[this.#at++]!;
  }

  #integer(prefixBits: number): number {
    const prefixMax = 2 ** prefixBits - 1;
    let value = this.#next() & prefixMax;
    if (value < prefixMax) return value;
    for (let count = 0; count < 5; count++) {
      const octet = this.#next();
      value += (octet % 128) * 128 ** count;
      if (octet < 128) return value;
    }
    throw new Refused("a long integer");
  }

  #string(): string {
    const isHuffman = (this.#octets[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    if (length > this.#octets.length - this.#at) throw new Refused("a string beyond the end");
    const octets = this.#octets.subarray(this.#at, this.#at + length);
    this.#at += length;
    return isHuffman ? unhuffman(octets) : Buffer.from(octets).toString("latin1");
  }
}

function unhuffman(octets: Uint8Array): string {
  let text = "";
  let code = 1;
  for (const octet of octets)
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((octet >> bit) & 1);
      const symbol = symbolOf.get(code);
      if (symbol === undefined) continue;
      if (symbol === endOfString) throw new Refused("EOS");
      text += String.fromCharCode(symbol);
      code = 1;
    }
  // What is left is padding: up to 7 ones behind the one in front.
  if (code > 255 || (code & (code + 1)) !== 0) throw new Refused("wrong padding");
  return text;
}
