// TLS keys that contradict each other or weaken each other, towards clients and towards servers. What stands in the files is
// judged where they are read.

import { quote } from "../base/reading.ts";
import { isForHttp2 } from "./compiletls.ts";
import { type At, isSection, listOf, type Report, type Section, sectionOf, textOf } from "./section.ts";

export function reviewListenerTls(listener: Section, mode: string, at: At, report: Report): void {
  const tls = sectionOf(listener["tls"]);
  const inside: At = (...path) => at("tls", ...path);
  if (tls["certificates"] === undefined && tls["acme"] === undefined)
    report(
      "error",
      inside(),
      "key",
      "needs certificates, the path of a PEM file or of a folder of them, or acme, names that an authority gives certificates for",
    );
  if (tls["default"] !== undefined && tls["unknownName"] === "refuse")
    report(
      "warning",
      inside("default"),
      "key",
      "is for clients that unknownName: refuse refuses; all that it does beside that is to come before other certificates for its names",
    );
  reviewVersions(tls, inside, report);
  if (mode === "http") reviewOffered(tls, listener["http2"] !== false, inside, report);
}

/** What clients may speak in mode http. */
function reviewOffered(tls: Section, isHttp2: boolean, at: At, report: Report): void {
  for (const [index, protocol] of listOf(tls["alpn"]).entries()) {
    if (typeof protocol !== "string" || protocol === "http/1.1") continue;
    if (protocol !== "h2")
      report(
        "error",
        at("alpn", index),
        "value",
        `must be "h2" or "http/1.1" for mode http, not ${quote(protocol)}; in mode tcp the content is passed on, whatever is agreed upon`,
      );
    else if (!isHttp2)
      report("error", at("alpn", index), "value", 'cannot be "h2" beside http2: false of the listener');
    else if (!isForHttp2(textOf(tls["minVersion"]) ?? "1.2"))
      report(
        "error",
        at("alpn", index),
        "value",
        `cannot be "h2" beside minVersion ${tls["minVersion"]}, for HTTP/2 needs TLS 1.2 (RFC 9113): write minVersion 1.2, or leave "h2" out`,
      );
  }
}

/** Of mode http. Whether h2 goes with http2 is for reviewhttp2.ts. */
function reviewProtocols(tls: Section, at: At, report: Report): void {
  for (const [index, protocol] of listOf(tls["alpn"]).entries())
    if (typeof protocol === "string" && protocol !== "http/1.1" && protocol !== "h2")
      report(
        "error",
        at("alpn", index),
        "value",
        `must be "h2" or "http/1.1" for mode http, not ${quote(protocol)}; in mode tcp the content is passed on, whatever is agreed upon`,
      );
}

function reviewVersions(tls: Section, at: At, report: Report): void {
  const { minVersion, maxVersion, ciphers } = tls;
  const [min, max] = [textOf(minVersion) ?? "1.2", textOf(maxVersion) ?? "1.3"];
  if (/^1\.[0-3]$/.test(min) && /^1\.[0-3]$/.test(max) && min > max) {
    if (minVersion === undefined)
      report("error", at("maxVersion"), "value", `is below minVersion, which is ${min} when absent`);
    else
      report(
        "error",
        at("minVersion"),
        "value",
        `is above maxVersion, which is ${max}${maxVersion === undefined ? " when absent" : ""}`,
      );
  }
  if (min === "1.0" || min === "1.1")
    report(
      "warning",
      at("minVersion"),
      "value",
      `lets in TLS ${min}, which is broken and which browsers refuse (RFC 8996); better 1.2`,
    );
  if (ciphers !== undefined && min === "1.3")
    report("warning", at("ciphers"), "key", "has no effect with minVersion 1.3: the list is for TLS 1.2 and older");
}

/** Of a pool, with the modes of the listeners that use it. */
export function reviewPoolTls(pool: Section, modes: ReadonlySet<string>, at: At, report: Report): void {
  const usual = pool["tls"];
  const servers = listOf(pool["servers"]);
  const places: [At, unknown][] = [
    [(...path) => at("tls", ...path), usual],
    ...servers.map((server, index): [At, unknown] => [
      (...path) => at("servers", index, "tls", ...path),
      sectionOf(server)["tls"],
    ]),
  ];
  for (const [inside, value] of places) {
    if (value === undefined || value === false) continue;
    if (modes.has("udp")) report("error", inside(), "key", "is for connections: TLS over datagrams is not spoken here");
    else if (isSection(value)) reviewServerTls(sectionOf(value), modes, inside, report);
  }
  for (const [index, server] of servers.entries())
    reviewName(server, usual, (...path) => at("servers", index, ...path), report);
}

function reviewServerTls(tls: Section, modes: ReadonlySet<string>, at: At, report: Report): void {
  reviewVersions(tls, at, report);
  if (modes.has("http")) reviewProtocols(tls, at, report);
  const { certificate, key, verify, ca } = tls;
  if (certificate !== undefined && key === undefined)
    report("error", at("certificate"), "key", "needs key beside it: the file of its private key");
  if (key !== undefined && certificate === undefined)
    report("error", at("key"), "key", "needs certificate beside it: the file of the certificate that it is for");
  if (verify !== false) return;
  report(
    "warning",
    at("verify"),
    "value",
    "is false: any certificate is trusted, so that whoever gets between can read and change everything; better name the ca",
  );
  if (ca !== undefined) report("warning", at("ca"), "key", "is not looked at with verify: false");
}

/** A certificate is for a name, and a socket's path is none. */
function reviewName(server: unknown, usual: unknown, at: At, report: Report): void {
  const own = sectionOf(server)["tls"];
  const address = textOf(server) ?? textOf(sectionOf(server)["address"]);
  const isPlain = own === false || (own === undefined && (usual === undefined || usual === false));
  if (isPlain || address?.startsWith("unix:") !== true) return;
  const { serverName, verify } = { ...sectionOf(usual), ...sectionOf(own) };
  if (serverName === undefined && verify !== false)
    report("error", at(), "value", "needs tls.serverName: a unix socket has no name for its certificate to be for");
}
