// A plan made ready to serve in this worker: for each listener what it writes into heads, for each pool its balancer, idle
// connections, waiting room and retry budget, for both their rules. A site never changes; a reload makes another, which takes
// over the idle connections of the servers that stay.

import { Backends } from "../balance/backends.ts";
import { assert } from "../base/assert.ts";
import type {
  CachePlan,
  EgressPlan,
  HooksPlan,
  LimitsPlan,
  ListenerPlan,
  ListenerTlsPlan,
  ListPlan,
  Plan,
  PoolPlan,
  RoutePlan,
  ServerPlan,
  TablePlan,
  TargetsEgressPlan,
} from "../config/plan.ts";
import type { Arena } from "../memory/arena.ts";
import type { BanHolder } from "../memory/bans.ts";
import type { Cache } from "../memory/cache.ts";
import type { EgressBoard } from "../memory/egress.ts";
import type { ListHolder } from "../memory/list.ts";
import { noSlot } from "../memory/recorderlayout.ts";
import type { RemoteCache } from "../memory/remotecache.ts";
import type { Table } from "../memory/table.ts";
import { type Tally, Totals } from "../memory/tally.ts";
import { Cors } from "../rewrite/cors.ts";
import type { KeptRules } from "../rules/keptrules.ts";
import type { ReplyMaker } from "../rules/reply.ts";
import type { Rule } from "../rules/ruleset.ts";
import type { World } from "../rules/scene.ts";
import type { Trace } from "../rules/trace.ts";
import { type BodyPolicy, bodyPolicy } from "./bodies/policy.ts";
import { RetryBudget } from "./budget.ts";
import { PoolCaching } from "./caching/poolcaching.ts";
import { Challenges } from "./challenge.ts";
import { type CookiePrefix, prefixOf } from "./cookieprefix.ts";
import { EgressSite } from "./egress/site.ts";
import { Forwarding } from "./forwarding.ts";
import { type HookSet, Hooks } from "./hooks.ts";
import { Sessions } from "./http2/toserver/sessions.ts";
import { IdleConnections, IdleHouse, keptOf } from "./idle.ts";
import { Mirroring } from "./mirroring.ts";
import { NameRoutes } from "./names.ts";
import { Places } from "./places.ts";
import { Queue } from "./queue.ts";
import { type Errors, RuleSets, type Rules } from "./rulesets.ts";
import { type SharedCookie, sharedCookies } from "./sharedcookie.ts";
import type { StepDown, StepUp } from "./stair.ts";
import { Sticking } from "./sticking.ts";
import { type EgressUse, Targets } from "./targets.ts";
import { SiteWorld } from "./world.ts";

export interface SiteParts {
  readonly arena: Arena;
  readonly tally: Tally;
  /** Blocks of the arena to sum over. */
  readonly workers: number;
  readonly random: () => number;
  /** What the plan's tables, lists and caches are held in; the same for the same plan, so that a reload loses nothing. */
  readonly tables: (plan: TablePlan) => Table;
  readonly lists: (plan: ListPlan) => ListHolder;
  readonly caches: (plan: CachePlan) => Cache;
  /** The second level of a cache; absent or null without. */
  readonly remotes?: (plan: CachePlan) => RemoteCache | null;
  /** What the plan's egress pools know of their members; absent where there are none. */
  readonly egresses?: (plan: EgressPlan) => EgressBoard;
  /** Idle connections that may stand for all targets together, and for all members of an egress pool; absent: as many as are of use (idle.ts). */
  readonly targetsIdleMax?: number;
  readonly bans: BanHolder;
  /** Null where none are to be called, whatever the plan says: nothing has any, or it is all for an explanation. */
  readonly hooks?: HookSet | null;
  /** What tells this instance, all its workers together, from others: requests that it forwards bear it. "" tells nothing. */
  readonly instance: string;
  /** Filled in whenever a rule is played; absent: rules are as fast as they can be. */
  readonly trace?: Trace;
}

