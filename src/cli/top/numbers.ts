// Figures as a narrow column holds them: three digits that count, and k, M or G. Shares, durations and bars beside them. It knows numbers
// and no figures' names.

import { durationText } from "../tailtext.ts";

/** `0`, `0.4`, `12`, `1.23k`, `45.6M`. */
export function amountText(value: number): string {
  if (value === 0) return "0";
  if (value < 9.95) return value < 0.05 ? "<0.1" : String(Number(value.toFixed(1)));
  const units = ["", "k", "M", "G", "T"];
  let [left, unit] = [value, 0];
  // What would be rounded up to 1000 is 1.00 of the next.
  while (left >= 999.5 && unit < units.length - 1) {
    left /= 1000;
    unit++;
  }
  if (unit === 0) return String(Math.round(left));
  return `${left.toPrecision(3)}${units[unit]}`;
}

/** Of bytes a second, in units of 1024. */
export function bytesRate(value: number): string {
  const units = ["B/s", "KiB/s", "MiB/s", "GiB/s"];
  let [left, unit] = [value, 0];
  while (left >= 1023.5 && unit < units.length - 1) {
    left /= 1024;
    unit++;
  }
  return `${left < 9.95 && unit > 0 ? left.toFixed(1) : Math.round(left)} ${units[unit]}`;
}

export function shareText(share: number): string {
  const percent = share * 100;
  return percent !== 0 && percent < 9.95
    ? `${percent < 0.05 ? "<0.1" : percent.toFixed(1)} %`
    : `${Math.round(percent)} %`;
}

export function msText(ms: number | null): string {
  return ms === null ? "-" : durationText(ms);
}

const blocks = " ▁▂▃▄▅▆▇█";

/** The last values as blocks, the highest of them whole. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const most = Math.max(...shown, 0);
  if (most === 0) return "▁".repeat(shown.length);
  return shown.map((value) => blocks[value === 0 ? 1 : Math.max(1, Math.round((value / most) * 8))]!).join("");
}

/** Filled up to that share of its width. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}
