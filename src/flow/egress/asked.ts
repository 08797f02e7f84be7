// What a request says of the outbound address that it wants, before it is known which one that is: in fields, as ipmanager's clients do
// (X-Egress-Scheme and -Host name the target, X-Egress-Key asks for the same address again), and behind its user's name (egress/wishes.ts).
// Fields of these names go no further. A request that names its target by them is put into the form that requests to proxies have (RFC
// 9112 section 3.2.2) before anything else sees it: rules, caches and logs are told one thing, whatever way it came in.

import { type Fault, fault as faultOf, faultTold } from "../../base/fault.ts";
import { readUserName, type UserName } from "../../egress/wishes.ts";
import { field, isName } from "../../wire/http1/fields.ts";
import { authorityEnd, authorityStart } from "../../wire/http1/framing.ts";
import { type Head, method } from "../../wire/http1/head.ts";
import { parseRequest } from "../../wire/http1/reader.ts";
import type { Output } from "../../wire/http1/writer.ts";
import type { Context } from "../context.ts";
import { otherHead } from "../editing.ts";
import type { Exchange } from "../exchange.ts";
import { fieldNames, isOneOf } from "../fieldlines.ts";
import { textOf } from "../headvalues.ts";
import type { ListenerSite } from "../site.ts";
import { readPlace } from "../targets/place.ts";

export interface EgressAsk {
  /** "" for none. */
  readonly key: string;
  /** As EgressWish has them. */
  readonly tags: string;
  /** What the session is to last; 0 as the pool says. */
  readonly lifetimeMs: number;
  /** It has named its target in fields, over this; null: it has not. */
  readonly form: "http" | "https" | null;
  /** Why it cannot be had. */
  readonly fault: Fault | null;
}

/**
 * The three names, and how else they may be written for an nginx that takes "_" in names (underscores_in_headers): it reads the first of
 * all that are the same to it, and that would be the client's, whose target nobody here has judged.
 */
const spellings: readonly string[] = [
  ...["scheme", "host", "key"].map((last) => `x-egress-${last}`),
  ...["x_egress_", "x-egress_", "x_egress-"].flatMap((start) => ["scheme", "host", "key"].map((last) => start + last)),
];
const names = fieldNames(...spellings);
const [schemeName, hostName, keyName] = names as [Uint8Array, Uint8Array, Uint8Array];
/** How long such names are, which all start with the same letter: most fields are told by that. */
const [shortest, longest] = [Math.min(...names.map(lengthOf)), Math.max(...names.map(lengthOf))];
const firstLetter = 0x78;
const hostAlone = fieldNames("host");
const star = 0x2a;
/** What is kept of a key. */
const keyLengthMax = 256;

/** Whether requests of this listener are looked through for such fields at all. */
export function takesEgressFields(listener: ListenerSite): boolean {
  const { proxy } = listener.plan;
  return proxy !== null && (proxy.fields || hasEgress(listener));
}

function hasEgress(listener: ListenerSite): boolean {
  const targets = listener.routeTo(listener.plan.proxy!.pool)?.pool?.targets ?? null;
  return targets !== null && targets.egresses.length > 0;
}

/** Said before all else; what is wrong is told when a target is sought. */
export function takeFields(exchange: Exchange, context: Context): void {
  const { asked, listener } = exchange;
  const values = valuesOf(asked);
  if (values === null) return;
  // Over a whole URL too: an nginx with such servers looks at the fields alone, and an https asked for by them is never asked in the clear.
  const isNaming = listener.plan.proxy!.fields && asked.method !== method.connect && values.hosts + values.schemes > 0;
  const said = isNaming ? targetOf(values) : null;
  const named = said !== null && !("code" in said) ? said : null;
  const isRead = named === null ? takeOut(exchange, values.last) : rewrite(exchange, context, named);
  const mistake = said !== null && "code" in said ? said : isRead ? null : faultOf("bad_target");
  exchange.ask = {
    key: values.key.length > keyLengthMax ? values.key.slice(0, keyLengthMax) : values.key,
    tags: "",
    lifetimeMs: 0,
    form: isNaming ? (named?.scheme ?? "http") : null,
    fault: mistake,
  };
}

/** The first of each that says something, and how many do. */
interface Values {
  scheme: string;
  schemes: number;
  host: string;
  hosts: number;
  key: string;
  /** The last of all of them. */
  last: number;
}

/** Null: there are none. */
function valuesOf(head: Head): Values | null {
  let values: Values | null = null;
  for (let index = 0; index < head.fieldCount; index++) {
    if (!isOurs(head, index)) continue;
    values ??= { scheme: "", schemes: 0, host: "", hosts: 0, key: "", last: index };
    values.last = index;
    note(values, head, index);
  }
  return values;
}

