// Pieces that the first bytes of a connection are made of and spoiled with: PROXY headers, and hellos of TLS clients.

import { helloVectors } from "../conform/hellos.ts";
import { chromeParts, type HelloParts } from "../conform/madehello.ts";

type HelloShape = Omit<HelloParts, "extensions">;

export const ipv4: readonly string[] = ["127.0.0.1", "0.0.0.0", "255.255.255.255", "192.0.2.77"];
export const ipv6: readonly string[] = ["::1", "::", "2001:db8::8:800:200c:417a", "1:2:3:4:5:6:7:8", "fe80::1"];
export const addresses: readonly string[] = [...ipv4, ...ipv6, "unix"];
export const proxyLines: readonly string[] = [
  "PROXY UNKNOWN\r\n",
  "PROXY UNKNOWN a b c 1 2\r\n",
  "PROXY TCP6 ::ffff:192.0.2.1 64:ff9b::192.0.2.1 1 2\r\n",
  "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n",
  `PROXY TCP6 ${"ffff:".repeat(7)}ffff ${"ffff:".repeat(7)}ffff 65535 65535\r\n`,
];
export const proxyPieces: readonly string[] = [
  "\r\n",
  "\n",
  "\r",
  " ",
  "  ",
  ".",
  ":",
  "::",
  "0",
  "255",
  "256",
  "65536",
  "TCP4",
  "TCP6",
  "UNKNOWN",
  "PROXY ",
  "\u0000",
  "\u0003\u0000\u0004",
  "\r\n\r\n\u0000\r\nQUIT\n",
];

export const helloTexts: readonly string[] = helloVectors.map(({ hex }) => Buffer.from(hex, "hex").toString("latin1"));
export const helloPieces: readonly string[] = [
  "\u0016\u0003\u0001",
  "\u0000",
  "\u0001",
  "\u0000\u0000",
  "\u0000\u0010",
  "\u00ff",
  "\u0000\u0000\u0000\u0006\u0000\u0004\u0000\u0000\u0001a",
  ".",
  "A",
];
export const names: readonly string[] = [
  "a.example",
  "A.Example.",
  "*.b",
  "",
  "192.0.2.1",
  "::1",
  "b\u00fc",
  "x".repeat(255),
  "x".repeat(256),
  "a b",
];
export const protocolLists: readonly (readonly string[])[] = [
  ["h2"],
  ["http/1.1", "h2"],
  ["\u00ff"],
  [""],
  ["x".repeat(255)],
];
export const helloShapes: readonly HelloShape[] = [
  chromeParts,
  { version: 0x0301, sessionId: [], ciphers: [0x002f], compressions: [0] },
  { version: 0x0303, sessionId: [1, 2, 3], ciphers: [], compressions: [1, 0] },
];
