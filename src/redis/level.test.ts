import { expect, test } from "bun:test";
import type { CacheEntry, CacheFacts, CacheKey } from "../memory/cache.ts";
import type { RemoteFound } from "../memory/remotecache.ts";
import { epochSpan, type Link, owedMax, RedisLevel } from "./level.ts";
import type { Counted, LinkState } from "./link.ts";

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** Redis as it is told to be. */
class FakeLink implements Link {
  readonly plan = { url: "redis://a", prefix: "p:", timeoutMs: 50, connectionsMax: 1 };
  state: LinkState = { address: "a", away: null, refusal: null };
  readonly values = new Map<string, Uint8Array>();
  isAway = false;

  async read(countKey: string, key: string): Promise<Counted | null> {
    await Promise.resolve();
    if (this.isAway) return null;
    return { count: Number(textOf(this.values.get(countKey) ?? bytesOf("0"))), value: this.values.get(key) ?? null };
  }

  async diagnose(): Promise<void> {}

  takes(bytes: number): boolean {
    return bytes < 1000;
  }

  async write(key: string, value: Uint8Array): Promise<void> {
    await Promise.resolve();
    if (!this.isAway) this.values.set(key, value);
  }

  async remove(keys: readonly string[]): Promise<boolean> {
    await Promise.resolve();
    if (!this.isAway) for (const key of keys) this.values.delete(key);
    return !this.isAway;
  }

  async increment(key: string, by: number): Promise<number | null> {
    if (this.isAway) return null;
    const next = Number(textOf(this.values.get(key) ?? bytesOf("0"))) + by;
    this.values.set(key, bytesOf(String(next)));
    return next;
  }
}

const facts: CacheFacts = {
  status: 200,
  flags: 0,
  reason: 0,
  bornMs: 1,
  storedMs: 2,
  freshForMs: 3,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  lastModifiedMs: 0,
  etagStart: 0,
  etagEnd: 0,
  bodyBytes: 6,
};

/** A whole entry whose body lies in two pieces. */
function entryOf(head: string, one: string, two: string): CacheEntry {
  const bytes = bytesOf(`${head}${one}---${two}`);
  const entry = {
    facts,
    bytes,
    headStart: 0,
    headEnd: head.length,
    written: one.length + two.length,
    runStart: 0,
    runEnd: 0,
    run(at: number): boolean {
      const isFirst = at < one.length;
      entry.runStart = isFirst ? head.length + at : head.length + 3 + at;
      entry.runEnd = isFirst ? head.length + one.length : bytes.length;
      return true;
    },
  };
  // The rest of an entry is not asked for.
  return entry as unknown as CacheEntry;
}

const keyOf = (first: string, second = ""): CacheKey => ({
  bytes: bytesOf(first + second),
  firstEnd: first.length,
  end: first.length + second.length,
});

/** More rounds of promises than any question takes. */
async function settle(): Promise<void> {
  for (let round = 0; round < 50; round++) await Promise.resolve();
}

async function found(level: RedisLevel, key: CacheKey): Promise<string> {
  let told: RemoteFound | null | undefined;
  level.fetch(key, 1000, (answer) => {
    told = answer;
  });
  expect(told).toBeUndefined();
  await settle();
  if (told === undefined || told === null) return String(told);
  if (told.kind === "away" || told.kind === "late") return told.kind;
  return told.kind === "vary"
    ? `vary ${textOf(told.names)}`
    : `${textOf(told.head)}|${textOf(told.body)}|${textOf(told.tags)}`;
}

const options = { tell: (call: () => void): void => call(), raised: (): void => {} };

function scene(): { link: FakeLink; level: RedisLevel } {
  const link = new FakeLink();
  return { link, level: new RedisLevel(link, "pages", options) };
}

/** As a snapshot, or a replica that is behind, has it. */
function setBack(link: FakeLink, snapshot: ReadonlyMap<string, Uint8Array>): void {
  link.values.clear();
  for (const [key, bytes] of snapshot) link.values.set(key, bytes);
}

test("what was stored is found, head, body and tags", async () => {
  const { level } = scene();
  level.store(keyOf("http://a/"), entryOf("HEAD", "abc", "def"), bytesOf("t"), 1000);
  await settle();
  expect(await found(level, keyOf("http://a/"))).toBe("HEAD|abcdef|t");
  expect(await found(level, keyOf("http://a/b"))).toBe("null");
});

test("variants lie under a mark, even one that is only on its way, and go with it", async () => {
  const { level } = scene();
  level.storeVary(keyOf("http://a/"), bytesOf("accept"), 1000);
  level.store(keyOf("http://a/", "json"), entryOf("HEAD", "js", "on"), bytesOf(""), 1000);
  await settle();
  expect(await found(level, keyOf("http://a/"))).toBe("vary accept");
  expect(await found(level, keyOf("http://a/", "json"))).toBe("HEAD|json|");
  expect(await found(level, keyOf("http://a/", "xml"))).toBe("null");
  level.storeVary(keyOf("http://a/"), bytesOf("accept"), 1000);
  await settle();
  expect(await found(level, keyOf("http://a/", "json"))).toBe("HEAD|json|");
  level.purge(keyOf("http://a/"));
  await settle();
  expect(await found(level, keyOf("http://a/", "json"))).toBe("null");
  level.storeVary(keyOf("http://a/"), bytesOf("accept"), 1000);
  await settle();
  expect(await found(level, keyOf("http://a/", "json"))).toBe("null");
});

