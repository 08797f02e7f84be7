// What stands on a card is what the whole way to choose and the board would say, whatever happened since it was written.

import { describe, expect, test } from "bun:test";
import { hashString } from "../base/hash.ts";
import { Prng } from "../base/prng.ts";
import type { EgressBoard, EgressShape } from "../memory/egress.ts";
import { BoardWorld } from "../memory/egressboard/sample.fixture.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import { KeyCards } from "./keycards.ts";
import { drawn, Sample, type SampleParts, sampleMember, sampleShape } from "./sample.fixture.ts";
import type { EgressHeld } from "./words.ts";

const hash = { lifetimeMs: 0, idleMs: 0, requestsMax: 0, bytesMax: 0 };
const members = Array.from({ length: 300 }, (_, index) =>
  sampleMember(index, { weight: 1 + (index % 3), tags: index % 3 === 0 ? { country: "de" } : {} }),
);
const byKey: SampleParts = { members, session: hash };
/** As names.test.ts has them. */
const victim = "shop.example";
const twin = "2euk7kb.evil.example";

/** The key that the last outcome of the row says that it was of. */
function lastKey(board: EgressBoard, row: number): string | null {
  let found: string | null = "none";
  board.history(row, 1, ({ key }) => {
    found = board.text(key);
    return false;
  });
  return found;
}

function end(sample: Sample, held: EgressHeld, key: string): string | null {
  sample.pool.end(held, sample.outcome({ key }));
  return lastKey(sample.board, held.row);
}

describe("the member of a key", () => {
  test("is who it is for a pool that knows nothing of the key, whoever is unavailable, was tried, or is not wanted", () => {
    const prng = new Prng(5);
    const warm = new Sample(byKey);
    let others = 0;
    for (let turn = 0; turn < 3000; turn++) {
      const [key, user] = [`key-${prng.below(150)}`, prng.below(4) === 0 ? "alice" : ""];
      const tags = prng.below(3) === 0 ? "country=de" : "";
      const host = `${prng.below(3)}.example`;
      const member = members[prng.below(members.length)]!.id;
      if (turn % 5 === 0) warm.tell(member, { meaning: "ban", host });
      else if (turn % 11 === 0) warm.pool.ban(member, 0, "", warm.nowMs);
      else if (turn % 3 === 0) warm.pool.unban(member, "", warm.nowMs);
      const tried = new Set<number>();
      warm.pass(prng.below(50));
      const cold = new Sample(byKey, drawn(2), warm.board);
      cold.nowMs = warm.nowMs;
      for (let attempt = 0; attempt < 3; attempt++) {
        const wish = { key, user, tags, host, tried: tried.size === 0 ? null : tried };
        const { member: wanted, row, lease } = cold.choose(wish);
        warm.board.letGo(lease);
        const found = warm.choose(wish);
        expect(found.member).toBe(wanted);
        expect(found).toMatchObject({ row, why: "hash", refusal: null });
        expect(end(warm, { row, lease: found.lease }, key)).toBe(key);
        if (attempt > 0) others++;
        tried.add(wanted);
      }
    }
    expect(others).toBe(6000);
  });

  test("is waited for where it only rests", () => {
    const sample = new Sample({ ...byKey, pace: { intervalMs: 1000, concurrencyMax: 0 } });
    const { row } = sample.hold({ key: "k" });
    for (let times = 0; times < 3; times++)
      expect(sample.choose({ key: "k" })).toMatchObject({ refusal: "paced", retryMs: 1000 });
    sample.pass(1000);
    expect(sample.choose({ key: "k" }).row).toBe(row);
  });

  test("is there as soon as the board has a row for it", () => {
    const board = SharedEgressBoard.inMemory(sampleShape);
    const sample = new Sample(byKey, drawn(1), board);
    expect(sample.who({ key: "k" })).toBe("none");
    board.adopt(
      members.map(({ id }) => id),
      sample.nowMs,
    );
    sample.pass(1000);
    const wanted = new Sample(byKey, drawn(1), board).who({ key: "k" });
    for (let times = 0; times < 3; times++) expect(sample.who({ key: "k" })).toBe(wanted);
  });
});

