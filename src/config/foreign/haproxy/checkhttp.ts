// `option httpchk` with http-check: a request and what is expected of the answer. Where it is a method, a path, a host and statuses it
// becomes a check by http; with other header fields, a body, or a text that is looked for, the request is written out and sent by tcp.

import type { Ledger } from "../ledger.ts";
import { type Asked, escaped, literal } from "./checkkinds.ts";
import { linePath, pathOf, type Statement, type Word } from "./scene.ts";
import { readCount, warn } from "./tell.ts";

interface Request {
  method: string;
  uri: string;
  version: string;
  host: string | null;
  readonly fields: string[];
  body: string;
  port: number | null;
  isOverTls: boolean;
}

/** By status, or by what must stand in the answer. */
type Expected = { readonly statuses: readonly number[] } | { readonly pattern: string };

const allStatuses: readonly number[] = Array.from({ length: 500 }, (_, index) => index + 100);
const usual: Expected = { statuses: allStatuses.filter((status) => status >= 200 && status < 400) };

export function httpCheck(ledger: Ledger, option: Statement, rules: readonly Statement[]): Asked {
  const request: Request = {
    method: "OPTIONS",
    uri: "/",
    version: "HTTP/1.0",
    host: null,
    fields: [],
    body: "",
    port: null,
    isOverTls: false,
  };
  readOption(ledger, request, option);
  let expected: Expected = usual;
  let hasExpected = false;
  for (const rule of rules) {
    const [, kind, ...rest] = rule.words as [Word, Word | undefined, ...Word[]];
    if (kind?.text === "send" && hasExpected)
      ledger.refuse(pathOf(kind), "a check here is one request and what is expected of its answer");
    else if (kind?.text === "send") readSend(ledger, request, rest);
    else if (kind?.text === "connect") readConnect(ledger, request, rest);
    else if (kind?.text === "expect") {
      expected = readExpect(ledger, rule, rest) ?? expected;
      hasExpected = true;
    } else if (kind?.text === "disable-on-404")
      ledger.approximate(pathOf(kind), "a server that answers 404 is down, not drained");
    else if (kind?.text === "send-state") ledger.approximate(pathOf(kind), "servers are not told their state");
    else if (kind?.text === "comment") ledger.note(linePath(rule), "it is a remark");
    else if (kind === undefined) ledger.fault(linePath(rule), "needs send, connect or expect");
    else ledger.refuse(pathOf(kind), "a check here is one request and what is expected of its answer");
  }
  const common = {
    ...(request.port === null ? {} : { port: request.port }),
    ...(request.isOverTls ? { tls: true } : {}),
  };
  if (!isPlain(request) || !("statuses" in expected)) return { ...common, ...rawCheck(request, expected) };
  if (request.host === null)
    ledger.approximate(
      linePath(option),
      `a check is of HTTP/1.1, with the server's address as Host; HAProxy's is of ${request.version} without one. Where servers know hosts, say which: http-check send hdr Host NAME`,
    );
  return { ...common, ...plainCheck(request, expected.statuses) };
}

function readOption(ledger: Ledger, request: Request, { words }: Statement): void {
  const [first, second, third] = words.slice(2);
  if (first === undefined) return;
  if (second === undefined) request.uri = first.text;
  else {
    request.method = first.text;
    request.uri = second.text;
  }
  if (third === undefined) return;
  // Fields behind the version were the way to send any until http-check send came.
  const [version = "", ...fields] = third.text.split(/\r\n/);
  request.version = version;
  for (const field of fields) addField(request, field.split(":")[0] ?? "", field.slice(field.indexOf(":") + 1).trim());
  if (words[5] !== undefined)
    ledger.fault(pathOf(words[5]), "is one word too many: there is only method, URI and version");
}

function addField(request: Request, name: string, value: string): void {
  if (name.toLowerCase() === "host") request.host = value;
  else if (name !== "") request.fields.push(`${name}: ${value}`);
}

function readSend(ledger: Ledger, request: Request, words: readonly Word[]): void {
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const value = words[++at];
    if (value === undefined) return ledger.fault(pathOf(word), "needs a value behind it");
    if (word.text === "meth") request.method = value.text;
    else if (word.text === "uri") request.uri = value.text;
    else if (word.text === "ver") request.version = value.text;
    else if (word.text === "body") request.body = value.text;
    else if (word.text === "hdr") addField(request, value.text, words[++at]?.text ?? "");
    else if (word.text === "comment") continue;
    else if (/^(?:uri|body)-lf$/.test(word.text)) ledger.refuse(pathOf(word), "variables in checks are not filled in");
    else return ledger.fault(pathOf(word), "is no word of http-check send; known are meth, uri, ver, hdr, body");
  }
}

function readConnect(ledger: Ledger, request: Request, words: readonly Word[]): void {
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word.text === "port") request.port = readCount(ledger, words[++at], 1, 65_535);
    else if (word.text === "ssl") request.isOverTls = true;
    else if (word.text === "default" || word.text === "linger") continue;
    else if (["sni", "alpn", "proto", "comment"].includes(word.text)) {
      ledger.approximate(pathOf(word), "a check connects as traffic does");
      at++;
    } else ledger.refuse(pathOf(word), "a check goes to the server's own address, at its port or another");
  }
}

