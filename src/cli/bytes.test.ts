import { expect, test } from "bun:test";
import { bytesText } from "./bytes.ts";

test("amounts have one decimal and the largest unit of 1024 that fits", () => {
  const amounts = [0, 1023, 1024, 61_440, 1024 ** 2 - 52, 1024 ** 2 - 1, 11_534_336, 2 ** 63];
  expect(amounts.map(bytesText)).toEqual([
    "0 B",
    "1023 B",
    "1.0 KiB",
    "60.0 KiB",
    "1023.9 KiB",
    "1.0 MiB",
    "11.0 MiB",
    "8192.0 PiB",
  ]);
});
