import { expect, test } from "bun:test";
import type { EgressShape } from "../memory/egress.ts";
import { egressShape } from "../memory/egressboard/shape.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import { drawn, memberFault, Sample, type SampleParts, sampleShape, startMs } from "./sample.fixture.ts";

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

const crowded: EgressShape = { ...sampleShape, users: 16 };
/** One set of 16 cells. */
const crowd = Array.from({ length: 40 }, (_, index) => `user ${index}`);

function crowdedBoard(): SharedEgressBoard {
  const board = SharedEgressBoard.inMemory(crowded);
  board.adopt(["10.0.0.0", "10.0.0.1"], startMs);
  return board;
}

test("what a user has had is not forgotten for another, who is refused until there is room", () => {
  const sample = new Sample(parts, drawn(1), crowdedBoard());
  const counted = crowd.filter((user) => sample.choose({ user }).refusal === null);
  expect(counted.length).toBeLessThanOrEqual(16);
  expect(counted.length).toBeGreaterThan(8);
  const late = crowd.find((user) => !counted.includes(user))!;
  expect(sample.choose({ user: late })).toMatchObject({ refusal: "quota", retryMs: 60_000 });
  // Though all others have asked since.
  for (const times of [2, 3]) for (const user of counted) expect([times, sample.who({ user })]).not.toContain("quota");
  for (const user of counted) expect(sample.who({ user })).toBe("quota");
  sample.pass(hourMs);
  expect(sample.choose({ user: late }).refusal).toBeNull();
});

test("who cannot be counted, for somebody does not let go of the board, waits", () => {
  const sample = new Sample(parts);
  sample.choose({ user: "known" });
  const board = sample.board as SharedEgressBoard;
  const { open } = board;
  board.open = () => false;
  expect(sample.choose({ user: "new" })).toMatchObject({ refusal: "paced", retryMs: 50 });
  expect(sample.choose({ user: "known" }).refusal).toBeNull();
  board.open = open;
  for (let times = 0; times < 3; times++) expect(sample.choose({ user: "new" }).refusal).toBeNull();
  expect(sample.choose({ user: "new" }).refusal).toBe("quota");
});

test("all users that there are meant to be are counted, and none is forgotten", () => {
  const sizes = { members: [], history: { entriesMax: 0, changesMax: 0 }, session: null };
  for (const users of [819, 1638, 20_000]) {
    const board = SharedEgressBoard.inMemory({ ...egressShape({ ...sizes, users }), members: 2, texts: 64 });
    board.adopt(["10.0.0.0", "10.0.0.1"], startMs);
    const sample = new Sample({ ...parts, quota: { requestsMax: 1, bytesMax: 0, periodMs: hourMs } }, drawn(1), board);
    for (let user = 0; user < users; user++) sample.choose({ user: `user ${user}` });
    let passed = 0;
    for (let user = 0; user < users; user++) if (sample.choose({ user: `user ${user}` }).refusal === null) passed++;
    expect([users, passed, board.count("user")]).toEqual([users, 0, users]);
  }
});
