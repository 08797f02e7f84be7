// Lines of a log that is none of nginx', by a regular expression with the groups time, status, key, target, port and address: those
// that there are. It is RE2's, as all that operators write (ADR 15), and looks for them wherever they stand. That takes ten or twenty
// microseconds a line; where the expression is plain and the line short, RegExp says the same in one.

import { RE2JS } from "re2js";
import { misread, type Reading, read } from "../../base/reading.ts";
import { shortRegex } from "../../rules/expression/plain.ts";
import { clearLine, type LineVerdict, type LogFormat, type LogLine, lineVerdict } from "./line.ts";
import { LogTimes } from "./logtime.ts";

const names = ["time", "status", "key", "target", "port", "address"] as const;
type GroupName = (typeof names)[number];

export function readPatternFormat(text: string): Reading<LogFormat> {
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(text);
  } catch (error) {
    return misread(`is no regular expression: ${(error as Error).message}`);
  }
  const groups = pattern.namedGroups();
  const unknown = Object.keys(groups).find((name) => !(names as readonly string[]).includes(name));
  if (unknown !== undefined) return misread(`has a group ${unknown}; groups are ${names.join(", ")}`);
  if (!Object.hasOwn(groups, "status"))
    return misread(
      "must have a group status, such as (?<status>[0-9]{3}): without it nothing tells how a request went",
    );
  return read(new PatternFormat(pattern, groups, shortRegex(text)));
}

/** Longer lines are RE2's: what RegExp can be made to do grows with their cube at worst, to 20 ms at this length. */
const plainBytesMax = 512;
/**
 * Once a line has kept it busy for so long, as one does that is made for it, or that this process was interrupted at, some lines are
 * RE2's, whatever they are: more each time, until so many have been quick in a row.
 */
const slowMs = 0.5;
const [cautiousMin, cautiousMax] = [64, 4096];
const calmLines = 256;
const noValues: readonly undefined[] = [];

type Matcher = ReturnType<RE2JS["matcher"]>;

class PatternFormat implements LogFormat {
  readonly tellsMember: boolean;
  readonly #pattern: RE2JS;
  readonly #plain: RegExp | null;
  readonly #times: LogTimes = new LogTimes();
  /** The last one that was read. */
  #timeText = "";
  #timeMs = Number.NaN;
  /** Which group it is; 0 none. */
  readonly #places: Readonly<Record<GroupName, number>>;
  #matcher: Matcher | null = null;
  /** So many lines are still RE2's; and will be the next time; and were quick since the last. */
  #caution = 0;
  #nextCaution = cautiousMin;
  #calm = 0;
  #values: readonly (string | undefined)[] = noValues;

  constructor(pattern: RE2JS, groups: Readonly<Record<string, number>>, plain: RegExp | null) {
    this.#pattern = pattern;
    this.#plain = plain;
    this.#places = Object.fromEntries(names.map((name) => [name, groups[name] ?? 0])) as Record<GroupName, number>;
    this.tellsMember = this.#places.port > 0 || this.#places.address > 0;
  }

  read(bytes: Buffer, start: number, end: number, line: LogLine): LineVerdict {
    clearLine(line);
    if (!this.#find(bytes.toString("utf8", start, end), end - start)) return lineVerdict.unlike;
    const status = threeDigits(this.#found("status"));
    if (status === 0) return lineVerdict.unlike;
    line.status = status;
    line.key = this.#found("key");
    line.host = this.#found("target");
    line.address = this.#found("address");
    line.port = portOf(this.#found("port"));
    if (this.#places.time === 0) return lineVerdict.good;
    line.atMs = this.#timeOf(this.#found("time"));
    if (!Number.isNaN(line.atMs)) return lineVerdict.good;
    line.atMs = 0;
    return lineVerdict.badTime;
  }

  /** Lines of the same second stand together. */
  #timeOf(text: string): number {
    if (text === this.#timeText) return this.#timeMs;
    const bytes = Buffer.from(text);
    this.#timeText = text;
    this.#timeMs = this.#times.any(bytes, 0, bytes.length);
    return this.#timeMs;
  }

  #find(text: string, bytes: number): boolean {
    // As long as its bytes: each of them is a character, and no two are half of one, which only RE2 would see as one.
    if (this.#plain !== null && this.#caution === 0 && bytes <= plainBytesMax && text.length === bytes) {
      this.#matcher = null;
      const beganMs = performance.now();
      const values = this.#plain.exec(text);
      this.#judge(performance.now() - beganMs);
      this.#values = values ?? noValues;
      return values !== null;
    }
    if (this.#caution > 0) this.#caution--;
    this.#values = noValues;
    this.#matcher = this.#pattern.matcher(text);
    return this.#matcher.find();
  }

  #judge(tookMs: number): void {
    if (tookMs > slowMs) {
      this.#caution = this.#nextCaution;
      this.#nextCaution = Math.min(this.#nextCaution * 4, cautiousMax);
      this.#calm = 0;
    } else if (this.#nextCaution > cautiousMin && ++this.#calm >= calmLines) this.#nextCaution = cautiousMin;
  }

  #found(name: GroupName): string {
    const place = this.#places[name];
    if (place === 0) return "";
    const value = this.#matcher === null ? this.#values[place] : this.#matcher.group(place);
    return value === undefined || value === null || value === "-" ? "" : value;
  }
}

/** 0: it is no status. */
function threeDigits(text: string): number {
  if (text.length !== 3) return 0;
  const status = digitsOf(text);
  return status >= 100 ? status : 0;
}

/** 0: it is no port. */
function portOf(text: string): number {
  return text.length <= 5 ? Math.max(0, digitsOf(text)) : 0;
}

/** -1: something else stands among them. */
function digitsOf(text: string): number {
  let number = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}
