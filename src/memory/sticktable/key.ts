// A key as it stands in the words of an entry: laid from a TableKey to be looked for, and back into one. Addresses and integers
// are looked for where they were laid, for their bytes are whole words; texts are copied, and ended as layout.ts says.

import ipaddr from "ipaddr.js";
import type { TableKeyPlan } from "../../config/plan.ts";
import type { TableKey } from "../tablekey.ts";

const textEnd = 1;
const octets = new Uint8Array(16);

export class StickKey {
  readonly words: Int32Array;
  readonly #key: TableKey;
  /** Null where the words are the key's own bytes. */
  readonly #bytes: Uint8Array | null = null;

  constructor(key: TableKey, keyWords: number) {
    this.#key = key;
    if (key.plan.kind === "ip" || key.plan.kind === "integer") {
      this.words = new Int32Array(key.bytes.buffer, key.bytes.byteOffset, keyWords);
      return;
    }
    this.words = new Int32Array(keyWords);
    this.#bytes = new Uint8Array(this.words.buffer);
  }

  /** To be said before `words` are read. */
  lay(): void {
    const bytes = this.#bytes;
    if (bytes === null) return;
    const { length } = this.#key;
    for (let index = 0; index < length; index++) bytes[index] = this.#key.bytes[index]!;
    bytes[length] = textEnd;
    bytes.fill(0, length + 1);
  }
}

/** Lays the key that stands in these words into `key`, of any kind; what cannot be one there is left unset. */
export function relay(plan: TableKeyPlan, words: Int32Array, at: number, isIPv4: boolean, key: TableKey): void {
  key.unset();
  if (plan.kind === "integer") return key.setInteger(words[at]! >>> 0);
  if (plan.kind === "ip") {
    layOctets(plan, words, at, isIPv4);
    return key.setAddress(octets, 0);
  }
  const bytes = textOf(plan, words, at);
  if (key.plan.kind === "integer") return key.setText(latin1(bytes));
  key.setBytes(bytes, 0, bytes.length);
}

/** As operators write it: an address (with its prefix where bits are left out), digits, text; binary in hexadecimal. */
export function writeKey(plan: TableKeyPlan, words: Int32Array, at: number, isIPv4: boolean): string {
  switch (plan.kind) {
    case "integer":
      return String(words[at]! >>> 0);
    case "ip": {
      layOctets(plan, words, at, isIPv4);
      const address = ipaddr.fromByteArray([...(isIPv4 ? octets.subarray(12) : octets)]).toString();
      return isIPv4 || plan.prefix6 === 128 ? address : `${address}/${plan.prefix6}`;
    }
    case "string":
      return latin1(textOf(plan, words, at));
    case "binary":
      return textOf(plan, words, at).toHex();
  }
}

function layOctets(plan: TableKeyPlan & { kind: "ip" }, words: Int32Array, at: number, isIPv4: boolean): void {
  const bytes = plan.prefix6 > 64 ? 16 : 8;
  octets.fill(0);
  if (isIPv4) {
    octets[10] = octets[11] = 0xff;
    for (let index = 0; index < 4; index++) octets[12 + index] = byteOf(words, at, bytes - 4 + index);
    return;
  }
  for (let index = 0; index < bytes; index++) octets[index] = byteOf(words, at, index);
}

function textOf(plan: TableKeyPlan & { bytesMax: number }, words: Int32Array, at: number): Uint8Array {
  let length = plan.bytesMax;
  while (length > 0 && byteOf(words, at, length) === 0) length--;
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = byteOf(words, at, index);
  return bytes;
}

function byteOf(words: Int32Array, at: number, index: number): number {
  return (words[at + (index >>> 2)]! >>> ((index & 3) * 8)) & 0xff;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
