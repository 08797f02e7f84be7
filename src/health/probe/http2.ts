// An http check by HTTP/2, and a check of gRPC, which is a call of grpc.health.v1.Health/Check over it: what is sent, and what the frames
// of the answer mean (RFC 9113). One stream, the first; http ends with the status, gRPC with the trailers, behind which alone a call
// has succeeded. It is as strict with frames and header blocks as the proxy is, for it reads them by the same code. What the server
// wants said back, an acknowledgement of its SETTINGS or a PING's answer, is gathered in `reply`. Any bytes end in a result or in "tell me more".

import type { CheckPlan, StatusRange } from "../../config/plan.ts";
import { Output } from "../../wire/http1/writer.ts";
import {
  connectionPreface,
  errorCode,
  flag,
  frameType,
  putFrameHeader,
  putSettings,
  setFrameLength,
  setting,
} from "../../wire/http2/frame.ts";
import { FrameReader, type FrameSink } from "../../wire/http2/framereader.ts";
import { HpackDecoder } from "../../wire/http2/hpack/decoder.ts";
import { putField } from "../../wire/http2/hpack/encoder.ts";
import { FieldSection } from "../../wire/http2/hpack/fieldsection.ts";
import { grpcProblem, grpcRequest, messageMax, statusProblem } from "./grpc.ts";
import type { HttpPlan } from "./http.ts";
import { bytesMax } from "./receive.ts";
import { healthy, type ProbeResult, quoted, unhealthy } from "./result.ts";

type GrpcPlan = NonNullable<CheckPlan["grpc"]>;

/** Ours: the first, and the only one. */
const stream = 1;
const tableBytesMax = 4096;
const blockBytesMax = 32_768;
/** Fields that are looked at; of a check's answer nobody needs more. */
const fieldsMax = 128;
const http1 = "HTTP/1.";

const encoder = new TextEncoder();

type Fields = readonly (readonly [name: string, value: string])[];

/** What is sent by HTTP/2, from the connection's first byte on. */
export function http2Request(http: HttpPlan, isSecure: boolean): Uint8Array {
  const agent = ["user-agent", "sluice-check"] as const;
  return opening([...pseudo(http.method, isSecure, http.path, http.host), agent, ["accept", "*/*"]], null);
}

export function grpcOpening({ service, host }: GrpcPlan, isSecure: boolean): Uint8Array {
  const head = pseudo("POST", isSecure, "/grpc.health.v1.Health/Check", host);
  const own = [
    ["te", "trailers"],
    ["content-type", "application/grpc"],
    ["user-agent", "sluice-check"],
  ] as const;
  return opening([...head, ...own], grpcRequest(service));
}

function pseudo(method: string, isSecure: boolean, path: string, host: string): Fields {
  return [
    [":method", method],
    [":scheme", isSecure ? "https" : "http"],
    [":authority", host],
    [":path", path],
  ];
}

function opening(fields: Fields, content: Uint8Array | null): Uint8Array {
  const output = new Output(1024);
  output.put(connectionPreface);
  putSettings(output, [[setting.enablePush, 0]]);
  const at = output.length;
  putFrameHeader(output, 0, frameType.headers, flag.endHeaders | (content === null ? flag.endStream : 0), stream);
  const start = output.length;
  for (const [name, value] of fields) {
    const text = encoder.encode(`${name}${value}`);
    putField(output, text, 0, name.length, name.length, text.length);
  }
  setFrameLength(output, at, output.length - start);
  if (content !== null) {
    putFrameHeader(output, content.length, frameType.data, flag.endStream, stream);
    output.put(content);
  }
  return output.bytes.slice(0, output.length);
}

export class Http2Answer implements FrameSink {
  /** What is to be said back; whoever sends it clears it. */
  readonly reply: Output = new Output(64);
  /** The server would answer by HTTP/1.1 (RFC 9113 section 7). */
  isOlderWanted = false;
  /** Null: the call of gRPC is what is judged. */
  readonly #expected: readonly StatusRange[] | null;
  readonly #service: string;
  readonly #reader = new FrameReader(this, blockBytesMax, true);
  readonly #decoder = new HpackDecoder(tableBytesMax);
  readonly #fields = new FieldSection(fieldsMax, blockBytesMax);
  #pending = new Uint8Array(0);
  #bytes = 0;
  #result: ProbeResult | null = null;
  #hasHead = false;
  /** Of gRPC: what has come of its message. */
  #message: number[] = [];

  constructor(expected: readonly StatusRange[] | null, service = "") {
    this.#expected = expected;
    this.#service = service;
  }

