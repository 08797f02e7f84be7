// Which listener uses which pool, and in which mode: names that refer to nothing, pools that nothing refers to, pools that are
// used in two ways that do not go together, and rules of pools that hand a request round and round.

import { absence } from "./absence.ts";
import { keyText, type Path } from "./problem.ts";
import { allRules, rulesOf } from "./rulewalk.ts";
import { isSection, listOf, type Report, type Section, sectionOf, textOf } from "./section.ts";

export interface Use {
  readonly listener: string;
  readonly mode: string;
  readonly path: Path;
  readonly pool: string;
}

export function modeOf(listener: Section): string {
  return listener["mode"] === undefined ? "http" : (textOf(listener["mode"]) ?? "");
}

/** All ways from listeners to pools: what they name themselves, then what those pools name in rules and for copies, and so on. */
export function usesOf(listeners: Section, pools: Section): Use[] {
  const handed = new Map(
    Object.entries(pools).map(([name, pool]) => [name, reachedFrom(["pools", name], sectionOf(pool))]),
  );
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
    const mode = modeOf(listener);
    const uses: Use[] = [];
    const seen = new Set<string>();
    const add = (at: Path, pool: unknown): void => {
      if (typeof pool !== "string") return;
      uses.push({ listener: name, mode, path: at, pool });
      if (seen.has(pool)) return;
      seen.add(pool);
      for (const next of handed.get(pool) ?? []) add(next.path, next.pool);
    };
    for (const [at, pool] of written) add(at, pool);
    for (const next of [...handedOn(path, listener), ...hookedFrom(path, listener)]) add(next.path, next.pool);
    return uses;
  });
}

interface Named {
  readonly path: Path;
  readonly pool: string;
}

/** Where requests of a pool come to beside itself: those that its rules and hooks hand on, and copies. */
function reachedFrom(path: Path, pool: Section): Named[] {
  return [...handedOn(path, pool), ...hookedFrom(path, pool), ...mirroredBy(path, pool)];
}

/** Where hooks may send requests. Whether any goes round in a circle is for them to see to. */
function hookedFrom(path: Path, { hooks }: Section): Named[] {
  return listOf(sectionOf(hooks)["use"]).flatMap((pool, index) =>
    typeof pool === "string" ? [{ path: [...path, "hooks", "use", index], pool }] : [],
  );
}

/** The pool that gets copies. */
export function mirroredBy(path: Path, { mirror }: Section): Named[] {
  const pool = textOf(isSection(mirror) ? sectionOf(mirror)["to"] : mirror);
  return pool === null ? [] : [{ path: [...path, "mirror", ...(isSection(mirror) ? ["to"] : [])], pool }];
}

/** What the rules of a listener or pool name. */
function handedOn(path: Path, owner: Section): Named[] {
  return [...allRules(rulesOf(owner, path, "request"))].flatMap(({ rule, path: at }) =>
    typeof rule["use"] === "string" ? [{ path: [...at, "use"], pool: rule["use"] }] : [],
  );
}

/** The modes of the listeners that use a pool; empty when none does. */
export function modesOf(pool: string, uses: readonly Use[]): Set<string> {
  return new Set(uses.filter((use) => use.pool === pool).map((use) => use.mode));
}

export function reviewUse(listeners: Section, pools: Section, report: Report): void {
  const names = Object.keys(pools).filter((name) => name !== "__proto__");
  const uses = usesOf(listeners, pools);
  const known = new Set(names);
  const told = new Set<string>();
  // Pools that no listener leads to name pools too.
  const others = Object.entries(pools).flatMap(([name, pool]) => reachedFrom(["pools", name], sectionOf(pool)));
  for (const { path, pool } of [...uses, ...others]) {
    if (known.has(pool) || told.has(JSON.stringify(path))) continue;
    told.add(JSON.stringify(path));
    report("error", path, "value", absence("pool", pool, names));
  }
  const isWhole = Object.entries(listeners)
    .map(([name, listener]) => isSection(listener) && reviewOwn(name, sectionOf(listener), report))
    .every((has) => has);
  for (const name of names) reviewMixture(name, uses, report);
  reviewCircles(pools, report);
  // Where a name is wrong, the pool that was meant would only be a second complaint about one mistake.
  if (!isWhole || Object.keys(listeners).length === 0 || uses.some(({ pool }) => !known.has(pool))) return;
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
  if (handedOn(["listeners", name], listener).length > 0) return true;
  if (isRedirect || isProxy(listener) || (isTcp && listOf(listener["sni"]).length > 0)) return true;
  const other = isTcp ? ", or sni must name pools by the names that clients ask for" : "";
  report("error", path, "value", `is missing; it must be the name of a pool${other}`);
  return false;
}

/** Its clients name the targets themselves. */
function isProxy({ proxy }: Section): boolean {
  return proxy === true || isSection(proxy);
}

/** Each `use` that closes a circle is told once, with the pools that lie on it. */
function reviewCircles(pools: Section, report: Report): void {
  const handed = new Map(
    Object.entries(pools).map(([name, pool]) => [name, handedOn(["pools", name], sectionOf(pool))]),
  );
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): void => {
    if (done.has(name)) return;
    for (const { path, pool } of handed.get(name) ?? []) {
      const start = [...way, name].indexOf(pool);
      if (start === -1) visit(pool, [...way, name]);
      else {
        const circle = [...way, name].slice(start);
        const told = [...circle, pool].join(" uses ");
        report("error", path, "value", `makes pools hand requests round in a circle: ${told}`);
      }
    }
    done.add(name);
  };
  for (const name of handed.keys()) visit(name, []);
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
