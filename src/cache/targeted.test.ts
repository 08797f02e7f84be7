import { expect, test } from "bun:test";
import { responseFacts, responseHead } from "../../test/cacheheads.ts";
import { directive, secondsMax } from "./cachecontrol.ts";
import type { ResponseFacts } from "./responsefacts.ts";

function read(...values: readonly string[]): ResponseFacts {
  const lines = values.map((value) => `CDN-Cache-Control: ${value}`);
  return responseFacts(responseHead(200, "Cache-Control: no-store", "Expires: 0", ...lines));
}

test("a field that can be read speaks alone: Cache-Control and Expires are not looked at", () => {
  const { control, isTargeted, hasExpires } = read("max-age=60");
  expect([isTargeted, hasExpires, control.maxAgeS, control.has(directive.noStore)]).toEqual([true, false, 60, false]);
});

test("what is a dictionary is read, whatever else is in it", () => {
  for (const value of [
    "max-age=60",
    "foo, max-age=60",
    "max-age=60,foo=1.5",
    "max-age=60\t,\tfoo;a;b=1;c=?0",
    'max-age=60;x="y", foo="a\\"b\\\\c"',
    'foo=(1 a "b");q=1, max-age=60',
    "foo=( ), max-age=60",
    "foo=:YWJj:, *x=*y/z:a, max-age=60",
    "foo=?1, bar=?0, max-age=60",
    "max-age=5, max-age=60",
  ])
    expect([value, read(value).isTargeted, read(value).control.maxAgeS]).toEqual([value, true, 60]);
});

test("what is no dictionary is as if it were not there", () => {
  for (const value of [
    "",
    " ",
    ",max-age=60",
    "max-age=60,",
    "max-age=60,,foo",
    "max-age=60 foo",
    "max-age =60",
    "max-age= 60",
    "MAX-AGE=60",
    "max-age=60, &&&",
    "max-age=60, foo=",
    'max-age=60, foo="a',
    'max-age=60, foo="a\\x"',
    'max-age=60, foo="\u00e9"',
    "max-age=60, foo=?2",
    "max-age=60, foo=?",
    "max-age=60, foo=:a",
    "max-age=60, foo=(1",
    "max-age=60, foo=(1,2)",
    "max-age=60, foo=1.",
    "max-age=60, foo=1.1234",
    "max-age=60, foo=1234567890123456",
    "max-age=60, foo=-",
    "max-age=60;=1",
    "max-age=60;A",
    "max-age=60;a=",
  ]) {
    const { control, isTargeted } = read(value);
    expect([value, isTargeted, control.maxAgeS, control.has(directive.noStore)]).toEqual([value, false, -1, true]);
  }
});

test("a directive of the wrong type makes the field say nothing", () => {
  for (const value of [
    'max-age="60"',
    "max-age",
    "max-age=60.5",
    "max-age=?1",
    "no-store=1",
    "no-store=(a)",
    "no-cache=a",
  ])
    expect([value, read(value).isTargeted]).toEqual([value, false]);
});

test("false is not there, and less than nothing is stale", () => {
  const { control } = read("no-store=?0, private=?1, max-age=-1");
  expect([control.has(directive.noStore), control.has(directive.private), control.maxAgeS]).toEqual([false, true, 0]);
  expect(read("max-age=99999999999").control.maxAgeS).toBe(secondsMax);
});

test("fields may be named in a string, and several lines are one dictionary", () => {
  const { control, isTargeted } = read('no-cache="a, b"', "max-age=60", "");
  expect([isTargeted, control.listCount, control.has(directive.noCache), control.maxAgeS]).toEqual([
    true,
    1,
    false,
    60,
  ]);
  expect(read('private=""').control.has(directive.private)).toBe(true);
  expect(read("max-age=60", "&").isTargeted).toBe(false);
});
