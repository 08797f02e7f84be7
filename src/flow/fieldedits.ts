// What becomes of the fields of a head: edits in their order, written among the lines that stay, which are copied in as few runs as
// there are gaps. It knows lines and names; what a head says before its fields, and who may edit what, is known in edits.ts.
//
// Most edits are of fields that mean nothing to us. For those `splice` says at once what the parser would find: a name that was
// checked, a value of one line without blanks around it, everything else where it was, only moved. All else is read anew (editing.ts).

import { field } from "../wire/http1/fields.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { type FieldName, isNamed, isUnnoted } from "./fieldname.ts";
import { fieldText } from "./fieldtext.ts";
import { textOf } from "./headvalues.ts";

export type FieldOperation = "set" | "add" | "remove";

interface FieldEdit {
  readonly operation: FieldOperation | "replace";
  readonly name: FieldName;
  readonly value: string;
  /** What a replacement makes of a value that is there. */
  readonly make: ((value: string) => string) | null;
}

const crlf = new TextEncoder().encode("\r\n");
/** ": " and CRLF. */
const framingBytes = 4;

export class FieldEdits {
  #edits: FieldEdit[] = [];
  /** Whether `splice` may do. */
  #isPlain = true;

  clear(): void {
    if (this.#edits.length === 0) return;
    this.#edits = [];
    this.#isPlain = true;
  }

  edit(operation: FieldOperation, name: FieldName, value: string): void {
    this.#edits.push({ operation, name, value, make: null });
    if (!name.isUnnoted) this.#isPlain = false;
  }

  replace(name: FieldName, make: (value: string) => string): void {
    this.#edits = this.#edits.map((edit) =>
      edit.name.lower === name.lower && edit.make === null ? { ...edit, value: fieldText(make(edit.value)) } : edit,
    );
    this.#edits.push({ operation: "replace", name, value: "", make });
    this.#isPlain = false;
  }

