// What the schema cannot see because it concerns two keys at once: names that refer to each other, addresses that collide,
// times that contradict, more of something than the arena has rows. It looks at the config as written and passes over whatever
// the schema has refused, so that one run tells everything.

import { formatAddress, isLoopback, readListenAddress, readServerAddress } from "../base/address.ts";
import { readDuration } from "../base/duration.ts";
import { quote } from "../base/reading.ts";
import { capacity } from "../memory/arena.ts";
import type { Finding } from "./issues.ts";
import { didYouMean } from "./nearest.ts";
import type { Address } from "./plan.ts";
import { keyText, type Path } from "./problem.ts";

type Section = Readonly<Record<string, unknown>>;
type Report = (severity: Finding["severity"], path: Path, part: Finding["part"], message: string) => void;

export function review(input: unknown): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (severity, path, part, message) => findings.push({ severity, path, part, message });
  const root = sectionOf(input);
  const listeners = sectionOf(root["listeners"]);
  const pools = sectionOf(root["pools"]);
  for (const key of ["listeners", "pools"] as const) {
    if (Object.hasOwn(root, key) && isSection(root[key]) && Object.keys(sectionOf(root[key])).length === 0)
      report("error", [key], "key", `must hold at least one ${key.slice(0, -1)}`);
    // Zod passes over this one name, and nothing is ever passed over in silence.
    if (Object.hasOwn(sectionOf(root[key]), "__proto__"))
      report("error", [key, "__proto__"], "key", "is not a name that can be used");
  }
  reviewUse(listeners, pools, report);
  reviewListening(root, listeners, report);
  for (const [name, pool] of Object.entries(pools)) reviewPool(name, sectionOf(pool), report);
  reviewCapacity(listeners, pools, report);
  return findings;
}

function reviewUse(listeners: Section, pools: Section, report: Report): void {
  const names = Object.keys(pools).filter((name) => name !== "__proto__");
  const used = new Set<unknown>();
  for (const [name, listener] of Object.entries(listeners)) {
    const use = sectionOf(listener)["use"];
    if (typeof use !== "string") continue;
    used.add(use);
    if (names.includes(use)) continue;
    const meant = didYouMean(use, names);
    const known =
      names.length === 0
        ? "; there are no pools"
        : `; there ${names.length === 1 ? "is" : "are"} ${names.slice(0, 10).join(", ")}`;
    report(
      "error",
      ["listeners", name, "use"],
      "value",
      `names the pool ${quote(use)}, which does not exist${meant === "" ? known : meant}`,
    );
  }
  // Where a name is wrong, the pool that was meant would only be a second complaint about one mistake.
  const isSure = Object.values(listeners).every((one) => names.includes(String(sectionOf(one)["use"])));
  if (!isSure || used.size === 0) return;
  for (const name of names) if (!used.has(name)) report("warning", ["pools", name], "key", "is used by no listener");
}

/**
 * Two listeners on one address would each get a random half of the connections, for workers share their ports. On one port, a
 * certain address beside all of them is fine between listeners (the system prefers the certain one), but not beside admin,
 * which shares its port with nobody.
 */
function reviewListening(root: Section, listeners: Section, report: Report): void {
  const admin = sectionOf(root["admin"]);
  const written: [Path, unknown][] = Object.entries(listeners).map(([name, one]) => [
    ["listeners", name, "listen"],
    sectionOf(one)["listen"],
  ]);
  written.push([["admin", "listen"], admin["listen"] ?? "127.0.0.1:2112"]);
  const seen: { path: Path; address: Address }[] = [];
  for (const [path, value] of written) {
    const reading = typeof value === "string" ? readListenAddress(value) : null;
    if (reading === null || !reading.ok) continue;
    const address = reading.value;
    const isAdmin = path[0] === "admin";
    if (isAdmin && address.kind === "tcp" && !isLoopback(address.host) && admin["token"] === undefined)
      report(
        "error",
        path,
        "value",
        "is not a loopback address, so admin.token must be set: whoever reaches it controls this proxy",
      );
    const other = seen.find((one) => (isAdmin ? overlaps(one.address, address) : isSame(one.address, address)));
    if (other === undefined) seen.push({ path, address });
    // The default of admin is written nowhere; what can be changed is the listener.
    else if (isAdmin && admin["listen"] === undefined)
      report(
        "error",
        other.path,
        "value",
        "takes the address of the admin interface, 127.0.0.1:2112; give one of them another port",
      );
    else if (isSame(other.address, address))
      report("error", path, "value", `is the same address as ${keyText(other.path)}`);
    else report("error", path, "value", `has the port of ${keyText(other.path)}`);
  }
}

