// Which listener uses which pool, and in which mode: names that refer to nothing, pools that nothing refers to, and pools that
// are used in two ways that do not go together.

import { quote } from "../base/reading.ts";
import { didYouMean } from "./nearest.ts";
import { keyText, type Path } from "./problem.ts";
import { isSection, listOf, type Report, type Section, sectionOf } from "./section.ts";

export interface Use {
  readonly listener: string;
  readonly mode: string;
  readonly path: Path;
  readonly pool: string;
}

export function modeOf(listener: Section): string {
  return listener["mode"] === undefined ? "http" : String(listener["mode"]);
}

export function usesOf(listeners: Section): Use[] {
  return Object.entries(listeners).flatMap(([name, value]): Use[] => {
    const listener = sectionOf(value);
    const path: Path = ["listeners", name];
    const written: [Path, unknown][] = [
      [[...path, "use"], listener["use"]],
      ...listOf(listener["sni"]).map((entry, index): [Path, unknown] => [
        [...path, "sni", index, "use"],
        sectionOf(entry)["use"],
      ]),
    ];
    return written.flatMap(([at, pool]) =>
      typeof pool === "string" ? [{ listener: name, mode: modeOf(listener), path: at, pool }] : [],
    );
  });
}

/** The modes of the listeners that use a pool; empty when none does. */
export function modesOf(pool: string, uses: readonly Use[]): Set<string> {
  return new Set(uses.filter((use) => use.pool === pool).map((use) => use.mode));
}

export function reviewUse(listeners: Section, pools: Section, report: Report): void {
  const names = Object.keys(pools).filter((name) => name !== "__proto__");
  const uses = usesOf(listeners);
  for (const { path, pool } of uses) {
    if (names.includes(pool)) continue;
    const meant = didYouMean(pool, names);
    const known =
      names.length === 0
        ? "; there are no pools"
        : `; there ${names.length === 1 ? "is" : "are"} ${names.slice(0, 10).join(", ")}`;
    report(
      "error",
      path,
      "value",
      `names the pool ${quote(pool)}, which does not exist${meant === "" ? known : meant}`,
    );
  }
  const isWhole = Object.entries(listeners)
    .map(([name, listener]) => isSection(listener) && reviewOwn(name, sectionOf(listener), report))
    .every((has) => has);
  for (const name of names) reviewMixture(name, uses, report);
  // Where a name is wrong, the pool that was meant would only be a second complaint about one mistake.
  if (!isWhole || Object.keys(listeners).length === 0 || uses.some(({ pool }) => !names.includes(pool))) return;
  for (const name of names)
    if (modesOf(name, uses).size === 0) report("warning", ["pools", name], "key", "is used by no listener");
}

/** Whether the listener says where things go. */
function reviewOwn(name: string, listener: Section, report: Report): boolean {
  const path: Path = ["listeners", name, "use"];
  const isRedirect = modeOf(listener) === "http" && listener["redirect"] !== undefined;
  if (listener["use"] !== undefined) {
    if (isRedirect) report("warning", path, "value", "is never used: redirect answers every request");
    return typeof listener["use"] === "string";
  }
  const isTcp = modeOf(listener) === "tcp";
  if (isRedirect || (isTcp && listOf(listener["sni"]).length > 0)) return true;
  const other = isTcp ? ", or sni must name pools by the names that clients ask for" : "";
  report("error", path, "value", `is missing; it must be the name of a pool${other}`);
  return false;
}

function reviewMixture(pool: string, uses: readonly Use[], report: Report): void {
  const datagrams = uses.find((use) => use.pool === pool && use.mode === "udp");
  const connections = uses.find((use) => use.pool === pool && (use.mode === "tcp" || use.mode === "http"));
  if (datagrams === undefined || connections === undefined) return;
  const [udp, other] = [keyText(["listeners", datagrams.listener]), keyText(["listeners", connections.listener])];
  report(
    "error",
    datagrams.path,
    "value",
    `names a pool that ${other} uses too, in mode ${connections.mode}; give ${udp} a pool of its own, even with the same servers: what is learnt about a server over UDP says nothing of TCP`,
  );
}
