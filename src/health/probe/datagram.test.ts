import { expect, test } from "bun:test";
import type { CheckPlan, ReceivePlan } from "../../config/plan.ts";
import { DatagramProbe } from "./datagram.ts";
import { bytesOf } from "./result.ts";

function probe(send: string | null, receive: ReceivePlan | null): DatagramProbe {
  const times = { everyMs: 2000, timeoutMs: 1000, rise: 2, fall: 3 };
  const check: CheckPlan = { kind: "udp", ...times, http: null, send, receive, exec: null, tls: null, port: null };
  return new DatagramProbe(check);
}

test("without an answer to wait for, silence is health and an error is not", () => {
  expect(probe(null, null).request.length).toBe(0);
  expect(probe(null, null).expired()).toEqual({ isHealthy: true, reason: "no error came back", status: null });
  expect(probe("x", null).received(bytesOf("anything"))).toEqual({ isHealthy: true, reason: "answered", status: null });
  expect(probe("x", null).refused("nobody listens on the port").isHealthy).toBe(false);
});

test("the first datagram decides, and silence is none", () => {
  const receive: ReceivePlan = { kind: "starts", match: "pong" };
  expect([...probe("ping\0", receive).request]).toEqual([...bytesOf("ping\0")]);
  expect(probe("ping", receive).received(bytesOf("pong 1")).isHealthy).toBe(true);
  expect(probe("ping", receive).received(bytesOf("po")).reason).toBe('the answer "po" does not start with "pong"');
  expect(probe("ping", receive).received(new Uint8Array(0)).isHealthy).toBe(false);
  expect(probe("ping", receive).expired()).toEqual({ isHealthy: false, reason: "no answer in time", status: null });
});
