import { describe, expect, test } from "bun:test";
import type { TableKeyPlan, TablePlan } from "../../config/plan.ts";
import { listRows } from "../../memory/sticktable/rows.ts";
import { StickTable } from "../../memory/sticktable.ts";
import { isInBlock, layKey, layListed, readBlock, shownKey } from "./keytext.ts";

/** Written, laid, listed, shown. */
function roundTrip(kind: TableKeyPlan, text: string): string {
  const plan: TablePlan = {
    name: "t",
    key: kind,
    entriesMax: 10,
    expireMs: 0,
    isEvicting: true,
    share: null,
    store: ["gpc0"],
  };
  const table = StickTable.inMemory(plan);
  const problem = layKey(text, table.key);
  if (problem !== null) return problem;
  table.add(0, 0, 1, 0);
  const [row] = listRows(table, 0, { cursor: 0, rowsMax: 1, looksMax: 10 }).rows;
  layListed(row!.key, table.key);
  expect(table.has(0)).toBe(true);
  return shownKey(kind, row!.key);
}

describe("keys as text", () => {
  const ip: TableKeyPlan = { kind: "ip", prefix6: 64 };
  const text: TableKeyPlan = { kind: "string", bytesMax: 20 };
  test.each([
    [ip, "203.0.113.7", "203.0.113.7"],
    [ip, "203.0.113.7/32", "203.0.113.7"],
    [ip, "2001:db8:0:1:2::3", "2001:db8:0:1::/64"],
    [ip, "2001:db8::/64", "2001:db8::/64"],
    [ip, "::ffff:10.0.0.1", "10.0.0.1"],
    [{ kind: "ip", prefix6: 128 }, "2001:db8::3", "2001:db8::3"],
    [{ kind: "ip", prefix6: 60 }, "2001:db8:0:ff::1", "2001:db8:0:f0::/60"],
    [{ kind: "integer" }, "4294967295", "4294967295"],
    [{ kind: "integer" }, "-1", "4294967295"],
    [text, "alice", "alice"],
    [text, "", ""],
    [text, "two words é", "two words é"],
    [text, "\\x1b[2J\\x5c", "\\x1b[2J\\x5c"],
    [text, "\\xff\\xc3\\xa9a", "\\xff\\xc3\\xa9a"],
    [text, "\\xc3\\xa9", "é"],
    [text, "a\\xe2\\x80\\xaeb", "a\\xe2\\x80\\xaeb"],
    [{ kind: "binary", bytesMax: 3 }, "A1b2", "a1b200"],
  ] satisfies [TableKeyPlan, string, string][])("%j %s", (plan, written, shown) => {
    expect(roundTrip(plan, written)).toBe(shown);
    expect(roundTrip(plan, shown)).toBe(shown);
  });

  test.each([
    [ip, "10.0.0.1/24", "keys of this table are whole addresses"],
    [ip, "2001:db8::/48", "blocks of /64"],
    [ip, "alice", "must be an address"],
    [{ kind: "integer" }, "7a", "must be a number"],
    [text, "x".repeat(21), "at most 20 bytes"],
    [text, "a\\b", "a backslash in a key is written \\x5c"],
    [{ kind: "binary", bytesMax: 3 }, "abc", "in hexadecimal"],
  ] satisfies [TableKeyPlan, string, string][])("%j refuses %s", (plan, written, problem) => {
    expect(roundTrip(plan, written)).toContain(problem);
  });
});

test("a block holds the addresses that begin as it does, and IPv4 is no IPv6", () => {
  const isIn = (block: string, address: string): boolean => isInBlock(readBlock(block)!, address);
  expect(isIn("10.0.0.0/8", "10.255.0.1")).toBe(true);
  expect(isIn("10.0.0.0/9", "10.255.0.1")).toBe(false);
  expect(isIn("10.0.0.1", "10.0.0.1")).toBe(true);
  expect(isIn("10.0.0.1", "10.0.0.2")).toBe(false);
  expect(isIn("0.0.0.0/0", "2001:db8::1")).toBe(false);
  expect(isIn("2001:db8::/33", "2001:db8:7fff::1")).toBe(true);
  expect(isIn("2001:db8::/33", "2001:db8:8000::1")).toBe(false);
  expect(isIn("2001:db8::/32", "2001:db8:1::/64")).toBe(true);
  expect(readBlock("10.0.0.0/33")).toBeNull();
  expect(readBlock("10.0.0")).toBeNull();
});
