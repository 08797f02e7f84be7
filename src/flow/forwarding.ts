// Heads as they go on, those of requests and of responses together: what is taken out, what is put in (RFC 9110 sections 7.6 and
// 7.8, RFC 7239). Everything else is copied byte for byte, in as few runs as there are gaps. Hop-by-hop fields and those that
// Connection names go no further; Forwarded and the nine of X-Forwarded-* that say who a client is and how it came are believed
// and continued when a trusted proxy sent them, and replaced otherwise; X_Forwarded_* and other spellings that some servers take
// for them never pass. What rules have set of them is the last word.

import type { ForwardingPlan, RequestIdPlan } from "../config/plan.ts";
import { field, isName } from "../wire/http1/fields.ts";
import { authorityEnd, authorityStart, isNominated } from "../wire/http1/framing.ts";
import { byte } from "../wire/http1/grammar.ts";
import { type Head, method } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { isHopByHop, isMovable } from "./hopbyhop.ts";
import type { Client } from "./port.ts";
import { type Tails, tailsWith } from "./tails.ts";
import { Trust } from "./trust.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const version11 = encode(" HTTP/1.1\r\n");
const crlf = encode("\r\n");
const asterisk = encode("*");
const nothing = encode("");
const hostName = encode("Host: ");
const xForwardedFor = encode("X-Forwarded-For: ");
const xForwardedProto = encode("X-Forwarded-Proto: http\r\n");
const xForwardedProtoSecure = encode("X-Forwarded-Proto: https\r\n");
const xForwardedHost = encode("X-Forwarded-Host: ");
const lineThenForwardedHost = encode("\r\nX-Forwarded-Host: ");
const forwardedFor = encode("Forwarded: for=");
const forwardedProto = encode(";proto=http");
const forwardedProtoSecure = encode(";proto=https");
const forwardedHost = encode(';host="');
const connectionUpgrade = encode("Connection: Upgrade\r\n");
/** It has to say to what (RFC 9110 section 15.5.22). */
const upgradeRequired = 426;
const strictTransport = encode("strict-transport-security");
const teTrailers = encode("TE: trailers\r\nConnection: TE\r\n");

/** Bits of what a peer is: `trusted`, what it says of its clients is believed; `excepted`, it goes on, and the peer is not told. */
export const standing = { trusted: 2, excepted: 256 } as const;

/** What forwarding needs to know of the connection and exchange. */
export interface Sender {
  /** The peer's address. */
  readonly address: string;
  readonly isTrusted: boolean;
  /** What it says of its clients goes on as it is. */
  readonly isExcepted: boolean;
  /** The client came over TLS. */
  readonly isSecure: boolean;
  /** Whom it is for. */
  readonly downstream: { readonly isHttp2: boolean } | null;
  /** Upgrade goes on to the server. */
  readonly isUpgrade: boolean;
  /** `Host` for a server when the client sent none (HTTP/1.0). */
  readonly serverName: string;
  /** Index of the field with a request id to keep, or -1. */
  readonly requestIdIndex: number;
  readonly requestIdPrefix: string;
  readonly requestIdCount: number;
  /** What `Forwarding.preface` made for this connection. */
  readonly preface: Uint8Array;
  /** One bit for each field that a rule has set, by its id: what rules say of the client is not said again. Nearly always 0. */
  readonly givenFields: number;
  /** The head as the client sent it. */
  readonly asked: Head;
}

/** How a request is written for somebody who passes it on to its server (egress/form.ts). */
export interface RequestForm {
  /** Before the path in the request line: "http://a.example". */
  readonly prefix: Uint8Array;
  /** The whole line, in place of the request's own Host. */
  readonly host: Uint8Array;
  /** Whole lines behind it. */
  readonly lines: Uint8Array;
}

