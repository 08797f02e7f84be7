import { expect, test } from "bun:test";
import { drawn, memberFault, Sample, type SampleParts } from "./sample.ts";

const hourMs = 3_600_000;
const parts: SampleParts = { members: 2, quota: { requestsMax: 3, bytesMax: 1000, periodMs: hourMs } };

test("a user has so many requests in a period that begins with the first", () => {
  const sample = new Sample(parts);
  sample.pass(1234);
  for (let times = 0; times < 3; times++) expect(sample.choose({ user: "alice" }).refusal).toBeNull();
  sample.pass(hourMs - 1);
  expect(sample.choose({ user: "alice" })).toMatchObject({ refusal: "quota", retryMs: 1 });
  sample.pass(1);
  for (let times = 0; times < 3; times++) expect(sample.choose({ user: "alice" }).refusal).toBeNull();
  expect(sample.choose({ user: "alice" })).toMatchObject({ refusal: "quota", retryMs: hourMs });
});

test("each user has a quota of its own, and who is nobody has none", () => {
  const sample = new Sample(parts);
  for (let times = 0; times < 4; times++) sample.choose({ user: "alice" });
  expect(sample.choose({ user: "bob" }).refusal).toBeNull();
  for (let times = 0; times < 9; times++) expect(sample.choose().refusal).toBeNull();
});

test("workers count together", () => {
  const here = new Sample(parts);
  const there = new Sample(parts, drawn(2), here.board);
  const refusals = Array.from(
    { length: 6 },
    (_, turn) => (turn % 2 === 0 ? here : there).choose({ user: "a" }).refusal,
  );
  expect(refusals).toEqual([null, null, null, "quota", "quota", "quota"]);
});

test("bytes count both ways, when a request ends", () => {
  const sample = new Sample(parts);
  const held = sample.hold({ user: "alice" });
  sample.pool.end(held, sample.outcome({ user: "alice", bytesUp: 400, bytesDown: 599 }));
  const next = sample.hold({ user: "alice" });
  sample.pool.end(next, sample.outcome({ user: "alice", bytesUp: 1 }));
  expect(sample.who({ user: "alice" })).toBe("quota");
});

test("what has outlived the period that it began in counts in the one that it ends in", () => {
  const sample = new Sample(parts);
  const wish = { user: "alice" };
  const held = sample.hold(wish);
  sample.pass(hourMs + 5000);
  sample.pool.end(held, sample.outcome({ ...wish, bytesDown: 1000 }));
  expect(sample.choose(wish)).toMatchObject({ refusal: "quota", retryMs: hourMs });
  sample.pass(hourMs);
  // Where others have begun the next one before it ends, it is that.
  const late = sample.hold(wish);
  sample.pass(hourMs);
  expect(sample.choose(wish).refusal).toBeNull();
  sample.pass(5000);
  sample.pool.end(late, sample.outcome({ ...wish, bytesDown: 1000 }));
  expect(sample.choose(wish)).toMatchObject({ refusal: "quota", retryMs: hourMs - 5000 });
});

test("what has carried nothing begins no period", () => {
  const sample = new Sample(parts);
  const wish = { user: "alice" };
  const held = sample.hold(wish);
  sample.pass(hourMs);
  sample.pool.end(held, sample.outcome(wish));
  sample.pass(1000);
  for (let times = 0; times < 3; times++) sample.choose(wish);
  expect(sample.choose(wish)).toMatchObject({ refusal: "quota", retryMs: hourMs });
});

test("bytes that are told of while a request goes on count at once, and once", () => {
  const sample = new Sample(parts);
  const wish = { user: "alice" };
  const held = sample.hold(wish);
  sample.pool.carry("alice", "", 999, sample.nowMs);
  expect(sample.choose(wish).refusal).toBeNull();
  sample.pool.end(held, sample.outcome({ ...wish, bytesUp: 400, bytesDown: 599, bytesTold: 999 }));
  expect(sample.choose(wish).refusal).toBeNull();
  sample.pool.carry("alice", "", 1, sample.nowMs);
  expect(sample.choose(wish).refusal).toBe("quota");
  sample.pass(hourMs);
  expect(sample.choose(wish).refusal).toBeNull();
});

test("a request that tries another member, or gets none, is not counted again", () => {
  const sample = new Sample(parts);
  const { member } = sample.choose({ user: "alice" });
  sample.choose({ user: "alice", tried: new Set([member]) });
  for (const id of ["10.0.0.0", "10.0.0.1"]) for (let times = 0; times < 3; times++) sample.tell(id, memberFault);
  for (let times = 0; times < 5; times++) expect(sample.who({ user: "alice" })).toBe("none");
  sample.pass(600_000);
  expect([1, 2, 3].map(() => sample.choose({ user: "alice" }).refusal)).toEqual([null, null, "quota"]);
});

test("a clock that is set back begins the period again with what was used of it, and keeps nobody out for longer", () => {
  const sample = new Sample(parts);
  for (let times = 0; times < 2; times++) sample.choose({ user: "alice" });
  sample.pass(-24 * hourMs);
  expect(sample.choose({ user: "alice" }).refusal).toBeNull();
  expect(sample.choose({ user: "alice" })).toMatchObject({ refusal: "quota", retryMs: hourMs });
});
