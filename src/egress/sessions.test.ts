import { describe, expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { memberFault, Sample, type SampleParts, sampleMember } from "./sample.fixture.ts";

const minuteMs = 60_000;
const limits = { lifetimeMs: 10 * minuteMs, idleMs: 0, requestsMax: 0, bytesMax: 0 };

function make(
  parts: SampleParts = {},
  session: Partial<typeof limits> = {},
  board: Sample["board"] | null = null,
): Sample {
  const prng = new Prng(5);
  return new Sample({ members: 20, ...parts, session: { ...limits, ...session } }, () => prng.next(), board);
}

function coolDown(sample: Sample, id: string): void {
  for (let times = 0; times < 3; times++) sample.tell(id, memberFault);
}

describe("a session", () => {
  test("keeps its member for its lifetime, and is then given another one", () => {
    const sample = make();
    const choice = sample.choose({ key: "k" });
    expect(choice.why).toBe("chance");
    const id = sample.idOf(choice);
    sample.pass(10 * minuteMs - 1);
    for (let times = 0; times < 10; times++) expect(sample.who({ key: "k" })).toBe(id);
    expect(sample.choose({ key: "k" }).why).toBe("session");
    sample.pass(1);
    expect(sample.who({ key: "k" })).not.toBe(id);
  });

  test("is its user's and its key's", () => {
    const sample = make();
    const found = new Set(Array.from({ length: 12 }, (_, index) => sample.who({ key: "k", user: `user${index}` })));
    expect(found.size).toBeGreaterThan(4);
    expect(sample.who({ key: "k", user: "user3" })).toBe(sample.who({ key: "k", user: "user3", host: "b.example" }));
  });

  test("ends sooner when a request says so, and never later", () => {
    const sample = make();
    const id = sample.who({ key: "k" });
    sample.pass(5 * minuteMs);
    expect(sample.who({ key: "k", lifetimeMs: 60 * minuteMs })).toBe(id);
    expect(sample.who({ key: "k", lifetimeMs: 5 * minuteMs })).not.toBe(id);
    const next = sample.who({ key: "k" });
    sample.pass(10 * minuteMs);
    expect(sample.who({ key: "k", lifetimeMs: 60 * minuteMs })).not.toBe(next);
  });

  test("ends when nobody has used it for so long", () => {
    const sample = make({}, { idleMs: minuteMs });
    const id = sample.who({ key: "k" });
    for (let times = 0; times < 3; times++) {
      sample.pass(minuteMs - 1);
      expect(sample.who({ key: "k" })).toBe(id);
    }
    sample.pass(minuteMs);
    expect(sample.who({ key: "k" })).not.toBe(id);
  });

  test("ends after so many requests, counted over all workers", () => {
    const here = make({}, { requestsMax: 4 });
    const there = make({}, { requestsMax: 4 }, here.board);
    const found = Array.from({ length: 9 }, (_, turn) => (turn % 2 === 0 ? here : there).who({ key: "k" }));
    expect(new Set(found.slice(0, 4)).size).toBe(1);
    expect(new Set(found.slice(4, 8)).size).toBe(1);
    expect(found[4]).not.toBe(found[3]!);
    expect(found[8]).not.toBe(found[7]!);
  });

  test("ends after so many bytes", () => {
    const sample = make({}, { bytesMax: 1000 });
    const choice = sample.choose({ key: "k", user: "u" });
    const id = sample.idOf(choice);
    sample.pool.end(choice, sample.outcome({ key: "k", user: "u", bytesDown: 999 }));
    const again = sample.choose({ key: "k", user: "u" });
    expect(sample.idOf(again)).toBe(id);
    sample.pool.end(again, sample.outcome({ key: "k", user: "u", bytesUp: 1 }));
    expect(sample.who({ key: "k", user: "u" })).not.toBe(id);
  });

  test("moves when its member is unavailable, and stays with the new one", () => {
    const sample = make();
    const id = sample.who({ key: "k" });
    coolDown(sample, id);
    const next = sample.who({ key: "k" });
    expect(next).not.toBe(id);
    sample.pool.unban(id, "", sample.nowMs);
    for (let times = 0; times < 5; times++) expect(sample.who({ key: "k" })).toBe(next);
  });

  test("moves when its member is unavailable at the host that is asked for", () => {
    const sample = make();
    const id = sample.who({ key: "k" });
    sample.tell(id, { meaning: "ban" });
    const next = sample.who({ key: "k" });
    expect(next).not.toBe(id);
    expect(sample.who({ key: "k", host: "b.example" })).toBe(next);
  });

  test("stays where it is for requests that its member cannot carry, or was tried for: these go by the key", () => {
    const members = Array.from({ length: 20 }, (_, index) =>
      sampleMember(index, { tags: { country: index % 2 === 0 ? "de" : "us" } }),
    );
    const sample = make({ members });
    const id = sample.who({ key: "k", tags: "country=de" });
    const other = sample.choose({ key: "k", tags: "country=us" });
    expect(other.why).toBe("hash");
    const otherId = sample.idOf(other);
    expect(sample.who({ key: "k", tags: "country=us" })).toBe(otherId);
    expect(sample.who({ key: "k" })).toBe(id);
    const tried = new Set([members.findIndex((member) => member.id === id)]);
    expect(sample.who({ key: "k", tried })).not.toBe(id);
    expect(sample.who({ key: "k" })).toBe(id);
  });

  test("is the same for two workers that meet it for the first time", () => {
    const here = make();
    const there = make({}, {}, here.board);
    const id = here.who({ key: "k" });
    for (let times = 0; times < 5; times++) expect(there.who({ key: "k" })).toBe(id);
  });

  test("of which the only member is to be given another one begins anew with the same", () => {
    const sample = make({ members: 1 });
    const id = sample.who({ key: "k" });
    sample.pass(10 * minuteMs);
    const choice = sample.choose({ key: "k" });
    expect(sample.idOf(choice)).toBe(id);
    expect(choice.why).toBe("chance");
    expect(sample.choose({ key: "k" }).why).toBe("session");
  });

  test("begins anew when the clock was set back: it would last too long", () => {
    const sample = make();
    sample.who({ key: "k" });
    sample.pass(-86_400_000);
    sample.who({ key: "k" });
    sample.pass(10 * minuteMs - 1);
    expect(sample.choose({ key: "k" }).why).toBe("session");
    sample.pass(1);
    expect(sample.choose({ key: "k" }).why).toBe("chance");
  });

  test("that nobody has room for is given its member by the key", () => {
    const sample = make();
    sample.board.take = () => 0;
    const choice = sample.choose({ key: "k" });
    expect(choice).toMatchObject({ why: "hash", refusal: null });
    expect(sample.who({ key: "k" })).toBe(sample.idOf(choice));
  });
});

describe("a key without a lifetime", () => {
  const keys = Array.from({ length: 3000 }, (_, index) => `key-${index}`);
  const placesIn = (sample: Sample): Map<string, string> =>
    new Map(keys.map((key) => [key, sample.who({ key })] as const));

  for (const count of [20, 300])
    test(`of ${count} members is the same one's, for every worker, and keys are spread evenly`, () => {
      const here = make({ members: count }, { lifetimeMs: 0 });
      const there = make({ members: count }, { lifetimeMs: 0 }, here.board);
      const places = placesIn(here);
      expect(placesIn(there)).toEqual(places);
      const counts = new Map<string, number>();
      for (const id of places.values()) counts.set(id, (counts.get(id) ?? 0) + 1);
      expect(counts.size).toBe(count);
      const mean = keys.length / count;
      for (const each of counts.values()) expect(Math.abs(each - mean)).toBeLessThan(5 * Math.sqrt(mean));
    });

  for (const count of [20, 300])
    test(`of ${count} members goes on to others while its member is unavailable, and returns; no other key moves`, () => {
      const sample = make({ members: count }, { lifetimeMs: 0 });
      const before = placesIn(sample);
      const out = new Set(
        Array.from({ length: count / 2 }, (_, index) => `10.0.${(index * 2) >> 8}.${(index * 2) & 255}`),
      );
      for (const id of out) coolDown(sample, id);
      const meanwhile = placesIn(sample);
      for (const [key, id] of meanwhile) {
        expect(out.has(id)).toBeFalse();
        if (!out.has(before.get(key)!)) expect(id).toBe(before.get(key)!);
      }
      expect(new Set(meanwhile.values()).size).toBe(count / 2);
      sample.pass(10 * minuteMs);
      expect(placesIn(sample)).toEqual(before);
    });

  for (const count of [20, 300])
    test(`of ${count} members: one that leaves the plan moves hardly any keys but its own`, () => {
      const members = Array.from({ length: count }, (_, index) => sampleMember(index));
      const all = placesIn(make({ members }, { lifetimeMs: 0 }));
      const left = members[count / 2]!.id;
      const without = placesIn(make({ members: members.filter(({ id }) => id !== left) }, { lifetimeMs: 0 }));
      let moved = 0;
      for (const [key, id] of all) if (id !== left && without.get(key) !== id) moved++;
      expect(moved).toBeLessThan(keys.length / count);
    });

  test("has its member by weight", () => {
    for (const count of [20, 300]) {
      const members = Array.from({ length: count }, (_, index) =>
        sampleMember(index, { weight: index % 2 === 0 ? 3 : 1 }),
      );
      const places = placesIn(make({ members }, { lifetimeMs: 0 }));
      const heavy = [...places.values()].filter((id) => Number(id.split(".")[3]) % 2 === 0).length;
      expect(heavy / keys.length).toBeWithin(0.7, 0.8);
    }
  });

  test("makes no records", () => {
    const sample = make({}, { lifetimeMs: 0 });
    placesIn(sample);
    sample.board.records("session", () => expect.unreachable("a session was made"));
  });
});