export class Forwarding {
  readonly plan: ForwardingPlan;
  readonly requestId: RequestIdPlan | null;
  readonly trust: Trust;
  readonly #except: Trust;
  /** What it writes into requests of HTTP/1.1 and of HTTP/2, as Via has the version that a message came with (RFC 9110 section 7.6.3). */
  readonly #viaLine: string;
  readonly #via2Line: string;
  readonly #via: Uint8Array | null;
  readonly #via2: Uint8Array | null;
  readonly #requestIdName: Uint8Array;
  readonly #requestIdField: Uint8Array;
  /** The field is X-Request-Id, which heads know by sight. */
  readonly #isUsualRequestId: boolean;
  readonly #tails: Tails;
  readonly #secureTails: Tails;
  /** Of responses that came by HTTP/2. */
  readonly #tails2: Tails;
  readonly #secureTails2: Tails;
  /** Responses over TLS carry a Strict-Transport-Security of ours, and no other (RFC 6797 section 7.1). */
  readonly #isStrict: boolean;

  /** In Via of requests that we have sent; "" where they bear none. */
  readonly loopMark: string;

  /** `hsts`: value of Strict-Transport-Security, null without. `instance`: what requests bear that must not come back, "" without. */
  constructor(plan: ForwardingPlan, requestId: RequestIdPlan | null, hsts: string | null, instance = "") {
    this.plan = plan;
    this.loopMark = instance === "" || plan.via === null ? "" : `(${instance})`;
    this.requestId = requestId;
    this.trust = new Trust(plan.trusted);
    this.#except = new Trust(plan.except);
    const by = `${plan.via}${this.loopMark && ` ${this.loopMark}`}\r\n`;
    this.#viaLine = plan.via === null ? "" : `Via: 1.1 ${by}`;
    this.#via2Line = plan.via === null ? "" : `Via: 2.0 ${by}`;
    this.#via = plan.via === null ? null : encode(this.#viaLine);
    this.#via2 = plan.via === null ? null : encode(this.#via2Line);
    this.#isUsualRequestId = requestId?.header === "x-request-id";
    this.#requestIdName = encode(requestId?.header ?? "");
    this.#requestIdField = encode(`${requestId?.header ?? ""}: `);
    const via = plan.via === null ? "" : `Via: 1.1 ${plan.via}\r\n`;
    const via2 = plan.via === null ? "" : `Via: 2.0 ${plan.via}\r\n`;
    this.#tails = tailsWith(via);
    this.#tails2 = tailsWith(via2);
    this.#isStrict = hsts !== null;
    const strict = hsts === null ? "" : `Strict-Transport-Security: ${hsts}\r\n`;
    this.#secureTails = tailsWith(via + strict);
    this.#secureTails2 = tailsWith(via2 + strict);
  }

  /** Bits of `standing`. */
  standingOf(peer: string): number {
    const isTrusted = this.plan.areFieldsBelieved && this.trust.isTrusted(peer);
    return (isTrusted ? standing.trusted : 0) | (this.#except.isTrusted(peer) ? standing.excepted : 0);
  }

  /** What ends the head of a response. `isSecure`: to a client that came over TLS. `isHttp2`: its server has answered by HTTP/2. */
  tailsOf(isSecure: boolean, isHttp2 = false): Tails {
    if (isHttp2) return isSecure ? this.#secureTails2 : this.#tails2;
    return isSecure ? this.#secureTails : this.#tails;
  }

  /** Index of the client's own request id field, or -1. */
  findRequestId(head: Head, from = 0): number {
    return this.#isUsualRequestId && head.requestIdIndex === -1 ? -1 : this.#seekRequestId(head, from);
  }

  #seekRequestId(head: Head, from: number): number {
    const name = this.#requestIdName;
    for (let index = from; index < head.fieldCount; index++) {
      const start = head.spans[index * 4]!;
      if (head.spans[index * 4 + 1]! - start !== name.length) continue;
      let at = 0;
      while (at < name.length && lower(head.bytes[start + at]!) === name[at]!) at++;
      if (at === name.length) return index;
    }
    return -1;
  }

