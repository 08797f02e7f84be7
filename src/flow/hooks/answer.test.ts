import { expect, test } from "bun:test";
import { readAnswer, replyBytesMax } from "./answer.ts";

const reply = (value: unknown): unknown => {
  const answered = readAnswer(value);
  return answered.ok ? answered.reply : answered.message;
};

test("nothing is no answer", () => {
  expect([readAnswer(undefined), readAnswer(null)]).toEqual([
    { ok: true, reply: null },
    { ok: true, reply: null },
  ]);
});

test("an answer has a status, fields and a body of bytes", () => {
  const usual = { reason: "", retryAfterS: 0 };
  expect(reply({ status: 404 })).toEqual({ ...usual, status: 404, fields: [], body: null });
  expect(reply({ body: "ü" })).toEqual({ ...usual, status: 200, fields: [], body: "\xc3\xbc" });
  expect(reply({ body: null })).toMatchObject({ body: "" });
  expect(reply({ body: new Uint8Array([0, 255]) })).toMatchObject({ body: "\x00\xff" });
  const json = [{ name: "Content-Type", value: "application/json" }];
  expect(reply({ json: { a: [1] } })).toMatchObject({ fields: json, body: '{"a":[1]}' });
  const own = [{ name: "content-type", value: "text/x" }];
  expect(reply({ json: 5, headers: { "content-type": "text/x" } })).toMatchObject({ fields: own, body: "5" });
});

test("fields come as a section, as pairs, or as Headers", () => {
  const fields = [
    { name: "a", value: "1" },
    { name: "b", value: "2" },
  ];
  expect(reply({ headers: { a: "1", b: 2, c: undefined } })).toMatchObject({ fields });
  expect(
    reply({
      headers: [
        ["a", "1"],
        ["b", "2"],
      ],
    }),
  ).toMatchObject({ fields });
  expect(reply({ headers: new Headers({ a: "1", b: "2" }) })).toMatchObject({ fields });
});

test("a list in a section is a field for each of its values", () => {
  const cookies = ["a=1", "b=2"].map((value) => ({ name: "set-cookie", value }));
  expect(reply({ headers: { "set-cookie": ["a=1", "b=2"] } })).toMatchObject({ fields: cookies });
  const headers = new Headers([
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);
  expect(reply({ headers })).toMatchObject({ fields: cookies });
  expect(reply({ headers: { a: [] } })).toMatchObject({ fields: [] });
  expect(reply({ headers: { a: "ü" } })).toMatchObject({ fields: [{ name: "a", value: "\xfc" }] });
});

test("what makes no sense is told, whatever it is", () => {
  const hostile = {
    get status(): number {
      throw new Error("gotcha");
    },
  };
  for (const [value, told] of [
    [5, "it is a number"],
    ["x", "it is a string"],
    [[], "it is a object"],
    [{}, "it holds nothing"],
    [{ code: 5 }, "it holds code"],
    [{ status: 1.5 }, "its status is 1.5"],
    [{ status: 101 }, "its status is 101"],
    [{ body: 5 }, "its body is neither"],
    [{ body: "a", json: 1 }, "both body and json"],
    [{ json: () => {} }, "cannot be written as JSON"],
    [{ json: 1n }, "it cannot be read: TypeError"],
    [{ headers: 5 }, "no section of fields"],
    [{ headers: { "a b": "c" } }, "not the name of a field"],
    [{ headers: [5] }, "not the name of a field"],
    [{ headers: { a: "b\r\nc: d" } }, "must be one line"],
    [{ headers: { a: null } }, "the value of a must be a text or a number, not null"],
    [{ headers: { a: ["b", undefined] } }, "the value of a must be a text or a number, not undefined"],
    [{ headers: { a: [["b"]] } }, "not a list"],
    [{ headers: [["a", undefined]] }, "not undefined"],
    [{ headers: { "x-user": "☃" } }, "the value of x-user must have no character beyond U+00FF"],
    [hostile, "gotcha"],
  ] as const)
    expect(String(reply(value))).toContain(told);
});

test("a body goes as far as an answer may be long, in bytes as they are sent, and not one further", () => {
  const fits = "x".repeat(replyBytesMax);
  const half = "\u00e9".repeat(replyBytesMax / 2);
  const answers: [unknown, boolean][] = [
    [{ body: fits }, true],
    [{ body: `${fits}x` }, false],
    [{ body: half }, true],
    [{ body: `${half}x` }, false],
    [{ body: new Uint8Array(replyBytesMax) }, true],
    [{ body: new Uint8Array(replyBytesMax + 1) }, false],
    [{ json: fits.slice(2) }, true],
    [{ json: fits.slice(1) }, false],
  ];
  for (const [value, isTaken] of answers) {
    const answered = readAnswer(value);
    expect(answered.ok ? "taken" : answered.message).toBe(isTaken ? "taken" : "its body is longer than 16mb");
  }
});
