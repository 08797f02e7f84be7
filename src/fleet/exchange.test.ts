// Two nodes and a ledger, each word of their conversation said by the test: what is lost, repeated or forgotten, and when.

import { describe, expect, test } from "bun:test";
import type { TablePlan } from "../config/plan.ts";
import { SharedTable } from "../memory/sharedtable.ts";
import { checkTable } from "../memory/sticktable/check.ts";
import { copyTable, removeKey } from "../memory/sticktable/rows.ts";
import { StickTable } from "../memory/sticktable.ts";
import { keyName } from "../memory/tablekey.ts";
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import { Ledger } from "./ledger.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "integer" },
  entriesMax: 50,
  expireMs: 60_000,
  isEvicting: true,
  store: ["gpc0", "http_req_cnt", "http_req_rate(10s)", "conn_cur", "gpt0"],
  share: { staleMs: 5000, whenStale: "open" },
};
const limited: TablePlan = { ...plan, name: "limited", store: ["tokens(10,100ms)"] };
const [gpc, requests, rate, current, gpt] = [0, 1, 2, 3, 4];
const startMs = 1_790_000_000_000;

class Node {
  readonly table: SharedTable;
  exchange: Exchange;
  readonly #name: string;
  readonly #clock: { nowMs: number };

  constructor(name: string, clock: { nowMs: number }, of: TablePlan) {
    this.#name = name;
    this.#clock = clock;
    this.table = SharedTable.inMemory(of);
    this.exchange = this.open();
  }

