// [servers.NAME.discovery]: where the backends are from. A static list is a pool's servers; kinds that ask somebody become its source
// (sources.ts). lxd is refused by name; its keys go down with it.

import type { Table } from "../table.ts";
import { type Backend, readBackends } from "./backends.ts";
import { type Asked, type AskedKind, askedOf } from "./sources.ts";

const prefixes = {
  srv: "srv_",
  docker: "docker_",
  json: "json_",
  exec: "exec_",
  plaintext: "plaintext_",
  consul: "consul_",
  lxd: "lxd_",
} as const;
type Kind = keyof typeof prefixes | "static";
const kinds: Record<string, Kind> = { static: "static" };
for (const kind of Object.keys(prefixes)) kinds[kind] = kind as keyof typeof prefixes; // Its own keys.

export interface Discovery {
  readonly backends: readonly Backend[];
  /** Null for a static list. */
  readonly asked: Asked | null;
}

export function readDiscovery(server: Table): Discovery {
  const discovery = server.section("discovery");
  if (discovery === undefined) {
    if (!server.has("discovery")) server.ledger.fault(server.path, "must have a section discovery");
    return { backends: [], asked: null };
  }
  const kind = discovery.choice("kind", kinds);
  if (!discovery.has("kind")) discovery.ledger.fault(discovery.path, 'must have a kind, such as kind = "static"');
  const found = kind === undefined ? { backends: [], asked: null } : readKind(kind, discovery, server.has("sni"));
  // Keys of other kinds do nothing beside it, in gobetween neither.
  const others = Object.entries(prefixes).flatMap(([other, prefix]) =>
    other === kind ? [] : discovery.keys().filter((key) => key.startsWith(prefix)),
  );
  discovery.inert(others);
  if (kind !== "static") discovery.inert(["static_list"]);
  discovery.finish("gobetween");
  return found;
}

function readKind(kind: Kind, discovery: Table, isNamed: boolean): Discovery {
  if (kind === "lxd") {
    discovery.ledger.refuse(
      discovery.at("kind"),
      'containers of LXD are not found here; a program that lists them can be asked with kind = "exec"',
    );
    const own = discovery.keys().filter((key) => key.startsWith(prefixes.lxd));
    discovery.lost([...own, "failpolicy", "interval", "timeout"]);
    return { backends: [], asked: null };
  }
  if (kind !== "static") return { backends: [], asked: askedOf(kind satisfies AskedKind, discovery, isNamed) };
  // A list is never read twice, so these do nothing beside it.
  discovery.choice("failpolicy", { keeplast: true, setempty: true });
  discovery.inert(["interval", "timeout"]);
  const backends = readBackends(discovery);
  if (discovery.list("static_list").length === 0)
    discovery.ledger.fault(discovery.at("static_list"), "must list at least one backend");
  return { backends, asked: null };
}
