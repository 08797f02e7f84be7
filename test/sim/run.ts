// One run of the simulator: a seed decides everything. First faults, and what must hold in spite of them; then the faults stop,
// and everything must come to an end; then new clients, who must all be served.

import type { BodyPlan, HooksPlan, ServerTlsPlan } from "../../src/config/plan.ts";
import { Context } from "../../src/flow/context.ts";
import { Site, type SiteParts } from "../../src/flow/site.ts";
import { Arena } from "../../src/memory/arena.ts";
import { listenerCell, poolCell, routeCell, serverCell, Tally, Totals, workerCell } from "../../src/memory/tally.ts";
import { Memory } from "../playbook/memory.ts";
import { clearArena, makePlan, setServer } from "../playbook/plan.ts";
import { CachedRun } from "./cached/run.ts";
import { Crowd } from "./crowd.ts";
import { type Answer, SimDriver } from "./driver.ts";
import { runEgress } from "./egress/run.ts";
import { runFleet } from "./fleet/run.ts";
import { drawHooks, SimHooks } from "./hooked.ts";
import { Books, drawRules, heldIn, reshape } from "./judged.ts";
import { connect } from "./network.ts";
import { StreamRun } from "./streams/run.ts";
import { calm, drawSwarm, hasLargeBodies, heldBytesMaxOf, type Swarm } from "./swarm.ts";
import { Violation, World } from "./world.ts";

const arena = Arena.inMemory();
const serverNames = ["one", "two", "three"];
const faultsMs = 10_000;
/** Everything that was begun has ended by then, by its own doing or by a deadline. */
const settleMs = 600_000;

export interface Outcome {
  readonly seed: number;
  readonly problem: string | null;
  readonly trace: readonly string[];
  readonly answered: number;
}

/**
 * What a world is made of: clients who speak HTTP/1.1, connections that are carried, both, a cache that two workers share, nodes that share
 * a table, an egress pool, clients of which most speak HTTP/2, or servers that are asked by it.
 */
export const kinds = ["http", "tcp", "both", "cache", "fleet", "egress", "http2", "toserver"] as const;
export type Kind = (typeof kinds)[number];

/** Of forty seeds eight are for HTTP/1.1, eight for HTTP/2, four of them to servers, sixteen for streams, four for both, two for a cache, one for a fleet, and one for an egress pool. */
export function kindOf(seed: number): Kind {
  if (seed % 10 === 5) return seed % 20 === 5 ? "cache" : seed % 40 === 15 ? "fleet" : "egress";
  if (seed % 10 === 7) return "http2";
  if (seed % 10 === 3) return "toserver";
  return seed % 10 === 0 ? "both" : seed % 2 === 0 ? "tcp" : "http";
}

export function runSeed(seed: number, isTraced = false, kind: Kind = kindOf(seed)): Outcome {
  if (kind === "fleet") return { seed, ...runFleet(seed, isTraced) };
  if (kind === "egress") return { seed, ...runEgress(seed, isTraced) };
  const world = new World(seed, isTraced);
  const run =
    kind === "http" || kind === "http2" || kind === "toserver"
      ? new Run(world, kind)
      : kind === "cache"
        ? new CachedRun(world)
        : new StreamRun(world, kind === "both");
  let problem: string | null = null;
  try {
    run.go();
  } catch (error) {
    problem = error instanceof Violation ? error.message : ((error as Error).stack ?? String(error));
    world.note("problem", problem);
  }
  return { seed, problem, trace: world.trace ?? [], answered: run.answered };
}

/** No TLS is spoken in a run: what counts is that there is some. */
const tls: ServerTlsPlan = {
  serverName: "",
  verify: false,
  ca: null,
  chain: null,
  key: null,
  minVersion: "1.2",
  maxVersion: "1.3",
  ciphers: "",
  alpn: ["h2", "http/1.1"],
};

class Run {
  readonly #world: World;
  readonly #kind: "http" | "http2" | "toserver";
  /** Servers are asked by HTTP/2 over TLS, where they may choose. */
  readonly #isSecure: boolean;
  /** As clients of HTTP/2 are told: for as long as the run lasts. */
  readonly #streamsMax: number;
  readonly #faulty: Swarm;
  #swarm: Swarm;
  readonly #tally = new Tally(arena, 0);
  readonly #totals = new Totals(arena, 1);
  readonly #memory = new Memory();
  readonly #parts: SiteParts;
  readonly #driver: SimDriver;
  readonly #context: Context;
  readonly #crowd: Crowd;
  readonly #books = new Books();
  #generation = 1;

