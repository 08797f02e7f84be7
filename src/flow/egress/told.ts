// Which outbound address it was, as the client is told it: by us alone. What a server says in a field of that name is no news of ours,
// and goes no further; a step down of the stair, before rules and caches see the response.

import { fault } from "../../base/fault.ts";
import { field } from "../../wire/http1/fields.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Context } from "../context.ts";
import type { Exchange } from "../exchange.ts";
import { changeResponse, fieldNames, isOneOf } from "../fieldlines.ts";

const names = fieldNames("x-egress-ip");

export function hideMember(exchange: Exchange, context: Context, head: Head): boolean {
  let isSaid = false;
  for (let index = 0; index < head.fieldCount && !isSaid; index++) isSaid = isIt(head, index);
  if (!isSaid || changeResponse(exchange, context, head, (index) => isIt(head, index), "")) return true;
  exchange.failUpstream(fault("bad_response"));
  return false;
}

function isIt(head: Head, index: number): boolean {
  return head.ids[index] === field.other && isOneOf(head, index, names);
}
