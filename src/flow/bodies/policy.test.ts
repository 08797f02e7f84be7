import { expect, test } from "bun:test";
import type { BodyPlan, ReplacePlan } from "../../config/plan.ts";
import { madeBytesMax } from "../../rewrite/replacement.ts";
import { bodyPolicy } from "./policy.ts";

const replace: ReplacePlan = { find: "a", by: "b", isPattern: false, types: ["text/html"], matchBytesMax: 1 };
const plan = (own: Partial<BodyPlan>): BodyPlan => ({ isSaid: false, compress: null, replace: [], ...own });

function made(own: Partial<ReplacePlan>, text: string): string {
  const policy = bodyPolicy(plan({ replace: [{ ...replace, ...own }] }))!;
  const replacement = policy.replacements[0]!.make();
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  const emit = (from: Uint8Array, start: number, end: number): boolean =>
    pieces.push(Buffer.from(from.slice(start, end))) > 0;
  const progress = [replacement.write(bytes, 0, bytes.length, emit), replacement.end(emit)];
  return progress.includes("tooLong") ? "too long" : Buffer.concat(pieces).toString();
}

test("nothing said and nothing to be done is no policy; that nothing is to be compressed is one", () => {
  expect(bodyPolicy(plan({}))).toBeNull();
  expect(bodyPolicy(plan({ isSaid: true }))).toMatchObject({ isCompressSaid: true, compression: null });
  expect(bodyPolicy(plan({ replace: [replace] }))).toMatchObject({ isCompressSaid: false });
});

test("texts are looked for as they stand, patterns with their groups, both in UTF-8", () => {
  expect(made({ find: "ü.", by: "ö$1" }, "aü.b")).toBe("aö$1b");
  const pattern = { isPattern: true, matchBytesMax: 64 };
  expect(made({ ...pattern, find: "(\\d+) Stück für (.)", by: "$2: $1 à $&" }, "7 Stück für x")).toBe(
    "x: 7 à 7 Stück für x",
  );
  expect(made({ ...pattern, find: "(?i)ABC", by: "" }, "xAbCx")).toBe("xx");
});

test("what stands in the place of one match is at most a megabyte, with all its groups", () => {
  const half = 512 * 1024;
  const twice = { isPattern: true, find: "(a+)(b?)", by: "$1$1$2", matchBytesMax: half + 1 };
  expect(made(twice, "a".repeat(half)).length).toBe(madeBytesMax);
  expect(made(twice, `${"a".repeat(half)}b`)).toBe("too long");
  // What is longer than `longest` says stays as it is, so nothing is made of it.
  expect(made({ ...twice, matchBytesMax: half }, `${"a".repeat(half)}b`).length).toBe(half + 1);
});

test("events are looked through where text is, and not compressed unless they are named", () => {
  const compress = { codings: ["gzip" as const], types: ["text/*"], bytesMin: 0, level: 1 };
  const policy = bodyPolicy(plan({ isSaid: true, compress, replace: [{ ...replace, types: ["text/*"] }] }))!;
  const type = "text/event-stream";
  expect([policy.compression!.types.has(type), policy.replacements[0]!.types.has(type)]).toEqual([false, true]);
});
