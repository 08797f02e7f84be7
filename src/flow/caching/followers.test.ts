import { expect, test } from "bun:test";
import { type Follower, Followers } from "./followers.ts";

class Waiting implements Follower {
  looks: boolean[] = [];
  readonly #isThere: () => boolean;

  constructor(isThere: () => boolean) {
    this.#isThere = isThere;
  }

  lookAgain(isLast: boolean): boolean {
    this.looks.push(isLast);
    return isLast || this.#isThere();
  }
}

test("of those who wait for the same one is asked; once that goes on the others must", () => {
  const followers = new Followers();
  let isThere = false;
  const [first, second, other] = [new Waiting(() => isThere), new Waiting(() => isThere), new Waiting(() => false)];
  followers.wait("a", first);
  followers.wait("a", second);
  followers.wait("b", other);
  followers.run();
  expect([first.looks, second.looks, other.looks]).toEqual([[false], [], [false]]);
  isThere = true;
  followers.run();
  expect(first.looks.length + second.looks.length).toBe(3);
  expect([...first.looks, ...second.looks].filter((isLast) => isLast).length).toBe(1);
  expect(followers.size).toBe(1);
});

test("who leaves is not asked, and leaves nothing behind", () => {
  const followers = new Followers();
  const waiting = new Waiting(() => true);
  followers.wait("a", waiting);
  followers.leave("a", waiting);
  followers.run();
  expect([waiting.looks.length, followers.size]).toEqual([0, 0]);
});

test("a reader is told once, until it reads along again; without anybody nothing is stirred", () => {
  const followers = new Followers();
  followers.stir();
  expect(followers.isStirred).toBe(false);
  let told = 0;
  const reader = { readOn: () => void told++ };
  followers.read(reader);
  followers.stir();
  expect(followers.isStirred).toBe(true);
  followers.run();
  followers.run();
  expect([told, followers.isStirred, followers.size]).toEqual([1, false, 0]);
  followers.read(reader);
  followers.leaveReading(reader);
  followers.run();
  expect(told).toBe(1);
});
