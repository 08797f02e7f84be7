// Cache-Status (RFC 9211): what became of a request at this cache, as a field of the answer and as words for people (`sluice
// cache why`, the access log). A record that flows fill in as it goes, written once.

import type { Output } from "../wire/http1/writer.ts";

/** Why a request went on to a server (section 2.2). 0 is a hit. */
export const forwarded = {
  hit: 0,
  bypass: 1,
  method: 2,
  uriMiss: 3,
  varyMiss: 4,
  miss: 5,
  request: 6,
  stale: 7,
  partial: 8,
} as const;

/** By number: the word of the RFC, and a sentence. */
export const forwardedWords: readonly (readonly [string, string])[] = [
  ["hit", "It was answered from the cache."],
  ["bypass", "The cache was told to stay out of it."],
  ["method", "Its method is never answered from a cache."],
  ["uri-miss", "Nothing was stored for its URL."],
  ["vary-miss", "Something was stored for its URL, and nothing that was chosen by the same fields."],
  ["miss", "Nothing stored could be shown."],
  ["request", "Something fresh was stored, and the request did not want it."],
  ["stale", "What was stored was stale."],
  ["partial", "Only a part of what it asks for was stored."],
];

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const fieldName = encode("Cache-Status: ");
const hitText = encode("; hit");
const fwdTexts = forwardedWords.map(([word]) => encode(`; fwd=${word}`));
const fwdStatusText = encode("; fwd-status=");
const ttlText = encode("; ttl=");
const storedText = encode("; stored");
const collapsedText = encode("; collapsed");
const detailText = encode("; detail=");
const crlf = encode("\r\n");

/** Up to here numbers are divided as integers are. */
const smallMax = 1e9;

export class CacheStatus {
  /** The beginning of what is said of a hit, by this name. */
  #name: Uint8Array | null = null;
  #hit: Uint8Array = fieldName;
  /** Of `forwarded`. */
  forwarded = 0;
  /** Of the server's answer, where it differs from what the client gets; 0 says nothing. */
  forwardedStatus = 0;
  /** Seconds that it is still fresh, less than 0 when it is stale; not a number says nothing. */
  ttlS: number = Number.NaN;
  isStored = false;
  isCollapsed = false;
  /** A token: why it is not stored, or what was done with something stale. "" says nothing. */
  detail = "";

  clear(): void {
    this.forwarded = forwarded.hit;
    this.forwardedStatus = 0;
    this.ttlS = Number.NaN;
    this.isStored = false;
    this.isCollapsed = false;
    this.detail = "";
  }

  /** The whole line. `name`: this cache, a token. */
  write(output: Output, name: Uint8Array): void {
    if (this.forwarded === forwarded.hit) output.put(this.#hitLine(name));
    else {
      output.put(fieldName);
      output.put(name);
      output.put(fwdTexts[this.forwarded]!);
      if (this.forwardedStatus > 0) {
        output.put(fwdStatusText);
        writeInteger(output, this.forwardedStatus);
      }
      if (this.isStored) output.put(storedText);
      if (this.isCollapsed) output.put(collapsedText);
    }
    if (!Number.isNaN(this.ttlS)) {
      output.put(ttlText);
      writeInteger(output, this.ttlS);
    }
    if (this.detail !== "") {
      output.put(detailText);
      output.latin1(this.detail);
    }
    output.put(crlf);
  }

  #hitLine(name: Uint8Array): Uint8Array {
    if (this.#name !== name) {
      this.#name = name;
      this.#hit = new Uint8Array(Buffer.concat([fieldName, name, hitText]));
    }
    return this.#hit;
  }
}

/** Decimal, of a whole number that a double holds exactly; without a string. */
export function writeInteger(output: Output, value: number): void {
  if (value >= 0 && value < smallMax) return writeSmall(output, value | 0);
  let rest = Math.abs(Math.trunc(value));
  if (value <= -1) output.byte(0x2d);
  let power = 1;
  while (power * 10 <= rest) power *= 10;
  for (; power >= 1; power /= 10) {
    const digit = Math.floor(rest / power);
    output.byte(0x30 + digit);
    rest -= digit * power;
  }
}

function writeSmall(output: Output, value: number): void {
  let power = 1;
  for (let rest = (value / 10) | 0; rest > 0; rest = (rest / 10) | 0) power *= 10;
  for (let rest = value; power >= 1; power = (power / 10) | 0) {
    const digit = (rest / power) | 0;
    output.byte(0x30 + digit);
    rest -= digit * power;
  }
}
