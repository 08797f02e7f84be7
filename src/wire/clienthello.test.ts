import { describe, expect, test } from "bun:test";
import {
  chromeParts,
  type Extension,
  type HelloParts,
  helloMessage,
  inRecords,
  protocols,
  serverNames,
  signatureAlgorithms,
  supportedVersions,
  vector8,
  vector16,
} from "../../test/conform/madehello.ts";
import { clientHelloBytesMax, type HelloVerdict, parseClientHello } from "./clienthello.ts";

const parse = (bytes: Uint8Array): HelloVerdict => parseClientHello(bytes, 0, bytes.length, false);
const small: HelloParts = { version: 0x0303, sessionId: [], ciphers: [0x1301], compressions: [0], extensions: [] };
const hello = (parts: Partial<HelloParts>): HelloVerdict => parse(inRecords(helloMessage({ ...small, ...parts })));
const withExtensions = (...extensions: Extension[]): HelloVerdict => hello({ extensions });
const named = (name: string): HelloVerdict => withExtensions(serverNames(name));
const good = (serverName = "", alpn: string[] = []): HelloVerdict => ({ kind: "hello", serverName, alpn, ja4: "" });
const bad: HelloVerdict = { kind: "bad" };

/** How many bytes it takes to refuse these; what came before must be `more`, what comes after must not change it. */
function refusedAfter(bytes: Uint8Array): number {
  let decided = -1;
  for (let length = 0; length <= bytes.length; length++) {
    const { kind } = parseClientHello(bytes, 0, length, false);
    if (kind === "more" && decided === -1) continue;
    expect(kind).toBe("bad");
    if (decided === -1) decided = length;
  }
  return decided;
}

describe("garbage is refused at the byte that shows it", () => {
  const cases: readonly (readonly [name: string, bytes: readonly number[], decided: number])[] = [
    ["HTTP", [...Buffer.from("GET / HTTP/1.1\r\n")], 1],
    ["an alert", [21, 3, 1, 0, 2, 1, 0], 1],
    ["a hello of SSL 2", [0x80, 0x2e, 1, 3, 1], 1],
    ["version 2", [22, 2, 0, 0, 50], 2],
    ["version 4", [22, 4, 0, 0, 50], 2],
    ["an empty record", [22, 3, 1, 0, 0, 22], 5],
    ["a record that is far too long", [22, 3, 1, 0x41, 0], 4],
    ["a record that is a byte too long", [22, 3, 1, 0x40, 1, 1], 5],
    ["a ServerHello", [22, 3, 1, 0, 50, 2], 6],
    ["a message of 64 kB and more", [22, 3, 1, 0, 50, 1, 1, 0, 0], 7],
    ["a message that is far too long", [22, 3, 1, 0, 50, 1, 0, 0x41, 0], 8],
    ["a message that is a byte too long", [22, 3, 1, 0, 50, 1, 0, 0x3f, 0xfd], 9],
    ["a message that is too short to be one", [22, 3, 1, 0, 44, 1, 0, 0, 40], 9],
    ["something behind the message in its record", [22, 3, 1, 0, 51, 1, 0, 0, 46, 3, 3], 9],
    ["something else than a record behind the first", [22, 3, 1, 0, 2, 1, 0, 23], 8],
    ["another type in the second record", [22, 3, 1, 0, 1, 1, 22, 3, 1, 0, 3, 1], 12],
  ];
  for (const [name, bytes, decided] of cases)
    test(`${name}, after ${decided} bytes`, () => expect(refusedAfter(Uint8Array.from(bytes))).toBe(decided));
});

