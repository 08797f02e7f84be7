// Who may ask, and for what: server.auth with server.user as Basic authentication, and what CONNECT may be used for. In goproxy
// whoever reaches it may have connections to anything made, its own machine and network included; here that has bounds, which are told.

import { isIp } from "../../../base/address.ts";
import type { AuthInput, EgressInput, ForwardProxyInput, PoolCacheInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Environment } from "../../substitute.ts";
import { show } from "../../term.ts";
import type { Origins } from "../origins.ts";
import { isTable, type Table } from "../table.ts";
import { environmentProxies } from "./environment.ts";
import { written } from "./keywords.ts";
import type { Authority } from "./pool.ts";

/** As our config knows hashes from passwords. */
const hash = /^(\$2[abxy]\$\d\d\$|\$apr1\$|\{SHA\})/;
const nameFault = /[\0-\x1f\x7f:]/;

/** `tree`: the file, for names of users keep their case. Clients of goproxy show passwords to a reverse proxy as to a forward one. */
export function authOf(
  server: Table,
  tree: object,
  isReverse: boolean,
  ours: Path,
  origins: Origins,
): AuthInput | undefined {
  const users = usersIn(server, tree, ours, origins);
  return users === undefined ? undefined : { users, ...(isReverse ? { proxyAuthorization: true } : {}) };
}

/** Undefined where nobody has to say who he is. */
function usersIn(server: Table, tree: object, ours: Path, origins: Origins): Record<string, string> | undefined {
  const isDemanded = server.flag("auth") ?? false;
  origins.add(ours, server.at(server.has("user") ? "user" : "auth"));
  if (server.section("user") === undefined && !server.has("user")) return isDemanded ? {} : undefined;
  server.ledger.keep(server.at("user"));
  const users = written(written(tree, "server") as object, "user"); // There is such a section: `server` is it.
  if (!isTable(users)) return isDemanded ? {} : undefined;
  if (!isDemanded) {
    server.ledger.note(server.at("user"), "does nothing while auth is false, as in goproxy");
    return undefined;
  }
  return usersOf(server, users);
}

function usersOf(server: Table, listed: object): Record<string, string> {
  const users: [string, string][] = [];
  const at = server.at("user");
  for (const [name, value] of Object.entries(listed)) {
    const password = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    if (nameFault.test(name) || name === "")
      server.ledger.fault(at, `has a user ${show(name)}: a name must not be empty, nor hold colons or controls`);
    else if (typeof password !== "string")
      server.ledger.fault(at, `has a user ${show(name)} whose password is no text`);
    else if (password === "")
      server.ledger.approximate(
        at,
        `user ${show(name)} has no password and is left out: nobody gets in by it in goproxy either`,
      );
    else {
      users.push([name, password]);
      if (hash.test(password)) server.ledger.approximate(at, `the password of user ${show(name)} is taken for a hash`);
      else if (/^\{PLAIN\}/.test(password)) users.splice(-1, 1, [name, `{PLAIN}${password}`]);
      if (name !== name.toLowerCase())
        server.ledger.approximate(
          at,
          `user ${show(name)} is known by this name, in this case; goproxy knows it as ${show(name.toLowerCase())} only`,
        );
    }
  }
  return Object.fromEntries(users);
}

export interface Forward {
  readonly proxy: boolean | ForwardProxyInput;
  readonly egress?: Record<string, EgressInput>;
}

/** reverse = false. `isOpen`: nobody has to say who he is. */
export function forwardOf(
  server: Table,
  cache: PoolCacheInput | undefined,
  environment: Environment,
  isOpen: boolean,
): Forward {
  const from = server.has("reverse") ? server.at("reverse") : server.path;
  server.ledger.approximate(
    from,
    "clients may ask for public addresses only, not for this machine and private networks; for ports 80, 443 and from 1024 on, and by CONNECT for 443. proxy.private, proxy.ports and proxy.tunnels.ports of a config of Sluice's own (sluice convert) say otherwise",
  );
  const kept = cache === undefined ? {} : { cache };
  const proxies = environmentProxies(environment, from, server.ledger);
  if (proxies === null) return { proxy: cache === undefined ? true : kept };
  return { proxy: { ...proxies.proxy, ...(isOpen ? { open: true } : {}), ...kept }, egress: proxies.egress };
}

/**
 * reverse = true: CONNECT is answered too. goproxy makes the tunnel to a server of proxy_pass, whatever the client named; here it goes
 * where the client says, as long as that is one of them. A reverse proxy that tunnels to anything would be everybody's proxy.
 */
export function tunnelsOf(server: Table, authorities: readonly Authority[]): ForwardProxyInput | undefined {
  const allow = [...new Set(authorities.map(({ host }) => host.replace(/\.$/, "")))];
  const ports = [...new Set(authorities.map(({ port }) => port))];
  const first = authorities[0];
  if (first === undefined) return undefined;
  const example =
    isIp(first.host) && first.host.includes(":") ? `[${first.host}]:${first.port}` : `${first.host}:${first.port}`;
  server.ledger.approximate(
    server.at("reverse"),
    `CONNECT makes tunnels to servers of proxy_pass that the client names itself, such as ${example}, and is refused for all others; goproxy connects to any of them, whatever was named`,
  );
  return { http: false, connect: true, allow, private: true, tunnels: { ports } };
}
