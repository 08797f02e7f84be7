// Tunnels of a forward proxy on a network that misbehaves: clients ask by CONNECT or by SOCKS5, with and without a password, for targets
// that refuse, hang, or say what they have to say. What must hold: each side gets the other's bytes and no others, from the first on; a
// FIN stands behind all of them; what breaks off is a reset; and nothing is left, not in the counts either.

import { Context } from "../../src/flow/context.ts";
import { sessionOn } from "../../src/flow/entrance.ts";
import { Site } from "../../src/flow/site.ts";
import { Arena } from "../../src/memory/arena.ts";
import { listenerCell, Tally, Totals } from "../../src/memory/tally.ts";
import { makeClient } from "../playbook/client.ts";
import { Memory } from "../playbook/memory.ts";
import { clearArena, makePlan } from "../playbook/plan.ts";
import { basic, connect as connectHead, proxyPlan, socks, users } from "../playbook/proxies.ts";
import { type Answer, SimDriver, SimLine } from "./driver.ts";
import { connect, type End } from "./network.ts";
import { Script } from "./script.ts";
import { drawSwarm, type Swarm } from "./swarm.ts";
import { Violation, World } from "./world.ts";

const arena = Arena.inMemory();
const settleMs = 120_000;
const idBytes = 4;

/** What one client and its target say to each other: its number first, then bytes that follow from it. */
function content(id: number, length: number): Uint8Array {
  const bytes = new Uint8Array(idBytes + length);
  new DataView(bytes.buffer).setUint32(0, id);
  for (let at = idBytes; at < bytes.length; at++) bytes[at] = (id * 31 + at * 7 + (at >> 8)) & 255;
  return bytes;
}

/** One side: it says what it has, then FIN, and compares what it hears. */
class Side {
  readonly name: string;
  readonly end: End;
  readonly script: Script;
  heard: Uint8Array = new Uint8Array(0);
  /** Null until it is known who the other one is. */
  expected: Uint8Array | null = null;
  isOver = false;
  #isFinTold = false;
  #isShut = false;

  constructor(world: World, end: End, name: string) {
    this.name = name;
    this.end = end;
    this.script = new Script(world, end);
  }

  hear(bytes: Uint8Array): void {
    this.heard = Uint8Array.from([...this.heard, ...bytes]);
    this.compare();
  }

  compare(): void {
    const { expected, heard } = this;
    if (expected === null) return;
    const isSame = heard.length <= expected.length && Buffer.compare(heard, expected.subarray(0, heard.length)) === 0;
    if (!isSame) throw new Violation(`${this.name} was sent other bytes than the other side has said`);
  }

  fin(): void {
    if (this.expected !== null && this.heard.length < this.expected.length)
      throw new Violation(`${this.name} was told an end after ${this.heard.length} of ${this.expected.length} bytes`);
    this.#isFinTold = true;
    this.isOver ||= this.#isShut;
  }

  /** All is said. */
  shut(): void {
    this.#isShut = true;
    this.end.shutdown();
    this.isOver ||= this.#isFinTold;
  }

  leave(): void {
    this.script.stop();
    this.isOver = true;
  }
}

export class TunnelRun {
  readonly #world: World;
  readonly #swarm: Swarm;
  readonly #driver: SimDriver;
  readonly #context: Context;
  readonly #totals = new Totals(arena, 1);
  readonly #sides: Side[] = [];
  readonly #ups = new Map<number, Uint8Array>();
  readonly #isGuarded: boolean;
  /** Tunnels may be broken off by a limit. */
  readonly #isLimited: boolean;
  opened = 0;

  constructor(world: World) {
    this.#world = world;
    this.#swarm = { ...drawSwarm(world), clients: world.between(1, 10) };
    this.#isGuarded = world.chance(0.5);
    this.#isLimited = world.chance(0.3);
    clearArena(arena);
    const tally = new Tally(arena, 0);
    this.#driver = new SimDriver(world, () => this.#answer());
    this.#driver.names.set("a.example", ["8.8.8.8", "2600::1"]);
    const parts = { arena, tally, workers: 1, random: () => world.prng.next(), ...new Memory().parts };
    this.#context = new Context(this.#driver, tally, new Site(this.#plan(), parts, null), () => {});
    this.#driver.start(this.#context);
  }