describe("limits", () => {
  const padded = (length: number, sizes: number[] = []): Uint8Array => {
    const spare = length - helloMessage({ ...small, extensions: [[21, []]] }).length;
    return inRecords(helloMessage({ ...small, extensions: [[21, Array.from({ length: spare }, () => 0)]] }), sizes);
  };

  test("a message of 16 KiB is taken, a longer one is not", () => {
    expect(parse(padded(16_384))).toEqual(good());
    expect(refusedAfter(padded(16_385, [8_000]))).toBe(9);
  });

  test("2048 records are taken, more are not, and none needs more room than is said", () => {
    const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
    const most = padded(16_384, ones(2_047));
    expect(parse(most)).toEqual(good());
    expect(most.length).toBe(clientHelloBytesMax);
    const many = padded(16_384, ones(2_048));
    expect(parse(many)).toEqual(bad);
    expect(parseClientHello(many, 0, 2_048 * 6, false)).toEqual({ kind: "more" });
    expect(parseClientHello(many, 0, 2_048 * 6 + 5, false)).toEqual(bad);
  });
});

describe("lengths that contradict each other", () => {
  const message = helloMessage(small);
  const changed = (at: number, value: number): Uint8Array => {
    const other = [...message];
    other[at] = value;
    return inRecords(other);
  };

  test("a hello without extensions ends in one of two ways", () => {
    expect(hello({})).toEqual(good());
    expect(hello({ extensions: null })).toEqual(good());
    expect(hello({ extensions: null, version: 0x0301 })).toEqual(good());
  });

  const wrong: readonly (readonly [name: string, verdict: () => HelloVerdict])[] = [
    ["another major version inside", () => hello({ version: 0x0203 })],
    ["a session identifier of 33 bytes", () => hello({ sessionId: Array.from({ length: 33 }, () => 1) })],
    ["a session identifier behind the end", () => parse(changed(38, 255))],
    ["no cipher suites", () => hello({ ciphers: [], compressions: [0, 1, 2] })],
    ["half a cipher suite", () => parse(changed(40, 3))],
    ["cipher suites behind the end", () => parse(changed(39, 1))],
    ["no compression methods", () => hello({ compressions: [], ciphers: [1, 2] })],
    ["compression methods behind the end", () => parse(changed(43, 9))],
    ["extensions behind the end", () => parse(changed(message.length - 1, 1))],
    ["something behind the extensions", () => parse(inRecords(appended(message, 0)))],
    [
      "one byte where extensions would be",
      () => parse(inRecords(appended(helloMessage({ ...small, extensions: null }), 0))),
    ],
    ["an extension behind the end", () => parse(changedLast(helloMessage({ ...small, extensions: [[21, []]] }), 1))],
    ["an extension without its length", () => parse(inRecords(withRawExtensions([0, 21])))],
    ["an extension that stands there twice", () => withExtensions([21, []], [5, []], [21, []])],
    ["an empty SNI extension", () => withExtensions([0, []])],
    ["an empty list of names", () => withExtensions([0, [0, 0]])],
    ["something behind the list of names", () => withExtensions([0, [0, 4, 0, 0, 1, 97, 0]])],
    ["a list of names behind its end", () => withExtensions([0, [0, 5, 0, 0, 1, 97]])],
    ["a name behind the end of its list", () => withExtensions([0, [0, 4, 0, 0, 2, 97]])],
    ["a name's type alone", () => withExtensions([0, [0, 1, 0]])],
    ["two host names", () => withExtensions(serverNames("a.example", "b.example"))],
    ["two names of another type", () => withExtensions([0, vector16([1, 0, 0, 1, 0, 0])])],
    ["an empty ALPN extension", () => withExtensions([16, []])],
    ["an empty list of protocols", () => withExtensions([16, [0, 0]])],
    ["an empty protocol", () => withExtensions(protocols("h2", ""))],
    ["a protocol behind its end", () => withExtensions([16, [0, 3, 3, 104, 50]])],
    ["no versions", () => withExtensions([43, [0]])],
    ["half a version", () => withExtensions([43, [3, 3, 4, 3]])],
    ["versions behind their end", () => withExtensions([43, [4, 3, 4]])],
    ["no signature algorithms", () => withExtensions(signatureAlgorithms())],
    ["half a signature algorithm", () => withExtensions([13, [0, 3, 4, 3, 8]])],
  ];
  for (const [name, verdict] of wrong) test(`${name}: refused`, () => expect(verdict()).toEqual(bad));
});

