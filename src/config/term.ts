// The words that the schema is written in: durations, sizes, counts, choices, sections. Each makes a zod schema whose every
// complaint is one of our sentences, so that an operator never reads "Invalid input". A sentence continues the key's name:
// `must be a whole number from 0 to 100, not "many"`. Values are checked but not converted: a checked config is still what an
// operator could have written, with the defaults filled in, and can be shown as such; compile.ts turns texts into numbers.

import { z } from "zod";
import { durationMsMax, formatDuration, readDuration } from "../base/duration.ts";
import { didYouMean } from "../base/nearest.ts";
import { quote, type Reading } from "../base/reading.ts";
import { readSize } from "../base/size.ts";
import { meaning } from "./alias.ts";
import { misplaced } from "./level.ts";
import { sectionOf } from "./section.ts";

/** What zod hands to an error function, as far as we look at it. */
interface Complaint {
  readonly code: string;
  readonly input?: unknown;
  readonly keys?: readonly string[];
}

/** A value as a message quotes it: short, and never the contents of a section. */
export function show(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  if (typeof value === "object") return "a section";
  return typeof value === "function" ? "a function" : String(value);
}

/** For `error:` of any schema: what the value must be, and what stands there instead. */
export function says(expected: string): (complaint: Complaint) => string {
  return ({ input }) => {
    if (input === undefined) return `is missing; it must be ${expected}`;
    return input === null ? `is empty; it must be ${expected}` : `must be ${expected}, not ${show(input)}`;
  };
}

/** A text that a reader understands. `hint` is what an editor completes and shows. */
export function text(expected: string, reader: (text: string) => Reading<unknown>): z.ZodType<string, string> {
  return z.string({ error: says(expected) }).check((context) => {
    const reading = reader(context.value);
    if (!reading.ok) context.issues.push({ code: "custom", message: reading.message, input: context.value });
  });
}

/** A text of printable characters, such as a path or a token. */
export function words(expected: string, pattern: RegExp): z.ZodType<string, string> {
  return z.string({ error: says(expected) }).regex(pattern, { error: says(expected) });
}

/** A file or folder; a relative path starts at the config file's folder. */
export function filePath(what: string): z.ZodType<string, string> {
  return words(what, /^[^\0]{1,4096}$/);
}

export function duration(from = "1ms", to: string = formatDuration(durationMsMax)): z.ZodType<string, string> {
  const [min, max] = [readDuration(from), readDuration(to, Number.MAX_SAFE_INTEGER)];
  if (!min.ok || !max.ok) throw new RangeError(`the bounds ${from} and ${to} are not durations`);
  const error = (complaint: Complaint): string =>
    typeof complaint.input === "number"
      ? `must be a text with its unit: write "${complaint.input}s" for seconds or "${complaint.input}ms" for milliseconds`
      : says('a duration such as "30s", "500ms" or "1m30s"')(complaint);
  return z
    .string({ error })
    .check((context) => {
      const reading = readDuration(context.value, Math.max(max.value, durationMsMax));
      const isOutside = reading.ok && (reading.value < min.value || reading.value > max.value);
      const message = reading.ok ? `must be from ${from} to ${to}, not ${show(context.value)}` : reading.message;
      if (isOutside || !reading.ok) context.issues.push({ code: "custom", message, input: context.value });
    })
    .meta({ pattern: "^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$|^0+(\\.0+)?$" });
}

export function size(from: string, to: string): z.ZodType<string, string> {
  return bounded(from, to, false);
}

/** A size, or 0 (as a number too) for what the key's description says, which is no limit. */
export function sizeOrZero(from: string, to: string): z.ZodType<string | 0, string | 0> {
  return z.union([bounded(from, to, true), z.literal(0)], { error: unitless });
}

function unitless(complaint: Complaint): string {
  const { input } = complaint;
  return typeof input === "number" && input > 0
    ? `must be a text with its unit: write "${input}b" for bytes or "${input}kb" for kilobytes`
    : says('a size such as "32kb" or "10mb"')(complaint);
}

