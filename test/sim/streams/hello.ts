// What clients of a listener that goes by names begin with: the hello of a real TLS client, in records of any sizes, that asks
// for some name or for none; or what is no such thing, or breaks off.

import { chromeParts, helloMessage, inRecords, serverNames } from "../../conform/madehello.ts";
import type { World } from "../world.ts";

export interface Hello {
  readonly bytes: Uint8Array;
  /** Null: what is no whole hello. */
  readonly name: string | null;
  /** Right as far as it goes: what follows could complete it. */
  readonly isBroken: boolean;
}

const messages = new Map<string, number[]>();

function messageFor(name: string): number[] {
  let message = messages.get(name);
  if (message === undefined) {
    const others = chromeParts.extensions!.filter(([type]) => type !== 0);
    const extensions = name === "" ? others : [serverNames(name), ...others];
    message = helloMessage({ ...chromeParts, extensions });
    messages.set(name, message);
  }
  return message;
}

export function helloFor(world: World, name: string): Hello {
  const sizes = Array.from({ length: world.skewed(0, 40) }, () => world.skewed(1, 300));
  return { bytes: inRecords(messageFor(name), sizes), name: name.toLowerCase(), isBroken: false };
}

const garbage = [
  "GET / HTTP/1.1\r\n\r\n",
  "\u0016\u0002",
  "\u0000",
  "SSH-2.0-x\r\n",
  "\u0016\u0003\u0001\u0002\u0000\u0002",
];

/** Nothing behind it will make a hello of it. */
export function badHello(world: World): Hello {
  return { bytes: Uint8Array.from(Buffer.from(world.pick(garbage), "latin1")), name: null, isBroken: false };
}

export function brokenHello(world: World): Hello {
  const { bytes } = helloFor(world, "a.sim");
  return { bytes: bytes.subarray(0, world.between(0, bytes.length - 1)), name: null, isBroken: true };
}

/** The PROXY header that a server must be sent, written by other hands than those that are tried here. */
export function proxyHeader(version: 0 | 1 | 2, client: Addresses): Uint8Array {
  if (version === 0) return new Uint8Array(0);
  const { address, port, localAddress, localPort } = client;
  const isFour = address.includes(".");
  if (version === 1) {
    const line = `PROXY TCP${isFour ? 4 : 6} ${address} ${localAddress} ${port} ${localPort}\r\n`;
    return Uint8Array.from(Buffer.from(line, "latin1"));
  }
  const octets = [
    ...octetsOf(address),
    ...octetsOf(localAddress),
    port >> 8,
    port & 255,
    localPort >> 8,
    localPort & 255,
  ];
  const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
  return Uint8Array.from([...signature, 0x21, isFour ? 0x11 : 0x21, 0, octets.length, ...octets]);
}

export interface Addresses {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** Of IPv6 only the form that is drawn here: a prefix of two groups and one last group. */
function octetsOf(address: string): number[] {
  if (address.includes(".")) return address.split(".").map(Number);
  const [one, two, , last] = address.split(":").map((group) => Number.parseInt(group || "0", 16));
  return [
    one! >> 8,
    one! & 255,
    two! >> 8,
    two! & 255,
    ...Array.from({ length: 10 }, () => 0),
    last! >> 8,
    last! & 255,
  ];
}
