import { expect, test } from "bun:test";
import type { CheckPlan } from "../config/plan.ts";
import { bytesOf } from "./probe/result.ts";
import { Probe } from "./probe.ts";

const tcp: CheckPlan = {
  kind: "tcp",
  everyMs: 2000,
  timeoutMs: 1000,
  rise: 2,
  fall: 3,
  http: null,
  send: null,
  receive: null,
  exec: null,
  tls: null,
  port: null,
};
const http: CheckPlan = {
  ...tcp,
  kind: "http",
  http: { method: "HEAD", path: "/", host: "shop.test", expect: [{ from: 200, to: 200 }] },
};
const connected = { isHealthy: true, reason: "connected", status: null };

test("a tcp check is decided by the connection and sends nothing", () => {
  const probe = new Probe(tcp);
  expect(probe.request.length).toBe(0);
  expect(probe.sent()).toEqual(connected);
});

test("with something to send and nothing to receive it is decided when that is sent, whatever comes", () => {
  const probe = new Probe({ ...tcp, send: "PING\r\n\xff" });
  expect([...probe.request]).toEqual([0x50, 0x49, 0x4e, 0x47, 0x0d, 0x0a, 0xff]);
  expect(probe.received(bytesOf("-ERR"))).toBeNull();
  expect(probe.sent()).toEqual(connected);
});

test("with something to receive it is decided by that", () => {
  const probe = new Probe({ ...tcp, receive: { kind: "starts", match: "+PONG" } });
  expect(probe.sent()).toBeNull();
  expect(probe.received(bytesOf("+PO"))).toBeNull();
  expect(probe.received(bytesOf("NG\r\n"))?.isHealthy).toBe(true);
});

test("an http check is decided by the status, and what a tcp check would send plays no part in it", () => {
  const probe = new Probe({ ...http, send: "PING" });
  expect(new TextDecoder().decode(probe.request)).toStartWith("HEAD / HTTP/1.1\r\n");
  expect(probe.sent()).toBeNull();
  expect(probe.received(bytesOf("HTTP/1.1 200 OK\r\n"))?.status).toBe(200);
});

test("a close, a refusal, distrust and a timeout are told apart", () => {
  expect(new Probe(tcp).ended().reason).toBe("the server closed");
  expect(new Probe(http).ended().reason).toBe("the server closed without a response");
  expect(new Probe(http).refused("connection refused").reason).toBe("connecting failed: connection refused");
  expect(new Probe(http).distrusted("its certificate is self-signed").reason).toBe("its certificate is self-signed");
  expect(new Probe(http).expired("connection").reason).toBe("no connection in time");
  expect(new Probe(http).expired("handshake").reason).toBe("no TLS handshake in time");
  expect(new Probe(http).expired("answer")).toEqual({ isHealthy: false, reason: "no response in time", status: null });
  expect(new Probe({ ...tcp, send: "PING" }).expired("answer").reason).toBe("nothing could be sent in time");
});
