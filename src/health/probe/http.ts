// The answer to an http check: the status line of the final response is read, interim responses (1xx) are read over, and nothing
// after the status line is waited for. It is as strict with what it reads as the proxy is with servers (RFC 9112 sections 4 and
// 2.2): a server that would be answered with 502 for its malformed lines must not pass for a healthy one. Any bytes end in a
// result or in "tell me more".

import type { CheckPlan, StatusRange } from "../../config/plan.ts";
import { bytesMax } from "./receive.ts";
import { healthy, type ProbeResult, unhealthy } from "./result.ts";

export type HttpPlan = NonNullable<CheckPlan["http"]>;

/** Longer status lines are refused. Small, for a check of each of thousands of servers may be under way. */
const statusLineBytesMax = 1024;
/** Longer fields of interim responses are refused; Early Hints carry links. */
const fieldLineBytesMax = 8192;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const prefix = "HTTP/1.";

export class HttpAnswer {
  readonly #expected: readonly StatusRange[];
  readonly #line = new Uint8Array(statusLineBytesMax);
  #lineBytes = 0;
  #previous = 0;
  #bytes = 0;
  /** Reading the fields of an interim response. */
  #isInterim = false;

  constructor(http: HttpPlan) {
    this.#expected = http.expect;
  }

  /** The server's bytes, split anywhere. A result ends the check. */
  received(bytes: Uint8Array): ProbeResult | null {
    for (const byte of bytes) {
      if (++this.#bytes > bytesMax) return unhealthy("the response never comes to its status");
      if (this.#lineBytes === (this.#isInterim ? fieldLineBytesMax : statusLineBytesMax))
        return unhealthy("a line of the response is too long");
      // Of longer lines, which are fields and not looked into, the rest falls off the end of the array.
      this.#line[this.#lineBytes++] = byte;
      if (!this.#isInterim && this.#lineBytes <= prefix.length && byte !== prefix.charCodeAt(this.#lineBytes - 1))
        return unhealthy("the response is not HTTP/1.0 or HTTP/1.1");
      const previous = this.#previous;
      this.#previous = byte;
      if (byte !== lineFeed) continue;
      if (previous !== carriageReturn) return unhealthy("a line of the response ends in a bare LF");
      const result = this.#endLine(this.#lineBytes - 2);
      this.#lineBytes = 0;
      if (result !== null) return result;
    }
    return null;
  }

  ended(): ProbeResult {
    return unhealthy(
      this.#bytes === 0 ? "the server closed without a response" : "the server closed inside its response",
    );
  }

  expired(): ProbeResult {
    return unhealthy("no response in time");
  }

  /** A line of `end` bytes, its CRLF not counted, is whole. */
  #endLine(end: number): ProbeResult | null {
    if (this.#isInterim) {
      if (end === 0) this.#isInterim = false;
      return null;
    }
    const status = statusOf(this.#line, end);
    if (status === -1) return unhealthy("the status line is malformed");
    // 101 is final: nothing was asked to be switched.
    if (status < 200 && status !== 101) {
      this.#isInterim = true;
      return null;
    }
    const isExpected = this.#expected.some((range) => status >= range.from && status <= range.to);
    return isExpected ? healthy(`status ${status}`, status) : unhealthy(`status ${status} is not expected`, status);
  }
}

export function requestOf(http: HttpPlan): Uint8Array {
  const head =
    `${http.method} ${http.path} HTTP/1.1\r\nHost: ${http.host}\r\n` +
    "User-Agent: sluice-check\r\nAccept: */*\r\nConnection: close\r\n\r\n";
  return new TextEncoder().encode(head);
}

// status-line = HTTP-version SP status-code SP [ reason-phrase ]; as the RFC allows, the second SP may be missing with the phrase.
function statusOf(line: Uint8Array, end: number): number {
  if (end < 12 || line[8] !== 0x20) return -1;
  if (line[7] !== 0x30 && line[7] !== 0x31) return -1;
  let status = 0;
  for (let at = 9; at < 12; at++) {
    const digit = line[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    status = status * 10 + digit;
  }
  if (status < 100 || status > 599) return -1;
  if (end > 12 && line[12] !== 0x20) return -1;
  for (let at = 13; at < end; at++) if ((line[at]! < 0x20 && line[at] !== 0x09) || line[at] === 0x7f) return -1;
  return status;
}
