// What the admin interface answers beside its own pages, put together of the parts of control that know it. Wiring only: which part
// answers which subject; paths and JSON stand in api/.

import type { Plan } from "../config/plan.ts";
import type { Totals } from "../memory/tally.ts";
import type { Acme } from "./acme/acme.ts";
import type { Routes } from "./api/answer.ts";
import { banOperations } from "./api/bans.ts";
import { cacheOperations } from "./api/caches.ts";
import { certificateOperations } from "./api/certificates.ts";
import { configOperations } from "./api/config.ts";
import { debugOperations } from "./api/debug.ts";
import { discoveryOperations } from "./api/discovery.ts";
import { egressOperations } from "./api/egress.ts";
import { explainOperations } from "./api/explain.ts";
import { fleetOperations } from "./api/fleet.ts";
import { listOperations } from "./api/lists.ts";
import type { Operation } from "./api/operation.ts";
import { registryOperations } from "./api/registry.ts";
import { ruleOperations } from "./api/rules.ts";
import { tableOperations } from "./api/tables.ts";
import type { Bans } from "./bans.ts";
import type { ConfigService } from "./configuring/service.ts";
import type { Discovery } from "./discovery.ts";
import { Explaining, type ExplainingOptions } from "./explaining.ts";
import type { Fleet } from "./fleet.ts";
import type { Holdings } from "./holdings.ts";
import type { Live } from "./live.ts";
import type { Registering } from "./registering.ts";
import type { Roster } from "./roster.ts";
import type { Supervisor } from "./supervisor.ts";

export interface RoutesParts extends Pick<ExplainingOptions, "arena" | "workers" | "sharedMs"> {
  readonly acme: Pick<Acme, "renew">;
  readonly bans: Bans;
  readonly configuring: ConfigService;
  readonly discovery: Discovery;
  readonly fleet: Fleet;
  readonly holdings: Holdings;
  readonly live: Live;
  readonly registering: Registering;
  readonly roster: Pick<Roster, "conditionOf" | "countsOf">;
  readonly supervisor: Supervisor;
  readonly totals: Totals;
  /** Says in the log what was done. */
  readonly note: (text: string) => void;
  readonly debug: Routes;
  /** The one in force, null before there is one. */
  readonly plan: () => Plan | null;
}

/** Each subject's operations, in the order in which documents list them. */
export function operationsOf(parts: RoutesParts): readonly Operation[] {
  const { bans, discovery, fleet, holdings, registering, supervisor, totals, debug, plan, sharedMs } = parts;
  const { tables, caches, lists, egresses, remotes } = holdings;
  const explaining = new Explaining({
    ...{ arena: parts.arena, workers: parts.workers, sharedMs },
    tableOf: (name) => tables.find(name)?.shared ?? tables.find(name)?.table ?? null,
    cacheOf: (name) => caches.find(name)?.store ?? null,
    lists: () => lists.files,
    boardOf: (name) => egresses.find(name)?.board ?? null,
    bans: () => bans.path,
  });
  return [
    ...configOperations(parts.configuring),
    ...ruleOperations(parts),
    ...parts.live.operations(),
    ...certificateOperations(parts.acme),
    ...tableOperations(tables, sharedMs, fleet),
    ...listOperations(() => lists.status()),
    ...cacheOperations({
      plan,
      storeOf: (name) => caches.find(name)?.store ?? null,
      tell: (cache, purge) => supervisor.purge(cache, purge),
      remoteOf: (name) => remotes.named(name),
      wayOf: (asked, of) => explaining.wayOf(asked, of),
      nowMs: Date.now,
    }),
    ...egressOperations({ egresses, totals, nowMs: Date.now }),
    ...banOperations(bans, Date.now),
    ...fleetOperations(fleet),
    ...registryOperations(registering.registry, () => registering.sentinel.status()),
    ...discoveryOperations(() => discovery.status(), Date.now),
    ...explainOperations(plan, (of) => explaining.circumstances(of)),
    ...debugOperations(debug),
  ];
}