function isEvery(address: Address): boolean {
  return address.kind === "tcp" && (address.host === "::" || address.host === "0.0.0.0");
}

function isSame(a: Address, b: Address): boolean {
  if (a.kind === "tcp" && b.kind === "tcp" && isEvery(a) && isEvery(b)) return a.port === b.port && a.port !== 0;
  return formatAddress(a) === formatAddress(b) && !(a.kind === "tcp" && a.port === 0);
}

function overlaps(a: Address, b: Address): boolean {
  if (isSame(a, b)) return true;
  return a.kind === "tcp" && b.kind === "tcp" && a.port === b.port && a.port !== 0 && (isEvery(a) || isEvery(b));
}

function reviewPool(name: string, pool: Section, report: Report): void {
  const at = (...path: Path): Path => ["pools", name, ...path];
  const servers = Array.isArray(pool["servers"]) ? pool["servers"] : [];
  reviewServers(servers, policyOf(pool), at, report);
  const check = sectionOf(pool["check"]);
  if (isSection(pool["check"])) {
    if (check["http"] !== undefined && check["tcp"] !== undefined)
      report("error", at("check", "tcp"), "key", "cannot stand beside http: write one of them");
    if (check["http"] === undefined && check["tcp"] === undefined)
      report("error", at("check"), "key", 'must say what to check: http: "/path" or tcp: true');
    if (check["http"] === undefined)
      for (const key of ["expect", "method", "host"])
        if (check[key] !== undefined) report("error", at("check", key), "key", "is for http checks only");
  }
  const every = msOf(check["every"] ?? "2s");
  const timeout = msOf(check["timeout"] ?? "1s");
  if (isSection(pool["check"]) && timeout > every)
    report(
      "warning",
      at("check", check["timeout"] === undefined ? "every" : "timeout"),
      "value",
      "lets a probe last longer (timeout) than the time to the next (every), which then waits for it",
    );
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

function reviewServers(
  servers: readonly unknown[],
  policy: unknown,
  at: (...path: Path) => Path,
  report: Report,
): void {
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
    if ((policy === "roundRobin" || policy === "first") && (weight ?? own ?? 1) !== 1)
      report(
        "warning",
        path,
        "value",
        `has a weight, which ${policy} does not look at${policy === "first" ? "" : "; weightedRoundRobin does"}`,
      );
  }
  const isAllBackup = servers.length > 0 && servers.every((server) => sectionOf(server)["backup"] === true);
  if (isAllBackup) report("warning", at("servers"), "key", "are all backups");
}

function reviewCapacity(listeners: Section, pools: Section, report: Report): void {
  const servers = Object.values(pools).reduce<number>((sum, pool) => {
    const list = sectionOf(pool)["servers"];
    return sum + (Array.isArray(list) ? list.length : 0);
  }, 0);
  const over = (count: number, max: number, path: Path, what: string): void => {
    if (count > max) report("error", path, "key", `hold ${count} ${what}; shared memory has room for ${max}`);
  };
  over(Object.keys(listeners).length, capacity.listeners, ["listeners"], "listeners");
  over(Object.keys(pools).length, capacity.pools, ["pools"], "pools");
  over(servers, capacity.servers, ["pools"], "servers together");
}

function policyOf(pool: Section): unknown {
  return typeof pool["balance"] === "string" ? pool["balance"] : sectionOf(pool["balance"])["policy"];
}

/** NaN, which compares as false, when the schema has refused it. */
function msOf(value: unknown): number {
  const reading = typeof value === "string" ? readDuration(value) : null;
  return reading?.ok === true ? reading.value : Number.NaN;
}

function isSection(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sectionOf(value: unknown): Section {
  return isSection(value) ? (value as Section) : {}; // An object with unknown values.
}
