import { expect, test } from "bun:test";
import { readDumpLine, readWhole } from "./tabledump.ts";

test("HAProxy's table, with its heading and what says nothing of counts", () => {
  expect(readDumpLine("# table: marked, type: ip, size:204800, used:2")).toEqual({ kind: "table", name: "marked" });
  expect(
    readDumpLine(
      "0x55d0c0: key=192.0.2.1 use=0 exp=3594729 shard=0 gpc0=3 conn_rate(30000)=12 conn_cur=2 bytes_out_cnt=900",
    ),
  ).toEqual({ kind: "entry", entry: { key: "192.0.2.1", values: { gpc0: 3, conn_rate: 12, bytes_out_cnt: 900 } } });
  expect(readDumpLine("0x1: key=a name with spaces use=1 exp=0 gpc1=1")).toMatchObject({
    entry: { key: "a name with spaces" },
  });
});

test("lines of JSON, and one object of all", () => {
  const line = '{"key":"192.0.2.1","uses":0,"values":{"gpc0":1,"conn_cur":4}}';
  expect(readDumpLine(line)).toEqual({ kind: "entry", entry: { key: "192.0.2.1", values: { gpc0: 1 } } });
  expect(readWhole(`{"table":"marked","entries":[${line},{"key":7}]}`)).toEqual({
    entries: [{ key: "192.0.2.1", values: { gpc0: 1 } }],
    strange: 1,
  });
  expect(readWhole(`[${line}]`)).toMatchObject({ entries: [{}], strange: 0 });
  expect(readWhole("[]")).toEqual({ entries: [], strange: 0 });
  expect(readWhole(line)).toBeNull();
});

test("what is neither is said to be strange", () => {
  for (const line of ["nonsense", "{", '{"key":1}', "key=1"])
    expect([line, readDumpLine(line).kind]).toEqual([line, "strange"]);
  for (const line of ["", "# a remark"]) expect(readDumpLine(line)).toEqual({ kind: "nothing" });
});

test("what stands behind a backslash in a key of HAProxy's is read as the admin API has it", () => {
  const keyOf = (text: string): string | null => {
    const line = readDumpLine(`0x1: key=${text} use=0 exp=1 gpc0=1`);
    return line.kind === "entry" ? line.entry.key : null;
  };
  expect(keyOf("a\\ b\\=c")).toBe("a b=c");
  expect(keyOf("a\\\\b\\n\\xff")).toBe("a\\x5cb\\x0a\\xff");
});
