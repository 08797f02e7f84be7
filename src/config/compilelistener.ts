// A listener's part of the plan, and the routes from it to pools. A route has a row of its own in the tally, under the names of
// both; a listener that answers or refuses by itself has one to no pool.

import { readListenAddress } from "../base/address.ts";
import { assert } from "../base/assert.ts";
import { compileAuth, compileProxy, targetsPool } from "./compileaccess.ts";
import { compileBody, compileCors } from "./compilecontent.ts";
import { compileHooks } from "./compilehooks.ts";
import { compileListenerLog } from "./compilelog.ts";
import { compileErrors } from "./compilereply.ts";
import type { RuleCompiler } from "./compilerules.ts";
import { compileListenerTls, type Keys } from "./compiletls.ts";
import type { Materials } from "./materials.ts";
import { block, defined, ms, seconds, value } from "./measure.ts";
import type { ListenerPlan, NameRoutePlan, RedirectPlan, RoutePlan } from "./plan.ts";
import { usesOf } from "./reviewuse.ts";
import { sectionOf } from "./section.ts";
import type { Slots } from "./slots.ts";
import type { Config, Listener, NameRoute } from "./types.ts";

/** Of an UDP session that says nothing else: what other UDP proxies have, and longer than a DNS client asks again. */
const udpTunnelMs = 60_000;

/** Routes of a config in the order of its listeners, each once. */
export class Routes {
  readonly #routes: { readonly name: string; readonly listener: number; readonly pool: string | null }[] = [];
  readonly #indices = new Map<string, number>();

  constructor(config: Config) {
    const uses = usesOf(sectionOf(config.listeners), sectionOf(config.pools));
    for (const [index, [name, listener]] of Object.entries(config.listeners).entries()) {
      this.#add(name, index, ownPool(listener));
      if (listener.proxy !== undefined && listener.proxy !== false) this.#add(name, index, targetsPool(name));
      for (const { use } of listener.sni) this.#add(name, index, use);
      // Rules of the listener, and of the pools that they lead to, hand requests on.
      for (const { listener: user, pool } of uses) if (user === name) this.#add(name, index, pool);
    }
  }

  /** What their rows are held by. */
  get names(): string[] {
    return this.#routes.map((route) => route.name);
  }

  indexOf(listener: string, pool: string | null): number {
    const index = this.#indices.get(routeName(listener, pool));
    assert(index !== undefined, `there is no route from ${listener} to ${pool}`);
    return index;
  }

  plans(config: Config, slots: Slots): RoutePlan[] {
    const pools = new Map(Object.keys(config.pools).map((name, index) => [name, index]));
    return this.#routes.map(({ name, listener, pool }): RoutePlan => {
      const index = pool === null ? null : pools.get(pool);
      assert(index !== undefined, `there is no pool ${pool}`);
      return { slot: slots.slotOf("routes", name), listener, pool: index };
    });
  }

  #add(listenerName: string, listener: number, pool: string | null): void {
    const name = routeName(listenerName, pool);
    if (this.#indices.has(name)) return;
    this.#indices.set(name, this.#routes.push({ name, listener, pool }) - 1);
  }
}

/** No pool's name is empty. */
function routeName(listener: string, pool: string | null): string {
  return `${listener}/${pool ?? ""}`;
}

/** Where everything goes that no name claims. */
function ownPool(listener: Listener): string | null {
  return listener.redirect === undefined ? (listener.use ?? null) : null;
}

/** What a listener is compiled with. */
export interface Surroundings {
  readonly slots: Slots;
  readonly routes: Routes;
  readonly keys: Keys;
  readonly rules: RuleCompiler;
  readonly materials: Materials;
}