function bounded(from: string, to: string, isZero: boolean): z.ZodType<string, string> {
  const [min, max] = [readSize(from), readSize(to)];
  if (!min.ok || !max.ok) throw new RangeError(`the bounds ${from} and ${to} are not sizes`);
  const range = `from ${from} to ${to}${isZero ? ", or 0" : ""}`;
  return z
    .string({ error: unitless })
    .check((context) => {
      const reading = readSize(context.value);
      const bytes = reading.ok ? reading.value : 0;
      const isOutside = (bytes < min.value || bytes > max.value) && !(isZero && bytes === 0);
      const message = reading.ok ? `must be a size ${range}, not ${show(context.value)}` : reading.message;
      if (isOutside || !reading.ok) context.issues.push({ code: "custom", message, input: context.value });
    })
    .meta({ pattern: "^\\d+(\\.\\d+)? ?([kKmMgGtT]?[iI]?[bB]|[kKmMgGtT])$|^0+(\\.0+)?$" });
}

export function count(from: number, to: number): z.ZodType<number, number> {
  const error = says(`a whole number from ${from} to ${to}`);
  return z.int({ error }).min(from, { error }).max(to, { error });
}

export function share(from: number, to: number): z.ZodType<number, number> {
  const error = says(`a number from ${from} to ${to}`);
  return z.number({ error }).min(from, { error }).max(to, { error });
}

export function flag(): z.ZodType<boolean, boolean> {
  return z.boolean({ error: says("true or false") });
}

export function choice<const T extends string>(options: readonly T[]): z.ZodType<T, T> {
  const listed = options.map((option) => JSON.stringify(option)).join(", ");
  return z.enum(options, {
    error: (complaint) => {
      const meant = typeof complaint.input === "string" ? meantBy(complaint.input, options) : "";
      return meant === "" ? says(`one of ${listed}`)(complaint) : `is not known here: ${show(complaint.input)}${meant}`;
    },
  }) as unknown as z.ZodType<T, T>; // Zod widens the literal types of a generic list.
}

export function list<O, I>(item: z.ZodType<O, I>, what: string, least = 0): z.ZodType<O[], I[]> {
  const array = z.array(item, { error: says(`a list of ${what}`) });
  if (least === 0) return array;
  // Not zod's min: it measures anything that has a length, and so complains twice of what is no list.
  const message = `must not be empty: name its ${what}`;
  return array
    .check(({ value, issues }) => void (value.length < least && issues.push({ code: "custom", message, input: value })))
    .meta({ minItems: least });
}

/**
 * A section: exactly these keys. Zod tells all unknown keys of a section in one issue; our message has one line for each,
 * in their order, and issues.ts takes them apart again. `remarkOn` knows better what is to be said of some of them.
 */
export function section<T extends z.ZodRawShape>(
  shape: T,
  remarkOn: (key: string, value: unknown) => string | null = () => null,
): z.ZodObject<T, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (complaint) =>
      complaint.code === "unrecognized_keys"
        ? (complaint.keys ?? [])
            .map((key) => remarkOn(key, sectionOf(complaint.input)[key]) ?? unknownKey(key, known))
            .join("\n")
        : says(`a section with keys such as ${known.slice(0, 3).join(", ")}`)(complaint),
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const elsewhere = misplaced(key, known);
  if (elsewhere !== null) return elsewhere;
  const meant = meantBy(key, known);
  return `is not a known key${meant === "" ? `; known here: ${known.join(", ")}` : meant}`;
}

/** Another program's word comes before one that only looks alike. */
function meantBy(word: string, known: readonly string[]): string {
  return meaning(word, known) || didYouMean(word, known);
}

/** Sections under names that the operator chooses. */
export function named<O, I>(value: z.ZodType<O, I>, what: string): z.ZodType<Record<string, O>, Record<string, I>> {
  const error =
    "must have a name of letters, digits, dots, dashes and underscores, at most 64 of them, starting with a letter or digit";
  const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error });
  return z.record(name, value, { error: says(`a section of named ${what}`) });
}

/** For every key that says where to listen. */
export const listenExpected = 'an address such as ":8080", "127.0.0.1:8080" or "unix:/run/sluice.sock"';

/** RFC 9110 5.6.2: names of fields, methods, cookies. */
export const token: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
