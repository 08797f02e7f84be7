// Sizes as operators write them: "32kb", "10mb", "512b". A k is 1024, as in nginx and HAProxy. Bare numbers are refused,
// except 0, which is the same in every unit.

import { misread, quote, type Reading, read } from "./reading.ts";

const unitBytes: Record<string, number> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 };

/** Whole bytes. */
export function readSize(text: string): Reading<number> {
  const part = /^(\d+(?:\.\d+)?)\s?((?:[kmgt]i?)?b|[kmgt])?$/i.exec(text);
  if (part === null) return misread(`must be a size such as "32kb" or "10mb", not ${quote(text)}`);
  const count = Number(part[1]);
  if (part[2] === undefined) {
    if (count === 0) return read(0);
    return misread(`must have a unit: write "${text}b" for bytes or "${text}kb" for kilobytes`);
  }
  const letter = part[2].toLowerCase().replace("i", "");
  const bytes = Math.round(count * unitBytes[letter.endsWith("b") ? letter : `${letter}b`]!);
  if (!Number.isSafeInteger(bytes)) return misread(`must be a size of less than 8192 tb, not ${quote(text)}`);
  return read(bytes);
}

/** The largest unit that divides it. */
export function formatSize(bytes: number): string {
  if (bytes === 0) return "0";
  for (const unit of ["tb", "gb", "mb", "kb"]) {
    if (bytes % unitBytes[unit]! === 0) return `${bytes / unitBytes[unit]!}${unit}`;
  }
  return `${bytes}b`;
}
