// From a checked config to a plan: texts become numbers, names become indices and rows, what was left out becomes what it
// means. It resolves nothing and looks at no clock; whoever calls it knows the addresses of names and the generation. A config
// that review.ts has passed always compiles: what still goes wrong here is our own mistake, and asserted.

import { isIp } from "../base/address.ts";
import { withTargets } from "./compileaccess.ts";
import { cachesOf, compileCache } from "./compilecontent.ts";
import { compileEgresses } from "./compileegress.ts";
import { compileProgram } from "./compilehooks.ts";
import { compileListener, Routes } from "./compilelistener.ts";
import { compileAccessLog } from "./compilelog.ts";
import { compilePool, serverAddress, serverId } from "./compilepool.ts";
import { compileReply } from "./compilereply.ts";
import { ownersOf, RuleCompiler, ruleSlotNames } from "./compilerules.ts";
import { compileList } from "./compiletable.ts";
import { Keys } from "./compiletls.ts";
import { Kin } from "./kin.ts";
import { type Materials, noMaterials } from "./materials.ts";
import { bytes, freeze, ms } from "./measure.ts";
import { nameKey } from "./namekey.ts";
import type { LimitsPlan, Plan, RecorderPlan } from "./plan.ts";
import type { Slots } from "./slots.ts";
import type { Config } from "./types.ts";

/** The IP address of a host name, by its key (namekey.ts), or undefined while it is not known. Never asked about IP addresses. */
export type Resolve = (key: string) => string | undefined;

/** Assigns the rows in `slots` and makes the plan, frozen to its leaves. */
export function compile(
  given: Config,
  slots: Slots,
  resolve: Resolve,
  generation = 1,
  materials: Materials = noMaterials,
): Plan {
  const config = withTargets(given);
  const listeners = Object.entries(config.listeners);
  const pools = Object.entries(config.pools);
  const routes = new Routes(config);
  const keys = new Keys(materials);
  const owners = ownersOf(config);
  const kin = new Kin(config);
  slots.assign({
    listeners: listeners.map(([name]) => name),
    routes: routes.names,
    pools: pools.map(([name]) => name),
    servers: pools.flatMap(([name, pool]) => pool.servers.map((server) => serverId(name, serverAddress(server).name))),
    rules: owners.flatMap(ruleSlotNames),
    egresses: Object.keys(config.egress),
  });
  const rules = new RuleCompiler({ config, slots, materials }, owners);
  return freeze<Plan>({
    generation,
    listeners: listeners.map(([name, listener]) =>
      compileListener(name, listener, config, { slots, routes, keys, rules, materials }),
    ),
    pools: pools.map(([name, pool]) =>
      compilePool(name, pool, config, { slots, resolve, keys, rules, materials, kin }),
    ),
    routes: routes.plans(config, slots),
    tables: rules.tables,
    lists: Object.entries(config.lists).map(([name, list]) => compileList(name, list)),
    caches: cachesOf(config).map(([name, cache]) => compileCache(name, cache)),
    egresses: compileEgresses(config, { slots, keys, materials }),
    program: compileProgram(materials.program),
    banned: config.bans.answer === "close" ? null : compileReply(config.bans.answer, 403, materials),
    debugToken: config.debug.token ?? null,
    certificates: keys.certificates,
    pems: keys.pems,
    challenges: [...materials.challenges],
    accessLog: compileAccessLog(config),
    recorder: compileRecorder(config),
    limits: compileLimits(config),
    drainMs: ms(config.drainTimeout),
  });
}

/** How many workers a config asks for on a machine of so many cores. */
export function workersOf(config: Config, cores: number): number {
  return config.workers === "auto" ? Math.min(64, Math.max(1, cores)) : config.workers;
}

/** Every host name that a plan of this config needs the address of. */
export function hostNames(config: Config): string[] {
  const hosts = Object.values(config.pools).flatMap((pool) =>
    pool.servers.map((server) => {
      const { address } = serverAddress(server);
      return address.kind === "tcp" && !isIp(address.host) ? [nameKey(address.host, pool)] : [];
    }),
  );
  return [...new Set(hosts.flat())];
}

function compileRecorder({ recorder }: Config): RecorderPlan | null {
  return recorder.entries === 0 ? null : { entriesMax: recorder.entries, hasQuery: recorder.query };
}

function compileLimits({ limits }: Config): LimitsPlan {
  return {
    headBytesMax: bytes(limits.head),
    fieldsMax: limits.fields,
    bodyBytesMax: bytes(limits.body),
    requestsPerConnectionMax: limits.requestsPerConnection,
    streamsPerConnectionMax: limits.streamsPerConnection,
  };
}
