import { expect, test } from "bun:test";
import { z } from "zod";
import { allowedBy, innermost, refusalOf, saidOf } from "./wording.ts";

test.each([
  [z.coerce.number().int().min(1).max(1000).default(100), "a whole number from 1 to 1000"],
  [z.int(), "a whole number"],
  [z.number().min(0), "a number from 0 on"],
  [z.number().max(1), "a number of at most 1"],
  [z.enum(["up", "down"]).exactOptional(), "one of up, down"],
  [z.literal(true), "true"],
  [z.boolean(), "true or false"],
  [z.string().max(200), "a text of at most 200 characters"],
  [z.int().nullable(), "a whole number or null"],
  [z.array(z.string()), "a text"],
  [z.strictObject({}), null],
] as const)("%#: what is allowed is said in words", (schema, text) => {
  expect(allowedBy(schema)).toBe(text);
});

test("a schema that says itself what is wrong is taken at its word", () => {
  const schema = z.string().refine((text) => text.startsWith("/"), "must begin with a slash");
  expect(refusalOf("path", schema, schema.safeParse("x").error!.issues[0]!)).toBe("path must begin with a slash");
});

const step = z.discriminatedUnion("op", [
  z.strictObject({ op: z.enum(["add", "test"]), path: z.string() }),
  z.strictObject({ op: z.literal("move"), path: z.string(), from: z.string() }),
]);

test.each([
  [[{ op: "ad", path: "/x" }], [0, "op"], "must be one of add, test, move"],
  [[{ path: "/x" }], [0, "op"], "must be one of add, test, move"],
  [[{ op: "add", path: 3 }], [0, "path"], "must be a text"],
  [[{ op: "move", path: "" }], [0, "from"], "is missing"],
  [[{ op: "add", path: "", to: 1 }], [0], "has no to"],
  [[null], [0], "must be an object"],
  [null, [], "must be a list or an object"],
] as const)("%j may be one thing or another, and is told what it is not", (value, path, said) => {
  const schema = z.union([z.array(step), z.record(z.string(), z.unknown())]);
  const issue = innermost(schema.safeParse(value).error!.issues[0]!);
  expect([issue.path, saidOf(issue)] as unknown).toEqual([path, said]);
});

test("what has no short way to be allowed is told by what it is not", () => {
  const schema = z.array(z.strictObject({ key: z.string() })).min(1);
  const said = (value: unknown): string => refusalOf("entries", schema, schema.safeParse(value).error!.issues[0]!);
  expect([said(3), said([]), said(undefined)]).toEqual([
    "entries must be a list",
    "entries must have at least 1",
    "entries is missing",
  ]);
});