  /**
   * The lines that are the same for all requests of a connection whose word is not taken: made once for each, since they are
   * most of what is written. The last line is the request id, up to where its count goes; without ids the last line is whole.
   */
  preface(client: Client, requestIdPrefix: string, isHttp2: boolean): Uint8Array {
    const { plan, requestId } = this;
    let lines = "";
    if (plan.xForwardedFor && !this.#except.isTrusted(client.address))
      lines += `X-Forwarded-For: ${client.address}\r\n`;
    if (plan.xForwardedProto) lines += `X-Forwarded-Proto: ${client.tls === null ? "http" : "https"}\r\n`;
    lines += isHttp2 ? this.#via2Line : this.#viaLine;
    if (requestId !== null) lines += `${requestId.header}: ${requestIdPrefix}`;
    return encode(lines);
  }

  /** The request head for the server, without a body. `form`: null where it goes to the server itself. */
  writeRequest(output: Output, head: Head, sender: Sender, form: RequestForm | null = null): void {
    const isWhole = head.minor === 1 && head.bytes[head.targetStart] === byte.slash;
    const isHostWritten = head.hostIndex === -1 || head.isHostOther;
    if (form !== null) this.#writeInForm(output, head, sender, form);
    else if (isWhole && !head.hasSpecial && sender.requestIdIndex === -1)
      output.copy(head.bytes, head.start, head.fieldsEnd);
    else {
      this.#writeRequestLine(output, head, isWhole);
      this.#writeRequestFields(output, head, sender, head.isHostOther);
    }
    if (isHostWritten && form === null) this.#writeHost(output, head, sender);
    const isContinued = (head.hasSpecial || sender.requestIdIndex !== -1) && (sender.isTrusted || sender.isExcepted);
    if (this.plan.forwarded || isContinued || sender.givenFields !== 0) this.#writeForwarding(output, head, sender);
    else this.#writePreface(output, head, sender);
    if (sender.isUpgrade) output.put(connectionUpgrade);
    else if (head.hasTrailers) output.put(teTrailers);
    output.put(crlf);
  }

  #writeInForm(output: Output, head: Head, sender: Sender, form: RequestForm): void {
    this.#writeRequestLine(output, head, false, form.prefix);
    this.#writeRequestFields(output, head, sender, true);
    output.put(form.host);
    output.put(form.lines);
  }

