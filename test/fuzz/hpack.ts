// What must hold of the header blocks of a connection, whatever they are: they are read as the plain reference reads them or
// refused where it refuses, never thrown at; what is kept is the beginning of what was told, up to the limits, and all of it is
// counted; and where fields are not kept the dynamic table stays in step, so that the blocks behind are read rightly.

import { Prng } from "../../src/base/prng.ts";
import { Output } from "../../src/wire/http1/writer.ts";
import { HpackDecoder } from "../../src/wire/http2/hpack/decoder.ts";
import { putField, putNoTable, putStatus } from "../../src/wire/http2/hpack/encoder.ts";
import { FieldSection } from "../../src/wire/http2/hpack/fieldsection.ts";
import { hexOf, ReferenceDecoder, ReferenceEncoder } from "../conform/hpack.ts";
import { type Field, staticFields } from "../conform/hpacktables.ts";
import { Disagreement } from "./codec.ts";
import type { Inputs } from "./inputs.ts";

const shift = 7;
const blocksMax = 8;
const fieldsMax = 16;

export function checkHpack(inputs: Inputs): void {
  const prng = new Prng(inputs.choice(2 ** 31));
  checkConnection(prng);
  checkWritten(prng);
}

export interface Read {
  readonly blocks: number;
  readonly refused: number;
  readonly tooLarge: number;
}

/** One connection, up to the first block that is refused. */
export function checkConnection(prng: Prng): Read {
  const tableBytesMax = pick(prng, [0, 40, 100, 256, 1000, 4096]);
  const limits = pick(prng, [
    [1000, 100_000],
    [1000, 100_000],
    [5, 100_000],
    [1000, 150],
    [0, 0],
  ] as const);
  const names = Array.from({ length: 1 + prng.below(12) }, () => text(prng));
  const values = Array.from({ length: 1 + prng.below(20) }, () => text(prng));
  const encoder = new ReferenceEncoder(prng, tableBytesMax);
  const reference = new ReferenceDecoder(tableBytesMax);
  const decoder = new HpackDecoder(tableBytesMax);
  const section = new FieldSection(limits[0], limits[1]);
  const history: string[] = [];
  let tooLarge = 0;
  for (let blocks = 1; blocks <= blocksMax; blocks++) {
    const told = Array.from({ length: prng.below(fieldsMax) }, () => anyField(prng, names, values));
    const octets = encoder.encode(told);
    const isSpoiled = prng.below(12) === 0;
    const block = Uint8Array.from(isSpoiled ? spoiled(prng, octets) : octets);
    history.push(hexOf(block));
    const expected = reference.decode(block);
    const where = (): string => `${history.join(" ")} with ${tableBytesMax}, ${limits.join()}`;
    if (!isSpoiled && JSON.stringify(expected) !== JSON.stringify(told))
      throw new Disagreement(`the reference reads its own ${where()} as ${JSON.stringify(expected)}`);
    // Something stands before and behind it that would be read as fields.
    const buffer = new Uint8Array(block.length + 2 * shift).fill(0x82);
    buffer.set(block, shift);
    const isRead = decoder.decode(buffer, shift, shift + block.length, section);
    if (isRead !== (typeof expected !== "string"))
      throw new Disagreement(`${where()} is ${isRead ? "read" : "refused"}, the reference says ${expected}`);
    if (typeof expected === "string") return { blocks, refused: 1, tooLarge };
    compare(section, expected, limits, where);
    if (section.isTooLarge) tooLarge++;
    // What a spoiled block left in the table is not what the encoder has.
    if (isSpoiled) return { blocks, refused: 0, tooLarge };
  }
  return { blocks: blocksMax, refused: 0, tooLarge };
}

