// The script is the ledger: whatever batches come, a real Redis answers as the model does (fleet/ledger.ts), which is asked at the
// milliseconds that Redis says. What is drawn is short-lived, so that windows pass, entries expire and nodes fall silent within a second.

import { expect } from "bun:test";
import { testWith } from "../../../test/e2e/harness/program.ts";
import { Redis } from "../../../test/e2e/harness/redis.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { Prng } from "../../base/prng.ts";
import { readRedisPlace } from "../../base/redisplace.ts";
import { value } from "../../config/measure.ts";
import type { Answer, Batch, Cell, Change } from "../../fleet/batch.ts";
import { slotsOf } from "../../fleet/cells.ts";
import { Ledger, spentMax } from "../../fleet/ledger.ts";
import { Connection } from "../../redis/connection.ts";
import { orderScript } from "./beatscript.ts";
import { keysOf, tableKeyOf } from "./keys.ts";
import { ledgerScript } from "./ledgerscript.ts";
import { answerOf, wordsOf } from "./ledgerwords.ts";
import { Script } from "./script.ts";

const withRedis = testWith(["redis-server", "redis-cli"]);
const script = new Script(ledgerScript);

async function connected(
  room: Room,
): Promise<{ redis: Redis; connection: Connection; ask: (batch: Batch) => Promise<Answer> }> {
  const redis = await Redis.start(room);
  const connection = await Connection.open(value(readRedisPlace(redis.address)), {
    timeoutMs: 5000,
    pushed: () => {},
    ended: () => {},
  });
  room.ending(() => connection.close());
  const ask = async (batch: Batch): Promise<Answer> => {
    const key = tableKeyOf("f", batch.table, batch.shape);
    const answer = answerOf(await script.run(connection, [key], wordsOf(batch)), batch);
    if (answer === null) throw new Error("the answer cannot be read");
    return answer;
  };
  return { redis, connection, ask };
}

const cells: readonly Cell[] = [
  { form: "count", isMark: true, periodMs: 0, burst: 0 },
  { form: "rate", isMark: false, periodMs: 40, burst: 0 },
  { form: "gauge", isMark: false, periodMs: 0, burst: 0 },
  { form: "tag", isMark: true, periodMs: 0, burst: 0 },
  { form: "bytes", isMark: false, periodMs: 0, burst: 0 },
  { form: "tokens", isMark: false, periodMs: 7, burst: 5 },
  { form: "count", isMark: false, periodMs: 0, burst: 0 },
];
const empty: Batch = {
  ...{ table: "t", shape: "0123456789abcdef", cells, expireMs: 80, node: "a", stream: 1, sequence: 1, epoch: 0 },
  ...{ isLate: false, intervalMs: 10, aliveMs: 25, changes: [], wishes: [], marksAfter: 0, marksMax: 5 },
};

/** Batches as nodes make them, and as they would not. */
class Draw {
  readonly #prng: Prng;
  readonly #nodes = ["a", "b", "c", "d"].map((node) => ({ node, stream: 1, sequence: 0, marksTo: 0 }));
  #last: Batch | null = null;
  epoch = 0;

  constructor(seed: number) {
    this.#prng = new Prng(seed);
  }

