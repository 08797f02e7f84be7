// A file that holds a whole HTTP response, as HAProxy's errorfile does: status line, fields, an empty line, body. Lines end in CRLF
// or LF. Fields that say where a message ends are left out, for they are made anew for each client (RFC 9112 6); so is a Date.
// Bytes come and go as Latin-1, a character each.

import { misread, quote, type Reading, read } from "../base/reading.ts";
import type { FieldPlan } from "./plan.ts";
import { framingFields, readFieldName, readFieldValue } from "./replyschema.ts";

export interface HttpFile {
  readonly status: number;
  /** As the file has it; "" when it has none. */
  readonly reason: string;
  readonly fields: readonly FieldPlan[];
  /** What comes after the empty line. */
  readonly body: string;
}

const statusLine = /^HTTP\/\d(?:\.\d)? ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const fieldsMax = 128;

export function readHttpFile(text: string): Reading<HttpFile> {
  const lines = new Lines(text);
  const first = lines.next();
  const found = statusLine.exec(first ?? "");
  if (found === null)
    return misread(
      `must begin with a status line such as "HTTP/1.1 503 Service Unavailable", for it is a whole answer, not ${quote(first ?? "")}`,
    );
  const status = Number(found[1]);
  if (status < 200) return misread(`has the status ${status}, after which another answer would have to come`);
  const fields: FieldPlan[] = [];
  for (let line = lines.next(); line !== ""; line = lines.next()) {
    if (line === null) return misread("ends before the empty line that comes after the header fields");
    const field = /^([^:]*):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (field === null)
      return misread(`must have a header field or an empty line in line ${lines.number}, not ${quote(line)}`);
    const [, name, value] = field as unknown as [string, string, string]; // Both groups are always there.
    if (framingFields.has(name.toLowerCase()) || name.toLowerCase() === "date") continue;
    const [isName, isValue] = [readFieldName(name), readFieldValue(value)];
    if (!isName.ok) return misread(`has in line ${lines.number} a field that ${isName.message}`);
    if (!isValue.ok) return misread(`has in line ${lines.number} a value that ${isValue.message}`);
    if (fields.push({ name, value }) > fieldsMax) return misread(`has more than ${fieldsMax} header fields`);
  }
  const body = lines.rest;
  if ((status === 204 || status === 304) && body !== "")
    return misread(`has the status ${status}, with which no body is sent, and a body of ${body.length} bytes`);
  return read({ status, reason: found[2] ?? "", fields, body });
}

class Lines {
  readonly #text: string;
  #at = 0;
  /** Of the line that was given out last, from 1. */
  number = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Null at the end. */
  next(): string | null {
    if (this.#at >= this.#text.length) return null;
    this.number++;
    const found = this.#text.indexOf("\n", this.#at);
    const end = found === -1 ? this.#text.length : found;
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  get rest(): string {
    return this.#text.slice(this.#at);
  }
}
