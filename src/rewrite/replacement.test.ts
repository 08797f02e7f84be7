import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { type Match, PatternReplacement } from "./patternreplacement.ts";
import { type Replacement, Replacements } from "./replacement.ts";
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

/** What comes out when `body` goes in, cut as `next` says. */
function run(replacement: Replacement, body: string, next: () => number = () => body.length): string {
  let made = "";
  const emit = (bytes: Uint8Array, start: number, end: number): void => {
    expect(end).toBeGreaterThan(start);
    made += Buffer.from(bytes.slice(start, end)).toString("latin1");
  };
  const bytes = encode(`##${body}##`);
  for (let at = 2; at < bytes.length - 2; ) {
    const end = Math.min(bytes.length - 2, at + Math.max(1, next()));
    replacement.write(bytes, at, end, emit);
    at = end;
  }
  replacement.end(emit);
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
  const emit = (bytes: Uint8Array, start: number, end: number): void => {
    made += Buffer.from(bytes.slice(start, end)).toString("latin1");
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
    expect([find, body, run(text(find, by), body, cut)]).toEqual([find, body, body.split(find).join(by)]);
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
    if (count === 20) expect(run(replacement(), body, () => 1)).toBe(atOnce);
  }
});

test("a match that is longer than told stays, and costs no more than a window", () => {
  const replacement = pattern(/a+/, "!", 16);
  expect(run(replacement, `aa ${"a".repeat(17)} a`)).toBe(`! ${"a".repeat(17)} !`);
});

test("several replacements work in their order, each on what those before it have made", () => {
  const all = (): Replacement => new Replacements([text("a", "b"), text("bb", "c"), pattern(/c+/, "<$>", 64)]);
  expect(run(all(), "abxaabb")).toBe("<$>x<$>");
  expect(run(all(), "abxaabb", () => 1)).toBe("<$>x<$>");
});
