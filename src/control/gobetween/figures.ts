// The figures of gobetween's servers and their backends: connections and bytes as they are counted, and bytes a second, over two seconds
// as gobetween has them. "rx" is what comes from backends, "tx" what goes to them. A backend that is in several pools of a server, for
// names that clients ask for, is one. It reads totals and decides nothing; what of a config is which server stands in the config.

import { isIp } from "../../base/address.ts";
import type { ListenerPlan, Plan, ServerPlan } from "../../config/plan.ts";
import type { Gobetween } from "../../config/types.ts";
import { listenerCell, routeCell, serverCell, type Totals } from "../../memory/tally.ts";

/** How often the totals are looked at. */
export const rateMs = 2000;

export interface Bandwidth {
  readonly rxTotal: number;
  readonly txTotal: number;
  readonly rxSecond: number;
  readonly txSecond: number;
}

export interface BackendFigures extends Bandwidth {
  readonly host: string;
  readonly port: string;
  readonly priority: number;
  readonly weight: number;
  /** "" is none. */
  readonly sni: string;
  readonly isLive: boolean;
  readonly total: number;
  readonly active: number;
  readonly refused: number;
}

export interface ServerFigures extends Bandwidth {
  readonly name: string;
  readonly active: number;
  readonly backends: readonly BackendFigures[];
}

export interface FiguresOptions {
  readonly totals: Totals;
  readonly isEligible: (slot: number) => boolean;
  readonly plan: () => Plan | null;
  readonly told: () => Gobetween | undefined;
  /** A clock that does not go back. */
  readonly nowMs: () => number;
}

interface Bytes {
  rx: number;
  tx: number;
}

/** Two looks at one counter. */
interface Seen {
  readonly before: Bytes;
  readonly now: Bytes;
}

export class GobetweenFigures {
  readonly #options: FiguresOptions;
  #seen: ReadonlyMap<string, Seen> = new Map();
  #lookedAtMs = 0;
  #seconds = 1;

  constructor(options: FiguresOptions) {
    this.#options = options;
    this.#lookedAtMs = options.nowMs();
  }

  /** Said every `rateMs`. */
  look(): void {
    const nowMs = this.#options.nowMs();
    this.#seconds = Math.max((nowMs - this.#lookedAtMs) / 1000, 0.001);
    this.#lookedAtMs = nowMs;
    const next = new Map<string, Seen>();
    for (const { listener, routes, backends } of this.#servers()) {
      const add = (key: string, now: Bytes): void => {
        next.set(key, { now, before: this.#seen.get(key)?.now ?? now });
      };
      add(listener.name, this.#bytesOf(routes));
      for (const [address, servers] of backends) add(`${listener.name} ${address}`, this.#bytesAt(servers));
    }
    this.#seen = next;
  }

  all(): ServerFigures[] {
    return this.#servers().map((server) => this.#figuresOf(server));
  }

  /** By gobetween's name of it; null where there is none. */
  find(name: string): ServerFigures | null {
    const found = this.#servers().find((server) => server.name === name);
    return found === undefined ? null : this.#figuresOf(found);
  }

  #servers(): ServerOf[] {
    const plan = this.#options.plan();
    const servers = this.#options.told()?.servers ?? {};
    if (plan === null) return [];
    return plan.listeners.flatMap((listener, index): ServerOf[] => {
      const told = servers[listener.name];
      if (told === undefined) return [];
      const ways = plan.routes.filter((route) => route.listener === index);
      const routes = ways.map(({ slot }) => slot);
      // Those of names that were found are on its ways only; one that no client reaches is on none.
      const reached = new Set(ways.map(({ pool }) => pool));
      const pools = plan.pools.filter(({ name }, at) => reached.has(at) || told.pools.includes(name));
      const backends = Map.groupBy(
        pools.flatMap((pool) => pool.servers),
        ({ name }) => name,
      );
      return [{ name: told.name, lines: linesOf(told.settings["discovery.static_list"]), listener, routes, backends }];
    });
  }

  #figuresOf({ name, lines, listener, routes, backends }: ServerOf): ServerFigures {
    const { totals } = this.#options;
    const active =
      listener.mode === "udp"
        ? sum(routes, (slot) => totals.route(slot, routeCell.open))
        : totals.listener(listener.slot, listenerCell.connections);
    return {
      name,
      active,
      ...this.#bandwidth(listener.name, this.#bytesOf(routes)),
      backends: [...backends].map(([address, servers]) => this.#backend(listener, address, servers, lines)),
    };
  }

  #backend(
    listener: ListenerPlan,
    address: string,
    servers: readonly ServerPlan[],
    lines: ReadonlyMap<string, Line>,
  ): BackendFigures {
    const { totals, isEligible } = this.#options;
    const [first] = servers;
    const of = (cell: number): number => sum(servers, ({ slot }) => totals.server(slot, cell));
    const line = lines.get(address) ?? { weight: first!.weight, priority: first!.backup ? 2 : 1, sni: "" };
    return {
      ...placeOf(address),
      ...line,
      isLive: servers.some(({ slot }) => isEligible(slot)),
      total: of(serverCell.connects),
      active: of(serverCell.open),
      refused: of(serverCell.connectFailures),
      ...this.#bandwidth(`${listener.name} ${address}`, this.#bytesAt(servers)),
    };
  }

  #bytesOf(routes: readonly number[]): Bytes {
    const { totals } = this.#options;
    return {
      rx: sum(routes, (slot) => totals.route(slot, routeCell.bytesDown)),
      tx: sum(routes, (slot) => totals.route(slot, routeCell.bytesUp)),
    };
  }

  #bytesAt(servers: readonly ServerPlan[]): Bytes {
    const { totals } = this.#options;
    return {
      rx: sum(servers, ({ slot }) => totals.server(slot, serverCell.bytesReceived)),
      tx: sum(servers, ({ slot }) => totals.server(slot, serverCell.bytesSent)),
    };
  }

  #bandwidth(key: string, { rx, tx }: Bytes): Bandwidth {
    const seen = this.#seen.get(key);
    // Cells of what has another's row begin at 0.
    const rate = (now: number, before: number): number => Math.round(Math.max(now - before, 0) / this.#seconds);
    return {
      ...{ rxTotal: rx, txTotal: tx },
      rxSecond: seen === undefined ? 0 : rate(seen.now.rx, seen.before.rx),
      txSecond: seen === undefined ? 0 : rate(seen.now.tx, seen.before.tx),
    };
  }
}

/** What a static list says of a backend. */
interface Line {
  readonly weight: number;
  readonly priority: number;
  readonly sni: string;
}

interface ServerOf {
  readonly name: string;
  readonly lines: ReadonlyMap<string, Line>;
  readonly listener: ListenerPlan;
  /** Slots. */
  readonly routes: readonly number[];
  readonly backends: ReadonlyMap<string, readonly ServerPlan[]>;
}

function linesOf(list: unknown): ReadonlyMap<string, Line> {
  const lines = Array.isArray(list) ? (list as string[]) : []; // As the schema has it.
  return new Map(
    lines.map((text): [string, Line] => {
      const [address = "", ...words] = text.trim().split(/\s+/);
      const of = (key: string): string | undefined =>
        words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
      return [
        address.toLowerCase(),
        { weight: Number(of("weight") ?? 1), priority: Number(of("priority") ?? 1), sni: of("sni") ?? "" },
      ];
    }),
  );
}

function placeOf(address: string): { readonly host: string; readonly port: string } {
  const at = address.lastIndexOf(":");
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, (whole, inside: string) => (isIp(inside) ? inside : whole));
  return { host, port: address.slice(at + 1) };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