  #writeRequestLine(output: Output, head: Head, isWhole: boolean, prefix: Uint8Array | null = null): void {
    if (isWhole) return output.copy(head.bytes, head.start, head.fieldsStart);
    output.copy(head.bytes, head.start, head.methodEnd);
    output.byte(byte.space);
    if (prefix !== null) output.put(prefix);
    const authority = authorityStart(head);
    const path = authority === -1 ? head.targetStart : authorityEnd(head, authority);
    // RFC 9112 3.2.1 and 3.2.4: an empty path becomes "/", or "*" when the options of the whole server are asked for.
    const isOfServer = path === head.targetEnd && head.method === method.options;
    // Behind an authority it stays no path at all.
    if (isOfServer) output.put(prefix === null || prefix.length === 0 ? asterisk : nothing);
    else if (path === head.targetEnd || head.bytes[path] === 0x3f) output.byte(byte.slash);
    output.copy(head.bytes, path, head.targetEnd);
    output.put(version11);
  }

  #writeRequestFields(output: Output, head: Head, sender: Sender, isHostDropped: boolean): void {
    let run = head.fieldsStart;
    let lengths = 0;
    let requestId = sender.requestIdIndex;
    for (let index = 0; index < head.fieldCount; index++) {
      const id = head.ids[index]!;
      if (id === field.contentLength) lengths++;
      let isDropped = isHopByHop(id) || (id === field.contentLength && lengths > 1) || this.#isReplaced(id, sender);
      if (id === field.host && isHostDropped) isDropped = true;
      if (id === field.upgrade && sender.isUpgrade) isDropped = false;
      if (index === requestId && isGiven(sender, field.xRequestId)) requestId = this.findRequestId(head, index + 1);
      else if (index === requestId) {
        // Of several only one is kept: who reads the request shall not choose.
        if (index !== sender.requestIdIndex || !sender.isTrusted || !this.requestId!.keep) isDropped = true;
        requestId = this.findRequestId(head, index + 1);
      }
      if (!isDropped && head.hasNominated && isMovable(id))
        isDropped = isNominated(head, head.spans[index * 4]!, head.spans[index * 4 + 1]!);
      if (!isDropped) continue;
      output.copy(head.bytes, run, head.spans[index * 4]!);
      run = head.lineEnd(index);
    }
    output.copy(head.bytes, run, head.fieldsEnd);
  }

  /** Fields about the client that we write ourselves, or that someone we do not trust has sent. */
  #isReplaced(id: number, sender: Sender): boolean {
    if (sender.givenFields !== 0 && isGiven(sender, id)) return false;
    switch (id) {
      case field.xForwardedFor:
        return sender.isExcepted ? false : !sender.isTrusted || this.plan.xForwardedFor;
      case field.forwarded:
        return sender.isExcepted ? false : !sender.isTrusted || this.plan.forwarded;
      case field.xForwardedProto:
      case field.xForwardedHost:
      case field.xForwardedPort:
      case field.xForwardedPrefix:
      case field.xForwardedServer:
      case field.xForwardedScheme:
      case field.xForwardedSsl:
      case field.xForwardedProtocol:
        return !sender.isTrusted && !sender.isExcepted;
      case field.lookalike:
        return true;
      default:
        return false;
    }
  }

  #writeHost(output: Output, head: Head, sender: Sender): void {
    output.put(hostName);
    const authority = authorityStart(head);
    if (authority !== -1) output.copy(head.bytes, authority, authorityEnd(head, authority));
    else output.latin1(sender.serverName);
    output.put(crlf);
  }

  /** The way of nearly every request. */
  #writePreface(output: Output, head: Head, sender: Sender): void {
    output.put(sender.preface);
    if (this.requestId !== null) output.hex32(sender.requestIdCount, 8);
    if (this.plan.xForwardedHost && head.hostIndex !== -1) {
      output.put(this.requestId !== null ? lineThenForwardedHost : xForwardedHost);
      output.copy(head.bytes, head.spans[head.hostIndex * 4 + 2]!, head.lineEnd(head.hostIndex));
    } else if (this.requestId !== null) output.put(crlf);
  }

  #writeForwarding(output: Output, head: Head, sender: Sender): void {
    const { plan } = this;
    const isContinued = (sender.isTrusted || sender.isExcepted) && head.hasSpecial;
    const isOurs = (id: number): boolean => !isGiven(sender, id);
    if (plan.xForwardedFor && !sender.isExcepted && isOurs(field.xForwardedFor)) {
      output.put(xForwardedFor);
      if (isContinued) writeFormer(output, head, field.xForwardedFor);
      output.latin1(sender.address);
      output.put(crlf);
    }
    if (plan.xForwardedProto && isOurs(field.xForwardedProto) && !(isContinued && has(head, field.xForwardedProto)))
      output.put(sender.isSecure ? xForwardedProtoSecure : xForwardedProto);
    // Whom the client asked for, also where rules or hooks have put another Host in its place.
    const asked = isGiven(sender, field.host) ? sender.asked : head;
    const isHostTold = asked.hostIndex !== -1 && !(isContinued && has(head, field.xForwardedHost));
    if (plan.xForwardedHost && isOurs(field.xForwardedHost) && isHostTold) {
      output.put(xForwardedHost);
      output.copy(asked.bytes, asked.spans[asked.hostIndex * 4 + 2]!, asked.lineEnd(asked.hostIndex));
    }
    if (plan.forwarded && !sender.isExcepted && isOurs(field.forwarded))
      this.#writeForwarded(output, head, sender, isContinued);
    if (this.#via !== null) output.put(sender.downstream?.isHttp2 === true ? this.#via2! : this.#via);
    const isIdKept = sender.requestIdIndex !== -1 && sender.isTrusted && this.requestId?.keep;
    if (this.requestId !== null && !isIdKept && !(this.#isUsualRequestId && !isOurs(field.xRequestId))) {
      output.put(this.#requestIdField);
      writeRequestId(output, sender);
      output.put(crlf);
    }
  }

  #writeForwarded(output: Output, head: Head, sender: Sender, isContinued: boolean): void {
    output.put(forwardedFor.subarray(0, 11));
    if (isContinued) writeFormer(output, head, field.forwarded);
    output.put(forwardedFor.subarray(11));
    output.latin1(sender.address.includes(":") ? `"[${sender.address}]"` : sender.address);
    output.put(sender.isSecure ? forwardedProtoSecure : forwardedProto);
    const asked = isGiven(sender, field.host) ? sender.asked : head;
    if (asked.hostIndex !== -1) {
      output.put(forwardedHost);
      output.copy(asked.bytes, asked.spans[asked.hostIndex * 4 + 2]!, asked.spans[asked.hostIndex * 4 + 3]!);
      output.byte(0x22);
    }
    output.put(crlf);
  }

  /**
   * The response's start line and fields for the client; one of `tailsOf` ends the head. `isFramingDropped`: its chunks are
   * opened. `isSecure`: it goes to a client that came over TLS. `isLengthDropped`: it becomes another body.
   */
  writeResponse(
    output: Output,
    head: Head,
    isUpgrade: boolean,
    isFramingDropped: boolean,
    isSecure: boolean,
    isLengthDropped = false,
  ): void {
    let run = head.start;
    if (head.minor === 0) {
      output.put(version11.subarray(1, 9));
      run += 8;
    }
    const isStrict = isSecure && this.#isStrict;
    const isTold = head.hasSpecial && head.status === upgradeRequired && head.upgradeIndex !== -1;
    if (head.hasSpecial || isFramingDropped || isStrict) {
      let lengths = 0;
      for (let index = 0; index < head.fieldCount; index++) {
        const id = head.ids[index]!;
        if (id === field.contentLength) lengths++;
        let isDropped = isHopByHop(id) && !((isUpgrade || isTold) && id === field.upgrade);
        if (id === field.contentLength && (isLengthDropped || lengths > 1)) isDropped = true;
        if (isFramingDropped && id === field.transferEncoding) isDropped = true;
        if (isStrict && id === field.other && isNamed(head, index, strictTransport)) isDropped = true;
        if (!isDropped && head.hasNominated && isMovable(id))
          isDropped = isNominated(head, head.spans[index * 4]!, head.spans[index * 4 + 1]!);
        if (!isDropped) continue;
        output.copy(head.bytes, run, head.spans[index * 4]!);
        run = head.lineEnd(index);
      }
    }
    if (run < head.fieldsEnd) output.copy(head.bytes, run, head.fieldsEnd);
    if (isTold) output.put(connectionUpgrade);
  }
}

/** A request id that this worker made: its prefix and a count. */
export function writeRequestId(output: Output, sender: Pick<Sender, "requestIdPrefix" | "requestIdCount">): void {
  output.latin1(sender.requestIdPrefix);
  output.hex32(sender.requestIdCount, 8);
}

/** Values of earlier proxies, each with ", " behind it, so that one field continues them. */
function writeFormer(output: Output, head: Head, id: number): void {
  for (let index = 0; index < head.fieldCount; index++) {
    if (head.ids[index] !== id) continue;
    output.copy(head.bytes, head.spans[index * 4 + 2]!, head.spans[index * 4 + 3]!);
    output.byte(byte.comma);
    output.byte(byte.space);
  }
}

function isGiven(sender: Sender, id: number): boolean {
  return (sender.givenFields & (1 << id)) !== 0;
}

function has(head: Head, id: number): boolean {
  return head.find(id) !== -1;
}

function isNamed(head: Head, index: number, name: Uint8Array): boolean {
  return isName(head.bytes, head.spans[index * 4]!, head.spans[index * 4 + 1]!, name);
}

function lower(value: number): number {
  return value >= 0x41 && value <= 0x5a ? value | 0x20 : value;
}
