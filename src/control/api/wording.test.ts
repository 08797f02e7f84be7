import { expect, test } from "bun:test";
import { z } from "zod";
import { allowedBy, refusalOf } from "./wording.ts";

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
