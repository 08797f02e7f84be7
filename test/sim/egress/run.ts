// One run of a simulated egress pool, long because a run is one story: several workers and control on one board, members and hosts with
// faults that nobody tells them of, workers that are killed between choice and end, an operator, reloads, also into a board of another shape,
// clocks that are set back.
// Meanwhile: nobody is chosen who is banned or unavailable, no pace and no quota is passed, no trial is two, who is broken is found,
// and rings are exact. Then the faults stop, and everything comes back: no member, pair or host is unavailable, and nothing is in flight.

import type { EgressPlan } from "../../../src/config/plan.ts";
import { EgressPool } from "../../../src/egress/pool.ts";
import { sampleMember, sampleOutcome, sampleWish, startMs } from "../../../src/egress/sample.fixture.ts";
import type { EgressOutcome } from "../../../src/egress/words.ts";
import { type EgressShape, memberWord } from "../../../src/memory/egress.ts";
import type { BoardRoom } from "../../../src/memory/egressboard/layout.ts";
import { BoardWorld } from "../../../src/memory/egressboard/sample.fixture.ts";
import type { SharedEgressBoard } from "../../../src/memory/egressboard.ts";
import { Violation, World } from "../world.ts";
import { type Begun, Books } from "./books.ts";
import { checkAllWell, checkFound, checkOutages } from "./checks.ts";
import { drawPlan, drawSwarm, type Swarm, shape } from "./draw.ts";
import { Truth } from "./truth.ts";

const faultsMs = 30_000;
/** Longer than any cool-down, and than a clock may have been set back in the middle of one. */
const settleMs = 200_000;

export interface EgressRunOutcome {
  readonly problem: string | null;
  readonly trace: readonly string[];
  readonly answered: number;
}

export function runEgress(seed: number, isTraced = false): EgressRunOutcome {
  const run = new EgressRun(seed, isTraced);
  let problem: string | null = null;
  try {
    run.go();
  } catch (error) {
    problem = error instanceof Violation ? error.message : ((error as Error).stack ?? String(error));
  }
  return { problem, trace: run.trace, answered: run.answered };
}

const room: BoardRoom = { owners: 40, leases: 1024 };
/** Other rows, other records, other places of everything. */
const largeShape: EgressShape = {
  ...shape,
  members: shape.members * 2,
  pairs: shape.pairs * 3,
  texts: shape.texts * 2,
};

interface Worker {
  readonly id: number;
  /** Those that it has open, by their processes there. */
  readonly lives: [world: BoardWorld, id: number][];
  board: SharedEgressBoard;
  pool: EgressPool;
  /** What it holds, by the pool that it was chosen of. */
  readonly holds: Map<Begun, EgressPool>;
}

class EgressRun {
  answered = 0;
  readonly #world: World;
  readonly #swarm: Swarm;
  readonly #truth: Truth;
  readonly #books = new Books();
  #boards = new BoardWorld(shape, room);
  readonly #workers: Worker[] = [];
  #control: SharedEgressBoard;
  #plan: EgressPlan;
  #controlPool: EgressPool;
  #ids = 0;
  #members: number;
  /** What the wall clock is ahead of the world's. */
  #aheadMs: number = startMs;
  #isOver = false;

