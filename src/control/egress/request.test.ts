import { expect, test } from "bun:test";
import { membersPage } from "./page.ts";
import { readBanOrder, readHistory, readMember, readMembers, readUnbanOrder, wrongName } from "./request.ts";
import { anyOutcome } from "./search.ts";

const parameters = (query: string): URLSearchParams => new URLSearchParams(query);

test("what is not said is the usual, and states are known however they are written", () => {
  expect(readMembers(parameters(""))).toEqual({
    ok: true,
    value: { state: null, tags: [], find: "", sort: "config", offset: 0, limit: 100 },
  });
  for (const [text, state] of [
    ["coolingDown", "coolingDown"],
    ["cooling_down", "coolingDown"],
    ["on-trial", "trial"],
    ["BANNED", "banned"],
    ["unavailable", "unavailable"],
    ["any", null],
  ] as const)
    expect(readMembers(parameters(`state=${text}`))).toMatchObject({ ok: true, value: { state } });
});

test("tags come one by one or with commas, and mean the same in any case", () => {
  expect(readMembers(parameters("tag=Country=DE,provider=acme&tag=x=y=z"))).toMatchObject({
    value: {
      tags: [
        ["country", "de"],
        ["provider", "acme"],
        ["x", "y=z"],
      ],
    },
  });
});

test("a history's filter is read from its words", () => {
  const read = (query: string) => readHistory(parameters(query), anyOutcome);
  expect(read("")).toEqual({ ok: true, value: { members: null, limit: 100, filter: anyOutcome } });
  expect(
    read("status=5xx&members=a,b&members=b&failed=false&host=A.Test&key=K&since=2026-01-01T00:00:00Z&limit=7"),
  ).toEqual({
    ok: true,
    value: {
      ...{ members: ["a", "b"], limit: 7 },
      filter: { from: 500, to: 599, isFailure: false, host: "a.test", key: "K", sinceMs: Date.UTC(2026, 0, 1) },
    },
  });
  expect(read("status=0")).toMatchObject({ value: { filter: { from: 0, to: 0 } } });
  for (const wrong of ["status=9xx", "status=500-400", "failed=yes", "limit=10001", "limit=x", "since=x", "hots=a"])
    expect([wrong, read(wrong).ok]).toEqual([wrong, false]);
});

test("of one member so many are told as are asked for, within bounds", () => {
  const read = (query: string) => readMember(parameters(query));
  expect([read(""), read("limit=0"), read("limit=10000")]).toEqual(
    [50, 0, 10_000].map((value) => ({ ok: true, value })),
  );
  for (const wrong of ["limit=10001", "limit=-1", "limit=1e3", "limit=", "limits=1"])
    expect([wrong, read(wrong).ok]).toEqual([wrong, false]);
});

test("orders say why, and until when", () => {
  expect(readBanOrder({ reason: " x ", for: "1m" }, 1000)).toEqual({
    ok: true,
    value: { reason: "x", by: "", untilMs: 61_000 },
  });
  expect(readBanOrder({ reason: "x" }, 1000)).toMatchObject({ value: { untilMs: 0 } });
  expect(readUnbanOrder({})).toEqual({ ok: true, value: { reason: "", by: "" } });
  expect(readUnbanOrder({ for: "1m" }).ok).toBe(false);
  expect(wrongName(parameters("a=1"), ["a"])).toBeNull();
});

test("a page of nobody is empty", () => {
  const pool = {
    board: { words: new Int32Array(0), records: () => {} },
    plan: { members: [] },
    rows: new Int32Array(0),
  };
  const asked = readMembers(parameters("sort=used"));
  expect(asked.ok && membersPage(pool as never, asked.value, 0)).toEqual({ members: [], found: 0 });
});
