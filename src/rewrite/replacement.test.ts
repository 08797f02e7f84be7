import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { type Match, PatternReplacement } from "./patternreplacement.ts";
import { madeBytesMax, type Progress, type Replacement } from "./replacement.ts";
import { TextReplacement } from "./textreplacement.ts";

const encode = (text: string): Uint8Array => Buffer.from(text, "latin1");
const text = (find: string, by: string): Replacement => new TextReplacement(encode(find), encode(by));

function pattern(source: RegExp, by: string, bytesMax: number): Replacement {
  const all = new RegExp(source, `${source.flags.replace("g", "")}g`);
  const find = (within: string, from: number): Match | null => {
    all.lastIndex = from;
    const found = all.exec(within);
    return found === null ? null : { start: found.index, end: found.index + found[0].length, by };
  };
  return new PatternReplacement(find, bytesMax);
}

/** What comes out when `body` goes in, cut as `next` says. `isEnough`: whether that is enough for now, asked of each piece. */
function run(
  replacement: Replacement,
  body: string,
  next: () => number = () => body.length,
  isEnough: () => boolean = () => false,
): string {
  let made = "";
  const emit = (bytes: Uint8Array, start: number, end: number): boolean => {
    expect(end).toBeGreaterThan(start);
    made += Buffer.from(bytes.slice(start, end)).toString("latin1");
    return !isEnough();
  };
  const finish = (progress: Progress): void => {
    for (let now = progress; now !== "done"; now = replacement.goOn(emit)) expect(now).toBe("stopped");
  };
  const bytes = encode(`##${body}##`);
  for (let at = 2; at < bytes.length - 2; ) {
    const end = Math.min(bytes.length - 2, at + Math.max(1, next()));
    // Only for as long as it writes these bytes are its to read.
    const lent = new Uint8Array(bytes);
    const progress = replacement.write(lent, at, end, emit);
    lent.fill(0);
    finish(progress);
    at = end;
  }
  finish(replacement.end(emit));
  return made;
}

test("a text is replaced wherever it stands, from the left and without overlaps", () => {
  expect(run(text("aa", "b"), "aaaaa")).toBe("bba");
  expect(run(text("x", ""), "axbxc")).toBe("abc");
  expect(run(text("abab", "!"), "ababababab")).toBe("!!ab");
  expect(run(text("</body>", "<script></script></body>"), "<body></body>")).toBe("<body><script></script></body>");
  expect(run(text("a", "aa"), "")).toBe("");
});

test("of a text only what an occurrence may begin with is held back", () => {
  const replacement = text("</body>", "!");
  let made = "";
  const emit = (bytes: Uint8Array, start: number, end: number): boolean => {
    made += Buffer.from(bytes.slice(start, end)).toString("latin1");
    return true;
  };
  replacement.write(encode("data: 1\n\n"), 0, 9, emit);
  expect(made).toBe("data: 1\n\n");
  replacement.write(encode("a</bo"), 0, 5, emit);
  expect(made).toBe("data: 1\n\na");
  replacement.write(encode("ld>"), 0, 3, emit);
  expect(made).toBe("data: 1\n\na</bold>");
});

test("a text comes to the same however the body is cut", () => {
  const random = new Prng(20_26);
  const letters = ["ab", "abc", "a", "ab\n"];
  for (let round = 0; round < 2_000; round++) {
    const alphabet = letters[round % letters.length]!;
    const make = (length: number): string =>
      Array.from({ length }, () => alphabet[Math.floor(random.next() * alphabet.length)]).join("");
    const find = make(1 + Math.floor(random.next() * 5));
    const body = make(Math.floor(random.next() * 60));
    const by = make(Math.floor(random.next() * 3));
    const cut = (): number => Math.floor(random.next() * 6);
    const isEnough = (): boolean => round % 2 === 1 && random.next() < 0.5;
    expect([find, body, run(text(find, by), body, cut, isEnough)]).toEqual([find, body, body.split(find).join(by)]);
  }
});

test("a pattern comes to the same however the body is cut, and to what it would at once where matches are short", () => {
  const random = new Prng(7);
  const words = ["http://a.example/x", "<b>", "</b>", " ", "0123456789", "\n", "é", "http://"];
  const sources = [/http:\/\/(\w+)\./, /\d+/, /<[^>]*>/, /\bhttp/, /^http/, /(?:é|\n)+/, /x$/];
  for (let round = 0; round < 140; round++) {
    const source = sources[round % sources.length]!;
    const count = round % 3 === 0 ? 20 : 4_000;
    const body = Array.from({ length: count }, () => words[Math.floor(random.next() * words.length)]).join("");
    const atOnce = body.replaceAll(new RegExp(source, `${source.flags}g`), "[!]");
    const cut = (): number => Math.floor(random.next() * random.next() * 20_000);
    const replacement = (): Replacement => pattern(source, "[!]", 256);
    expect(run(replacement(), body, cut)).toBe(atOnce);
    expect(run(replacement(), body, cut, () => true)).toBe(atOnce);
    if (count === 20) expect(run(replacement(), body, () => 1)).toBe(atOnce);
  }
});

test("a match that is longer than told stays, and costs no more than a window", () => {
  const replacement = pattern(/a+/, "!", 16);
  expect(run(replacement, `aa ${"a".repeat(17)} a`)).toBe(`! ${"a".repeat(17)} !`);
});

test("it stops within a piece when there is enough, however much would follow", () => {
  const body = "a".repeat(100_000);
  for (const replacement of [text("a", "b".repeat(1_000)), pattern(/a/, "b".repeat(1_000), 64)]) {
    let made = 0;
    const emit = (_: Uint8Array, start: number, end: number): boolean => {
      made += end - start;
      return made < 50_000;
    };
    let progress = replacement.write(encode(body), 0, body.length, emit);
    for (; progress === "stopped" && made < 1_000_000; progress = replacement.goOn(emit)) {
      // As much as one match makes, or what a pattern makes before it says so.
      expect(made).toBeLessThan(50_000 + 34_000);
      made = 50_000;
    }
    expect(progress).toBe("done");
  }
});

test("what is longer than it may be is no replacement", () => {
  const finder = (by: string | null) => (within: string, from: number) =>
    within.length > from ? { start: from, end: from + 1, by } : null;
  const emit = (): boolean => true;
  for (const [by, progress] of [
    ["b".repeat(madeBytesMax), "done"],
    [null, "tooLong"],
  ] as const) {
    const replacement = new PatternReplacement(finder(by), 1);
    expect([replacement.write(encode("a"), 0, 1, emit), replacement.end(emit)]).toEqual(["done", progress]);
  }
});
