// A pool's part of the plan: its servers with their rows and addresses, its balancing, its health checks. As compile.ts, it
// resolves nothing itself. The sticky cookie's value is what the operator gave the server, or else a hash of its address and of its
// pool, or of the cookie's name where several pools have it: stable over reloads and restarts, equal on every machine with the same
// config and in every pool with that cookie, and it does not tell a client what our servers are called.

import { isIp, readServerAddress, type ServerAddress } from "../base/address.ts";
import type { Resolve } from "./compile.ts";
import { compileTargets, proxyOfPool, targetsServer } from "./compileaccess.ts";
import { compileCheck } from "./compilecheck.ts";
import { compileBody, compileMirror, compilePoolCache } from "./compilecontent.ts";
import { compileHooks } from "./compilehooks.ts";
import { compileErrors, compileReply } from "./compilereply.ts";
import type { RuleCompiler } from "./compilerules.ts";
import { compileServerTls, type Keys, serverTls } from "./compiletls.ts";
import type { Kin } from "./kin.ts";
import type { Materials } from "./materials.ts";
import { defined, ms, seconds, value } from "./measure.ts";
import { nameKey } from "./namekey.ts";
import type {
  Address,
  BalanceKey,
  BalancePlan,
  EjectionPlan,
  PoolPlan,
  ServerPlan,
  StickPlan,
  StickyPlan,
} from "./plan.ts";
import type { Slots } from "./slots.ts";
import type { Config, Ejection, Pool, Server } from "./types.ts";

const noOptions = {
  weight: undefined,
  backup: false,
  drain: false,
  maxConnections: 0,
  proxyProtocol: undefined,
  source: undefined,
  cookie: undefined,
  id: undefined,
};

/** What a pool is compiled with. */
export interface Surroundings {
  readonly slots: Slots;
  readonly resolve: Resolve;
  readonly keys: Keys;
  readonly rules: RuleCompiler;
  readonly materials: Materials;
  readonly kin: Kin;
}

export function serverAddress(server: string | Server): ServerAddress {
  return value(readServerAddress(typeof server === "string" ? server : server.address));
}

export function serverId(pool: string, name: string): string {
  return `${pool}/${name}`;
}

export function compilePool(name: string, pool: Pool, config: Config, around: Surroundings): PoolPlan {
  const timeouts = { ...config.timeouts, ...defined(pool.timeouts) };
  const targets = compileTargets(proxyOfPool(name, config), config);
  return {
    name,
    slot: around.slots.slotOf("pools", name),
    balance: compileBalance(pool),
    servers: pool.servers
      .map((server) => compileServer(name, pool, server, around))
      .map((server) => (targets === null ? server : { ...server, name: targetsServer })),
    timeouts: {
      connectMs: ms(timeouts.connect),
      responseMs: ms(timeouts.response),
      readMs: ms(timeouts.read),
      serverIdleMs: ms(timeouts.serverIdle),
    },
    retries: pool.retries,
    redispatch: pool.redispatch,
    isOneBackup: pool.backups === "first",
    retryBudget: { ratio: pool.retryBudget.ratio, minimumPerSecond: pool.retryBudget.minimumPerSecond },
    queue: { lengthMax: pool.queue.length, timeoutMs: ms(pool.queue.timeout) },
    idle: { connectionsMax: pool.idle.connections, timeoutMs: ms(pool.idle.timeout) },
    slowStartMs: ms(pool.slowStart),
    panicThreshold: pool.panicThreshold,
    check: pool.check === undefined ? null : compileCheck(pool.check),
    ejection: pool.ejection === undefined ? null : compileEjection(pool.ejection),
    reply: pool.reply === undefined ? null : compileReply(pool.reply, 503, around.materials, 0),
    rules: around.rules.of("pools", name),
    errors: compileErrors(pool.errors, around.materials),
    stick: compileStick(pool, around.rules),
    cache: compilePoolCache(name, pool.cache, config),
    targets,
    body: compileBody(pool),
    mirror: compileMirror(pool.mirror, (to) => Object.keys(config.pools).indexOf(to)),
    hooks: compileHooks("pools", name, pool.hooks, config, around.materials),
  };
}

