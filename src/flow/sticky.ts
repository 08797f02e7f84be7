// The sticky cookie: which server a client was given, told by the client itself (RFC 6265). Reading finds the value in the
// request's Cookie fields; writing makes the one Set-Cookie field for a server.

import type { StickyPlan } from "../config/plan.ts";
import { field } from "../wire/http1/fields.ts";
import { byte } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import { tilde } from "./cookieprefix.ts";

/** Longer values are not ours: a word of each of eight pools (sharedcookie.ts), and what parts them. */
const valueBytesMax = 520;
/** The application's own value stands behind ours. */
const prefixedBytesMax = 8192;

/**
 * Value of the sticky cookie in the request, "" when there is none. `asked` is the head as the client sent it: what stood in front of an
 * application's own cookie has been taken off the other.
 */
export function stickyCookie({ head, asked }: { readonly head: Head; readonly asked: Head }, plan: StickyPlan): string {
  if (!plan.isPrefix) return cookieValue(head, plan.cookie, valueBytesMax);
  const value = cookieValue(asked, plan.cookie, prefixedBytesMax);
  return value.slice(0, Math.max(0, value.indexOf(tilde)));
}

/** Value of the first cookie of that name, "" when there is none or it is longer than `bytesMax`. */
export function cookieValue(head: Head, name: string, bytesMax: number): string {
  for (let index = 0; index < head.fieldCount; index++) {
    if (head.ids[index] !== field.cookie) continue;
    const end = head.spans[index * 4 + 3]!;
    let at = head.spans[index * 4 + 2]!;
    while (at < end) {
      while (at < end && (head.bytes[at] === byte.space || head.bytes[at] === byte.semicolon)) at++;
      let stop = at;
      while (stop < end && head.bytes[stop] !== byte.semicolon) stop++;
      if (isNamed(head.bytes, at, stop, name)) {
        const start = at + name.length + 1;
        return stop - start > bytesMax ? "" : text(head.bytes, start, stop);
      }
      at = stop;
    }
  }
  return "";
}

function isNamed(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start <= name.length || bytes[start + name.length] !== 0x3d) return false;
  for (let index = 0; index < name.length; index++) if (bytes[start + index] !== name.charCodeAt(index)) return false;
  return true;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  let value = "";
  for (let at = start; at < end; at++) value += String.fromCharCode(bytes[at]!);
  return value;
}

/** The whole Set-Cookie line that names a server. */
export function stickyField(plan: StickyPlan, value: string): string {
  let line = `Set-Cookie: ${plan.cookie}=${value}; Path=${plan.path}`;
  if (plan.maxAgeS !== null) line += `; Max-Age=${plan.maxAgeS}`;
  if (plan.secure) line += "; Secure";
  if (plan.httpOnly) line += "; HttpOnly";
  if (plan.sameSite !== null) line += `; SameSite=${plan.sameSite}`;
  return `${line}\r\n`;
}
