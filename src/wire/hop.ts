// The talk with somebody else's proxy that ends in a tunnel to a server: CONNECT (RFC 9110 section 9.3.6) or SOCKS5 (RFC 1928). No
// I/O: it says what to send, is told what came, and then says that the tunnel is open, with the bytes that came behind, or why there
// is none, and whose fault that is: the proxy's own, or on the way from it to the server. What cannot be told apart is the way's: whoever
// may name targets could else choose some that a proxy does not like, and take it from everybody.
// Credentials are said at once where the protocol lets us: a proxy that was named with them wants them.

import type { HopPlan } from "../config/plan.ts";
import { Head } from "./http1/head.ts";
import { parsed, parseResponse } from "./http1/reader.ts";
import { socksMethod, socksReply } from "./socks.ts";
import {
  readSocksMethod,
  readSocksReply,
  readSocksStatus,
  socksCredentialsBytes,
  socksGreetingBytes,
  socksRead,
  socksRequestBytes,
} from "./socksclient.ts";

export type HopStep =
  /** Send this, if anything, and tell what comes. */
  | { readonly kind: "more"; readonly say: Uint8Array | null }
  /** The tunnel stands; `rest` has come through it already. */
  | { readonly kind: "open"; readonly rest: Uint8Array | null }
  /** member: the proxy itself. way: what is behind it. */
  | { readonly kind: "failed"; readonly blame: "member" | "way"; readonly detail: string };

export interface Hop {
  begin(): HopStep;
  received(bytes: Uint8Array): HopStep;
  /** It has closed, or (`isLate`) said nothing in time. */
  broke(isLate: boolean): HopStep;
}

/** Of an answer to CONNECT; proxies say little. */
const headBytesMax = 16 * 1024;
const headFieldsMax = 100;
/** Interim answers to one request: more are no answer. */
const interimsMax = 8;
const lineFeed = 0x0a;
const longestFraming: number = "transfer-encoding:".length;

const silent: HopStep = { kind: "more", say: null };
const failed = (blame: "member" | "way", detail: string): HopStep => ({ kind: "failed", blame, detail });

export function hopTo(plan: HopPlan): Hop {
  return plan.protocol === "http" ? new ConnectHop(plan) : new SocksHop(plan);
}

