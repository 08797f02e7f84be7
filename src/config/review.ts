// What the schema cannot see because it concerns two keys at once: names that refer to each other, addresses that collide,
// times that contradict, more of something than the arena has rows. It looks at the config as written and passes over whatever
// the schema has refused, so that one run tells everything. What concerns one listener, one pool or one check has a file of its own.

import { posix } from "node:path";
import ipaddr from "ipaddr.js";
import { formatAddress, isEveryAddress, isLoopback, readListenAddress } from "../base/address.ts";
import { capacity } from "../memory/arena.ts";
import type { Finding } from "./issues.ts";
import type { Address } from "./plan.ts";
import { keyText, type Path } from "./problem.ts";
import { reviewAcme } from "./reviewacme.ts";
import { reviewCaches, reviewSharing } from "./reviewcache.ts";
import { reviewEgress } from "./reviewegress.ts";
import { reviewExpressions } from "./reviewexpression.ts";
import { reviewFleet } from "./reviewfleet.ts";
import { reviewListener } from "./reviewlistener.ts";
import { reviewLogs } from "./reviewlog.ts";
import { reviewPool } from "./reviewpool.ts";
import { reviewErrors, reviewReply } from "./reviewreply.ts";
import { type RuleOwner, reviewLimitTables } from "./reviewrule.ts";
import { reviewStickTables } from "./reviewsticking.ts";
import { reviewLists, reviewTables, reviewTableUses } from "./reviewtable.ts";
import { modeOf, modesOf, reviewUse, usesOf } from "./reviewuse.ts";
import { allRules, listedPhase, rulesOf } from "./rulewalk.ts";
import { isSection, listOf, type Report, type Section, sectionOf } from "./section.ts";

export function review(input: unknown): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (severity, path, part, message, inside) =>
    void findings.push({ severity, path, part, message, ...(inside === undefined ? {} : { inside }) });
  const root = sectionOf(input);
  const listeners = sectionOf(root["listeners"]);
  const pools = sectionOf(root["pools"]);
  for (const key of ["listeners", "pools", "tables", "lists", "caches", "egress"] as const) {
    const isNeeded = key === "listeners" || (key === "pools" && !isWithoutPools(Object.values(listeners)));
    // All of them may be added over gobetween's API, or deleted.
    const isLater = sectionOf(root["gobetween"])["api"] !== undefined && Object.keys(listeners).length === 0;
    if (isNeeded && !isLater && isSection(root[key]) && Object.keys(sectionOf(root[key])).length === 0)
      report("error", [key], "key", `must hold at least one ${key.slice(0, -1)}`);
    // Zod passes over this one name, and nothing is ever passed over in silence.
    if (Object.hasOwn(sectionOf(root[key]), "__proto__"))
      report("error", [key, "__proto__"], "key", "is not a name that can be used");
  }
  reviewUse(listeners, pools, report);
  reviewListening(root, listeners, report);
  for (const [name, listener] of Object.entries(listeners)) reviewListener(name, sectionOf(listener), pools, report);
  const uses = usesOf(listeners, pools);
  for (const [name, pool] of Object.entries(pools))
    if (isSection(pool)) reviewPool(name, sectionOf(pool), modesOf(name, uses), report);
  reviewStickTables(pools, report);
  reviewTables(sectionOf(root["tables"]), report);
  reviewLists(sectionOf(root["lists"]), report);
  reviewCaches(root, report);
  reviewSharing(root, uses, report);
  reviewFleet(root, report);
  reviewAcme(root, listeners, report);
  reviewEgress(root, report);
  reviewLogs(root, listeners, report);
  reviewErrors(root["errors"], ["errors"], report);
  reviewReply(sectionOf(root["bans"])["answer"], ["bans", "answer"], report);
  reviewReply(sectionOf(root["hooks"])["failure"], ["hooks", "failure"], report);
  reviewTexts(root, listeners, pools, report);
  reviewCapacity(listeners, pools, report);
  return findings;
}

/** A forward proxy's targets and a redirect need no pool. */
function isWithoutPools(listeners: readonly unknown[]): boolean {
  return (
    listeners.length > 0 &&
    listeners
      .map(sectionOf)
      .every(({ proxy, redirect }) => proxy === true || isSection(proxy) || redirect !== undefined)
  );
}

