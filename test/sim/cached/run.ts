// A world with a cache: two workers share one store, clients come to both, servers change what they say, and everything that can fail
// fails, a worker in the middle of its work too. What clients see is judged by the truth (truth.ts). Then the faults stop, everything must
// come to an end, nothing may be held any more, and what is asked by many at once must be asked of servers once.

import { Context } from "../../../src/flow/context.ts";
import { Downstream } from "../../../src/flow/downstream.ts";
import { sessionOn } from "../../../src/flow/entrance.ts";
import { Site, type SiteParts } from "../../../src/flow/site.ts";
import { Arena } from "../../../src/memory/arena.ts";
import { checkStore } from "../../../src/memory/cachestore/check.fixture.ts";
import { TrialPages } from "../../../src/memory/cachestore/sample.fixture.ts";
import { CacheStore } from "../../../src/memory/cachestore.ts";
import { Tally } from "../../../src/memory/tally.ts";
import { cached } from "../../playbook/caching.ts";
import { makeClient } from "../../playbook/client.ts";
import { Memory } from "../../playbook/memory.ts";
import { clearArena, makePlan } from "../../playbook/plan.ts";
import { type Answer, SimDriver, SimLine } from "../driver.ts";
import { Gate } from "../http2/gate.ts";
import { connect, type End } from "../network.ts";
import { calm, drawSwarm, type Swarm } from "../swarm.ts";
import { Violation, type World } from "../world.ts";
import { CachedServer } from "./server.ts";
import { lasting, Resource, Truth } from "./truth.ts";
import { Visitor } from "./visitor.ts";

const arena = Arena.inMemory();
const faultsMs = 40_000;
const settleMs = 200_000;
const crowd = 12;

interface Worker {
  readonly id: number;
  readonly driver: SimDriver;
  readonly context: Context;
  readonly store: CacheStore;
  isAlive: boolean;
  /** The last connection of HTTP/2 to it. */
  gate: Gate | null;
}

export class CachedRun {
  readonly #world: World;
  readonly #faulty: Swarm;
  #swarm: Swarm;
  #truth: Truth;
  readonly #bytes: Uint8Array;
  readonly #pages: TrialPages;
  readonly #shape: Parameters<typeof CacheStore.format>[1];
  readonly #workers: Worker[] = [];
  readonly #visitors: Visitor[] = [];
  /** Most of those who come share connections of HTTP/2. */
  readonly #isHttp2: boolean;
  #gates = 0;

