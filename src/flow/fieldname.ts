// Names of fields as edits know them (edits.ts): checked, folded and looked up once, since the same few are written again and again.
// Most are a config's and never change; those that code makes up as it goes must not fill the memory, so that only so many are kept.

import { field, fieldId } from "../wire/http1/fields.ts";
import { isTokenText } from "./fieldtext.ts";
import { isHopByHop } from "./hopbyhop.ts";

export interface FieldName {
  readonly lower: string;
  /** `lower` in bytes. */
  readonly bytes: Uint8Array;
  /** The name as it was written, and ": ". */
  readonly opening: Uint8Array;
  readonly id: number;
  /** Of connections and of framing (RFC 9112 sections 6 and 9; RFC 9110 section 7.6.1). */
  readonly isFraming: boolean;
  /** Nobody takes note of it when a head is read (wire/http1/framing.ts). */
  readonly isUnnoted: boolean;
}

const keptMax = 1000;
const keptLengthMax = 100;
const kept = new Map<string, FieldName>();

/** Null: that is no name. */
export function fieldName(text: string): FieldName | null {
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (!isTokenText(text)) return null;
  const name = made(text);
  if (kept.size < keptMax && text.length <= keptLengthMax) kept.set(text, name);
  return name;
}

function made(text: string): FieldName {
  const lower = text.toLowerCase();
  const bytes = new TextEncoder().encode(lower);
  const id = fieldId(bytes, 0, bytes.length);
  const isFraming = id === field.contentLength || id === field.transferEncoding || id === field.framingLookalike;
  return {
    lower,
    bytes,
    opening: new TextEncoder().encode(`${text}: `),
    id,
    isFraming: isFraming || id === field.expect || isHopByHop(id) || lower === "trailer",
    isUnnoted: isUnnoted(id),
  };
}

export function isUnnoted(id: number): boolean {
  return id === field.other || id === field.cookie || id === field.userAgent || id === field.referer;
}

const dash = 0x2d;
const underscore = 0x5f;
const folded = Uint8Array.from({ length: 256 }, (_, code) => (code >= 0x41 && code <= 0x5a ? code | 0x20 : code));

/** Whether bytes[start, end) is that name, in any case, or what CGI and its heirs take for it: "_" where it has "-". */
export function isNamed(bytes: Uint8Array, start: number, end: number, { bytes: name }: FieldName): boolean {
  if (end - start !== name.length) return false;
  for (let at = 0; at < name.length; at++) {
    const octet = folded[bytes[start + at]!]!;
    if (octet !== name[at] && !(octet === underscore && name[at] === dash)) return false;
  }
  return true;
}
