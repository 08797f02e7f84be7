// What must hold of the first bytes of a connection, whatever they are: they are read or refused, never thrown at; the verdict
// comes at one byte and stays, however they are cut and wherever in a buffer they stand; what is refused could not have been
// continued, what waits could; what a header says is written again as the same; names have nothing in them that a name has not.

import { isIPv4, isIPv6 } from "node:net";
import { clientHelloBytesMax, parseClientHello } from "../../src/wire/clienthello.ts";
import { parseProxyHeader, proxyHeaderBytesMax, writeProxyHeader } from "../../src/wire/proxyprotocol.ts";
import { inRecords } from "../conform/madehello.ts";
import { Disagreement, show } from "./codec.ts";
import type { Inputs } from "./inputs.ts";

type Parse = (bytes: Uint8Array, start: number, end: number) => { readonly kind: string; readonly end?: number };

const shift = 29;
/** Of a line, this near to its greatest length there may be no right continuation, though the last byte is not to blame. */
const lineNearlyFull = 60;

export function checkProxyHeader(inputs: Inputs): void {
  const text = inputs.proxyHeader();
  const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
  const verdict = parseProxyHeader(bytes, 0, bytes.length);
  checkCuts(text, bytes, parseProxyHeader, proxyHeaderBytesMax);
  checkWaits(text, inputs, bytes);
  checkLine(text, verdict.kind);
  if (verdict.kind !== "header" || verdict.isLocal) return;
  const { source, sourcePort, destination, destinationPort } = verdict;
  for (const version of [1, 2] as const) {
    const written = writeProxyHeader(version, source, sourcePort, destination, destinationPort);
    const again = parseProxyHeader(written, 0, written.length);
    if (JSON.stringify(again) !== JSON.stringify({ ...verdict, end: written.length }))
      throw new Disagreement(
        `${show(text)} says ${JSON.stringify(verdict)}, and written again ${JSON.stringify(again)}`,
      );
  }
}

/** Byte by byte, and elsewhere in a buffer with something behind. */
function checkCuts(text: string, bytes: Uint8Array, parse: Parse, bytesMax: number): void {
  const whole = JSON.stringify(parse(bytes, 0, bytes.length));
  let isDecided = false;
  for (let length = 0; length <= bytes.length; length++) {
    const verdict = JSON.stringify(parse(bytes, 0, length));
    if (!isDecided && verdict === '{"kind":"more"}' && length < bytesMax) continue;
    if (verdict !== whole)
      throw new Disagreement(`${show(text)}: after ${length} bytes ${verdict}, as a whole ${whole}`);
    isDecided = true;
  }
  for (const filling of [0x0d, 0x16, 0x20]) {
    const buffer = new Uint8Array(bytes.length + 2 * shift).fill(filling);
    buffer.set(bytes, shift);
    const verdict = parse(buffer, shift, shift + bytes.length);
    const moved = JSON.stringify(verdict.end === undefined ? verdict : { ...verdict, end: verdict.end - shift });
    if (sortedKeys(moved) !== sortedKeys(whole))
      throw new Disagreement(`${show(text)}: elsewhere ${moved}, otherwise ${whole}`);
  }
}

function sortedKeys(json: string): string {
  return JSON.stringify(Object.entries(JSON.parse(json)).sort());
}

/** As long as a header is waited for, some byte may come next. */
function checkWaits(text: string, inputs: Inputs, bytes: Uint8Array): void {
  const isLine = bytes[0] === 0x50;
  for (const length of inputs.cuts(Math.min(bytes.length, isLine ? lineNearlyFull : bytes.length)).slice(-3)) {
    if (parseProxyHeader(bytes, 0, length).kind !== "more") continue;
    // Only the last byte of all decides on a checksum.
    if (!isLine && length >= 16 && length + 1 === 16 + bytes[14]! * 256 + bytes[15]!) continue;
    const longer = new Uint8Array(length + 1);
    longer.set(bytes.subarray(0, length));
    const isOpen = Array.from({ length: 256 }, (_, octet) => {
      longer[length] = octet;
      return parseProxyHeader(longer, 0, length + 1).kind;
    }).some((kind) => kind !== "bad");
    if (!isOpen) throw new Disagreement(`${show(text)}: after ${length} bytes more is awaited, and nothing would do`);
  }
}

const lineBytesMax = 107;

/** Version 1 by a regular expression and the system's own judgement of addresses. */
function checkLine(text: string, kind: string): void {
  if (text.startsWith("\r") || kind === "more") return;
  const parts =
    /^PROXY (?:(UNKNOWN)(?: [^\r\n]*)?|(TCP4|TCP6) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (\d{1,5}) (\d{1,5}))\r\n/.exec(
      text,
    );
  const isAddress = parts?.[2] === "TCP4" ? isIPv4 : isIPv6;
  const isPort = (digits: string): boolean => Number(digits) <= 65_535 && String(Number(digits)) === digits;
  const isRight =
    parts !== null &&
    parts[0].length <= lineBytesMax &&
    (parts[1] !== undefined ||
      (isAddress(parts[3]!) && isAddress(parts[4]!) && isPort(parts[5]!) && isPort(parts[6]!)));
  if (isRight !== (kind === "header")) throw new Disagreement(`${show(text)} is ${kind}, the model says ${isRight}`);
}

const fingerprint = /^t(?:1[0-3]|s3|00)[di]\d{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/;

export function checkClientHello(inputs: Inputs): void {
  const text = inputs.clientHello();
  const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
  checkCuts(text, bytes, parseClientHello, clientHelloBytesMax);
  const verdict = parseClientHello(bytes, 0, bytes.length);
  if (verdict.kind !== "hello") return;
  const { serverName, alpn, ja4 } = verdict;
  if (!/^[a-z0-9_.*-]{0,255}$/.test(serverName) || serverName.endsWith(".") || isIPv4(serverName))
    throw new Disagreement(`${show(text)} names ${show(serverName)}`);
  if (!alpn.every((name) => name.length > 0 && name.length < 256))
    throw new Disagreement(`${show(text)} offers ${JSON.stringify(alpn)}`);
  if (!fingerprint.test(ja4)) throw new Disagreement(`${show(text)} has the fingerprint ${ja4}`);
  const message = messageOf(bytes);
  const sizes = inputs.cuts(message.length).map((cut, at, cuts) => cut - (cuts[at - 1] ?? 0));
  const cut = inRecords(message, sizes);
  const again = parseClientHello(cut, 0, cut.length);
  if (JSON.stringify(again) !== JSON.stringify(verdict))
    throw new Disagreement(`${show(text)} in records of ${sizes.join()} is ${JSON.stringify(again)}`);
}

/** Of a hello that is right: what is in its records, up to its own length. */
function messageOf(bytes: Uint8Array): number[] {
  const message: number[] = [];
  const isWhole = (): boolean => message.length >= 4 && message.length >= 4 + message[2]! * 256 + message[3]!;
  for (let at = 0; at < bytes.length && !isWhole(); ) {
    const length = bytes[at + 3]! * 256 + bytes[at + 4]!;
    message.push(...bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return message;
}