  /** All fields of the head as they are to be. */
  write(output: Output, head: Head): void {
    const { bytes, spans } = head;
    let run = head.fieldsStart;
    for (let index = 0; index < head.fieldCount; index++) {
      const start = spans[index * 4]!;
      const isRemoved = this.#isRemoved(bytes, start, spans[index * 4 + 1]!);
      const isOptions = head.hasNominated && head.ids[index] === field.connection;
      if (!isRemoved && !isOptions && (this.#isPlain || !this.#isReplaced(head, index))) continue;
      output.copy(bytes, run, start);
      run = head.lineEnd(index);
      if (isRemoved) continue;
      if (isOptions) this.#writeOptions(output, head, index);
      else this.#writeReplaced(output, head, index);
    }
    output.copy(bytes, run, head.fieldsEnd);
    for (let at = 0; at < this.#edits.length; at++) {
      if (!this.#isLasting(at)) continue;
      const { name, value } = this.#edits[at]!;
      output.put(name.opening);
      output.latin1(value);
      output.put(crlf);
    }
  }

  /**
   * The whole head into an empty output, of at most `bytesMax`, and `to` is made what a parser finds there, but for its bytes; that
   * may be the same head. False: it takes a parser, and nothing was done.
   */
  splice(output: Output, from: Head, to: Head, bytesMax: number): boolean {
    if (!this.#isPlain || from.hasNominated || !this.#hasRoom(from, bytesMax)) return false;
    const { bytes, start, fieldsStart, fieldsEnd } = from;
    output.copy(bytes, start, fieldsStart);
    this.#keep(output, from, to);
    this.#add(output, to);
    if (to !== from) to.takeFacts(from);
    to.start = 0;
    to.methodEnd -= start;
    to.targetStart -= start;
    to.targetEnd -= start;
    to.fieldsStart = fieldsStart - start;
    to.fieldsEnd = output.length;
    output.copy(bytes, fieldsEnd, from.end);
    to.end = output.length;
    return true;
  }

  /** Room enough even if nothing is taken away; whether there is less than enough the parser says. */
  #hasRoom(head: Head, bytesMax: number): boolean {
    let size = head.end - head.start;
    for (const { name, value } of this.#edits) size += name.bytes.length + value.length + framingBytes;
    return size <= bytesMax && head.fieldCount + this.#edits.length <= head.fieldsMax;
  }

  /** The lines that stay, and where they are now. Fields only move to the front, so that both may be one head. */
  #keep(output: Output, from: Head, to: Head): void {
    const { bytes, spans, fieldCount, fieldsEnd, hostIndex, upgradeIndex, requestIdIndex } = from;
    let run = from.fieldsStart;
    let shift = from.start;
    let kept = 0;
    to.hostIndex = -1;
    to.upgradeIndex = -1;
    to.requestIdIndex = -1;
    for (let index = 0; index < fieldCount; index++) {
      const start = spans[index * 4]!;
      const id = from.ids[index]!;
      if (isUnnoted(id) && this.#isRemoved(bytes, start, spans[index * 4 + 1]!)) {
        output.copy(bytes, run, start);
        run = index + 1 === fieldCount ? fieldsEnd : spans[index * 4 + 4]!;
        shift += run - start;
        continue;
      }
      for (let part = 0; part < 4; part++) to.spans[kept * 4 + part] = spans[index * 4 + part]! - shift;
      to.ids[kept] = id;
      if (index === hostIndex) to.hostIndex = kept;
      else if (index === upgradeIndex) to.upgradeIndex = kept;
      else if (index === requestIdIndex) to.requestIdIndex = kept;
      kept++;
    }
    output.copy(bytes, run, fieldsEnd);
    to.fieldCount = kept;
  }

  #add(output: Output, to: Head): void {
    for (let at = 0; at < this.#edits.length; at++) {
      if (!this.#isLasting(at)) continue;
      const { name, value } = this.#edits[at]!;
      const span = to.fieldCount * 4;
      to.ids[to.fieldCount++] = name.id;
      to.spans[span] = output.length;
      to.spans[span + 1] = output.length + name.bytes.length;
      output.put(name.opening);
      to.spans[span + 2] = output.length;
      output.latin1(value);
      to.spans[span + 3] = output.length;
      output.put(crlf);
    }
  }

  #isRemoved(bytes: Uint8Array, start: number, end: number): boolean {
    for (let at = 0; at < this.#edits.length; at++) {
      const { operation, name } = this.#edits[at]!;
      if ((operation === "set" || operation === "remove") && isNamed(bytes, start, end, name)) return true;
    }
    return false;
  }

  #isReplaced({ bytes, spans }: Head, index: number): boolean {
    const [start, end] = [spans[index * 4]!, spans[index * 4 + 1]!];
    return this.#edits.some(({ name, make }) => make !== null && isNamed(bytes, start, end, name));
  }

  /** Whether the field that this edit gives is there when all have been made. */
  #isLasting(at: number): boolean {
    const { operation, name } = this.#edits[at]!;
    if (operation === "remove" || operation === "replace") return false;
    for (let later = at + 1; later < this.#edits.length; later++) {
      const other = this.#edits[later]!;
      if ((other.operation === "set" || other.operation === "remove") && other.name.lower === name.lower) return false;
    }
    return true;
  }

  /** The field's own line with another value, or the same line. */
  #writeReplaced(output: Output, head: Head, index: number): void {
    const { bytes, spans } = head;
    const [start, end] = [spans[index * 4]!, spans[index * 4 + 1]!];
    const former = textOf(bytes, spans[index * 4 + 2]!, spans[index * 4 + 3]!);
    let value = former;
    for (const { name, make } of this.#edits)
      if (make !== null && isNamed(bytes, start, end, name)) value = fieldText(make(value));
    if (value === former) return output.copy(bytes, start, head.lineEnd(index));
    output.copy(bytes, start, end);
    output.latin1(`: ${value}\r\n`);
  }

  /** Who sends a head may name its own fields as not to be passed on, but not those that rules have given it. */
  #writeOptions(output: Output, head: Head, index: number): void {
    const names = textOf(head.bytes, head.spans[index * 4 + 2]!, head.spans[index * 4 + 3]!).split(",");
    const isGiven = (lower: string): boolean =>
      this.#edits.some(({ name }, at) => name.lower === lower && this.#isLasting(at));
    const kept = names.filter((name) => !isGiven(name.trim().toLowerCase()));
    output.latin1(`Connection: ${kept.join(",").trim()}\r\n`);
  }
}
