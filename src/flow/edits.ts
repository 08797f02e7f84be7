// What rules change in a head. Changes are gathered and then written as a whole new head, which the strict parser reads like any
// other: whatever a template yields, what goes on is understood in one way, and an edit can no more smuggle a second request
// than a client can. What a head says of its connection and of where its body ends is not for rules to say: such edits do
// nothing, and neither do those that would leave a body where none is awaited, or none where one is.

import { field, fieldId } from "../wire/http1/fields.ts";
import { authorityStart } from "../wire/http1/framing.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { fieldText, isTokenText, targetText } from "./fieldtext.ts";
import { pathStart, queryMark, textOf } from "./headvalues.ts";
import { isHopByHop } from "./hopbyhop.ts";
import { reasonOf } from "./reply.ts";

export type FieldOperation = "set" | "add" | "remove";
export type Part = "method" | "path" | "query" | "target" | "status";

interface FieldEdit {
  readonly operation: FieldOperation | "replace";
  readonly name: string;
  readonly lower: string;
  readonly value: string;
  /** What a replacement makes of a value that is there. */
  readonly make: ((value: string) => string) | null;
}

const trailer = "trailer";
/** What OPTIONS asks of a whole server: no path that could have a query. */
const asterisk = 0x2a;

export class Edits {
  #fields: FieldEdit[] = [];
  /** The path with its "/", the query without its "?"; "" takes the query away. */
  #parts: Partial<Record<"method" | "path" | "query" | "status", string>> = {};
  isEmpty = true;
  /** One bit for each field that a rule has set or added, by its id (wire/http1/fields.ts). */
  given = 0;

  reset(): void {
    this.given = 0;
    this.clear();
  }

  /** What there was is made. */
  clear(): void {
    if (this.isEmpty) return;
    this.#fields = [];
    this.#parts = {};
    this.isEmpty = true;
  }

  /** `isTrusted`: what the sender says of its clients is believed; otherwise nothing is added to that, but put in its place. */
  editField(operation: FieldOperation, name: string, value: string, isTrusted: boolean): void {
    const lower = name.toLowerCase();
    const id = idOf(lower);
    const isOfClient = id >= field.forwarded && id <= field.xForwardedHost;
    const isFirst = (this.given & (1 << id)) === 0;
    if (operation === "add" && isOfClient && isFirst && !isTrusted) operation = "set";
    if (!isTokenText(name) || isFraming(id, lower) || (operation !== "set" && id === field.host)) return;
    if (operation !== "remove") this.given |= 1 << id;
    this.#fields.push({ operation, name, lower, value: fieldText(value), make: null });
    this.isEmpty = false;
  }

