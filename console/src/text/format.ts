// Figures as people read them: three digits that say something, a unit, and always the same width for the same size, so that a column
// of them can be compared at a glance and does not jump while it changes. Pure; times of day come in as milliseconds.

const missing = "–";

/** "0", "0.40", "3.5", "123", "1,234", "45.6k", "1.20M". */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  const size = Math.abs(value);
  if (size >= 999_500_000) return `${digits(value / 1e9)}G`;
  if (size >= 999_500) return `${digits(value / 1e6)}M`;
  if (size >= 10_000) return `${digits(value / 1e3)}k`;
  if (size >= 9.95 || Number.isInteger(value)) return whole(value);
  return size >= 0.95 ? value.toFixed(1).replace(".0", "") : value.toFixed(2);
}

function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/** "12,345": every digit, for what is counted and not estimated. */
export function whole(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

const sizes = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** "0 B", "512 B", "1.50 MB": by 1000, as networks count. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  let [amount, at] = [value, 0];
  while (Math.abs(amount) >= 999.5 && at < sizes.length - 1) [amount, at] = [amount / 1000, at + 1];
  return `${at === 0 ? Math.round(amount) : digits(amount)} ${sizes[at]}`;
}

/** A time something took: "0.42 ms", "12.3 ms", "1.20 s", "2 min 5 s". */
export function took(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return missing;
  if (ms < 0.995) return `${ms === 0 ? "0" : ms.toFixed(2)} ms`;
  if (ms < 999.5) return `${digits(ms)} ms`;
  if (ms < 59_950) return `${digits(ms / 1000)} s`;
  return span(ms);
}

/** A time something lasts, in its two greatest units: "5 s", "2 min 5 s", "3 h 20 min", "4 d 2 h". */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first === -1) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}

/** "now", "12 s ago", "5 min ago", "3 h 20 min ago", "4 d ago": as exact as somebody would say it. */
export function ago(at: string | number, nowMs: number): string {
  const ms = nowMs - new Date(at).getTime();
  if (Number.isNaN(ms)) return missing;
  if (ms < 1000) return "now";
  const unitMs = ms < 60_000 ? 1000 : ms < 172_800_000 ? 60_000 : 86_400_000;
  return `${span(Math.floor(ms / unitMs) * unitMs)} ago`;
}

/** A share of one: "0%", "0.03%", "4.2%", "100%". */
export function share(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  const percent = value * 100;
  if (percent === 0) return "0%";
  if (percent < 0.01) return "<0.01%";
  // What is not all is not called so.
  if (percent > 99.9 && percent < 100) return ">99.9%";
  return `${percent < 0.995 ? percent.toFixed(2) : percent < 99.95 ? percent.toFixed(1) : "100"}%`.replace(".0%", "%");
}

/** Time of day where the browser is, with or without thousandths: "03:14:05.123". */
export function clock(at: string | number, hasMilliseconds = false): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return missing;
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return hasMilliseconds ? `${text}.${String(date.getMilliseconds()).padStart(3, "0")}` : text;
}

/** "2026-11-22 03:14:05 UTC+1", where the browser is. */
export function dateTime(at: string | number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? missing : `${day(date)} ${clock(at)} ${zone(at)}`;
}

/** "2026-11-22T03:14:05+01:00": the same, for programs, and for whoever compares it with a log. */
export function iso(at: string | number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return missing;
  const { sign, hours, minutes } = offsetOf(date);
  return `${day(date)}T${clock(at)}${sign}${two(hours)}:${two(minutes)}`;
}

/** "UTC", "UTC+1", "UTC+5:30": how far the browser's zone is from UTC at that time, which summer changes. */
export function zone(at: string | number): string {
  const { sign, hours, minutes } = offsetOf(new Date(at));
  if (hours === 0 && minutes === 0) return "UTC";
  return `UTC${sign}${hours}${minutes === 0 ? "" : `:${two(minutes)}`}`;
}

function offsetOf(date: Date): { readonly sign: "+" | "-"; readonly hours: number; readonly minutes: number } {
  const offset = -date.getTimezoneOffset();
  const size = Math.abs(offset);
  return { sign: offset < 0 ? "-" : "+", hours: Math.floor(size / 60), minutes: size % 60 };
}

const day = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** "1 server", "3 servers". */
export function plural(amount: number, noun: string, many: string = `${noun}s`): string {
  return `${whole(amount)} ${amount === 1 ? noun : many}`;
}

/** The one server of a pool that a forward proxy has for what its requests name. */
export const anyServer = "*";

export function serverTitle(name: string): string {
  return name === anyServer ? "any target" : name;
}
