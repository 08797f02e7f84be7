// A rule over recorded traffic: lines are read, put in order, and played, and what came of them is gathered. It knows the parts and their
// order; where logs lie is lines.ts' business, and how it is told the command's (cli/backtest.ts).

import type { Materials } from "../config/materials.ts";
import type { ListenerSite } from "../flow/site.ts";
import type { ListFile } from "../memory/listfile.ts";
import type { Asking } from "./asked.ts";
import { askedOf, type Chosen } from "./chosen.ts";
import { Harvest } from "./harvest.ts";
import { type Measure, measureOf } from "./measure.ts";
import { Order } from "./order.ts";
import type { LogFormat, Recorded } from "./recorded.ts";
import { Replay } from "./replay.ts";
import { Told } from "./told.ts";
import { Watch } from "./watch.ts";
import { WindowCounts } from "./windowcounts.ts";

export interface BacktestParts {
  readonly chosen: Chosen;
  readonly materials: Materials;
  readonly lists: ReadonlyMap<string, ListFile>;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export class Backtest {
  readonly harvest: Harvest = new Harvest();
  /** What a threshold is compared with; null: the rule has none. */
  readonly measure: Measure | null;
  /** What the rule and those before it ask for, and what of that the logs have told. */
  readonly asking: readonly Asking[];
  readonly told: Told;
  /** Lines of another format, or of no request, and the first of them. */
  misread = 0;
  firstMisread = "";
  /** Requests of listeners that the config does not have, or that the rule is not of. */
  elsewhere = 0;
  /** Answered without a server, by rule: what the config does with this traffic as it stands. */
  readonly refusals: Map<string, number> = new Map();
  readonly #parts: BacktestParts;
  readonly #watch: Watch;
  readonly #replay: Replay;
  readonly #windows: WindowCounts | null;
  readonly #order: Order = new Order();

  constructor(parts: BacktestParts) {
    const { chosen, materials, lists } = parts;
    const { condition, limitMs, place, isOfResponse } = chosen;
    this.#parts = parts;
    this.asking = askedOf(chosen);
    this.told = new Told(this.asking.flatMap(({ asked }) => asked));
    this.#windows = limitMs === null ? null : new WindowCounts(limitMs);
    this.measure = condition === null || limitMs !== null ? null : measureOf(condition);
    this.#watch = new Watch(place, this.measure?.term ?? null);
    this.#replay = new Replay({
      ...{ config: chosen.config, materials, lists, watch: this.#watch, isOfResponse },
      seen: (recorded) => this.#seen(recorded),
      over: ({ rule, isOurs }) => {
        if (isOurs && rule !== "") this.refusals.set(rule, (this.refusals.get(rule) ?? 0) + 1);
      },
    });
  }

  /** How many began before what the log had gone past. */
  get late(): number {
    return this.#order.late;
  }

  /** How often the log went back in time. */
  get steps(): number {
    return this.#order.steps;
  }

  line(line: string, format: LogFormat): void {
    const recorded = format.read(line);
    if (recorded === null) {
      if (this.misread++ === 0) this.firstMisread = line;
      return;
    }
    const { sinceMs, untilMs } = this.#parts;
    if (recorded.atMs < sinceMs || recorded.atMs >= untilMs) return;
    this.told.see(recorded, format);
    if (format.isInOrderOfEnds) for (const next of this.#order.take(recorded)) this.#play(next);
    // Written when it began, or with times too coarse to put it elsewhere.
    else for (const next of this.#order.take({ ...recorded, durationMs: 0 })) this.#play(next);
  }

  finish(): void {
    for (const next of this.#order.rest()) this.#play(next);
    this.#replay.finish();
  }

  #play(recorded: Recorded): void {
    const listener = this.#listenerOf(recorded);
    if (listener === null) this.elsewhere++;
    else this.#replay.play(recorded, listener);
  }

  /** Where the log names listeners of the config, its word counts: of other listeners the rule sees nothing. */
  #listenerOf({ listener: said }: Recorded): ListenerSite | null {
    const { listener: own } = this.#parts.chosen;
    const told = said === "" ? null : this.#replay.listener(said);
    if (told !== null && told.plan.mode === "http") return told;
    return own === null ? this.#replay.only() : this.#replay.listener(own);
  }

  #seen({ client }: Recorded): void {
    const { isReached, isHeld, value } = this.#watch;
    const counted = this.#windows === null || !isReached ? value : this.#windows.count(client, this.#replay.nowMs);
    this.harvest.add({ client, atMs: this.#replay.wallMs, isReached, isHit: isHeld, value: counted });
  }
}