/** What the parts of a site look up while it is made. */
interface Making {
  readonly parts: SiteParts;
  readonly plan: Plan;
  readonly ruleSets: RuleSets;
  readonly tables: readonly Table[];
  readonly caches: readonly Cache[];
  readonly egresses: readonly EgressSite[];
  readonly sharedCookies: ReadonlyMap<PoolPlan, SharedCookie>;
}

export class ListenerSite {
  readonly plan: ListenerPlan;
  /** Of the whole plan. */
  readonly generation: number;
  readonly route: RouteSite;
  /** Routes by the name that a client asks for; null where its name does not matter. */
  readonly names: NameRoutes<RouteSite> | null;
  readonly forwarding: Forwarding;
  /** First cell of its row in the tally. */
  readonly row: number;
  readonly rules: Rules;
  readonly errors: Errors | null;
  readonly body: BodyPolicy | null;
  /** Null where nothing is said of other origins. */
  readonly cors: Cors | null;
  /** What a client that is banned is answered; null closes its connection. */
  readonly banned: ReplyMaker | null;
  /** What its rules and those of its pools look at. */
  readonly world: World;
  /** An exchange here may be judged by rules, its own or a pool's, or asks a table for its server. */
  readonly isRuled: boolean;
  /** mode tcp: some rule on its ways asks what only a ClientHello tells. */
  readonly needsHello: boolean;
  readonly hooks: Hooks | null;
  /** What an authority may ask for; null while none is to ask. */
  readonly challenges: Challenges | null;
  /** Filled in at first use (stair.ts). */
  stepsUp: readonly StepUp[] | null = null;
  readonly #routes: readonly RouteSite[];

  /** `routes`: those of the plan. */
  constructor(plan: ListenerPlan, routes: readonly RouteSite[], making: Making, site: Pick<Site, "world" | "banned">) {
    const { parts, ruleSets } = making;
    this.plan = plan;
    this.generation = making.plan.generation;
    this.route = routes[plan.route]!;
    this.names = plan.names.length === 0 ? null : new NameRoutes(plan.names, routes, this.route);
    this.forwarding = new Forwarding(
      plan.forwarding,
      plan.requestId,
      plan.hsts,
      plan.proxy === null ? "" : parts.instance,
    );
    this.row = parts.tally.listenerRow(plan.slot);
    this.rules = ruleSets.rules(plan.rules);
    this.errors = ruleSets.errors(plan.errors);
    this.hooks = hooksOf(plan.hooks, "listeners", plan.name, making);
    this.body = bodyPolicy(plan.body);
    this.cors = plan.cors === null ? null : new Cors(plan.cors);
    this.banned = site.banned;
    this.world = site.world;
    const { challenges } = making.plan;
    this.challenges = challenges.length === 0 ? null : new Challenges(challenges);
    const index = making.plan.listeners.indexOf(plan);
    this.#routes = routes.filter((route) => route.plan.listener === index);
    const pool = this.route.pool;
    const { request, response, afterResponse } = this.rules;
    this.isRuled = request !== null || response !== null || afterResponse !== null || pool?.isRuled === true;
    const pools = this.#routes.flatMap((route) => route.pool ?? []);
    this.needsHello =
      [this, ...pools].some(({ rules }) => rules.connection?.needsHello === true) ||
      pools.some(({ sticking }) => sticking?.needsHello === true);
  }

  /** Whether some pool that it may lead to is like that. */
  hasPool(isWanted: (pool: PoolSite) => boolean): boolean {
    return this.#routes.some(({ pool }) => pool !== null && isWanted(pool));
  }

  /** The way from here to a pool of that name. */
  routeNamed(pool: string): RouteSite | undefined {
    return this.#routes.find((route) => route.pool?.plan.name === pool);
  }

