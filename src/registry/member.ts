// What stands in a set of the registry, read as a server: "http://10.0.0.1:80", "https://app:8443" or "10.0.0.1:80", with a weight behind
// it as "^3", "?weight=3" or "#weight=3". Others write these sets too, so nothing in them is believed: what is no server is passed over
// with a remark, and a member never names a path, a user or a socket of this machine. It neither asks nor keeps anything.
//
//   http://  as the pool speaks, for a set must not be able to take TLS away        https://  over TLS, whatever the pool says

import { readServerAddress } from "../base/address.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import { foundMax } from "../config/discoverschema.ts";
import type { FoundServer } from "../config/found.ts";
import { masked } from "../config/mask.ts";
import type { Told } from "./registry.ts";

/** Of one member; no host name and port are longer. */
const memberLengthMax = 512;
/** Remarks about single members; the others are counted. */
const remarksMax = 10;

/** What was read lately: a set of thousands is read whole at each change of it. */
const recent = new Map<string, Reading<FoundServer>>();
const recentMax = 4096;

export function readMember(text: string): Reading<FoundServer> {
  if (text.length > memberLengthMax) return misread(`is longer than ${memberLengthMax} characters`);
  const known = recent.get(text);
  if (known !== undefined) return known;
  const reading = readAnew(text);
  if (recent.size >= recentMax) recent.clear();
  recent.set(text, reading);
  return reading;
}

function readAnew(text: string): Reading<FoundServer> {
  const parts = /^(?:(https?):\/\/)?([^/?#^]*)(\/?)(?:\^([^?#/]*)|[?#]weight=([^?#&/^]*))?$/i.exec(text);
  if (parts === null) return misread(fault(text));
  const [, scheme, place = "", , caret, query] = parts;
  if (place.includes("@")) return misread("names a user");
  const weight = readWeight(caret ?? query);
  if (!weight.ok) return weight;
  const whole = withPort(place, scheme);
  const server = readServerAddress(whole);
  // What is quoted is what was written.
  if (!server.ok) return misread(server.message.replace(quote(whole), () => quote(place)));
  return read({
    address: server.value.name,
    ...(weight.value === null ? {} : { weight: weight.value }),
    ...(scheme?.toLowerCase() === "https" ? { tls: true } : {}),
  });
}

/** As a sentinel writes it. */
export function memberOf(scheme: "http" | "https" | "", target: string): string {
  return scheme === "" ? target : `${scheme}://${target}`;
}

/** Whether two members are the same server, however they are written. */
export function isSame(one: string, other: string): boolean {
  return one === other || addressOf(one) === addressOf(other);
}

/** As it is logged and shown: somebody may have put a password into one, which makes it none. */
export function shownMember(member: string): string {
  if (readMember(member).ok) return member;
  const named = member.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@");
  // To look for secrets takes the square of a text's length.
  return named.length > memberLengthMax ? `${masked(named.slice(0, memberLengthMax))}...` : masked(named);
}

/** What servers are told apart by; a member that is none, by itself. */
export function addressOf(member: string): string {
  const reading = readMember(member);
  return reading.ok ? reading.value.address : `\0${member}`;
}

/** `size`: members that there are, where not all were read. */
export function toldOf(members: Iterable<string>, draining: Iterable<string>, size: number): Told & { ok: true } {
  const drained = new Set([...draining].map(addressOf));
  const servers = new Map<string, FoundServer>();
  const remarks: string[] = [];
  let passedOver = 0;
  const remark = (sentence: () => string): void => {
    passedOver++;
    if (remarks.length < remarksMax) remarks.push(sentence());
  };
  for (const member of [...members].sort()) {
    const reading = readMember(member);
    if (!reading.ok) remark(() => `member ${quote(shownMember(member).slice(0, 100))} ${reading.message}`);
    else if (servers.has(reading.value.address))
      remark(() => `member ${quote(member)} is there in other words already`);
    else {
      const { address } = reading.value;
      servers.set(address, drained.has(address) ? { ...reading.value, drain: true } : reading.value);
    }
  }
  if (passedOver > remarks.length) remarks.push(`${passedOver - remarks.length} more members are passed over`);
  const sorted = [...servers.values()].sort((one, other) => (one.address < other.address ? -1 : 1));
  if (size > foundMax && sorted.length >= foundMax) remarks.push(`of ${size} members ${foundMax} are taken`);
  return { ok: true, servers: sorted.slice(0, foundMax), remarks };
}

function readWeight(digits: string | undefined): Reading<number | null> {
  if (digits === undefined) return read(null);
  const weight = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  return weight >= 1 && weight <= 65_535
    ? read(weight)
    : misread(`must have a weight from 1 to 65535, not ${quote(digits)}`);
}

/** An URL may leave out the port that its scheme stands for. What stands behind a colon is meant as one. */
function withPort(place: string, scheme: string | undefined): string {
  if (scheme === undefined || /:[^\]]*$/.test(place)) return place;
  return `${place}:${scheme.toLowerCase() === "https" ? 443 : 80}`;
}

function fault(text: string): string {
  if (/^unix:/i.test(text)) return "is a socket of one machine";
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") return `has the unknown scheme ${quote(scheme)}`;
  const [, path = "", rest = ""] = /^(?:https?:\/\/)?[^/?#]+(\/[^?#]*)?([?#].*)?$/is.exec(text) ?? [];
  if (path.length > 1) return "has a path, and a server has none";
  if (rest.startsWith("?") && scheme !== undefined)
    return "has a query, and a server has none; only weight may stand there";
  return 'must be an address such as "http://10.0.0.1:80" or "10.0.0.1:80^3"';
}
