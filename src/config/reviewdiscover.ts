// What contradicts itself in a source of servers: none or two kinds of whom to ask, keys that the kind has no use for, a port that
// nobody says. And of two sources of a pool, that they are the same.

import { isIp } from "../base/address.ts";
import { type At, isSection, listOf, msOf, type Report, type Section, sectionOf, textOf } from "./section.ts";

const kinds = ["file", "dns", "http", "exec", "docker", "kubernetes", "consul", "registry"] as const;
type Kind = (typeof kinds)[number];
/** Those whose answers are texts. */
const textKinds: readonly string[] = ["file", "http", "exec"];

export function reviewDiscover(pool: Section, at: At, report: Report): void {
  const { discover } = pool;
  if (discover === undefined) return;
  const sources = Array.isArray(discover) ? listOf(discover) : [discover];
  const seen: unknown[] = [];
  for (const [index, source] of sources.entries()) {
    if (!isSection(source)) continue;
    const path: At = (...rest) => at("discover", ...(Array.isArray(discover) ? [index] : []), ...rest);
    reviewSource(sectionOf(source), path, report);
    const other = seen.findIndex((each) => JSON.stringify(each) === JSON.stringify(source));
    if (other !== -1) report("error", path(), "value", `is the same source as discover[${other}]`);
    seen.push(source);
  }
}

function reviewSource(source: Section, at: At, report: Report): void {
  const named = kinds.filter((kind) => source[kind] !== undefined);
  const [kind, ...others] = named;
  if (kind === undefined) {
    report("error", at(), "key", `must name whom to ask: one of ${kinds.join(", ")}`);
    return;
  }
  for (const other of others)
    report(
      "error",
      at(other),
      "key",
      `cannot stand beside ${kind}: a source is of one kind; a pool may have a list of sources`,
    );
  reviewText(source, kind, at, report);
  if (kind === "dns") reviewDns(source, at, report);
  reviewPort(source, kind, at, report);
  if (kind === "kubernetes") reviewService(sectionOf(source[kind]), textOf(source[kind]), at, report);
  if (kind === "consul") reviewCredentials(sectionOf(source[kind]), at, report);
  if (kind === "docker") reviewPlaces(sectionOf(source[kind]), at, report);
  reviewTls(sectionOf(source[kind]), kind, at, report);
  reviewTimes(source, kind, at, report);
}

/** How an answer is read. */
function reviewText(source: Section, kind: Kind, at: At, report: Report): void {
  const { format, pattern, fields } = source;
  if (!textKinds.includes(kind)) {
    for (const key of ["format", "pattern", "fields"])
      if (source[key] !== undefined)
        report("error", at(key), "key", `is for ${textKinds.join(", ")}, and this asks ${kind}`);
    return;
  }
  if (format === "pattern" && pattern === undefined)
    report("error", at("format"), "value", 'is "pattern", and there is no pattern');
  if (pattern !== undefined && (format === "json" || format === "lines"))
    report("error", at("pattern"), "key", `is of no use: the format is ${JSON.stringify(format)}`);
  if (fields !== undefined && (format === "lines" || format === "pattern" || pattern !== undefined))
    report("error", at("fields"), "key", "are for JSON, and that is not what is read here");
}

function reviewDns(source: Section, at: At, report: Report): void {
  const text = textOf(source["dns"]);
  const section = sectionOf(source["dns"]);
  const port = section["port"] ?? source["port"];
  const name = textOf(section["name"]);
  const isName = name === null || !name.includes(":") || isIp(name);
  if (text !== null) {
    if (portedName(text) === null)
      report("error", at("dns"), "value", 'must be a name and a port as "app.local:80", or a section with name');
  } else if (!isName && (section["record"] === "srv" || portedName(name) === null)) {
    const meant =
      section["record"] === "srv"
        ? "a name, for SRV records say the port themselves"
        : 'a name, or a name and a port as "app.local:80"';
    report("error", at("dns", "name"), "value", `must be ${meant}`);
  } else if (!isName) {
    for (const path of [
      ...(section["port"] === undefined ? [] : [at("dns", "port")]),
      ...(source["port"] === undefined ? [] : [at("port")]),
    ])
      report("error", path, "key", "cannot stand beside a name that has a port");
  } else if (section["record"] === "srv") {
    if (section["port"] !== undefined)
      report("error", at("dns", "port"), "key", "is of no use: SRV records say the port themselves");
  } else if (isSection(source["dns"]) && port === undefined)
    report("error", at("dns", "port"), "value", "is missing: addresses of a name say no port");
}