function reviewTexts(root: Section, listeners: Section, pools: Section, report: Report): void {
  const uses = usesOf(listeners, pools);
  const owner = (kind: string, name: string, section: Section, modes: ReadonlySet<string>): RuleOwner => {
    return { section, path: [kind, name], modes, listed: listedPhase(modes) };
  };
  const owners = [
    ...Object.entries(listeners).map(([name, value]) =>
      owner("listeners", name, sectionOf(value), new Set([modeOf(sectionOf(value))])),
    ),
    ...Object.entries(pools).map(([name, value]) => owner("pools", name, sectionOf(value), modesOf(name, uses))),
  ];
  reviewLimitTables(owners, report);
  let isWhole = true;
  const tableUses = reviewExpressions(root, owners, (...finding) => {
    isWhole &&= finding[0] !== "error";
    report(...finding);
  });
  // A mistyped name of a table is told; that nobody uses the table that was meant is no second mistake.
  if (isWhole && tableUses !== null) reviewTableUses(sectionOf(root["tables"]), tableUses, report);
}

/**
 * Two listeners on one address would each get a random half of the connections, for workers share their ports. On one port, a
 * certain address beside all of them is fine between listeners (the system prefers the certain one), but not beside admin and
 * metrics, which share their ports with nobody. A port of TCP and one of UDP are two.
 */
function reviewListening(root: Section, listeners: Section, report: Report): void {
  const admin = sectionOf(root["admin"]);
  const { listen: metrics } = sectionOf(root["metrics"]);
  const written: [Path, unknown, boolean][] = Object.entries(listeners).map(([name, one]) => [
    ["listeners", name, "listen"],
    sectionOf(one)["listen"],
    modeOf(sectionOf(one)) === "udp",
  ]);
  const { listen: pages } = sectionOf(root["ipmanager"]);
  if (metrics !== undefined) written.push([["metrics", "listen"], metrics, false]);
  if (pages !== undefined) written.push([["ipmanager", "listen"], pages, false]);
  const { listen: secure } = sectionOf(sectionOf(sectionOf(root["gobetween"])["api"])["tls"]);
  if (secure !== undefined) written.push([["gobetween", "api", "tls", "listen"], secure, false]);
  written.push(...haproxyPlaces(admin));
  written.push([["admin", "listen"], admin["listen"] ?? "127.0.0.1:2112", false]);
  const seen = { tcp: new Places(), udp: new Places() };
  for (const [path, value, isUdp] of written) {
    const reading = typeof value === "string" ? readListenAddress(value) : null;
    if (reading === null || !reading.ok) continue;
    const address = reading.value;
    const isAdmin = path[0] === "admin" && path[1] === "listen";
    if (
      (isAdmin || path[0] === "gobetween") &&
      address.kind === "tcp" &&
      !isLoopback(address.host) &&
      admin["token"] === undefined
    )
      report(
        "error",
        path,
        "value",
        "is not a loopback address, so admin.token must be set: whoever reaches it controls this proxy",
      );
    if (path[1] === "haproxy" && path[2] === "sockets" && address.kind === "tcp" && admin["token"] !== undefined)
      report(
        "error",
        path,
        "value",
        'is open to every user of this machine and asks for no token, which admin.token is for: give it a path, as in "unix:/run/haproxy/admin.sock"',
      );
    if (path[1] === "haproxy" && path[2] === "pages" && address.kind === "tcp" && !isLoopback(address.host))
      report(
        "warning",
        path,
        "value",
        "is not a loopback address, and the page has no TLS: whoever sees the traffic reads its passwords; put it on loopback, behind a listener with tls",
      );
    // The system gives each another.
    if (address.kind === "tcp" && address.port === 0) continue;
    const places = seen[isUdp ? "udp" : "tcp"];
    const place = uniform(address);
    const other = path[0] === "listeners" ? places.same(place) : places.overlapping(place);
    if (other === undefined) places.add({ path, place });
    // The default of admin is written nowhere; what can be changed is the listener.
    else if (isAdmin && admin["listen"] === undefined)
      report(
        "error",
        other.path,
        "value",
        "takes the address of the admin interface, 127.0.0.1:2112; give one of them another port",
      );
    else if (other.place.text === place.text)
      report("error", path, "value", `is the same address as ${keyText(other.path)}`);
    else report("error", path, "value", `has the port of ${keyText(other.path)}`);
  }
}

