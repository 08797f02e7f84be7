// Answers that Sluice gives itself, because there is no server's to pass on. Small, plain, and never with a detail that a
// stranger should not see: the fault's own words are from the table, what the system said stands in the log only.

import { type Fault, fault } from "../base/fault.ts";
import type { CheckPlan, RedirectPlan } from "../config/plan.ts";
import { authorityEnd, authorityStart } from "../wire/http1/framing.ts";
import { byte } from "../wire/http1/grammar.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";

const reasons: Readonly<Record<number, string>> = {
  301: "Moved Permanently",
  302: "Found",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  417: "Expectation Failed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

export interface ReplyOptions {
  readonly wallMs: number;
  /** Sent with 503. */
  readonly retryAfterS: number;
  readonly isClosing: boolean;
  /** The request was HEAD: the length is told, the body is not. */
  readonly isHead: boolean;
  /** The client speaks HTTP/1.0 and wants to go on. */
  readonly isKeepAliveTold: boolean;
  /** Value of Strict-Transport-Security, null without. */
  readonly hsts: string | null;
}

/** About when a server may be back that is checked like this. */
export function retryAfterS(check: CheckPlan | null): number {
  const seconds = check === null ? 5 : Math.ceil((check.everyMs * check.rise) / 1000);
  return Math.min(Math.max(seconds, 1), 60);
}

/** Append the whole answer to `output`; answers the number of its body bytes. */
export function writeReply(output: Output, what: Fault, options: ReplyOptions): number {
  const reason = reasons[what.status] ?? "Error";
  const body = `${what.status} ${reason}: ${fault(what.code).detail}\n`;
  let head = startOf(what.status, options.wallMs);
  head += `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\nCache-Control: no-store\r\n`;
  if (what.status === 503) head += `Retry-After: ${options.retryAfterS}\r\n`;
  if (what.status === 405) head += "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n";
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
  output.latin1(`${startOf(plan.status, options.wallMs)}Location: https://`);
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

function startOf(status: number, wallMs: number): string {
  return `HTTP/1.1 ${status} ${reasons[status] ?? "Error"}\r\nDate: ${new Date(wallMs).toUTCString()}\r\n`;
}

function endOf(options: ReplyOptions): string {
  let lines = options.hsts === null ? "" : `Strict-Transport-Security: ${options.hsts}\r\n`;
  if (options.isClosing) lines += "Connection: close\r\n";
  else if (options.isKeepAliveTold) lines += "Connection: keep-alive\r\n";
  return `${lines}\r\n`;
}
