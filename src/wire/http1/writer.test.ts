import { expect, test } from "bun:test";
import { Output } from "./writer.ts";

const text = (output: Output): string => Buffer.from(output.bytes.subarray(0, output.length)).toString("latin1");

test("pieces stand one behind the other, whatever their size", () => {
  const output = new Output(8);
  const source = Buffer.from("0123456789".repeat(10));
  let expected = "";
  for (const [start, end] of [
    [0, 0],
    [3, 7],
    [0, 24],
    [5, 30],
    [0, 100],
  ] as const) {
    output.copy(source, start, end);
    expected += source.toString("latin1", start, end);
  }
  output.latin1("\u00e9!");
  output.byte(0x0a);
  output.put(Buffer.from("end"));
  expect(text(output)).toBe(`${expected}\u00e9!\nend`);
});

test("every way of writing grows the buffer", () => {
  for (const write of [
    (output: Output): void => output.byte(0x61),
    (output: Output): void => output.latin1("ab"),
    (output: Output): void => output.hex32(0x1f, 8),
    (output: Output): void => output.copy(Buffer.from("abc"), 0, 3),
  ]) {
    const output = new Output(1);
    write(output);
    write(output);
    const once = new Output();
    write(once);
    expect(text(output)).toBe(text(once) + text(once));
  }
});

test("numbers are written in hexadecimal with leading zeros", () => {
  const output = new Output();
  output.hex32(0xdeadbeef, 8);
  output.hex32(0x1f, 4);
  output.hex32(0, 1);
  expect(text(output)).toBe("deadbeef001f0");
});

test("a cleared buffer starts anew", () => {
  const output = new Output();
  output.latin1("old");
  output.clear();
  output.latin1("new");
  expect(text(output)).toBe("new");
});