function compare(
  section: FieldSection,
  told: readonly Field[],
  [countMax, bytesMax]: readonly [number, number],
  where: () => string,
): void {
  const kept: Field[] = [];
  let bytes = 0;
  for (const field of told) {
    bytes += field[0].length + field[1].length;
    if (kept.length === countMax || bytes > bytesMax) break;
    kept.push(field);
  }
  const listBytes = told.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  const isTooLarge = kept.length < told.length;
  const wanted = JSON.stringify({ kept, listBytes, isTooLarge });
  const got = JSON.stringify({
    kept: fieldsOf(section),
    listBytes: section.listBytes,
    isTooLarge: section.isTooLarge,
  });
  if (got !== wanted) throw new Disagreement(`${where()} is ${got}, and should be ${wanted}`);
}

export function fieldsOf(section: FieldSection): Field[] {
  const spans = [...section.spans.subarray(0, section.count * 4)];
  const part = (at: number): string =>
    Buffer.from(section.bytes.subarray(spans[at]!, spans[at + 1]!)).toString("latin1");
  return Array.from({ length: section.count }, (_, index) => [part(index * 4), part(index * 4 + 2)] as const);
}

/** What we write, whoever reads it: the same fields, and nothing in the table. */
function checkWritten(prng: Prng): void {
  const output = new Output(1);
  const status = 100 + prng.below(900);
  const fields = Array.from({ length: prng.below(fieldsMax) }, () => [cased(prng, nameOf(prng)), text(prng)] as const);
  putNoTable(output);
  putStatus(output, status);
  for (const [name, value] of fields) {
    const bytes = Buffer.from(`${name}: ${value}`, "latin1");
    putField(output, bytes, 0, name.length, name.length + 2, bytes.length);
  }
  const block = output.bytes.slice(0, output.length);
  const reference = new ReferenceDecoder(4096);
  const got = JSON.stringify(reference.decode(block));
  const wanted = JSON.stringify([
    [":status", String(status)],
    ...fields.map(([name, value]) => [lowerOf(name), value]),
  ]);
  if (got !== wanted || reference.table.size > 0 || reference.table.sizeMax > 0)
    throw new Disagreement(`${wanted} was written as ${hexOf(block)}, which is ${got}`);
}

const lowerOf = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

function cased(prng: Prng, name: string): string {
  return [...name].map((letter) => (prng.below(3) === 0 ? letter.toUpperCase() : letter)).join("");
}

const letters = "abcdefghijklmnopqrstuvwxyz-_09.!~";

function nameOf(prng: Prng): string {
  if (prng.below(2) === 0) return pick(prng, staticFields)[0];
  return Array.from({ length: 1 + prng.below(30) }, () => letters[prng.below(letters.length)]!).join("");
}

function anyField(prng: Prng, names: readonly string[], values: readonly string[]): Field {
  if (prng.below(3) === 0) return pick(prng, staticFields);
  return [prng.below(3) === 0 ? pick(prng, staticFields)[0] : pick(prng, names), pick(prng, values)];
}

/** Of any length, also beyond a table, and of bytes with codes of any length. */
function text(prng: Prng): string {
  const length = prng.below(pick(prng, [1, 8, 40, 40, 200, prng.below(20) === 0 ? 6000 : 200]));
  const isAny = prng.below(4) === 0;
  return Array.from({ length }, () =>
    isAny ? String.fromCharCode(prng.below(256)) : letters[prng.below(letters.length)]!,
  ).join("");
}

function spoiled(prng: Prng, octets: readonly number[]): number[] {
  const at = prng.below(octets.length + 1);
  const end = Math.min(octets.length, at + prng.below(12));
  switch (prng.below(5)) {
    case 0:
      return octets.slice(0, at);
    case 1:
      return [...octets.slice(0, at), ...octets.slice(end)];
    case 2:
      return [...octets.slice(0, at), prng.below(256), ...octets.slice(at + 1)];
    case 3:
      return [...octets.slice(0, at), pick(prng, [0xff, 0x80, 0x3f, 0x7f, 0xbe]), ...octets.slice(at)];
    default:
      return [...octets.slice(0, end), ...octets.slice(at)];
  }
}

function pick<T>(prng: Prng, choices: readonly T[]): T {
  return choices[prng.below(choices.length)]!;
}
