// Times as access logs write them, read from bytes: 22/Nov/2026:09:06:03 +0000 ($time_local), 2026-11-22T09:06:03+00:00
// ($time_iso8601) and 1795338363.123 ($msec). What does not say a time that there is, the 31st of February among it, is NaN.
// Thousands of lines in a row have the same second: one that reads like the last costs a comparison.

const localLength = 26;
const isoLength = 25;
const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

export class LogTimes {
  readonly #last = new Uint8Array(localLength);
  #lastLength = 0;
  #lastMs = Number.NaN;

  /** bytes[start] to bytes[end - 1] is the time and no more. */
  local(bytes: Uint8Array, start: number, end: number): number {
    if (end - start !== localLength) return Number.NaN;
    if (this.#isLast(bytes, start, localLength)) return this.#lastMs;
    return this.#keep(bytes, start, localLength, localMs(bytes, start));
  }

  /** With an offset or Z, and with or without parts of a second. */
  iso(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length < isoLength - 5 || length > isoLength + 10) return Number.NaN;
    if (length <= localLength && this.#isLast(bytes, start, length)) return this.#lastMs;
    const ms = isoMs(bytes, start, end);
    return length <= localLength ? this.#keep(bytes, start, length, ms) : ms;
  }

  /** Seconds since 1970 with or without a fraction, or whole milliseconds. */
  epoch(bytes: Uint8Array, start: number, end: number): number {
    const value = decimal(bytes, start, end);
    return value >= 1e11 ? value : Math.round(value * 1000);
  }

  /** Whichever of them it is. */
  any(bytes: Uint8Array, start: number, end: number): number {
    if (bytes[start + 2] === slash) return this.local(bytes, start, end);
    return bytes[start + 4] === dash ? this.iso(bytes, start, end) : this.epoch(bytes, start, end);
  }

  #isLast(bytes: Uint8Array, start: number, length: number): boolean {
    if (this.#lastLength !== length) return false;
    // From behind: seconds differ first.
    for (let index = length - 1; index >= 0; index--) if (this.#last[index] !== bytes[start + index]) return false;
    return true;
  }

  #keep(bytes: Uint8Array, start: number, length: number, ms: number): number {
    for (let index = 0; index < length; index++) this.#last[index] = bytes[start + index]!;
    this.#lastLength = length;
    this.#lastMs = ms;
    return ms;
  }
}

const slash = 47;
const dash = 45;
const colon = 58;
const dot = 46;

function localMs(bytes: Uint8Array, at: number): number {
  if (bytes[at + 2] !== slash || bytes[at + 6] !== slash || bytes[at + 11] !== colon || bytes[at + 20] !== 32)
    return Number.NaN;
  const name = String.fromCharCode(bytes[at + 3]!, bytes[at + 4]!, bytes[at + 5]!);
  const month = months.indexOf(name);
  if (month % 3 !== 0) return Number.NaN;
  const offset = offsetMs(bytes, at + 21, false);
  return moment(bytes, four(bytes, at + 7), month / 3, two(bytes, at), at + 12) - offset;
}

function isoMs(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at + 4] !== dash || bytes[at + 7] !== dash || (bytes[at + 10] !== 84 && bytes[at + 10] !== 32))
    return Number.NaN;
  let zone = at + 19;
  let fraction = 0;
  if (bytes[zone] === dot) {
    const from = zone++;
    while (zone < end && isDigit(bytes[zone])) zone++;
    fraction = Math.floor(decimal(bytes, from + 1, zone) * 10 ** (3 - (zone - from - 1)));
  }
  let offset = 0;
  if (bytes[zone] === 90) {
    if (zone + 1 !== end) return Number.NaN;
  } else if (zone + 6 === end) offset = offsetMs(bytes, zone, true);
  else if (zone + 5 === end) offset = offsetMs(bytes, zone, false);
  else return Number.NaN;
  return moment(bytes, four(bytes, at), two(bytes, at + 5) - 1, two(bytes, at + 8), at + 11) + fraction - offset;
}

/** `clock`: where HH:MM:SS stands. Date would turn the 31st of February into the 3rd of March. */
function moment(bytes: Uint8Array, year: number, month: number, day: number, clock: number): number {
  if (bytes[clock + 2] !== colon || bytes[clock + 5] !== colon) return Number.NaN;
  const [hour, minute, second] = [two(bytes, clock), two(bytes, clock + 3), two(bytes, clock + 6)];
  if (!(hour < 24 && minute < 60 && second <= 60 && year >= 1970)) return Number.NaN;
  const ms = Date.UTC(year, month, day, hour, minute, second);
  const date = new Date(ms - second * 1000);
  return date.getUTCDate() === day && date.getUTCMonth() === month ? ms : Number.NaN;
}

/** +0100, or +01:00. */
function offsetMs(bytes: Uint8Array, at: number, hasColon: boolean): number {
  const sign = bytes[at] === 43 ? 1 : bytes[at] === dash ? -1 : Number.NaN;
  if (hasColon && bytes[at + 3] !== colon) return Number.NaN;
  return sign * (two(bytes, at + 1) * 60 + two(bytes, at + (hasColon ? 4 : 3))) * 60_000;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}

function two(bytes: Uint8Array, at: number): number {
  const [high, low] = [bytes[at], bytes[at + 1]];
  return isDigit(high) && isDigit(low) ? (high! - 48) * 10 + low! - 48 : Number.NaN;
}

function four(bytes: Uint8Array, at: number): number {
  return two(bytes, at) * 100 + two(bytes, at + 2);
}

/** Digits with at most one point between them; NaN for everything else. Of values with several ("0.1, 0.2", as nginx writes for upstreams) nothing. */
export function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  let scale = 0;
  if (start >= end || end - start > 17) return Number.NaN;
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    if (byte === dot && scale === 0 && index > start && index + 1 < end) scale = 1;
    else if (byte >= 48 && byte <= 57) {
      value = value * 10 + byte - 48;
      if (scale > 0) scale *= 10;
    } else return Number.NaN;
  }
  return scale > 1 ? value / scale : value;
}
