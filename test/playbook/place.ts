// What explanations look at, made for tests of them: a plan, its tables, the state of its servers.

import type { Plan } from "../../src/config/plan.ts";
import { explain } from "../../src/flow/explain.ts";
import type { Explanation } from "../../src/flow/explanation.ts";
import { explanationLines } from "../../src/flow/explanationtext.ts";
import { type Asked, readQuestion } from "../../src/flow/question.ts";
import { Arena } from "../../src/memory/arena.ts";
import { BanHolder } from "../../src/memory/bans.ts";
import { admin, Board, health, type ServerState } from "../../src/memory/board.ts";
import { emptyList, ListHolder } from "../../src/memory/list.ts";
import { NoCache } from "../../src/memory/nocache.ts";
import { StickTable } from "../../src/memory/sticktable.ts";
import { addressBytes, readAddress } from "../../src/wire/ipaddress.ts";
import { makePlan, type PlanOptions } from "./plan.ts";

/** The client, where a question names no other. */
export const source: string = "203.0.113.7";
export const wallMs: number = Date.UTC(2026, 0, 1);

export class Place {
  readonly plan: Plan;
  readonly arena: Arena = Arena.inMemory();
  readonly bans: BanHolder = new BanHolder();
  readonly #tables = new Map<string, StickTable>();

  constructor(options: PlanOptions) {
    this.plan = makePlan(options);
    for (const { servers } of this.plan.pools) for (const { slot } of servers) this.becomes(slot, {});
  }

  becomes(slot: number, state: Partial<ServerState>): void {
    const board = new Board(this.arena);
    const usual = { health: health.up, admin: admin.ready, isEjected: false, rampPermille: 1000, isEligible: true };
    board.write(slot, { ...usual, ...state });
    board.publish();
  }

  table(name: string): StickTable {
    const plan = this.plan.tables.find((each) => each.name === name)!;
    const found = this.#tables.get(name) ?? StickTable.inMemory(plan);
    this.#tables.set(name, found);
    return found;
  }

  count(name: string, column: number, amount: number, address: string = source): void {
    const found = this.table(name);
    const octets = new Uint8Array(addressBytes);
    readAddress(address, octets);
    found.key.setAddress(octets, 0);
    found.add(column, 0, amount, 1000);
  }

  ask(asked: Asked): Explanation {
    const question = readQuestion({ source, ...asked }, this.plan);
    if (!question.ok) throw new Error(question.message);
    return explain(question.value, {
      plan: this.plan,
      arena: this.arena,
      workers: 1,
      tables: ({ name }) => this.table(name),
      lists: (plan) => new ListHolder(plan, emptyList),
      caches: (plan) => new NoCache(plan),
      bans: this.bans,
      nowMs: 1000,
      sharedMs: 1000,
      wallMs,
      random: () => 0,
    });
  }

  lines(asked: Asked): string[] {
    return explanationLines(this.ask(asked));
  }
}
