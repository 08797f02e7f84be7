// One run with carried connections, by themselves or beside clients who speak HTTP, in one worker or two; long, for a run is read
// from its first client to its last. First faults, then none, then new clients, then perhaps a drain. What must hold of a
// stream is its pair's to judge, what must hold of all of them at every moment is in watch.ts; here is judged how it ends.

import type { ServerPlan } from "../../../src/config/plan.ts";
import { Context } from "../../../src/flow/context.ts";
import { type ServerSite, Site, type SiteParts } from "../../../src/flow/site.ts";
import { Arena } from "../../../src/memory/arena.ts";
import { Tally, Totals } from "../../../src/memory/tally.ts";
import { Memory } from "../../playbook/memory.ts";
import { clearArena, setServer } from "../../playbook/plan.ts";
import { Crowd } from "../crowd.ts";
import { type Answer, SimDriver, SimLine } from "../driver.ts";
import { connect } from "../network.ts";
import { Violation, type World } from "../world.ts";
import { Books } from "./books.ts";
import { type Conduct, drawConduct } from "./conduct.ts";
import { Content } from "./content.ts";
import { badHello, brokenHello, type Hello, helloFor, proxyHeader } from "./hello.ts";
import { type Destiny, type House, Pair } from "./pair.ts";
import { Peer } from "./peer.ts";
import { carriedListener, drawPlan, namedListener, namesAsked, serverSlots, slotsFor, webListener } from "./plan.ts";
import { calmStreams, drawStreamSwarm, type StreamSwarm } from "./streamswarm.ts";
import { Watch } from "./watch.ts";
import { PairedClient, WatchedStream } from "./watched.ts";

const arena = Arena.inMemory();
const faultsMs = 10_000;
const settleMs = 300_000;
interface Worker {
  readonly driver: SimDriver;
  readonly context: Context;
  readonly parts: SiteParts;
}

export class StreamRun implements House {
  readonly #world: World;
  readonly #faulty: StreamSwarm;
  #swarm: StreamSwarm;
  readonly #workers: Worker[] = [];
  readonly #totals: Totals;
  readonly #books: Books;
  readonly #crowd: Crowd;
  readonly #pairs: Pair[] = [];
  /** By which a dial tells whom it is for. */
  #dialing: { pair: Pair; header: Uint8Array } | null = null;
  /** New clients come to the workers below. */
  #open: number;
  readonly #watch: Watch;
  #generation = 1;
  #orders = 0;
  #hasShortLimits: boolean;
  #isCalm = false;