/** With the length in the message's head made right. */
function appended(message: readonly number[], ...bytes: readonly number[]): number[] {
  const longer = [...message, ...bytes];
  return [1, 0, (longer.length - 4) >> 8, (longer.length - 4) & 0xff, ...longer.slice(4)];
}

function changedLast(message: readonly number[], value: number): Uint8Array {
  return inRecords([...message.slice(0, -1), value]);
}

function withRawExtensions(raw: readonly number[]): number[] {
  return appended(helloMessage({ ...small, extensions: null }), ...vector16(raw));
}

describe("the name", () => {
  for (const [sent, read] of [
    ["a.example", "a.example"],
    ["WWW.Example.COM", "www.example.com"],
    ["a.example.", "a.example"],
    ["_dmarc.x-y.1.example", "_dmarc.x-y.1.example"],
    ["*.example", "*.example"],
    ["localhost", "localhost"],
    ["1.2.3", "1.2.3"],
    ["256.1.1.1", "256.1.1.1"],
    ["", ""],
    [".", ""],
    ["192.0.2.1", ""],
    ["192.0.2.1.", ""],
    ["::1", ""],
    ["2001:DB8::1", ""],
    [`${"a".repeat(63)}.${"b".repeat(191)}`, `${"a".repeat(63)}.${"b".repeat(191)}`],
  ] as const)
    test(`${JSON.stringify(sent)} reads as ${JSON.stringify(read)}`, () => expect(named(sent)).toEqual(good(read)));

  for (const sent of [
    "a b",
    "a\u0000.example",
    "b\u00fccher.example",
    "a/b",
    "a..b",
    "a..",
    ".a",
    "a:80",
    "[::1]",
    "a%b",
    "x".repeat(256),
  ])
    test(`${JSON.stringify(sent)} is refused`, () => expect(named(sent)).toEqual(bad));

  test("of another type is left alone", () => {
    const list = [7, ...vector16([255, 0]), 0, ...vector16([...Buffer.from("a.example")])];
    expect(withExtensions([0, vector16(list)])).toEqual(good("a.example"));
    expect(withExtensions([0, vector16([7, 0, 0])])).toEqual(good());
  });

  test("of an encrypted hello is the outer one", () => {
    const inner: Extension = [0xfe0d, [0, 0, 1, 0, 1, 9, ...vector16([1, 2]), ...vector16([3, 4, 5])]];
    expect(withExtensions(inner, serverNames("public.example"))).toEqual(good("public.example"));
  });
});

test("protocols are given in the client's order, whatever their bytes", () => {
  expect(withExtensions(protocols("h2", "http/1.1", "\u00ff\u0000"))).toEqual(
    good("", ["h2", "http/1.1", "\u00ff\u0000"]),
  );
});

test("a hello is found anywhere in a buffer, and what is behind it is not looked at", () => {
  for (const sizes of [[], [1, 2, 3, 4, 5], [100]]) {
    const bytes = inRecords(helloMessage(chromeParts), sizes);
    const buffer = new Uint8Array(bytes.length + 50).fill(22);
    buffer.set(bytes, 20);
    const end = 20 + bytes.length;
    expect(parseClientHello(buffer, 20, end)).toEqual(parseClientHello(bytes, 0, bytes.length));
    expect(parseClientHello(buffer, 20, buffer.length)).toEqual(parseClientHello(bytes, 0, bytes.length));
    for (let cut = 20; cut < end; cut++) expect(parseClientHello(buffer, 20, cut)).toEqual({ kind: "more" });
  }
});

test("what is read keeps nothing of the buffer", () => {
  const bytes = inRecords(helloMessage(chromeParts));
  const verdict = parseClientHello(bytes, 0, bytes.length);
  const before = JSON.stringify(verdict);
  bytes.fill(0);
  expect(JSON.stringify(verdict)).toBe(before);
});

test("a hello of TLS 1.3 alone says so in its fingerprint", () => {
  const bytes = inRecords(helloMessage({ ...small, extensions: [supportedVersions(0x0304), [51, vector8([])]] }));
  expect(parseClientHello(bytes, 0, bytes.length)).toMatchObject({ ja4: expect.stringMatching(/^t13i010200_/) });
});