/** What a check says of itself, with a value each; of a status it may stand behind it too. */
const expectOptions: readonly string[] = [
  "min-recv",
  "comment",
  "ok-status",
  "error-status",
  "tout-status",
  "on-success",
  "on-error",
  "status-code",
];

function readExpect(ledger: Ledger, rule: Statement, words: readonly Word[]): Expected | null {
  let at = 0;
  while (expectOptions.includes(words[at]?.text ?? "")) at += 2;
  const isNot = words[at]?.text === "!";
  if (isNot) at++;
  const [kind, pattern] = words.slice(at) as [Word | undefined, Word | undefined];
  if (kind === undefined || pattern === undefined) {
    ledger.fault(linePath(rule), 'needs a kind and a pattern, as in "http-check expect status 200"');
    return null;
  }
  at += 2;
  while (kind.text === "status" && expectOptions.includes(words[at]?.text ?? "")) at += 2;
  if (words[at] !== undefined && kind.text !== "hdr" && kind.text !== "fhdr")
    warn(
      ledger,
      words[at]!,
      "is not looked at: a pattern with spaces stands in quotes, or has a backslash before each",
    );
  switch (kind.text) {
    case "status":
    case "rstatus": {
      const fits = kind.text === "status" ? statusesAt(ledger, pattern) : statusesLike(ledger, pattern);
      return fits === null ? null : { statuses: allStatuses.filter((status) => fits(status) !== isNot) };
    }
    case "string":
    case "rstring":
      if (isNot) {
        ledger.refuse(pathOf(kind), "that a text is missing cannot be told before the answer has ended");
        return null;
      }
      if (kind.text === "rstring" && !isExpression(pattern.text)) {
        ledger.fault(pathOf(pattern), "must be a regular expression");
        return null;
      }
      ledger.approximate(pathOf(pattern), "it is looked for in the whole answer, header fields too");
      return { pattern: kind.text === "string" ? literal(pattern.text) : pattern.text };
    default:
      ledger.refuse(pathOf(kind), "an answer is judged by status, rstatus, string or rstring");
      return null;
  }
}

function statusesAt(ledger: Ledger, word: Word): ((status: number) => boolean) | null {
  const parts = word.text.split(",").filter((part) => part !== "");
  const ranges = parts.flatMap((part) => {
    const [, from, to = from] = /^0*([1-5]\d\d)(?:-0*([1-9]\d\d))?$/.exec(part) ?? [];
    return from === undefined || Number(to) < Number(from) ? [] : [[Number(from), Number(to)] as const];
  });
  if (parts.length > 0 && ranges.length === parts.length)
    return (status) => ranges.some(([from, to]) => status >= from && status <= to);
  ledger.fault(pathOf(word), 'must be a status, or several such as "200,204" or "200-399"');
  return null;
}

function statusesLike(ledger: Ledger, word: Word): ((status: number) => boolean) | null {
  try {
    const expression = new RegExp(word.text);
    return (status) => expression.test(String(status));
  } catch {
    ledger.fault(pathOf(word), "must be a regular expression");
    return null;
  }
}

function isExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function isPlain({ method, uri, fields, body, host }: Request): boolean {
  return (
    ["GET", "HEAD", "OPTIONS"].includes(method) &&
    /^\/[\x21-\x7e]*$/.test(uri) &&
    fields.every((field) => /^(?:connection: *close|user-agent:|accept: *\*\/\*)/i.test(field)) &&
    body === "" &&
    (host === null || /^[A-Za-z0-9._:[\]-]{1,255}$/.test(host))
  );
}

function plainCheck({ uri, method, host }: Request, statuses: readonly number[]): Asked {
  const expect = rangesOf(statuses);
  return {
    http: uri,
    ...(method === "GET" ? {} : { method: method as "HEAD" | "OPTIONS" }), // One of three, as isPlain says.
    ...(host === null ? {} : { host }),
    ...(expect === "200-399" ? {} : { expect }),
  };
}

function rawCheck({ method, uri, version, host, fields, body }: Request, expected: Expected): Asked {
  const lines = [`${method} ${uri} ${version}`, ...(host === null ? [] : [`Host: ${host}`]), ...fields];
  if (!fields.some((field) => /^connection:/i.test(field))) lines.push("Connection: close");
  if (body !== "") lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  const pattern =
    "pattern" in expected
      ? expected.pattern
      : `^HTTP/1\\.[01] (?:${expected.statuses === (usual as { statuses: readonly number[] }).statuses ? "[23]\\d\\d" : expected.statuses.join("|")})`;
  return { tcp: true, send: escaped(`${lines.join("\r\n")}\r\n\r\n${body}`), receive: { pattern } };
}

/** "200-299,401" */
function rangesOf(statuses: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const status of statuses) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === status - 1) last[1] = status;
    else ranges.push([status, status]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}
