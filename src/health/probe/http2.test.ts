import { expect, test } from "bun:test";
import { block, type Field, FieldReader } from "../../../test/e2e/harness/http2/fields.ts";
import {
  continuation,
  data,
  Flag,
  type Frame,
  frame,
  frameOf,
  goaway,
  headBytes,
  headers,
  ping,
  preface,
  resetStream,
  settings,
  settingsAck,
  Type,
} from "../../../test/e2e/harness/http2/frames.ts";
import { Prng } from "../../base/prng.ts";
import { grpcOpening, Http2Answer, http2Request } from "./http2.ts";
import type { ProbeResult } from "./result.ts";

const expected = [{ from: 200, to: 299 }];
const last = Flag.endHeaders | Flag.endStream;

function head(...fields: Field[]): Buffer {
  return headers(1, block(...fields));
}

const ok = head([":status", "200"], ["content-type", "application/grpc+proto"]);
const serving = data(1, Buffer.from([0, 0, 0, 0, 2, 8, 1]));
const done = headers(1, block(["grpc-status", "0"]), last);

/** Told whole, byte by byte and at random splits; all must agree. */
function answer(make: () => Http2Answer, ...frames: readonly Uint8Array[]): ProbeResult | null {
  const bytes = Buffer.concat(frames);
  const whole = make().received(bytes);
  const prng = new Prng(bytes.length);
  for (const size of [() => 1, () => 1 + prng.below(9), () => 1 + prng.below(200)]) {
    const one = make();
    let result: ProbeResult | null = null;
    for (let at = 0; at < bytes.length && result === null; ) {
      const end = Math.min(bytes.length, at + size());
      result = one.received(bytes.subarray(at, end));
      at = end;
    }
    expect(result).toEqual(whole);
  }
  return whole;
}

const http = (...frames: readonly Uint8Array[]): ProbeResult | null =>
  answer(() => new Http2Answer(expected), settings(), ...frames);
const grpc = (...frames: readonly Uint8Array[]): string | undefined =>
  answer(() => new Http2Answer(null, "shop.Cart"), settings(), ...frames)?.reason;

function said(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  let rest: Buffer = Buffer.from(bytes);
  for (let next = frameOf(rest); next !== null; next = frameOf(rest)) {
    frames.push(next);
    rest = rest.subarray(headBytes + next.payload.length);
  }
  expect(rest).toHaveLength(0);
  return frames;
}

test("what is sent is a whole request, with all that a connection begins with", () => {
  const bytes = http2Request({ method: "GET", path: "/up?a=1", host: "shop.test", expect: expected }, true);
  expect(preface.equals(bytes.subarray(0, preface.length))).toBe(true);
  const [first, request, ...rest] = said(bytes.subarray(preface.length));
  expect(first).toMatchObject({ type: Type.settings, stream: 0 });
  expect(request).toMatchObject({ type: Type.headers, stream: 1, flags: last });
  expect(new FieldReader().read(request!.payload)).toEqual([
    [":method", "GET"],
    [":scheme", "https"],
    [":authority", "shop.test"],
    [":path", "/up?a=1"],
    ["user-agent", "sluice-check"],
    ["accept", "*/*"],
  ]);
  expect(rest).toEqual([]);
});

test("a call of gRPC is sent with its message", () => {
  const [, request, message] = said(grpcOpening({ service: "a.B", host: "shop.test" }, false).subarray(preface.length));
  expect(request).toMatchObject({ type: Type.headers, flags: Flag.endHeaders });
  const fields = new FieldReader().read(request!.payload);
  expect(fields).toContainEqual([":path", "/grpc.health.v1.Health/Check"]);
  expect(fields).toContainEqual([":scheme", "http"]);
  expect(fields).toContainEqual(["te", "trailers"]);
  expect(message).toMatchObject({ type: Type.data, flags: Flag.endStream });
  expect(message!.payload).toEqual(Buffer.from("\0\0\0\0\x05\x0a\x03a.B", "latin1"));
});

test("an http check ends with the status, whatever comes before it", () => {
  expect(http(head([":status", "204"]))).toEqual({ isHealthy: true, reason: "status 204", status: 204 });
  const hints = head([":status", "103"], ["link", "</a>"]);
  expect(http(ping(), hints, hints, head([":status", "503"]))).toEqual({
    isHealthy: false,
    reason: "status 503 is not expected",
    status: 503,
  });
  const long = block([":status", "200"], ["x", "y".repeat(100)]);
  const parts = [headers(1, long.subarray(0, 20), 0), continuation(1, long.subarray(20))];
  expect(http(...parts)?.isHealthy).toBe(true);
  expect(http(parts[0]!)).toBeNull();
  expect(http()).toBeNull();
});

