// Pools for tests, simulations and benchmarks: plans with what a test says and plain values for the rest, a board in memory, and a
// customer who asks, ends and tells with few words. Its clock stands still until it is moved.

import { Prng } from "../base/prng.ts";
import type { EgressJudgePlan, EgressMemberPlan, EgressPlan } from "../config/plan.ts";
import { type EgressBoard, type EgressShape, memberState } from "../memory/egress.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import { EgressPool } from "./pool.ts";
import type { EgressChoice, EgressHeld, EgressOutcome, EgressWish } from "./words.ts";

export const startMs: number = Date.UTC(2026, 6, 1, 12);

export const sampleShape: EgressShape = {
  ...{ members: 512, entriesMax: 20, changesMax: 20 },
  ...{ pairs: 4096, hosts: 256, sessions: 256, users: 64, texts: 1024 },
};

/** Chance that is the same each time. */
export function drawn(seed: number): () => number {
  const prng = new Prng(seed);
  return () => prng.next();
}

export interface SampleParts extends Partial<Omit<EgressPlan, "judge" | "members">> {
  readonly members?: number | readonly EgressMemberPlan[];
  readonly judge?: Partial<Omit<EgressJudgePlan, "coolDown">> & {
    readonly coolDown?: Partial<EgressJudgePlan["coolDown"]>;
  };
}

export function sampleMember(index: number, parts: Partial<EgressMemberPlan> = {}): EgressMemberPlan {
  const id = `10.0.${index >> 8}.${index & 255}`;
  return { id, door: { kind: "source", address: id }, weight: 1, tags: {}, ...parts };
}

export function sampleMembers(count: number): EgressMemberPlan[] {
  return Array.from({ length: count }, (_, index) => sampleMember(index));
}

const failing = [403, 407, 429].map((status) => ({ on: { from: status, to: status }, means: "failure" as const }));
/** As ipmanager has it. */
export const failingPerMember: EgressJudgePlan["statuses"] = [{ on: { from: 400, to: 599 }, means: "failure" }];

export function samplePlan(parts: SampleParts = {}): EgressPlan {
  const { members = 4, judge = {}, ...rest } = parts;
  const coolDown = { forMs: 600_000, growth: 1, maxMs: 86_400_000, isTrial: false, ...judge.coolDown };
  return {
    ...{ name: "scrape", slot: 0, choose: "random", session: null, quota: null, logs: [], whenNone: "refuse" },
    ...{ waitMs: 5000, isTold: true, isOwnEvidence: true, users: 0 },
    pace: { intervalMs: 0, concurrencyMax: 0 },
    history: { entriesMax: sampleShape.entriesMax, changesMax: sampleShape.changesMax },
    members: typeof members === "number" ? sampleMembers(members) : members,
    ...rest,
    judge: {
      per: "target",
      strategy: { kind: "consecutive", failures: 3, withinMs: 300_000 },
      statuses: judge.per === "member" ? failingPerMember : failing,
      bodies: [],
      hostDownAfter: 3,
      ...judge,
      coolDown,
    },
  };
}

/** Of a board of its own, or of one that is shared. */
export class Sample {
  nowMs: number = startMs;
  readonly board: EgressBoard;
  readonly pool: EgressPool;

  constructor(parts: SampleParts = {}, random: () => number = drawn(1), board: EgressBoard | null = null) {
    const plan = samplePlan(parts);
    this.board = board ?? SharedEgressBoard.inMemory(sampleShape);
    if (board === null)
      this.board.adopt(
        plan.members.map((member) => member.id),
        this.nowMs,
      );
    this.pool = new EgressPool(plan, this.board, random);
  }

  choose(wish: Partial<EgressWish> = {}): EgressChoice {
    return this.pool.choose(sampleWish(wish), this.nowMs);
  }

  /** The id of who was chosen, or why nobody was. */
  who(wish: Partial<EgressWish> = {}): string {
    const choice = this.choose(wish);
    return choice.refusal ?? this.idOf(choice);
  }

  idOf(choice: EgressChoice): string {
    return choice.member < 0 ? "direct" : this.pool.plan.members[choice.member]!.id;
  }

  hold(wish: Partial<EgressWish> = {}): EgressHeld {
    const { row, lease } = this.choose(wish);
    return { row, lease };
  }

  /** One request of a member, from beginning to end at once. */
  tell(id: string, parts: Partial<EgressOutcome> = {}): void {
    const row = this.board.memberOf(id);
    const lease = this.board.hold(row, 0);
    this.pool.end({ row, lease }, this.outcome(parts));
  }

  outcome(parts: Partial<EgressOutcome> = {}): EgressOutcome {
    return sampleOutcome({ atMs: this.nowMs, ...parts });
  }

  /** Of the member at the host. */
  pairState(id: string, host = "a.example"): number {
    return this.pool.pairs(id, this.nowMs).find((pair) => pair.host === host)?.state ?? memberState.available;
  }

  /** Of its changes, the first one first. */
  causes(id: string): number[] {
    const found: number[] = [];
    this.board.changes(this.board.memberOf(id), 20, ({ cause }) => found.push(cause) > 0);
    return found.reverse();
  }

  /** As a member, for a fault of its own. */
  coolDown(...ids: readonly string[]): void {
    for (const id of ids) for (let times = 0; times < 3; times++) this.tell(id, memberFault);
  }

  state(id: string): number {
    return this.pool.standing(id)!.state;
  }

  pass(ms: number): void {
    this.nowMs += ms;
  }
}

export function sampleWish(parts: Partial<EgressWish> = {}): EgressWish {
  return { host: "a.example", key: "", user: "", tags: "", family: 0, isTunnel: false, tried: null, ...parts };
}

export function sampleOutcome(parts: Partial<EgressOutcome> = {}): EgressOutcome {
  return {
    ...{ host: "a.example", key: "", user: "", atMs: startMs, durationMs: 0, status: 200, fault: 0, blame: "nobody" },
    ...{ meaning: null, isTunnel: false, fromLog: false, isCancelled: false, bytesUp: 0, bytesDown: 0 },
    bytesTold: 0,
    ...parts,
  };
}

export const wayFault: Partial<EgressOutcome> = { status: 0, fault: 1, blame: "way" };
export const targetFault: Partial<EgressOutcome> = { status: 0, fault: 1, blame: "target" };
export const memberFault: Partial<EgressOutcome> = { status: 0, fault: 1, blame: "member" };
export const sourceFault: Partial<EgressOutcome> = { status: 0, fault: 1, blame: "source" };
