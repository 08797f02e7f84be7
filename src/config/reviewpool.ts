// What contradicts itself within one pool: servers that stand twice, weights that nobody looks at, times that are out of order,
// and keys that the listeners which use it have no use for.

import { readServerAddress } from "../base/address.ts";
import { reviewMirror, reviewReplacements } from "./reviewbody.ts";
import { reviewCheck } from "./reviewcheck.ts";
import { reviewDiscover } from "./reviewdiscover.ts";
import { reviewHttp2 } from "./reviewhttp2.ts";
import { reviewErrors, reviewReply } from "./reviewreply.ts";
import { reviewRules } from "./reviewrule.ts";
import { reviewServerNames } from "./reviewsticking.ts";
import { reviewPoolTls } from "./reviewtls.ts";
import { listedPhase } from "./rulewalk.ts";
import { type At, isSection, listOf, msOf, type Report, type Section, sectionOf, textOf } from "./section.ts";

/** `modes` are those of the listeners that use it. */
export function reviewPool(name: string, pool: Section, modes: ReadonlySet<string>, report: Report): void {
  const at: At = (...path) => ["pools", name, ...path];
  const servers = listOf(pool["servers"]);
  if (pool["servers"] === undefined && pool["discover"] === undefined && pool["reply"] === undefined)
    report(
      "error",
      at("servers"),
      "value",
      "is missing; it must be a list of servers, unless the pool has a source of them (discover) or a reply",
    );
  for (const key of ["servers", "discover"])
    if (pool[key] !== undefined && pool["reply"] !== undefined)
      report("error", at("reply"), "key", `cannot stand beside ${key}: a pool has servers or a reply`);
  if (pool["reply"] !== undefined)
    for (const key of ["cache", "mirror"])
      if (pool[key] !== undefined && pool[key] !== false)
        report("warning", at(key), "key", "is of no use: reply answers every request");
  reviewReply(pool["reply"], at("reply"), report);
  reviewErrors(pool["errors"], at("errors"), report);
  reviewReply(sectionOf(pool["hooks"])["failure"], at("hooks", "failure"), report);
  reviewRules({ section: pool, path: at(), modes, listed: listedPhase(modes) }, report);
  reviewServers(servers, policyOf(pool), at, report);
  reviewServerNames(pool, at, report);
  // What a source tells of comes before them.
  const isAllBackup = servers.length > 0 && servers.every((server) => sectionOf(server)["backup"] === true);
  if (isAllBackup && pool["discover"] === undefined) report("warning", at("servers"), "key", "are all backups");
  reviewDiscover(pool, at, report);
  if (isSection(pool["check"])) reviewCheck(sectionOf(pool["check"]), modes, (...path) => at("check", ...path), report);
  reviewPoolTls(pool, modes, at, report);
  reviewHttp2(pool, modes, at, report);
  reviewMode(pool, modes, at, report);
  reviewReplacements(pool["replace"], at("replace"), report);
  reviewMirror(name, pool, report);
  const ejection = sectionOf(pool["ejection"]);
  if (isSection(pool["ejection"]) && msOf(ejection["base"] ?? "30s") > msOf(ejection["maximum"] ?? "5m"))
    report(
      "error",
      at("ejection", ejection["base"] === undefined ? "maximum" : "base"),
      "value",
      "makes the first ejection (base) longer than the longest (maximum)",
    );
  const sticky = sectionOf(pool["sticky"]);
  if (sticky["sameSite"] === "None" && sticky["secure"] !== true)
    report(
      "warning",
      at("sticky", "sameSite"),
      "value",
      "is None without secure: true, and browsers throw such cookies away",
    );
}

function reviewServers(servers: readonly unknown[], policy: unknown, at: At, report: Report): void {
  const seen = new Map<string, number>();
  for (const [index, server] of servers.entries()) {
    const written = typeof server === "string" ? server : sectionOf(server)["address"];
    const reading = typeof written === "string" ? readServerAddress(written) : null;
    if (reading === null || !reading.ok) continue;
    const { name, weight } = reading.value;
    const path = at("servers", index, ...(typeof server === "string" ? [] : ["address"]));
    const other = seen.get(name);
    if (other !== undefined)
      report("error", path, "value", `is the same server as servers[${other}]; to give it more, write a weight`);
    else seen.set(name, index);
    const own = sectionOf(server)["weight"];
    if (weight !== null && own !== undefined)
      report("error", at("servers", index, "weight"), "key", "is given twice: here and after the ^ of the address");
    if ((policy === "roundRobin" || policy === "first") && !([0, 1] as unknown[]).includes(weight ?? own ?? 1))
      report(
        "warning",
        path,
        "value",
        `has a weight, which ${policy} does not look at${policy === "first" ? "" : "; weightedRoundRobin does"}`,
      );
  }
}

/** Keys of HTTP in a pool that no request reaches, keys of connections in one that is sent datagrams, and the other way round. */
function reviewMode(pool: Section, modes: ReadonlySet<string>, at: At, report: Report): void {
  if (modes.size === 0) return;
  const timeouts = sectionOf(pool["timeouts"]);
  if (!modes.has("http")) {
    const users = `only listeners of mode ${[...modes].join(" and ")} use this pool`;
    const key = textOf(sectionOf(pool["balance"])["key"]);
    if (pool["sticky"] !== undefined)
      report("error", at("sticky"), "key", `is for HTTP, and ${users}; the policy ipHash keeps a client at its server`);
    if (key !== null && key !== "ip")
      report("error", at("balance", "key"), "value", `is for HTTP, and ${users}; write "ip"`);
    if (pool["reply"] !== undefined)
      report("error", at("reply"), "key", `is for HTTP, and ${users}; rules with reject close connections`);
    if (Object.keys(sectionOf(pool["errors"])).length > 0)
      report("error", at("errors"), "key", `are for HTTP, and ${users}`);
    for (const key of ["cache", "compress", "replace", "mirror"])
      if (pool[key] !== undefined && pool[key] !== false)
        report("error", at(key), "key", `is for HTTP, and ${users}; what is carried is passed on as it is`);
    for (const path of [["timeouts", "response"], ["timeouts", "read"], ["idle"]])
      if ((path.length === 1 ? pool : timeouts)[path.at(-1)!] !== undefined)
        report("warning", at(...path), "key", `is for HTTP, and ${users}`);
  } else if (modes.size === 1 && timeouts["serverIdle"] !== undefined)
    report(
      "warning",
      at("timeouts", "serverIdle"),
      "key",
      "is for modes tcp and udp, and only listeners of mode http use this pool",
    );
  if (modes.has("udp")) reviewDatagrams(pool, at, report);
}

function reviewDatagrams(pool: Section, at: At, report: Report): void {
  const isSet = (value: unknown): boolean => value !== undefined && value !== false;
  if (isSet(pool["proxyProtocol"]))
    report("error", at("proxyProtocol"), "key", "is for connections, and this pool is sent datagrams");
  for (const [index, server] of listOf(pool["servers"]).entries()) {
    if (isSet(sectionOf(server)["proxyProtocol"]))
      report(
        "error",
        at("servers", index, "proxyProtocol"),
        "key",
        "is for connections, and this pool is sent datagrams",
      );
    const address = textOf(server) ?? textOf(sectionOf(server)["address"]);
    if (address?.startsWith("unix:") === true)
      report("error", at("servers", index), "value", "must be host:port: datagrams are not sent to unix sockets");
  }
}

function policyOf(pool: Section): unknown {
  return typeof pool["balance"] === "string" ? pool["balance"] : sectionOf(pool["balance"])["policy"];
}