  /** The way from here to a pool, by its index in the plan. */
  routeTo(pool: number): RouteSite | undefined {
    // Asked for each request of a forward proxy: no closure.
    for (const route of this.#routes) if (route.plan.pool === pool) return route;
    return undefined;
  }
}

export interface RouteSite {
  /** Filled in at first use (stair.ts). */
  stepsDown: readonly StepDown[] | null;
  readonly plan: RoutePlan;
  /** For the flight recorder: slot of the listener, and above it of the pool. */
  readonly owners: number;
  readonly generation: number;
  /** Null where the listener answers or refuses by itself. */
  readonly pool: PoolSite | null;
  readonly row: number;
}

export class ServerSite {
  readonly plan: ServerPlan;
  readonly index: number;
  readonly row: number;
  readonly slot: number;
  /** Index of the word that all workers add to (memory/tally.ts). */
  readonly sharedRow: number;
  readonly idle: IdleConnections;
  /** Null where no other worker has to be considered in what stands idle. */
  readonly places: Places | null;
  /** What is open to a server that is asked by HTTP/2, which is then also `idle`; null for all others. */
  readonly sessions: Sessions | null;

  constructor(plan: ServerPlan, index: number, tally: Tally, idle: IdleConnections, places: Places | null = null) {
    this.sessions = idle instanceof Sessions ? idle : null;
    this.plan = plan;
    this.index = index;
    this.row = tally.serverRow(plan.slot);
    this.slot = plan.slot;
    this.sharedRow = tally.sharedServerRow(plan.slot);
    this.idle = idle;
    this.places = places;
  }
}

export class PoolSite {
  readonly plan: PoolPlan;
  readonly row: number;
  readonly backends: Backends;
  readonly servers: readonly ServerSite[];
  readonly queue: Queue;
  readonly budget: RetryBudget;
  readonly headBytesMax: number;
  /** Whether the policy goes by response times; measuring them costs. */
  readonly isTimed: boolean;
  readonly rules: Rules;
  readonly errors: Errors | null;
  readonly body: BodyPolicy | null;
  readonly mirroring: Mirroring | null;
  /** Its answer, in place of servers. */
  readonly reply: ReplyMaker | null;
  readonly sticking: Sticking | null;
  /** Null where no cookie of the application's names the server. */
  readonly prefix: CookiePrefix | null;
  /** Null where no other pool has its sticky cookie. */
  readonly sharedCookie: SharedCookie | null;
  /** Something else than the policy may name a server: a cookie, a table, a hook. */
  readonly isPreferring: boolean;
  /** How it uses its cache; null without. */
  readonly caching: PoolCaching | null;
  readonly hooks: Hooks | null;
  /** What its one server stands for, where that is whatever clients name. */
  readonly targets: Targets | null;

  constructor(plan: PoolPlan, limits: LimitsPlan, making: Making, former: PoolSite | undefined) {
    const { parts, ruleSets, tables } = making;
    this.plan = plan;
    this.headBytesMax = limits.headBytesMax;
    this.isTimed = plan.balance.policy === "peakEwma";
    this.row = parts.tally.poolRow(plan.slot);
    // What a policy has learned, and the rings it has built, are worth keeping where nothing has changed.
    this.backends =
      former !== undefined && JSON.stringify(former.plan) === JSON.stringify(plan)
        ? former.backends
        : new Backends(plan, parts.arena, parts.tally.worker, parts.workers, parts.random);
    // Each target is another server, whose connections are counted by none.
    const isShared = parts.workers > 1 && plan.targets === null;
    const formers = new Map(former?.servers.map((other) => [other.slot, other]));
    this.servers = plan.servers.map((server, index) => {
      const other = formers.get(server.slot);
      const same = other !== undefined && isSameServer(other.plan, server) ? other : undefined;
      const house = same?.idle.house ?? new IdleHouse(parts.tally, parts.tally.serverRow(server.slot));
      const places =
        isShared && server.connectionsMax > 0
          ? new Places(parts.arena, server, plan.slot, parts.tally.worker, parts.workers)
          : null;
      house.configure(keptOf(plan, server), places);
      return new ServerSite(server, index, parts.tally, same?.idle ?? doorTo(server, house), places);
    });
    this.queue = new Queue(this, parts.tally);
    this.budget = former?.budget ?? new RetryBudget();
    this.budget.configure(plan.retryBudget);
    this.rules = ruleSets.rules(plan.rules);
    this.errors = ruleSets.errors(plan.errors);
    this.body = bodyPolicy(plan.body);
    this.mirroring = plan.mirror === null ? null : new Mirroring(plan.mirror);
    this.reply = ruleSets.reply(plan.reply);
    this.hooks = hooksOf(plan.hooks, "pools", plan.name, making);
    this.caching = cachingOf(plan, making);
    const { stick } = plan;
    const row = this.servers[0]?.row ?? 0;
    const by = makeUse(plan.targets?.egress ?? null, making.egresses);
    this.targets =
      plan.targets === null
        ? null
        : new Targets(
            plan,
            parts.tally,
            row,
            makeServer(parts.tally),
            former?.targets ?? null,
            by,
            parts.targetsIdleMax,
          );
    this.sticking = stick === null ? null : new Sticking(plan, tables[stick.table]!, ruleSets.stickKey(stick));
    this.prefix = prefixOf(plan);
    this.sharedCookie = making.sharedCookies.get(plan) ?? null;
    this.isPreferring = plan.balance.sticky !== null || this.sticking !== null || this.hooks !== null;
  }