  constructor(world: World, hasCrowd: boolean) {
    this.#world = world;
    this.#faulty = drawStreamSwarm(world, hasCrowd);
    this.#swarm = this.#faulty;
    const { workers } = this.#faulty;
    clearArena(arena, workers);
    world.note("swarm", JSON.stringify(this.#swarm));
    this.#totals = new Totals(arena, workers);
    this.#books = new Books(this.#totals, hasCrowd);
    this.#crowd = new Crowd(world);
    this.#watch = new Watch(world, this.#faulty, this.#totals, this.#pairs);
    this.#open = workers;
    this.#hasShortLimits = this.#swarm.hasShortLimits;
    const plan = drawPlan(world, this.#swarm, this.#generation);
    for (let index = 0; index < workers; index++) {
      const driver = new SimDriver(world, (server, preface) => this.#answerDial(server, preface));
      const tally = new Tally(arena, index);
      const parts = { arena, tally, workers, random: () => world.prng.next(), ...new Memory().parts };
      const context = new Context(
        driver,
        tally,
        new Site(plan, parts, null),
        (exchange) => this.#crowd.reported(exchange),
        (stream) => this.#reported(stream as WatchedStream),
      );
      this.#workers.push({ driver, context, parts });
      this.#watch.drivers.push(driver);
      driver.start(context);
    }
  }

  get answered(): number {
    return this.#crowd.answered + this.#pairs.filter(({ stream }) => stream?.fault === null).length;
  }

  go(): void {
    const world = this.#world;
    const started = world.nowMs;
    for (let count = this.#swarm.clients; count > 0; count--)
      world.after(world.skewed(0, faultsMs / 2), () => this.#arrive());
    this.#disturb();
    world.run(started + faultsMs, () => this.#watch.look());
    this.#swarm = calmStreams(this.#faulty);
    for (let slot = 0; slot < serverSlots; slot++) this.#setServer(slot, true);
    if (!world.run(world.nowMs + settleMs, () => this.#watch.look() || this.#isSettled()))
      this.#complain("after faults");
    this.#checkEnd("after faults");
    this.#isCalm = true;
    const before = this.#count;
    for (let count = 8; count > 0; count--) world.after(world.skewed(0, 1000), () => this.#arrive());
    const isOver = (): boolean => this.#count === before + 8 && this.#isSettled();
    if (!world.run(world.nowMs + settleMs, () => this.#watch.look() || isOver())) this.#complain("without faults");
    this.#checkEnd("without faults");
    if (this.#faulty.drains) this.#drainAll();
    this.#checkEnd("at the end");
    this.#books.check(this.#pairs);
  }

  get #count(): number {
    return this.#pairs.length + this.#crowd.clients.length;
  }

  // ---- clients ----

  #arrive(): void {
    const world = this.#world;
    const worker = world.between(0, this.#open - 1);
    const { driver, context } = this.#workers[worker]!;
    if (this.#faulty.hasCrowd && world.chance(0.5)) {
      const canBeCertain = this.#faulty.serverLimit === 0 && !this.#faulty.cuts;
      this.#crowd.arrive(this.#swarm, driver, context, webListener, canBeCertain);
      return;
    }
    const listener = world.chance(this.#swarm.named) ? namedListener : carriedListener;
    const hello = listener === namedListener ? this.#drawHello() : null;
    const name = `peer-${this.#pairs.length + 1}`;
    const [near, far] = connect(world, this.#swarm, name);
    const line = new SimLine(driver, near);
    const pair = new Pair(world, name, this.#destinyOf(hello), worker, line, this);
    this.#pairs.push(pair);
    const conduct = drawConduct(world, this.#swarm, "client", false);
    const isBroken = hello !== null && hello.name === null && hello.isBroken;
    const content = new Content(world.prng.u32(), hello?.bytes);
    pair.client = new Peer(world, far, content, isBroken ? { ...conduct, pieces: [] } : conduct, pair);
    const isFour = world.chance(0.8);
    const address = isFour ? `192.0.2.${world.between(1, 9)}` : `2001:db8::${world.between(1, 9)}`;
    const client = new PairedClient(pair, address, 20_000 + this.#pairs.length);
    driver.tell(() => {
      const stream = new WatchedStream(context, context.site.listeners[listener]!, line, client);
      pair.stream = stream;
      line.flow = stream;
    });
    pair.client.begin();
  }

  #drawHello(): Hello {
    const world = this.#world;
    if (this.#swarm.badHellos && world.chance(0.3)) return world.chance(0.5) ? badHello(world) : brokenHello(world);
    return helloFor(world, world.pick(namesAsked));
  }

  #destinyOf(hello: Hello | null): Destiny {
    if (hello !== null && hello.name === null) {
      // What is none goes where those go that say no name, but for what begins as TLS.
      const others = hello.isBroken || hello.bytes[0] === 22 ? null : slotsFor(this.#swarm, "");
      return others === null ? { kind: "refused" } : { kind: "carried", slots: others };
    }
    const slots = slotsFor(this.#swarm, hello === null ? null : hello.name);
    return slots === null ? { kind: "alert" } : { kind: "carried", slots };
  }

  // ---- servers ----

  nextOrder(): number {
    return ++this.#orders;
  }

  connects(pair: Pair, server: ServerSite): void {
    this.#watch.checkTurn(pair);
    const client = pair.stream!.client;
    this.#dialing = { pair, header: proxyHeader(server.plan.proxyProtocol, client) };
  }

  #answerDial({ slot }: ServerPlan, preface: Uint8Array | null): Answer {
    const world = this.#world;
    const swarm = this.#swarm;
    const dialing = this.#dialing;
    this.#dialing = null;
    if (dialing !== null && !Buffer.from(preface ?? []).equals(dialing.header))
      throw new Violation(`${dialing.pair.name} opens with another header`);
    if (swarm.refuses && world.chance(0.3)) return { kind: "refuse", delayMs: world.skewed(0, 200) };
    if (swarm.hangs && world.chance(0.2)) return { kind: "hang" };
    const [near, far] = connect(world, swarm, `server-${slot}`);
    const delayMs = world.chance(0.8) ? 0 : world.skewed(0, swarm.hangs ? 1_500 : 500);
    if (dialing === null) {
      this.#crowd.serve(() => this.#swarm, far);
      return { kind: "accept", end: near, delayMs };
    }
    const { pair, header } = dialing;
    const isTurnedAway = swarm.resets && world.chance(0.1);
    const drawn = drawConduct(world, swarm, "server", pair.client!.conduct.last !== "wait");
    const conduct: Conduct = isTurnedAway ? { ...drawn, isGood: false, leaves: "reset", leavesMs: 0.01 } : drawn;
    const peer = pair.tried(far, new Content(world.prng.u32()), conduct, header);
    return { kind: "accept", end: near, delayMs, tooLate: () => pair.strays.add(peer) };
  }

  isExcused(code: string): boolean {
    const { refuses, resets, hangs, flaps, cuts, drains, serverLimit } = this.#faulty;
    const isFaulty = !this.#isCalm;
    switch (code) {
      case "connect_refused":
        return (refuses || resets) && isFaulty;
      case "connect_timeout":
        return hangs && isFaulty;
      case "no_server":
        return flaps && isFaulty;
      case "queue_full":
      case "queue_timeout":
        return serverLimit > 0 || (flaps && isFaulty);
      case "draining":
        return cuts || drains;
      default:
        // That they were silent for long enough is judged apart.
        return this.#hasShortLimits && ["client_idle", "server_idle", "tunnel_idle"].includes(code);
    }
  }

  // ---- the operator ----

  #disturb(): void {
    const world = this.#world;
    const { flaps, reloads, cuts, workers } = this.#swarm;
    if (flaps) {
      for (let times = world.between(1, 6); times > 0; times--) {
        const slot = world.between(0, serverSlots - 1);
        const isUp = world.chance(0.5);
        world.after(world.between(0, faultsMs), () => this.#setServer(slot, isUp));
      }
    }
    if (reloads) {
      for (let times = world.between(1, 4); times > 0; times--)
        world.after(world.between(0, faultsMs), () => this.#reload());
    }
    if (cuts && workers > 1) {
      const atMs = world.between(0, faultsMs);
      world.after(atMs, () => this.#drain(1));
      world.after(atMs + world.skewed(0, 3_000), () => this.#cut(1));
    }
  }

  #setServer(slot: number, isUp: boolean): void {
    this.#watch.isUp[slot] = isUp;
    setServer(arena, slot, isUp);
  }

  #reload(): void {
    const world = this.#world;
    world.note("operator", "reloads");
    const other = drawStreamSwarm(world, this.#faulty.hasCrowd);
    const { clientIdleMs, serverIdleMs, tunnelMs, handshakeMs, queueMs, proxyProtocol } = other;
    const isChanged = world.chance(0.5);
    const limits = isChanged ? { clientIdleMs, serverIdleMs, tunnelMs, handshakeMs, queueMs, proxyProtocol } : {};
    this.#hasShortLimits ||= isChanged && other.hasShortLimits;
    const plan = drawPlan(world, { ...this.#swarm, ...limits }, ++this.#generation);
    for (const { driver, context, parts } of this.#workers)
      driver.tell(() => context.adopt(new Site(plan, parts, context.site)));
  }

  #drain(worker: number): void {
    this.#world.note("operator", `drains worker ${worker}`);
    this.#open = Math.min(this.#open, worker);
    const { driver, context } = this.#workers[worker]!;
    driver.tell(() => context.drain());
  }

  #cut(worker: number): void {
    this.#world.note("operator", `cuts worker ${worker}`);
    for (const pair of this.#pairs) if (pair.worker === worker) pair.isCut = true;
    const { driver, context } = this.#workers[worker]!;
    driver.tell(() => context.cut());
    if (context.downstreams.size > 0) throw new Violation(`${context.downstreams.size} are left after the cut`);
  }

  #drainAll(): void {
    const world = this.#world;
    this.#swarm = { ...this.#swarm, drains: true };
    for (let count = 3; count > 0; count--) this.#arrive();
    world.run(world.nowMs + world.skewed(0, 2_000), () => this.#watch.look());
    for (let worker = this.#open - 1; worker >= 0; worker--) this.#drain(worker);
    if (world.chance(0.5)) {
      world.run(world.nowMs + world.skewed(0, 3_000), () => this.#watch.look());
      for (let worker = 0; worker < this.#workers.length; worker++) this.#cut(worker);
    }
    if (!world.run(world.nowMs + settleMs, () => this.#watch.look() || this.#isSettled()))
      this.#complain("while draining");
  }

  // ---- what must hold ----

  #reported(stream: WatchedStream): void {
    const { pair } = stream;
    this.#world.note(pair.name, `report ${stream.bytesUp} up ${stream.bytesDown} down ${stream.fault?.code ?? ""}`);
    pair.reported(stream);
  }

  #isSettled(): boolean {
    return (
      this.#workers.every(({ driver }) => driver.lines.size === 0 && driver.dialsOpen === 0) &&
      this.#crowd.isDone &&
      this.#pairs.every(({ client }) => client!.isDone)
    );
  }

  #complain(when: string): never {
    const pairs = this.#pairs.filter((pair) => !pair.isReported || !pair.client!.isDone).map(({ name }) => name);
    const crowd = this.#crowd.clients.filter((client) => !client.isDone).map(({ name }) => name);
    const lines = this.#workers.flatMap(({ driver }) => [...driver.lines].map(({ socket }) => socket.name));
    throw new Violation(`not everything came to an end ${when}: ${[...pairs, ...crowd, ...lines].join(", ")}`);
  }

  #checkEnd(when: string): void {
    // What is still on its way to a peer arrives.
    this.#world.run(this.#world.nowMs + 2_000, () => this.#watch.look());
    for (const pair of this.#pairs) pair.judgeEnd();
    const left = this.#books.left();
    for (const { driver, context } of this.#workers) {
      if (context.downstreams.size > 0) left.push(`${context.downstreams.size} downstreams`);
      if (context.waiting.size > 0) left.push("a waiting room");
      if (driver.wheel.size > 0) left.push(`${driver.wheel.size} deadlines`);
    }
    if (left.length > 0) throw new Violation(`left over ${when}: ${left.join(", ")}`);
  }
}
