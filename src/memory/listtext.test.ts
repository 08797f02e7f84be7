import { expect, test } from "bun:test";
import ipaddr from "ipaddr.js";
import { isIp } from "../base/address.ts";
import type { ListPlan } from "../config/plan.ts";
import { readBlock } from "./block.ts";
import { ListDraft } from "./listdraft.ts";
import { ListFile } from "./listfile.ts";
import { runSteps } from "./listranges.ts";
import { addValue, readListText } from "./listtext.ts";

function readAddress(text: string, octets: Uint8Array): boolean {
  if (!isIp(text)) return false;
  const address = ipaddr.parse(text);
  octets.set((address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address).toByteArray());
  return true;
}

function readText(kind: ListPlan["kind"], text: string | Uint8Array) {
  const draft = new ListDraft(kind);
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const reading = runSteps(readListText(bytes, draft, readAddress));
  return { ...reading, list: new ListFile(runSteps(draft.finish())) };
}

const find = (list: ListFile, text: string): number => {
  const octets = new Uint8Array(16);
  readAddress(text, octets);
  return list.findAddress(octets, 0);
};

test("addresses and blocks stand one a line, with comments, blanks and any line ends", () => {
  const text =
    "\ufeff# office\r\n; as Spamhaus writes\r\n\r\n10.0.0.5/8\r\n  192.0.2.1 \t; SBL1\n2001:db8::/32 # docs\n::1";
  const { list, problems } = readText("address", text);
  expect(problems).toEqual([]);
  expect(list.size).toBe(4);
  expect(["10.255.0.1", "192.0.2.1", "2001:db8:1::", "::1"].map((each) => find(list, each))).toEqual([0, 1, 2, 3]);
  expect(["11.0.0.1", "192.0.2.2", "::2"].map((each) => find(list, each))).toEqual([-1, -1, -1]);
});

test("every line that is no address is told with its number, and no more than twenty of them", () => {
  const { problems, problemCount } = readText(
    "address",
    "10.0.0.1\n10.0.0.300\n10.0.0.0/33\nfe80::1%eth0\n1.2.3.4 x\n",
  );
  expect(problemCount).toBe(4);
  expect(problems).toEqual([
    { line: 2, message: '"10.0.0.300" is not an IP address or a block such as 10.0.0.0/8' },
    { line: 3, message: '"10.0.0.0/33" must have a whole number from 0 to 32 after its slash' },
    { line: 4, message: '"fe80::1%eth0" is not an IP address or a block such as 10.0.0.0/8' },
    { line: 5, message: '"1.2.3.4 x" is not an IP address or a block such as 10.0.0.0/8' },
  ]);
  const many = readText("address", "x\n".repeat(50));
  expect([many.problems.length, many.problemCount, many.problems[19]!.line]).toEqual([20, 50, 20]);
});

test("a prefix counts the bits of the address that it stands behind", () => {
  const octets = new Uint8Array(16);
  const bits = (text: string) => {
    const reading = readBlock(text, readAddress, octets);
    return reading.ok ? reading.value : null;
  };
  expect([bits("10.0.0.0/8"), bits("10.0.0.0"), bits("::/0"), bits("::ffff:10.0.0.0/104")]).toEqual([104, 128, 0, 104]);
  expect([bits("::/129"), bits("10.0.0.0/"), bits("10.0.0.0/-1"), bits("/8"), bits("")]).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
});

test("texts are lines as they stand, a # inside belongs to them", () => {
  const { list, problems } = readText("text", "# paths\n/a b#c ; d  \n\t/x\n");
  expect(problems).toEqual([]);
  expect([list.size, list.findText("/a b#c ; d"), list.findText("/x")]).toEqual([2, 0, 1]);
});

test("what is not text is refused, and so is a line without an end", () => {
  const { problems } = readText("text", `a\0b\nfine\n${"x".repeat(9000)}\na\rb\n`);
  expect(problems.map(({ line }) => line)).toEqual([1, 3, 4]);
  expect(problems[1]!.message).toBe("the line has 9000 bytes; 8192 is the most");
});

test("bytes of a text are those that requests are read as", () => {
  const { list } = readText("text", "/caf\u00e9\n");
  expect(list.findText(Buffer.from("/caf\u00e9").toString("latin1"))).toBe(0);
});

test("names are host names, with a star in front at most", () => {
  const { list, problems } = readText(
    "name",
    "WWW.Example.com # ours\n*.shop.test\nxn--caf-dma.test.\n_dns.a_b.test\n",
  );
  expect(problems).toEqual([]);
  const found = ["www.example.com", "a.shop.test", "shop.test", "xn--caf-dma.test", "_dns.a_b.test"];
  expect(found.map((name) => list.findText(name))).toEqual([0, 1, -1, 2, 3]);
  const wrong = ["*", ".a.test", "a..test", "-a.test", "a-.test", "a.*.test", "a b", "http://a.test", "a.test:80"];
  const label = "x".repeat(64);
  const { problems: told } = readText("name", [...wrong, `${label}.test`, "caf\u00e9.test", "*."].join("\n"));
  expect(told.map(({ line }) => line)).toEqual(Array.from({ length: wrong.length + 3 }, (_, index) => index + 1));
  expect(told[0]!.message).toBe('"*" is not a name such as www.example.com or *.example.com');
  expect(told[wrong.length + 1]!.message).toContain("xn--");
});

test("the first blank of a line ends the key of a map; the rest is its value", () => {
  const { list } = readText("map", "a.test  pool one # not a comment\r\nb.test\tx\nlonely\n");
  const value = (key: string) => list.valueOf(list.findText(key));
  expect(["a.test", "b.test", "lonely"].map(value)).toEqual(["pool one # not a comment", "x", ""]);
});

test("a value of a config is read as a line is, without comments", () => {
  const draft = new ListDraft("text");
  expect(addValue("# no comment here", draft, readAddress)).toBeNull();
  expect(addValue("10.0.0.0/99", new ListDraft("address"), readAddress)).toContain("from 0 to 32");
  expect(new ListFile(runSteps(draft.finish())).findText("# no comment here")).toBe(0);
});

test("any bytes are a list or problems, and nothing is thrown", () => {
  let state = 1;
  for (let round = 0; round < 300; round++) {
    const bytes = Uint8Array.from({ length: round }, () => {
      state = (state * 48_271) % 2_147_483_647;
      return [state & 0xff, 0x0a, 0x2e, 0x2a, 0x2f, 0x31, 0x3a, 0x20, 0x23][state % 9]!;
    });
    for (const kind of ["address", "text", "name", "map"] as const) {
      const { list, problemCount } = readText(kind, bytes);
      expect(list.size + problemCount).toBeLessThanOrEqual(bytes.length);
    }
  }
});
