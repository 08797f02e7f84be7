// A live request that shows the debug token: it goes its way as any other, and its answer says why all went as it did, in fields
// named Sluice-Trace, a line each. The token goes no further than here, right or wrong, and neither does it reach a rule. What was
// decided before the request came is decided again for the trace, without effect.
//
//   Sluice-Debug: TOKEN          lines for people
//   Sluice-Debug: TOKEN json     one field, the Explanation as JSON

import { Rehearsal } from "../memory/rehearsal.ts";
import { type AnyTable, SharedTable } from "../memory/sharedtable.ts";
import { StickTable } from "../memory/sticktable.ts";
import type { Table } from "../memory/table.ts";
import type { World } from "../rules/scene.ts";
import { isName } from "../wire/http1/fields.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { explanationLines } from "./explanationtext.ts";
import { Guest } from "./guest.ts";
import { Inquiry } from "./inquiry.ts";
import { traceOfExchange } from "./traced.ts";

const fieldName = "sluice-debug";
const fieldBytes: Uint8Array = new TextEncoder().encode(fieldName);
const jsonWord: Uint8Array = new TextEncoder().encode(" json");

/** Of all Sluice-Trace lines of one response; most clients and proxies take heads of 16 KiB and more. */
export const traceBytesMax: number = 12 * 1024;

/** Said before anything is decided of a request, where the plan has a debug token. */
export function beginDebugging(exchange: Exchange, context: Context): void {
  const { head } = exchange;
  let isAsked = false;
  let isShown = false;
  let isJson = false;
  for (let index = 0; index < head.fieldCount; index++) {
    const [nameStart, nameEnd, start, end] = [0, 1, 2, 3].map((part) => head.spans[index * 4 + part]!);
    if (!isName(head.bytes, nameStart!, nameEnd!, fieldBytes)) continue;
    isAsked = true;
    const value = head.bytes.subarray(start, end);
    isJson = isEqual(value.subarray(-jsonWord.length), jsonWord);
    isShown ||= isEqual(isJson ? value.subarray(0, -jsonWord.length) : value, context.site.debugToken!);
  }
  if (!isAsked) return;
  const visit = exchange.visitNow();
  visit.edits.editField("remove", fieldName, "", exchange.isTrusted);
  if (!isShown) return;
  const inquiry = new Inquiry(context.site, isJson);
  exchange.inquiry = inquiry;
  const { guest } = exchange.downstream!;
  if (guest !== null) inquiry.heldBefore(guest, context.port.sharedMs);
  const { connection } = exchange.listener.rules;
  if (connection !== null) inquiry.run(connection, new Understudy(context, exchange), true);
}

/** In a time that does not tell how much of it is right. */
function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let index = 0; index < one.length; index++) difference |= one[index]! ^ other[index]!;
  return difference === 0;
}

/** Lines for the head of the response; "" for explanations, which are told otherwise. */
export function traceFields(exchange: Exchange, context: Context): string {
  const { inquiry } = exchange;
  if (inquiry === null || inquiry === context.inquiry) return "";
  const explanation = traceOfExchange(inquiry, exchange, context);
  const lines = inquiry.isJson ? [JSON.stringify(explanation)] : explanationLines(explanation);
  // A cache in front of us must not show the trace to others.
  let fields = "Cache-Control: private\r\n";
  for (const [index, line] of lines.entries()) {
    const field = `Sluice-Trace: ${asciiOf(line)}\r\n`;
    if (fields.length + field.length > traceBytesMax) {
      const left = inquiry.isJson ? "the trace is too long for a field" : `${lines.length - index} more lines`;
      return `${fields}Sluice-Trace: ${inquiry.isJson ? JSON.stringify({ error: left }) : `... ${left}`}\r\n`;
    }
    fields += field;
  }
  return fields;
}

/** So that it stands in a field, and in JSON as well as before: nothing but printable characters of ASCII. */
function asciiOf(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Who plays the connection's rules again: on tables that only look like those in use, and uncounted. */
class Understudy extends Guest {
  readonly #world: World;

  constructor(context: Context, { listener, downstream }: Exchange) {
    super(context, listener, downstream!.client);
    const { world } = listener;
    const isActual = (table: Table): table is AnyTable => table instanceof StickTable || table instanceof SharedTable;
    const tables = world.tables.map((table) => (isActual(table) ? new Rehearsal(table) : table));
    this.#world = { tables, lists: world.lists, pool: (index, figure) => world.pool(index, figure) };
  }

  override get world(): World {
    return this.#world;
  }

  override hit(): void {}
}