  next(): Batch {
    const { below } = { below: (count: number) => this.#prng.below(count) };
    // What came before comes once more.
    if (this.#last !== null && below(10) === 0) return this.#last;
    const node = this.#nodes[below(4)]!;
    if (below(40) === 0) Object.assign(node, { stream: node.stream + 1, sequence: below(2) });
    if (below(60) === 0) node.stream = Math.max(1, node.stream - 1);
    if (below(20) !== 0) node.sequence++;
    const changes = Array.from({ length: below(4) }, () => this.#change());
    const wishes = Array.from({ length: below(3) }, () => key(below(9)));
    const batch = {
      ...empty,
      ...{ node: node.node, stream: node.stream, sequence: node.sequence, changes, wishes },
      ...{ epoch: below(100) === 0 ? this.epoch + 1 : this.epoch, isLate: below(8) === 0 },
      ...{ marksAfter: node.marksTo, marksMax: 1 + below(4), expireMs: below(200) === 0 ? 0 : 80 },
    };
    this.#last = batch;
    return batch;
  }

  heard(batch: Batch, answer: Answer): void {
    if (answer.kind !== "told") return;
    for (const each of this.#nodes) if (each.node === batch.node) each.marksTo = answer.marksTo;
  }

  #change(): Change {
    const below = (count: number): number => this.#prng.below(count);
    const slots: number[] = [];
    slotsOf(cells).forEach(({ cell }, slot) => {
      if (below(2) === 0) return;
      const whole = below(cell.form === "bytes" ? 2 ** 50 : 9) - (cell.form === "gauge" || cell.form === "tag" ? 0 : 2);
      slots.push(slot, cell.form === "tokens" ? whole + below(1000) / 1000 : whole);
    });
    return { key: key(below(9)), ageMs: below(120), slots };
  }
}

function key(index: number): string {
  return index === 0 ? ":" : `4:0a00000${index}`;
}

withRedis("answers as the model does, over batches from seeds", async () => {
  await using room = new Room();
  const { ask, redis } = await connected(room);
  const kinds = new Map<string, number>();
  for (let seed = 1; seed <= 4; seed++) {
    await redis.ask("FLUSHALL");
    const [draw, ledger] = [new Draw(seed), new Ledger()];
    const greeting = await ask(empty);
    if (greeting.kind !== "foreign") throw new Error(greeting.kind);
    const greeted = ledger.ask(empty, greeting.nowMs);
    if (greeted.kind !== "foreign") throw new Error(greeted.kind);
    draw.epoch = greeting.epoch;
    for (let turn = 0; turn < 1500; turn++) {
      const batch = draw.next();
      const answer = await ask(batch);
      const epoch = batch.epoch === greeting.epoch ? greeted.epoch : 1;
      const expected = ledger.ask({ ...batch, epoch }, answer.nowMs);
      kinds.set(answer.kind, (kinds.get(answer.kind) ?? 0) + 1);
      const told = answer.kind === "foreign" ? { ...answer, epoch: greeted.epoch } : answer;
      expect({ seed, turn, told }).toEqual({ seed, turn, told: expected });
      draw.heard(batch, answer);
    }
  }
  expect([...kinds.keys()].sort()).toEqual(["foreign", "superseded", "told"]);
});

withRedis("of empty buckets as many are told in a second as the model tells", async () => {
  await using room = new Room();
  const { ask } = await connected(room);
  const ledger = new Ledger();
  const greeting = await ask(empty);
  const greeted = ledger.ask(empty, greeting.nowMs);
  const [epoch, epochThere] = [greeting, greeted].map((each) => (each.kind === "foreign" ? each.epoch : 0));
  const changes = Array.from({ length: spentMax + 20 }, (_, index) => ({ key: `4:${index}`, ageMs: 0, slots: [6, 9] }));
  const base = { ...empty, expireMs: 60_000, changes, marksMax: 1000 };
  const sizes: number[] = [];
  for (const [index, node] of ["a", "b", "a"].entries()) {
    const batch = { ...base, node, sequence: index + 1 };
    const answer = await ask({ ...batch, epoch: epoch! });
    expect(answer).toEqual(ledger.ask({ ...batch, epoch: epochThere! }, answer.nowMs));
    if (answer.kind === "told") sizes.push(answer.marks.length);
  }
  // The third may be of the next second.
  expect(sizes.slice(0, 2)).toEqual([0, spentMax]);
});

withRedis("a ledger that lost its data is another one, and nothing of it is found in what is left", async () => {
  await using room = new Room();
  const { ask, redis } = await connected(room);
  const greeting = await ask(empty);
  const epoch = greeting.kind === "foreign" ? greeting.epoch : 0;
  const change = { key: key(1), ageMs: 0, slots: [0, 5] };
  const lasting = { ...empty, epoch, expireMs: 60_000, changes: [change] };
  expect(await ask(lasting)).toMatchObject({ kind: "told", totals: [{ slots: expect.arrayContaining([5]) }] });
  await redis.ask("DEL", tableKeyOf("f", "t", empty.shape));
  const again = await ask({ ...lasting, sequence: 2 });
  expect(again.kind).toBe("foreign");
  const another = again.kind === "foreign" ? again.epoch : 0;
  expect(another).toBeGreaterThan(epoch);
  const wished = await ask({ ...empty, epoch: another, sequence: 3, wishes: [key(1)] });
  expect(wished).toMatchObject({ kind: "told", totals: [null], marks: [] });
});

withRedis("a Redis that is full counts nothing of a batch, and all of it when there is room", async () => {
  await using room = new Room();
  const { ask, redis } = await connected(room);
  const greeting = await ask(empty);
  const epoch = greeting.kind === "foreign" ? greeting.epoch : 0;
  const batch = { ...empty, epoch, expireMs: 60_000, changes: [{ key: key(1), ageMs: 0, slots: [0, 5] }] };
  await redis.ask("CONFIG", "SET", "maxmemory", "1");
  expect(await ask(batch).catch((error: Error) => error.message)).toStartWith("OOM");
  expect(await redis.keys("*:4:*")).toEqual([]);
  await redis.ask("CONFIG", "SET", "maxmemory", "0");
  expect(await ask(batch)).toMatchObject({ totals: [{ slots: expect.arrayContaining([5]) }] });
});

withRedis("after Redis was set back to what it had a while ago, marks that are made then are told", async () => {
  await using room = new Room();
  const { ask, redis } = await connected(room);
  const greeting = await ask(empty);
  const epoch = greeting.kind === "foreign" ? greeting.epoch : 0;
  const base = { ...empty, epoch, expireMs: 60_000 };
  const table = tableKeyOf("f", "t", empty.shape);
  await ask({ ...base, changes: [{ key: key(1), ageMs: 0, slots: [0, 5] }] });
  const names = [table, `${table}:${epoch}:marks`];
  for (const name of names) await redis.ask("COPY", name, `{f}former:${name}`);
  const marked = [2, 3].map((index) => ({ key: key(index), ageMs: 0, slots: [0, 5] }));
  const heard = await ask({ ...base, sequence: 2, changes: marked });
  const marksAfter = heard.kind === "told" ? heard.marksTo : 0;
  for (const name of names) await redis.ask("COPY", `{f}former:${name}`, name, "REPLACE");
  const after = await ask({ ...base, node: "b", changes: [{ key: key(4), ageMs: 0, slots: [0, 5] }], marksAfter });
  expect(after).toMatchObject({ marks: [{ key: key(4) }] });
});

withRedis(
  "what an order forgets was born by then, and what is made after it later, in the same millisecond too",
  async () => {
    await using room = new Room();
    const { ask, redis, connection } = await connected(room);
    const greeting = await ask(empty);
    const epoch = greeting.kind === "foreign" ? greeting.epoch : 0;
    const { meta, said, orders } = keysOf("f");
    const places = [meta, said, orders, tableKeyOf("f", "t", empty.shape)];
    const giving = new Script(orderScript);
    const born = (answer: Answer): number => (answer.kind === "told" ? answer.totals[0]!.bornMs : Number.NaN);
    // From now on Redis knows the script.
    await giving.run(connection, places, ["b", 1, "{}", key(1)]);
    for (let turn = 1; turn <= 50; turn++) {
      const batch = { ...empty, epoch, expireMs: 60_000, changes: [{ key: key(1), ageMs: 0, slots: [0, 5] }] };
      // All of it is on its way at once.
      const [before, at, after] = await Promise.all([
        ask({ ...batch, sequence: 2 * turn }),
        giving.run(connection, places, ["a", turn, "{}", key(1)]),
        ask({ ...batch, sequence: 2 * turn + 1 }),
      ]);
      expect(born(before)).toBeLessThanOrEqual(Number(at));
      expect(born(after)).toBeGreaterThan(Number(at));
    }
    expect(await redis.ask("PTTL", places[3]!)).not.toBe("-1");
  },
);

withRedis("entries that nobody refreshes are gone from Redis by themselves", async () => {
  await using room = new Room();
  const { ask, redis } = await connected(room);
  const greeting = await ask(empty);
  const epoch = greeting.kind === "foreign" ? greeting.epoch : 0;
  await ask({ ...empty, epoch, changes: [{ key: key(1), ageMs: 79, slots: [0, 5] }] });
  while ((await redis.keys("*:4:*")).length > 0);
  expect(await redis.keys("*:4:*")).toEqual([]);
});

withRedis("what is no answer of the script is none", async () => {
  expect(answerOf("OK", empty)).toBeNull();
  expect(answerOf(["told", "1"], empty)).toBeNull();
  expect(answerOf(["foreign", "1", 2], empty)).toBeNull();
  const words = ["told", "1", "1", "0", "0", "0 1 1 x"];
  expect(answerOf(words, { ...empty, wishes: [":"] })).toMatchObject({ totals: [null] });
});