  /** More is to be done for an exchange than to find a server by the pool's policy. */
  get isRuled(): boolean {
    const { rules, prefix } = this;
    const isMore = this.reply !== null || this.sticking !== null || prefix !== null;
    return rules.request !== null || rules.response !== null || rules.afterResponse !== null || isMore;
  }

  sweep(nowMs: number): void {
    this.budget.tick();
    for (const server of this.servers) server.idle.sweep(nowMs);
    this.targets?.sweep(nowMs);
  }
}

function doorTo({ isHttp2 }: ServerPlan, house: IdleHouse): IdleConnections {
  return isHttp2 ? new Sessions(house) : new IdleConnections(house);
}

/** Not inside of a pool that is made: it is kept, and would keep all that is at hand there, pools of one plan before the other without end. */
function makeServer(tally: Tally): (server: ServerPlan, idle: IdleConnections) => ServerSite {
  return (server, idle) => new ServerSite(server, 0, tally, idle);
}

function makeUse(plan: TargetsEgressPlan | null, sites: readonly EgressSite[]): EgressUse | null {
  if (plan === null) return null;
  const at = (index: number | null): EgressSite | null => (index === null ? null : sites[index]!);
  return { http: at(plan.http), https: at(plan.https), tunnels: at(plan.tunnels) };
}

export class Site {
  readonly plan: Plan;
  readonly listeners: readonly ListenerSite[];
  readonly pools: readonly PoolSite[];
  /** Those that bear so many connections of all workers. */
  readonly shared: readonly ServerSite[];
  readonly world: World;
  /** What is compiled, for the site that comes after this one. */
  readonly rules: KeptRules<Rule> | null;
  /** In the order of the plan. */
  readonly caches: readonly Cache[];
  readonly egresses: readonly EgressSite[];
  readonly bans: BanHolder;
  readonly banned: ReplyMaker | null;
  /** A request that shows it is told why all went as it did; null tells nobody. */
  readonly debugToken: Uint8Array | null;