function compileServer(poolName: string, pool: Pool, server: string | Server, around: Surroundings): ServerPlan {
  const { slots, resolve, keys, kin } = around;
  const { name, address, weight } = serverAddress(server);
  const options = typeof server === "string" ? noOptions : server;
  const id = serverId(poolName, name);
  const [byCookie, byTable] = [kin.byCookie(poolName), kin.byTable(poolName)];
  const cookie = options.cookie ?? cookieOf(serverId(byCookie.name, name));
  const formerCookie = cookieOf(options.cookie === undefined ? serverId(byCookie.other, name) : id);
  const stickId = options.id ?? serverId(byTable.name, name);
  const formerStickId = serverId(byTable.other, name);
  const asked = isHttp2(pool, server);
  const proxyProtocol = options.proxyProtocol ?? pool.proxyProtocol ?? false;
  return {
    id,
    name,
    slot: slots.slotOf("servers", id),
    address: resolved(address, pool, resolve),
    weight: options.weight ?? weight ?? 1,
    backup: options.backup,
    isDrained: options.drain,
    connectionsMax: options.maxConnections,
    cookie,
    ...(formerCookie === cookie ? {} : { formerCookie }),
    ...(stickId === id ? {} : { stickId }),
    ...(options.id === undefined ? {} : { calledId: options.id }),
    ...(formerStickId === stickId || formerStickId === id ? {} : { formerStickId }),
    tls: compileServerTls(serverTls(pool, server), address.kind === "tcp" ? address.host : "", asked, keys),
    isHttp2: asked,
    proxyProtocol: proxyProtocol === false ? 0 : proxyProtocol === "v1" ? 1 : 2,
    source: options.source ?? pool.source ?? "",
  };
}

/** Whether a server is asked by HTTP/2: what it says itself comes before its pool. */
export function isHttp2(pool: Pool, server: string | Server): boolean {
  return (typeof server === "string" ? undefined : server.http2) ?? pool.http2;
}

function resolved(address: Address, pool: Pool, resolve: Resolve): Address {
  if (address.kind === "unix" || isIp(address.host)) return address;
  const host = resolve(nameKey(address.host, pool));
  return host === undefined ? { kind: "tcp", host: "", port: 0 } : { kind: "tcp", host, port: address.port };
}

/** FNV-1a in 64 bits, 11 characters. Not secret: whoever can name a server can send its cookie, and may. */
export function cookieOf(id: string): string {
  // In halves of 32 bits, for a plan may have thousands of servers: times 0x100_0000_01b3 is times 0x1b3, and the low half 8 bits up in the high one.
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of Buffer.from(id)) {
    low = (low ^ byte) >>> 0;
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + (low << 8) + Math.floor(product / 2 ** 32)) >>> 0;
    low = product >>> 0;
  }
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeUInt32BE(high, 0);
  bytes.writeUInt32BE(low, 4);
  return bytes.toString("base64url");
}

function compileBalance(pool: Pool): BalancePlan {
  const { policy, key, loadFactor } =
    typeof pool.balance === "string" ? { policy: pool.balance, key: "ip", loadFactor: 1.25 } : pool.balance;
  return { policy, key: compileKey(key), loadFactor, sticky: compileSticky(pool) };
}

function compileKey(key: string): BalanceKey {
  const [kind, name = ""] = key.split(":");
  if (kind === "header") return { kind, name: name.toLowerCase() };
  if (kind === "cookie") return { kind, name };
  return { kind: kind === "uri" ? "uri" : "ip" };
}

function compileSticky({ sticky }: Pool): StickyPlan | null {
  if (sticky === undefined) return null;
  if (typeof sticky === "string")
    return { cookie: sticky, isPrefix: false, maxAgeS: null, secure: false, httpOnly: true, sameSite: null, path: "/" };
  return {
    cookie: sticky.cookie,
    isPrefix: sticky.prefix,
    maxAgeS: sticky.maxAge === undefined ? null : seconds(sticky.maxAge),
    secure: sticky.secure,
    httpOnly: sticky.httpOnly,
    sameSite: sticky.sameSite ?? null,
    path: sticky.path,
  };
}

function compileStick({ stick }: Pool, rules: RuleCompiler): StickPlan | null {
  if (stick === undefined) return null;
  return { table: rules.tableOf(stick.table), key: stick.by, ...(stick.store ? {} : { isReadOnly: true }) };
}

function compileEjection(ejection: Ejection): EjectionPlan {
  return {
    consecutiveFailures: ejection.consecutiveFailures === false ? null : ejection.consecutiveFailures,
    errorRatio: ejection.errorRatio ?? null,
    latencyMs: ejection.latency === undefined ? null : ms(ejection.latency),
    minimumRequests: ejection.minimumRequests,
    intervalMs: ms(ejection.interval),
    baseMs: ms(ejection.base),
    maximumMs: ms(ejection.maximum),
  };
}