test("a server that refuses, resets or says no status is not well, and it is said how", () => {
  expect(http(goaway(0, 11))?.reason).toBe("the server takes no requests: GOAWAY, enhance your calm");
  expect(http(goaway(1, 0), head([":status", "200"]))?.isHealthy).toBe(true);
  expect(http(resetStream(1, 7))?.reason).toBe("the server reset the stream: refused stream");
  expect(http(resetStream(1, 99))?.reason).toBe("the server reset the stream: error 99");
  expect(http(head(["server", "x"]))?.reason).toBe("the answer has no status");
  expect(http(data(1, "x"))?.reason).toBe("the answer has no head");
  expect(http(headers(1, Buffer.from([0xff, 0xff])))?.reason).toContain("a header block cannot be read");
});

test("what is no HTTP/2 is told, HTTP/1.1 by its name", () => {
  const bare = (text: string): string | undefined =>
    answer(() => new Http2Answer(expected), Buffer.from(text, "latin1"))?.reason;
  expect(bare("HTTP/1.1 400 Bad Request\r\n\r\n")).toBe("it answers by HTTP/1.1, and is asked by HTTP/2");
  expect(bare("SSH-2.0-OpenSSH\r\n")).toStartWith("the answer is no HTTP/2: ");
  expect(bare("HTTP")).toBeUndefined();
});

test("what never comes to an end is not waited for", () => {
  const one = new Http2Answer(expected);
  expect(one.received(settings())).toBeNull();
  const noise = frame(0x55, 0, 0, Buffer.alloc(8000));
  let result: ProbeResult | null = null;
  for (let count = 0; count < 20 && result === null; count++) result = one.received(noise);
  expect(result?.reason).toBe("the answer never comes to its end");
});

test("SETTINGS are acknowledged and a PING is answered, once", () => {
  const one = new Http2Answer(expected);
  one.received(Buffer.concat([settings(), ping("abcdefgh"), settingsAck, ping("ijklmnop", Flag.ack)]));
  const { reply } = one;
  expect(said(reply.bytes.subarray(0, reply.length))).toMatchObject([
    { type: Type.settings, flags: Flag.ack },
    { type: Type.ping, flags: Flag.ack, payload: Buffer.from("abcdefgh") },
  ]);
});

test("a call is well when it has answered SERVING and has succeeded, and not before", () => {
  expect(grpc(ok, serving)).toBeUndefined();
  expect(grpc(ok, serving, done)).toBe("SERVING");
  expect(grpc(ok, serving.subarray(0, 12), serving.subarray(12), done)).toBe("SERVING");
});

test("a call that answers something else, or has failed, is not", () => {
  const message = (...bytes: number[]): Buffer => data(1, Buffer.from([0, 0, 0, 0, bytes.length, ...bytes]));
  expect(grpc(ok, message(8, 2), done)).toBe("NOT_SERVING");
  expect(grpc(ok, message(), done)).toBe("UNKNOWN");
  expect(grpc(ok, message(8, 9), done)).toBe("the status 9");
  expect(grpc(ok, message(1, 2, 3), done)).toBe("the answer is no HealthCheckResponse");
  expect(grpc(ok, done)).toBe("the answer is no HealthCheckResponse");
  expect(grpc(ok, data(1, "x".repeat(5000)), done)).toBe("the answer is no HealthCheckResponse");
  expect(grpc(ok, serving, headers(1, block(["x", "y"]), last))).toBe("the call ended without a status (grpc-status)");
  expect(grpc(ok, data(1, "x", true))).toBe("the call ended without a status (grpc-status)");
  const failing = (status: string, text = ""): string | undefined =>
    grpc(
      headers(
        1,
        block(
          [":status", "200"],
          ["content-type", "application/grpc"],
          ["grpc-status", status],
          ["grpc-message", text],
        ),
        last,
      ),
    );
  expect(failing("12")).toBe("it has no health service (UNIMPLEMENTED)");
  expect(failing("5")).toBe('it does not know the service "shop.Cart"');
  expect(failing("14", "no\nway")).toBe('the call failed with UNAVAILABLE: "no\\nway"');
  expect(failing("77")).toBe('the call failed with the status "77"');
  expect(grpc(head([":status", "200"], ["content-type", "text/html"]))).toBe('"text/html" is no answer of gRPC');
  expect(grpc(head([":status", "502"]))).toBe("status 502 is no answer of gRPC");
});

test("a close and silence are told as those of HTTP/1.1 are", () => {
  const one = new Http2Answer(expected);
  expect(one.ended().reason).toBe("the server closed without a response");
  one.received(settings());
  expect(one.ended().reason).toBe("the server closed inside its response");
  expect(one.expired().reason).toBe("no response in time");
});