  constructor(plan: Plan, parts: SiteParts, former: Site | null) {
    const ruleSets = new RuleSets(plan, parts.trace ?? null, former?.rules ?? null);
    this.rules = ruleSets.kept;
    const tables = plan.tables.map(parts.tables);
    this.caches = plan.caches.map(parts.caches);
    this.egresses = plan.egresses.map((egress) => egressOf(egress, parts, former));
    const { caches, egresses } = this;
    const making: Making = { parts, plan, ruleSets, tables, caches, egresses, sharedCookies: sharedCookies(plan) };
    this.plan = plan;
    this.bans = parts.bans;
    this.debugToken = plan.debugToken === null ? null : new TextEncoder().encode(plan.debugToken);
    this.banned = ruleSets.reply(plan.banned);
    this.pools = plan.pools.map(
      (pool) =>
        new PoolSite(
          pool,
          plan.limits,
          making,
          former?.pools.find((other) => other.plan.name === pool.name),
        ),
    );
    this.shared = this.pools.flatMap(({ servers }) => servers.filter(({ places }) => places !== null));
    const totals = new Totals(parts.arena, parts.workers);
    this.world = new SiteWorld(tables, plan.lists.map(parts.lists), this.pools, totals);
    const routes = plan.routes.map((route) => ({
      plan: route,
      pool: route.pool === null ? null : this.pools[route.pool]!,
      owners: ownersOf(route, plan),
      generation: plan.generation,
      row: parts.tally.routeRow(route.slot),
      stepsDown: null,
    }));
    this.listeners = plan.listeners.map((listener) => new ListenerSite(listener, routes, making, this));
    this.rules?.close();
  }

  /** The listener of that name, which a connection asks for at each request so that it obeys the newest plan. */
  listener(slot: number): ListenerSite | undefined {
    for (const listener of this.listeners) if (listener.plan.slot === slot) return listener;
    return undefined;
  }

  /** `next` has taken over: close what it did not take along. */
  retire(next: Site): void {
    const kept = new Set(next.pools.flatMap((pool) => pool.servers.map((server) => server.idle)));
    for (const pool of this.pools) {
      for (const server of pool.servers) if (!kept.has(server.idle)) server.idle.close();
      pool.targets?.retire(next.pools.find(({ plan }) => plan.name === pool.plan.name)?.targets ?? null);
    }
  }
}

/** A route may outlive its listener, for what that has left under way. */
function ownersOf({ listener, pool }: RoutePlan, plan: Plan): number {
  return (plan.listeners[listener]?.slot ?? noSlot) | ((pool === null ? noSlot : plan.pools[pool]!.slot) << 16);
}

function egressOf(plan: EgressPlan, { egresses, tally, random }: SiteParts, former: Site | null): EgressSite {
  assert(egresses !== undefined, "a plan with egress pools comes with their boards");
  const same = former?.egresses.find((other) => other.plan.name === plan.name);
  return new EgressSite(plan, egresses(plan), tally, random, same);
}

function hooksOf(
  plan: HooksPlan | null,
  owner: "listeners" | "pools",
  name: string,
  { parts, ruleSets }: Making,
): Hooks | null {
  const { hooks = null, tally } = parts;
  if (plan === null || hooks === null) return null;
  const failure = plan.failure === "pass" ? null : ruleSets.reply(plan.failure);
  const counting = { cells: tally.cells, row: tally.workerRow() };
  return new Hooks(plan, hooks.of(owner, name), hooks.runner, `${owner.slice(0, -1)} ${name}`, failure, counting);
}

function cachingOf({ cache: plan }: PoolPlan, { parts, plan: all, caches, ruleSets }: Making): PoolCaching | null {
  if (plan === null) return null;
  const bypass = plan.bypass === null ? null : ruleSets.condition(plan.bypass);
  return new PoolCaching(plan, caches[plan.cache]!, bypass, parts.remotes?.(all.caches[plan.cache]!) ?? null);
}

/** Whether a connection that was made to the one will do for the other. */
function isSameServer(one: ServerPlan, other: ServerPlan): boolean {
  return one.slot === other.slot && one.id === other.id && doorOf(one) === doorOf(other);
}

function doorOf({ address, tls, isHttp2, proxyProtocol, source, hop }: ServerPlan): string {
  return JSON.stringify([address, tls, isHttp2, proxyProtocol, source, hop ?? null]);
}

/** Whether who was let in by the one has shown less than the other asks for: another certificate of clients, or one at all. */
export function asksForMore(former: ListenerTlsPlan | null, next: ListenerTlsPlan | null): boolean {
  const [had, wants] = [former?.clientCertificate ?? null, next?.clientCertificate ?? null];
  return wants !== null && (had?.ca !== wants.ca || (had.mode === "optional" && wants.mode === "required"));
}
