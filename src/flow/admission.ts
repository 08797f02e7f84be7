// What is decided about a request from its head alone, before a server is sought: whether it is refused, whether it asks for
// an upgrade that may go on, and what a hashing policy hashes of it. Pure functions of the head.

import { type Fault, fault } from "../base/fault.ts";
import { hashBytes, hashString } from "../base/hash.ts";
import type { BalanceKey, ProxyPlan } from "../config/plan.ts";
import type { Body } from "../wire/http1/body.ts";
import { field, isName } from "../wire/http1/fields.ts";
import { bodyKind, type Head, method } from "../wire/http1/head.ts";
import { cookieValue } from "./sticky.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const h2c = encode("h2c");
const keyCookieBytesMax = 4096;

/** A request whose head is here, and what has come of its body. */
interface Asked {
  readonly head: Head;
  readonly requestBody: Body;
}

/** Why a request goes no further; null when it may. `proxy`: the listener's. */
export function refusalOf(asked: Asked, bodyBytesMax: number, proxy: ProxyPlan | null): Fault | null {
  const { head, requestBody } = asked;
  if (head.method === method.trace) return fault("method_refused");
  if (head.method === method.connect && proxy === null) return fault("method_refused");
  if (requestBody.isBad) return fault("bad_chunk");
  if (bodyBytesMax > 0 && (head.contentLength > bodyBytesMax || requestBody.content > bodyBytesMax))
    return fault("body_too_large");
  return null;
}

/** RFC 9110 7.8; any protocol but h2c, which would give the client a way past every rule here. */
export function isUpgradeAsked(head: Head, body: Body): boolean {
  if (!head.hasUpgrade || head.upgradeIndex === -1 || head.minor === 0) return false;
  if (head.method !== method.get || body.kind !== bodyKind.none) return false;
  for (let index = head.upgradeIndex; index < head.fieldCount; index++)
    if (head.ids[index] === field.upgrade && isH2cNamed(head, index)) return false;
  return true;
}

/** Anywhere in the value, for it may stand in a list, with a version behind it. */
function isH2cNamed(head: Head, index: number): boolean {
  const end = head.spans[index * 4 + 3]! - h2c.length;
  for (let at = head.spans[index * 4 + 2]!; at <= end; at++)
    if (isName(head.bytes, at, at + h2c.length, h2c)) return true;
  return false;
}

/** The hash of what the pool balances by; of the client's address where the request does not have it. */
export function balanceKeyOf(head: Head, key: BalanceKey, clientAddress: string): number {
  switch (key.kind) {
    case "ip":
      return hashString(clientAddress);
    case "uri":
      return hashBytes(head.bytes, head.targetStart, head.targetEnd);
    case "cookie":
      return hashString(cookieValue(head, key.name, keyCookieBytesMax) || clientAddress);
    case "header": {
      const name = fieldName(key.name);
      for (let index = 0; index < head.fieldCount; index++) {
        if (!isName(head.bytes, head.spans[index * 4]!, head.spans[index * 4 + 1]!, name)) continue;
        return hashBytes(head.bytes, head.spans[index * 4 + 2]!, head.spans[index * 4 + 3]!);
      }
      return hashString(clientAddress);
    }
  }
}

const fieldNames = new Map<string, Uint8Array>();

function fieldName(name: string): Uint8Array {
  let bytes = fieldNames.get(name);
  if (bytes === undefined) {
    bytes = encode(name.toLowerCase());
    fieldNames.set(name, bytes);
  }
  return bytes;
}
