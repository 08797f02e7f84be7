// Texts that expressions have made, as heads and bodies can hold them: Latin-1, a character each byte, as all that came over the
// wire is. What is beyond goes as UTF-8. Nothing here may turn into a line end: cut to a byte, U+010A would be one.

import { isHost, isTarget, isToken, isValue } from "../wire/http1/grammar.ts";

const beyond = 0x100;

/** Whole octets, a character each. */
export function latin1Of(text: string): string {
  for (let at = 0; at < text.length; at++)
    if (text.charCodeAt(at) >= beyond) return Buffer.from(mixed(text)).toString("latin1");
  return text;
}

function mixed(text: string): number[] {
  const octets: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < beyond) octets.push(code);
    else octets.push(...Buffer.from(character, "utf8"));
  }
  return octets;
}

/** What a field may hold, without white space around it; what it may not hold is left out. */
export function fieldText(text: string): string {
  if (isFieldText(text)) return text;
  const octets = latin1Of(text);
  let value = "";
  for (let at = 0; at < octets.length; at++) if (isValue[octets.charCodeAt(at)] === 1) value += octets[at];
  return trimmed(value);
}

/** Nothing is to be left out or encoded: nearly every value. */
function isFieldText(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (isValue[text.charCodeAt(at)] !== 1) return false;
  return text === "" || (!isBlank(text, 0) && !isBlank(text, text.length - 1));
}

/** Without blanks around it (RFC 9110 section 5.6.3). String.trim would take the byte A0 too, which ends "à" in UTF-8. */
export function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start++;
  while (end > start && isBlank(text, end - 1)) end--;
  return text.slice(start, end);
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || code === 0x09;
}

/** What a target may hold; all else is percent-encoded. */
export function targetText(text: string): string {
  const octets = latin1Of(text);
  let target = "";
  for (let at = 0; at < octets.length; at++) {
    const code = octets.charCodeAt(at);
    target += isTarget[code] === 1 ? octets[at] : `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return target;
}

/** Whether a text is a token: the name of a method or a field. */
export function isTokenText(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (isToken[text.charCodeAt(at)] !== 1) return false;
  return text !== "";
}

/**
 * What of a hook's value for a field cannot be sent, in a sentence that continues the field's name; null: nothing. As `fetch` has it: a
 * character up to U+00FF is a byte. Two charsets in one value, Latin-1 for some letters and UTF-8 for others, nobody could read.
 */
export function valueFault(value: unknown): string | null {
  if (typeof value !== "string") {
    const isNumber = typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value));
    return isNumber ? null : `must be a text or a number, not ${kindOf(value)}`;
  }
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code >= beyond) return `must have no character beyond U+00FF, such as ${named(value.codePointAt(at)!)}`;
    if (isValue[code] !== 1) return "must be one line without control characters";
  }
  return null;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === "boolean" || typeof value === "number")
    return String(value);
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  return `a ${typeof value}`;
}

function named(code: number): string {
  const number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  // A half of a pair is no character of its own.
  return code >= 0xd800 && code <= 0xdfff ? number : `${String.fromCodePoint(code)} (${number})`;
}

/** Whether a text is what Host may hold, as the reader has it (wire/http1/framing.ts). */
export function isHostText(text: string): boolean {
  const [, name, literal] = /^(?:([^:[\]]*)|\[([^[\]]*)\])(?::[0-9]*)?$/.exec(text) ?? [];
  const host = name ?? literal?.replaceAll(":", "");
  if (host === undefined) return false;
  for (let at = 0; at < host.length; at++) if (isHost[host.charCodeAt(at)] !== 1) return false;
  return true;
}
