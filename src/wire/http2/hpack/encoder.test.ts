import { expect, test } from "bun:test";
import { hexOf, ReferenceDecoder } from "../../../../test/conform/hpack.ts";
import { staticFields } from "../../../../test/conform/hpacktables.ts";
import { Output } from "../../http1/writer.ts";
import { putField, putNoTable, putStatus } from "./encoder.ts";

function written(write: (output: Output) => void): Uint8Array {
  const output = new Output(1);
  write(output);
  return output.bytes.slice(0, output.length);
}

function field(name: string, value: string): Uint8Array {
  const bytes = Buffer.from(`${name}: ${value}\r\n`, "latin1");
  return written((output) => putField(output, bytes, 0, name.length, name.length + 2, name.length + 2 + value.length));
}

const read = (block: Uint8Array): unknown => new ReferenceDecoder(0).decode(block);

test("a status of appendix A is a byte", () => {
  for (const [at, [name, value]] of staticFields.entries())
    if (name === ":status")
      expect(hexOf(written((output) => putStatus(output, Number(value))))).toBe((0x80 + at + 1).toString(16));
});

test("every other status is a literal with the name's index", () => {
  expect(hexOf(written((output) => putStatus(output, 302)))).toBe("0803333032");
  for (let status = 100; status < 1000; status++)
    expect(read(written((output) => putStatus(output, status)))).toEqual([[":status", String(status)]]);
});

test("a name of appendix A goes by its index, on either side of the prefix", () => {
  expect(hexOf(field("Accept-Charset", "a"))).toBe("0f000161");
  expect(hexOf(field("Server", "x"))).toBe("0f270178");
  for (const [name] of staticFields) {
    if (name.startsWith(":")) continue;
    expect(field(name.toUpperCase(), "value").length).toBe(8);
    expect(read(field(name.toUpperCase(), "value"))).toEqual([[name, "value"]]);
  }
});

test("another name is written in small letters, and its value as it is", () => {
  expect(hexOf(field("X-A_B", "C"))).toBe("0005782d615f620143");
  expect(read(field("X-Cache-Status~^|", "HIT; \xffA"))).toEqual([["x-cache-status~^|", "HIT; \xffA"]]);
});

test("lengths are written on either side of every bound", () => {
  for (const length of [0, 1, 126, 127, 128, 254, 255, 256, 16_509, 16_510, 16_511, 100_000]) {
    const text = "x".repeat(length);
    expect(read(field("Via", text))).toEqual([["via", text]]);
    if (length > 0) expect(read(field(text, text))).toEqual([[text, text]]);
  }
});

test("that there is no table is said by a byte, and nothing is put into one", () => {
  const block = written((output) => {
    putNoTable(output);
    putStatus(output, 200);
    const bytes = Buffer.from("A: b");
    putField(output, bytes, 0, 1, 3, 4);
  });
  expect(hexOf(block)).toBe("2088000161" + "0162");
  const reference = new ReferenceDecoder(4096);
  expect(reference.decode(block)).toEqual([
    [":status", "200"],
    ["a", "b"],
  ]);
  expect([reference.table.sizeMax, reference.table.size]).toEqual([0, 0]);
});
