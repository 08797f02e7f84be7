// What rules change in a head. Changes are gathered and then written as a whole new head, which the strict parser reads like any
// other: whatever a template yields, what goes on is understood in one way, and an edit can no more smuggle a second request
// than a client can. What a head says of its connection and of where its body ends is not for rules to say: such edits do
// nothing, and neither do those that would leave a body where none is awaited, or none where one is.

import { clientFields, field, lookalikeNames } from "../wire/http1/fields.ts";
import { authorityStart } from "../wire/http1/framing.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { FieldEdits, type FieldOperation } from "./fieldedits.ts";
import { fieldName } from "./fieldname.ts";
import { fieldText, targetText } from "./fieldtext.ts";
import { methodMistake, statusMistake } from "./framedalike.ts";
import { pathStart, queryMark, textOf } from "./headvalues.ts";
import { reasonOf } from "./reply.ts";

export type Part = "method" | "path" | "query" | "target" | "status";
type Parts = Readonly<Partial<Record<"method" | "path" | "query" | "status", string>>>;

const noParts: Parts = {};
/** What OPTIONS asks of a whole server: no path that could have a query. */
const asterisk = 0x2a;
/** They share an id: who gives one of them gives it alone, and lets no other pass. */
const lookalikes = lookalikeNames.map((text) => fieldName(text)!);

export class Edits {
  readonly #fields: FieldEdits = new FieldEdits();
  /** The path with its "/", the query without its "?"; "" takes the query away. */
  #parts: Parts = noParts;
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
    this.#fields.clear();
    this.#parts = noParts;
    this.isEmpty = true;
  }

  /** `isTrusted`: what the sender says of its clients is believed; otherwise nothing is added to that, but put in its place. */
  editField(operation: FieldOperation, text: string, value: string, isTrusted: boolean): void {
    const name = fieldName(text);
    if (name === null || name.isFraming) return;
    const { id } = name;
    const isGiven = (this.given & (1 << id)) !== 0;
    if (operation === "add" && !isGiven && !isTrusted && (clientFields & (1 << id)) !== 0) operation = "set";
    if (operation !== "set" && id === field.host) return;
    if (id === field.lookalike && operation !== "remove" && !isGiven)
      for (const lookalike of lookalikes) this.#fields.edit("remove", lookalike, "");
    if (operation !== "remove" && id !== field.other) this.given |= 1 << id;
    this.#fields.edit(operation, name, fieldText(value));
    this.isEmpty = false;
  }

  /** In each value that the field has, those that rules have given it before among them. */
  replaceField(text: string, make: (value: string) => string): void {
    const name = fieldName(text);
    if (name === null || name.isFraming || name.id === field.host) return;
    this.#fields.replace(name, make);
    this.isEmpty = false;
  }

  rewrite(part: Part, value: string): void {
    this.isEmpty = false;
    if (part === "method" || part === "status") this.#parts = { ...this.#parts, [part]: value };
    else this.#retarget(part, targetText(value));
  }

  /** A path or query behind a whole target is a part of that. */
  #retarget(part: "path" | "query" | "target", text: string): void {
    const parts = this.#parts;
    if (part === "target") {
      if (!isPath(text)) return;
      const query = text.includes("?") ? text.slice(text.indexOf("?") + 1) : "";
      this.#parts = { ...parts, path: pathIn(text), query };
    } else if (part === "path") {
      this.#parts = { ...parts, path: (isPath(text) ? text : `/${text}`).replaceAll("?", "%3F") };
    } else this.#parts = { ...parts, query: text };
  }

  /**
   * The whole head into an empty output, of at most `bytesMax`, and `to` is made what a parser finds there, but for its bytes; that
   * may be the same head. False: the head is to be written anew and read, and nothing was done.
   */
  splice(output: Output, from: Head, to: Head, bytesMax: number): boolean {
    return this.#parts === noParts && this.#fields.splice(output, from, to, bytesMax);
  }

  /** The request's head anew; `head` stays as it is. */
  writeRequest(output: Output, head: Head): void {
    const { bytes } = head;
    const method = textOf(bytes, head.start, head.methodEnd);
    output.latin1(this.#method(method));
    output.byte(0x20);
    this.#writeTarget(output, head);
    output.copy(bytes, head.targetEnd, head.fieldsStart);
    this.#fields.write(output, head);
    output.copy(bytes, head.fieldsEnd, head.end);
  }

  /** The response's head anew. */
  writeResponse(output: Output, head: Head): void {
    const { bytes, status } = head;
    const wanted = Number(this.#parts.status ?? status);
    if (wanted === status || statusMistake(status, wanted) !== null) output.copy(bytes, head.start, head.fieldsStart);
    else output.latin1(`HTTP/1.${head.minor} ${wanted} ${reasonOf(wanted)}\r\n`);
    this.#fields.write(output, head);
    output.copy(bytes, head.fieldsEnd, head.end);
  }

  #method(method: string): string {
    const wanted = this.#parts.method ?? method;
    return wanted !== method && methodMistake(method, wanted) === null ? wanted : method;
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
}

function pathIn(target: string): string {
  const mark = target.indexOf("?");
  return mark === -1 ? target : target.slice(0, mark);
}

function isPath(text: string): boolean {
  return text.startsWith("/");
}
