import { expect, test } from "bun:test";
import { askedMax, type Follower, Followers, looked } from "./followers.ts";

class Waiting implements Follower {
  looks: boolean[] = [];
  readonly #isThere: () => boolean;

  constructor(isThere: () => boolean) {
    this.#isThere = isThere;
  }

  lookAgain(isLast: boolean): number {
    this.looks.push(isLast);
    return isLast || this.#isThere() ? looked.gone : looked.same;
  }
}

test("of those who wait for the same one is asked; once that goes on the others must", () => {
  const followers = new Followers();
  let isThere = false;
  const [first, second, other] = [new Waiting(() => isThere), new Waiting(() => isThere), new Waiting(() => false)];
  followers.wait("a", first);
  followers.wait("a", second);
  followers.wait("b", other);
  followers.runAll();
  expect([first.looks, second.looks, other.looks]).toEqual([[false], [], [false]]);
  isThere = true;
  followers.runAll();
  expect(first.looks.length + second.looks.length).toBe(3);
  expect([...first.looks, ...second.looks].filter((isLast) => isLast).length).toBe(1);
  expect(followers.size).toBe(1);
});

test("who leaves is not asked, and leaves nothing behind", () => {
  const followers = new Followers();
  const waiting = new Waiting(() => true);
  followers.wait("a", waiting);
  followers.leave("a", waiting);
  followers.runAll();
  expect([waiting.looks.length, followers.size]).toEqual([0, 0]);
});

test("a reader is told once, until it reads along again; without anybody nothing is stirred", () => {
  const followers = new Followers();
  followers.stir("a");
  expect(followers.isStirred).toBe(false);
  let told = 0;
  const reader = { readOn: () => void told++ };
  followers.read("a", reader);
  followers.stir("a");
  expect(followers.isStirred).toBe(true);
  followers.runAll();
  followers.runAll();
  expect([told, followers.isStirred, followers.size]).toEqual([1, false, 0]);
  followers.read("a", reader);
  followers.leaveReading(reader);
  followers.runAll();
  expect(told).toBe(1);
});

test("only those are asked to whom something has happened; who waits for something else now is not the end of a question", () => {
  const followers = new Followers();
  const [moving, staying, other] = [0, 1, 2].map(() => new Waiting(() => false)) as [Waiting, Waiting, Waiting];
  moving.lookAgain = () => {
    followers.wait("c", moving);
    return looked.other;
  };
  followers.wait("a", moving);
  followers.wait("a", staying);
  followers.wait("b", other);
  followers.stir("a");
  followers.run();
  expect([staying.looks, other.looks]).toEqual([[false], []]);
  expect([followers.has("a"), followers.has("b"), followers.has("c")]).toEqual([true, true, true]);
});

test("of very many only so many are asked at once, and each has its turn", () => {
  const followers = new Followers();
  const all = Array.from({ length: askedMax + 1 }, () => new Waiting(() => false));
  for (const [index, waiting] of all.entries()) followers.wait(String(index), waiting);
  const asked = (): number => all.reduce((sum, { looks }) => sum + looks.length, 0);
  followers.runAll();
  expect(asked()).toBe(askedMax);
  followers.runAll();
  expect(all.every(({ looks }) => looks.length === 1)).toBe(true);
  followers.runAll();
  expect(asked()).toBe(2 * askedMax + 1);
});
