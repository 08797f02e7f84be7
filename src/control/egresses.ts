// The egress pools in force as control keeps them: their boards (egressboards.ts), their logs (egresslogs.ts), and what is done for
// them: states whose time is over end, evidence of logs is told, operators' orders are carried out and written down. Requests
// are the workers'; they and control meet on the boards.

import type { EgressPlan, Plan } from "../config/plan.ts";
import { EgressPool } from "../egress/pool.ts";
import type { EgressOutcome } from "../egress/words.ts";
import { memberState, memberWord } from "../memory/egress.ts";
import type { SharedEgressBoard } from "../memory/egressboard.ts";
import type { Owner } from "../memory/owners.ts";
import type { Totals } from "../memory/tally.ts";
import { Away } from "./egress/away.ts";
import { Changes } from "./egress/changes.ts";
import { letMendedTry } from "./egress/mended.ts";
import { Shortage } from "./egress/shortage.ts";
import { poolSummary } from "./egress/summary.ts";
import { userNames } from "./egress/users.ts";
import { type EgressBan, EgressBans } from "./egressbans.ts";
import { EgressBoards } from "./egressboards.ts";
import { EgressLogs, type LogFigures } from "./egresslogs.ts";
import type { EgressFigures } from "./egressmetrics.ts";
import type { KeptLine, KeptOptions } from "./keptfiles.ts";

export interface EgressesOptions extends KeptOptions {
  readonly owner: Owner;
  /** Where the boards lie, and how far logs were read. */
  readonly folder: string;
  readonly logsFolder: string;
  /** Wall clock. */
  readonly nowMs: () => number;
}

export interface OpenEgress {
  readonly plan: EgressPlan;
  readonly board: SharedEgressBoard;
  readonly pool: EgressPool;
  /** Of the plan's members, in their order; 0: it has none. */
  readonly rows: Int32Array;
  readonly changes: Changes;
  readonly away: Away;
  readonly shortage: Shortage;
}

/** What an operator says. */
export interface EgressOrder {
  readonly pool: string;
  readonly member: string;
  readonly reason: string;
  /** Who says so; "" unknown. */
  readonly by: string;
}

const tickMs = 1000;

export class Egresses {
  readonly boards: EgressBoards;
  readonly logs: EgressLogs;
  readonly #options: EgressesOptions;
  readonly #bans: EgressBans;
  #open: ReadonlyMap<string, OpenEgress> = new Map();
  #timer: Timer | null = null;

