// What must hold of the field sections of HTTP/2, whatever bytes are in them: a request is refused where section 8 of RFC 9113 says
// so, by a model of regular expressions, and nowhere else; what is written of one that is not is refused by the parser of HTTP/1.1
// or read as exactly what was said: the same method, target, host and fields, and no other or further ones. So are trailers; and
// of an answer all is said but what belongs to a connection of HTTP/1.1.

import { Prng } from "../../src/base/prng.ts";
import { Body } from "../../src/wire/http1/body.ts";
import { bodyKind, Head } from "../../src/wire/http1/head.ts";
import { parseRequest, parseResponse } from "../../src/wire/http1/reader.ts";
import { Output } from "../../src/wire/http1/writer.ts";
import { FieldSection } from "../../src/wire/http2/hpack/fieldsection.ts";
import { writeRequestHead, writeTrailers } from "../../src/wire/http2/requesthead.ts";
import { putResponseHead, putTrailers } from "../../src/wire/http2/responsehead.ts";
import { ReferenceDecoder } from "../conform/hpack.ts";
import type { Field } from "../conform/hpacktables.ts";
import { Disagreement } from "./codec.ts";
import type { Inputs } from "./inputs.ts";
import { makeFields, makeRequest } from "./madesections.ts";

export function checkSections(inputs: Inputs): void {
  const prng = new Prng(inputs.choice(2 ** 31));
  checkRequest(prng);
  checkTrailers(prng);
  checkResponse(inputs);
}

const fieldsMax = 40;
const bytesMax = 100_000;
/** What stands before, and has to stay. */
const before = "before\r\n";

export function sectionOf(fields: readonly Field[]): FieldSection {
  const section = new FieldSection(1000, bytesMax);
  // Names and values lie behind one another, and something that must not be read lies behind them.
  for (const [name, value] of fields)
    section.add(Buffer.from(`:${name}${value}:\r\n`, "latin1"), 1, name.length, value.length);
  return section;
}

export interface Asked {
  readonly fields: readonly Field[];
  readonly isEndStream: boolean;
  readonly isForProxy: boolean;
}

/** The head that is written of it, or why none is. */
export function headOf({ fields, isEndStream, isForProxy }: Asked): { text: string } | { problem: string } {
  const output = new Output(1);
  output.latin1(before);
  const problem = writeRequestHead(output, sectionOf(fields), isEndStream, isForProxy);
  if (problem !== null) return { problem };
  const text = latin1(output.bytes, 0, output.length);
  if (!text.startsWith(before)) throw new Disagreement(`${JSON.stringify(fields)} writes over what was there`);
  return { text: text.slice(before.length) };
}

/** "malformed", what the parser refuses it for, or "read". */
export function checkRequest(prng: Prng): string {
  const asked: Asked = { fields: makeRequest(prng), isEndStream: prng.below(2) === 0, isForProxy: prng.below(3) === 0 };
  return judge(asked);
}

export function judge(asked: Asked): string {
  const where = JSON.stringify(asked);
  const malformed = malformation(asked.fields);
  const written = headOf(asked);
  if ((malformed !== null) !== "problem" in written)
    throw new Disagreement(`${where} becomes ${JSON.stringify(written)}, the model says ${malformed}`);
  if ("problem" in written) return "malformed";
  const bytes = Uint8Array.from(Buffer.from(written.text, "latin1"));
  const head = new Head(fieldsMax);
  const end = parseRequest(head, bytes, 0, bytes.length, bytesMax);
  if (end < 0 && head.fault !== null) return head.fault;
  if (end !== bytes.length) throw new Disagreement(`${where}: its head ${JSON.stringify(written.text)} ends at ${end}`);
  const read = JSON.stringify([startOf(head), fieldsOf(head), head.isChunked]);
  const meant = JSON.stringify(meaning(asked));
  if (read !== meant) throw new Disagreement(`${where} is read as ${read} and not as ${meant}`);
  if (head.minor !== 1 || head.hasUpgrade || head.hasClose || head.hasNominated)
    throw new Disagreement(`${where} says something of its connection`);
  return "read";
}

const pseudoNames = [":method", ":scheme", ":authority", ":path"];
const ofConnection = /^(?:connection|proxy-connection|keep-alive|transfer-encoding|upgrade)$/;

/** Why a field is malformed wherever it stands (sections 8.2.1 and 8.2.2). */
function fieldProblem([name, value]: Field): string | null {
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) return `the name ${name}`;
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value) || /^[ \t]|[ \t]$/.test(value)) return `the value ${value}`;
  if (ofConnection.test(name) || (name === "te" && value !== "trailers")) return `a field of a connection, ${name}`;
  return null;
}