/** Value of Proxy-Authorization (RFC 7617); "" without a user. */
export function proxyCredentials(user: string, password: string): string {
  return user === "" && password === "" ? "" : `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function behind(bytes: Uint8Array, end: number): Uint8Array | null {
  return end < bytes.length ? bytes.subarray(end) : null;
}

function joined(one: Uint8Array | null, other: Uint8Array): Uint8Array {
  if (one === null) return other;
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}

const isFraming = /^(content-length|transfer-encoding):/i;

/** Without the lines of a head that would say how long a body is; what is behind the head stays. */
function withoutFraming(bytes: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [];
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(lineFeed, start) + 1;
    const line = bytes.subarray(start, end);
    if (end === 0 || line.length <= "\r\n".length) break;
    if (!isFraming.test(Buffer.from(line.subarray(0, longestFraming)).toString("latin1"))) kept.push(line);
    start = end;
  }
  return new Uint8Array(Buffer.concat([...kept, bytes.subarray(start)]));
}

class ConnectHop implements Hop {
  readonly #plan: HopPlan;
  #pending: Uint8Array | null = null;
  #interims = 0;

  constructor(plan: HopPlan) {
    this.#plan = plan;
  }

  begin(): HopStep {
    const { host, port, user, password } = this.#plan;
    const place = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const credentials = proxyCredentials(user, password);
    const shown = credentials === "" ? "" : `Proxy-Authorization: ${credentials}\r\n`;
    return {
      kind: "more",
      say: new TextEncoder().encode(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${shown}\r\n`),
    };
  }

  received(bytes: Uint8Array): HopStep {
    const isFirst = this.#pending === null;
    let whole = joined(this.#pending, bytes);
    this.#pending = null;
    // A head in pieces is looked at again only when a line has ended, or the work would grow with the square of their number. The first
    // piece is looked at in any case: who does not speak HTTP need not end a line.
    if (!isFirst && bytes.indexOf(lineFeed) === -1 && whole.length < headBytesMax) {
      this.#pending = whole;
      return silent;
    }
    for (;;) {
      const head = new Head(headFieldsMax);
      let end = parseResponse(head, whole, 0, whole.length, headBytesMax);
      // A length or a coding of a 2xx means nothing here (RFC 9110 section 9.3.6), nor does how often it is named.
      if (end === parsed.refused && head.status >= 200 && head.status < 300) {
        const plain = withoutFraming(whole);
        end = parseResponse(head, plain, 0, plain.length, headBytesMax);
        if (end === parsed.more && whole.length >= headBytesMax) end = parsed.refused;
        if (end >= 0) whole = plain;
      }
      if (end === parsed.refused) return failed("member", "its answer to CONNECT is malformed");
      if (end === parsed.more) {
        this.#pending = whole;
        return silent;
      }
      if (head.status >= 200) return answered(head.status, behind(whole, end));
      if (head.status === 101 || ++this.#interims > interimsMax)
        return failed("member", "its answer to CONNECT is malformed");
      const rest = behind(whole, end);
      if (rest === null) return silent;
      whole = rest;
    }
  }

  broke(isLate: boolean): HopStep {
    const begun = this.#pending;
    if (begun !== null && isMalformed(begun)) return failed("member", "its answer to CONNECT is malformed");
    if (isLate) return failed("way", "the proxy did not answer CONNECT in time");
    return failed(
      "way",
      begun === null
        ? "the proxy closed without an answer to CONNECT"
        : "the proxy closed inside of its answer to CONNECT",
    );
  }
}

/** No answer begins like this. */
function isMalformed(begun: Uint8Array): boolean {
  return parseResponse(new Head(headFieldsMax), begun, 0, begun.length, headBytesMax) === parsed.refused;
}

/** Whatever the target: it does not take us (401, 402, 407), not so often (429), or makes no tunnels at all (405, 501). */
const ownStatuses: ReadonlySet<number> = new Set([401, 402, 405, 407, 429, 501]);

function answered(status: number, rest: Uint8Array | null): HopStep {
  if (status < 300) return { kind: "open", rest };
  return failed(ownStatuses.has(status) ? "member" : "way", `the proxy answered CONNECT by ${status}`);
}

/** What a proxy says of a target, "failed" and "denied" among it: many have no other word for a name that leads nowhere. */
const targetReplies: ReadonlySet<number> = new Set([
  socksReply.failed,
  socksReply.denied,
  socksReply.networkUnreachable,
  socksReply.hostUnreachable,
  socksReply.refused,
  socksReply.expired,
  socksReply.addressUnknown,
]);

const phase = { greeting: 0, credentials: 1, request: 2 } as const;

class SocksHop implements Hop {
  readonly #plan: HopPlan;
  #pending: Uint8Array | null = null;
  #phase: number = phase.greeting;

  constructor(plan: HopPlan) {
    this.#plan = plan;
  }

  begin(): HopStep {
    return { kind: "more", say: socksGreetingBytes(this.#plan.user !== "") };
  }

  received(bytes: Uint8Array): HopStep {
    const whole = joined(this.#pending, bytes);
    this.#pending = null;
    if (this.#phase === phase.request) return this.#replied(whole);
    const said = this.#phase === phase.greeting ? readSocksMethod(whole) : readSocksStatus(whole);
    if (said === socksRead.more) {
      this.#pending = whole;
      return silent;
    }
    // We have asked for nothing that would be answered behind this.
    if (said === socksRead.bad || whole.length > 2) return failed("member", "the proxy does not speak SOCKS5");
    return this.#phase === phase.greeting ? this.#chosen(said) : this.#judged(said);
  }

  #chosen(method: number): HopStep {
    const { user, password } = this.#plan;
    if (method === socksMethod.open) return this.#ask();
    if (method !== socksMethod.password || user === "")
      return failed("member", user === "" ? "the proxy asks for a user" : "the proxy takes no password");
    const say = socksCredentialsBytes(user, password);
    if (say === null) return failed("member", "user or password is too long for SOCKS5");
    this.#phase = phase.credentials;
    return { kind: "more", say };
  }

  #judged(status: number): HopStep {
    return status === 0 ? this.#ask() : failed("member", "the proxy refuses user or password");
  }

  #ask(): HopStep {
    const say = socksRequestBytes(this.#plan.host, this.#plan.port);
    if (say === null) return failed("way", "the name is too long for SOCKS5");
    this.#phase = phase.request;
    return { kind: "more", say };
  }

  #replied(whole: Uint8Array): HopStep {
    const { reply, end } = readSocksReply(whole);
    if (end === socksRead.bad) return failed("member", "the proxy does not speak SOCKS5");
    if (end === socksRead.more) {
      this.#pending = whole;
      return silent;
    }
    if (reply === socksReply.succeeded) return { kind: "open", rest: behind(whole, end) };
    return failed(targetReplies.has(reply) ? "way" : "member", `the proxy replied ${reply}`);
  }

  broke(isLate: boolean): HopStep {
    if (this.#phase !== phase.request)
      return failed(
        "member",
        isLate ? "the SOCKS5 handshake took too long" : "the proxy closed inside of the handshake",
      );
    return isLate
      ? failed("way", "the proxy did not reply in time")
      : failed("way", "the proxy closed without a reply");
  }
}
