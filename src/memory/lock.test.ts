import { expect, test } from "bun:test";
import { Lock } from "./lock.ts";
import { type Owner, Owners, ownerWords } from "./owners.ts";
import { SharedWords } from "./sharedwords.ts";

const place = { ownersAt: 0, room: { owners: 3 } };
const [lockAt, timeoutsAt] = [3 * ownerWords, 3 * ownerWords + 1];

class World {
  readonly memory: SharedWords = new SharedWords(new Uint8Array(1024));
  readonly alive: Set<number> = new Set();
  readonly inherited: number[] = [];
  rounds = 0;

  open(id: number): Lock {
    this.alive.add(id);
    const owner: Owner = {
      id,
      startedAt: 1,
      isAlive: (other) => this.alive.has(other),
      relax: () => void this.rounds++,
    };
    const owners = new Owners(this.memory, place, owner);
    owners.claim();
    return new Lock(this.memory, owners, { inherit: (_at, bits) => void this.inherited.push(bits) }, timeoutsAt, 200);
  }

  get word(): number {
    return this.memory.words[lockAt]!;
  }
}

test("one has it, and who lives and does not let go is waited for a bounded time", () => {
  const world = new World();
  const [one, other] = [world.open(1), world.open(2)];
  expect([one.take(lockAt), world.word]).toEqual([true, one.mine]);
  expect([other.take(lockAt), world.rounds, world.memory.words[timeoutsAt]]).toEqual([false, 200, 1]);
  // That one has shown that it does not: once more there is little patience.
  world.rounds = 0;
  expect([other.take(lockAt), world.rounds < 100]).toEqual([false, true]);
  world.memory.store(lockAt, 0);
  expect([other.take(lockAt), world.word, world.inherited]).toEqual([true, other.mine, []]);
});

test("from a dead one it is taken over, with the bits that stood beside its name", () => {
  const world = new World();
  const [one, other] = [world.open(1), world.open(2)];
  one.take(lockAt);
  world.memory.store(lockAt, one.mine | (1 << 30));
  world.alive.delete(1);
  expect([other.take(lockAt), world.inherited, world.word]).toEqual([true, [1 << 30], other.mine | (1 << 30)]);
});

test("what threw and left it locked has a heir too: the next call of its own process", () => {
  const world = new World();
  const one = world.open(1);
  one.take(lockAt);
  expect([one.take(lockAt), world.inherited, world.word]).toEqual([true, [0], one.mine]);
});
