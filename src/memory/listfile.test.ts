import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import type { ListPlan } from "../config/plan.ts";
import { maskBlock } from "./block.ts";
import { ListDraft } from "./listdraft.ts";
import { ListFile } from "./listfile.ts";
import { runSteps } from "./listranges.ts";

const made = (draft: ListDraft): ListFile => new ListFile(runSteps(draft.finish()));

function octetsOf(...bytes: number[]): Uint8Array {
  const octets = new Uint8Array(16);
  if (bytes.length === 4) octets.set([0xff, 0xff, ...bytes], 10);
  else octets.set(bytes);
  return octets;
}

function keysOf(kind: ListPlan["kind"], keys: readonly string[]): ListFile {
  const draft = new ListDraft(kind);
  for (const key of keys) {
    const [name = "", value = ""] = key.split("=");
    const bytes = Buffer.from(name + value, "latin1");
    draft.addKey(bytes, 0, name.length, name.length, bytes.length);
  }
  return made(draft);
}

test("of nested blocks the longest is found, and behind its end the one around it", () => {
  const draft = new ListDraft("address");
  draft.addBlock(octetsOf(10, 0, 0, 0), 96 + 8, "outer");
  draft.addBlock(octetsOf(10, 1, 0, 0), 96 + 16, "inner");
  draft.addBlock(octetsOf(10, 1, 255, 255), 128, "last of inner");
  draft.addBlock(octetsOf(255, 255, 255, 255), 128, "last of all");
  const list = made(draft);
  const find = (...bytes: number[]): string | null => {
    const index = list.findAddress(octetsOf(...bytes), 0);
    return index === -1 ? null : list.valueOf(index);
  };
  expect([find(9, 255, 255, 255), find(10, 0, 0, 0), find(10, 0, 255, 255)]).toEqual([null, "outer", "outer"]);
  expect([find(10, 1, 0, 0), find(10, 1, 255, 254), find(10, 1, 255, 255)]).toEqual([
    "inner",
    "inner",
    "last of inner",
  ]);
  expect([find(10, 2, 0, 0), find(10, 255, 255, 255), find(11, 0, 0, 0)]).toEqual(["outer", "outer", null]);
  expect([find(255, 255, 255, 254), find(255, 255, 255, 255)]).toEqual([null, "last of all"]);
});

test("the two families do not meet: a block of all IPv6 addresses holds no IPv4 address, and the other way round", () => {
  const six = new ListDraft("address");
  six.addBlock(octetsOf(), 0);
  const four = new ListDraft("address");
  four.addBlock(octetsOf(0, 0, 0, 0), 96);
  const [ipv4, ipv6] = [octetsOf(1, 2, 3, 4), octetsOf(0x20, 1)];
  expect([made(six).findAddress(ipv6, 0), made(six).findAddress(ipv4, 0)]).toEqual([0, -1]);
  expect([made(four).findAddress(ipv6, 0), made(four).findAddress(ipv4, 0)]).toEqual([-1, 0]);
});

test("addresses are read where they stand among others", () => {
  const draft = new ListDraft("address");
  draft.addBlock(octetsOf(10, 0, 0, 1), 128);
  const many = new Uint8Array(48);
  many.set(octetsOf(10, 0, 0, 1), 32);
  expect([made(draft).findAddress(many, 16), made(draft).findAddress(many, 32)]).toEqual([-1, 0]);
});

test("four hundred random blocks, close together and nested, answer as a search through all of them does", () => {
  const prng = new Prng(7);
  const below = (limit: number): number => Math.floor(prng.next() * limit);
  for (const isIPv4 of [true, false]) {
    // Few different octets, so that blocks lie in each other and ends meet.
    const octets = (): Uint8Array => {
      const found = isIPv4 ? octetsOf(0, 0, 0, 0) : octetsOf(0x20);
      for (let at = isIPv4 ? 12 : 1; at < 16; at++) found[at] = [0, 1, 127, 128, 254, 255][below(6)]!;
      return found;
    };
    const draft = new ListDraft("address");
    const blocks: { octets: Uint8Array; prefix: number }[] = [];
    for (let count = 0; count < 400; count++) {
      const block = { octets: octets(), prefix: isIPv4 ? 96 + below(33) : below(129) };
      draft.addBlock(block.octets, block.prefix);
      maskBlock(block.octets, block.prefix);
      blocks.push(block);
    }
    const list = made(draft);
    const distinct = new Set(blocks.map((block) => `${block.octets} ${block.prefix}`));
    expect(list.size).toBe(distinct.size);
    for (let query = 0; query < 1500; query++) {
      const address = query < blocks.length ? blocks[query]!.octets.slice() : octets();
      const index = list.findAddress(address, 0);
      const found = index === -1 ? null : blocks[index]!;
      const fitting = blocks.filter((block) => {
        const masked = address.slice();
        maskBlock(masked, block.prefix);
        return Bun.deepEquals(masked, block.octets);
      });
      const longest = fitting.length === 0 ? null : Math.max(...fitting.map(({ prefix }) => prefix));
      expect(found?.prefix ?? null).toBe(longest);
      if (found !== null) expect(fitting).toContain(found);
    }
  }
});

