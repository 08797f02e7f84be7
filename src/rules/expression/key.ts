// Keys: how the value of an expression is laid into the key of a table. First the value is had, then it is laid, for a key's
// expression may itself read the table. What the types do not allow is an error beforehand; what a client does not send, or
// what turns out to be no key, leaves the key unset.

import type { TableKeyPlan } from "../../config/plan.ts";
import type { TableKey } from "../../memory/tablekey.ts";
import { formatAddress } from "../../wire/ipaddress.ts";
import type { Scene, Value } from "../scene.ts";
import type { Context } from "./context.ts";
import type { Node } from "./syntax.ts";
import { isIPv4, phrase, type Run } from "./term.ts";

/** IPv4 in the 16 octets of an address. */
const mappedStart = 12;

export interface KeyMaker {
  /** The value that is the key; null is absent. */
  readonly run: Run;
  /** False where it can be no key, which is then unset. */
  lay(value: Value, key: TableKey, scene: Scene): boolean;
}

/** Null after a complaint. */
export function compileKeyMaker(context: Context, node: Node, plan: TableKeyPlan, table: string): KeyMaker | null {
  const thing = context.thing(node);
  if (thing.kind === "key") return copied(thing.slot);
  const term = context.value(node, thing);
  if (term.type === "error") return null;
  const isFit = plan.kind === "ip" ? ["address", "any", "null"].includes(term.type) : term.type !== "list";
  if (!isFit) {
    const hint = plan.kind === "ip" && term.type === "string" ? ": ip(…) reads one" : "";
    const wanted = plan.kind === "ip" ? "an address" : "one value";
    context.complain(
      node,
      `must be ${wanted}, for that is the key of ${JSON.stringify(table)}, but ${context.quote(node)} is ${phrase(term.type)}${hint}`,
    );
    return null;
  }
  return { run: term.run, lay: term.type === "address" && plan.kind === "ip" ? layAddress : layValue };
}

/** The key of what another slot holds. */
function copied(slot: number): KeyMaker {
  return {
    run: (scene) => (scene.tracked(slot) === null ? null : true),
    lay: (value, key, scene) => {
      key.unset();
      const tracked = value === null ? null : scene.tracked(slot);
      tracked?.table.copyKey(tracked.entry, key);
      return key.isSet;
    },
  };
}

function layAddress(value: Value, key: TableKey): boolean {
  if (value instanceof Uint8Array) key.setAddress(value, 0);
  else key.unset();
  return key.isSet;
}

export function layValue(value: Value, key: TableKey): boolean {
  key.unset();
  if (typeof value === "string") key.setText(value);
  else if (typeof value === "boolean") layNumber(value ? 1 : 0, key);
  else if (typeof value === "number") layNumber(value, key);
  else if (value instanceof Uint8Array) layOctets(value, key);
  return key.isSet;
}

function layNumber(value: number, key: TableKey): void {
  if (key.plan.kind === "binary") key.setText(String(value));
  else key.setInteger(value);
}

/** As HAProxy converts addresses: to text, to the number that IPv4 is, or to 4 or 16 bytes. */
function layOctets(octets: Uint8Array, key: TableKey): void {
  const start = isIPv4(octets) ? mappedStart : 0;
  switch (key.plan.kind) {
    case "ip":
      return key.setAddress(octets, 0);
    case "string":
      return key.setText(formatAddress(octets, 0));
    case "binary":
      return key.setBytes(octets, start, octets.length);
    case "integer":
      if (start === 0) return;
      return key.setInteger(((octets[12]! << 24) | (octets[13]! << 16) | (octets[14]! << 8) | octets[15]!) >>> 0);
  }
}

/** The key of a held entry as text: what stands in logs. */
export function trackedKeyText(slot: number): Run {
  return (scene) => {
    const tracked = scene.tracked(slot);
    if (tracked === null) return null;
    const { key } = tracked.table;
    tracked.table.copyKey(tracked.entry, key);
    return key.isSet ? keyText(key) : null;
  };
}

function keyText(key: TableKey): string {
  const { plan, bytes, length } = key;
  if (plan.kind === "integer") return String(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true));
  if (plan.kind === "string") return Buffer.from(bytes.subarray(0, length)).toString("latin1");
  if (plan.kind === "binary") return Buffer.from(bytes.subarray(0, length)).toString("hex");
  const octets = new Uint8Array(16);
  if (key.isIPv4) {
    octets.fill(0xff, 10, 12);
    octets.set(bytes.subarray(bytes.length - 4), mappedStart);
  } else octets.set(bytes);
  return formatAddress(octets, 0);
}
