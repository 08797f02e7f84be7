// What an explanation is asked about: one request as somebody would describe it, read from JSON (the admin interface) or from a
// command line. It finds the listener that such a request would come to. Whatever is wrong is told in a sentence.

import { formatAddress } from "../base/address.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import type { ListenerPlan, Plan } from "../config/plan.ts";
import { readAddress } from "../wire/ipaddress.ts";

export interface Question {
  readonly listener: ListenerPlan;
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  readonly fields: readonly (readonly [string, string])[];
  /** Address of the client. */
  readonly source: string;
  /** By SNI, "" without. */
  readonly serverName: string;
  /** What the server is taken to answer. */
  readonly status: number;
  /** What was not said and had to be taken for granted. */
  readonly assumptions: readonly string[];
}

/** As it comes: every field but `url` may be left out. */
export interface Asked {
  readonly url: string;
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly source?: string;
  readonly listener?: string;
  readonly status?: number;
}

const urlBytesMax = 16_384;
const fieldsMax = 200;
const names: readonly string[] = ["url", "method", "headers", "source", "listener", "status"];

export function readQuestion(body: Record<string, unknown>, plan: Plan): Reading<Question> {
  const stranger = Object.keys(body).find((name) => !names.includes(name));
  if (stranger !== undefined) return misread(`${quote(stranger)} means nothing here; there are ${names.join(", ")}`);
  const { url, method = "GET", headers = [], source = "127.0.0.1", listener: name, status = 200 } = body;
  if (typeof url !== "string" || url.length > urlBytesMax)
    return misread('url must be a text such as "http://example.com/x"');
  if (typeof method !== "string" || !/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(method))
    return misread("method must be one of HTTP, such as GET");
  if (typeof source !== "string" || !readAddress(source, new Uint8Array(16)))
    return misread(`source must be an address such as 203.0.113.7, not ${quote(String(source))}`);
  if (typeof status !== "number" || !Number.isInteger(status) || status < 200 || status > 599)
    return misread("status must be what the server is taken to answer, from 200 to 599");
  const fields = readFields(headers);
  if (!fields.ok) return fields;
  const parts = /^(?:(https?|tcp):\/\/([^/?#\s]+))?([/?][^#\p{C}]*)?(?:#.*)?$/iu.exec(completed(url.trim()));
  if (parts === null || url.trim() === "")
    return misread(`url must be such as http://example.com/path or /path, not ${quote(url)}`);
  const [scheme = "", authority = "", rest = ""] = parts.slice(1).map((part) => part ?? "");
  const found = findListener(plan, scheme.toLowerCase(), authority, name);
  if (!found.ok) return found;
  const { listener, assumption } = found.value;
  const host = fields.value.find(([field]) => field.toLowerCase() === "host")?.[1] ?? authority;
  const hosted = fields.value.some(([field]) => field.toLowerCase() === "host")
    ? fields.value
    : [["Host", host === "" ? "localhost" : host] as const, ...fields.value];
  const upgrading = listener.mode === "http" ? upgraded(hosted) : { fields: hosted, assumption: null };
  const path = encoded(rest === "" ? "/" : rest.startsWith("?") ? `/${rest}` : rest);
  const way = isForTargets(listener, plan)
    ? proxied(method, scheme.toLowerCase(), authority, path)
    : { method, target: path, assumption: null };
  return read({
    listener,
    method: way.method,
    target: way.target,
    fields: upgrading.fields,
    source,
    serverName: nameOf(host),
    status,
    assumptions: [assumption, way.assumption, upgrading.assumption].filter((each) => each !== null),
  });
}

/** Its requests name their hosts, for it has no pool besides. */
function isForTargets({ proxy, route }: ListenerPlan, plan: Plan): boolean {
  return proxy !== null && plan.routes[route]?.pool === proxy.pool;
}

/** As a client writes it that is told of a proxy: a whole URL, or a tunnel. */
function proxied(
  method: string,
  scheme: string,
  authority: string,
  path: string,
): { readonly method: string; readonly target: string; readonly assumption: string | null } {
  if (authority === "") return { method, target: path, assumption: null };
  if (method !== "CONNECT" && scheme !== "https")
    return { method, target: `http://${authority}${path}`, assumption: null };
  const port = /:\d+$/.test(authority) ? "" : scheme === "https" ? ":443" : ":80";
  const assumption = method === "CONNECT" ? null : "a client asks a proxy for a tunnel where it speaks https";
  return { method: "CONNECT", target: `${authority}${port}`, assumption };
}

/** Whoever sends Upgrade names it in Connection too, and without that it asks for nothing (RFC 9110 section 7.8). */
function upgraded(fields: Question["fields"]): {
  readonly fields: Question["fields"];
  readonly assumption: string | null;
} {
  const of = (wanted: string): string[] =>
    fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
  const options = of("connection");
  const isNamed = options.some((value) => value.split(",").some((option) => option.trim().toLowerCase() === "upgrade"));
  if (of("upgrade").length === 0 || isNamed) return { fields, assumption: null };
  if (options.length > 0)
    return { fields, assumption: "Connection does not name Upgrade: it asks for none, and Upgrade is not passed on" };
  return {
    fields: [...fields, ["Connection", "Upgrade"]],
    assumption: "a client that sends Upgrade sends Connection: Upgrade too; without, it would not be passed on",
  };
}

function readFields(headers: unknown): Reading<readonly (readonly [string, string])[]> {
  const usage = 'headers must be pairs of name and value, such as [["Accept", "text/html"]]';
  if (!Array.isArray(headers) || headers.length > fieldsMax) return misread(usage);
  const fields: (readonly [string, string])[] = [];
  for (const pair of headers as readonly unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) return misread(usage);
    const [name, value] = pair as readonly unknown[];
    if (typeof name !== "string" || typeof value !== "string") return misread(usage);
    // More than a line would be another request.
    if (/[\r\n\0]/.test(name + value)) return misread(`the header ${quote(name)} must be one line`);
    fields.push([name, value]);
  }
  return read(fields);
}

/** As curl takes it: an address, or a name with a dot or a port, is asked by http. */
function completed(url: string): string {
  return /^(?:localhost|[\w-]+(?:\.[\w-]+)+|[\w-]+(?=:)|\[[\da-f:.]+\])(?::\d+)?(?:[/?#]|$)/i.test(url)
    ? `http://${url}`
    : url;
}

/** What a browser would send. */
function encoded(target: string): string {
  return target.replaceAll(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text));
}

/** Of a host that has a name: addresses are not asked for by SNI (RFC 6066 section 3). */
function nameOf(host: string): string {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return name.startsWith("[") || readAddress(name, new Uint8Array(16)) ? "" : name;
}

interface Found {
  readonly listener: ListenerPlan;
  readonly assumption: string | null;
}

function findListener(plan: Plan, scheme: string, authority: string, name: unknown): Reading<Found> {
  const all = plan.listeners.filter(({ mode }) => mode !== "udp");
  const list = all.map((each) => each.name).join(", ");
  if (name !== undefined) {
    const named = all.find((each) => each.name === name);
    if (named === undefined) return misread(`there is no listener ${String(name)} for connections; there are ${list}`);
    return read({ listener: named, assumption: null });
  }
  const port = Number(/:(\d+)$/.exec(authority)?.[1] ?? (scheme === "https" ? 443 : 80));
  const host = authority.replace(/:\d+$/, "").replaceAll(/[[\]]/g, "");
  const at = scheme === "" ? [] : all.filter(({ address }) => address.kind === "tcp" && address.port === port);
  const there = at.filter((each) => isSpoken(each, scheme));
  // What is carried as bytes may be anything.
  const carried = at.filter(({ mode }) => mode === "tcp");
  const sure = narrowed(there.length > 0 ? there : carried, host);
  if (sure.length === 1) return read({ listener: sure[0]!, assumption: null });
  const other = at.find(({ mode }) => mode === "http");
  if (sure.length === 0 && other !== undefined) {
    const speaks = other.tls === null ? "without TLS: write http://" : "TLS: write https://";
    return misread(`listener ${other.name}, at port ${port}, speaks ${speaks}, or name another listener (--listener)`);
  }
  const wanted = scheme === "" ? all : all.filter((each) => isSpoken(each, scheme));
  const likely = sure.length > 0 ? sure : wanted.length > 0 ? wanted : all;
  const [listener] = likely;
  const missing = scheme === "" || at.length > 0 ? "" : `no listener is at port ${port}; `;
  if (listener !== undefined && likely.length === 1)
    return read({ listener, assumption: `${missing}it comes to listener ${listener.name}, the only one for it` });
  const places = likely.map((each) => `${each.name} (${formatAddress(each.address)})`);
  const why = scheme === "" || at.length > 0 ? "" : `none is at port ${port}, and `;
  return misread(
    `${why}several listeners could be meant: ${places.join(", ")}; name one (--listener), or put its port into the URL`,
  );
}

function isSpoken({ mode, tls }: ListenerPlan, scheme: string): boolean {
  return scheme === "tcp" ? mode === "tcp" : mode === "http" && (tls !== null) === (scheme === "https");
}

/** To the one at just that address, if there is one. */
function narrowed(listeners: readonly ListenerPlan[], host: string): readonly ListenerPlan[] {
  const exact = listeners.filter(({ address }) => address.kind === "tcp" && address.host === host);
  return exact.length === 1 ? exact : listeners;
}
