// Under which scheme a response is stored: the one that its server is told, for by that it may have chosen what it says (a redirect to
// https above all). Through a forward proxy that is the target's own. Otherwise it is what X-Forwarded-Proto will say: how the client
// has come, or what a trusted proxy reports. A whole URL in a request line is its client's word, which no server gets to hear.

import { valueEnd, valueStart } from "../../cache/fieldname.ts";
import { field } from "../../wire/http1/fields.ts";
import type { Exchange } from "../exchange.ts";
import { textOf } from "../headvalues.ts";

export function isStoredAsSecure({ head, isSecure, isTrusted, target }: Exchange): boolean {
  if (target !== null) return target.isSecure;
  if (!isTrusted || !head.hasSpecial) return isSecure;
  const index = head.find(field.xForwardedProto);
  if (index === -1) return isSecure;
  const proto = textOf(head.bytes, valueStart(head, index), valueEnd(head, index)).toLowerCase();
  return proto === "https" || (isSecure && proto !== "http");
}
