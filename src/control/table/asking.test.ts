import { expect, test } from "bun:test";
import type { TablePlan } from "../../config/plan.ts";
import { StickTable } from "../../memory/sticktable.ts";
import { type Query, readQuery } from "./asking.ts";

const plan: TablePlan = {
  name: "seen",
  key: { kind: "ip", prefix6: 64 },
  entriesMax: 1000,
  expireMs: 0,
  isEvicting: true,
  share: null,
  store: ["gpc0", "http_req_rate(10s)"],
};

function asked(query: string, of: TablePlan = plan): Query | string {
  return readQuery(new URLSearchParams(query), of, StickTable.inMemory(of), (_key, _field, own) => own);
}

function accepts(query: string, key: string, gpc0: number, of: TablePlan = plan): boolean {
  const read = asked(query, of);
  if (typeof read === "string") throw new Error(read);
  return read.accept({ key, refs: 0, expiresInMs: null, read: (column) => (column === 0 ? gpc0 : 0) });
}

test("without parameters all entries are meant, a hundred at a time, in no order", () => {
  expect(asked("")).toMatchObject({ isAll: true, cursor: 0, limit: 100, criteria: null });
  for (const query of ["cursor=5", "key=10.0.0.1", "find=1", "where=gpc0 > 1"])
    expect([query, asked(query)]).toMatchObject([query, { isAll: false }]);
  expect(asked("limit=999999")).toMatchObject({ limit: 1000 });
});

test("conditions, keys and parts of keys must all fit", () => {
  expect(accepts("where=gpc0 > 1&where=gpc0 < 5", "10.0.0.1", 3)).toBe(true);
  expect(accepts("where=gpc0 > 1&where=gpc0 < 5", "10.0.0.1", 7)).toBe(false);
  expect(accepts("key=10.0.0.0/8&find=.7", "10.0.0.7", 0)).toBe(true);
  expect(accepts("key=10.0.0.0/8&find=.7", "11.0.0.7", 0)).toBe(false);
  expect(accepts("key=10.0.0.0/8&find=.7", "10.0.0.8", 0)).toBe(false);
  const users: TablePlan = { ...plan, key: { kind: "string", bytesMax: 20 } };
  expect(accepts("key=al&find=ICE", "alice", 0, users)).toBe(true);
  expect(accepts("key=AL", "alice", 0, users)).toBe(false);
});

test("what cannot be read is refused in a sentence", () => {
  for (const [query, sentence] of [
    ["cursor=x", "cursor must be one that the page before has told"],
    ["limit=0", "limit must be a number from 1 on"],
    ["wher=1", 'there is no parameter wher; did you mean "where"?'],
    ["sort=gpc0&cursor=1", "entries that are sorted come in one page: leave cursor out"],
  ] as const)
    expect(asked(query)).toBe(sentence);
  expect(asked("key=alice")).toContain("key must be an address or a block");
  expect(asked("sort=nothing")).toContain("table seen does not store");
  expect(asked("where=gpc0")).toContain("a condition is written like");
});
