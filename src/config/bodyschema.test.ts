import { expect, test } from "bun:test";
import { compress, cors, mirror, replace } from "./bodyschema.ts";

type Parsed = {
  readonly success: boolean;
  readonly error?: { readonly issues: readonly { readonly message: string }[] };
};

const told = (result: Parsed): string[] => (result.error?.issues ?? []).map(({ message }) => message);

test("compression is switched on, given its codings, or described", () => {
  for (const value of [true, false, ["gzip"], ["zstd", "br"], { level: 9 }, {}])
    expect([value, compress.safeParse(value).success]).toEqual([value, true]);
  for (const value of ["gzip", ["deflate"], [], { level: 10 }, { types: ["html"] }])
    expect([value, compress.safeParse(value).success]).toEqual([value, false]);
});

test("an origin has a scheme and a host, no path", () => {
  for (const origin of [
    "*",
    "null",
    "https://a.example",
    "http://localhost:3000",
    "https://*.a.example",
    "http://[::1]:80",
  ])
    expect([origin, cors.safeParse(origin).success]).toEqual([origin, true]);
  for (const origin of ["a.example", "https://a.example/", "https://", "https://*", "https://a.*.example", ""])
    expect([origin, cors.safeParse(origin).success]).toEqual([origin, false]);
  expect(told(cors.safeParse("a.example"))[0]).toContain("must be an origin such as");
});

test("a replacement says what stands there instead", () => {
  expect(replace.safeParse([{ find: "a", by: "" }]).success).toBe(true);
  expect(replace.safeParse([{ find: "a" }]).success).toBe(false);
  expect(replace.safeParse([{ find: "", by: "" }]).success).toBe(false);
});

test("a copy goes to a pool, with bounds", () => {
  expect(mirror.safeParse("shadow").success).toBe(true);
  expect(mirror.parse({ to: "shadow" })).toEqual({ to: "shadow", share: 1, body: "64kb", concurrency: 100 });
  expect(mirror.safeParse({ to: "shadow", share: 1.1 }).success).toBe(false);
});
