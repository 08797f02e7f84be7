// Routing by the name that a client asks for (SNI): gobetween filters the backends for each connection by their sni=, we have a
// pool for each name. What its three strategies for unexpected names mean becomes the listener's `use`, or its absence.

import type { NameRouteInput } from "../../input.ts";
import type { Table } from "../table.ts";
import type { Backend } from "./backends.ts";
import { readGoDuration, written } from "./duration.ts";
import { readGoExpression } from "./expression.ts";

type Strategy = "default" | "reject" | "any";

export interface Naming {
  /** Pools by what is added to the server's name; "" is the one for names that nothing else is for. */
  readonly pools: ReadonlyMap<string, readonly Backend[]>;
  /** `use` is what is added to the server's name. */
  readonly routes: readonly NameRouteInput[];
  readonly hasDefault: boolean;
  /** How long a client may take to say its name. */
  readonly handshake: string;
}

/** `hasTls`: TLS ends at the listener, so that the whole handshake has one limit. */
export function readNaming(sni: Table, backends: readonly Backend[], hasTls: boolean): Naming {
  const { isExpression, strategy, handshake } = settingsOf(sni, hasTls);
  sni.finish("gobetween");
  const named = new Map<string, Backend[]>();
  for (const backend of backends) {
    if (backend.name === "") continue;
    const name = isExpression ? backend.name : backend.name.toLowerCase();
    named.set(name, [...(named.get(name) ?? []), backend]);
  }
  const routes = [...named].flatMap(([name, group], index) => routeOf(name, group, isExpression, index + 1, sni));
  const unnamed = backends.filter((backend) => backend.name === "");
  const fallback = strategy === "any" ? backends : strategy === "default" ? unnamed : [];
  tellDifferences(sni, {
    strategy,
    isExpression,
    names: routes.length,
    unnamed: unnamed.length,
    fallback: fallback.length,
  });
  if (routes.length === 0 && fallback.length === 0)
    sni.ledger.fault(
      sni.path,
      "leaves no backend that a client could reach: none has a sni=, and other names are refused",
    );
  const pools = new Map<string, readonly Backend[]>(fallback.length > 0 ? [["", fallback]] : []);
  for (const { route, group } of routes) pools.set(route.use, group);
  return { pools, routes: routes.map(({ route }) => route), hasDefault: fallback.length > 0, handshake };
}

/** What the section says whatever the backends are. */
function settingsOf(sni: Table, hasTls: boolean): { isExpression: boolean; strategy: Strategy; handshake: string } {
  const isExpression = sni.choice("hostname_matching_strategy", { exact: false, regexp: true }) ?? false;
  const strategy =
    sni.choice<Strategy>("unexpected_hostname_strategy", { default: "default", reject: "reject", any: "any" }) ??
    "default";
  const handshake = handshakeOf(sni);
  if (hasTls && sni.has("read_timeout"))
    sni.ledger.approximate(sni.at("read_timeout"), "the whole TLS handshake may take 10s");
  return { isExpression, strategy, handshake };
}

/** The same for backends that are found later, with the names that they are found with. */
export function foundNaming(sni: Table, hasTls: boolean): Pick<Naming, "routes" | "hasDefault" | "handshake"> {
  const { isExpression, strategy, handshake } = settingsOf(sni, hasTls);
  if (isExpression)
    sni.ledger.refuse(
      sni.at("hostname_matching_strategy"),
      "the names of backends that are found are names here, and no expressions",
    );
  sni.finish("gobetween");
  tellDifferences(sni, {
    strategy,
    isExpression: false,
    names: 1,
    unnamed: 1,
    fallback: strategy === "reject" ? 0 : 1,
  });
  return {
    routes: [{ found: strategy === "any" ? "also" : "apart", use: "" }],
    hasDefault: strategy !== "reject",
    handshake,
  };
}

function handshakeOf(sni: Table): string {
  const reading = readGoDuration(sni.text("read_timeout") ?? "2s");
  if (!reading.ok) sni.ledger.fault(sni.at("read_timeout"), reading.message);
  return reading.ok && reading.value > 0 ? written(reading.value) : "2s";
}

function routeOf(
  name: string,
  group: readonly Backend[],
  isExpression: boolean,
  number: number,
  sni: Table,
): { readonly route: NameRouteInput; readonly group: readonly Backend[] }[] {
  const path = group[0]!.path;
  if (!isExpression) {
    if (!name.includes("*")) return [{ route: { name, use: `.${name}` }, group }];
    sni.ledger.approximate(
      path,
      "no client asks for a name with a star, so this backend is never chosen by its name, as in gobetween, which takes it letter by letter",
    );
    return [];
  }
  const expression = readGoExpression(name);
  if (expression.ok) return [{ route: { pattern: expression.value, use: `.pattern${number}` }, group }];
  sni.ledger.fault(path, expression.message);
  return [];
}

interface Situation {
  readonly strategy: Strategy;
  readonly isExpression: boolean;
  readonly names: number;
  readonly unnamed: number;
  readonly fallback: number;
}

function tellDifferences(sni: Table, { strategy, isExpression, names, unnamed, fallback }: Situation): void {
  const at = sni.at("unexpected_hostname_strategy");
  if (strategy !== "default" && unnamed > 0)
    sni.ledger.approximate(
      at,
      strategy === "reject"
        ? "clients that ask for no name are refused too; gobetween gives them the backends without sni="
        : "clients that ask for no name go to any backend; gobetween gives them those without sni=",
    );
  if (names > 0 && fallback > 0)
    sni.ledger.approximate(
      at,
      "while all backends of a name are down its clients are refused; gobetween treats their name as unexpected",
    );
  if (isExpression && names > 1)
    sni.ledger.approximate(
      sni.at("hostname_matching_strategy"),
      "of several expressions that match, the first one's backends are taken; gobetween takes those of all",
    );
}