/** Pages and metrics of one address are there together. */
function haproxyPlaces(admin: Section): [Path, unknown, boolean][] {
  const shared = new Set<unknown>();
  return (["sockets", "pages", "exporters"] as const).flatMap((kind) => {
    const all = sectionOf(admin["haproxy"])[kind];
    return (Array.isArray(all) ? all : []).flatMap((one, at): [Path, unknown, boolean][] => {
      const { listen } = sectionOf(one);
      if (listen === undefined || (kind !== "sockets" && shared.has(listen))) return [];
      if (kind !== "sockets") shared.add(listen);
      return [[["admin", "haproxy", kind, at, "listen"], listen, false]];
    });
  });
}

interface Place {
  /** One for all ways to write it. */
  readonly text: string;
  /** Null of a unix socket. */
  readonly port: number | null;
  readonly isEvery: boolean;
}

interface Taken {
  readonly path: Path;
  readonly place: Place;
}

/** Who has which. They are found, not compared one by one: a config may come to have thousands before it is told that these are too many. */
class Places {
  readonly #byText = new Map<string, Taken>();
  /** The first of each. */
  readonly #byPort = new Map<number, Taken>();
  readonly #everyByPort = new Map<number, Taken>();

  add(taken: Taken): void {
    const { text, port, isEvery } = taken.place;
    this.#byText.set(text, taken);
    if (port === null) return;
    if (!this.#byPort.has(port)) this.#byPort.set(port, taken);
    if (isEvery) this.#everyByPort.set(port, taken);
  }

  same({ text }: Place): Taken | undefined {
    return this.#byText.get(text);
  }

  overlapping(place: Place): Taken | undefined {
    const same = this.same(place);
    if (same !== undefined || place.port === null) return same;
    return (place.isEvery ? this.#byPort : this.#everyByPort).get(place.port);
  }
}

/** An IPv4 address is one of IPv6 (RFC 4291 2.5.5.2). Links of the file system are not followed. */
function uniform(address: Address): Place {
  if (address.kind === "unix") {
    const text = formatAddress({ kind: "unix", path: posix.normalize(address.path) });
    return { text, port: null, isEvery: false };
  }
  const { host, port } = address;
  const isEvery = isEveryAddress(host);
  const text = isEvery ? `every address:${port}` : formatAddress({ ...address, host: ipaddr.process(host).toString() });
  return { text, port, isEvery };
}

const instances = "share them out between several instances of Sluice";
const lists = "a list (lists) can hold the values that many rules compare with, for one rule";

/** Each has its place in the shared memory, which is laid out once (memory/arena.ts). */
function reviewCapacity(listeners: Section, pools: Section, report: Report): void {
  const servers = Object.values(pools).reduce<number>(
    (sum, pool) => sum + listOf(sectionOf(pool)["servers"]).length,
    0,
  );
  const routes = new Set(usesOf(listeners, pools).map(({ listener, pool }) => JSON.stringify([listener, pool])));
  const over = (count: number, max: number, path: Path, what: string, remedy = instances): void => {
    if (count > max) report("error", path, "key", `hold ${count} ${what}; a config has at most ${max}: ${remedy}`);
  };
  over(Object.keys(listeners).length, capacity.listeners, ["listeners"], "listeners");
  // A listener that names no pool for what is left over has a route for that too.
  over(routes.size + Object.keys(listeners).length, capacity.routes, ["listeners"], "ways from a listener to a pool");
  over(Object.keys(pools).length, capacity.pools, ["pools"], "pools");
  over(servers, capacity.servers, ["pools"], "servers together");
  const rules = [...Object.entries(listeners), ...Object.entries(pools)].reduce(
    (sum, [, owner]) => sum + [...allRules(rulesOf(sectionOf(owner), [], "request"))].length,
    0,
  );
  over(rules, capacity.rules, ["listeners"], "rules, together with those of pools", lists);
}