export function compileListener(
  name: string,
  listener: Listener,
  config: Config,
  { slots, routes, keys, rules, materials }: Surroundings,
): ListenerPlan {
  return {
    name,
    slot: slots.slotOf("listeners", name),
    address: value(readListenAddress(listener.listen)),
    mode: listener.mode,
    route: routes.indexOf(name, ownPool(listener)),
    names: compileNames(listener.sni, (pool) => routes.indexOf(name, pool)),
    proxyProtocol: listener.proxyProtocol,
    isAbortedByClose: listener.abortOnClose,
    http2: listener.mode === "http" && listener.http2,
    tls: compileListenerTls(name, listener, keys),
    redirect: compileRedirect(listener),
    hsts: compileHsts(listener),
    udp:
      listener.mode === "udp"
        ? { requestsMax: listener.udp?.maxRequests ?? 0, responsesMax: listener.udp?.maxResponses ?? 0 }
        : null,
    connectionsMax: listener.maxConnections,
    isByClient: listener.workerBy === "client",
    timeouts: compileTimeouts(listener, config),
    forwarding: compileForwarding(name, listener),
    requestId: compileRequestId(name, listener),
    rules: rules.of("listeners", name),
    errors: listener.mode === "http" ? compileErrors({ ...config.errors, ...listener.errors }, materials) : [],
    auth: compileAuth(listener.auth, materials),
    proxy: compileProxy(name, listener, (pool) => Object.keys(config.pools).indexOf(pool)),
    cors: compileCors(listener.cors),
    body: compileBody(listener),
    hooks: compileHooks("listeners", name, listener.hooks, config, materials),
    log: compileListenerLog(name, listener.accessLog, config),
  };
}

/** Its clients go to strangers, who are told nothing of them unless the config says so. */
function isForwardOnly(name: string, { use }: Listener): boolean {
  return use === targetsPool(name);
}

function compileForwarding(name: string, listener: Listener): ListenerPlan["forwarding"] {
  const { xForwardedFor, xForwardedProto, xForwardedHost, forwarded, believe, except } = listener.forwarding;
  const isUsual = !isForwardOnly(name, listener);
  return {
    trusted: listener.trustedProxies.map(block),
    areFieldsBelieved: believe,
    except: except.map(block),
    xForwardedFor: xForwardedFor ?? isUsual,
    xForwardedProto: xForwardedProto ?? isUsual,
    xForwardedHost: xForwardedHost ?? isUsual,
    forwarded,
    via: listener.via === false ? null : listener.via,
  };
}

function compileRequestId(name: string, listener: Listener): ListenerPlan["requestId"] {
  const { requestId } = listener;
  if (requestId === false || (requestId === undefined && isForwardOnly(name, listener))) return null;
  const { header, keep } = requestId ?? { header: "x-request-id", keep: true };
  return { header: header.toLowerCase(), keep };
}

function compileTimeouts(listener: Listener, config: Config): ListenerPlan["timeouts"] {
  const timeouts = { ...config.timeouts, ...defined(listener.timeouts) };
  const isUsualUdp = listener.mode === "udp" && listener.timeouts.tunnel === undefined;
  return {
    handshakeMs: ms(timeouts.handshake),
    clientIdleMs: ms(timeouts.clientIdle),
    headMs: ms(timeouts.head),
    idleMs: ms(timeouts.idle),
    readMs: ms(timeouts.read),
    tunnelMs: isUsualUdp ? udpTunnelMs : ms(timeouts.tunnel),
    lingerMs: ms(timeouts.linger),
  };
}

function compileNames(names: readonly NameRoute[], routeTo: (pool: string) => number): NameRoutePlan[] {
  // Of names that are to be found there are none yet, or they have their own entries (found.ts).
  const known = names.filter(({ found }) => found === undefined);
  const plans = known.map(({ name, pattern, use }): NameRoutePlan => {
    const route = routeTo(use);
    if (name === undefined) return { kind: "pattern", match: pattern ?? "", route };
    const match = name.toLowerCase();
    return match.startsWith("*.")
      ? { kind: "wildcard", match: match.slice(1), route }
      : { kind: "exact", match, route };
  });
  const of = (kind: NameRoutePlan["kind"]): NameRoutePlan[] => plans.filter((plan) => plan.kind === kind);
  const wildcards = of("wildcard").sort((a, b) => b.match.length - a.match.length);
  return [...of("exact"), ...wildcards, ...of("pattern")];
}

function compileRedirect({ redirect }: Listener): RedirectPlan | null {
  if (redirect === undefined) return null;
  return redirect === "https" ? { status: 308, port: 443 } : { status: redirect.status, port: redirect.port };
}

/** RFC 6797 6.1. */
function compileHsts({ hsts }: Listener): string | null {
  if (hsts === undefined) return null;
  const { maxAge, includeSubDomains, preload } =
    typeof hsts === "string" ? { maxAge: hsts, includeSubDomains: false, preload: false } : hsts;
  return [
    `max-age=${seconds(maxAge)}`,
    ...(includeSubDomains ? ["includeSubDomains"] : []),
    ...(preload ? ["preload"] : []),
  ].join("; ");
}
