// Answers that Sluice gives itself, because there is no server's to pass on. Small, plain, and never with a detail that a
// stranger should not see: the fault's own words are from the table, what the system said stands in the log only.

import { type Fault, fault } from "../base/fault.ts";
import type { Output } from "../wire/http1/writer.ts";

const reasons: Readonly<Record<number, string>> = {
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
}

/** Append the whole answer to `output`; answers the number of its body bytes. */
export function writeReply(output: Output, what: Fault, options: ReplyOptions): number {
  const reason = reasons[what.status] ?? "Error";
  const body = `${what.status} ${reason}: ${fault(what.code).detail}\n`;
  let head = `HTTP/1.1 ${what.status} ${reason}\r\nDate: ${new Date(options.wallMs).toUTCString()}\r\n`;
  head += `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\nCache-Control: no-store\r\n`;
  if (what.status === 503) head += `Retry-After: ${options.retryAfterS}\r\n`;
  if (what.status === 405) head += "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n";
  if (options.isClosing) head += "Connection: close\r\n";
  else if (options.isKeepAliveTold) head += "Connection: keep-alive\r\n";
  output.latin1(`${head}\r\n`);
  if (options.isHead) return 0;
  output.latin1(body);
  return body.length;
}