/** "app.local:80"; null: it is none. */
export function portedName(text: string): { readonly name: string; readonly port: number } | null {
  const [, name = "", digits = ""] = /^([^\s:/]+|\[[^\]]*\]):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return port < 1 || port > 65_535 ? null : { name, port };
}

/** `port` beside the kind is for texts that may say none. */
function reviewPort(source: Section, kind: Kind, at: At, report: Report): void {
  if (source["port"] === undefined || textKinds.includes(kind)) return;
  const isSectionOfDns = kind === "dns" && isSection(source["dns"]);
  if (isSectionOfDns && sectionOf(source["dns"])["record"] !== "srv" && sectionOf(source["dns"])["port"] === undefined)
    return;
  const where =
    kind === "registry" || kind === "consul" ? "say it themselves" : `have a port of their own: ${kind}.port`;
  report("error", at("port"), "key", `is for ${textKinds.join(", ")}; servers of ${kind} ${where}`);
}

function reviewService(section: Section, text: string | null, at: At, report: Report): void {
  const service = text ?? textOf(section["service"]);
  const path = text === null ? at("kubernetes", "service") : at("kubernetes");
  if (service !== null && !/^([a-z0-9-]{1,63}\/)?[a-z0-9-]{1,63}$/.test(service))
    report("error", path, "value", 'must be the name of a Service, or "namespace/name"');
  if (service?.includes("/") === true && section["namespace"] !== undefined)
    report("error", at("kubernetes", "namespace"), "key", "is said twice: here and in service");
  if (section["token"] !== undefined && section["tokenFile"] !== undefined)
    report("error", at("kubernetes", "tokenFile"), "key", "cannot stand beside token");
}

function reviewCredentials(section: Section, at: At, report: Report): void {
  for (const [key, other] of [
    ["user", "password"],
    ["password", "user"],
  ] as const)
    if (section[key] !== undefined && section[other] === undefined)
      report("error", at("consul", key), "key", `needs ${other} beside it`);
}

function reviewPlaces(section: Section, at: At, report: Report): void {
  for (const place of ["host", "hostVariable"])
    if (section[place] !== undefined && section["network"] !== undefined)
      report(
        "error",
        at("docker", "network"),
        "key",
        `cannot stand beside ${place}: both say where a container is reached`,
      );
}

function reviewTls(section: Section, kind: Kind, at: At, report: Report): void {
  const address = textOf(section["url"]) ?? textOf(section["endpoint"]);
  const { tls } = section;
  if (tls === undefined) return;
  // Kubernetes without an endpoint is asked over TLS.
  if (kind !== "kubernetes" || address !== null)
    if (address?.startsWith("https:") !== true)
      report("error", at(kind, "tls"), "key", "is for an address that begins with https:");
  const { certificate, key } = sectionOf(tls);
  if ((certificate === undefined) !== (key === undefined))
    report(
      "error",
      at(kind, "tls", certificate === undefined ? "key" : "certificate"),
      "key",
      `needs ${certificate === undefined ? "certificate" : "key"} beside it`,
    );
}

function reviewTimes(source: Section, kind: Kind, at: At, report: Report): void {
  const [interval, timeout] = [msOf(source["interval"] ?? "10s"), msOf(source["timeout"] ?? "2s")];
  if (kind === "exec" && interval > 0 && interval < 100)
    report("warning", at("interval"), "value", "starts a program more than ten times a second");
  if (interval > 0 && timeout > interval && source["timeout"] !== undefined)
    report("warning", at("timeout"), "value", "is longer than interval: a question that is late delays the next");
}
