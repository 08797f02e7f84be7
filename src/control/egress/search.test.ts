import { expect, test } from "bun:test";
import { memberState, type Outcome, outcomeFlag, recordWord } from "../../memory/egress.ts";
import { SharedEgressBoard } from "../../memory/egressboard.ts";
import { runSteps } from "../../memory/listranges.ts";
import { hostsDown, outcomeSummary, pairsOf, strategyText, timelineOf } from "./reading.ts";
import { egressPlan, gatewayMember } from "./sample.fixture.ts";
import { anyOutcome, search } from "./search.ts";
import { poolSummary } from "./summary.ts";

const ids = ["a", "b", "c"];
const start = Date.UTC(2026, 10, 22, 9, 6, 3);

function stage(entriesMax = 50) {
  const counts = { members: 4, entriesMax, changesMax: 10, pairs: 16, hosts: 16, sessions: 16, users: 16, texts: 64 };
  const board = SharedEgressBoard.inMemory(counts);
  board.adopt(ids, start);
  const members = ids.map((id) => ({ id, row: board.memberOf(id) }));
  const outcome: Outcome = { atMs: 0, status: 200, fault: 0, flags: 0, durationMs: 1, host: 0, key: 0 };
  return {
    board,
    members,
    keep: (id: string, own: Partial<Outcome>): void => board.keep(board.memberOf(id), { ...outcome, ...own }),
    found: (limit: number, filter = anyOutcome) => {
      const { found, isMore } = runSteps(search(board, members, filter, limit));
      return { at: found.map(({ at, member }) => `${member} ${(Date.parse(at!) - start) / 1000}`), isMore };
    },
  };
}

test("the newest of all members come first, however they lie", () => {
  const { keep, found } = stage();
  for (let index = 0; index < 30; index++) keep(ids[index % 3]!, { atMs: start + index * 1000 });
  expect(found(4)).toEqual({ at: ["c 29", "b 28", "a 27", "c 26"], isMore: true });
  expect(found(100).at).toHaveLength(30);
  expect(found(100).isMore).toBe(false);
  expect(found(100, { ...anyOutcome, sinceMs: start + 28_000 })).toEqual({ at: ["c 29", "b 28"], isMore: false });
});

test("what a log told late is found in its time", () => {
  const { keep, found } = stage();
  for (const second of [100, 40, 110, 50]) keep("a", { atMs: start + second * 1000 });
  expect(found(3).at).toEqual(["a 110", "a 100", "a 50"]);
  expect(found(9, { ...anyOutcome, sinceMs: start + 100_000 }).at).toEqual(["a 110", "a 100"]);
});

test("what was told before a log of hours ago was read is found", () => {
  const { keep, found } = stage();
  keep("a", { atMs: start + 90_000_000, status: 403 });
  for (let index = 0; index < 40; index++) keep("a", { atMs: start + index * 1000 });
  keep("b", { atMs: start + 90_001_000, status: 403 });
  const filter = { ...anyOutcome, sinceMs: start + 80_000_000 };
  expect(found(9, filter)).toEqual({ at: ["b 90001", "a 90000"], isMore: false });
  expect(found(2, { ...anyOutcome, from: 400, to: 499 })).toEqual({ at: ["b 90001", "a 90000"], isMore: false });
  expect(found(2).isMore).toBe(true);
});

test("a filter lets through what is like it", () => {
  const { keep, found, board } = stage();
  const [host, key] = [board.textOf("shop.example"), board.textOf("k")];
  keep("a", { atMs: start, status: 403, flags: outcomeFlag.failure, host });
  keep("b", { atMs: start + 1000, status: 200, host, key });
  expect(found(9, { ...anyOutcome, from: 400, to: 499 }).at).toEqual(["a 0"]);
  expect(found(9, { ...anyOutcome, isFailure: false }).at).toEqual(["b 1"]);
  expect(found(9, { ...anyOutcome, host: "shop.example", key: "k" }).at).toEqual(["b 1"]);
  expect(found(9, { ...anyOutcome, host: "other.example" }).at).toEqual([]);
});

test("records and rings are told in words", () => {
  const { board } = stage();
  const row = board.memberOf("a");
  board.open();
  const pair = board.take("pair", row, 7, start);
  board.words[pair + recordWord.state] = memberState.coolingDown;
  board.words[pair + recordWord.text] = board.textOf("shop.example");
  board.doubles[(pair + recordWord.untilMs) / 2] = start + 1000;
  const host = board.take("host", 9, 9, start);
  board.words[host + recordWord.state] = memberState.coolingDown;
  board.words[host + recordWord.text] = board.textOf("down.example");
  board.keepChange(row, { atMs: start, state: memberState.banned, cause: 5, forMs: 60_000, text: board.textOf("x") });
  board.close();
  expect(pairsOf(board, row, start, true)).toMatchObject([{ host: "shop.example", state: "coolingDown", next: null }]);
  expect(pairsOf(board, row, start + 2000, false)).toMatchObject([{ state: "available", until: null }]);
  expect(pairsOf(board, row, start + 2000, true)).toMatchObject([{ state: "trial", until: null }]);
  expect(hostsDown(board, 5)).toEqual({ count: 1, hosts: ["down.example"] });
  expect(timelineOf(board, row, 1)).toEqual([
    { at: "2026-11-22T09:06:03.000Z", state: "banned", cause: "manual", why: "by an operator: x", forMs: 60_000 },
  ]);
  const tunnel = { atMs: start, status: 0, fault: 1, flags: outcomeFlag.tunnel | outcomeFlag.fromLog, durationMs: -1 };
  expect(outcomeSummary(board, "a", { ...tunnel, host: 0, key: 0 })).toMatchObject({
    ...{ status: 0, fault: "bad_start_line", host: "", isTunnel: true, isFailure: false, from: "log" },
  });
});

test("a pool's figures are the sum over its members", () => {
  const { board, members } = stage();
  const plan = egressPlan({ members: ids.map((id, index) => gatewayMember(id, 19_001 + index)) });
  const rows = Int32Array.from(members, ({ row }) => row);
  board.hold(rows[0]!, 0);
  const parts = { cell: (cell: number) => cell, memoryBytes: 4096, logs: null };
  const summary = poolSummary({ plan, board, rows } as unknown as Parameters<typeof poolSummary>[0], parts);
  expect(summary).toMatchObject({
    ...{ members: 3, active: 1, memoryBytes: 4096, nextBack: null, evidence: null },
    ...{ states: { available: 3, coolingDown: 0, trial: 0, banned: 0 }, judge: { strategy: "3 failures in a row" } },
  });
  expect(strategyText(egressPlan({ judge: { ...plan.judge, strategy: { kind: "share", of: 20, share: 0.5 } } }))).toBe(
    "50 % of the last 20",
  );
});