/** Why a request is malformed (sections 8.2, 8.3.1 and 8.5), by what the text says. */
function malformation(fields: readonly Field[]): string | null {
  const count = fields.findIndex(([name]) => !name.startsWith(":"));
  const [said, others] = count === -1 ? [fields, []] : [fields.slice(0, count), fields.slice(count)];
  if (said.some(([name]) => !pseudoNames.includes(name))) return "an unknown pseudo-field";
  if (new Set(said.map(([name]) => name)).size < said.length) return "a pseudo-field said twice";
  const [method, scheme, authority, path] = pseudoNames.map((name) => sayingOf(said, name));
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method ?? "")) return "the method";
  if (authority !== undefined && !/^[A-Za-z0-9\-._~!$&'()*+;=%:[\]]+$/.test(authority)) return "the authority";
  if (method === "CONNECT") {
    if (scheme !== undefined || path !== undefined || authority === undefined) return "the form of CONNECT";
  } else if (!/^[A-Za-z0-9+.-]+$/.test(scheme ?? "") || !/^(?:\/[!"$-~]*|\*)$/.test(path ?? "")) return "the target";
  for (const field of others) {
    const problem = fieldProblem(field);
    if (problem !== null) return problem;
    if (field[0] !== "host") continue;
    if (authority === undefined ? field[1] === "" : lower(field[1]) !== lower(authority)) return "its Host";
  }
  return null;
}

/** What a request that is not malformed says, as HTTP/1.1: its start line, its fields, and that it is in chunks. */
function meaning({ fields, isEndStream, isForProxy }: Asked): [string, Field[], boolean] {
  const [method, scheme, authority, path] = pseudoNames.map((name) => sayingOf(fields, name));
  const isTunnel = method === "CONNECT";
  const isAbsolute = isForProxy && authority !== undefined && path !== "*";
  const target = isTunnel ? authority : isAbsolute ? `${scheme}://${authority}${path}` : path;
  const isPassedBy = ([name]: Field): boolean =>
    name.startsWith(":") || name === "cookie" || (name === "host" && authority !== undefined);
  const crumbs = fields.filter(([name]) => name === "cookie").map(([, value]) => value);
  const isChunked = !isEndStream && !isTunnel && sayingOf(fields, "content-length") === undefined;
  const said: Field[] = [
    ...(authority === undefined ? [] : [["host", authority] as const]),
    ...fields.filter((field) => !isPassedBy(field)),
    // White space at its ends is none of it, and an empty crumb leaves some there.
    ...(crumbs.length === 0 ? [] : [["cookie", trimmed(crumbs.join("; "))] as const]),
    ...(isChunked ? [["transfer-encoding", "chunked"] as const] : []),
  ];
  return [`${method} ${target} HTTP/1.1\r\n`, said, isChunked];
}

/** "malformed", "refused" by who follows bodies, or "read". */
export function checkTrailers(prng: Prng): string {
  const fields = makeFields(prng);
  const where = JSON.stringify(fields);
  const output = new Output(1);
  output.latin1("0\r\n");
  const isWritten = writeTrailers(output, sectionOf(fields));
  const malformed = fields.map(fieldProblem).find((problem) => problem !== null) ?? null;
  if (isWritten !== (malformed === null))
    throw new Disagreement(`trailers ${where} are ${isWritten ? "written" : "refused"}, the model says ${malformed}`);
  if (!isWritten) return "malformed";
  output.latin1("\r\n");
  const body = new Body();
  body.begin(bodyKind.chunked, -1);
  const taken = body.advance(output.bytes, 0, output.length);
  if (body.isBad) return "refused";
  if (!body.isDone || taken !== output.length) throw new Disagreement(`trailers ${where} end at ${taken}`);
  // Through us they are the same again, but for what is only said of requests.
  const block = new Output(1);
  const isAny = putTrailers(block, output.bytes.subarray(3), output.length - 3);
  const again = JSON.stringify(new ReferenceDecoder(0).decode(block.bytes.slice(0, block.length)));
  if (again !== where || isAny !== fields.length > 0) throw new Disagreement(`trailers ${where} become ${again}`);
  return "read";
}

function checkResponse(inputs: Inputs): void {
  const text = inputs.response();
  const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
  const head = new Head(fieldsMax);
  if (parseResponse(head, bytes, 0, bytes.length, bytesMax) < 0) return;
  const output = new Output(1);
  putResponseHead(output, head);
  const read = JSON.stringify(new ReferenceDecoder(0).decode(output.bytes.slice(0, output.length)));
  const meant = JSON.stringify([
    [":status", String(head.status)],
    ...fieldsOf(head)
      .map(([name, value]) => [lower(name), value] as const)
      .filter(([name]) => !ofConnection.test(name)),
  ]);
  if (read !== meant) throw new Disagreement(`${JSON.stringify(text)} is answered as ${read} and not as ${meant}`);
}

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.subarray(start, end)).toString("latin1");
const startOf = (head: Head): string => latin1(head.bytes, head.start, head.fieldsStart);
const lower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
const trimmed = (text: string): string => text.replaceAll(/^[ \t]+|[ \t]+$/g, "");
const sayingOf = (fields: readonly Field[], name: string): string | undefined =>
  fields.find((field) => field[0] === name)?.[1];

export function fieldsOf(head: Head): Field[] {
  return Array.from({ length: head.fieldCount }, (_, index) => {
    const [nameStart, nameEnd, valueStart, valueEnd] = head.spans.subarray(index * 4, index * 4 + 4);
    return [latin1(head.bytes, nameStart!, nameEnd!), latin1(head.bytes, valueStart!, valueEnd!)] as const;
  });
}
