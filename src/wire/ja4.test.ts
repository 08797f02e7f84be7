import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { type HelloTraits, ja4Of } from "./ja4.ts";

const numbers = (list: string): number[] => (list === "" ? [] : list.split(",").map((hex) => Number.parseInt(hex, 16)));
const first12 = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** The example of the documentation: Chrome, in its own order, with GREASE where Chrome has it. */
const chrome: HelloTraits = {
  version: 0x0303,
  versions: numbers("3a3a,0304,0303"),
  ciphers: numbers("dada,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035"),
  extensions: numbers("6a6a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015,eaea"),
  signatureAlgorithms: numbers("0403,0804,0401,0503,0805,0501,0806,0601"),
  alpn: "h2",
};

describe("published fingerprints", () => {
  test("Chrome, the example of JA4.md", () => {
    expect(first12("002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9")).toBe("8daaf6152771");
    expect(ja4Of(chrome)).toBe("t13d1516h2_8daaf6152771_e5627efa2ab1");
  });

  test("Chrome without signature algorithms, of JA4.md: no underscore is hashed", () => {
    expect(ja4Of({ ...chrome, signatureAlgorithms: [] })).toBe("t13d1516h2_8daaf6152771_6d807ffa2a79");
  });

  test("a Chrome with GREASE among its signature algorithms, sigalg-grease.pcapng of the FoxIO tests", () => {
    const traits = {
      ...chrome,
      extensions: numbers("fe0d,0010,0017,0033,44cd,ff01,000a,000d,0023,002b,000b,ca34,002d,0000,0005,001b,0012"),
      signatureAlgorithms: numbers("2a2a,0904,0905,0906,0403,0804,0401,0503,0805,0501,0806,0601"),
    };
    expect(ja4Of(traits)).toBe("t13d1517h2_8daaf6152771_cb7bf5808d99");
  });

  test("Chrome 143 with ECH, as browserleaks.com shows it", () => {
    const extensions = numbers("002d,0033,0010,fe0d,0017,44cd,0000,000b,000a,002b,ff01,0023,0012,0005,000d,001b");
    expect(ja4Of({ ...chrome, extensions })).toBe("t13d1516h2_8daaf6152771_d8a2da3f94cd");
  });
});

const empty: HelloTraits = {
  version: 0x0303,
  versions: [],
  ciphers: [],
  extensions: [],
  signatureAlgorithms: [],
  alpn: "",
};

test("a hello without anything has zeros for hashes", () => {
  expect(ja4Of(empty)).toBe("t12i000000_000000000000_000000000000");
  expect(ja4Of({ ...empty, extensions: [0, 16], signatureAlgorithms: [0x0403], alpn: "h2" })).toBe(
    "t12d0002h2_000000000000_000000000000",
  );
  expect(ja4Of({ ...empty, ciphers: [0x1a1a], extensions: [0xfafa] })).toBe("t12i000000_000000000000_000000000000");
});

test("only the sixteen values of RFC 8701 are GREASE", () => {
  const grease = Array.from({ length: 16 }, (_, n) => (n << 12) | 0x0a00 | (n << 4) | 0x0a);
  expect(ja4Of({ ...empty, ciphers: grease }).slice(4, 6)).toBe("00");
  expect(
    ja4Of({ ...empty, ciphers: [0x0a1a, 0x1a0a, 0x0a0b, 0x000a, 0x0b0b, 0x00ff, 0x5600, 0xfe00] }).slice(4, 6),
  ).toBe("08");
});

test("the version is the highest that is supported, else the old field's", () => {
  const version = (old: number, versions: number[]): string => ja4Of({ ...empty, version: old, versions }).slice(1, 3);
  expect(version(0x0303, [])).toBe("12");
  expect(version(0x0302, [])).toBe("11");
  expect(version(0x0301, [])).toBe("10");
  expect(version(0x0300, [])).toBe("s3");
  expect(version(0x0399, [])).toBe("00");
  expect(version(0x0303, [0x0302, 0x0304, 0x0303])).toBe("13");
  expect(version(0x0303, [0xfafa, 0x0302])).toBe("11");
  expect(version(0x0303, [0x7f1c])).toBe("00");
});

test("more than 99 count as 99", () => {
  const many = Array.from({ length: 150 }, (_, n) => n + 100);
  expect(ja4Of({ ...empty, ciphers: many, extensions: many }).slice(4, 8)).toBe("9999");
});

describe("the ends of the ALPN name", () => {
  for (const [name, ends] of [
    ["h2", "h2"],
    ["http/1.1", "h1"],
    ["x", "xx"],
    // The five of JA4.md.
    ["\u00ab", "ab"],
    ["\u00ab\u00cd", "ad"],
    ["0\u00ab", "3b"],
    ["01\u00ab\u00cd", "3d"],
    ["0\u00ab\u00cd1", "01"],
    ["\n\n", "0a"],
    ["-", "2d"],
  ] as const)
    test(`of ${JSON.stringify(name)} are ${ends}`, () =>
      expect(ja4Of({ ...empty, alpn: name }).slice(8, 10)).toBe(ends));
});
