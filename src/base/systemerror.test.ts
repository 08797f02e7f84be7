import { expect, test } from "bun:test";
import { codeOf, reasonOf, wordsOf } from "./systemerror.ts";

function failed(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

test("a code is told in words, and one that is not known as it is", () => {
  expect(reasonOf(failed("connect EMFILE", "EMFILE"))).toBe("no file descriptor is left");
  expect(reasonOf(failed("strange", "ESTRANGE"))).toBe("ESTRANGE");
  expect(reasonOf(failed("it has no code"))).toBe("it has no code");
  expect(reasonOf("closed")).toBe("closed");
  for (const code of ["constructor", "toString", ""]) expect(wordsOf(code)).toBe(code);
});

test("the code of an error, or else its message", () => {
  expect([codeOf(failed("a", "EPIPE")), codeOf(failed("a", "")), codeOf(null)]).toEqual(["EPIPE", "a", "null"]);
});