  open(table = this.table): Exchange {
    this.exchange = new Exchange(table, this.#options(this.#name));
    return this.exchange;
  }

  /** It goes on under another name, as after a reload. */
  rename(name: string): void {
    this.exchange = new Exchange(this.table, { ...this.#options(name), former: this.exchange });
  }

  #options(node: string): ExchangeOptions {
    return { node, intervalMs: 200, random: () => 0.5, changesMax: 3 };
  }

  /** With this key. */
  at(key: number): SharedTable {
    this.table.key.setInteger(key);
    return this.table;
  }

  add(key: number, column: number, amount = 1): number {
    return this.at(key).add(column, 0, amount, this.#clock.nowMs);
  }

  read(key: number, column: number): number {
    return this.at(key).read(column, 0, this.#clock.nowMs);
  }
}

function stage(of: TablePlan = plan) {
  const clock = { nowMs: 1000 };
  const ledger = new Ledger();
  const [a, b] = [new Node("a", clock, of), new Node("b", clock, of)];
  /** Until there is nothing more to be said. */
  const talk = (...nodes: Node[]): void => {
    for (const { exchange } of nodes) {
      for (let more = true; more; )
        more = exchange.hear(ledger.ask(exchange.next(clock.nowMs), startMs + clock.nowMs), clock.nowMs);
      clock.nowMs += 10;
    }
  };
  /** The ledger hears, and the answer is lost. */
  const shout = ({ exchange }: Node): void => void ledger.ask(exchange.next(clock.nowMs), startMs + clock.nowMs);
  return { clock, ledger, a, b, talk, shout };
}

test("a node asks first which ledger it is, and then tells it everything", () => {
  const { a, ledger, clock } = stage();
  a.add(7, gpc);
  const hello = a.exchange.next(clock.nowMs);
  expect(hello).toMatchObject({ epoch: 0, changes: [], node: "a", expireMs: 60_000, aliveMs: 5000 });
  expect(a.exchange.hear(ledger.ask(hello, startMs), clock.nowMs)).toBe(true);
  const batch = a.exchange.next(clock.nowMs);
  expect(batch.stream).toBe(startMs);
  expect(batch.changes).toEqual([{ key: ":07000000", ageMs: 0, slots: [0, 1] }]);
  expect(a.exchange.next(clock.nowMs + 500)).toBe(batch);
});

test("counts add up on both, and what has been told is not told again", () => {
  const { a, b, talk, clock } = stage();
  a.add(7, requests, 3);
  b.add(7, requests, 4);
  talk(a, b, a);
  expect([a.read(7, requests), b.read(7, requests)]).toEqual([3, 7]);
  a.add(7, requests, 1);
  talk(a);
  expect(a.read(7, requests)).toBe(8);
  clock.nowMs += 2000;
  expect(a.exchange.next(clock.nowMs).changes).toEqual([]);
});

test("marks reach a node that has never met the client, and so do tags", () => {
  const { a, b, talk } = stage();
  talk(a, b);
  a.add(7, gpc);
  a.at(8).assign(gpt, 0, 42, 1000);
  talk(a, b);
  expect([b.read(7, gpc), b.read(8, gpt), b.table.own.figures().used]).toEqual([1, 42, 0]);
});

test("the last tag that was given counts everywhere", () => {
  const { a, b, talk, clock } = stage();
  a.at(7).assign(gpt, 0, 1, clock.nowMs);
  talk(a, b);
  b.at(7).assign(gpt, 0, 2, clock.nowMs);
  talk(b, a);
  expect([a.read(7, gpt), b.read(7, gpt)]).toEqual([2, 2]);
  a.at(7).clear(gpt, 0, clock.nowMs);
  talk(a, b);
  expect([a.read(7, gpt), b.read(7, gpt)]).toEqual([0, 0]);
});

test("what is set back falls everywhere", () => {
  const { a, b, talk, clock } = stage();
  a.add(7, gpc, 5);
  b.add(7, gpc, 2);
  talk(a, b, a);
  a.at(7).clear(gpc, 0, clock.nowMs);
  talk(a, b);
  expect([a.read(7, gpc), b.read(7, gpc)]).toEqual([2, 2]);
});

test("rates are summed, and fade", () => {
  const { a, b, talk, clock } = stage();
  a.add(7, rate, 6);
  b.add(7, rate, 4);
  talk(a, b, a);
  b.add(7, rate);
  talk(b);
  expect(b.read(7, rate)).toBe(11);
  clock.nowMs += 40_000;
  expect(b.read(7, rate)).toBe(0);
});

describe("nothing is counted twice", () => {
  test("when an answer is lost and the batch is told again", () => {
    const { a, b, talk, shout } = stage();
    talk(a, b);
    a.add(7, gpc, 3);
    shout(a);
    shout(a);
    a.add(7, gpc, 1);
    talk(a, b);
    talk(a, b);
    expect([a.read(7, gpc), b.read(7, gpc)]).toEqual([4, 4]);
  });

  test("when control is killed between telling and hearing", () => {
    const { a, b, talk, shout } = stage();
    talk(a, b);
    a.add(7, gpc, 3);
    shout(a);
    a.open();
    a.add(7, gpc, 1);
    talk(a, b);
    expect([a.read(7, gpc), b.read(7, gpc)]).toEqual([4, 4]);
  });

  test("when the entry expired here and was made anew, while others kept theirs", () => {
    const { a, b, talk, clock } = stage();
    a.add(7, gpc, 3);
    talk(a, b);
    for (let round = 0; round < 4; round++) {
      clock.nowMs += 20_000;
      b.add(7, requests);
      talk(b);
    }
    expect(a.table.own.has(clock.nowMs)).toBe(false);
    a.add(7, gpc, 1);
    talk(a, b);
    expect([a.read(7, gpc), b.read(7, gpc)]).toEqual([4, 4]);
  });

  test("when the ledger lost everything", () => {
    const { a, b, talk, ledger } = stage();
    a.add(7, gpc, 3);
    b.add(7, gpc, 2);
    talk(a, b, a);
    ledger.lose();
    talk(a, b, a, b);
    expect([a.read(7, gpc), b.read(7, gpc)]).toEqual([5, 5]);
  });

  test("when an operator removed the entry in the ledger only: each tells what it has once more", () => {
    const { a, b, talk, ledger } = stage();
    a.add(7, gpc, 3);
    b.add(7, gpc, 2);
    talk(a, b, a);
    ledger.remove(":07000000");
    a.add(7, gpc, 1);
    b.add(7, gpc, 1);
    talk(a, b, a, b, a, b);
    expect([a.read(7, gpc), b.read(7, gpc)]).toEqual([7, 7]);
  });

  test("when the table was taken over into another shape", () => {
    const { a, b, talk, clock } = stage();
    a.add(7, gpc, 3);
    talk(a, b);
    const wider = SharedTable.inMemory({ ...plan, entriesMax: 80 });
    expect(copyTable(a.table.own, wider.own, clock.nowMs)).toBe(1);
    a.open(wider);
    wider.key.setInteger(7);
    wider.add(gpc, 0, 1, clock.nowMs);
    talk(a, b);
    expect(b.read(7, gpc)).toBe(4);
    expect(checkTable(wider.own)).toEqual([]);
  });
});

test("an operator who removes an entry here and in the ledger ends it for both", () => {
  const { a, b, talk, ledger, clock } = stage();
  a.add(7, gpc, 3);
  talk(a, b);
  ledger.remove(":07000000");
  for (const { table } of [a, b])
    for (const each of [table.own, table.others]) {
      each.key.setInteger(7);
      removeKey(each, clock.nowMs);
    }
  a.add(7, gpc);
  talk(a, b);
  expect([a.read(7, gpc), b.read(7, gpc)]).toEqual([1, 1]);
});

test("connections are counted where they are: those of a node that went away are not", () => {
  const { a, b, talk, clock } = stage();
  a.at(7).track(clock.nowMs);
  const held = a.at(7).track(clock.nowMs);
  b.at(7).track(clock.nowMs);
  talk(a, b);
  expect(b.read(7, current)).toBe(3);
  a.table.untrack(held, clock.nowMs);
  b.at(7).add(gpc, 0, 1, clock.nowMs);
  talk(a, b);
  expect(b.read(7, current)).toBe(2);
  clock.nowMs += 6000;
  b.add(7, gpc);
  talk(b);
  expect(b.read(7, current)).toBe(1);
  // Control is another process by now; connections are what they were.
  a.open();
  talk(a);
  b.add(7, gpc);
  talk(b);
  expect(b.read(7, current)).toBe(2);
});

test("what dead workers held is told when all entries are looked at", () => {
  const { a, b, talk, clock } = stage();
  const held = a.at(7).track(clock.nowMs);
  b.at(7).track(clock.nowMs);
  talk(a, b);
  clock.nowMs += 3000;
  a.table.untrack(held, clock.nowMs - 10_000);
  a.exchange.lookAtAll();
  talk(a);
  b.add(7, gpc);
  talk(b);
  expect(b.read(7, current)).toBe(1);
});

test("who only looks a client up hears of it with the next answer, and again as often as it looks", () => {
  const { a, b, talk, clock } = stage();
  a.add(7, rate, 3);
  talk(a, b);
  expect(b.read(7, rate)).toBe(0);
  clock.nowMs += 200;
  talk(b);
  expect([b.read(7, rate), b.table.own.figures().used]).toEqual([3, 0]);
  a.add(7, rate, 4);
  talk(a, b);
  // What was known decides until then.
  expect(b.read(7, rate)).toBe(3);
  clock.nowMs += 200;
  talk(b);
  expect(b.read(7, rate)).toBe(7);
});

test("an entry of one's own that was used long ago is as old, and heard of when it is looked up", () => {
  const { a, b, talk, clock } = stage();
  b.add(7, requests, 1);
  talk(a, b);
  a.add(7, requests, 5);
  talk(a, b);
  clock.nowMs += 1000;
  expect(b.read(7, requests)).toBe(1);
  talk(b);
  expect(b.read(7, requests)).toBe(6);
});

test("a key that was wished for is heard of, and nothing is made or refreshed by that", () => {
  const { a, b, talk, clock } = stage();
  talk(a, b);
  a.add(7, requests, 5);
  talk(a, b);
  expect(b.read(7, requests)).toBe(0);
  b.exchange.wish(keyName(b.at(7).key));
  b.exchange.wish(keyName(b.at(9).key));
  talk(b);
  expect([b.read(7, requests), b.table.own.figures().used, b.table.others.figures().used]).toEqual([5, 0, 1]);
  clock.nowMs += 60_000;
  b.exchange.wish(keyName(b.at(7).key));
  talk(b);
  expect(b.table.others.has(clock.nowMs)).toBe(false);
});

test("a batch is bounded, and the rest follows at once", () => {
  const { a, ledger, clock, talk } = stage();
  talk(a);
  for (let key = 0; key < 8; key++) a.add(key, gpc);
  const sizes: number[] = [];
  for (let more = true; more; ) {
    const batch = a.exchange.next(clock.nowMs);
    sizes.push(batch.changes.length);
    more = a.exchange.hear(ledger.ask(batch, startMs + clock.nowMs), clock.nowMs);
  }
  expect(sizes).toEqual([3, 3, 2]);
});

test("a second node under the same name is told, and both go on", () => {
  const { a, b, talk, clock, ledger } = stage();
  const twin = new Node("a", clock, plan);
  talk(a, b);
  clock.nowMs += 1000;
  talk(twin);
  a.add(7, gpc, 2);
  const batch = a.exchange.next(clock.nowMs);
  const answer = ledger.ask(batch, startMs + clock.nowMs);
  expect(answer.kind).toBe("superseded");
  expect(a.exchange.hear(answer, clock.nowMs)).toBe(true);
  twin.add(7, gpc, 3);
  talk(a, twin, b);
  expect(b.read(7, gpc)).toBe(5);
});

describe("tokens", () => {
  test("are taken from one bucket, and what was taken too much is owed", () => {
    const { a, b, talk, clock } = stage(limited);
    for (const node of [a, b])
      for (let count = 0; count < 10; count++) expect(node.at(7).take(0, 1, clock.nowMs)).toBe(0);
    talk(a, b);
    // Who is refused asks again, and hears.
    expect(a.at(7).take(0, 1, clock.nowMs)).toBeGreaterThan(0);
    talk(a);
    // Twenty were taken: ten in debt, of which each pays a second.
    for (const node of [a, b]) expect(node.at(7).take(0, 1, clock.nowMs)).toBeGreaterThan(900);
    clock.nowMs += 900;
    for (const node of [a, b]) expect(node.at(7).take(0, 1, clock.nowMs)).toBeGreaterThan(0);
  });

  test("what a node took while it was alone empties the bucket, and no more", () => {
    const { a, b, talk, clock } = stage(limited);
    talk(a, b);
    for (let round = 0; round < 100; round++) {
      clock.nowMs += 100;
      a.at(7).take(0, 1, clock.nowMs);
    }
    expect(a.exchange.next(clock.nowMs).isLate).toBe(true);
    talk(a);
    expect(a.at(7).take(0, 1, clock.nowMs)).toBeLessThanOrEqual(100);
  });

  test("a bucket that two nodes use refills by half without answers, until they are stale, and one's own by all", () => {
    const { a, b, talk, clock } = stage(limited);
    talk(a, b);
    for (const node of [a, b]) for (let count = 0; count < 5; count++) node.at(7).take(0, 1, clock.nowMs);
    a.at(8).take(0, 9, clock.nowMs);
    talk(a, b);
    a.at(7).take(0, 1, clock.nowMs);
    talk(a);
    const heardMs = clock.nowMs - 10;
    let taken = { shared: 0, own: 0 };
    const goOn = (untilMs: number): typeof taken => {
      taken = { shared: 0, own: 0 };
      for (; clock.nowMs < heardMs + untilMs; clock.nowMs += 10) {
        if ((clock.nowMs - heardMs) % 200 === 0) a.exchange.hold(clock.nowMs);
        if (a.at(7).take(0, 1, clock.nowMs) === 0) taken.shared++;
        if (a.at(8).take(0, 1, clock.nowMs) === 0) taken.own++;
      }
      return taken;
    };
    goOn(1000);
    const { shared, own } = goOn(5000);
    expect(shared).toBeWithin(19, 22);
    expect(own).toBeWithin(39, 42);
    expect(goOn(7000).shared).toBeWithin(17, 22);
  });

  test("a reload of the fleet's section while Redis is away changes nothing of that", () => {
    const { a, b, talk, clock } = stage(limited);
    talk(a, b);
    for (const node of [a, b]) for (let count = 0; count < 5; count++) node.at(7).take(0, 1, clock.nowMs);
    talk(a, b);
    a.at(7).take(0, 1, clock.nowMs);
    talk(a);
    const heardMs = clock.nowMs - 10;
    a.rename("a");
    let taken = 0;
    for (; clock.nowMs < heardMs + 5000; clock.nowMs += 10) {
      if ((clock.nowMs - heardMs) % 200 === 0) a.exchange.hold(clock.nowMs);
      if (a.at(7).take(0, 1, clock.nowMs) === 0) taken++;
    }
    // Half of a refill: a whole one would be 50.
    expect(taken).toBeWithin(20, 32);
  });

  test("who has stood still for long does not make up for it", () => {
    const { a, b, talk, clock } = stage(limited);
    talk(a, b);
    for (const node of [a, b]) for (let count = 0; count < 5; count++) node.at(7).take(0, 1, clock.nowMs);
    talk(a, b);
    a.at(7).take(0, 1, clock.nowMs);
    talk(a);
    clock.nowMs += 4500;
    expect(a.at(7).take(0, 10, clock.nowMs)).toBe(0);
    a.exchange.hold(clock.nowMs);
    expect(a.at(7).take(0, 1, clock.nowMs)).toBeLessThanOrEqual(500);
    clock.nowMs += 1000;
    a.exchange.hold(clock.nowMs);
    expect(a.at(7).take(0, 1, clock.nowMs)).toBe(0);
  });

  test("what is set is told as taken, or given back", () => {
    const { a, b, talk, clock } = stage(limited);
    talk(a, b);
    a.at(7).assign(0, 0, 2, clock.nowMs);
    talk(a);
    b.at(7).take(0, 1, clock.nowMs);
    talk(b);
    expect(b.at(7).read(0, 0, clock.nowMs)).toBeLessThanOrEqual(1);
    b.at(7).clear(0, 0, clock.nowMs);
    talk(b);
    a.at(7).take(0, 1, clock.nowMs);
    talk(a);
    expect(a.at(7).read(0, 0, clock.nowMs)).toBeGreaterThanOrEqual(7);
  });
});

test("a node that has a table of its own only, and begins to share it, tells all that it has", () => {
  const { b, talk, clock } = stage();
  const alone = StickTable.inMemory({ ...plan, share: null });
  alone.key.setInteger(7);
  alone.add(gpc, 0, 4, clock.nowMs);
  const node = new Node("c", clock, plan);
  copyTable(alone, node.table.own, clock.nowMs);
  talk(b, node, b);
  expect(b.read(7, gpc)).toBe(4);
});

test("a node that takes another name still has its connections, and tells once what was on its way", () => {
  const { clock, a, b, talk, shout } = stage();
  talk(a, b);
  a.at(1).track(clock.nowMs);
  a.add(1, requests, 2);
  b.add(1, requests);
  talk(a, b, a);
  a.add(1, requests, 4);
  shout(a);
  a.rename("c");
  talk(a, b);
  clock.nowMs += 5000;
  b.add(1, requests);
  talk(a, b);
  expect([b.read(1, requests), b.read(1, current)]).toEqual([8, 1]);
});
