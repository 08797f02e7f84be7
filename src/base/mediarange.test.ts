import { expect, test } from "bun:test";
import { mediaRange } from "./mediarange.ts";

test("a media type has two names and no parameters, or all of one kind", () => {
  for (const type of ["text/html", "text/*", "application/vnd.api+json", "Image/SVG+XML"])
    expect({ type, is: mediaRange.test(type) }).toEqual({ type, is: true });
  for (const type of [
    "",
    "*",
    "*/*",
    "*/json",
    "json",
    "text/",
    "a/b; charset=utf-8",
    "application/*+json",
    "a/b/c",
    "a /b",
  ])
    expect({ type, is: mediaRange.test(type) }).toEqual({ type, is: false });
});
