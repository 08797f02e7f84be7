// JA4, the fingerprint of a TLS client by FoxIO (technical_details/JA4.md there; JA4 itself is under the BSD licence): what a
// ClientHello offers, without the parts that change from connection to connection. It knows the lists of a hello, not its
// bytes. GREASE values (RFC 8701) count nowhere.
//
//   t13d1516h2_8daaf6152771_e5627efa2ab1
//   │││ │ │ │  │            └ extensions, sorted, without SNI and ALPN; "_" and signature algorithms as they stand
//   │││ │ │ │  └ cipher suites, sorted; both lists in hexadecimal with commas, the first 12 digits of their SHA-256
//   │││ │ │ └ ends of the first ALPN name   │└ version; d: has SNI, i: has none
//   │││ └─┴ how many ciphers, extensions    └ t: TLS over TCP

import { hash } from "node:crypto";

/** What JA4 sees of a ClientHello. */
export interface HelloTraits {
  /** legacy_version */
  readonly version: number;
  /** Of the extension supported_versions; empty without it. */
  readonly versions: readonly number[];
  readonly ciphers: readonly number[];
  /** Types, in the order they stand in. */
  readonly extensions: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  /** The first name of ALPN, each byte a character; "" without. */
  readonly alpn: string;
}

const serverNameExtension = 0;
const alpnExtension = 16;
const countMax = 99;
const hashDigits = 12;
const nothing = "0".repeat(hashDigits);

const versionNames: ReadonlyMap<number, string> = new Map([
  [0x0304, "13"],
  [0x0303, "12"],
  [0x0302, "11"],
  [0x0301, "10"],
  [0x0300, "s3"],
]);

export function ja4Of(traits: HelloTraits): string {
  const ciphers = traits.ciphers.filter(isReal);
  const extensions = traits.extensions.filter(isReal);
  const versions = traits.versions.filter(isReal);
  const version = versions.length === 0 ? traits.version : versions.reduce((a, b) => Math.max(a, b));
  const named = extensions.includes(serverNameExtension) ? "d" : "i";
  const start = `t${versionNames.get(version) ?? "00"}${named}${count(ciphers)}${count(extensions)}${ends(traits.alpn)}`;
  const listed = extensions.filter((type) => type !== serverNameExtension && type !== alpnExtension);
  const signatures = traits.signatureAlgorithms.filter(isReal);
  const offered = signatures.length === 0 ? sorted(listed) : `${sorted(listed)}_${signatures.map(hex4).join()}`;
  return `${start}_${digest(sorted(ciphers))}_${listed.length === 0 ? nothing : digest(offered)}`;
}

/** RFC 8701: 0x0a0a, 0x1a1a, … 0xfafa. */
function isReal(value: number): boolean {
  return (value & 0x0f0f) !== 0x0a0a || value >> 8 !== (value & 0xff);
}

function count(list: readonly number[]): string {
  return String(Math.min(countMax, list.length)).padStart(2, "0");
}

function sorted(list: readonly number[]): string {
  return Array.from(Uint16Array.from(list).sort(), hex4).join();
}

function hex4(value: number): string {
  return octets[value >> 8]! + octets[value & 0xff]!;
}

const octets: readonly string[] = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

function digest(list: string): string {
  return list === "" ? nothing : hash("sha256", list, "hex").slice(0, hashDigits);
}

/** First and last character; of the name in hexadecimal where one of them is no letter or digit. */
function ends(name: string): string {
  if (name === "") return "00";
  const first = name.charAt(0);
  const last = name.charAt(name.length - 1);
  if (isAlphanumeric(first) && isAlphanumeric(last)) return first + last;
  return octets[first.charCodeAt(0)]!.charAt(0) + octets[last.charCodeAt(0)]!.charAt(1);
}

function isAlphanumeric(character: string): boolean {
  return /^[0-9A-Za-z]$/.test(character);
}
