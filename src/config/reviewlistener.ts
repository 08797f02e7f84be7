// What contradicts itself within one listener: keys that its mode has no use for, trust that nobody is given, names that stand
// twice, redirects that lead back.

import { readListenAddress } from "../base/address.ts";
import { quote } from "../base/reading.ts";
import type { Path } from "./problem.ts";
import { reviewCors, reviewReplacements } from "./reviewbody.ts";
import { reviewAuth, reviewProxy } from "./reviewproxy.ts";
import { reviewErrors, reviewReply } from "./reviewreply.ts";
import { reviewRules } from "./reviewrule.ts";
import { reviewListenerTls } from "./reviewtls.ts";
import { modeOf } from "./reviewuse.ts";
import { listedPhase } from "./rulewalk.ts";
import {
  type At,
  isSection,
  listOf,
  msOf,
  patternFault,
  type Report,
  type Section,
  sectionOf,
  textOf,
} from "./section.ts";

const asItIs = "; what is carried is passed on as it is";
/** Keys that not every mode has, with the modes that do, and what is to be said of the others. */
const modeKeys: readonly (readonly [Path, readonly string[], string])[] = [
  [["sni"], ["tcp"], ""],
  [["redirect"], ["http"], ""],
  [["hsts"], ["http"], asItIs],
  [["forwarding"], ["http"], `${asItIs}; proxyProtocol of a pool tells servers who the client is`],
  [["via"], ["http"], asItIs],
  [["requestId"], ["http"], asItIs],
  [["errors"], ["http"], asItIs],
  [["auth"], ["http"], asItIs],
  [["proxy"], ["http"], ""],
  [["cors"], ["http"], asItIs],
  [["compress"], ["http"], asItIs],
  [["replace"], ["http"], asItIs],
  [["udp"], ["udp"], ""],
  [["tls"], ["http", "tcp"], "; TLS over datagrams is not spoken here"],
  [["proxyProtocol"], ["http", "tcp"], ""],
  [["abortOnClose"], ["http"], ""],
  [["http2"], ["http"], asItIs],
  [["trustedProxies"], ["http", "tcp"], ""],
  [["workerBy"], ["http", "tcp"], "; datagrams of one client always come to the same worker"],
  [["timeouts", "handshake"], ["http", "tcp"], ""],
  [["timeouts", "head"], ["http"], ""],
  [["timeouts", "idle"], ["http"], "; clientIdle and tunnel are those of connections and sessions"],
  [["timeouts", "read"], ["http"], "; clientIdle and tunnel are those of connections and sessions"],
  [["timeouts", "linger"], ["http"], ""],
  [["timeouts", "clientIdle"], ["tcp", "udp"], "; idle and read are those of requests"],
];

export function reviewListener(name: string, listener: Section, pools: Section, report: Report): void {
  const at: At = (...path) => ["listeners", name, ...path];
  const mode = modeOf(listener);
  if (!["http", "tcp", "udp"].includes(mode)) return;
  const said = listener["mode"] === undefined ? `${mode}, as it says no other` : mode;
  for (const [path, modes, more] of modeKeys) {
    const value = path.reduce<unknown>((tree, key) => sectionOf(tree)[key], listener);
    if (value === undefined || value === false || modes.includes(mode)) continue;
    const fit = modes.length === 1 ? `mode ${modes[0]}` : `modes ${modes.join(" and ")}`;
    report("error", at(...path), "key", `is for ${fit}, and this listener has mode ${said}${more}`);
  }
  reviewErrors(listener["errors"], at("errors"), report);
  reviewReply(sectionOf(listener["hooks"])["failure"], at("hooks", "failure"), report);
  const modes = new Set([mode]);
  reviewRules({ section: listener, path: at(), modes, listed: listedPhase(modes) }, report);
  reviewTrust(listener, mode, at, report);
  reviewNames(listOf(listener["sni"]), pools, at, report);
  if (mode === "http") reviewSecurity(listener, at, report);
  if (mode === "http") reviewContent(listener, pools, at, report);
  if (isSection(listener["tls"])) reviewListenerTls(listener, mode, at, report);
  if (listener["workerBy"] === "client" && isUnix(listener))
    report("warning", at("workerBy"), "key", "changes nothing: one worker alone serves a unix socket");
  if (mode === "udp" && isUnix(listener))
    report("error", at("listen"), "value", "must be a port in mode udp: datagrams are not taken from unix sockets");
}

function reviewContent(listener: Section, pools: Section, at: At, report: Report): void {
  reviewAuth(listener["auth"], at, report);
  reviewProxy(listener, pools, at, report);
  reviewReplacements(listener["replace"], at("replace"), report);
  reviewCors(listener["cors"], at("cors"), report);
}

