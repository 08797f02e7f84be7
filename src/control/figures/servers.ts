// Servers as they are seen in a look: state and why, what is in flight, what they did since the look before. A config may have thousands,
// and most of the time most of them are as they were: one whose counters and state are what they were costs a few reads, and is not
// told again. Nothing has begun or ended at a server whose attempts and whose attempts in flight are as many as before.

import { formatAddress } from "../../base/address.ts";
import type { Plan, PoolPlan, ServerPlan } from "../../config/plan.ts";
import { serverCell, type Totals } from "../../memory/tally.ts";
import type { ServerFigures, ServerName } from "../api/shape/figures.ts";
import type { Condition } from "../status.ts";
import { perSecond } from "./differences.ts";
import type { Look } from "./source.ts";

interface Row {
  readonly pool: PoolPlan;
  server: ServerPlan;
  /** Attempts begun, those in flight, answers, the sum of their durations, and failures, at the look before. */
  calls: number;
  active: number;
  answered: number;
  durationSum: number;
  failures: number;
  sinceMs: number;
  figures: ServerFigures;
}

export interface PoolServers {
  servers: number;
  eligible: number;
  active: number;
}

export interface ServersSeen {
  /** Those in which something differs from the look before; all at the first. */
  readonly changed: readonly ServerFigures[];
  readonly gone: readonly ServerName[];
  /** By the index of the pool. */
  readonly pools: readonly PoolServers[];
}

const statusCells = [
  serverCell.status1xx,
  serverCell.status2xx,
  serverCell.status3xx,
  serverCell.status4xx,
  serverCell.status5xx,
] as const;

export class ServersWatch {
  #plan: Plan | null = null;
  #rows: Row[][] = [];
  #byId = new Map<string, Row>();

  /** Every server as it was seen last. Whoever takes long is told all of them again where another plan comes in between. */
  *all(): Generator<ServerFigures> {
    for (let told: Row[][] | null = null; told !== this.#rows; ) {
      told = this.#rows;
      for (const row of told.flat()) {
        if (told !== this.#rows) break;
        yield row.figures;
      }
    }
  }

  look(look: Look): ServersSeen {
    const changed: ServerFigures[] = [];
    const gone = look.plan === this.#plan ? [] : this.#adopt(look, changed);
    const pools = this.#rows.map((rows) => {
      const sums = { servers: rows.length, eligible: 0, active: 0 };
      for (const row of rows) {
        const former = row.figures;
        see(row, look);
        if (row.figures !== former) changed.push(row.figures);
        sums.active += row.active;
        if (row.figures.isEligible) sums.eligible++;
      }
      return sums;
    });
    return { changed, gone, pools };
  }

  /** Rows of servers that stay go on; those of new ones begin with what they have counted, which is told with their first figures. */
  #adopt(look: Look, changed: ServerFigures[]): ServerName[] {
    const former = this.#byId;
    const next = new Map<string, Row>();
    this.#rows = look.plan.pools.map((pool) =>
      pool.servers.map((server) => {
        const known = former.get(server.id);
        const row = known === undefined ? newRow(pool, server, look) : { ...known, pool, server };
        // What a plan says of a server may have changed: weight, address.
        if (known === undefined) changed.push(row.figures);
        next.set(server.id, row);
        return row;
      }),
    );
    this.#plan = look.plan;
    this.#byId = next;
    const gone: ServerName[] = [];
    for (const [id, { figures }] of former) if (!next.has(id)) gone.push({ pool: figures.pool, name: figures.name });
    return gone;
  }
}

function newRow(pool: PoolPlan, server: ServerPlan, { source }: Look): Row {
  const { totals } = source;
  const { slot } = server;
  const condition = source.conditionOf(slot);
  return {
    ...{ pool, server },
    calls: totals.server(slot, serverCell.calls),
    active: totals.active(slot),
    ...countsOf(totals, slot),
    sinceMs: condition.sinceMs,
    figures: figuresOf(pool, server, condition, totals.active(slot), idle),
  };
}

interface Rates {
  readonly requests: number;
  readonly errors: number;
  readonly meanMs: number | null;
}

const idle: Rates = { requests: 0, errors: 0, meanMs: null };

/** Its figures are other ones where anything in them has changed, and the same object where nothing has. */
function see(row: Row, { source, seconds }: Look): void {
  const { server, figures } = row;
  const { totals } = source;
  const calls = totals.server(server.slot, serverCell.calls);
  const active = totals.active(server.slot);
  const hasMoved = calls !== row.calls || active !== row.active;
  const rates = hasMoved ? ratesOf(row, totals, calls, seconds) : idle;
  row.calls = calls;
  row.active = active;
  const condition = source.conditionOf(server.slot);
  if (!hasMoved && isSame(row, condition)) return;
  row.sinceMs = condition.sinceMs;
  const seen = figuresOf(row.pool, server, condition, active, rates);
  if (!Bun.deepEquals(seen, figures)) row.figures = seen;
}

/** What is told of a server at which nothing happens is what was told before. */
function isSame({ server, figures, active, sinceMs }: Row, condition: Condition): boolean {
  const { state, reason, isEligible } = condition;
  return (
    figures.requests === 0 &&
    figures.errors === 0 &&
    figures.meanMs === null &&
    sinceMs === condition.sinceMs &&
    figures.active === active &&
    figures.state === state &&
    figures.reason === reason &&
    figures.isEligible === isEligible &&
    figures.weight === server.weight &&
    figures.isBackup === server.backup &&
    figures.address === addressText(server, state)
  );
}

function ratesOf(row: Row, totals: Totals, calls: number, seconds: number): Rates {
  const { answered, durationSum, failures } = countsOf(totals, row.server.slot);
  // Cells of a server that has another's row begin at 0.
  const grown = (now: number, before: number): number => (now < before ? now : now - before);
  const ended = grown(answered, row.answered);
  const rates: Rates = {
    requests: perSecond(grown(calls, row.calls), seconds),
    errors: perSecond(grown(failures, row.failures), seconds),
    meanMs: ended === 0 ? null : Math.round((grown(durationSum, row.durationSum) / ended) * 1e6) / 1e3,
  };
  Object.assign(row, { answered, durationSum, failures });
  return rates;
}

function countsOf(totals: Totals, slot: number): Pick<Row, "answered" | "durationSum" | "failures"> {
  const of = (cell: number): number => totals.server(slot, cell);
  return {
    answered: statusCells.reduce((sum, cell) => sum + of(cell), 0),
    durationSum: of(serverCell.durationSum),
    // An answer of 5xx is a failure of the response already.
    failures: of(serverCell.connectFailures) + of(serverCell.responseFailures),
  };
}

function figuresOf(
  pool: PoolPlan,
  server: ServerPlan,
  { state, reason, sinceMs, isEligible }: Condition,
  active: number,
  rates: Rates,
): ServerFigures {
  return {
    ...{ pool: pool.name, name: server.name, address: addressText(server, state) },
    ...{ state, reason, since: new Date(sinceMs).toISOString(), isEligible },
    ...{ isBackup: server.backup, weight: server.weight, active, ...rates },
  };
}

/** Of each plan's own, so that it is written once. */
const texts = new WeakMap<ServerPlan, string>();

function addressText(server: ServerPlan, state: Condition["state"]): string | null {
  if (state === "unresolved") return null;
  const known = texts.get(server);
  if (known !== undefined) return known;
  const text = formatAddress(server.address);
  texts.set(server, text);
  return text;
}
