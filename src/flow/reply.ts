// Answers that Sluice gives itself, because there is no server's to pass on. Small, plain, and never with a detail that a
// stranger should not see: the fault's own words are from the table, what the system said stands in the log only. A mistake in what the
// client has said itself is told to it.

import { type Fault, fault } from "../base/fault.ts";
import type { CheckPlan, RedirectPlan } from "../config/plan.ts";
import type { Reply } from "../rules/outcome.ts";
import { authorityEnd, authorityStart } from "../wire/http1/framing.ts";
import { byte } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { fieldText, isTokenText, latin1Of } from "./fieldtext.ts";

/** The usual ones (RFC 9110 section 15, RFC 6585). */
const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  423: "Locked",
  425: "Too Early",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  508: "Loop Detected",
};

/** What any target may be asked by, as Allow tells it. */
export const servedMethods: string = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** Of a status without a name, by its hundreds, which is what it is treated as (RFC 9110, section 15); HAProxy's words. */
const kinds: readonly string[] = ["Other", "Informational", "Success", "Redirection", "Client Error", "Server Error"];

/** What stands behind a status in its line; nobody goes by it. */
export function reasonOf(status: number): string {
  return reasons[status] ?? kinds[Math.floor(status / 100)] ?? kinds[0]!;
}

export interface ReplyOptions {
  readonly wallMs: number;
  /** Sent with 503; 0: nobody knows. */
  readonly retryAfterS: number;
  readonly isClosing: boolean;
  /** The request was HEAD: the length is told, the body is not. */
  readonly isHead: boolean;
  /** The client speaks HTTP/1.0 and wants to go on. */
  readonly isKeepAliveTold: boolean;
  /** Value of Strict-Transport-Security, null without. */
  readonly hsts: string | null;
  /** The line that asks for credentials, "" without. */
  readonly challenge: string;
  /** Lines of a trace that the client has asked for, and those that say who may read the answer; "" without. */
  readonly trace: string;
}

/** About when a server may be back that is checked like this. */
export function retryAfterS(check: CheckPlan | null): number {
  const seconds = check === null ? 5 : Math.ceil((check.everyMs * check.rise) / 1000);
  return Math.min(Math.max(seconds, 1), 60);
}

/** Append the whole answer to `output`; answers the number of its body bytes. */
export function writeReply(output: Output, what: Fault, options: ReplyOptions): number {
  const reason = reasonOf(what.status);
  const detail = what.isTold === true ? what.detail : fault(what.code).detail;
  const body = `${what.status} ${reason}: ${detail}\n`;
  let head = startOf(what.status, reason, options.wallMs);
  head += `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\nCache-Control: no-store\r\n`;
  if (options.retryAfterS > 0 && (what.status === 503 || what.code === "quota_exceeded"))
    head += `Retry-After: ${options.retryAfterS}\r\n`;
  if (what.status === 405) head += `Allow: ${servedMethods}\r\n`;
  output.latin1(`${head}${endOf(options)}`);
  if (options.isHead) return 0;
  output.latin1(body);
  return body.length;
}

/**
 * Append a redirect of the request to the same place over https (RFC 9110 section 15.4). False, with nothing appended, when
 * the request does not say which host it is for.
 */
export function writeRedirect(output: Output, head: Head, plan: RedirectPlan, options: ReplyOptions): boolean {
  const { bytes } = head;
  const authority = authorityStart(head);
  let start = authority;
  let end = authority === -1 ? -1 : authorityEnd(head, authority);
  const path = authority === -1 ? head.targetStart : end;
  if (authority === -1 && head.hostIndex !== -1) {
    start = head.spans[head.hostIndex * 4 + 2]!;
    end = head.spans[head.hostIndex * 4 + 3]!;
  }
  end = hostEnd(bytes, start, end);
  if (start === end) return false;
  output.latin1(`${startOf(plan.status, reasonOf(plan.status), options.wallMs)}Location: https://`);
  output.copy(bytes, start, end);
  if (plan.port !== 443) output.latin1(`:${plan.port}`);
  // What is asked of no path in particular (an empty one, "*") is asked of the root.
  const isAsterisk = head.targetEnd - path === 1 && bytes[path] === asterisk;
  if (path === head.targetEnd || isAsterisk || bytes[path] === question) output.byte(byte.slash);
  if (!isAsterisk) output.copy(bytes, path, head.targetEnd);
  output.latin1(`\r\nContent-Length: 0\r\n${endOf(options)}`);
  return true;
}

const asterisk = 0x2a;
const question = 0x3f;
const bracketClose = 0x5d;

/** Where the port of an authority starts, its colon included; an IPv6 address has colons of its own, in brackets. */
function hostEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - 1; at >= start && bytes[at] !== bracketClose; at--) if (bytes[at] === byte.colon) return at;
  return end;
}

function startOf(status: number, reason: string, wallMs: number): string {
  return `HTTP/1.1 ${status} ${reason}\r\nDate: ${new Date(wallMs).toUTCString()}\r\n`;
}

/** Fields that we write ourselves, whatever a config says. */
const ownFields = new Set(["content-length", "transfer-encoding", "connection", "keep-alive", "trailer", "date"]);

/**
 * Append the answer that a rule, a pool or a page of errors gives; answers the number of its body bytes. Statuses without a
 * body (204, 304: RFC 9112 section 6.3) get none; without one of its own an answer is a line that says its status.
 */
export function writeGivenReply(output: Output, given: Reply, options: ReplyOptions): number {
  const { status } = given;
  const reason = given.reason === "" ? reasonOf(status) : fieldText(given.reason);
  const isBodiless = status === 204 || status === 304;
  const body = isBodiless ? "" : latin1Of(given.body ?? `${status} ${reason}\n`);
  const names = new Set<string>();
  let lines = "";
  for (const { name, value } of given.fields) {
    const lower = name.toLowerCase();
    if (ownFields.has(lower) || !isTokenText(name)) continue;
    names.add(lower);
    lines += `${name}: ${fieldText(value)}\r\n`;
  }
  let head = startOf(status, reason, options.wallMs) + lines;
  if (body !== "" && !names.has("content-type")) head += "Content-Type: text/plain; charset=utf-8\r\n";
  if (!isBodiless) head += `Content-Length: ${body.length}\r\n`;
  if (!names.has("cache-control") && status >= 400) head += "Cache-Control: no-store\r\n";
  if (given.retryAfterS > 0 && !names.has("retry-after")) head += `Retry-After: ${given.retryAfterS}\r\n`;
  output.latin1(`${head}${endOf(options)}`);
  if (options.isHead) return 0;
  output.latin1(body);
  return body.length;
}

function endOf(options: ReplyOptions): string {
  let lines = options.hsts === null ? "" : `Strict-Transport-Security: ${options.hsts}\r\n`;
  lines += options.challenge;
  if (options.isClosing) lines += "Connection: close\r\n";
  else if (options.isKeepAliveTold) lines += "Connection: keep-alive\r\n";
  return `${lines}${options.trace}\r\n`;
}
