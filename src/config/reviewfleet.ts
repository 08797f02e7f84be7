// What contradicts itself in the sections sentinel and fleet, and what asks for one of them where there is none: times of which
// one makes the other pointless, targets that stand twice, a set that nobody reads, tables that are shared with nobody.

import { readServerAddress } from "../base/address.ts";
import type { Path } from "./problem.ts";
import { reviewCheck } from "./reviewcheck.ts";
import { allRules, rulesOf } from "./rulewalk.ts";
import { isSection, listOf, msOf, type Report, type Section, sectionOf, textOf } from "./section.ts";

/** What the schema says where a sentinel says nothing. */
const sentinelUsual = { set: "gopher_backends", lease: "15s", every: "2s" };

export function reviewFleet(root: Section, report: Report): void {
  if (isSection(root["sentinel"])) reviewSentinel(sectionOf(root["sentinel"]), root, report);
  const fleet = sectionOf(root["fleet"]);
  if (msOf(fleet["stale"] ?? "5s") <= 2 * msOf(fleet["interval"] ?? "200ms"))
    report(
      "error",
      ["fleet", "stale"],
      "value",
      "must be longer than two intervals: else one late answer makes it stale",
    );
  const shared = [...sharedIn(root)];
  if (root["fleet"] === undefined)
    for (const path of shared) report("error", path, "key", "needs the section fleet, which says with whom");
  else if (shared.length === 0 && fleet["bans"] === false)
    report(
      "warning",
      ["fleet"],
      "key",
      "has nothing to share: bans are each node's own, and neither a table nor a limit says share: true",
    );
}

/** Where tables and limits say that they are. */
function* sharedIn(root: Section): Generator<Path> {
  for (const [name, table] of Object.entries(sectionOf(root["tables"])))
    if (sectionOf(table)["share"] === true) yield ["tables", name, "share"];
  for (const key of ["listeners", "pools"])
    for (const [name, owner] of Object.entries(sectionOf(root[key])))
      for (const { rule, path } of allRules(rulesOf(sectionOf(owner), [key, name], "request")))
        if (sectionOf(rule["limit"])["share"] === true) yield [...path, "limit", "share"];
}

function reviewSentinel(sentinel: Section, root: Section, report: Report): void {
  const check = sectionOf(sentinel["check"]);
  if (isSection(sentinel["check"]))
    reviewCheck(check, new Set(["http"]), (...path) => ["sentinel", "check", ...path], report);
  const everyMs = msOf(check["every"] ?? sentinelUsual.every);
  if (msOf(sentinel["lease"] ?? sentinelUsual.lease) < 2 * everyMs)
    report(
      "error",
      ["sentinel", "lease"],
      "value",
      "must be at least twice check.every: else it ends between two probes",
    );
  reviewTargets(listOf(sentinel["targets"]), report);
  const set = textOf(sentinel["set"]) ?? sentinelUsual.set;
  if (root["registry"] === undefined && !isRead(set, root))
    report(
      "warning",
      ["sentinel", "set"],
      "key",
      `is read by no pool, and without a registry in Redis nobody else can: write discover: { registry: "${set.slice(0, 100)}" } in a pool`,
    );
}

function reviewTargets(targets: readonly unknown[], report: Report): void {
  const seen = new Set<string>();
  for (const [index, target] of targets.entries()) {
    const reading = typeof target === "string" ? readServerAddress(target) : null;
    if (reading?.ok !== true) continue;
    const { name, address } = reading.value;
    const path = ["sentinel", "targets", index];
    if (address.kind === "unix")
      report("error", path, "value", "must be reached by others too, which a socket of this machine is not");
    else if (seen.has(name)) report("error", path, "value", `is there already: ${name}`);
    seen.add(name);
  }
}

function isRead(set: string, root: Section): boolean {
  return Object.values(sectionOf(root["pools"])).some((pool) => {
    const { discover } = sectionOf(pool);
    return (Array.isArray(discover) ? discover : [discover]).some((one) => sectionOf(one)["registry"] === set);
  });
}