test("a text is found whole and exactly, and equal ones are one", () => {
  const list = keysOf("text", ["/admin", "/admin/", "/Ä", "/admin"]);
  expect(list.size).toBe(3);
  expect(["/admin", "/admin/", "/Ä"].map((text) => list.findText(text))).toEqual([0, 1, 2]);
  expect(["/admi", "/admin//", "/Admin", "", "/Ā"].map((text) => list.findText(text))).toEqual([-1, -1, -1, -1, -1]);
});

test("ten thousand texts are all found, and ten thousand others are not", () => {
  const list = keysOf(
    "text",
    Array.from({ length: 10_000 }, (_, index) => `/path/${index}`),
  );
  for (let index = 0; index < 10_000; index++) {
    expect(list.findText(`/path/${index}`)).toBe(index);
    expect(list.findText(`/path/${index + 10_000}`)).toBe(-1);
  }
});

test("a name is found by itself or by the longest suffix that it lies under, in any case", () => {
  const list = keysOf("name", ["example.com", ".example.com", ".deep.example.com", "a.deep.example.com"]);
  const found = (text: string): number => list.findText(text);
  expect([found("example.com"), found("EXAMPLE.com."), found("www.example.com")]).toEqual([0, 0, 1]);
  expect([found("deep.example.com"), found("x.y.deep.Example.com"), found("a.deep.example.com")]).toEqual([1, 2, 3]);
  expect([found("badexample.com"), found("example.com.org"), found("com"), found(""), found(".")]).toEqual([
    -1, -1, -1, -1, -1,
  ]);
  // No host name begins with a dot; one that does is not the suffix itself.
  expect(found(".example.com")).toBe(-1);
});

test("of a map the first of equal keys counts, and its value is given back byte by byte", () => {
  const list = keysOf("map", ["a=1", "b=zwei drei", "a=2", "c=", "d=Ä"]);
  expect(list.size).toBe(4);
  expect(["a", "b", "c", "d"].map((key) => list.valueOf(list.findText(key)))).toEqual(["1", "zwei drei", "", "Ä"]);
  expect(list.findText("e")).toBe(-1);
});

test("the end of a ban is a number", () => {
  const draft = new ListDraft("address");
  draft.addBlock(octetsOf(10, 0, 0, 1), 128, "1800000000");
  draft.addBlock(octetsOf(10, 0, 0, 2), 128, "0");
  const list = made(draft);
  const endOf = (last: number): number => list.endOf(list.findAddress(octetsOf(10, 0, 0, last), 0));
  expect([endOf(1), endOf(2)]).toEqual([1_800_000_000, 0]);
});

test("an empty list holds nothing, and one empty text is found", () => {
  for (const kind of ["address", "text", "name", "map"] as const) {
    const list = made(new ListDraft(kind));
    expect([list.kind, list.size, list.findText(""), list.findAddress(octetsOf(1, 2, 3, 4), 0)]).toEqual([
      kind,
      0,
      -1,
      -1,
    ]);
  }
  expect(keysOf("text", [""]).findText("")).toBe(0);
  expect(keysOf("text", [""]).findText("a")).toBe(-1);
});

test("what is not a whole file of this layout is refused", () => {
  const draft = new ListDraft("text");
  draft.addKey(Buffer.from("abc"), 0, 3);
  const bytes = runSteps(draft.finish());
  expect(() => new ListFile(bytes.slice(0, -4))).toThrow();
  expect(() => new ListFile(bytes.slice(0, 8))).toThrow();
  expect(() => new ListFile(new Uint8Array(bytes.length))).toThrow();
});
