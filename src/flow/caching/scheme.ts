// Under which scheme a response is stored: the one that its server is told, for by that it may have chosen what it says (a redirect to
// https above all). Through a forward proxy that is the target's own. Otherwise it is what X-Forwarded-Proto will say: how the client
// has come, or what a trusted proxy reports. A whole URL in a request line is its client's word, which no server gets to hear.

import { valueEnd, valueStart } from "../../cache/fieldname.ts";
import type { Key } from "../../cache/key.ts";
import type { CachePolicy } from "../../cache/policy.ts";
import { field } from "../../wire/http1/fields.ts";
import type { Exchange } from "../exchange.ts";
import { textOf } from "../headvalues.ts";

/** The first part of the key of what the exchange asks for. The host that a trusted proxy reports is told to servers too, and counts. */
export function writeKey(key: Key, exchange: Exchange, policy: CachePolicy): void {
  const { head, isTrusted } = exchange;
  key.write(head, isStoredAsSecure(exchange), policy);
  if (!isTrusted || !head.hasSpecial) return;
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

export function isStoredAsSecure({ head, isSecure, isTrusted, target }: Exchange): boolean {
  if (target !== null) return target.isSecure;
  if (!isTrusted || !head.hasSpecial) return isSecure;
  const index = head.find(field.xForwardedProto);
  if (index === -1) return isSecure;
  const proto = textOf(head.bytes, valueStart(head, index), valueEnd(head, index)).toLowerCase();
  return proto === "https" || (isSecure && proto !== "http");
}
