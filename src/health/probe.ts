// One active check of one server, told what happens on a connection that somebody else made and saying in the end whether the
// server is well, and why. A tcp check ends when the connection is made. An http check sends one request and reads the status line
// of the final response; interim responses (1xx) are read over, and nothing after the status line is waited for.
// It is as strict with what it reads as the proxy is with servers (RFC 9112 sections 4 and 2.2): a server that would be answered
// with 502 for its malformed lines must not pass for a healthy one. Any bytes end in a result or in "tell me more".

import type { CheckPlan, StatusRange } from "../config/plan.ts";

export interface ProbeResult {
  readonly isHealthy: boolean;
  /** For logs and the status page: `status 200`, `status 503 is not expected`, `the status line is malformed`. */
  readonly reason: string;
  /** The final status, or null when there was none. */
  readonly status: number | null;
}

/** Longer status lines are refused. Small, for a check of each of thousands of servers may be under way. */
const statusLineBytesMax = 1024;
/** Longer fields of interim responses are refused; Early Hints carry links. */
const fieldLineBytesMax = 8192;
/** All bytes of one check up to the final status line: room for several interim responses. */
const bytesMax = 65_536;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const prefix = "HTTP/1.";

export class Probe {
  /** What to send once connected; empty for a tcp check. */
  readonly request: Uint8Array;
  readonly #expected: readonly StatusRange[] | null;
  readonly #line = new Uint8Array(statusLineBytesMax);
  #lineBytes = 0;
  #previous = 0;
  #bytes = 0;
  /** Reading the fields of an interim response. */
  #isInterim = false;

  constructor(check: CheckPlan) {
    this.#expected = check.kind === "http" && check.http !== null ? check.http.expect : null;
    this.request = check.http !== null && check.kind === "http" ? requestOf(check.http) : new Uint8Array(0);
  }

  /** The connection is made. A result ends the check; null means to send `request` and to tell what is received. */
  connected(): ProbeResult | null {
    return this.#expected === null ? healthy("connected", null) : null;
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

  /** The server closed, cleanly or not, before there was a result. */
  ended(): ProbeResult {
    if (this.#expected === null) return unhealthy("the server closed");
    return unhealthy(
      this.#bytes === 0 ? "the server closed without a response" : "the server closed inside its response",
    );
  }

  /** The connection could not be made; `detail` says why, such as ECONNREFUSED. */
  refused(detail: string): ProbeResult {
    return unhealthy(`connecting failed: ${detail}`);
  }

  /** The check's time is up; `isConnected` tells what it was spent on. */
  expired(isConnected: boolean): ProbeResult {
    return unhealthy(isConnected ? "no response in time" : "no connection in time");
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
    const isExpected = this.#expected?.some((range) => status >= range.from && status <= range.to) ?? false;
    return isExpected
      ? healthy(`status ${status}`, status)
      : { isHealthy: false, reason: `status ${status} is not expected`, status };
  }
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

function requestOf(http: NonNullable<CheckPlan["http"]>): Uint8Array {
  const head =
    `${http.method} ${http.path} HTTP/1.1\r\nHost: ${http.host}\r\n` +
    "User-Agent: sluice-check\r\nAccept: */*\r\nConnection: close\r\n\r\n";
  return new TextEncoder().encode(head);
}

function healthy(reason: string, status: number | null): ProbeResult {
  return { isHealthy: true, reason, status };
}

function unhealthy(reason: string): ProbeResult {
  return { isHealthy: false, reason, status: null };
}