  constructor(world: World) {
    this.#world = world;
    clearArena(arena, 2);
    this.#faulty = drawSwarm(world);
    this.#swarm = this.#faulty;
    world.note("swarm", JSON.stringify(this.#swarm));
    const bytesMax = world.chance(0.3) ? 600_000 : 8 * 2 ** 20;
    const policy = world.pick(["tinylfu", "lru", "lfu"] as const);
    this.#shape = { bytesMax, objectBytesMax: world.chance(0.3) ? 30_000 : 2 ** 20, policy, isShared: false };
    this.#bytes = new Uint8Array(CacheStore.bytesFor(this.#shape));
    // Of the file nothing has memory yet but its beginning, and the system may have too little for the rest.
    CacheStore.format(this.#bytes, this.#shape, 1, false);
    this.#pages = new TrialPages(this.#bytes, CacheStore.fixedBytesFor(this.#shape));
    if (world.chance(0.2)) this.#pages.pagesMax = Math.ceil((this.#bytes.length * world.prng.next()) / 4096);
    this.#truth = Truth.draw(world, "/r", world.between(1, 6));
    this.#isHttp2 = world.chance(0.5);
    for (const id of [1, 2]) this.#workers.push(this.#makeWorker(id));
  }

  get answered(): number {
    return this.#visitors.reduce((sum, { answered }) => sum + answered, 0);
  }

  #makeWorker(id: number): Worker {
    const world = this.#world;
    const isAlive = (other: number): boolean => this.#workers.find((worker) => worker.id === other)?.isAlive ?? true;
    const store = new CacheStore(this.#bytes, "pages", { id, startedAt: 0, isAlive, relax: () => {} }, this.#pages);
    const tally = new Tally(arena, id - 1);
    const memory = new Memory(() => store);
    const parts: SiteParts = { arena, tally, workers: 2, random: () => world.prng.next(), ...memory.parts };
    const driver = new SimDriver(world, (server) => this.#answerDial(server.slot));
    const context = new Context(driver, tally, new Site(this.#plan(), parts, null), (exchange) =>
      world.note("report", `${id}: ${exchange.status} ${exchange.fault?.code ?? ""} ${exchange.caching?.word ?? ""}`),
    );
    driver.pages = this.#pages;
    driver.start(context);
    return { id, driver, context, store, isAlive: true, gate: null };
  }

  #plan(): ReturnType<typeof makePlan> {
    const swarm = this.#faulty;
    const { bytesMax, objectBytesMax, policy } = this.#shape;
    const collapseMs = this.#world.pick([0, 500, 10_000]);
    const passMs = this.#world.pick([1_000, 30_000]);
    return makePlan(
      cached(
        { collapseMs, passMs, heuristicShare: 0 },
        {
          servers: ["one", "two"],
          pool: { retries: Math.max(1, swarm.retries), queue: { lengthMax: 100, timeoutMs: 5_000 } },
          upstream: { connectMs: 1_000, responseMs: 5_000, readMs: 8_000 },
          downstream: { headMs: 4_000, idleMs: 6_000, readMs: 8_000, lingerMs: 1_000 },
        },
        { bytesMax, objectBytesMax, policy },
      ),
    );
  }

  go(): void {
    const world = this.#world;
    const started = world.nowMs;
    for (let count = 60; count > 0; count--) world.after(world.between(0, faultsMs), () => this.#arrive(false));
    for (let count = 30; count > 0; count--)
      world.after(world.between(0, faultsMs), () => world.pick(this.#truth.resources).change());
    const isKilling = world.chance(0.4);
    if (isKilling) world.after(world.between(1_000, faultsMs), () => this.#kill(this.#workers[1]!));
    if (world.chance(0.3)) world.after(world.between(1_000, faultsMs), () => this.#setClock());
    world.run(started + faultsMs, () => false);
    this.#swarm = calm(this.#faulty);
    if (!world.run(world.nowMs + settleMs, () => this.#isSettled())) this.#complain("after faults");
    this.#checkNothingLeft("after faults");
    const before = this.#visitors.length;
    // Nothing that was known before may be stale by an error now.
    this.#truth = Truth.draw(world, "/s", 3);
    for (let count = 10; count > 0; count--) world.after(world.skewed(0, 20_000), () => this.#arrive(true));
    const isOver = (): boolean => this.#visitors.length === before + 10 && this.#isSettled();
    if (!world.run(world.nowMs + settleMs, isOver)) this.#complain("without faults");
    // Memory comes in steps: of less than one nothing is had.
    const isStarved = this.#pages.refusals > 0 && this.#pages.granted === 0;
    if (this.#plansWaiting() && !isStarved) this.#rush();
    this.#checkNothingLeft("at the end");
  }

  /** Of all machines. Back only by so much that all that is stored is seen to be from a time to come: by less, it would be shown for longer. */
  #setClock(): void {
    const world = this.#world;
    const stepMs = world.between(faultsMs + 100_000, 3_600_000) * world.pick([-1, 1]);
    world.note("clock", `set by ${stepMs} ms`);
    world.wallOffsetMs += stepMs;
  }

  /** Whether all workers let those wait who ask for the same, for long. */
  #plansWaiting(): boolean {
    return this.#workers.every(({ context }) => context.site.plan.pools[0]!.cache!.collapseMs === 10_000);
  }

  /** Many ask at once for what nobody has asked for before. Where nothing at all has memory nobody can wait for it either. */
  #rush(): void {
    const world = this.#world;
    const resource = new Resource(world, "/rush", { ...lasting, framing: world.pick(["length", "chunked"]) });
    this.#truth = new Truth([resource]);
    for (let count = crowd; count > 0; count--) this.#arrive(true, resource);
    if (!world.run(world.nowMs + settleMs, () => this.#isSettled())) this.#complain("in a rush");
    if (resource.asked !== 1) throw new Violation(`${crowd} who asked at once made ${resource.asked} requests`);
  }

  #arrive(isStrict: boolean, only: Resource | null = null): void {
    const world = this.#world;
    const worker = world.pick(this.#workers.filter(({ isAlive }) => isAlive));
    const name = `visitor-${this.#visitors.length + 1}`;
    const way = this.#isHttp2 && world.chance(0.7) ? this.#gateOf(worker).open() : this.#connect(worker, name, false);
    this.#visitors.push(new Visitor(world, this.#truth, this.#swarm, name, way, isStrict, only));
  }

  #connect({ driver, context }: Worker, name: string, isHttp2: boolean): End {
    const [near, far] = connect(this.#world, this.#swarm, name);
    const line = new SimLine(driver, near);
    driver.tell(() => {
      const client = makeClient("192.0.2.1");
      const [listener] = context.site.listeners;
      line.flow = isHttp2
        ? sessionOn(context, listener!, line, client)
        : new Downstream(context, listener!, line, client);
    });
    return far;
  }

  /** A connection to it that others may be on as well. */
  #gateOf(worker: Worker): Gate {
    const world = this.#world;
    const { gate } = worker;
    if (gate !== null && !gate.isClosed && world.chance(0.8)) return gate;
    const name = `gate-${++this.#gates}`;
    worker.gate = new Gate(world, name, this.#connect(worker, name, true));
    return worker.gate;
  }

  #answerDial(slot: number): Answer {
    const world = this.#world;
    const swarm = this.#swarm;
    if (swarm.refuses && world.chance(0.3)) return { kind: "refuse", delayMs: world.skewed(0, 200) };
    if (swarm.hangs && world.chance(0.2)) return { kind: "hang" };
    const [near, far] = connect(world, swarm, `server-${slot}`);
    new CachedServer(world, this.#truth, () => this.#swarm, far);
    return { kind: "accept", end: near, delayMs: world.chance(0.8) ? 0 : world.skewed(0, 500) };
  }

  /** In the middle of whatever it does: its connections are reset, and its part of the store is as it leaves it. */
  #kill(worker: Worker): void {
    this.#world.note("operator", `kills worker ${worker.id}`);
    worker.isAlive = false;
    worker.driver.kill();
  }

  #isSettled(): boolean {
    return (
      this.#visitors.every(({ isDone }) => isDone) &&
      this.#workers.every(({ driver, isAlive }) => !isAlive || (driver.lines.size === 0 && driver.dialsOpen === 0))
    );
  }

  #complain(when: string): void {
    const names = this.#visitors.filter(({ isDone }) => !isDone).map(({ name }) => name);
    const lines = this.#workers.flatMap(({ driver }) => [...driver.lines].map(({ socket }) => socket.name));
    throw new Violation(`not everything came to an end ${when}: ${[...names, ...lines].join(", ")}`);
  }

  #checkNothingLeft(when: string): void {
    const left: string[] = [];
    for (const { context, driver, id, isAlive } of this.#workers) {
      if (!isAlive) continue;
      if (context.downstreams.size > 0) left.push(`${context.downstreams.size} connections of worker ${id}`);
      if (context.followers.size > 0) left.push(`who waits in worker ${id}`);
      if (driver.wheel.size > 0) left.push(`${driver.wheel.size} deadlines of worker ${id}`);
    }
    const { store } = this.#workers[0]!;
    store.recover();
    const { fetching } = store.figures();
    const { owners, pins, shard } = store.parts;
    let held = 0;
    for (let row = 0; row < owners.count; row++) {
      const cells = pins.cellsOf(row);
      for (let cell = cells; cell < cells + shard.layout.room.pins; cell++) if (shard.words[cell] !== 0) held++;
    }
    if (held > 0) left.push(`${held} entries held`);
    // What a dead worker was fetching goes when somebody asks for it.
    if (fetching > 0 && this.#workers.every(({ isAlive }) => isAlive)) left.push(`${fetching} fetched`);
    left.push(...checkStore(store));
    if (this.#pages.overrun > 0) left.push(`${this.#pages.overrun} pages that were written to and have no memory`);
    if (this.#pages.spoilt > 0) left.push(`${this.#pages.spoilt} pages that were written over while they were lent`);
    if (left.length > 0) throw new Violation(`left over ${when}: ${left.join(", ")}`);
  }
}
