// Dates of fields as times in ms (RFC 9110 section 5.6.7): IMF-fixdate, and the two obsolete forms that recipients must take.
// Bytes in, a number out, without strings. Letters count in any case and "UTC" stands for "GMT", as RFC 9111 section 4.2 asks
// of caches; any other zone, a missing blank or a number out of its range is no date. The name of the day is not compared
// with the date.

/** What is no date. Times before 1970 are told as 0. */
export const noDate = -1;

const msOfDay = 86_400_000;
const daysOfYear400 = 146_097;
const daysTo1970 = 719_468;

/** The date in bytes[start, end), or `noDate`. `nowMs` decides which century two digits of a year mean. */
export function parseDate(bytes: Uint8Array, start: number, end: number, nowMs: number): number {
  const length = end - start;
  // "Sun, 06 Nov 1994 08:49:37 GMT"
  if (length === 29 && bytes[start + 3] === comma) return fixdate(bytes, start);
  // "Sun Nov  6 08:49:37 1994"
  if (length === 24) return asctime(bytes, start);
  // "Sunday, 06-Nov-94 08:49:37 GMT"
  for (let at = start + 6; at < start + 10 && at < end; at++)
    if (bytes[at] === comma) return rfc850(bytes, start, at, end, nowMs);
  return noDate;
}

const comma = 0x2c;
const space = 0x20;
const dash = 0x2d;
const colon = 0x3a;

function fixdate(bytes: Uint8Array, start: number): number {
  if (dayOf(bytes, start, 3) === -1 || bytes[start + 4] !== space) return noDate;
  if (bytes[start + 7] !== space || bytes[start + 11] !== space || bytes[start + 16] !== space) return noDate;
  if (!isZone(bytes, start + 25)) return noDate;
  const year = digits(bytes, start + 12, 4);
  return timeOf(year, monthOf(bytes, start + 8), digits(bytes, start + 5, 2), clockOf(bytes, start + 17));
}

function asctime(bytes: Uint8Array, start: number): number {
  if (dayOf(bytes, start, 3) === -1 || bytes[start + 3] !== space || bytes[start + 7] !== space) return noDate;
  if (bytes[start + 10] !== space || bytes[start + 19] !== space) return noDate;
  const day = bytes[start + 8] === space ? digits(bytes, start + 9, 1) : digits(bytes, start + 8, 2);
  return timeOf(digits(bytes, start + 20, 4), monthOf(bytes, start + 4), day, clockOf(bytes, start + 11));
}

/** A date that seems more than 50 years ahead is the last one in the past with the same two digits. */
function rfc850(bytes: Uint8Array, start: number, at: number, end: number, nowMs: number): number {
  if (end - at !== 24 || !isWholeDay(bytes, start, at)) return noDate;
  if (bytes[at + 1] !== space || bytes[at + 4] !== dash || bytes[at + 8] !== dash || bytes[at + 11] !== space)
    return noDate;
  if (!isZone(bytes, at + 20)) return noDate;
  const two = digits(bytes, at + 9, 2);
  if (two === -1) return noDate;
  const thisYear = yearOf(nowMs);
  let year = thisYear - (thisYear % 100) + two;
  if (year > thisYear + 50) year -= 100;
  else if (year <= thisYear - 50) year += 100;
  return timeOf(year, monthOf(bytes, at + 5), digits(bytes, at + 2, 2), clockOf(bytes, at + 12));
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const months = encode("janfebmaraprmayjunjulaugsepoctnovdec");
const days = encode("sunmontuewedthufrisat");
const wholeDays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"].map(encode);
const monthDays = Uint8Array.of(31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

function wordOf(bytes: Uint8Array, start: number, words: Uint8Array): number {
  const first = bytes[start]! | 0x20;
  const second = bytes[start + 1]! | 0x20;
  const third = bytes[start + 2]! | 0x20;
  for (let at = 0; at < words.length; at += 3)
    if (words[at] === first && words[at + 1] === second && words[at + 2] === third) return at / 3;
  return -1;
}

function monthOf(bytes: Uint8Array, start: number): number {
  return wordOf(bytes, start, months);
}

function dayOf(bytes: Uint8Array, start: number, length: number): number {
  return length === 3 ? wordOf(bytes, start, days) : -1;
}

function isWholeDay(bytes: Uint8Array, start: number, end: number): boolean {
  const day = dayOf(bytes, start, 3);
  const name = wholeDays[day];
  if (name === undefined || name.length !== end - start) return false;
  for (let at = 3; at < name.length; at++) if ((bytes[start + at]! | 0x20) !== name[at]) return false;
  return true;
}

/** " GMT" */
function isZone(bytes: Uint8Array, start: number): boolean {
  if (bytes[start] !== space) return false;
  const one = bytes[start + 1]! | 0x20;
  const two = bytes[start + 2]! | 0x20;
  const three = bytes[start + 3]! | 0x20;
  return (one === 0x67 && two === 0x6d && three === 0x74) || (one === 0x75 && two === 0x74 && three === 0x63);
}

function digits(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Seconds of the day, -1 where it is none. A leap second is the last one of its minute. */
function clockOf(bytes: Uint8Array, start: number): number {
  const hour = digits(bytes, start, 2);
  const minute = digits(bytes, start + 3, 2);
  const second = digits(bytes, start + 6, 2);
  if (bytes[start + 2] !== colon || bytes[start + 5] !== colon) return -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return -1;
  return hour * 3600 + minute * 60 + Math.min(second, 59);
}

/** Days by arithmetic over years that begin in March, so that the leap day is the last one of its year. */
function timeOf(year: number, month: number, day: number, second: number): number {
  if (year < 0 || month < 0 || day < 1 || second < 0 || day > monthDays[month]!) return noDate;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 1 && day === 29 && !isLeap) return noDate;
  const from = month < 2 ? year - 1 : year;
  const era = Math.floor(from / 400);
  const yearOfEra = from - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 10) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return Math.max(0, (era * daysOfYear400 + dayOfEra - daysTo1970) * msOfDay + second * 1000);
}

function yearOf(timeMs: number): number {
  return new Date(timeMs).getUTCFullYear();
}