  constructor(options: EgressesOptions) {
    this.#options = options;
    this.boards = new EgressBoards({ ...options, made: (plan, board, lines) => this.#restore(plan, board, lines) });
    this.#bans = new EgressBans(options);
    this.logs = new EgressLogs({
      ...options,
      folder: options.logsFolder,
      note: (pool, member, outcome) => this.#note(pool, member, outcome),
    });
  }

  get all(): readonly OpenEgress[] {
    return [...this.#open.values()];
  }

  find(name: string): OpenEgress | null {
    return this.#open.get(name) ?? null;
  }

  /** Throws an Error for the operator when a file cannot be made, or a log not be understood. */
  prepare(plan: Plan): { readonly files: Readonly<Record<string, string>>; keep(): void; undo(): void } {
    const logs = this.logs.prepare(plan.egresses);
    const boards = this.#prepareBoards(plan, logs.undo);
    return {
      files: boards.files,
      keep: () => {
        boards.keep();
        this.#adopt();
        logs.keep((name) => this.boards.find(name)?.isNew ?? false);
      },
      undo: () => {
        boards.undo();
        logs.undo();
      },
    };
  }

  #prepareBoards(plan: Plan, undo: () => void): ReturnType<EgressBoards["prepare"]> {
    try {
      return this.boards.prepare(plan.egresses, (pool) => userNames(plan, pool));
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** From now on what is due is done. */
  open(): void {
    this.logs.open();
    this.#timer = setInterval(() => this.tick(), tickMs);
  }

  tick(): void {
    const nowMs = this.#options.nowMs();
    for (const { pool, rows, changes, plan, away, shortage } of this.#open.values()) {
      pool.tick(nowMs);
      away
        .look(nowMs)
        .catch((error: unknown) =>
          this.#options.log.warn(
            `egress pool ${plan.name}: addresses that were away were not looked at: ${String(error)}`,
          ),
        );
      changes.look(rows, (index) => plan.members[index]!.id);
      shortage.look(nowMs);
    }
    if (this.#bans.isOwed) this.#keepBans();
  }

  /** `untilMs` 0: until it is lifted. Null when it is done; otherwise why not. */
  ban({ pool, member, reason, by }: EgressOrder, untilMs: number): string | null {
    const found = this.find(pool);
    if (found === null) return `there is no egress pool ${pool}`;
    if (!found.pool.ban(member, untilMs, noted(reason, by), this.#options.nowMs())) return busy(member);
    const end = untilMs === 0 ? "until it is lifted" : `until ${new Date(untilMs).toISOString()}`;
    this.#options.log.info(`egress pool ${pool}: ${member} is banned ${end}${from(by)}: ${reason}`);
    this.#look(found);
    this.#keepBans();
    return null;
  }

  unban({ pool, member, reason, by }: EgressOrder): string | null {
    const found = this.find(pool);
    if (found === null) return `there is no egress pool ${pool}`;
    if (!found.pool.unban(member, noted(reason, by), this.#options.nowMs())) return busy(member);
    this.#options.log.info(
      `egress pool ${pool}: ${member} is available, let off${from(by)}${reason === "" ? "" : `: ${reason}`}; what was held against it is forgotten`,
    );
    this.#look(found);
    this.#keepBans();
    return null;
  }

  /** Reads logs now, of one pool or of all. Null when it is done. */
  async renew(pool: string | null, by: string): Promise<string | null> {
    const problem = await this.logs.renew(pool);
    if (problem === null)
      this.#options.log.info(
        `logs of ${pool === null ? "all egress pools" : `the egress pool ${pool}`} were read${from(by)}`,
      );
    return problem;
  }

  logFigures(): ReadonlyMap<string, LogFigures> {
    return new Map(this.logs.figures().map((figures) => [figures.name, figures]));
  }

  /** Of each pool, over all members. */
  figures(totals: Totals): EgressFigures[] {
    const logs = this.logFigures();
    return this.all.map((open) => ({
      summary: poolSummary(open, {
        cell: (cell) => totals.egress(open.plan.slot, cell),
        memoryBytes: this.boards.bytesOf(open.plan.name),
        logs: logs.get(open.plan.name) ?? null,
      }),
      changes: open.changes.counts(),
      records: open.board.figures().records,
    }));
  }

  recover(): void {
    this.boards.recover();
  }

  mark(): void {
    this.boards.mark();
    this.logs.mark();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.logs.close();
    this.boards.close();
    this.#open = new Map();
  }

  #adopt(): void {
    const next = new Map<string, OpenEgress>();
    for (const { plan, board } of this.boards.all) {
      const former = this.#open.get(plan.name);
      if (former !== undefined && former.board === board && isSame(former.plan, plan)) {
        next.set(plan.name, former);
        continue;
      }
      const changes = former?.changes ?? new Changes(plan.name, board, this.#options.log);
      changes.follow(board);
      const rows = new Int32Array(plan.members.length);
      for (const [index, { id }] of plan.members.entries()) rows[index] = board.memberOf(id);
      const pool = new EgressPool(plan, board, Math.random);
      this.#banAgain(plan, former?.plan ?? null, pool, board);
      this.#letMendedTry(plan, former?.plan ?? null, pool, board);
      const shortage = former?.board === board ? former.shortage : new Shortage(board, this.#options.log);
      next.set(plan.name, { plan, board, rows, changes, pool, away: new Away(pool, rows), shortage });
    }
    this.#open = next;
    this.#keepBans();
  }

  /** Onto a board that has nothing from before. */
  #restore(plan: EgressPlan, board: SharedEgressBoard, lines: KeptLine[]): void {
    const nowMs = this.#options.nowMs();
    const bans = this.#bans.of(plan.name, nowMs);
    if (bans.length === 0) return;
    const pool = new EgressPool(plan, board, Math.random);
    const count = bans.filter(({ member, untilMs, note }) => pool.ban(member, untilMs, note, nowMs)).length;
    lines.push(
      `egress pool ${plan.name}: ${count === 1 ? "1 ban" : `${count} bans`} of its addresses found from before`,
    );
  }

  /** Who left banned, and comes back, is banned. */
  #banAgain(plan: EgressPlan, former: EgressPlan | null, pool: EgressPool, board: SharedEgressBoard): void {
    const nowMs = this.#options.nowMs();
    const bans = this.#bans.of(plan.name, nowMs);
    if (bans.length === 0) return;
    const were = new Set(former?.members.map(({ id }) => id));
    for (const { member, untilMs, note } of bans) {
      const row = board.memberOf(member);
      if (row === 0 || were.has(member) || board.words[row + memberWord.state] === memberState.banned) continue;
      if (pool.ban(member, untilMs, note, nowMs))
        this.#options.log.info(`egress pool ${plan.name}: ${member} is back, and banned as before`);
    }
  }

  #letMendedTry(plan: EgressPlan, former: EgressPlan | null, pool: EgressPool, board: SharedEgressBoard): void {
    const count = letMendedTry(plan, former, board, pool, this.#options.nowMs());
    if (count === 0) return;
    const why = former === null ? "Sluice was started anew" : "they are reached otherwise than before";
    this.#options.log.info(
      `egress pool ${plan.name}: ${count} of its members were unavailable and may try again: ${why}`,
    );
  }

  #keepBans(): void {
    const isHere = ({ pool, member }: EgressBan): boolean => (this.find(pool)?.board.memberOf(member) ?? 0) !== 0;
    this.#bans.keep([...this.#bans.away(isHere, this.#options.nowMs()), ...this.all.flatMap(bansOf)]);
  }

  #note(name: string, member: number, outcome: EgressOutcome): void {
    const found = this.#open.get(name);
    const row = found?.rows[member] ?? 0;
    if (row > 0) found!.pool.note(row, outcome, this.#options.nowMs());
  }

  #look({ rows, changes, plan }: OpenEgress): void {
    changes.look(rows, (index) => plan.members[index]!.id);
  }
}

function bansOf({ plan, board, rows }: OpenEgress): EgressBan[] {
  return plan.members.flatMap(({ id }, index) => {
    const row = rows[index]!;
    if (row <= 0 || board.words[row + memberWord.state] !== memberState.banned) return [];
    const untilMs = board.doubles[(row + memberWord.untilMs) / 2]!;
    return { pool: plan.name, member: id, untilMs, note: board.text(board.words[row + memberWord.causeText]!) ?? "" };
  });
}

/** A plan is made anew for every server that comes or goes; members that are the same are the same list (config/compileegress.ts). */
function isSame(one: EgressPlan, other: EgressPlan): boolean {
  return one.members === other.members && Bun.deepEquals({ ...one, members: [] }, { ...other, members: [] }, true);
}

function busy(member: string): string {
  return `the board is busy: ${member} is as it was; try again`;
}

/** As it stands in the timeline, where there is room for little. */
function noted(reason: string, by: string): string {
  return [by, reason].filter((each) => each !== "").join(": ");
}

function from(by: string): string {
  return by === "" ? "" : ` by ${by}`;
}