describe("the text of a key", () => {
  test("is its own, where another has the same name, the same user, or the same key is another user's", () => {
    expect(hashString(twin)).toBe(hashString(victim));
    const sample = new Sample(byKey);
    const rows = new Set<number>();
    for (let turn = 0; turn < 5; turn++)
      for (const key of [victim, twin]) {
        const held = sample.hold({ key });
        rows.add(held.row);
        expect(end(sample, held, key)).toBe(key);
      }
    expect(rows.size).toBe(1);
    for (let turn = 0; turn < 3; turn++) {
      const [one, other] = [sample.hold({ key: victim }), sample.hold({ key: twin })];
      expect([end(sample, one, victim), end(sample, other, twin)]).toEqual([victim, twin]);
      for (const user of ["", "alice", "bob"]) expect(end(sample, sample.hold({ key: "k", user }), "k")).toBe("k");
    }
  });

  test("is what the outcome says, whatever was wished for", () => {
    const sample = new Sample(byKey);
    for (let turn = 0; turn < 3; turn++) {
      expect(end(sample, sample.hold({ key: "one" }), "other")).toBe("other");
      expect(end(sample, sample.hold({ key: "one" }), "")).toBe("");
      expect(end(sample, sample.hold(), "one")).toBe("one");
      expect(end(sample, sample.hold({ key: "one" }), "one")).toBe("one");
    }
    const held = sample.hold({ key: "one" });
    end(sample, held, "one");
    sample.pool.note(held.row, sample.outcome({ key: "told", fromLog: true }));
    expect(lastKey(sample.board, held.row)).toBe("told");
  });

  test("is right while texts are forgotten, and numbers come to mean others, here and in another process", () => {
    const shape: EgressShape = { ...sampleShape, texts: 128 };
    const world = new BoardWorld(shape);
    const boards = [world.open(), world.open()];
    boards[0]!.adopt(
      members.map(({ id }) => id),
      0,
    );
    const prng = new Prng(9);
    const samples = boards.map((board, index) => new Sample(byKey, drawn(index), board));
    const held = samples.map((): { key: string; held: EgressHeld }[] => []);
    for (let turn = 0; turn < 20_000; turn++) {
      const at = prng.below(2);
      const sample = samples[at]!;
      // Calm for a while, and then many are new at once.
      if (turn % 500 < 40) sample.board.textOf(`new ${turn}`);
      const key = `key-${prng.below(60)}`;
      held[at]!.push({ key, held: sample.hold({ key, user: prng.below(2) === 0 ? "" : "alice" }) });
      if (held[at]!.length < 8) continue;
      const [ended] = held[at]!.splice(prng.below(8), 1);
      expect(end(sample, ended!.held, ended!.key)).toBe(ended!.key);
    }
    expect(boards[0]!.figures().textsForgotten).toBeGreaterThan(1000);
  });

  test("is looked for on the board once, until texts are new", () => {
    const board = SharedEgressBoard.inMemory(sampleShape);
    const sample = new Sample(byKey, drawn(1), board);
    board.adopt(
      members.map(({ id }) => id),
      sample.nowMs,
    );
    let asked = 0;
    const { textOf } = board;
    board.textOf = (text): number => {
      if (text.startsWith("key-")) asked++;
      return textOf.call(board, text);
    };
    const all = (): number => {
      asked = 0;
      for (let key = 0; key < 100; key++)
        expect(end(sample, sample.hold({ key: `key-${key}` }), `key-${key}`)).toBe(`key-${key}`);
      return asked;
    };
    expect([all(), all(), all(), all()]).toEqual([100, 100, 0, 0]);
    board.textOf("new");
    expect([all(), all()]).toEqual([100, 0]);
  });

  test("is told where there is no lease, and not asked for where nothing is kept", () => {
    const sample = new Sample(byKey);
    const { row, lease } = sample.hold({ key: "k" });
    sample.board.letGo(lease);
    expect(end(sample, { row, lease: -1 }, "k")).toBe("k");
    const silent = new Sample(byKey, drawn(1), SharedEgressBoard.inMemory({ ...sampleShape, entriesMax: 0 }));
    silent.board.adopt(
      members.map(({ id }) => id),
      silent.nowMs,
    );
    const held = silent.hold({ key: "k" });
    expect(end(silent, held, "k")).toBe("none");
    expect((silent.board as SharedEgressBoard).figures().texts).toBe(0);
  });
});

describe("cards", () => {
  const board = SharedEgressBoard.inMemory(sampleShape);

  test("are of a key in a list", () => {
    const cards = new KeyCards(board);
    expect(cards.find(77, 1)).toBeFalse();
    cards.keep(77, 1, 500, 65_535, 128);
    expect([cards.find(77, 2), cards.find(78, 1), cards.find(77, 1)]).toEqual([false, false, true]);
    expect([cards.number, cards.member, cards.row]).toEqual([500, 65_535, 128]);
  });

  test("are told apart where lists have the same key in the same set", () => {
    const cards = new KeyCards(board);
    for (let list = 1; list <= 30_000; list++) if (!cards.find(77, list)) cards.keep(77, list, 0, list, 1024);
    let found = 0;
    for (let list = 1; list <= 30_000; list++) {
      if (!cards.find(77, list)) continue;
      expect(cards.member).toBe(list);
      found++;
    }
    expect(found).toBeWithin(8192, 16_385);
  });

  test("make room for others, and who was kept last is there; leases of those that are gone tell the right text", () => {
    const cards = new KeyCards(board);
    for (let hash = 1; hash <= 50_000; hash++) {
      if (!cards.find(hash << 3, 1)) cards.keep(hash << 3, 1, 0, hash & 0xff, 1024);
      if (hash <= 1000) cards.hold(hash, `key ${hash}`);
      expect(cards.find(hash << 3, 1)).toBeTrue();
    }
    for (let lease = 1000; lease >= 1; lease--) {
      cards.recall(lease);
      expect(board.text(cards.textOf(`key ${lease}`))).toBe(`key ${lease}`);
      expect(board.text(cards.textOf("another"))).toBe("another");
    }
  });
});
