// What functions do with texts. A text is bytes, one a character, so only ASCII letters have an upper and a lower case, and only
// ASCII characters are space: what stands beyond is a part of some UTF-8 character, and stays as it is.

import { textLengthMax } from "./limits.ts";

export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (found) => found.toLowerCase());
}

export function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (found) => found.toUpperCase());
}

export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** Every one; an empty `search` is nowhere. Null where the text would grow too long. */
export function replace(text: string, search: string, by: string): string | null {
  if (search === "") return text;
  const parts = text.split(search);
  const length = text.length + (parts.length - 1) * (by.length - search.length);
  return length > textLengthMax ? null : parts.join(by);
}

export function substring(text: string, start: number, end: number = text.length): string {
  return text.slice(Math.max(Math.trunc(start), 0), Math.max(Math.trunc(end), 0));
}

/** As HAProxy's converter `field`: from 1, negative from the end. */
export function field(text: string, separator: string, number: number): string | null {
  return nth(text.split(separator), number);
}

/** As HAProxy's converter `word`: as `field`, but empty ones do not count. */
export function word(text: string, separator: string, number: number): string | null {
  return nth(
    text.split(separator).filter((part) => part !== ""),
    number,
  );
}

function nth(parts: readonly string[], number: number): string | null {
  return parts.at(number > 0 ? number - 1 : number === 0 ? parts.length : number) ?? null;
}

export function joinTexts(texts: readonly string[], separator: string): string | null {
  let length = separator.length * Math.max(texts.length - 1, 0);
  for (const text of texts) length += text.length;
  return length > textLengthMax ? null : texts.join(separator);
}

export function isSubdomainOf(host: string, domain: string): boolean {
  const name = lowerAscii(domain);
  const found = lowerAscii(host);
  return found === name || (found.endsWith(name) && found[found.length - name.length - 1] === ".");
}

/** RFC 3986 2.3: what is not unreserved is %XX. */
export function urlEncode(text: string): string {
  let encoded = "";
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    encoded += /[A-Za-z0-9\-._~]/.test(character)
      ? character
      : `%${(text.charCodeAt(index) & 0xff).toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** What is no %XX stays. */
export function urlDecode(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/**
 * A path as servers read it that look for files, or for a `location` of nginx: percent-decoded, several slashes as one, without `.` and
 * `..` (RFC 3986 section 5.2.4).
 */
export function normalizePath(text: string): string {
  const path = urlDecode(text);
  if (!path.startsWith("/")) return path;
  const segments = path.split("/");
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const isFolder = ["", ".", ".."].includes(segments.at(-1)!) && kept.length > 0;
  return `/${kept.join("/")}${isFolder ? "/" : ""}`;
}

export function base64(text: string): string {
  return Buffer.from(text, "latin1").toString("base64");
}

/** Of both alphabets (RFC 4648 4 and 5), with or without "=" at the end. */
export function unbase64(text: string): string | null {
  if (!/^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/.test(text)) return null;
  return text.replaceAll("=", "").length % 4 === 1 ? null : Buffer.from(text, "base64").toString("latin1");
}

export function hex(text: string): string {
  return Buffer.from(text, "latin1").toString("hex");
}

export function readInteger(text: string): number | null {
  const value = /^[-+]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

export function readNumber(text: string): number | null {
  return /^[-+]?(?:\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})(?:[eE][-+]?\d{1,3})?$/.test(text) ? Number(text) : null;
}

/** Of version 4 (RFC 9562 section 5.4). `random`: uniform in [0, 1). */
export function uuid(random: () => number): string {
  const digits = Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0"),
  ).join("");
  const variant = (8 | (Number.parseInt(digits[16]!, 16) & 3)).toString(16);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
}