test("a mark of other names leaves no way to what the former one led to", async () => {
  const { level } = scene();
  level.storeVary(keyOf("u"), bytesOf("accept"), 1000);
  level.store(keyOf("u", "x"), entryOf("H", "1", "2"), bytesOf(""), 1000);
  await settle();
  level.storeVary(keyOf("u"), bytesOf("cookie"), 1000);
  await settle();
  expect(await found(level, keyOf("u", "x"))).toBe("null");
});

test("what another was writing while it was removed is removed too", async () => {
  const { link, level } = scene();
  level.purge(keyOf("http://a/"));
  await settle();
  const again = Promise.withResolvers<void>();
  const remove = link.remove.bind(link);
  link.remove = (keys) => remove(keys).finally(again.resolve);
  level.store(keyOf("http://a/"), entryOf("HEAD", "abc", "def"), bytesOf(""), 1000);
  await settle();
  expect(await found(level, keyOf("http://a/"))).toBe("HEAD|abcdef|");
  await again.promise;
  expect(await found(level, keyOf("http://a/"))).toBe("null");
  level.close();
});

test("several are removed at once, for who waits for it", async () => {
  const { level } = scene();
  for (const url of ["a", "b", "c"]) level.store(keyOf(url), entryOf("H", "1", "2"), bytesOf(""), 1000);
  await settle();
  expect(await level.remove([bytesOf("a"), bytesOf("b")])).toBe(true);
  expect([await found(level, keyOf("a")), await found(level, keyOf("b"))]).toEqual(["null", "null"]);
  expect(await found(level, keyOf("c"))).toBe("H|12|");
});

test("after a new epoch has begun all that was there is nothing, and what comes is found", async () => {
  const { level } = scene();
  level.store(keyOf("u"), entryOf("H", "1", "2"), bytesOf(""), 1000);
  await settle();
  expect(await level.forget()).toBe(true);
  expect(await found(level, keyOf("u"))).toBe("null");
  level.store(keyOf("u"), entryOf("H", "3", "4"), bytesOf(""), 1000);
  await settle();
  expect(await found(level, keyOf("u"))).toBe("H|34|");
});

test("while it is away there is nothing, and nothing fails", async () => {
  const { link, level } = scene();
  link.isAway = true;
  level.store(keyOf("u"), entryOf("H", "1", "2"), bytesOf(""), 1000);
  level.storeVary(keyOf("u"), bytesOf("accept"), 1000);
  await settle();
  expect(await found(level, keyOf("u"))).toBe("away");
  expect(await level.forget()).toBe(false);
  expect(await level.remove([bytesOf("u")])).toBe(false);
  level.close();
});

test("what could not be taken away while it was away is not shown when it is back", async () => {
  const { link, level } = scene();
  for (const url of ["u", "v"]) level.store(keyOf(url), entryOf("H", "1", "2"), bytesOf(""), 1000);
  await settle();
  link.isAway = true;
  level.purge(keyOf("u"));
  await settle();
  link.isAway = false;
  expect([await found(level, keyOf("u")), await found(level, keyOf("v"))]).toEqual(["null", "H|12|"]);
  link.isAway = true;
  expect(await level.forget()).toBe(false);
  expect(await found(level, keyOf("v"))).toBe("away");
  link.isAway = false;
  expect(await found(level, keyOf("v"))).toBe("null");
  level.close();
});

test("what was purged stays so when Redis comes back as it was before", async () => {
  for (const purge of [
    (level: RedisLevel): Promise<boolean> => level.forget(),
    (level: RedisLevel): Promise<boolean> => level.remove([bytesOf("u")]),
  ]) {
    const { link, level } = scene();
    level.store(keyOf("u"), entryOf("H", "1", "2"), bytesOf(""), 1000);
    await settle();
    const snapshot = new Map(link.values);
    expect(await purge(level)).toBe(true);
    setBack(link, snapshot);
    expect(await found(level, keyOf("u"))).toBe("away");
    expect(await found(level, keyOf("u"))).toBe("null");
    // Another process that has seen nothing of it.
    expect(await found(new RedisLevel(link, "pages", options), keyOf("u"))).toBe("null");
    level.store(keyOf("u"), entryOf("H", "3", "4"), bytesOf(""), 1000);
    await settle();
    expect(await found(level, keyOf("u"))).toBe("H|34|");
    level.close();
  }
});

