// Times and durations in expressions: how they are written, and what stands on a clock in a time zone. A time is milliseconds
// since 1970 and is given; no clock is read here. Numbering is CEL's: months, days of the month (`getDayOfMonth`), of the week
// (Sunday) and of the year begin with 0, `getDate` with 1.
//
// What Intl knows of a zone costs microseconds to ask, so the offset is kept for the quarter of an hour it was asked for: zones
// change theirs at no other moment.

import { formatDuration, readDuration } from "../../base/duration.ts";

export const clockParts = [
  "getFullYear",
  "getMonth",
  "getDate",
  "getDayOfMonth",
  "getDayOfWeek",
  "getDayOfYear",
  "getHours",
  "getMinutes",
  "getSeconds",
  "getMilliseconds",
] as const;
export type ClockPart = (typeof clockParts)[number];

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const minuteMs = 60_000;
const quarterMs = 15 * minuteMs;
/** The furthest that a Date goes, either way from 1970. */
const timeMsMax = 8.64e15;
const durationMsMax = 100 * 366 * dayMs;

/** RFC 3339 5.6, as CEL's `timestamp`; a day alone is its beginning in UTC. */
export function readTime(text: string): number | null {
  const shape = /^(\d{4}-\d{2}-\d{2})(?:[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2}))?$/;
  const day = shape.exec(text)?.[1];
  const ms = day !== undefined && isDay(day) ? Date.parse(text.toUpperCase()) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** `Date.parse` goes on into the next month: 30 February is 2 March to it. */
function isDay(text: string): boolean {
  if (text.slice(-2) <= "28") return true;
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

export function readSpan(text: string): number | null {
  const isNegative = text.startsWith("-");
  const read = readDuration(isNegative ? text.slice(1) : text, durationMsMax);
  if (!read.ok) return null;
  return isNegative ? 0 - read.value : read.value;
}

export function formatTime(ms: number): string | null {
  return Math.abs(ms) <= timeMsMax ? new Date(ms).toISOString() : null;
}

export function formatSpan(ms: number): string {
  return `${ms < 0 ? "-" : ""}${formatDuration(Math.round(Math.abs(ms)))}`;
}

/** What is added to UTC to have the time of the zone, in ms. */
export type Zone = (ms: number) => number;

export const utc: Zone = () => 0;

/** "Europe/Berlin", "+02:00", "UTC"; null for what is no zone. */
export function readZone(name: string): Zone | null {
  const fixed = /^([+-]?)(\d{2}):(\d{2})$/.exec(name);
  if (fixed !== null) {
    const offset = (Number(fixed[2]) * 60 + Number(fixed[3])) * minuteMs * (fixed[1] === "-" ? -1 : 1);
    return Number(fixed[2]) < 24 && Number(fixed[3]) < 60 ? () => offset : null;
  }
  if (name === "UTC") return utc;
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return null;
  let format: Intl.DateTimeFormat;
  try {
    const digits = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone: name, hourCycle: "h23", era: "short", ...digits });
  } catch {
    // How Intl says that it knows no such zone.
    return null;
  }
  let quarter = Number.NaN;
  let offset = 0;
  return (ms) => {
    const now = Math.floor(ms / quarterMs);
    if (now !== quarter) {
      quarter = now;
      offset = offsetOf(format, now * quarterMs);
    }
    return offset;
  };
}

function offsetOf(format: Intl.DateTimeFormat, ms: number): number {
  if (Math.abs(ms) > timeMsMax) return 0;
  const parts: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(ms)) parts[type] = value;
  if (parts["era"] !== "AD") return 0;
  const { year, month, day, hour, minute } = parts;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)) - ms;
}

export function clockPart(part: ClockPart, zone: Zone, ms: number): number {
  const local = ms + zone(ms);
  switch (part) {
    case "getHours":
      return Math.floor(modulo(local, dayMs) / hourMs);
    case "getMinutes":
      return Math.floor(modulo(local, hourMs) / minuteMs);
    case "getSeconds":
      return Math.floor(modulo(local, minuteMs) / 1000);
    case "getMilliseconds":
      return Math.floor(modulo(local, 1000));
    case "getDayOfWeek":
      // 1970 began on a Thursday.
      return modulo(Math.floor(local / dayMs) + 4, 7);
    case "getFullYear":
      return new Date(local).getUTCFullYear();
    case "getMonth":
      return new Date(local).getUTCMonth();
    case "getDate":
      return new Date(local).getUTCDate();
    case "getDayOfMonth":
      return new Date(local).getUTCDate() - 1;
    case "getDayOfYear":
      return Math.floor((local - Date.UTC(new Date(local).getUTCFullYear(), 0, 1)) / dayMs);
  }
}

/** Of a duration: all of it in that unit, cut to a whole number; but milliseconds are those beyond whole seconds, as in CEL. */
export function spanPart(part: ClockPart, ms: number): number {
  if (part === "getHours") return Math.trunc(ms / hourMs);
  if (part === "getMinutes") return Math.trunc(ms / minuteMs);
  return part === "getSeconds" ? Math.trunc(ms / 1000) : Math.trunc(ms % 1000);
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