  received(bytes: Uint8Array): ProbeResult | null {
    const isFirst = this.#bytes <= http1.length;
    this.#bytes += bytes.length;
    const whole = new Uint8Array(this.#pending.length + bytes.length);
    whole.set(this.#pending);
    whole.set(bytes, this.#pending.length);
    // What speaks HTTP/1.1 says so to whatever it is told.
    if (isFirst && startsAlike(whole)) {
      if (whole.length >= http1.length) return unhealthy("it answers by HTTP/1.1, and is asked by HTTP/2");
      this.#pending = whole;
      return null;
    }
    this.#pending = whole.slice(this.#reader.read(whole, 0, whole.length));
    if (this.#result !== null) return this.#result;
    if (this.#reader.error !== -1) return unhealthy(`the answer is no HTTP/2: ${this.#reader.reason}`);
    return this.#bytes > bytesMax ? unhealthy("the answer never comes to its end") : null;
  }

  ended(): ProbeResult {
    return unhealthy(
      this.#bytes === 0 ? "the server closed without a response" : "the server closed inside its response",
    );
  }

  expired(): ProbeResult {
    return unhealthy("no response in time");
  }

  // ---- frames ----

  headers(of: number, isEndStream: boolean, _: number, bytes: Uint8Array, start: number, end: number): void {
    if (!this.#decoder.decode(bytes, start, end, this.#fields))
      return this.#reader.refuse(errorCode.compressionError, "a header block cannot be read");
    if (of !== stream || this.#result !== null) return;
    const problem = this.#hasHead ? null : this.#head();
    if (problem !== null) this.#end(problem);
    else if (isEndStream) this.#end(this.#verdict());
  }

  data(of: number, bytes: Uint8Array, start: number, end: number): void {
    if (of !== stream) return;
    if (!this.#hasHead) return this.#end(unhealthy("the answer has no head"));
    for (let at = start; at < end && this.#message.length <= messageMax; at++) this.#message.push(bytes[at]!);
  }

  dataEnds(of: number, _length: number, _content: number, isEndStream: boolean): void {
    if (of === stream && isEndStream) this.#end(unhealthy("the call ended without a status (grpc-status)"));
  }

  rstStream(of: number, code: number): void {
    if (of !== stream) return;
    this.isOlderWanted = code === errorCode.http11Required;
    this.#end(unhealthy(`the server reset the stream: ${nameOf(code)}`));
  }

  goaway(lastStream: number, code: number): void {
    if (lastStream >= stream) return;
    this.isOlderWanted = code === errorCode.http11Required;
    this.#end(unhealthy(`the server takes no requests: GOAWAY, ${nameOf(code)}`));
  }

  settings(isAck: boolean): void {
    if (!isAck) putFrameHeader(this.reply, 0, frameType.settings, flag.ack, 0);
  }

  ping(isAck: boolean, bytes: Uint8Array, at: number): void {
    if (isAck) return;
    putFrameHeader(this.reply, 8, frameType.ping, flag.ack, 0);
    this.reply.copy(bytes, at, at + 8);
  }

  broken(of: number, code: number): void {
    if (of === stream) this.#end(unhealthy(`the answer is no HTTP/2: ${nameOf(code)}`));
  }

  dataBegins(): void {}
  priority(): void {}
  setting(): void {}
  windowUpdate(): void {}
  oddity(): void {}

  // ---- what they come to ----

  #end(result: ProbeResult): void {
    this.#result ??= result;
  }

  /** Null: it is interim, or to be gone on with. */
  #head(): ProbeResult | null {
    const text = this.#field(":status") ?? "";
    if (!/^[1-5]\d\d$/.test(text)) return unhealthy("the answer has no status");
    const status = Number(text);
    if (status < 200) return null;
    this.#hasHead = true;
    if (this.#expected !== null) {
      const isExpected = this.#expected.some(({ from, to }) => status >= from && status <= to);
      return isExpected ? healthy(`status ${status}`, status) : unhealthy(`status ${status} is not expected`, status);
    }
    if (status !== 200) return unhealthy(`status ${status} is no answer of gRPC`, status);
    const type = this.#field("content-type") ?? "";
    return type.startsWith("application/grpc") ? null : unhealthy(`${quoted(type)} is no answer of gRPC`, status);
  }

  /** The stream has ended with these fields, which are a call's trailers, or all that there is of it. */
  #verdict(): ProbeResult {
    if (!this.#hasHead) return unhealthy("the answer has no head");
    const problem = statusProblem(this.#field("grpc-status"), this.#field("grpc-message"), this.#service);
    const why = problem ?? grpcProblem(Uint8Array.from(this.#message));
    return why === null ? healthy("SERVING") : unhealthy(why);
  }

  #field(name: string): string | null {
    const { bytes, spans, count } = this.#fields;
    for (let index = 0; index < count; index++) {
      const [nameStart, nameEnd, start, end] = spans.subarray(index * 4, index * 4 + 4) as unknown as number[];
      if (latin1(bytes, nameStart!, nameEnd!) === name) return latin1(bytes, start!, end!);
    }
    return null;
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

function startsAlike(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, http1.length);
  return length > 0 && latin1(bytes, 0, length) === http1.slice(0, length);
}

/** RFC 9113 section 7. */
function nameOf(code: number): string {
  const found = Object.entries(errorCode).find(([, value]) => value === code)?.[0];
  return found === undefined ? `error ${code}` : found.replace(/[A-Z]/g, " $&").toLowerCase();
}