  /** In each value that the field has, those that rules have given it before among them. */
  replaceField(name: string, make: (value: string) => string): void {
    const lower = name.toLowerCase();
    const id = idOf(lower);
    if (!isTokenText(name) || isFraming(id, lower) || id === field.host) return;
    this.#fields = this.#fields.map((edit) =>
      edit.lower === lower && edit.make === null ? { ...edit, value: fieldText(make(edit.value)) } : edit,
    );
    this.#fields.push({ operation: "replace", name, lower, value: "", make });
    this.isEmpty = false;
  }

  rewrite(part: Part, value: string): void {
    this.isEmpty = false;
    if (part === "method" || part === "status") this.#parts[part] = value;
    else this.#retarget(part, targetText(value));
  }

  /** A path or query behind a whole target is a part of that. */
  #retarget(part: "path" | "query" | "target", text: string): void {
    const parts = this.#parts;
    if (part === "target") {
      if (!isPath(text)) return;
      this.#parts = {
        ...parts,
        path: pathIn(text),
        query: text.includes("?") ? text.slice(text.indexOf("?") + 1) : "",
      };
    } else if (part === "path") parts.path = (isPath(text) ? text : `/${text}`).replaceAll("?", "%3F");
    else parts.query = text;
  }

  /** The request's head anew; `head` stays as it is. */
  writeRequest(output: Output, head: Head): void {
    const { bytes } = head;
    const method = textOf(bytes, head.start, head.methodEnd);
    output.latin1(this.#method(method));
    output.byte(0x20);
    this.#writeTarget(output, head);
    output.copy(bytes, head.targetEnd, head.fieldsStart);
    this.#writeFields(output, head);
    output.copy(bytes, head.fieldsEnd, head.end);
  }

  /** The response's head anew. */
  writeResponse(output: Output, head: Head): void {
    const { bytes, status } = head;
    const wanted = Number(this.#parts.status ?? status);
    if (wanted === status || !mayBecome(status, wanted)) output.copy(bytes, head.start, head.fieldsStart);
    else output.latin1(`HTTP/1.${head.minor} ${wanted} ${reasonOf(wanted)}\r\n`);
    this.#writeFields(output, head);
    output.copy(bytes, head.fieldsEnd, head.end);
  }

  #method(method: string): string {
    const wanted = this.#parts.method ?? method;
    if (wanted === method || !isTokenText(wanted) || unlike.has(method) || unlike.has(wanted)) return method;
    return wanted;
  }

  #writeTarget(output: Output, head: Head): void {
    const { bytes } = head;
    const { path, query } = this.#parts;
    // An authority in the target would have to be the host that the rules have set.
    const isHostSet = (this.given & (1 << field.host)) !== 0 && authorityStart(head) !== -1;
    const isAsterisk = bytes[head.targetStart] === asterisk && path === undefined;
    if (isAsterisk || (path === undefined && query === undefined && !isHostSet))
      return output.copy(bytes, head.targetStart, head.targetEnd);
    const start = pathStart(head);
    const mark = queryMark(head, start);
    if (!isHostSet) output.copy(bytes, head.targetStart, bytes[start] === asterisk ? head.targetStart : start);
    if (path !== undefined) output.latin1(path);
    else if (start === mark) output.byte(0x2f);
    else output.copy(bytes, start, mark);
    if (query === undefined) output.copy(bytes, mark, head.targetEnd);
    else if (query !== "") output.latin1(`?${query}`);
  }

  #writeFields(output: Output, head: Head): void {
    const removed = new Set(
      this.#fields.filter(({ operation }) => operation === "set" || operation === "remove").map(({ lower }) => lower),
    );
    const remaining = this.#remaining();
    const replaced = this.#fields.filter(({ make }) => make !== null);
    if (removed.size === 0 && replaced.length === 0 && !head.hasNominated)
      output.copy(head.bytes, head.fieldsStart, head.fieldsEnd);
    else {
      for (let index = 0; index < head.fieldCount; index++) {
        const start = head.spans[index * 4]!;
        const name = textOf(head.bytes, start, head.spans[index * 4 + 1]!).toLowerCase();
        if (removed.has(name)) continue;
        const makers = replaced.filter(({ lower }) => lower === name);
        if (head.ids[index] === field.connection) writeConnection(output, head, index, remaining);
        else if (makers.length > 0) writeReplaced(output, head, index, makers);
        else output.copy(head.bytes, start, head.lineEnd(index));
      }
    }
    for (const { name, value } of remaining) output.latin1(`${name}: ${value}\r\n`);
  }

  /** What is there when all edits have been made, in their order. */
  #remaining(): FieldEdit[] {
    let remaining: FieldEdit[] = [];
    for (const edit of this.#fields) {
      if (edit.operation === "replace") continue;
      if (edit.operation !== "add") remaining = remaining.filter(({ lower }) => lower !== edit.lower);
      if (edit.operation !== "remove") remaining.push(edit);
    }
    return remaining;
  }
}

/** The field's own line with another value, or the same line. */
function writeReplaced(output: Output, head: Head, index: number, edits: readonly FieldEdit[]): void {
  const start = head.spans[index * 4]!;
  const former = textOf(head.bytes, head.spans[index * 4 + 2]!, head.spans[index * 4 + 3]!);
  const value = edits.reduce((text, { make }) => fieldText(make!(text)), former);
  if (value === former) return output.copy(head.bytes, start, head.lineEnd(index));
  output.copy(head.bytes, start, head.spans[index * 4 + 1]!);
  output.latin1(`: ${value}\r\n`);
}

/** Who sends a head may name its own fields as not to be passed on, but not those that rules have given it. */
function writeConnection(output: Output, head: Head, index: number, given: readonly FieldEdit[]): void {
  const names = textOf(head.bytes, head.spans[index * 4 + 2]!, head.spans[index * 4 + 3]!).split(",");
  const kept = names.filter((name) => !given.some(({ lower }) => lower === name.trim().toLowerCase()));
  output.latin1(`Connection: ${kept.join(",").trim()}\r\n`);
}

/** Methods whose answers, or whose requests, are framed in a way of their own (RFC 9110 sections 9.3.2, 9.3.6 and 9.3.8). */
const unlike = new Set(["HEAD", "CONNECT", "TRACE"]);

/** Whether an answer may be told to have another status: 204 and 304 have no body, and others do (RFC 9112 section 6.3). */
function mayBecome(status: number, wanted: number): boolean {
  const isPlain = (value: number): boolean =>
    Number.isInteger(value) && value >= 200 && value <= 999 && value !== 204 && value !== 205 && value !== 304;
  return isPlain(status) && isPlain(wanted);
}

/** Of connections and of framing (RFC 9112 sections 6 and 9; RFC 9110 section 7.6.1). */
function isFraming(id: number, lower: string): boolean {
  const isFixed = id === field.contentLength || id === field.transferEncoding || id === field.expect;
  return isFixed || isHopByHop(id) || lower === trailer;
}

function idOf(lower: string): number {
  return fieldId(Buffer.from(lower, "latin1"), 0, lower.length);
}

function pathIn(target: string): string {
  const mark = target.indexOf("?");
  return mark === -1 ? target : target.slice(0, mark);
}

function isPath(text: string): boolean {
  return text.startsWith("/");
}
