import { expect, test } from "bun:test";
import { isWide, MediaTypes } from "./mediatype.ts";

test("a type is meant by its name, by its family, or by the suffix of what is named", () => {
  const types = new MediaTypes(["text/*", "application/json"], false);
  const isMeant = (value: string | null): boolean => types.has(value);
  expect(
    ["text/html", "Text/HTML; charset=utf-8", "application/json", "application/problem+json"].map(isMeant),
  ).toEqual([true, true, true, true]);
  expect(["image/svg+xml", "application/octet-stream", "textual/html", "", null].map(isMeant)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
  expect(new MediaTypes(["application/xml"], false).has("image/svg+xml")).toBe(true);
});

test("event streams are meant where they are named, or where a family is said to hold them", () => {
  expect(new MediaTypes(["text/*"], false).has("text/event-stream")).toBe(false);
  expect(new MediaTypes(["text/*"], true).has("text/event-stream")).toBe(true);
  expect(new MediaTypes(["text/event-stream"], false).has("text/event-stream; charset=utf-8")).toBe(true);
});

test("wide characters are known by the charset", () => {
  expect(["text/html; charset=UTF-16LE", 'text/html;charset="utf-32"'].map(isWide)).toEqual([true, true]);
  expect(["text/html; charset=utf-8", "text/html", "text/html; x=utf-16"].map(isWide)).toEqual([false, false, false]);
});
