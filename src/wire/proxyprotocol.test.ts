import { describe, expect, test } from "bun:test";
import { type ProxyVerdict, parseProxyHeader, proxyHeaderBytesMax, writeProxyHeader } from "./proxyprotocol.ts";

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const parse = (bytes: Uint8Array): ProxyVerdict => parseProxyHeader(bytes, 0, bytes.length);
const signature = "0d0a0d0a000d0a515549540a";

function header(
  end: number,
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
): ProxyVerdict {
  return { kind: "header", end, isLocal: source === "", source, sourcePort, destination, destinationPort };
}
const local = (end: number): ProxyVerdict => header(end, "", 0, "", 0);

/** Verdicts on the beginnings of the bytes: `more` until one byte decides, and the same from there on. Answers how many it took. */
function decidedAfter(bytes: Uint8Array, verdict: ProxyVerdict): number {
  let decided = -1;
  for (let length = 0; length <= bytes.length; length++) {
    const answer = parseProxyHeader(bytes, 0, length);
    if (decided === -1 && answer.kind === "more") continue;
    if (decided === -1) decided = length;
    expect(answer).toEqual(verdict);
  }
  return decided;
}

const lines: readonly (readonly [line: string, verdict: ProxyVerdict])[] = [
  // The example of the specification, 2.1.
  ["PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", header(47, "192.168.0.1", 56324, "192.168.0.11", 443)],
  [
    "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
    header(56, "255.255.255.255", 65535, "255.255.255.255", 65535),
  ],
  ["PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", header(32, "0.0.0.0", 0, "0.0.0.0", 0)],
  // As HAProxy 2.6 sends it.
  ["PROXY TCP4 127.0.0.1 127.0.0.1 41072 42171\r\n", header(44, "127.0.0.1", 41072, "127.0.0.1", 42171)],
  ["PROXY TCP6 ::1 ::1 60084 46729\r\n", header(32, "::1", 60084, "::1", 46729)],
  [
    `PROXY TCP6 ${"ffff:".repeat(7)}ffff ${"FFFF:".repeat(7)}FFFF 65535 65535\r\n`,
    header(104, `${"ffff:".repeat(7)}ffff`, 65535, `${"ffff:".repeat(7)}ffff`, 65535),
  ],
  ["PROXY TCP6 ::ffff:192.0.2.1 2001:DB8:0:0::2 1 2\r\n", header(49, "192.0.2.1", 1, "2001:db8::2", 2)],
  ["PROXY UNKNOWN\r\n", local(15)],
  ["PROXY UNKNOWN \r\n", local(16)],
  ["PROXY UNKNOWN \u0000any\u00ffthing  at all\r\n", local(34)],
  [`PROXY UNKNOWN ${"ffff:".repeat(7)}ffff ${"ffff:".repeat(7)}ffff 65535 65535\r\n`, local(107)],
];

describe("version 1", () => {
  for (const [line, verdict] of lines) {
    test(`takes ${JSON.stringify(line)}`, () => {
      expect(parse(latin1(line))).toEqual(verdict);
      expect(parse(latin1(`${line}GET / HTTP/1.1\r\n`))).toEqual(verdict);
      expect(decidedAfter(latin1(line), verdict)).toBe(line.length);
    });
  }

  // Each ends with the byte that cannot be there.
  const spoiled = [
    "G",
    "PROXYX",
    "PROXY\t",
    "p",
    "PROXY  ",
    "PROXY TCP5",
    "PROXY TCP4\t",
    "PROXY UD",
    "PROXY UNKNOWNS",
    "PROXY UNKNOWN\n",
    "PROXY UNKNOWN\rx",
    "PROXY UNKNOWN a\n",
    "PROXY UNKNOWN a\r\r",
    "PROXY TCP4  ",
    "PROXY TCP4 01",
    "PROXY TCP4 256",
    "PROXY TCP4 1.2.3 ",
    "PROXY TCP4 1.2.3.4.",
    "PROXY TCP4 :",
    "PROXY TCP4 1.2.3.4  ",
    "PROXY TCP4 1.2.3.4\r",
    "PROXY TCP4 1.2.3.4 a",
    "PROXY TCP4 1.2.3.4 1.2.3.4  ",
    "PROXY TCP4 1.2.3.4 1.2.3.4 00",
    "PROXY TCP4 1.2.3.4 1.2.3.4 +",
    "PROXY TCP4 1.2.3.4 1.2.3.4 -",
    "PROXY TCP4 1.2.3.4 1.2.3.4 65536",
    "PROXY TCP4 1.2.3.4 1.2.3.4 99999",
    "PROXY TCP4 1.2.3.4 1.2.3.4 1\r",
    "PROXY TCP4 1.2.3.4 1.2.3.4 1 \r",
    "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 ",
    "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
    "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rG",
    "PROXY TCP6 1.",
    "PROXY TCP6 ::1::",
    "PROXY TCP6 1:2 ",
    "PROXY TCP6 fe80::1%",
    "PROXY TCP6 ::1 1.",
    "PROXY TCP6 [",
  ];
  for (const line of spoiled) {
    test(`refuses ${JSON.stringify(line)} at its last byte`, () => {
      expect(decidedAfter(latin1(`${line} and more`), { kind: "bad" })).toBe(line.length);
    });
  }

  test("a line that has not ended after 107 bytes is refused", () => {
    const line = latin1(`PROXY UNKNOWN ${"x".repeat(200)}\r\n`);
    expect(decidedAfter(line, { kind: "bad" })).toBe(107);
    expect(parse(latin1(`PROXY UNKNOWN ${"x".repeat(91)}\r\n`)).kind).toBe("header");
    expect(parse(latin1(`PROXY UNKNOWN ${"x".repeat(92)}\r\n`)).kind).toBe("bad");
  });
});