  #plan(): ReturnType<typeof makePlan> {
    const limits = { tunnelMs: 5_000, tunnelBytesMax: 20_000, tunnelsMax: 3 };
    return makePlan(
      proxyPlan({
        proxy: { socks: true },
        ...(this.#isGuarded ? { auth: users(["john", "{PLAIN}secret"]) } : {}),
        ...(this.#isLimited ? { targets: limits } : {}),
        upstream: { connectMs: 1_000 },
        downstream: { headMs: 4_000, handshakeMs: 4_000, idleMs: 4_000, tunnelMs: 30_000, lingerMs: 1_000 },
      }),
    );
  }

  go(): void {
    const world = this.#world;
    for (let id = 1; id <= this.#swarm.clients; id++) world.after(world.skewed(0, 3_000), () => this.#arrive(id));
    const isOver = (): boolean =>
      this.#sides.length >= this.#swarm.clients &&
      this.#sides.every((side) => side.isOver) &&
      this.#driver.lines.size === 0 &&
      this.#driver.dialsOpen === 0;
    if (!world.run(world.nowMs + settleMs, isOver)) {
      const names = this.#sides.filter((side) => !side.isOver).map((side) => side.name);
      throw new Violation(`not everything came to an end: ${names.join(", ")}, ${this.#driver.lines.size} lines`);
    }
    const left = [listenerCell.connections, listenerCell.tunnels].map((cell) => this.#totals.listener(0, cell));
    if (left.some((value) => value !== 0) || this.#totals.active(0) !== 0 || this.#context.downstreams.size !== 0)
      throw new Violation(`left over: ${left.join(", ")}, ${this.#totals.active(0)} in flight`);
    this.opened = this.#totals.listener(0, listenerCell.tunnelsOpened);
  }

  /** A client; near is our end. */
  #arrive(id: number): void {
    const world = this.#world;
    const [near, far] = connect(world, this.#swarm, `client-${id}`);
    const up = content(id, world.skewed(0, 40_000));
    this.#ups.set(id, up);
    const side = new Side(world, far, `client ${id}`);
    this.#sides.push(side);
    const isSocks = world.chance(0.5);
    const place = world.pick(["a.example", "a.example", "8.8.4.4", "127.0.0.1", "none.example"]);
    const [hello, answerBytes] = isSocks ? this.#greeting(place) : this.#head(place);
    let answer = "";
    const isWhole = (): boolean => (isSocks ? answer.length >= answerBytes : answer.includes("\r\n\r\n"));
    far.ears = {
      data: (bytes) => {
        if (isWhole()) return side.hear(bytes);
        answer += Buffer.from(bytes).toString("latin1");
        if (!isWhole()) return;
        const end = isSocks ? answerBytes : answer.indexOf("\r\n\r\n") + 4;
        const isGood = isSocks ? answer.charCodeAt(answerBytes - 9) === 0 : answer.startsWith("HTTP/1.1 200 ");
        if (!isGood) {
          side.leave();
          return far.reset();
        }
        side.expected = content(id, up.length);
        side.hear(Buffer.from(answer.slice(end), "latin1"));
        side.script.run();
      },
      writable: () => side.script.run(),
      end: () => {
        // One that was refused is told no more.
        if (!isWhole()) {
          side.leave();
          return far.close();
        }
        side.fin();
      },
      closed: (isReset) => {
        if (!isReset && isWhole()) side.fin();
        side.leave();
      },
    };
    if (this.#swarm.clientSlow) side.script.dripBytes = world.between(1, 4_000);
    side.script.send(hello);
    // Some do not wait for the answer.
    if (!world.chance(0.3)) side.script.gate(isWhole);
    side.script.send(up);
    if (this.#swarm.clientAborts && world.chance(0.3)) {
      world.after(world.skewed(0, 5_000), () => {
        side.leave();
        far.reset();
      });
    }
    side.script.act(() => side.shut());
    const line = new SimLine(this.#driver, near);
    this.#driver.tell(() => {
      line.flow = sessionOn(this.#context, this.#context.site.listeners[0]!, line, makeClient("192.0.2.1"));
    });
    side.script.run();
  }

  #greeting(place: string): [string, number] {
    const credentials = this.#isGuarded ? socks.credentials("john", "secret") : "";
    const asked = /^[0-9.]+$/.test(place) ? socks.ipv4(place, 443) : socks.name(place, 443);
    return [socks.greeting(this.#isGuarded ? 2 : 0) + credentials + asked, this.#isGuarded ? 14 : 12];
  }

  #head(place: string): [string, number] {
    return [connectHead(`${place}:443`, `Proxy-Authorization: ${basic("john:secret")}`), 0];
  }

  #answer(): Answer {
    const world = this.#world;
    if (this.#swarm.refuses && world.chance(0.4)) return { kind: "refuse", delayMs: world.skewed(0, 300) };
    if (this.#swarm.hangs && world.chance(0.2)) return { kind: "hang" };
    const [near, far] = connect(world, this.#swarm, "target");
    const side = new Side(world, far, `target ${this.#sides.length}`);
    this.#sides.push(side);
    const answerNow = (): void => {
      if (side.expected !== null || side.heard.length < idBytes) return;
      const id = new DataView(side.heard.buffer, side.heard.byteOffset).getUint32(0);
      const up = this.#ups.get(id);
      if (up === undefined) throw new Violation(`${side.name} was sent the number of nobody`);
      side.expected = up;
      side.compare();
      side.script.send(content(id, up.length)).act(() => side.shut());
    };
    far.ears = {
      data: (bytes) => {
        side.hear(bytes);
        answerNow();
        side.script.run();
        if (this.#swarm.originBadShare > 0.3 && world.chance(0.02)) {
          side.leave();
          far.reset();
        }
      },
      writable: () => side.script.run(),
      end: () => {
        side.fin();
        if (side.expected === null) side.shut();
      },
      closed: (isReset) => {
        if (!isReset) side.fin();
        side.leave();
      },
    };
    const tooLate = (): void => side.leave();
    return { kind: "accept", end: near, delayMs: world.skewed(0, this.#swarm.hangs ? 1_500 : 300), tooLate };
  }
}

export function runTunnels(seed: number): { readonly problem: string | null; readonly opened: number } {
  const run = new TunnelRun(new World(seed, false));
  try {
    run.go();
  } catch (error) {
    return { problem: error instanceof Violation ? error.message : String((error as Error).stack), opened: 0 };
  }
  return { problem: null, opened: run.opened };
}
