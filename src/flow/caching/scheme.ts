// Under which scheme a response is stored: the one that its server is told, for by that it may have chosen what it says (a redirect to
// https above all). Through a forward proxy that is the target's own. Otherwise it is what X-Forwarded-Proto will say: how the client
// has come, or what a peer reports whose fields go on: a trusted proxy, and one that is excepted. A whole URL in a request line is its
// client's word, which no server gets to hear. Nobody believes an excepted peer, and servers hear more of it than a key holds.

import { valueEnd, valueStart } from "../../cache/fieldname.ts";
import type { Key } from "../../cache/key.ts";
import type { CachePolicy } from "../../cache/policy.ts";
import { clientFields, field } from "../../wire/http1/fields.ts";
import { isNominated } from "../../wire/http1/framing.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Exchange } from "../exchange.ts";
import { textOf } from "../headvalues.ts";

/** The first part of the key of what the exchange asks for. The host that a proxy reports counts, where servers are told it. */
export function writeKey(key: Key, exchange: Exchange, policy: CachePolicy): void {
  const { head } = exchange;
  key.write(head, isStoredAsSecure(exchange), policy);
  if (!isPassedOn(exchange)) return;
  const index = head.find(field.xForwardedHost);
  if (index === -1) return;
  const start = valueStart(head, index);
  const end = valueEnd(head, index);
  const isSame =
    head.hostIndex !== -1 &&
    textOf(head.bytes, start, end) ===
      textOf(head.bytes, valueStart(head, head.hostIndex), valueEnd(head, head.hostIndex));
  if (!isSame) key.addHost(head.bytes, start, end);
}

export function isStoredAsSecure(exchange: Exchange): boolean {
  const { head, isSecure, target } = exchange;
  if (target !== null) return target.isSecure;
  if (!isPassedOn(exchange)) return isSecure;
  const index = head.find(field.xForwardedProto);
  if (index === -1) return isSecure;
  const proto = textOf(head.bytes, valueStart(head, index), valueEnd(head, index)).toLowerCase();
  return proto === "https" || (isSecure && proto !== "http");
}

/** Its X-Forwarded-Host and -Proto, where it has any, are what servers are told. */
function isPassedOn({ head, isTrusted, isExcepted }: Exchange): boolean {
  return head.hasSpecial && (isTrusted || isExcepted);
}

/**
 * An excepted peer tells servers of its way what the key does not hold: what comes of that is for nobody else. Addresses in
 * X-Forwarded-For are not looked at: they differ by client from everybody.
 */
export function isToldMore({ head, isTrusted, isExcepted, givenFields }: Exchange): boolean {
  if (!isExcepted || isTrusted || !head.hasSpecial) return false;
  let seen = 0;
  for (let index = 0; index < head.fieldCount; index++) {
    const bit = 1 << head.ids[index]!;
    if ((bit & wayFields) === 0) continue;
    // Of several lines each server takes its own.
    if ((seen & bit) !== 0) return true;
    seen |= bit;
    // A line that stands alone where a rule has set the field is the rule's.
    if ((givenFields & bit) === 0 && ((bit & keyedFields) === 0 || !isKept(head, index))) return true;
  }
  return false;
}

/** Whether servers are told just what the key says: they see the field, and a scheme is one of two words. */
function isKept(head: Head, index: number): boolean {
  const start = head.spans[index * 4]!;
  if (head.hasNominated && isNominated(head, start, head.spans[index * 4 + 1]!)) return false;
  if (head.ids[index] === field.xForwardedHost) return true;
  const proto = textOf(head.bytes, valueStart(head, index), valueEnd(head, index));
  return proto === "http" || proto === "https";
}

const keyedFields = (1 << field.xForwardedHost) | (1 << field.xForwardedProto);
const wayFields = clientFields & ~(1 << field.xForwardedFor);
