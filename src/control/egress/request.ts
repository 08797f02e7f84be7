// What is asked of egress pools over the admin interface, read and judged: the parameters of lists, and orders. It knows words; what
// they mean for a pool is the others'. A parameter that is none is refused with the one that was meant.

import { durationMsMax, readDuration } from "../../base/duration.ts";
import { didYouMean } from "../../base/nearest.ts";
import { misread, quote, type Reading, read } from "../../base/reading.ts";
import { byMax, lineProblem, readUntil, reasonMax } from "../ban.ts";
import { type MemberOrder, type MembersAsked, memberOrders } from "./page.ts";
import type { OutcomeFilter } from "./search.ts";
import { type StateWord, stateWords } from "./wording.ts";

export interface BanOrder {
  readonly reason: string;
  readonly by: string;
  /** 0: until it is lifted. */
  readonly untilMs: number;
}

export interface HistoryAsked {
  /** Null: of all. */
  readonly members: readonly string[] | null;
  readonly limit: number;
  readonly filter: OutcomeFilter;
}

const usualLimit = 100;
const usualMemberLimit = 50;
/** As many as a pool can have. */
const membersMax = 65_536;
const historyMax = 10_000;

/** Null when all are known. */
export function wrongName(parameters: URLSearchParams, names: readonly string[]): string | null {
  for (const name of parameters.keys())
    if (!names.includes(name)) return `there is no parameter ${name}${didYouMean(name, names)}`;
  return null;
}

export function readMembers(parameters: URLSearchParams): Reading<MembersAsked> {
  const wrong = wrongName(parameters, ["state", "tag", "find", "sort", "offset", "limit"]);
  if (wrong !== null) return misread(wrong);
  const state = readState(parameters.get("state"));
  if (!state.ok) return state;
  const sort = parameters.get("sort") ?? "config";
  if (!(memberOrders as readonly string[]).includes(sort))
    return misread(
      `sort must be one of ${memberOrders.join(", ")}, not ${quote(sort)}${didYouMean(sort, memberOrders)}`,
    );
  const tags: [string, string][] = [];
  for (const tag of parameters.getAll("tag").flatMap((text) => text.split(","))) {
    const parts = /^([^=]+)=(.+)$/.exec(tag.toLowerCase());
    if (parts === null) return misread(`a tag is written like country=de, not ${quote(tag)}`);
    tags.push([parts[1]!.trim(), parts[2]!.trim()]);
  }
  const offset = readCount(parameters, "offset", 0, 0, membersMax);
  if (!offset.ok) return offset;
  const limit = readCount(parameters, "limit", usualLimit, 1, membersMax);
  if (!limit.ok) return limit;
  return read({
    ...{ state: state.value, tags, find: parameters.get("find") ?? "", sort: sort as MemberOrder },
    ...{ offset: offset.value, limit: limit.value },
  });
}

/** Of a member's last outcomes and changes. */
export function readMember(parameters: URLSearchParams): Reading<number> {
  const wrong = wrongName(parameters, ["limit"]);
  return wrong === null ? readCount(parameters, "limit", usualMemberLimit, 0, historyMax) : misread(wrong);
}

function readState(text: string | null): Reading<MembersAsked["state"]> {
  if (text === null || text === "" || text === "any") return read(null);
  const words: readonly string[] = [...stateWords, "unavailable"];
  const bare = text.toLowerCase().replaceAll(/[-_ ]/g, "").replace(/^on/, "");
  const found = words.find((word) => word.toLowerCase() === bare);
  return found === undefined
    ? misread(`state must be one of ${words.join(", ")}, not ${quote(text)}${didYouMean(text, words)}`)
    : read(found as StateWord | "unavailable");
}

/** `any`: a filter that lets everything through. */
export function readHistory(parameters: URLSearchParams, any: OutcomeFilter): Reading<HistoryAsked> {
  const wrong = wrongName(parameters, ["members", "limit", "status", "failed", "host", "key", "since"]);
  if (wrong !== null) return misread(wrong);
  const limit = readCount(parameters, "limit", usualLimit, 1, historyMax);
  if (!limit.ok) return limit;
  const status = readStatus(parameters.get("status"));
  if (!status.ok) return status;
  const since = readSince(parameters.get("since"));
  if (!since.ok) return since;
  const failed = parameters.get("failed");
  if (failed !== null && failed !== "true" && failed !== "false") return misread("failed must be true or false");
  const members = parameters.getAll("members").flatMap((text) => text.split(",").filter((id) => id !== ""));
  return read({
    members: members.length === 0 ? null : [...new Set(members)],
    limit: limit.value,
    filter: {
      ...any,
      ...status.value,
      isFailure: failed === null ? null : failed === "true",
      host: parameters.get("host")?.toLowerCase() ?? null,
      key: parameters.get("key"),
      sinceMs: since.value,
    },
  });
}

/** 403, 4xx, 400-499; 0 for what had no answer. */
function readStatus(text: string | null): Reading<{ readonly from: number | null; readonly to: number | null }> {
  if (text === null) return read({ from: null, to: null });
  const kind = /^([1-5])xx$/i.exec(text);
  if (kind !== null) return read({ from: Number(kind[1]) * 100, to: Number(kind[1]) * 100 + 99 });
  const parts = /^(\d{1,3})(?:-(\d{3}))?$/.exec(text);
  if (parts === null) return misread(`status must be such as 403, 4xx or 400-499, not ${quote(text)}`);
  const [from, to] = [Number(parts[1]), Number(parts[2] ?? parts[1])];
  return from <= to ? read({ from, to }) : misread(`status ${quote(text)} ends before it begins`);
}

/** A time, or how long ago. */
function readSince(text: string | null): Reading<number> {
  if (text === null) return read(0);
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return read(atMs);
  const reading = readDuration(text, Math.max(durationMsMax, 3650 * 86_400_000));
  return reading.ok
    ? read(Date.now() - reading.value)
    : misread(`since must be a time such as 2030-01-31T18:00:00Z, or a duration such as "10m", not ${quote(text)}`);
}

function readCount(
  parameters: URLSearchParams,
  name: string,
  usual: number,
  least: number,
  most: number,
): Reading<number> {
  const text = parameters.get(name);
  if (text === null) return read(usual);
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return count >= least && count <= most
    ? read(count)
    : misread(`${name} must be a number from ${least} to ${most}, not ${quote(text)}`);
}

/** Whoever bans an address is asked why: others have to know when they may lift it. */
export function readBanOrder(body: Readonly<Record<string, unknown>>, nowMs: number): Reading<BanOrder> {
  const words = readWords(body, ["reason", "by", "for", "until"]);
  if (!words.ok) return words;
  if (words.value.reason === "") return misread('say why: "reason" must be a text');
  const until = readUntil(body, nowMs);
  return until.ok ? read({ ...words.value, untilMs: until.value ?? 0 }) : until;
}

export function readUnbanOrder(body: Readonly<Record<string, unknown>>): Reading<Omit<BanOrder, "untilMs">> {
  return readWords(body, ["reason", "by"]);
}

function readWords(
  body: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Reading<Omit<BanOrder, "untilMs">> {
  const strange = Object.keys(body).find((key) => !names.includes(key));
  if (strange !== undefined) return misread(`${quote(strange)} means nothing here; there are ${names.join(", ")}`);
  const { reason = "", by = "" } = body;
  const problem = lineProblem("reason", reason, reasonMax) ?? lineProblem("by", by, byMax);
  if (problem !== null) return misread(problem);
  // Both have been found to be texts.
  return read({ reason: (reason as string).trim(), by: (by as string).trim() });
}
