import { expect, test } from "bun:test";
import { asked, egressPlan, egressPlay } from "../../../test/playbook/egresses.ts";
import { ok } from "../../../test/playbook/words.ts";
import { egressCell } from "../../memory/tally.ts";
import { askedMax, RestRoom } from "./resting.ts";

test("those whose time has come are asked in the order in which they came, and who waits on keeps its place", () => {
  const room = new RestRoom();
  const told: string[] = [];
  const waiter = (name: string, dueMs: number, isServed: boolean) => {
    const each = {
      dueMs,
      retry: () => {
        told.push(name);
        if (isServed) room.remove(each);
        else each.dueMs += 10;
      },
    };
    return each;
  };
  const all = [waiter("a", 5, false), waiter("b", 20, true), waiter("c", 5, true)];
  for (const each of all) expect(room.add(each)).toBeTrue();
  expect(room.add(all[0]!)).toBeFalse();
  room.serve(5);
  room.serve(5);
  expect(told.splice(0)).toEqual(["a", "c"]);
  room.serve(20);
  expect(told).toEqual(["a", "b"]);
  expect(room.size).toBe(1);
});

test("no more than some are asked at a time, and nobody is forgotten", () => {
  const room = new RestRoom();
  let asked = 0;
  for (let number = 0; number < askedMax * 3; number++) {
    const each = {
      dueMs: 0,
      retry: () => {
        asked++;
        room.remove(each);
      },
    };
    room.add(each);
  }
  for (const count of [1, 2, 3, 3]) {
    room.serve(1);
    expect(asked).toBe(askedMax * count);
  }
});

test("requests get through at the pace of their member, however short that is, first come first served", () => {
  const pace = { intervalMs: 10, concurrencyMax: 0 };
  const play = egressPlay({ egress: egressPlan(["192.0.2.11"], { pace, waitMs: 60_000 }) });
  const clients = Array.from({ length: 30 }, () => play.connect());
  for (const [index, client] of clients.entries()) client.sends(asked("b.example", `X-Number: ${index}`));
  const begunMs = play.nowMs;
  const served: string[] = [];
  while (served.length < 30 && play.nowMs - begunMs < 60_000) {
    while (play.dialing > 0) {
      const server = play.accept();
      served.push(...play.take().flatMap((note) => /X-Number: (\d+)/.exec(note)?.[1] ?? []));
      server.sends(ok("hello", "Connection: close"));
    }
    play.pass(4);
  }
  expect(served).toEqual(clients.map((_, index) => `${index}`));
  expect(play.nowMs - begunMs).toBeLessThan(30 * 16);
  expect(play.totals.egress(0, egressCell.waited)).toBe(29);
});
