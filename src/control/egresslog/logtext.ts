// Texts of log lines as strings: hosts and keys come again and again, so the last of them are kept by their bytes, and a line
// makes a string only for what is new. What nginx has written with escapes is read back: \x22 where it escapes as it does by
// default, \" and \u0022 where it was told escape=json. "-" is what it writes for nothing.

export type Escape = "default" | "json" | "none";

const slots = 4096;
const backslash = 92;
const cachedMax = 80;

export class LogTexts {
  readonly #escape: Escape;
  readonly #kept: string[] = new Array<string>(slots).fill("");

  constructor(escaping: Escape) {
    this.#escape = escaping;
  }

  read(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length <= 0 || (length === 1 && bytes[start] === 45)) return "";
    if (length > cachedMax) return this.#decoded(bytes, start, end);
    let hash = length;
    let isPlain = true;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte >= 128 || byte === backslash) isPlain = false;
      hash = Math.imul(hash, 31) + byte;
    }
    if (!isPlain) return this.#decoded(bytes, start, end);
    const slot = (hash ^ (hash >>> 15)) & (slots - 1);
    const kept = this.#kept[slot]!;
    if (isSame(kept, bytes, start, length)) return kept;
    const text = bytes.toString("latin1", start, end);
    this.#kept[slot] = text;
    return text;
  }

  #decoded(bytes: Buffer, start: number, end: number): string {
    if (this.#escape === "default") return unescaped(bytes, start, end);
    const text = bytes.toString("utf8", start, end);
    return this.#escape === "json" && text.includes("\\") ? fromJson(text) : text;
  }
}

function isSame(kept: string, bytes: Buffer, start: number, length: number): boolean {
  if (kept.length !== length) return false;
  for (let index = 0; index < length; index++) if (kept.charCodeAt(index) !== bytes[start + index]) return false;
  return true;
}

/** What is no escape of nginx stands for itself. */
function unescaped(bytes: Buffer, start: number, end: number): string {
  const out = Buffer.allocUnsafe(end - start);
  let length = 0;
  for (let at = start; at < end; at++) {
    const isEscape = bytes[at] === backslash && bytes[at + 1] === 120 && at + 3 < end;
    const code = isEscape ? hex(bytes[at + 2]!) * 16 + hex(bytes[at + 3]!) : Number.NaN;
    if (Number.isNaN(code)) out[length++] = bytes[at]!;
    else {
      out[length++] = code;
      at += 3;
    }
  }
  return out.toString("utf8", 0, length);
}

function hex(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : Number.NaN;
}

function fromJson(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}
