// [servers.NAME.discovery]: where the backends are from. A static list is a pool's servers. Kinds that ask somebody else are
// refused by name; their keys go down with them.

import type { Table } from "../table.ts";
import { type Backend, readBackends } from "./backends.ts";

const prefixes: Record<string, string> = {
  srv: "srv_",
  docker: "docker_",
  json: "json_",
  exec: "exec_",
  plaintext: "plaintext_",
  consul: "consul_",
  lxd: "lxd_",
};
const kinds: Record<string, string> = { static: "static" };
for (const kind of Object.keys(prefixes)) kinds[kind] = kind;

export function readDiscovery(server: Table): Backend[] {
  const discovery = server.section("discovery");
  if (discovery === undefined) {
    if (!server.has("discovery")) server.ledger.fault(server.path, "must have a section discovery");
    return [];
  }
  const kind = discovery.choice("kind", kinds);
  if (!discovery.has("kind")) discovery.ledger.fault(discovery.path, 'must have a kind, such as kind = "static"');
  // A list is never read twice, so these do nothing beside it.
  discovery.choice("failpolicy", { keeplast: true, setempty: true });
  discovery.inert(["interval", "timeout"]);
  const others = discovery.keys().filter((key) => Object.values(prefixes).some((prefix) => key.startsWith(prefix)));
  if (kind !== undefined && kind !== "static") {
    discovery.ledger.refuse(
      discovery.at("kind"),
      `discovery of kind ${kind} is not built yet; list the backends in static_list with kind = "static"`,
    );
    discovery.lost([...others, "failpolicy", "interval", "timeout"]);
    discovery.inert(["static_list"]);
    discovery.finish("gobetween");
    return [];
  }
  discovery.inert(others);
  const backends = kind === "static" ? readBackends(discovery) : [];
  if (kind === "static" && discovery.list("static_list").length === 0)
    discovery.ledger.fault(discovery.at("static_list"), "must list at least one backend");
  discovery.finish("gobetween");
  return backends;
}
