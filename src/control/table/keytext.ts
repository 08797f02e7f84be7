// Keys of tables as people write and read them: addresses ("203.0.113.7", "2001:db8::/64"), numbers, texts, and bytes in
// hexadecimal. A text comes from whoever sends requests: what is no UTF-8, no printable character or a backslash is written
// \xNN, so that a key gives no orders to a terminal, and every key can be written back. What is shown is what is accepted.

import { misread, quote, type Reading, read } from "../../base/reading.ts";
import { shownBytes } from "../../base/shownbytes.ts";
import type { TableKeyPlan } from "../../config/plan.ts";
import type { TableKey } from "../../memory/tablekey.ts";
import { addressBytes, readAddress } from "../../wire/ipaddress.ts";

const octets = new Uint8Array(addressBytes);
const bitsMax = addressBytes * 8;

/** Lays the key that a text names. Otherwise a sentence for the operator. */
export function layKey(text: string, key: TableKey): string | null {
  const { plan } = key;
  switch (plan.kind) {
    case "ip": {
      const [host = "", bits] = text.split("/");
      if (!readAddress(host, octets)) return `the key must be an address such as 203.0.113.7, not ${quote(text)}`;
      const kept = host.includes(":") ? plan.prefix6 : 32;
      if (bits !== undefined && bits !== String(kept))
        return `keys of this table are ${host.includes(":") ? `blocks of /${kept}` : "whole addresses"}, not ${quote(text)}`;
      key.setAddress(octets, 0);
      return null;
    }
    case "integer":
      if (!/^-?\d{1,10}$/.test(text)) return `the key must be a number, not ${quote(text)}`;
      key.setInteger(Number(text));
      return null;
    case "string": {
      const bytes = readEscaped(text);
      if (!bytes.ok) return bytes.message;
      // What was cut off would name another entry than the one asked for, or the same one as a shorter key.
      if (bytes.value.length > plan.bytesMax) return `keys of this table have at most ${plan.bytesMax} bytes`;
      key.setBytes(bytes.value, 0, bytes.value.length);
      return null;
    }
    case "binary":
      if (!/^(?:[0-9a-f]{2})*$/i.test(text) || text.length > plan.bytesMax * 2)
        return `the key must be at most ${plan.bytesMax} bytes in hexadecimal, not ${quote(text)}`;
      key.setBytes(Buffer.from(text, "hex"), 0, text.length / 2);
      return null;
  }
}

/** Lays a key that `listRows` has told: its texts have a character for each byte. */
export function layListed(text: string, key: TableKey): void {
  if (key.plan.kind === "string") key.setText(text);
  else layKey(text, key);
}

/** A key that `listRows` has told, as people are shown it and `layKey` reads it. */
export function shownKey(plan: TableKeyPlan, listed: string): string {
  return plan.kind === "string" ? shownBytes(Buffer.from(listed, "latin1")) : listed;
}

/** Whether an address, or a block of them, lies in a block. */
export function isInBlock(block: Block, address: string): boolean {
  if (!readAddress(address.split("/", 1)[0]!, octets)) return false;
  for (let bit = 0; bit < block.bits; bit += 8) {
    const mask = (0xff00 >> Math.min(block.bits - bit, 8)) & 0xff;
    if (((octets[bit / 8]! ^ block.octets[bit / 8]!) & mask) !== 0) return false;
  }
  return true;
}

export interface Block {
  readonly octets: Uint8Array;
  /** Of 128. */
  readonly bits: number;
}

/** "10.0.0.0/8", or an address, which is itself. */
export function readBlock(text: string): Block | null {
  const [host = "", bits, ...rest] = text.split("/");
  const base = new Uint8Array(addressBytes);
  if (rest.length > 0 || !readAddress(host, base)) return null;
  const own = host.includes(":") ? bitsMax : 32;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > own)) return null;
  return { octets: base, bits: bitsMax - own + (bits === undefined ? own : Number(bits)) };
}

function readEscaped(text: string): Reading<Uint8Array> {
  const parts = text.split(/\\x([0-9a-f]{2})/i);
  // Texts stand at even places, what was escaped between them.
  if (parts.some((part, index) => index % 2 === 0 && part.includes("\\")))
    return misread(`a backslash in a key is written \\x5c, not as in ${quote(text)}`);
  return read(Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 === 0 ? "utf8" : "hex"))));
}