function isUnix(listener: Section): boolean {
  return textOf(listener["listen"])?.startsWith("unix:") === true;
}

function reviewTrust(listener: Section, mode: string, at: At, report: Report): void {
  const trusts = listOf(listener["trustedProxies"]).length > 0;
  const isProxied = listener["proxyProtocol"] === true && mode !== "udp";
  if (isProxied && isUnix(listener))
    report(
      "error",
      at("proxyProtocol"),
      "value",
      "is not for unix sockets: who connects there has no address to trust",
    );
  else if (isProxied && !trusts && !isSection(listener["trustedProxies"]))
    report(
      "error",
      at("proxyProtocol"),
      "value",
      "needs trustedProxies beside it: the addresses of the proxies in front, for their word on who the client is",
    );
  if (mode === "tcp" && trusts && listener["proxyProtocol"] !== true)
    report("warning", at("trustedProxies"), "key", "is not looked at in mode tcp without proxyProtocol: true");
}

function reviewNames(entries: readonly unknown[], pools: Section, at: At, report: Report): void {
  const seen = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    if (!isSection(entry)) continue;
    const { name, pattern, found } = sectionOf(entry);
    if (found !== undefined && (name !== undefined || pattern !== undefined))
      report("error", at("sni", index, "found"), "key", "cannot stand beside name or pattern: write one of them");
    const pool = textOf(sectionOf(entry)["use"]);
    if (
      found !== undefined &&
      pool !== null &&
      isSection(pools[pool]) &&
      sectionOf(pools[pool])["discover"] === undefined
    )
      report("error", at("sni", index, "found"), "key", `needs a pool with discover, and ${pool} has none`);
    if (name === undefined && pattern === undefined && found === undefined)
      report("error", at("sni", index), "value", 'must have a name, such as "www.example.com", or a pattern');
    if (name !== undefined && pattern !== undefined)
      report("error", at("sni", index, "pattern"), "key", "cannot stand beside name: write one of them");
    const written = textOf(name)?.toLowerCase();
    const other = written === undefined ? undefined : seen.get(written);
    if (other !== undefined)
      report("error", at("sni", index, "name"), "value", `is the same name as sni[${other}], which comes first`);
    else if (written !== undefined) seen.set(written, index);
    const expression = textOf(pattern);
    if (expression !== null) reviewPattern(expression, at("sni", index, "pattern"), report);
  }
}

function reviewPattern(pattern: string, path: Path, report: Report): void {
  const fault = patternFault(pattern);
  if (fault !== null)
    report("error", path, "value", `must be a regular expression, which ${quote(pattern)} is not: ${fault}`);
  else if (!/^(?:\^|\.\*)/.test(pattern) || !isEnded(pattern))
    report(
      "warning",
      path,
      "value",
      'is looked for anywhere in a name, so that others fit it too; begin it with ^ and end it with $ (or write ".*" there)',
    );
  else if (/[A-Z]/.test(pattern.replaceAll(/\\./g, "")))
    report("warning", path, "value", "has capital letters, which no name has: they are tried in lower case");
}

/** Whether its end is said, or everything may come there; what has a backslash before it is a character of the name. */
function isEnded(pattern: string): boolean {
  return /(?<!\\)(?:\\\\)*(?:\$|\.\*)$/.test(pattern);
}

/** Redirects and HSTS: what browsers make of them. */
function reviewSecurity(listener: Section, at: At, report: Report): void {
  const { redirect, hsts } = listener;
  const reading = readListenAddress(textOf(listener["listen"]) ?? "");
  const own = reading.ok && reading.value.kind === "tcp" ? reading.value.port : null;
  const port = redirect === "https" ? 443 : (sectionOf(redirect)["port"] ?? 443);
  if ((redirect === "https" || isSection(redirect)) && port === own)
    report(
      "error",
      at("redirect"),
      "value",
      `makes clients come back to this same port, ${own}: name the port of the listener that speaks https`,
    );
  if (hsts === undefined || (textOf(hsts) === null && !isSection(hsts))) return;
  if (listener["tls"] === undefined)
    report("error", at("hsts"), "key", "needs tls: over plain HTTP browsers ignore it (RFC 6797 8.1)");
  const { preload, includeSubDomains, maxAge } = sectionOf(hsts);
  if (preload === true && (includeSubDomains !== true || msOf(maxAge) < 365 * 86_400_000))
    report(
      "warning",
      at("hsts", "preload"),
      "value",
      "needs includeSubDomains: true and a maxAge of 365d or more for the browsers' lists to take it",
    );
}
