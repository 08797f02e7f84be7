// One run of a simulated fleet: a seed decides how many nodes there are, what the network does to them, when control is killed,
// when the ledger loses everything, and what clients do. Meanwhile: no node ever reads more than was counted, or less than it
// counted itself. Then the faults stop, and all read what was counted, exactly: marks at once, counts when they have been looked up, and
// again when each node has met each client once more.

import type { Prng } from "../../../src/base/prng.ts";
import type { TablePlan } from "../../../src/config/plan.ts";
import { checkTable } from "../../../src/memory/sticktable/check.ts";
import { Violation, World } from "../world.ts";
import { FleetNode } from "./node.ts";
import { fair, Wire } from "./wire.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "integer" },
  entriesMax: 64,
  expireMs: 3_600_000,
  isEvicting: true,
  store: ["gpc(2)", "gpt0", "conn_cur", "bytes_out_cnt", "http_req_rate(10s)", "http_req_cnt"],
  share: { staleMs: 2000, whenStale: "open" },
};
const [gpc, gpt, current, bytes, rate, requests] = [0, 1, 2, 3, 4, 5];
const keys = 12;
const intervalMs = 200;
const faultsMs = 30_000;
/** Of faults: a call under way may wait for its answer for a second, and then asks again. */
const settleMs = 3000;
/** Of two windows nothing is left after this. */
const fadeMs = 21_000;

export interface FleetOutcome {
  readonly problem: string | null;
  readonly trace: readonly string[];
  /** By the ledger. */
  readonly answered: number;
}

interface Hold {
  readonly node: FleetNode;
  readonly key: number;
  readonly entry: number;
}

/** What was counted. */
interface Truth {
  readonly gpc: [number, number];
  bytes: number;
  requests: number;
  tag: number;
}

export function runFleet(seed: number, isTraced = false): FleetOutcome {
  const run = new FleetRun(seed, isTraced);
  let problem: string | null = null;
  try {
    run.go();
  } catch (error) {
    problem = error instanceof Violation ? error.message : ((error as Error).stack ?? String(error));
  }
  return { problem, trace: run.trace ?? [], answered: run.wire.asked };
}

/** What expires, or makes room, is forgotten sometime: of such tables only the bounds are known. */
const forgetful: readonly Partial<TablePlan>[] = [{ expireMs: 900 }, { expireMs: 4000 }, { entriesMax: 5 }];

class FleetRun {
  readonly wire: Wire;
  readonly #world: World;
  readonly #prng: Prng;
  readonly #nodes: readonly FleetNode[];
  readonly #truth: Truth[] = [];
  readonly #held: Hold[] = [];
  /** What a control that was killed had under way is lost, and so is what of rates stood in a ledger. */
  #isLossy = false;
  readonly #isLasting: boolean;
  readonly #faults: { readonly isKilling: boolean; readonly isLosing: boolean; readonly isCutting: boolean };