const ipv4 = "c0a80001 c0a8000b dc04 01bb";
const ipv6 = "20010db8000000000000000000000001 00000000000000000000ffffc0000201 0001 0002";
/** A header of that command, family and block. */
const binary = (command: string, from: string, block: string): Uint8Array => {
  const bytes = hex(block);
  return Uint8Array.from([...hex(`${signature}${command}${from}`), bytes.length >> 8, bytes.length & 0xff, ...bytes]);
};

describe("version 2", () => {
  const taken: readonly (readonly [name: string, bytes: Uint8Array, verdict: ProxyVerdict])[] = [
    ["TCP over IPv4", binary("21", "11", ipv4), header(28, "192.168.0.1", 56324, "192.168.0.11", 443)],
    ["UDP over IPv4", binary("21", "12", ipv4), header(28, "192.168.0.1", 56324, "192.168.0.11", 443)],
    ["TCP over IPv6", binary("21", "21", ipv6), header(52, "2001:db8::1", 1, "192.0.2.1", 2)],
    ["a unix stream", binary("21", "31", "61".repeat(216)), local(232)],
    ["a unix datagram", binary("21", "32", "00".repeat(216)), local(232)],
    ["no family", binary("21", "00", ""), local(16)],
    ["no family with something", binary("21", "00", "ffff"), local(18)],
    ["no protocol", binary("21", "10", ipv4), local(28)],
    ["LOCAL", binary("20", "00", ""), local(16)],
    ["LOCAL, whose block and family are ignored", binary("20", "ff", "0304"), local(18)],
    [
      "TLVs",
      binary("21", "11", `${ipv4} 04 0000 01 0002 6832 ee 0001 00`),
      header(40, "192.168.0.1", 56324, "192.168.0.11", 443),
    ],
    [
      "a TLV as long as there is room",
      binary("21", "11", `${ipv4} 05 07f1 ${"00".repeat(2033)}`),
      header(proxyHeaderBytesMax, "192.168.0.1", 56324, "192.168.0.11", 443),
    ],
    // As HAProxy 2.6 sends them: with nothing, with crc32c, with crc32c and unique-id.
    [
      "HAProxy's IPv4",
      hex(`${signature}2111000c7f0000017f000001b10eae19`),
      header(28, "127.0.0.1", 45326, "127.0.0.1", 44569),
    ],
    [
      "HAProxy's IPv4 with a checksum",
      hex(`${signature}211100137f0000017f000001ae729e27030004af007a5d`),
      header(35, "127.0.0.1", 44658, "127.0.0.1", 40487),
    ],
    [
      "HAProxy's IPv6 with a checksum",
      hex(`${signature}2121002b${"00".repeat(15)}01${"00".repeat(15)}01cfaee2990300047468d78c`),
      header(59, "::1", 53166, "::1", 58009),
    ],
    [
      "HAProxy's unique identifier behind a checksum",
      hex(
        `${signature}2111003a7f0000017f000001d416dfa9030004fb2a177305002437346661666233352d396437382d343062302d396636662d356333623265323932666561`,
      ),
      header(74, "127.0.0.1", 54294, "127.0.0.1", 57257),
    ],
  ];
  for (const [name, bytes, verdict] of taken) {
    test(`takes ${name}`, () => {
      expect(parse(bytes)).toEqual(verdict);
      expect(parse(Uint8Array.from([...bytes, 1, 2, 3]))).toEqual(verdict);
      expect(decidedAfter(bytes, verdict)).toBe(bytes.length);
    });
  }

  // Each with how many bytes show it.
  const refused: readonly (readonly [name: string, bytes: Uint8Array, decided: number])[] = [
    ["another signature", hex("0d0a0d0a000d0a515549540b2111000c"), 12],
    ["an empty line of HTTP", latin1("\r\nGET / HTTP/1.1"), 3],
    ["version 1", binary("11", "11", ipv4), 13],
    ["version 3", binary("31", "11", ipv4), 13],
    ["an unknown command", binary("22", "11", ipv4), 13],
    ["an unknown family", binary("21", "41", ipv4), 14],
    ["an unknown protocol", binary("21", "13", ipv4), 14],
    ["a block too short for IPv4", binary("21", "11", ipv4.slice(0, -2)), 16],
    ["a block too short for IPv6", binary("21", "21", ipv4), 16],
    ["a block too short for unix", binary("21", "31", "00".repeat(215)), 16],
    ["a block that is too long, in its first byte", binary("20", "00", "00".repeat(9 * 256)), 15],
    ["a block that is too long, in its second byte", binary("20", "00", "00".repeat(2049)), 16],
    ["one byte behind the addresses", binary("21", "11", `${ipv4} 04`), 16],
    ["two bytes behind the addresses", binary("21", "11", `${ipv4} 0400`), 16],
    ["a TLV that is longer than its block", binary("21", "11", `${ipv4} 04 0002 00`), 31],
    ["a TLV that is far longer than its block", binary("21", "11", `${ipv4} 04 0100 00`), 30],
    ["a TLV that leaves no room for another, and some", binary("21", "11", `${ipv4} 04 0001 00 04`), 31],
    ["a checksum of another length", binary("21", "11", `${ipv4} 03 0003 000000 04 0000`), 31],
    ["two checksums", binary("21", "11", `${ipv4} 03 0004 00000000 03 0004 00000000`), 36],
    ["a wrong checksum", hex(`${signature}211100137f0000017f000001ae729e27030004af007a5c`), 35],
    ["a changed port under a checksum", hex(`${signature}211100137f0000017f000001ae739e27030004af007a5d`), 35],
  ];
  for (const [name, bytes, decided] of refused) {
    test(`refuses ${name} after ${decided} bytes`, () => {
      expect(decidedAfter(bytes, { kind: "bad" })).toBe(decided);
    });
  }
});

