// What the first bytes of a connection cost: a PROXY header of either version, and a ClientHello like Chrome's with and without
// its JA4, whole, in two records, and asked for again at every byte. Run: node scripts/bun.mjs bench/micro/preamble.ts
// Prints nanoseconds a call: the best of the rounds, which is the least disturbed by what else runs on the machine.

import { parseClientHello } from "../../src/wire/clienthello.ts";
import { parseProxyHeader, writeProxyHeader } from "../../src/wire/proxyprotocol.ts";
import { chromeParts, helloMessage, inRecords } from "../../test/conform/madehello.ts";

const rounds = 7;
let kept = 0;

function measure(name: string, calls: number, call: () => { readonly kind: string }): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startedNs = Bun.nanoseconds();
    for (let index = 0; index < calls; index++) kept += call().kind.length;
    best = Math.min(best, (Bun.nanoseconds() - startedNs) / calls);
  }
  console.log(`${name.padEnd(44)} ${best.toFixed(0).padStart(7)} ns`);
}

type Ends = readonly [source: string, sourcePort: number, destination: string, destinationPort: number];
const ipv4: Ends = ["203.0.113.77", 56_324, "198.51.100.1", 443];
const ipv6: Ends = ["2001:db8::8:800:200c:417a", 56_324, "2001:db8::1", 443];
for (const version of [1, 2] as const)
  for (const [name, ends] of [
    ["IPv4", ipv4],
    ["IPv6", ipv6],
  ] as const) {
    const header = writeProxyHeader(version, ...ends);
    measure(`PROXY v${version} ${name} read`, 300_000, () => parseProxyHeader(header, 0, header.length));
    measure(`PROXY v${version} ${name} written`, 100_000, () => ({
      kind: String(writeProxyHeader(version, ...ends)[0]),
    }));
  }

const message = helloMessage(chromeParts);
const whole = inRecords(message);
const halves = inRecords(message, [200]);
const crumbs = inRecords(
  message,
  message.map(() => 1),
);
const byteByByte = (bytes: Uint8Array) => () => {
  for (let end = 1; end < bytes.length; end++) parseClientHello(bytes, 0, end, false);
  return parseClientHello(bytes, 0, bytes.length, false);
};
measure(`ClientHello of ${whole.length} bytes`, 100_000, () => parseClientHello(whole, 0, whole.length, false));
measure("ClientHello in two records", 100_000, () => parseClientHello(halves, 0, halves.length, false));
measure("ClientHello with JA4", 30_000, () => parseClientHello(whole, 0, whole.length, true));
measure("more, of half a ClientHello", 1_000_000, () => parseClientHello(whole, 0, whole.length >> 1, false));
measure(`ClientHello byte by byte, ${whole.length} calls`, 1_000, byteByByte(whole));
measure(`... in records of a byte, ${crumbs.length} calls`, 30, byteByByte(crumbs));
if (kept === 0) throw new Error("nothing was measured");
