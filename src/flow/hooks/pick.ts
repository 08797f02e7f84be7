// A config's own way to choose a server. It is asked where the pool's policy would be, at once and without waiting; when it fails, or
// names a server that may not be picked now, the policy chooses.

import type { PickServer } from "../../config/hooktypes.ts";
import type { Attempt } from "../attempt.ts";
import type { Context } from "../context.ts";
import type { Exchange } from "../exchange.ts";
import { errorText } from "../hooks.ts";
import type { PoolSite } from "../site.ts";
import { stateOf } from "./steps.ts";

/** Index of the server, or -1. */
export function askPick(exchange: Exchange, context: Context): number {
  const { pool, attempt } = exchange;
  const { hooks } = pool;
  const pick = hooks?.functions.pick;
  if (hooks === null || pick === undefined) return -1;
  const state = stateOf(exchange, context);
  pool.backends.refresh();
  const servers = viewsOf(pool, attempt);
  const startedMs = hooks.runner.now();
  let picked: unknown;
  try {
    picked = pick(servers, state.request);
  } catch (error) {
    hooks.failed("pick", "threw", errorText(error));
    return -1;
  }
  const tookMs = hooks.runner.now() - startedMs;
  if (tookMs > hooks.budgetMs) {
    hooks.failed("pick", "slow", `${Math.round(tookMs)} ms`);
    return -1;
  }
  if (picked === undefined || picked === null) return -1;
  const index = indexOf(picked, servers);
  if (index === -1) hooks.failed("pick", "nonsense", "it must be a server that was given, its index or its name");
  return index !== -1 && servers[index]!.up ? index : -1;
}

function indexOf(picked: unknown, servers: readonly PickServer[]): number {
  if (typeof picked === "number") return servers[picked] === undefined ? -1 : picked;
  if (typeof picked === "string") return servers.findIndex(({ name }) => name === picked);
  return servers.indexOf(picked as ServerView);
}

/** Made once for a pool: they read what is there at the moment. */
const views = new WeakMap<PoolSite, ServerView[]>();

function viewsOf(pool: PoolSite, attempt: Attempt): readonly ServerView[] {
  let all = views.get(pool);
  if (all === undefined) {
    all = pool.servers.map((_, index) => new ServerView(pool, index));
    views.set(pool, all);
  }
  for (const view of all) view.isTried = attempt.hasTried(view.index);
  // The array itself may be sorted or emptied by a hook.
  return [...all];
}

class ServerView implements PickServer {
  readonly index: number;
  isTried = false;
  readonly #pool: PoolSite;

  constructor(pool: PoolSite, index: number) {
    this.#pool = pool;
    this.index = index;
  }

  get name(): string {
    return this.#pool.servers[this.index]!.plan.name;
  }

  get up(): boolean {
    const { backends } = this.#pool;
    return backends.isEligible[this.index] === 1 && !this.isTried && !backends.isFull(this.index);
  }

  get weight(): number {
    return this.#pool.backends.weights[this.index]!;
  }

  get backup(): boolean {
    return this.#pool.servers[this.index]!.plan.backup;
  }

  get active(): number {
    return this.#pool.backends.activeOf(this.index);
  }

  get maxConnections(): number {
    return this.#pool.servers[this.index]!.plan.connectionsMax;
  }

  get latency(): number {
    return this.#pool.backends.latencyOf(this.index);
  }
}
