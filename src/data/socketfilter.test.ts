import { expect, test } from "bun:test";
import { filterBytes, op } from "./socketfilter.ts";

test("an instruction is a code, where to go on, and an operand, the lower byte first", () => {
  const bytes = filterBytes([
    [op.jumpIfEqual, 0x0102, 3],
    [op.answerValue, 0xffff_ffff],
  ]);
  expect([...bytes]).toEqual([0x15, 0, 3, 0, 0x02, 0x01, 0, 0, 0x06, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
});
