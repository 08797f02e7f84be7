// Servers that are asked by HTTP/2, and what does not go with that: listeners that pass on what they are sent, TLS that HTTP/2 may not
// be spoken over, and an offer (ALPN) without it, or with it where servers are asked by HTTP/1.1.

import { quote } from "../base/reading.ts";
import { isForHttp2 } from "./compiletls.ts";
import { type At, isSection, listOf, type Report, type Section, sectionOf, textOf } from "./section.ts";

/** Of a pool, with the modes of the listeners that use it. */
export function reviewHttp2(pool: Section, modes: ReadonlySet<string>, at: At, report: Report): void {
  const isUsual = pool["http2"] === true;
  if (isUsual && !reviewUse(modes, at("http2"), report)) return;
  const servers = listOf(pool["servers"]);
  const once = onceOnly(report);
  // Those that a source tells of have all from the pool.
  if (servers.length === 0) reviewServer(pool, {}, modes, at, at, once);
  for (const [index, server] of servers.entries()) {
    const own = sectionOf(server);
    const inside: At = (...path) => at("servers", index, ...path);
    if (own["http2"] === true && !isUsual && !reviewUse(modes, inside("http2"), report)) continue;
    reviewServer(pool, own, modes, at, inside, once);
  }
}

/** What a pool says to many servers is told once. */
function onceOnly(report: Report): Report {
  const told = new Set<string>();
  return (severity, path, part, message) => {
    const key = JSON.stringify(path);
    if (told.has(key)) return;
    told.add(key);
    report(severity, path, part, message);
  };
}

function reviewServer(
  pool: Section,
  own: Section,
  modes: ReadonlySet<string>,
  at: At,
  inside: At,
  report: Report,
): void {
  if ((own["http2"] ?? pool["http2"]) === true) reviewOne(pool, own, at, inside, report);
  else if (modes.has("http")) reviewPlain(pool, own, at, inside, report);
}

function reviewUse(modes: ReadonlySet<string>, path: ReturnType<At>, report: Report): boolean {
  const others = [...modes].filter((mode) => mode !== "http");
  if (others.length === 0) return true;
  report(
    "error",
    path,
    "key",
    `is for HTTP, and a listener of mode ${others.join(" and ")} uses this pool${others.includes("tcp") ? "; what is carried there is passed on as it is, HTTP/2 too" : ""}`,
  );
  return false;
}

/** A server that is asked by HTTP/2. */
function reviewOne(pool: Section, own: Section, at: At, inside: At, report: Report): void {
  const { tls, placeOf } = tlsOf(pool, own, at, inside);
  const { minVersion, alpn } = tls;
  if (!isForHttp2(textOf(minVersion) ?? "1.2"))
    report(
      "error",
      placeOf("minVersion"),
      "value",
      `cannot be ${minVersion} beside http2, for HTTP/2 needs TLS 1.2 (RFC 9113)`,
    );
  if (alpn !== undefined && !listOf(alpn).includes("h2"))
    report("error", placeOf("alpn"), "value", 'must hold "h2" beside http2, or be left out');
}

/** A server that is asked by HTTP/1.1. */
function reviewPlain(pool: Section, own: Section, at: At, inside: At, report: Report): void {
  const { tls, placeOf } = tlsOf(pool, own, at, inside);
  const protocol = listOf(tls["alpn"]).find((name) => name === "h2");
  if (protocol !== undefined)
    report(
      "error",
      placeOf("alpn", listOf(tls["alpn"]).indexOf(protocol)),
      "value",
      `cannot be ${quote("h2")} without http2: true, by which the server is asked then`,
    );
}

/** The TLS that holds for a server, and where each key of it stands. None where it is spoken to in the clear. */
function tlsOf(
  pool: Section,
  own: Section,
  at: At,
  inside: At,
): { tls: Section; placeOf: (key: string, ...path: number[]) => ReturnType<At> } {
  const [usual, special] = [sectionOf(pool["tls"]), sectionOf(own["tls"])];
  const isPlain =
    own["tls"] === false || (own["tls"] === undefined && !(pool["tls"] === true || isSection(pool["tls"])));
  return {
    tls: isPlain ? {} : { ...usual, ...special },
    placeOf: (key, ...path) => (special[key] === undefined ? at("tls", key, ...path) : inside("tls", key, ...path)),
  };
}
