import { expect, test } from "bun:test";
import type { EgressMemberPlan, EgressPlan } from "../../config/plan.ts";
import { EgressPool } from "../../egress/pool.ts";
import { memberState } from "../../memory/egress.ts";
import { SharedEgressBoard } from "../../memory/egressboard.ts";
import { letMendedTry } from "./mended.ts";
import { egressPlan, outcomeOf } from "./sample.fixture.ts";

const nowMs = Date.UTC(2026, 10, 24);
const shape = {
  ...{ members: 16, entriesMax: 0, changesMax: 20, pairs: 16 },
  ...{ hosts: 16, sessions: 16, users: 16, texts: 64 },
};

function proxy(id: string, password: string): EgressMemberPlan {
  const door = {
    kind: "proxy",
    protocol: "http",
    host: "p.example",
    port: 3128,
    user: "us",
    password,
    tls: null,
  } as const;
  return { id, door, weight: 1, tags: {} };
}

/** Three proxies: one that refuses our user, one that answers 403, and one that is banned. */
function stage() {
  const source: EgressMemberPlan = {
    id: "10.0.0.9",
    door: { kind: "source", address: "10.0.0.9" },
    weight: 1,
    tags: {},
  };
  const ids = ["refusing", "disliked", "banned"];
  const planOf = (password: string): EgressPlan =>
    egressPlan({
      members: [...ids.map((id) => proxy(id, password)), source],
      judge: { ...egressPlan().judge, per: "member" },
    });
  const plan = planOf("wrong");
  const board = SharedEgressBoard.inMemory(shape);
  board.adopt([...ids, source.id], nowMs - 1000);
  const pool = new EgressPool(plan, board, () => 0);
  const told = { fromLog: false, durationMs: 0, atMs: nowMs };
  for (let times = 0; times < 3; times++) {
    pool.note("refusing", outcomeOf({ ...told, status: 0, fault: 1, blame: "member" }));
    pool.note("disliked", outcomeOf({ ...told, status: 403 }));
    pool.note(source.id, outcomeOf({ ...told, status: 0, fault: 1, blame: "source" }));
  }
  pool.ban("banned", 0, "", nowMs);
  const states = (): number[] => [...ids, source.id].map((id) => pool.standing(id)!.state);
  return { plan, planOf, board, pool, states };
}

const { available, coolingDown, banned } = memberState;

test("who is reached otherwise may try again, unless it is for something else that it is out", () => {
  const { plan, planOf, board, pool, states } = stage();
  expect(states()).toEqual([coolingDown, coolingDown, banned, coolingDown]);
  expect(letMendedTry(planOf("wrong"), plan, board, pool, nowMs + 1)).toBe(0);
  expect(letMendedTry(planOf("right"), plan, board, pool, nowMs + 1)).toBe(1);
  expect(states()).toEqual([available, coolingDown, banned, coolingDown]);
});

test("at a start each may, and addresses of this machine are looked after elsewhere", () => {
  const { plan, board, pool, states } = stage();
  expect(letMendedTry(plan, null, board, pool, nowMs + 1)).toBe(1);
  expect(states()).toEqual([available, coolingDown, banned, coolingDown]);
});
