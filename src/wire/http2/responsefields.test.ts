import { expect, test } from "bun:test";
import type { Field } from "../../../test/conform/hpacktables.ts";
import { sectionOf } from "../../../test/fuzz/fieldsections.ts";
import { Output } from "../http1/writer.ts";
import { badLength, lengthOf, noLength, statusOf, writeResponseFields } from "./responsefields.ts";

const status: Field = [":status", "200"];

/** The lines, or null where they are malformed. */
function lines(fields: readonly Field[], isLengthDropped = false): string[] | null {
  const output = new Output(1);
  if (!writeResponseFields(output, sectionOf(fields), isLengthDropped)) return null;
  return Buffer.from(output.bytes.subarray(0, output.length)).toString("latin1").split("\r\n").slice(0, -1);
}

test("a status is three digits, and stands first", () => {
  for (const [text, expected] of [
    ["200", 200],
    ["103", 103],
    ["599", 599],
    ["101", -1],
    ["099", -1],
    ["20", -1],
    ["2000", -1],
    ["2x0", -1],
  ] as const)
    expect([text, statusOf(sectionOf([[":status", text]]))]).toEqual([text, expected]);
  expect(statusOf(sectionOf([]))).toBe(-1);
  expect(statusOf(sectionOf([["x", "200"], status]))).toBe(-1);
  expect(statusOf(sectionOf([[":statux", "200"]]))).toBe(-1);
});

test("a length is digits, and the same wherever it is told", () => {
  const length = (...values: string[]): number =>
    lengthOf(sectionOf([status, ...values.map((value): Field => ["content-length", value])]));
  expect([length(), length("0"), length("12"), length("7", "7")]).toEqual([noLength, 0, 12, 7]);
  for (const values of [["7", "8"], [""], ["-1"], ["1x"], ["1".repeat(16)]])
    expect([values, length(...values)]).toEqual([values, badLength]);
});

test("fields are lines, in their order", () => {
  const fields: Field[] = [
    status,
    ["server", "a b"],
    ["x-empty", ""],
    ["content-length", "3"],
    ["set-cookie", "\x80\t~"],
  ];
  expect(lines(fields)).toEqual(["server: a b", "x-empty: ", "content-length: 3", "set-cookie: \x80\t~"]);
  expect(lines(fields, true)).toEqual(["server: a b", "x-empty: ", "set-cookie: \x80\t~"]);
});

test("what could be read as something else is malformed", () => {
  for (const field of [
    ["x", "a\r\nb: c"],
    ["x", "a\n"],
    ["x", "\0"],
    ["x", " a"],
    ["x", "a "],
    ["x y", "a"],
    ["x:", "a"],
    ["X", "a"],
    ["Content-Length", "3"],
    ["", "a"],
    [":status", "200"],
    [":path", "/"],
    ["connection", "close"],
    ["keep-alive", "timeout=5"],
    ["proxy-connection", "x"],
    ["transfer-encoding", "chunked"],
    ["upgrade", "h2c"],
  ] as const)
    for (const isDropped of [false, true]) expect([field, lines([status, field], isDropped)]).toEqual([field, null]);
});
