import { expect, test } from "bun:test";
import { Sample, type SampleParts, wayFault } from "./sample.fixture.ts";

const members = 300;
const session = { lifetimeMs: 600_000, idleMs: 0, requestsMax: 0, bytesMax: 0 };

/** All members are out at a.example, where each was banned. */
function dried(parts: SampleParts): Sample {
  const sample = new Sample({ members, ...parts });
  for (const { id } of sample.pool.plan.members) sample.tell(id, { meaning: "ban" });
  return sample;
}

/** How often it looks for what is known of a member at the host, for so many choices. */
function looks(sample: Sample, choices: number, one: (number: number) => void): number {
  const { board } = sample;
  const find = board.find.bind(board);
  let count = 0;
  board.find = (kind, first, second) => {
    if (kind === "pair") count++;
    return find(kind, first, second);
  };
  for (let number = 0; number < choices; number++) one(number);
  board.find = find;
  return count;
}

test.each<[string, SampleParts]>([
  ["by chance", {}],
  ["in turn", { choose: "roundRobin" }],
  ["the least used", { choose: "leastUsed" }],
  ["by the key", { session: { ...session, lifetimeMs: 0 } }],
  ["by sessions", { session }],
])("where nobody may be used at a host they are not all gone through for each request: %s", (_, parts) => {
  const sample = dried(parts);
  const count = looks(sample, 100, (number) => {
    expect(sample.who({ key: `k${number}` })).toBe("none");
  });
  expect(count).toBeLessThan(members * 6);
  expect(sample.choose({ key: "k" }).retryMs).toBe(600_000);
  // Others are not concerned, and it does not outlast what it is about.
  expect(sample.who({ key: "k", host: "b.example" })).toStartWith("10.");
  sample.pass(600_000);
  expect(sample.who({ key: "k" })).toStartWith("10.");
});

test("nor for each that is sent by the first to be back all the same, though others end meanwhile", () => {
  const sample = dried({ whenNone: "soonest" });
  const count = looks(sample, 100, () => {
    const held = sample.hold();
    expect(held.row).toBeGreaterThan(0);
    sample.pool.end(held, sample.outcome({ status: 503 }));
  });
  expect(count).toBeLessThan(members * 6);
});

test("one that is let go of is found at once, and so are those who are let off, for the host was down", () => {
  const paced = new Sample({ members, pace: { intervalMs: 0, concurrencyMax: 1 } });
  const held = Array.from({ length: members }, () => paced.hold());
  expect([paced.who(), paced.who()]).toEqual(["paced", "paced"]);
  paced.pool.end(held[7]!, paced.outcome());
  expect(paced.who()).toStartWith("10.");

  const down = new Sample({
    members: 70,
    judge: { strategy: { kind: "consecutive", failures: 1, withinMs: 0 }, hostDownAfter: 8 },
  });
  const ids = down.pool.plan.members.map(({ id }) => id);
  for (const id of ids.slice(7)) down.tell(id, { meaning: "ban" });
  for (const id of ids.slice(0, 7)) down.tell(id, wayFault);
  expect(down.who()).toBe("none");
  down.tell(ids[8]!, wayFault);
  expect(ids.slice(0, 7)).toContain(down.who());
});
