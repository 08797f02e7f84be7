// What `top` has been told of a running Sluice: the newest figures, the last minute of some of them, servers as they are now, entries of
// tables that count most, and what has changed. It takes in events and answers, and asks nobody.

import type { ChangeRecord } from "../../control/api/shape/change.ts";
import type { Figures, ServerFigures } from "../../control/api/shape/figures.ts";
import type { StreamEvent } from "../eventreader.ts";

/** An entry of a table that is among the first by what that table counts. */
export interface HotKey {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly value: number;
}

const historyMax = 120;
export const changesMax: number = 50;

export class Watched {
  figures: Figures | null = null;
  /** Requests a second, the newest last. */
  readonly requests: number[] = [];
  readonly errors: number[] = [];
  readonly servers: Map<string, ServerFigures> = new Map();
  /** The newest first. */
  readonly changes: ChangeRecord[] = [];
  hotKeys: readonly HotKey[] = [];
  /** Why nothing new comes; null while it does. */
  problem: string | null = null;

  /** The stream begins anew: of servers all will be told. */
  begin(): void {
    this.servers.clear();
    this.problem = null;
  }

  take({ name, data }: StreamEvent): void {
    switch (name) {
      // What our own admin interface tells, by its name.
      case "figures":
        return this.#figures(JSON.parse(data) as Figures);
      case "servers":
        for (const server of JSON.parse(data) as readonly ServerFigures[]) this.servers.set(nameOf(server), server);
        return;
      case "gone":
        for (const server of JSON.parse(data) as readonly Pick<ServerFigures, "pool" | "name">[])
          this.servers.delete(nameOf(server));
        return;
      case "change":
        this.changes.unshift(JSON.parse(data) as ChangeRecord);
        this.changes.length = Math.min(this.changes.length, changesMax);
    }
  }

  #figures(figures: Figures): void {
    this.figures = figures;
    for (const [kept, value] of [
      [this.requests, figures.requests],
      [this.errors, figures.errors],
    ] as const) {
      kept.push(value);
      if (kept.length > historyMax) kept.shift();
    }
  }

  /** Those that are not as they should be first, then those with most to do. */
  rankedServers(): ServerFigures[] {
    return [...this.servers.values()].sort(
      (a, b) =>
        rankOf(a) - rankOf(b) || b.requests - a.requests || b.active - a.active || (nameOf(a) < nameOf(b) ? -1 : 1),
    );
  }
}

function nameOf({ pool, name }: Pick<ServerFigures, "pool" | "name">): string {
  return `${pool}/${name}`;
}

function rankOf({ state, isEligible }: ServerFigures): number {
  return (isEligible ? 2 : 0) + (state === "up" || state === "unchecked" ? 1 : 0);
}
