// nginx' log_format, turned into a scanner of bytes: the variables and the texts between them, in their order. It knows which
// variables tell something of an outbound address; all others are passed over. A value ends where the text behind it begins, so
// two variables with nothing between cannot be told apart where one of them is wanted. What stands behind the
// last wanted value is never looked at.
// https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format

import { misread, quote, type Reading, read } from "../../base/reading.ts";
import { clearLine, type LineVerdict, type LogFormat, type LogLine, lineVerdict } from "./line.ts";
import { type Escape, LogTexts } from "./logtext.ts";
import { decimal, LogTimes } from "./logtime.ts";

type Field = "time" | "status" | "duration" | "port" | "address" | "host" | "key" | "bytesUp" | "bytesDown";

interface Variable {
  readonly field: Field;
  /** Of its value: its text may hold what stands behind it, as the space in $time_local. */
  readonly lengthMin: number;
}

const of = (field: Field, lengthMin = 0): Variable => ({ field, lengthMin });

const variables: Readonly<Record<string, Variable>> = {
  time_local: of("time", 26),
  time_iso8601: of("time", 25),
  msec: of("time"),
  status: of("status"),
  request_time: of("duration"),
  server_port: of("port"),
  egress_ip: of("address"),
  server_name: of("address"),
  server_addr: of("address"),
  http_x_egress_host: of("host"),
  proxy_host: of("host"),
  http_x_egress_key: of("key"),
  request_length: of("bytesUp"),
  bytes_sent: of("bytesDown"),
  body_bytes_sent: of("bytesDown"),
};
/** Of several that say the same, the first of these is believed. */
const preference: readonly string[] = Object.keys(variables);

/** A value that ends where `until` begins; at the end of the line where that is empty. */
interface Step {
  readonly field: Field | null;
  readonly lengthMin: number;
  readonly until: Uint8Array;
}

interface Piece {
  readonly variable: string;
  until: string;
}

/** A whole directive is read too: `log_format main escape=json '...' '...';`. */
export function readNginxFormat(text: string): Reading<LogFormat> {
  const directive = readDirective(text);
  if (directive === null) return misread(`has a log_format that does not end: ${quote(text)}`);
  const { lead, pieces } = piecesOf(directive.text);
  const known = [...new Set(pieces.map(({ variable }) => variable).filter((name) => Object.hasOwn(variables, name)))];
  const wanted = new Map<string, string>();
  for (const name of preference)
    if (known.includes(name) && !wanted.has(variables[name]!.field)) wanted.set(variables[name]!.field, name);
  if (!wanted.has("status")) return misread("must say $status: without it nothing tells how a request went");
  const steps: Step[] = [];
  let last = -1;
  for (const [index, { variable, until }] of pieces.entries()) {
    const found = variables[variable];
    const isWanted = found !== undefined && wanted.get(found.field) === variable;
    const isLast = index === pieces.length - 1;
    const before = pieces[index - 1];
    if (isWanted && before !== undefined && before.until === "") return misread(joined(before.variable, variable));
    if (isWanted && until === "" && !isLast) return misread(joined(variable, pieces[index + 1]!.variable));
    if (isWanted) last = steps.length;
    // Of several values without anything between, none of which is wanted, only the end of the last can be seen.
    if (until === "" && !isLast) continue;
    steps.push({ field: isWanted ? found.field : null, lengthMin: found?.lengthMin ?? 0, until: bytesOf(until) });
  }
  const tellsMember = wanted.has("port") || wanted.has("address");
  return read(new NginxFormat(bytesOf(lead), steps.slice(0, last + 1), directive.escape, tellsMember));
}