  constructor(seed: number, isTraced: boolean) {
    const world = new World(seed, isTraced);
    this.#world = world;
    this.#swarm = drawSwarm(world);
    this.#plan = drawPlan(world, this.#swarm.weather);
    this.#members = this.#plan.members.length;
    const ids = Array.from({ length: 60 }, (_, index) => sampleMember(index).id);
    this.#truth = new Truth(world, this.#swarm.truth, ids, this.#swarm.hosts);
    this.#control = this.#boards.open();
    this.#adopt();
    this.#controlPool = this.#pool(this.#control);
    for (let count = 0; count < this.#swarm.workers; count++) this.#start();
    world.note("swarm", JSON.stringify(this.#swarm));
    const { members, ...plan } = this.#plan;
    world.note(`${members.length} members`, JSON.stringify(plan));
  }

  get trace(): readonly string[] {
    return this.#world.trace ?? [];
  }

  go(): void {
    const world = this.#world;
    const { gapMs } = this.#swarm;
    const arrive = (): void => {
      if (this.#isOver) return;
      this.#ask();
      world.after(-Math.log(1 - world.prng.next()) * gapMs, arrive);
    };
    arrive();
    this.#every(1000, () => this.#tick());
    this.#every(1500, () => this.#disturb());
    const beganMs = world.nowMs;
    world.run(beganMs + faultsMs, () => this.#watch());
    if (this.#swarm.weather === "outages") checkOutages(this.#controlPool, this.#truth.down, this.#nowMs);
    world.note("world", "faults end");
    this.#isOver = true;
    this.#truth.mend();
    for (const id of this.#books.banned.keys()) this.#controlPool.unban(id, "", this.#nowMs);
    this.#books.banned.clear();
    world.run(world.nowMs + settleMs, () => this.#watch());
    this.#visitAll();
    world.run(world.nowMs + 10_000, () => this.#watch());
    this.#visitAll();
    world.run(world.nowMs + 10_000, () => this.#watch());
    checkAllWell(this.#controlPool, this.#control, this.#books, this.#nowMs);
  }

  get #nowMs(): number {
    return this.#world.nowMs + this.#aheadMs;
  }

  #open(worker: Pick<Worker, "lives">): SharedEgressBoard {
    const board = this.#boards.open();
    worker.lives.push([this.#boards, board.parts.file.owners.owner.id]);
    return board;
  }

  #pool(board: SharedEgressBoard): EgressPool {
    return new EgressPool(this.#plan, board, () => this.#world.prng.next());
  }

  #start(): void {
    const lives: Worker["lives"] = [];
    const board = this.#open({ lives });
    this.#workers.push({ id: ++this.#ids, lives, board, pool: this.#pool(board), holds: new Map() });
  }

  #adopt(): void {
    this.#control.adopt(
      this.#plan.members.map(({ id }) => id),
      this.#nowMs,
    );
  }

  #every(ms: number, act: () => void): void {
    const turn = (): void => {
      act();
      this.#world.after(ms, turn);
    };
    this.#world.after(this.#world.prng.next() * ms, turn);
  }

  #tick(): void {
    this.#controlPool.tick(this.#nowMs);
    this.#control.recover();
    for (const [id, until] of this.#books.banned)
      if (until !== 0 && until <= this.#nowMs) this.#books.banned.delete(id);
  }

  // ---- requests ----

  #ask(): void {
    const world = this.#world;
    const worker = world.pick(this.#workers);
    const hasKey = this.#swarm.keys > 0 && world.chance(0.7);
    this.#askFor(worker, {
      host: world.pick(this.#swarm.hosts),
      key: hasKey ? `key-${world.prng.below(this.#swarm.keys)}` : "",
      user: world.pick(["", "alice", "bob"]),
      tried: new Set(),
      patienceMs: world.chance(0.5) ? 3000 : 0,
    });
  }

  /** Waits while it is only paced, and tries others once or twice where the member itself has failed. */
  #askFor(
    worker: Worker,
    wish: { host: string; key: string; user: string; tried: Set<string>; patienceMs: number },
  ): void {
    if (!this.#workers.includes(worker)) return;
    const { host, key, user, tried } = wish;
    const pool = worker.pool;
    const indices = pool.plan.members.flatMap(({ id }, index) => (tried.has(id) ? [index] : []));
    if (tried.size === 0) this.#books.asked(pool.plan, user, this.#nowMs);
    const choice = pool.choose(
      sampleWish({ host, key, user, tried: tried.size === 0 ? null : new Set(indices) }),
      this.#nowMs,
    );
    if (choice.refusal === "paced" && choice.retryMs < wish.patienceMs) {
      const waitMs = Math.max(10, choice.retryMs);
      wish.patienceMs -= waitMs;
      this.#world.after(waitMs, () => this.#askFor(worker, wish));
    }
    if (choice.member < 0) return;
    const { row, lease, why } = choice;
    const member = pool.plan.members[choice.member]!.id;
    if (tried.has(member)) throw new Violation(`${member} was tried already`);
    const begun: Begun = { member, host, key, user, held: { row, lease }, beganMs: this.#nowMs };
    this.#world.note(`worker ${worker.id}`, `${why} ${member} for ${host} ${key}`);
    // A request that tries another member is none of the quota's.
    const counted = tried.size === 0 ? begun : { ...begun, user: "" };
    this.#books.begin(pool.plan, counted, why, worker.board.words[row + memberWord.state]!);
    worker.holds.set(counted, pool);
    const fate = this.#truth.fateOf(member, host);
    const lastsMs = this.#world.skewed(0, this.#swarm.lastsMaxMs);
    this.#world.after(lastsMs, () => {
      if (!worker.holds.has(counted)) return;
      this.#end(
        worker,
        counted,
        sampleOutcome({
          ...fate,
          host,
          key,
          user,
          durationMs: lastsMs,
          isCancelled: !this.#isOver && this.#world.chance(0.05),
        }),
      );
      if (fate.blame === "member" && tried.size < 2)
        this.#askFor(worker, { ...wish, tried: new Set([...tried, member]) });
    });
  }

  #end(worker: Worker, begun: Begun, outcome: EgressOutcome): void {
    const pool = worker.holds.get(begun)!;
    worker.holds.delete(begun);
    this.#books.end(begun);
    outcome.atMs = this.#nowMs;
    this.answered++;
    const { member, held } = begun;
    this.#world.note(
      `worker ${worker.id}`,
      `ends ${member} ${outcome.status} ${outcome.isCancelled ? "cancelled" : outcome.blame}`,
    );
    const isTold = pool.plan.isOwnEvidence || outcome.blame === "member";
    const isThere = this.#control.memberOf(member) !== 0;
    pool.end(held, outcome);
    if (isThere && isTold) this.#noted(member);
    if (isThere && isTold && !outcome.isCancelled && !this.#swarm.isMovingClocks && this.#truth.isUnusable(member))
      checkFound(member, pool);
    if (pool.plan.isOwnEvidence || outcome.blame === "member" || outcome.isCancelled) return;
    const line = { ...outcome, fromLog: true, blame: "nobody" as const, status: outcome.status || 502 };
    line.atMs = Math.floor(line.atMs / 1000) * 1000;
    this.#world.after(this.#world.skewed(0, 5000), () => {
      if (this.#controlPool.note(member, line, this.#nowMs)) this.#noted(member);
    });
  }

  #noted(member: string): void {
    this.#books.told.set(member, (this.#books.told.get(member) ?? 0) + 1);
  }

  // ---- what goes wrong ----

  #disturb(): void {
    if (this.#isOver) return;
    const world = this.#world;
    const swarm = this.#swarm;
    const host = world.pick(swarm.hosts);
    if (swarm.truth.hasOutages && world.chance(0.2)) {
      if (!this.#truth.down.delete(host)) this.#truth.down.add(host);
      world.note(host, this.#truth.down.has(host) ? "goes down" : "is up");
    }
    if (swarm.isKilling && world.chance(0.15) && this.#ids < 30) this.#kill(world.pick(this.#workers));
    if (swarm.isReloading && world.chance(0.15)) this.#reload();
    if (swarm.isBanning && world.chance(0.2)) this.#operate(world.pick(this.#plan.members).id);
    if (swarm.isMovingClocks && world.chance(0.05)) {
      this.#aheadMs -= world.pick([100, 5000, 3_600_000]);
      this.#books.forgetTimes();
      world.note("clock", "is set back");
    }
  }

  #kill(worker: Worker): void {
    this.#world.note(`worker ${worker.id}`, `is killed with ${worker.holds.size} requests`);
    for (const [boards, id] of worker.lives) boards.kill(id);
    this.#workers.splice(this.#workers.indexOf(worker), 1);
    for (const begun of worker.holds.keys()) this.#books.end(begun);
    worker.holds.clear();
    this.#start();
  }

  /** A member leaves, or one comes that was never there. */
  #reload(): void {
    const { members } = this.#plan;
    const isLeaving = members.length > 1 && (this.#members >= 60 || this.#world.chance(0.5));
    const leaving = this.#world.pick(members);
    const next = isLeaving
      ? members.filter((member) => member !== leaving)
      : [...members, sampleMember(this.#members++)];
    this.#plan = { ...this.#plan, members: next };
    this.#world.note("operator", isLeaving ? `takes out ${leaving.id}` : `adds ${next.at(-1)!.id}`);
    if (isLeaving) {
      this.#books.banned.delete(leaving.id);
      this.#books.told.delete(leaving.id);
    }
    const isReshaped = this.#world.chance(0.5);
    if (isReshaped) this.#reshape();
    else this.#adopt();
    this.#controlPool = this.#pool(this.#control);
    for (const worker of this.#workers) {
      if (isReshaped) this.#passOn(worker);
      worker.pool = this.#pool(worker.board);
    }
    if (isReshaped) this.#control.letGoAll();
  }

  /** The members have another board. */
  #reshape(): void {
    const former = this.#control;
    const isSmall = former.capacity === shape.members;
    this.#world.note("control", `makes a ${isSmall ? "large" : "small"} board`);
    this.#boards = new BoardWorld(isSmall ? largeShape : shape, room);
    this.#control = this.#boards.open();
    this.#adopt();
    if (!this.#control.carry(former)) throw new Violation("nobody lets go of the former board");
    this.#control.standIn(former);
  }

  #passOn(worker: Worker): void {
    const former = worker.board;
    worker.board = this.#open(worker);
    former.passOn(worker.board);
    // One after the other, and some once all have changed.
    if (this.#world.chance(0.5)) former.letGoAll();
  }

  #operate(id: string): void {
    const nowMs = this.#nowMs;
    if (this.#books.banned.delete(id)) {
      this.#world.note("operator", `unbans ${id}`);
      this.#controlPool.unban(id, "enough", nowMs);
      return;
    }
    const untilMs = this.#swarm.isMovingClocks || this.#world.chance(0.5) ? 0 : nowMs + 5000;
    this.#world.note("operator", `bans ${id} until ${untilMs}`);
    this.#controlPool.ban(id, untilMs, "abuse", nowMs);
    this.#books.banned.set(id, untilMs);
  }

  // ---- what must hold ----

  /** Never true: it is asked in place of an end. */
  #watch(): boolean {
    const { id } = this.#world.pick(this.#plan.members);
    const row = this.#control.memberOf(id);
    const active = this.#control.words[row + memberWord.active]!;
    if (active < this.#books.activeOf(id))
      throw new Violation(`${id} has ${active} in flight on the board, and ${this.#books.activeOf(id)} in truth`);
    return false;
  }

  /** Each member is asked at each host: on trial, that is what it waits for. */
  #visitAll(): void {
    const worker = this.#workers[0]!;
    const ids = this.#plan.members.map(({ id }) => id);
    for (const id of ids)
      for (const host of this.#swarm.hosts)
        this.#askFor(worker, {
          host,
          key: "",
          user: "",
          tried: new Set(ids.filter((other) => other !== id)),
          patienceMs: 5000,
        });
  }
}