test("who looks finds that out before anybody asks, and who is told of the count believes no lower one", async () => {
  const { link, level } = scene();
  const worker = new RedisLevel(link, "pages", { ...options });
  level.store(keyOf("u"), entryOf("H", "1", "2"), bytesOf(""), 1000);
  await settle();
  const snapshot = new Map(link.values);
  await level.forget();
  setBack(link, snapshot);
  worker.raise(level.count);
  expect(await found(worker, keyOf("u"))).toBe("away");
  worker.close();
  setBack(link, snapshot);
  await level.look();
  expect(await found(new RedisLevel(link, "pages", options), keyOf("u"))).toBe("null");
  level.close();
});

test("a purge of everything that is owed is known to others by its count before it is made", async () => {
  const { link } = scene();
  let raised = 0;
  const level = new RedisLevel(link, "pages", { ...options, raised: () => void raised++ });
  link.isAway = true;
  await level.forget();
  await level.forget();
  expect([level.count, raised]).toEqual([epochSpan, 1]);
  level.close();
});

test("an answer from before a purge is no Redis that was set back", async () => {
  const { link, level } = scene();
  await level.forget();
  const before = level.count;
  const { promise, resolve } = Promise.withResolvers<Counted>();
  const read = link.read.bind(link);
  link.read = () => promise;
  const answer = found(level, keyOf("u"));
  await level.forget();
  resolve({ count: before, value: null });
  expect(await answer).toBe("null");
  link.read = read;
  expect([level.isOwing, level.count]).toEqual([false, before + epochSpan]);
});

test("purges whose answers overtake each other are no Redis that was set back", async () => {
  const { link, level } = scene();
  level.store(keyOf("kept"), entryOf("H", "1", "2"), bytesOf(""), 1000);
  await settle();
  const increment = link.increment.bind(link);
  const answers: (() => void)[] = [];
  // Over connections of their own: what was counted first is told last.
  link.increment = async (key, by) => {
    const count = await increment(key, by);
    await new Promise<void>((resolve) => answers.push(resolve));
    return count;
  };
  const purges = ["u", "v", "w"].map((url) => level.remove([bytesOf(url)]));
  await settle();
  expect(answers.length).toBe(3);
  for (const answer of answers.reverse()) {
    answer();
    await settle();
  }
  expect(await Promise.all(purges)).toEqual([true, true, true]);
  expect([level.isOwing, level.count]).toEqual([false, 3]);
  // The count of a later purge comes by another process before the answer to this one.
  const purge = level.remove([bytesOf("u")]);
  await settle();
  level.raise(9);
  answers.at(-1)!();
  expect(await purge).toBe(true);
  expect([level.isOwing, level.count]).toEqual([false, 9]);
  link.increment = increment;
  link.values.set("p:pages:purges", bytesOf("9"));
  expect(await found(level, keyOf("kept"))).toBe("H|12|");
  level.close();
});

test("a count that a purge finds lower than before it is of a Redis that was set back", async () => {
  const { link, level } = scene();
  const snapshot = new Map(link.values);
  for (let tries = 0; tries < 3; tries++) await level.remove([bytesOf("u")]);
  setBack(link, snapshot);
  await level.remove([bytesOf("u")]);
  expect(level.isOwing).toBe(true);
  level.close();
});

test("one that refuses to take away is not asked for that by everybody", async () => {
  const { link, level } = scene();
  link.isAway = true;
  await level.remove([bytesOf("u")]);
  link.isAway = false;
  link.state = { ...link.state, refusal: "it is a replica" };
  expect(await found(level, keyOf("u"))).toBe("away");
  expect(level.isOwing).toBe(true);
  level.close();
});

test("of too much that could not be taken away no list is kept: nothing that was there is shown", async () => {
  const { link, level } = scene();
  level.store(keyOf("kept"), entryOf("H", "1", "2"), bytesOf(""), 1000);
  await settle();
  link.isAway = true;
  await level.remove(Array.from({ length: owedMax + 1 }, (_, index) => bytesOf(`u${index}`)));
  link.isAway = false;
  expect(await found(level, keyOf("kept"))).toBe("null");
  level.close();
});

test("what is too large for it is not stored there", async () => {
  const { link, level } = scene();
  level.store(keyOf("u"), entryOf("H", "1", "2".repeat(1000)), bytesOf(""), 1000);
  await settle();
  expect(link.values.size).toBe(0);
});

test("who does not want the answer any more is not told", async () => {
  const { level } = scene();
  let isTold = false;
  level
    .fetch(keyOf("u"), 1000, () => {
      isTold = true;
    })
    .cancel();
  await settle();
  expect(isTold).toBe(false);
});

test("who asks is told when the time is over, and no more", async () => {
  const { link, level } = scene();
  const answer = Promise.withResolvers<null>();
  link.read = () => answer.promise;
  const told: unknown[] = [];
  await new Promise<void>((resolve) => {
    level.fetch(keyOf("u"), 1, (found) => {
      told.push(found);
      resolve();
    });
  });
  answer.resolve(null);
  await settle();
  expect(told).toEqual([{ kind: "late" }]);
});
