// What contradicts itself in forward proxies and in who may use them: proxies for nothing or for no target, credentials that let
// nobody in; and the proxy that anybody may use, which strangers find within hours. Whether rules keep them out is not judged
// here: that there are some is taken as a sign that somebody has thought of it.

import { isLoopback, readListenAddress, readServerAddress } from "../base/address.ts";
import { problemOfHash } from "./htpasswd.ts";
import { rulesOf } from "./rulewalk.ts";
import { type At, isSection, listOf, type Report, type Section, sectionOf, textOf } from "./section.ts";

export function reviewAuth(auth: unknown, at: At, report: Report): void {
  if (!isSection(auth)) return;
  const { users, file } = sectionOf(auth);
  for (const [name, secret] of Object.entries(sectionOf(users))) {
    const problem = typeof secret === "string" ? problemOfHash(secret) : null;
    if (problem !== null)
      report(
        "error",
        at("auth", "users", name),
        "value",
        `${problem}; a password that looks like one is written {PLAIN}…`,
      );
  }
  if (file === undefined && Object.keys(sectionOf(users)).length === 0)
    report("error", at("auth"), "value", "lets nobody in: it must hold users, or the file of an htpasswd");
}

/** `pools`: all that there are, by name. */
export function reviewProxy(listener: Section, pools: Section, at: At, report: Report): void {
  const { proxy } = listener;
  if (proxy !== true && !isSection(proxy)) return;
  const own = sectionOf(proxy);
  if (listener["redirect"] !== undefined)
    report("error", at("redirect"), "key", "cannot stand beside proxy: it would answer every request");
  if (own["http"] === false && own["connect"] === false && own["socks"] !== true && own["fields"] !== true)
    report("error", at("proxy"), "value", "is for nothing: http, connect, socks and fields are all off");
  const everyone = listOf(own["deny"]).indexOf("*");
  if (everyone !== -1)
    report("error", at("proxy", "deny", everyone), "value", "is every target: nothing could be asked for");
  const isTunnelled = own["connect"] !== false || own["socks"] === true;
  if (own["tunnels"] !== undefined && !isTunnelled)
    report("warning", at("proxy", "tunnels"), "key", "is of no use: connect and socks are off");
  if (own["cache"] !== undefined && own["cache"] !== false && own["http"] === false && own["fields"] !== true)
    report("warning", at("proxy", "cache"), "key", "is of no use: http is off, and of tunnels nothing can be seen");
  reviewOpenness(listener, hostsOf(sectionOf(pools[textOf(listener["use"]) ?? ""])), at, report);
}

function hostsOf({ servers }: Section): ReadonlySet<string> {
  const addresses = listOf(servers).map((server) => textOf(isSection(server) ? sectionOf(server)["address"] : server));
  const readings = addresses.map((text) => readServerAddress(text ?? ""));
  return new Set(
    readings.flatMap((read) =>
      read.ok && read.value.address.kind === "tcp" ? [read.value.address.host.replace(/\.$/, "")] : [],
    ),
  );
}

/** Rules may say who is served; whether they do is not for us to judge. */
function reviewOpenness(listener: Section, hosts: ReadonlySet<string>, at: At, report: Report): void {
  const written = textOf(listener["listen"]);
  const reading = written === null ? null : readListenAddress(written);
  if (reading === null || !reading.ok || reading.value.kind !== "tcp" || isLoopback(reading.value.host)) return;
  const { connection, request } = rulesOf(listener, [], "request");
  if (listener["auth"] !== undefined || connection.length + request.length > 0) return;
  const { allow, private: isPrivate, egress } = sectionOf(listener["proxy"]);
  if (egress !== undefined) return; // That is an error, and reviewegress.ts says it.
  const isNarrow = listOf(allow).length > 0 && !listOf(allow).includes("*");
  // What is inside is for nobody outside, however few of it are named. But for what they reach by the listener's own pool in any case.
  if (isNarrow && (isPrivate !== true || listOf(allow).every((host) => hosts.has((textOf(host) ?? "").toLowerCase()))))
    return;
  const inside = isPrivate === true ? ", those inside of this network among them" : "";
  report(
    "warning",
    at("proxy"),
    "key",
    `is open: whoever reaches ${written} may have it ask for ${isNarrow ? "what allow names" : "any target"}${inside}; add auth, or rules that say who may`,
  );
}
