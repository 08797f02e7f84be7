import { expect, test } from "bun:test";
import { parseDocument } from "yaml";
import { treeFaults } from "./yamltree.ts";

const told = (text: string): string[] =>
  treeFaults(parseDocument(text, { prettyErrors: false, merge: true }).contents).map(
    ({ at, message }) => `${at} ${message}`,
  );

test("an alias stands behind its anchor, and outside of what that names", () => {
  expect(told("a: &base [1]\nb: *base\nc: *bse\n")).toEqual([
    '25 there is no anchor &bse before this alias; did you mean "base"?',
  ]);
  expect(told("a: &x [*x]\n")).toEqual(["7 *x stands inside of what &x names, which would have no end"]);
  expect(told("a: &x { b: { c: *x } }\n")).toEqual(["16 *x stands inside of what &x names, which would have no end"]);
  // An anchor may be given again: the alias is of the inner one.
  expect(told("a: &x { b: &x 1, c: *x }\n")).toEqual([]);
});

test("<< takes sections", () => {
  const wrong = "<< takes a section, an alias of one such as *base, or a list of those";
  expect(told("a: { <<: 5 }\n")).toEqual([`9 ${wrong}`]);
  expect(told("a: &x 1\nb: { <<: *x }\n")).toEqual([`17 ${wrong}`]);
  expect(told("a: &x { c: 1 }\nb: { <<: [*x, 2] }\n")).toEqual([`24 ${wrong}`]);
  expect(
    told('a: &x { c: 1 }\nb: { <<: *x }\nc: { <<: [*x, { d: 1 }] }\nd: { <<: { e: 1 } }\ne: { "<<": 5 }\n'),
  ).toEqual([]);
});

test("keys are words", () => {
  const [list, section, empty] = [told("? [a, b]\n: 1\n"), told("{ { a: 1 }: 2 }\n"), told("a: 1\nnull: 3\n")];
  expect(list).toEqual(["2 a key is a word, and this is a list; put quotes around it where it is meant as a text"]);
  expect(section).toEqual([
    "2 a key is a word, and this is a section; put quotes around it where it is meant as a text",
  ]);
  expect(empty).toEqual(["5 a key is missing here; where null is the name that is meant, put quotes around it"]);
  expect(told('503: 1\ntrue: 2\n"null": 3\n')).toEqual([]);
});

test("tags are none of a config's, but for those that say what is there anyway", () => {
  expect(told("a: !!binary aGVsbG8=\nb: !!set { c }\n")).toEqual([
    expect.stringMatching(/^12 a config has no tags such as !!binary: write the value itself/),
    expect.stringMatching(/^\d+ a config has no tags such as !!set: /),
  ]);
  expect(told("a: !!str 5\nb: !!int 7\nc: ! x\nd: !!map { e: !!seq [1] }\n")).toEqual([]);
});