  constructor(world: World, kind: "http" | "http2" | "toserver") {
    this.#world = world;
    this.#kind = kind;
    clearArena(arena);
    this.#isSecure = kind === "toserver" && world.chance(0.4);
    const drawn = drawSwarm(world);
    // In the clear nothing but HTTP/2 is spoken.
    this.#faulty = kind === "toserver" && !this.#isSecure ? { ...drawn, upgrades: false, logins: false } : drawn;
    this.#streamsMax = kind === "http2" && world.chance(0.5) ? world.skewed(1, 100) : 100;
    this.#swarm = this.#faulty;
    world.note("swarm", JSON.stringify(this.#swarm));
    this.#parts = { arena, tally: this.#tally, workers: 1, random: () => world.prng.next(), ...this.#memory.parts };
    this.#driver = new SimDriver(world, (server, _, isHttp1) => this.#answerDial(server.slot, isHttp1));
    this.#parts = { ...this.#parts, hooks: new SimHooks(world, this.#driver) };
    const site = new Site(this.#plan(), this.#parts, null);
    this.#crowd = new Crowd(world);
    this.#context = new Context(this.#driver, this.#tally, site, (exchange) => {
      this.#books.reported(exchange);
      this.#crowd.reported(exchange);
    });
    this.#driver.start(this.#context);
  }

  get answered(): number {
    return this.#crowd.answered;
  }

  go(): void {
    const world = this.#world;
    const started = world.nowMs;
    for (let count = this.#swarm.clients; count > 0; count--)
      world.after(world.skewed(0, faultsMs / 2), () => this.#arrive());
    this.#disturb();
    world.run(started + faultsMs, () => this.#watch());
    this.#swarm = calm(this.#faulty);
    for (let slot = 0; slot < this.#swarm.servers; slot++) setServer(arena, slot, true);
    if (!world.run(world.nowMs + settleMs, () => this.#watch() || this.#isSettled())) this.#complain("after faults");
    this.#checkNothingLeft("after faults");
    const before = this.#crowd.clients.length;
    for (let count = 8; count > 0; count--) world.after(world.skewed(0, 1000), () => this.#arrive());
    const isOver = (): boolean => this.#crowd.clients.length === before + 8 && this.#isSettled();
    if (!world.run(world.nowMs + settleMs, () => this.#watch() || isOver())) this.#complain("without faults");
    if (this.#faulty.drains) this.#drain();
    this.#checkNothingLeft("at the end");
    this.#crowd.judgeReports();
  }

  #plan(): ReturnType<typeof makePlan> {
    const swarm = this.#swarm;
    const judged = swarm.isJudged ? drawRules(this.#world) : {};
    const hooks = (): HooksPlan | null => (swarm.isHooked ? drawHooks(this.#world) : null);
    return makePlan({
      ...judged,
      listener: { ...judged.listener, hooks: hooks() },
      generation: this.#generation++,
      servers: serverNames.slice(0, swarm.servers),
      server: {
        connectionsMax: swarm.serverLimit,
        isHttp2: this.#kind === "toserver",
        tls: this.#isSecure ? tls : null,
      },
      pool: {
        hooks: hooks(),
        ...(swarm.isRewriting ? { body: this.#body() } : {}),
        retries: swarm.retries,
        redispatch: swarm.redispatch,
        queue: { lengthMax: swarm.queueLength, timeoutMs: 5_000 },
        idle: { connectionsMax: swarm.idleMax, timeoutMs: 3_000 },
      },
      balance: { policy: this.#world.pick(["roundRobin", "leastConnections", "p2c", "random"]) },
      upstream: { connectMs: 1_000, responseMs: 5_000, readMs: 8_000 },
      downstream: { headMs: 4_000, idleMs: 6_000, readMs: 8_000, tunnelMs: 30_000, lingerMs: 1_000 },
      forwarding: {
        xForwardedFor: this.#world.chance(0.5),
        via: this.#world.chance(0.5) ? "sluice" : null,
        forwarded: this.#world.chance(0.5),
      },
      limits: {
        requestsPerConnectionMax: swarm.requestsMax,
        streamsPerConnectionMax: this.#streamsMax,
        headBytesMax: 8192,
        bodyBytesMax: 0,
        fieldsMax: 50,
      },
    });
  }

  /** What is replaced is replaced by itself, so that clients know what to expect. */
  #body(): BodyPlan {
    const types = ["text/plain"];
    const find = "aba";
    const replace = { find, by: find, isPattern: this.#world.chance(0.5), types, matchBytesMax: 64 };
    return {
      isSaid: this.#world.chance(0.7),
      compress: this.#world.chance(0.6) ? { codings: ["gzip"], types, bytesMin: 0, level: 1 } : null,
      replace: this.#world.chance(0.6) ? [replace] : [],
    };
  }

  #arrive(): void {
    const world = this.#world;
    if (this.#kind === "http") return this.#crowd.arrive(this.#swarm, this.#driver, this.#context, 0);
    // Many ask at once, and where only some may they wait for each other, and not for ever; so do they where they share what leads to a server.
    const isWide = this.#swarm.delayMsMax <= 20 && this.#swarm.windowBytes > 32_768 && !hasLargeBodies(this.#swarm);
    const canBeCertain = this.#swarm.serverLimit === 0 && (this.#kind === "http2" || isWide);
    if (world.chance(this.#kind === "http2" ? 0.2 : 0.5))
      this.#crowd.arrive(this.#swarm, this.#driver, this.#context, 0, canBeCertain);
    else this.#crowd.arriveByHttp2(this.#swarm, this.#driver, this.#context, 0, canBeCertain);
  }

  #answerDial(slot: number, isHttp1: boolean): Answer {
    const world = this.#world;
    const swarm = this.#swarm;
    if (swarm.refuses && world.chance(0.3)) return { kind: "refuse", delayMs: world.skewed(0, 200) };
    if (swarm.hangs && world.chance(0.2)) return { kind: "hang" };
    const [near, far] = connect(world, swarm, `server-${slot}`);
    const origin = (): Swarm => this.#swarm;
    const delayMs = world.chance(0.8) ? 0 : world.skewed(0, swarm.hangs ? 1_500 : 500);
    const isHttp2 = this.#kind === "toserver" && !isHttp1 && (!this.#isSecure || world.chance(0.8));
    if (isHttp2) this.#crowd.serveByHttp2(origin, far);
    else this.#crowd.serve(origin, far);
    const alpn = this.#isSecure ? { alpn: isHttp2 ? "h2" : "http/1.1" } : {};
    return { kind: "accept", end: near, delayMs, ...alpn };
  }

  /** What the operator does meanwhile. */
  #disturb(): void {
    const world = this.#world;
    if (this.#swarm.flaps) {
      for (let times = world.between(1, 6); times > 0; times--) {
        const slot = world.between(0, this.#swarm.servers - 1);
        const isUp = world.chance(0.5);
        world.after(world.between(0, faultsMs), () => setServer(arena, slot, isUp));
      }
    }
    if (this.#swarm.reloads) {
      for (let times = world.between(1, 4); times > 0; times--)
        world.after(world.between(0, faultsMs), () => this.#reload());
    }
  }

  #reload(): void {
    this.#world.note("operator", "reloads");
    this.#driver.tell(() => {
      const settle = this.#swarm.isJudged ? reshape(this.#world, this.#memory, this.#driver.sharedMs) : () => {};
      this.#context.adopt(new Site(this.#plan(), this.#parts, this.#context.site));
      settle();
    });
  }

  #drain(): void {
    const world = this.#world;
    this.#swarm = { ...this.#swarm, drains: true };
    for (let count = 3; count > 0; count--) this.#arrive();
    world.run(world.nowMs + world.skewed(0, 2_000), () => this.#watch());
    world.note("operator", "drains");
    this.#driver.tell(() => this.#context.drain());
    if (!world.run(world.nowMs + settleMs, () => this.#watch() || this.#isSettled())) this.#complain("while draining");
  }

  /** What must hold at every moment. Never true: it is asked in place of an end. */
  #watch(): boolean {
    if (this.#driver.heldBytesMax > heldBytesMaxOf(this.#faulty))
      throw new Violation(`a line holds ${this.#driver.heldBytesMax} bytes`);
    if (this.#swarm.serverLimit > 0) {
      for (let slot = 0; slot < this.#swarm.servers; slot++)
        if (this.#totals.active(slot) > this.#swarm.serverLimit)
          throw new Violation(`${this.#totals.active(slot)} exchanges at a server for ${this.#swarm.serverLimit}`);
    }
    return false;
  }

  #isSettled(): boolean {
    return this.#crowd.isDone && this.#driver.lines.size === 0 && this.#driver.dialsOpen === 0;
  }

  #complain(when: string): void {
    const clients = this.#crowd.clients.filter((client) => !client.isDone).map((client) => client.name);
    const lines = [...this.#driver.lines].map((line) => line.socket.name);
    throw new Violation(`not everything came to an end ${when}: ${[...clients, ...lines].join(", ")}`);
  }

  #checkNothingLeft(when: string): void {
    const left: string[] = [];
    const check = (name: string, value: number): void => {
      if (value !== 0) left.push(`${name} ${value}`);
    };
    check("downstreams", this.#context.downstreams.size);
    check("waiting rooms", this.#context.waiting.size);
    check("connections", this.#totals.worker(workerCell.connections));
    check("upstream connections", this.#totals.worker(workerCell.upstreamConnections));
    check("listener connections", this.#totals.listener(0, listenerCell.connections));
    check("upgraded", this.#totals.route(0, routeCell.open));
    check("queued", this.#totals.pool(0, poolCell.queued));
    for (let slot = 0; slot < serverNames.length; slot++) {
      check(`in flight at ${slot}`, this.#totals.active(slot));
      check(`open at ${slot}`, this.#totals.server(slot, serverCell.open));
      check(`idle at ${slot}`, this.#totals.server(slot, serverCell.idle));
    }
    check("deadlines", this.#driver.wheel.size);
    check("entries held", heldIn(this.#memory));
    if (this.#faulty.isJudged) left.push(...this.#books.differences(this.#memory));
    if (left.length > 0) throw new Violation(`left over ${when}: ${left.join(", ")}`);
  }
}
