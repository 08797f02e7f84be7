import { expect, test } from "bun:test";
import { methodMistake, statusMistake } from "./framedalike.ts";

test("a method becomes another whose messages are framed alike", () => {
  for (const [from, to] of [
    ["GET", "POST"],
    ["POST", "PURGE"],
    ["HEAD", "HEAD"],
    ["CONNECT", "CONNECT"],
  ] as const)
    expect(methodMistake(from, to)).toBeNull();
  for (const [from, to] of [
    ["GET", "HEAD"],
    ["HEAD", "GET"],
    ["GET", "CONNECT"],
    ["TRACE", "GET"],
  ] as const)
    expect(methodMistake(from, to)).toBe(`a ${from} cannot become a ${to}, whose messages are framed in another way`);
  for (const name of ["", "A B", "A\r\n", "é", "X".repeat(33)])
    expect(methodMistake("GET", name)).toBe(`${JSON.stringify(name)} is not a method`);
});

test("a status becomes another that has a body as well", () => {
  for (const [from, to] of [
    [200, 404],
    [503, 200],
    [204, 204],
    [304, 304],
    [200, 599],
  ] as const)
    expect(statusMistake(from, to)).toBeNull();
  for (const to of [204, 205, 304]) expect(statusMistake(200, to)).toContain(`cannot become a ${to}`);
  for (const from of [204, 205, 304]) expect(statusMistake(from, 200)).toContain(`a ${from} has no body`);
  for (const to of [100, 199, 1000, 200.5, Number.NaN, 0]) expect(statusMistake(200, to)).toContain("is not a status");
});
