// goproxy's cfg.toml as a config of ours. It knows goproxy's keywords and what they are documented to do; where its code does
// something else, the documentation counts. Each keyword is kept, approximated or refused, and told so.
//
//   reverse = true   the listener "proxy", whose requests go to the pool "servers" (proxy_pass)
//   reverse = false  the listener "proxy", a forward proxy: clients name the targets

import { readListenAddress } from "../../../base/address.ts";
import type { AdminInput, ConfigInput, ListenerInput } from "../../input.ts";
import type { Environment } from "../../substitute.ts";
import { Ledger } from "../ledger.ts";
import { Origins } from "../origins.ts";
import { isTable, Table } from "../table.ts";
import type { Translation } from "../translation.ts";
import { authOf, forwardOf, tunnelsOf } from "./access.ts";
import { cachingOf } from "./caching.ts";
import { keywords, loosened, refuseUnknown, sectionOf, written } from "./keywords.ts";
import { accessLogOf, logOf } from "./logging.ts";
import { poolOf } from "./pool.ts";
import { listenerTimeouts, timeoutsOf } from "./timeouts.ts";

/**
 * As in goproxy, where servers see no passwords either; and an answer is then everybody's who knows one, and may be kept. Beside
 * Proxy-Authorization, which goes nowhere, it is the server's own.
 */
const passwordsStay = { if: "!has(headers['proxy-authorization'])", removeHeader: "authorization" };
/** What nobody else's [server] has. */
const signs = ["proxy_pass", "inverse_mode", "reverse_mode", "reverse", "cache_timeout", "cache_type"];
const listenerName = "proxy";
const poolName = "servers";

/** By its [server], whatever the file is called. */
export function isGoproxy(tree: unknown): boolean {
  if (!isTable(tree) || ["listeners", "pools", "servers"].some((key) => written(tree, key) !== undefined)) return false;
  const server = written(tree, "server");
  if (!isTable(server)) return false;
  const keys = Object.keys(server).map((key) => key.toLowerCase());
  const isPlain = keys.includes("port") && keys.every((key) => Object.hasOwn(keywords.server, key));
  return isPlain || signs.some((key) => keys.includes(key));
}

/** `tree` is what `isGoproxy` says is one. */
export function translateGoproxy(tree: object, environment: Environment = {}): Translation {
  const ledger = new Ledger();
  const origins = new Origins();
  const read = loosened(tree);
  const root = new Table(read, [], ledger);
  refuseUnknown(root, "root");
  root.inert(["title"]);
  const server = sectionOf(root, "server", ledger);
  const redis = sectionOf(root, "redis", ledger);
  const mem = sectionOf(root, "mem", ledger);
  origins.add(["listeners"], server.path);
  const isReverse = server.flag("reverse") ?? false;
  const caching = cachingOf({ server, redis, mem }, origins);
  const pool = poolOf(server, isReverse, ["pools", poolName], origins);
  const own = ["listeners", listenerName];
  origins.add(own, server.path);
  origins.add([...own, "use"], server.at("reverse"));
  const auth = authOf(server, read, isReverse, [...own, "auth"], origins);
  const forward = isReverse ? null : forwardOf(server, caching.use, environment, auth === undefined);
  const proxy = forward === null ? tunnelsOf(server, pool?.authorities ?? []) : forward.proxy;
  origins.add([...own, "proxy"], server.at("reverse"));
  origins.add(["egress"], server.at("reverse"));
  origins.add([...own, "proxy", "cache"], server.at("cache"));
  if (isReverse) origins.add(["pools", poolName, "cache"], server.at("cache"));
  ignoreAdmin(server);
  const listener: ListenerInput = {
    listen: listenOf(server, [...own, "listen"], origins),
    ...(isReverse ? { use: poolName } : {}),
    // As Go's server does.
    abortOnClose: true,
    ...(auth === undefined ? {} : { auth }),
    ...(auth === undefined || !isReverse ? {} : { rules: [passwordsStay] }),
    ...(proxy === undefined ? {} : { proxy }),
    ...listenerTimeouts(server),
  };
  const input: ConfigInput = {
    ...adminOf(server, environment, origins),
    log: logOf(server, origins),
    ...accessLogOf(server, origins),
    ...timeoutsOf(server, own, origins),
    ...(caching.cache === undefined ? {} : { caches: caching.cache }),
    ...(forward?.egress === undefined ? {} : { egress: forward.egress }),
    listeners: { [listenerName]: listener },
    ...(pool === undefined
      ? {}
      : { pools: { [poolName]: { ...pool.input, ...(caching.use === undefined ? {} : { cache: caching.use }) } } }),
  };
  return { program: "goproxy", input, ledger, origins };
}

/** Without one goproxy listens on 80. */
function listenOf(server: Table, ours: readonly string[], origins: Origins): string {
  origins.add([...ours], server.at("port"));
  const port = server.text("port");
  if (port === undefined) return ":80";
  if (!/^\d+$/.test(port)) return port;
  server.ledger.approximate(server.at("port"), `":${port}" is meant; with ${port} alone goproxy does not start`);
  return `:${port}`;
}

/** There is no key for it, and two of them on one machine need two: the variable by which `sluice status` finds it says where it is. */
function adminOf(server: Table, environment: Environment, origins: Origins): { admin?: AdminInput } {
  const listen = environment["SLUICE_ADMIN"]?.trim() ?? "";
  if (listen === "") return {};
  origins.add(["admin"], server.path);
  const reading = readListenAddress(listen);
  if (reading.ok) return { admin: { listen } };
  server.ledger.fault(server.path, `cannot have its admin interface where SLUICE_ADMIN says: it ${reading.message}`);
  return {};
}

function ignoreAdmin(server: Table): void {
  if (server.section("admin") === undefined) return;
  server.ledger.note(
    server.at("admin"),
    "does nothing, as in goproxy; Sluice's admin interface asks nobody on this machine",
  );
}