function isOurs(head: Head, index: number): boolean {
  const { ids, spans, bytes } = head;
  const start = spans[index * 4]!;
  const length = spans[index * 4 + 1]! - start;
  if (ids[index] !== field.other || length < shortest || length > longest) return false;
  return (bytes[start]! | 0x20) === firstLetter && isOneOf(head, index, names);
}

function lengthOf({ length }: Uint8Array): number {
  return length;
}

function note(values: Values, { bytes, spans }: Head, index: number): void {
  const [start, end] = [spans[index * 4]!, spans[index * 4 + 1]!];
  const value = textOf(bytes, spans[index * 4 + 2]!, spans[index * 4 + 3]!);
  if (value === "") return;
  if (isName(bytes, start, end, keyName)) values.key ||= value;
  else if (isName(bytes, start, end, hostName) && values.hosts++ === 0) values.host = value;
  else if (isName(bytes, start, end, schemeName) && values.schemes++ === 0) values.scheme = value;
}

interface Named {
  readonly scheme: "http" | "https";
  readonly authority: string;
}

function targetOf({ scheme: written, schemes, host, hosts }: Values): Named | Fault {
  const scheme = schemes === 0 ? "http" : written.toLowerCase();
  if (schemes > 1 || hosts > 1) return faultTold("bad_target", "X-Egress-Scheme or -Host is there twice");
  if (scheme !== "http" && scheme !== "https")
    return faultTold("bad_target", "X-Egress-Scheme is neither http nor https");
  if (hosts === 0) return faultTold("no_target", "X-Egress-Host is missing");
  if (readPlace(host, scheme === "https" ? 443 : 80) === null)
    return faultTold("bad_target", "X-Egress-Host is no host");
  return { scheme, authority: host };
}

/** They have named no target: all of them out, and nothing else is another. Most requests say no more than a key. */
function takeOut(exchange: Exchange, last: number): true {
  const { head } = exchange;
  head.takeLine(last);
  for (let index = last - 1; index >= 0; index--) if (isOurs(head, index)) head.takeLine(index);
  findRequestId(exchange);
  return true;
}

/** The head without those fields, and in the form of requests to proxies. */
function rewrite(exchange: Exchange, { output }: Context, named: Named): boolean {
  const former = exchange.head;
  const head = otherHead(exchange);
  output.clear();
  write(output, former, named);
  const headBytes = output.length;
  output.copy(former.bytes, exchange.bodyStart, exchange.bodyEnd);
  const whole = output.bytes.slice(0, output.length);
  if (parseRequest(head, whole, 0, whole.length, whole.length + 1) !== headBytes) return false;
  exchange.head = head;
  exchange.bodyEnd += headBytes - exchange.bodyStart;
  exchange.bodyStart = headBytes;
  findRequestId(exchange);
  return true;
}

function findRequestId(exchange: Exchange): void {
  const { forwarding } = exchange.listener;
  if (forwarding.requestId !== null) exchange.requestIdIndex = forwarding.findRequestId(exchange.head);
}

function write(output: Output, head: Head, named: Named): void {
  const { bytes, targetStart, targetEnd } = head;
  const authority = authorityStart(head);
  const pathStart = authority === -1 ? targetStart : authorityEnd(head, authority);
  output.copy(bytes, head.start, head.methodEnd);
  output.latin1(` ${named.scheme}://${named.authority}`);
  if (bytes[targetStart] !== star) output.copy(bytes, pathStart, targetEnd);
  output.copy(bytes, targetEnd, head.fieldsStart);
  output.latin1(`Host: ${named.authority}\r\n`);
  for (let index = 0; index < head.fieldCount; index++)
    if (!isOurs(head, index) && !isOneOf(head, index, hostAlone))
      output.copy(bytes, head.spans[index * 4]!, head.lineEnd(index));
  output.copy(bytes, head.fieldsEnd, head.end);
}

// ---- behind the user's name ----

const usersOf = new WeakMap<readonly { readonly name: string }[], ReadonlySet<string>>();

/** Whose credentials these are, and what the name wishes for; null where names of this listener are names and nothing else. */
export function userNameOf(listener: ListenerSite, shown: string): UserName | null {
  const { auth, proxy } = listener.plan;
  if (auth === null || proxy === null) return null;
  if (!hasEgress(listener)) return null;
  let users = usersOf.get(auth.users);
  if (users === undefined) {
    users = new Set(auth.users.map(({ name }) => name));
    usersOf.set(auth.users, users);
  }
  return readUserName(shown, users);
}

/** The word behind the name wins over the field. */
export function askOf({ key, tags, lifetimeMs, problem }: UserName, former: EgressAsk | null): EgressAsk {
  return {
    key: key === "" ? (former?.key ?? "") : key,
    tags,
    lifetimeMs,
    form: former?.form ?? null,
    fault: former?.fault ?? (problem === "" ? null : faultTold("egress_unfit", problem)),
  };
}
