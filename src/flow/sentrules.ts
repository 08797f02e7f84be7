// The rules of what is sent to a client, whoever says it: a server's response as the last step before it goes, a stored one, and
// our own answers (answer.ts), which no rule of the response phase sees. First the pool's, then the listener's. They change fields
// and status; an outcome they have none but `accept`, which ends its list. An answer of ours that they cannot be put on goes as it is.

import { fault } from "../base/fault.ts";
import type { RuleSet } from "../rules/ruleset.ts";
import { Head } from "../wire/http1/head.ts";
import { parseResponse } from "../wire/http1/reader.ts";
import type { Context } from "./context.ts";
import { traceFields } from "./debugging.ts";
import { editRequest, editResponse } from "./editing.ts";
import type { Exchange } from "./exchange.ts";
import type { Visit } from "./visit.ts";

/** A step down: the last, so that the rules see what the client gets. */
export function judgeSent(exchange: Exchange, context: Context, head: Head): boolean {
  const visit = exchange.visitNow();
  visit.meet("sent", head);
  if (play(exchange, context, visit, head)) return true;
  exchange.fail(fault("bad_response"));
  return false;
}

/** Whether what is sent is looked at by rules at all. */
export function isSentRuled({ listener, route }: Exchange): boolean {
  return listener.rules.afterResponse !== null || (route.pool !== null && route.pool.rules.afterResponse !== null);
}

/** An answer of ours, which stands in the output, becomes what rules would have it; a trace, which tells of these rules too, comes last. */
export function judgeOwn(exchange: Exchange, context: Context): void {
  const { output, limits } = context;
  const written = output.bytes.slice(0, output.length);
  const visit = exchange.visitNow();
  // What is to be changed of the request was meant to be seen by the rules behind; of a response that is not sent it is void.
  if (!visit.edits.isEmpty && visit.response === null) editRequest(exchange, context, visit);
  visit.edits.clear();
  context.ownHead ??= new Head(limits.fieldsMax);
  const head = context.ownHead;
  const end = parseResponse(head, written, 0, written.length, limits.headBytesMax);
  const isRead = end > 0 && head.fault === null;
  if (isRead) visit.meet("own", head);
  const isPlayed = isRead && play(exchange, context, visit, head);
  const bytes = isPlayed ? head.bytes : written;
  const headEnd = isPlayed ? head.end : end;
  const trace = isRead ? traceFields(exchange, context) : "";
  output.clear();
  output.copy(bytes, isPlayed ? head.start : 0, isRead ? headEnd - 2 : written.length);
  if (!isRead) return;
  output.latin1(`${trace}\r\n`);
  output.copy(written, end, written.length);
}

/** False: what they make of it is no response. */
function play(exchange: Exchange, context: Context, visit: Visit, head: Head): boolean {
  const { listener, route } = exchange;
  return (
    playSet(route.pool?.rules.afterResponse ?? null, exchange, context, visit, head) &&
    playSet(listener.rules.afterResponse, exchange, context, visit, head)
  );
}

function playSet(rules: RuleSet | null, exchange: Exchange, context: Context, visit: Visit, head: Head): boolean {
  if (rules === null) return true;
  if (exchange.inquiry === null) rules.run(visit);
  else exchange.inquiry.run(rules, visit);
  if (!visit.edits.isEmpty) editResponse(exchange, context, visit, head);
  if (head.fault !== null) return false;
  exchange.status = head.status;
  return true;
}