test("a header is found anywhere in a buffer, and bytes outside of it are not looked at", () => {
  for (const bytes of [latin1("PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n"), binary("21", "11", ipv4)]) {
    const buffer = new Uint8Array(bytes.length + 20).fill(0x0d);
    buffer.set(bytes, 10);
    const verdict = parseProxyHeader(buffer, 10, 10 + bytes.length);
    expect(verdict).toEqual({ ...parse(bytes), end: 10 + bytes.length } as ProxyVerdict);
    for (let end = 10; end < 10 + bytes.length; end++) expect(parseProxyHeader(buffer, 10, end).kind).toBe("more");
  }
});

describe("what is written", () => {
  const text = (source: string, destination: string): string =>
    Buffer.from(writeProxyHeader(1, source, 56324, destination, 443)).toString("latin1");
  const octets = (source: string, destination: string): string =>
    Buffer.from(writeProxyHeader(2, source, 56324, destination, 443)).toString("hex");

  test("is the line of the specification", () => {
    expect(text("192.168.0.1", "192.168.0.11")).toBe("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n");
    expect(text("2001:DB8::0:1", "fe80::2%eth0")).toBe("PROXY TCP6 2001:db8::1 fe80::2 56324 443\r\n");
    expect(text("::ffff:1.2.3.4", "5.6.7.8")).toBe("PROXY TCP4 1.2.3.4 5.6.7.8 56324 443\r\n");
  });

  test("is the block of the specification", () => {
    expect(octets("192.168.0.1", "192.168.0.11")).toBe(`${signature}2111000cc0a80001c0a8000bdc0401bb`);
    const ends = "20010db8000000000000000000000001fe800000000000000000000000000002dc0401bb";
    expect(octets("2001:db8::1", "fe80::2")).toBe(`${signature}21210024${ends}`);
  });

  test("is IPv6 where one of two addresses is", () => {
    expect(text("1.2.3.4", "::1")).toBe("PROXY TCP6 ::ffff:1.2.3.4 ::1 56324 443\r\n");
    expect(octets("::1", "1.2.3.4")).toBe(
      `${signature}21210024${"00".repeat(15)}01${"00".repeat(10)}ffff01020304dc0401bb`,
    );
  });

  test("names nobody where an address is missing", () => {
    for (const [source, destination] of [
      ["unix", "unix"],
      ["", ""],
      ["1.2.3.4", "unix"],
      ["", "::1"],
    ] as const) {
      expect(text(source, destination)).toBe("PROXY UNKNOWN\r\n");
      expect(octets(source, destination)).toBe(`${signature}20000000`);
    }
  });

  test("reads as what was meant", () => {
    const addresses = ["0.0.0.0", "203.0.113.9", "::", "::1", "2001:db8::8:800:200c:417a", "fe80::1"];
    for (const version of [1, 2] as const)
      for (const source of addresses)
        for (const destination of addresses)
          for (const port of [0, 1, 65_535]) {
            const bytes = writeProxyHeader(version, source, port, destination, 443);
            expect(parse(bytes)).toEqual(header(bytes.length, source, port, destination, 443));
          }
  });

  test("has ports that are ports", () => {
    for (const port of [-1, 65_536, 1.5, Number.NaN])
      expect(() => writeProxyHeader(1, "1.2.3.4", port, "1.2.3.4", 1)).toThrow("is a port");
  });
});