  constructor(seed: number, isTraced: boolean) {
    this.#world = new World(seed, isTraced);
    this.#prng = this.#world.prng;
    this.wire = new Wire(this.#world, intervalMs);
    const count = 2 + this.#prng.below(4);
    this.#isLasting = this.#world.chance(0.7);
    const drawn = this.#isLasting ? plan : { ...plan, ...this.#world.pick(forgetful) };
    this.#nodes = Array.from(
      { length: count },
      (_, index) => new FleetNode(`n${index}`, drawn, intervalMs, this.#prng),
    );
    for (let key = 0; key < keys; key++) this.#truth.push({ gpc: [0, 0], bytes: 0, requests: 0, tag: 0 });
    const has = (chance: number): boolean => this.#world.chance(chance);
    this.#faults = { isKilling: has(0.3), isLosing: has(0.3), isCutting: has(0.6) };
    const delayMaxMs = 1 + this.#prng.below(has(0.3) ? 900 : 60);
    const lossChance = has(0.5) ? this.#prng.next() * 0.3 : 0;
    this.wire.weather = { delayMinMs: 1, delayMaxMs, lossChance, repeatChance: has(0.5) ? 0.2 : 0 };
    this.#note("table", JSON.stringify(drawn));
    this.#note(`${count} nodes`, JSON.stringify({ ...this.wire.weather, ...this.#faults }));
  }

  get trace(): readonly string[] | null {
    return this.#world.trace;
  }

  go(): void {
    for (const node of this.#nodes) this.wire.join(node);
    while (this.wire.nowMs < faultsMs) {
      this.wire.run(this.wire.nowMs + this.#prng.below(60));
      this.#act();
      if (this.#prng.below(100) === 0) this.#fault();
      this.#checkBounds();
    }
    this.#note("faults end", "");
    this.wire.weather = fair;
    this.wire.cut.clear();
    this.wire.run(this.wire.nowMs + settleMs);
    // The last word is said when all can hear it.
    for (let key = 0; key < keys; key++) this.#tag(this.#world.pick(this.#nodes), key);
    this.wire.run(this.wire.nowMs + 1000);
    if (this.#isLasting) this.#checkMarks();
    // One node meets each client; who only looks it up hears of that too, an interval later.
    for (let key = 0; key < keys; key++) this.#meet(this.#world.pick(this.#nodes), key);
    this.wire.run(this.wire.nowMs + 1000);
    for (let looks = 0; looks < 6; looks++) {
      for (const node of this.#nodes) for (let key = 0; key < keys; key++) this.#read(node, key, requests);
      this.wire.run(this.wire.nowMs + 1.5 * intervalMs);
    }
    if (this.#isLasting) this.#checkCounts();
    for (const node of this.#nodes) for (let key = 0; key < keys; key++) this.#meet(node, key);
    this.wire.run(this.wire.nowMs + 1000);
    for (const node of this.#nodes) for (let key = 0; key < keys; key++) this.#look(node, key);
    this.wire.run(this.wire.nowMs + 1000);
    if (this.#isLasting) this.#checkSums();
    this.wire.run(this.wire.nowMs + fadeMs);
    this.#checkQuiet();
  }

  #act(): void {
    const node = this.#world.pick(this.#nodes);
    const key = this.#prng.below(keys);
    const truth = this.#truth[key]!;
    const now = node.ms(this.wire.nowMs);
    const table = node.lay(key);
    switch (this.#prng.below(6)) {
      case 0: {
        const element = this.#prng.below(2);
        const amount = 1 + this.#prng.below(3);
        truth.gpc[element as 0 | 1] += amount;
        table.add(gpc, element, amount, now);
        return this.#note(node.name, `gpc(${element}) of ${key} + ${amount}`);
      }
      case 1:
        return this.#tag(node, key);
      case 2: {
        const hold = this.#world.pick([...this.#held, null]);
        if (hold === null) return;
        this.#held.splice(this.#held.indexOf(hold), 1);
        this.#note(hold.node.name, `untrack ${hold.key}`);
        return hold.node.table.untrack(hold.entry, hold.node.ms(this.wire.nowMs));
      }
      default: {
        const entry = table.track(now, "request");
        const amount = this.#prng.below(5000);
        truth.requests++;
        truth.bytes += amount;
        table.note(entry, "bytesOut", amount, now);
        this.#held.push({ node, key, entry });
        return this.#note(node.name, `track ${key}, ${amount} bytes`);
      }
    }
  }

  #tag(node: FleetNode, key: number): void {
    const truth = this.#truth[key]!;
    truth.tag = 1 + this.#prng.below(1000);
    node.lay(key).assign(gpt, 0, truth.tag, node.ms(this.wire.nowMs));
    this.#note(node.name, `gpt of ${key} = ${truth.tag}`);
  }

  #fault(): void {
    const node = this.#world.pick(this.#nodes);
    const { isKilling, isLosing, isCutting } = this.#faults;
    const kind = this.#prng.below(4);
    if (kind === 0 && isKilling) {
      this.#isLossy = true;
      node.restart();
      this.#note(node.name, "control restarts");
    } else if (kind === 1 && isLosing) {
      this.wire.ledger.lose();
      this.#note("ledger", "loses everything");
    } else if (kind > 1 && isCutting) {
      if (!this.wire.cut.delete(node)) this.wire.cut.add(node);
      this.#note(node.name, this.wire.cut.has(node) ? "is cut off" : "is back");
    }
  }

  #read(node: FleetNode, key: number, column: number): number {
    return node.lay(key).read(column, 0, node.ms(this.wire.nowMs));
  }

  /** A request of each client at each node. */
  #meet(node: FleetNode, key: number): void {
    this.#truth[key]!.requests++;
    node.lay(key).add(requests, 0, 1, node.ms(this.wire.nowMs));
  }

  /** What somebody held for a moment is told, and heard of. */
  #look(node: FleetNode, key: number): void {
    const now = node.ms(this.wire.nowMs);
    node.table.untrack(node.lay(key).track(now), now);
  }

  #checkBounds(): void {
    const node = this.#world.pick(this.#nodes);
    const now = node.ms(this.wire.nowMs);
    this.#truth.forEach((truth, key) => {
      const table = node.lay(key);
      const pairs = [
        [gpc, 0, truth.gpc[0]],
        [gpc, 1, truth.gpc[1]],
        [bytes, 0, truth.bytes],
        [requests, 0, truth.requests],
      ] as const;
      for (const [column, element, counted] of pairs) {
        const read = table.read(column, element, now);
        const own = table.own.read(column, element, now);
        if (read > counted || read < own)
          this.#fail(node, `reads ${read} of column ${column} of ${key}: it counted ${own}, all counted ${counted}`);
      }
    });
  }

  #checkMarks(): void {
    for (const node of this.#nodes)
      this.#truth.forEach((truth, key) => {
        const now = node.ms(this.wire.nowMs);
        for (const element of [0, 1] as const)
          this.#expect(node, `gpc(${element})`, key, node.lay(key).read(gpc, element, now), truth.gpc[element]);
        const tag = node.lay(key).read(gpt, 0, now);
        if (tag !== truth.tag) this.#fail(node, `reads ${tag} as the tag of ${key}, which is ${truth.tag}`);
      });
  }

  #checkCounts(): void {
    for (const node of this.#nodes)
      this.#truth.forEach((truth, key) => {
        this.#expect(node, "bytes", key, this.#read(node, key, bytes), truth.bytes);
        this.#expect(node, "requests", key, this.#read(node, key, requests), truth.requests);
      });
  }

  #checkSums(): void {
    this.#checkCounts();
    for (const node of this.#nodes)
      this.#truth.forEach((_, key) => {
        const held = this.#held.filter((hold) => hold.key === key).length;
        const read = this.#read(node, key, current);
        if (read !== held) this.#fail(node, `reads ${read} connections of ${key}, and there are ${held}`);
      });
  }

  #checkQuiet(): void {
    for (const node of this.#nodes) {
      const now = node.ms(this.wire.nowMs);
      for (let key = 0; key < keys; key++) {
        const read = node.lay(key).read(rate, 0, now);
        if (read !== 0) this.#fail(node, `reads a rate of ${read} of ${key} after all is quiet`);
      }
      for (const table of [node.table.own, node.table.others]) {
        const [problem] = checkTable(table);
        if (problem !== undefined) this.#fail(node, problem);
      }
    }
  }

  #expect(node: FleetNode, what: string, key: number, read: number, counted: number): void {
    const isRight = this.#isLossy ? read <= counted : read === counted;
    if (!isRight) this.#fail(node, `reads ${read} ${what} of ${key}, and all counted ${counted}`);
  }

  #fail(node: FleetNode, what: string): never {
    throw new Violation(`${node.name} at ${Math.round(this.wire.nowMs)} ms: ${what}`);
  }

  #note(who: string, what: string): void {
    this.#world.note(who, what);
  }
}
