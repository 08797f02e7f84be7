import { expect, test } from "bun:test";
import { staticFields } from "../../../../test/conform/hpacktables.ts";
import {
  lowerCase,
  staticBytes,
  staticCount,
  staticIndexOf,
  staticNameBytes,
  staticStart,
  staticValueBytes,
} from "./statictable.ts";

const indexOf = (name: string): number => {
  const bytes = Buffer.from(`<${name}>`, "latin1");
  return staticIndexOf(bytes, 1, bytes.length - 1);
};

test("the 61 fields of appendix A stand at their indexes", () => {
  expect(staticCount).toBe(61);
  const fields = Array.from({ length: staticCount }, (_, at) => {
    const start = staticStart[at + 1]!;
    const nameEnd = start + staticNameBytes[at + 1]!;
    const text = (from: number, to: number): string => Buffer.from(staticBytes.subarray(from, to)).toString("latin1");
    return [text(start, nameEnd), text(nameEnd, nameEnd + staticValueBytes[at + 1]!)] as const;
  });
  expect(fields).toEqual([...staticFields]);
  expect([fields[0], fields[15], fields[60]]).toEqual([
    [":authority", ""],
    ["accept-encoding", "gzip, deflate"],
    ["www-authenticate", ""],
  ]);
});

test("every name but those of pseudo-header fields is found, in any case", () => {
  for (const [at, [name]] of staticFields.entries()) {
    const expected = name.startsWith(":") ? 0 : at + 1;
    const capital = name.replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase());
    expect([name, indexOf(name), indexOf(capital), indexOf(name.toUpperCase())]).toEqual([
      name,
      expected,
      expected,
      expected,
    ]);
  }
});

test("names that differ by a byte are not found", () => {
  for (const [name] of staticFields) {
    if (name.startsWith(":")) continue;
    for (let at = 0; at < name.length; at++) {
      // A bit of case that is none: "-" and 0x0d, "_" and 0x7f, and letters beyond ASCII.
      for (const flip of [0x01, 0x20, 0x80]) {
        const other = String.fromCharCode(name.charCodeAt(at) ^ flip);
        if (/[A-Z]/.test(other)) continue;
        const changed = name.slice(0, at) + other + name.slice(at + 1);
        const isOther = staticFields.some(([known]) => known === changed);
        expect([changed, indexOf(changed) > 0]).toEqual([changed, isOther]);
      }
    }
  }
  for (const name of ["", "x", "x-content-type", "x".repeat(300), "content-typ", "content-types"])
    expect([name, indexOf(name)]).toEqual([name, 0]);
});

test("only capital letters of ASCII have another case", () => {
  const changed = [...lowerCase.entries()].filter(([byte, lower]) => byte !== lower);
  expect(String.fromCharCode(...changed.map(([byte]) => byte))).toBe("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  expect(String.fromCharCode(...changed.map(([, lower]) => lower))).toBe("abcdefghijklmnopqrstuvwxyz");
});
