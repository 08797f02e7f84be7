import { expect, test } from "bun:test";
import { Killed, MortalWords } from "./mortalwords.fixture.ts";
import { SharedWords } from "./sharedwords.ts";

test("a process is ended in front of each kind of store, and nothing of that store is done", () => {
  const stores = Object.getOwnPropertyNames(SharedWords.prototype).filter((name) => name !== "constructor");
  expect(stores.length).toBeGreaterThan(6);
  for (const name of stores) {
    const words = new MortalWords(new Uint8Array(16));
    const wide = name.endsWith("Pair");
    const args = name.startsWith("exchange") ? [0, wide ? 0n : 0, wide ? 1n : 1] : [0, wide ? 1n : 1];
    const act = (): unknown => (words[name as "put"] as (...given: unknown[]) => unknown).apply(words, args);
    words.left = 0;
    expect(act, name).toThrow(Killed);
    expect([name, words.words[0]]).toEqual([name, 0]);
    words.left = 1;
    act();
    expect([name, words.words[0]]).toEqual([name, 1]);
  }
});
