import { expect, test } from "bun:test";
import { latin1, policyOf, responseHead } from "../../test/cacheheads.ts";
import { Output } from "../wire/http1/writer.ts";
import { tagOf, writeTags } from "./tags.ts";

function tags(fields: readonly string[], tagFields: readonly string[] = ["surrogate-key", "cache-tag"]): string {
  const output = new Output();
  output.latin1("ab ");
  const count = writeTags(output, responseHead(200, ...fields), policyOf({ tagFields }));
  const text = latin1(output.bytes, 3, output.length);
  expect(text === "" ? 0 : text.split(" ").length).toBe(count);
  return text;
}

test("tags are parted by blanks or commas, in lower case, each once", () => {
  expect(tags(["Surrogate-Key: a B  c\ta", "Cache-Tag: d,e , B", "Other: f"])).toBe("a b c d e");
  expect(tags(["Surrogate-Key: ab a abc b"])).toBe("ab a abc b");
  expect(tags(["Surrogate-Key:", "Cache-Tag: , ,"])).toBe("");
});

test("only the fields that a pool names are read", () => {
  expect(tags(["Surrogate-Key: a", "X-Tags: b"], ["x-tags"])).toBe("b");
  expect(tags(["Surrogate-Key: a"], [])).toBe("");
});

test("too many and too long ones are left out", () => {
  const many = Array.from({ length: 200 }, (_, index) => `t${index}`);
  expect(tags([`Surrogate-Key: ${many.join(" ")}`]).split(" ")).toEqual(many.slice(0, 128));
  expect(tags([`Surrogate-Key: ${"x".repeat(257)} a`])).toBe("a");
  const long = Array.from({ length: 30 }, (_, index) => `${index}-${"x".repeat(200)}`);
  expect(tags([`Surrogate-Key: ${long.join(" ")}`]).length).toBeLessThan(4096);
});

test("a tag that somebody types is the one that is kept", () => {
  expect(tagOf(" Product-5 ")).toBe("product-5");
  for (const text of ["", " ", "a b", "a,b", "x".repeat(257)]) expect(tagOf(text)).toBe("");
});