function joined(first: string, second: string): string {
  return `has nothing between $${first} and $${second}: nobody can tell where the first ends`;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Null: quotes or the directive do not end. */
function readDirective(text: string): { readonly text: string; readonly escape: Escape } | null {
  const head = /^\s*log_format\s+\S+\s+(?:escape=(default|json|none)\s+)?/.exec(text);
  if (head === null) {
    const own = /^\s*escape=(default|json|none)\s+/.exec(text);
    return { text: text.slice(own?.[0].length ?? 0), escape: (own?.[1] ?? "default") as Escape };
  }
  let rest = text.slice(head[0].length);
  let parts = "";
  for (;;) {
    rest = rest.trimStart();
    if (rest === "" || rest.startsWith(";")) break;
    const part = /^'((?:\\.|[^'\\])*)'|^"((?:\\.|[^"\\])*)"|^([^\s;'"]+)/s.exec(rest);
    if (part === null) return null;
    parts += (part[1] ?? part[2] ?? part[3]!).replace(/\\(["'\\])/g, "$1");
    rest = rest.slice(part[0].length);
  }
  return { text: parts, escape: (head[1] ?? "default") as Escape };
}

function piecesOf(text: string): { readonly lead: string; readonly pieces: readonly Piece[] } {
  const pieces: Piece[] = [];
  let lead = "";
  let at = 0;
  for (const match of text.matchAll(/\$(?:\{(\w+)\}|(\w+))/g)) {
    const between = text.slice(at, match.index);
    const former = pieces.at(-1);
    if (former === undefined) lead = between;
    else former.until = between;
    pieces.push({ variable: match[1] ?? match[2]!, until: "" });
    at = match.index + match[0].length;
  }
  const former = pieces.at(-1);
  if (former !== undefined) former.until = text.slice(at);
  return { lead, pieces };
}

class NginxFormat implements LogFormat {
  readonly tellsMember: boolean;
  readonly #lead: Uint8Array;
  readonly #steps: readonly Step[];
  readonly #isJson: boolean;
  readonly #texts: LogTexts;
  readonly #times: LogTimes = new LogTimes();

  constructor(lead: Uint8Array, steps: readonly Step[], escaping: Escape, tellsMember: boolean) {
    this.#lead = lead;
    this.#steps = steps;
    this.#isJson = escaping === "json";
    this.#texts = new LogTexts(escaping);
    this.tellsMember = tellsMember;
  }

  read(bytes: Buffer, start: number, end: number, line: LogLine): LineVerdict {
    clearLine(line);
    const { length } = this.#lead;
    for (let index = 0; index < length; index++)
      if (start + index >= end || bytes[start + index] !== this.#lead[index]) return lineVerdict.unlike;
    let at = start + length;
    let verdict: LineVerdict = lineVerdict.good;
    for (let index = 0; index < this.#steps.length; index++) {
      const { field, lengthMin, until } = this.#steps[index]!;
      const stop = until.length === 0 ? end : find(bytes, at + lengthMin, end, until, this.#isJson);
      if (stop < 0) return lineVerdict.unlike;
      if (field !== null) {
        const found = this.#take(field, bytes, at, stop, line);
        if (found === lineVerdict.unlike) return found;
        if (found !== lineVerdict.good) verdict = found;
      }
      at = stop + until.length;
    }
    return verdict;
  }

  #take(field: Field, bytes: Buffer, start: number, end: number, line: LogLine): LineVerdict {
    switch (field) {
      case "time": {
        const ms = this.#times.any(bytes, start, end);
        if (Number.isNaN(ms)) return lineVerdict.badTime;
        line.atMs = ms;
        return lineVerdict.good;
      }
      case "status": {
        const status = end - start === 3 ? decimal(bytes, start, end) : Number.NaN;
        if (!(status >= 100)) return lineVerdict.unlike;
        line.status = status;
        return lineVerdict.good;
      }
      case "duration": {
        const seconds = decimal(bytes, start, end);
        line.durationMs = Number.isNaN(seconds) ? -1 : Math.round(seconds * 1000);
        return lineVerdict.good;
      }
      case "port":
        line.port = portOf(bytes, start, end);
        return lineVerdict.good;
      case "bytesUp":
        line.bytesUp = decimal(bytes, start, end) || 0;
        return lineVerdict.good;
      case "bytesDown":
        line.bytesDown = decimal(bytes, start, end) || 0;
        return lineVerdict.good;
      default:
        line[field] = this.#texts.read(bytes, start, end);
        return lineVerdict.good;
    }
  }
}

function portOf(bytes: Buffer, start: number, end: number): number {
  const port = end - start <= 5 ? decimal(bytes, start, end) : 0;
  return Number.isInteger(port) && port <= 65_535 ? port : 0;
}

/** Where `text` begins first, at `from` or behind it, and ends before `end`; -1 nowhere. */
function find(bytes: Buffer, from: number, end: number, text: Uint8Array, isJson: boolean): number {
  const first = text[0]!;
  const last = end - text.length;
  if (isJson) return findInJson(bytes, from, last, text);
  for (let at = from; at <= last; at++) {
    while (at <= last && bytes[at] !== first) at++;
    if (at <= last && isAt(bytes, at, text)) return at;
  }
  return -1;
}

/** What stands behind a backslash is of the value. */
function findInJson(bytes: Buffer, from: number, last: number, text: Uint8Array): number {
  for (let at = from; at <= last; at++) {
    if (isAt(bytes, at, text)) return at;
    if (bytes[at] === 92) at++;
  }
  return -1;
}

function isAt(bytes: Buffer, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text[index]) return false;
  return true;
}
