// One ban: who, why, by whom, from when until when; how it is asked for, and how it is written in the file of bans and in answers.
// It knows no others, no clock and no files. An IPv4 address has one form here however it was written, and a block has no bits
// behind its prefix, so that a ban is found again by its text.

import { durationMsMax, readDuration } from "../base/duration.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import { maskBlock, readBlock } from "../memory/block.ts";
import { formatAddress, isMapped, readAddress } from "../wire/ipaddress.ts";

export interface Ban {
  readonly block: Block;
  /** "" when none was given. */
  readonly reason: string;
  readonly by: string;
  /** Of a fleet: the node that it was made on. "" is this one. */
  readonly node: string;
  readonly sinceMs: number;
  /** Wall-clock time; null is until it is lifted. */
  readonly untilMs: number | null;
}

export interface Block {
  /** "10.0.0.1", "10.0.0.0/8", "2001:db8::/32". */
  readonly text: string;
  readonly octets: Uint8Array;
  /** Leading bits that count, of 128. */
  readonly prefix: number;
}

/** As JSON. */
export interface BanRecord {
  readonly address: string;
  readonly reason: string;
  readonly by: string;
  /** Of a fleet: the node that it was made on. */
  readonly node?: string;
  readonly since: string;
  readonly until: string | null;
}

export const reasonMax = 200;
export const byMax = 100;
/** As far ahead as a ban can end: beyond that it has none. */
const banMsMax = 3650 * 86_400_000;
/** Of IPv4 and IPv6: wider blocks hold a part of the world that nobody means to lock out. */
const widest4 = 96 + 8;
const widest6 = 16;

export function readBanBlock(text: string): Reading<Block> {
  const octets = new Uint8Array(16);
  const reading = readBlock(text, readAddress, octets);
  if (!reading.ok) return reading;
  const prefix = reading.value;
  maskBlock(octets, prefix);
  const isIPv4 = prefix >= 96 && isMapped(octets, 0);
  const bits = isIPv4 ? prefix - 96 : prefix;
  const address = formatAddress(octets, 0);
  return read({ text: prefix === 128 ? address : `${address}/${bits}`, octets, prefix });
}

/** Whether the first block holds the second, or is it. */
export function holds(outer: Block, inner: Block): boolean {
  if (outer.prefix > inner.prefix || isFour(outer) !== isFour(inner)) return false;
  const octets = inner.octets.slice();
  maskBlock(octets, outer.prefix);
  return outer.octets.every((octet, index) => octet === octets[index]);
}

function isFour({ octets, prefix }: Block): boolean {
  return prefix >= 96 && isMapped(octets, 0);
}

const loopbacks: readonly Block[] = ["127.0.0.0/8", "::1"].map((text) => {
  const reading = readBanBlock(text);
  if (!reading.ok) throw new Error(reading.message);
  return reading.value;
});

/** Why a ban of this block is likely a slip; null when it is not. */
export function dangerOf(block: Block): string | null {
  if (loopbacks.some((loopback) => holds(block, loopback) || holds(loopback, block)))
    return `${block.text} holds loopback addresses: health checks and proxies on this machine come from there`;
  const widest = isFour(block) ? widest4 : widest6;
  if (block.prefix >= widest) return null;
  return `${block.text} is wider than /${isFour(block) ? widest - 96 : widest}`;
}

/** What is asked for, judged; `nowMs` is wall-clock time. `force` takes what is likely a slip too. */
export function readBan(asked: Readonly<Record<string, unknown>>, nowMs: number): Reading<Ban> {
  const strange = Object.keys(asked).find((key) => !keys.includes(key));
  if (strange !== undefined) return misread(`${quote(strange)} means nothing here; there are ${keys.join(", ")}`);
  const { address, reason = "", by = "", force = false } = asked;
  if (typeof address !== "string" || address === "") return misread('"address" must be an IP address or a block');
  const block = readBanBlock(address.trim());
  if (!block.ok) return block;
  if (typeof force !== "boolean") return misread('"force" must be true or false');
  const danger = force ? null : dangerOf(block.value);
  if (danger !== null) return misread(`${danger}; say "force" to ban it all the same`);
  const problem = lineProblem("reason", reason, reasonMax) ?? lineProblem("by", by, byMax);
  if (problem !== null) return misread(problem);
  const until = readUntil(asked, nowMs);
  if (!until.ok) return until;
  // Both have been found to be texts.
  const texts = { reason: (reason as string).trim(), by: (by as string).trim() };
  return read({ block: block.value, ...texts, node: "", sinceMs: nowMs, untilMs: until.value });
}

const keys = ["address", "for", "until", "reason", "by", "force"];

export function lineProblem(key: string, value: unknown, max: number): string | null {
  if (typeof value !== "string") return `"${key}" must be a text`;
  if (value.length > max) return `"${key}" must have at most ${max} characters, not ${value.length}`;
  // It ends up in logs and on terminals.
  return /\p{Cc}/u.test(value) ? `"${key}" must be one line without control characters` : null;
}

export function readUntil(asked: Readonly<Record<string, unknown>>, nowMs: number): Reading<number | null> {
  const { for: length = null, until = null } = asked;
  if (length !== null && until !== null) return misread('say "for" or "until", not both');
  if (length !== null) {
    if (typeof length !== "string") return misread('"for" must be a duration such as "1h"');
    const reading = readDuration(length, Math.max(banMsMax, durationMsMax));
    if (!reading.ok) return misread(`"for" ${reading.message}`);
    return reading.value === 0 ? misread('"for" must be more than 0') : read(nowMs + reading.value);
  }
  if (until === null) return read(null);
  const atMs = typeof until === "string" && isoTime.test(until) ? Date.parse(until) : Number.NaN;
  if (Number.isNaN(atMs))
    return misread('"until" must be a time with its zone such as "2030-01-31T18:00:00Z"; leave it out for no end');
  if (atMs <= nowMs) return misread(`"until" must be in the future, not ${quote(until as string)}`);
  return atMs - nowMs > banMsMax ? misread('"until" must be within ten years; leave it out for no end') : read(atMs);
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

export function recordOf({ block, reason, by, node, sinceMs, untilMs }: Ban): BanRecord {
  const until = untilMs === null ? null : new Date(untilMs).toISOString();
  const from = node === "" ? {} : { node };
  return { address: block.text, reason, by, ...from, since: new Date(sinceMs).toISOString(), until };
}

/** Null for what is no record of a ban, or of one that is over. */
export function banOf(record: unknown, nowMs: number): Ban | null {
  if (typeof record !== "object" || record === null) return null;
  const { address, reason, by, node, since, until } = record as Record<string, unknown>;
  const block = typeof address === "string" ? readBanBlock(address) : null;
  const sinceMs = Date.parse(String(since));
  const untilMs = until === null ? null : Date.parse(String(until));
  if (block === null || !block.ok || Number.isNaN(sinceMs) || Number.isNaN(untilMs)) return null;
  if (untilMs !== null && untilMs <= nowMs) return null;
  const [why, who, where] = [reason, by, node].map((text) => String(text ?? "")) as [string, string, string];
  return { block: block.value, reason: why, by: who, node: where, sinceMs, untilMs };
}
