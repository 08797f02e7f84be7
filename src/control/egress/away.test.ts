import { expect, test } from "bun:test";
import type { EgressMemberPlan } from "../../config/plan.ts";
import { EgressPool } from "../../egress/pool.ts";
import { memberState, memberWord } from "../../memory/egress.ts";
import { SharedEgressBoard } from "../../memory/egressboard.ts";
import { Away, bindable } from "./away.ts";
import { egressPlan, gatewayMember, outcomeOf } from "./sample.fixture.ts";

const startMs = Date.UTC(2026, 10, 23);
const coolDownMs = 600_000;

function stage(count: number, ...others: readonly EgressMemberPlan[]) {
  const addresses = Array.from({ length: count }, (_, index) => `10.9.${index >> 8}.${index & 255}`);
  const members: EgressMemberPlan[] = addresses.map((address) => ({
    ...{ id: address, door: { kind: "source", address }, weight: 1, tags: {} },
  }));
  const plan = egressPlan({ members: [...members, ...others] });
  const shape = {
    members: 512,
    entriesMax: 0,
    changesMax: 20,
    pairs: 16,
    hosts: 16,
    sessions: 16,
    users: 16,
    texts: 64,
  };
  const board = SharedEgressBoard.inMemory(shape);
  const ids = plan.members.map(({ id }) => id);
  board.adopt(ids, startMs);
  const pool = new EgressPool(plan, board, () => 0);
  const rows = Int32Array.from(ids, (id) => board.memberOf(id));
  /** What a bind says of each; those that are not here are not. */
  const here = new Map<string, boolean | null>();
  const broken = { isSo: false };
  let binds = 0;
  const away = new Away(pool, rows, async (address) => {
    binds++;
    if (broken.isSo) throw new Error("no descriptor");
    return here.has(address) ? here.get(address)! : false;
  });
  const clock = { nowMs: startMs + 1000 };
  return {
    ...{ addresses, here, broken, clock },
    look: () => away.look(clock.nowMs),
    fail(...some: readonly string[]): void {
      const fault = { status: 0, fault: 1, blame: "source", fromLog: false, durationMs: 0 } as const;
      for (const id of some) pool.note(id, outcomeOf({ ...fault, atMs: clock.nowMs }));
    },
    binds: (): number => {
      const made = binds;
      binds = 0;
      return made;
    },
    available: (): number =>
      rows.reduce((sum, row) => sum + Number(board.words[row + memberWord.state] === memberState.available), 0),
  };
}

test("addresses that are here again are available at the next look, all of them", async () => {
  const { addresses, available, binds, fail, here, look } = stage(300);
  fail(...addresses);
  await look();
  expect([available(), binds()]).toEqual([0, 128]);
  for (const address of addresses) here.set(address, true);
  await look();
  expect([available(), binds()]).toEqual([300, 300]);
  await look();
  expect(binds()).toBe(0);
});

test("those that stay away are bound to in turn, and do not hide the others for long", async () => {
  const { addresses, available, fail, here, look } = stage(300);
  fail(...addresses);
  here.set(addresses[200]!, true);
  await look();
  expect(available()).toBe(0);
  await look();
  expect(available()).toBe(1);
});

test("of which a bind says nothing wrong from the first comes back once in a cool-down, and of which it says nothing not at all", async () => {
  const { addresses, available, clock, fail, here, look } = stage(2);
  const [one, two] = addresses as [string, string];
  here.set(one, true);
  here.set(two, null);
  fail(one, two);
  await look();
  expect(available()).toBe(1);
  clock.nowMs += 1000;
  fail(one);
  await look();
  expect(available()).toBe(0);
  clock.nowMs += coolDownMs;
  await look();
  expect(available()).toBe(1);
});

test("one that goes and comes is back each time", async () => {
  const { addresses, available, clock, fail, here, look } = stage(1);
  for (let times = 0; times < 5; times++) {
    here.set(addresses[0]!, false);
    fail(addresses[0]!);
    await look();
    expect(available()).toBe(0);
    here.set(addresses[0]!, true);
    clock.nowMs += 1000;
    await look();
    expect(available()).toBe(1);
  }
});

test("after a look that failed the next one looks", async () => {
  const { addresses, available, fail, here, broken, look } = stage(1);
  fail(addresses[0]!);
  here.set(addresses[0]!, true);
  broken.isSo = true;
  await expect(look()).rejects.toThrow("no descriptor");
  expect(available()).toBe(0);
  broken.isSo = false;
  await look();
  expect(available()).toBe(1);
});

test("who is no address of this machine is not bound to", async () => {
  const { binds, fail, look } = stage(0, gatewayMember("203.0.113.1", 19_001));
  fail("203.0.113.1");
  await look();
  expect(binds()).toBe(0);
});

test("an address is here or not, whatever its ports; what is none is not to be told", async () => {
  expect(await Promise.all(["127.0.0.9", "192.0.2.1", "2001:db8::1", "no address"].map(bindable))).toEqual([
    ...[true, false, false],
    null,
  ]);
});
