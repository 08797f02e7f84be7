import { expect, test } from "bun:test";
import { fault, faultWith } from "../base/fault.ts";
import { socksDialect } from "./socksdialect.ts";

test("each cause has the reply that says it", () => {
  const reply = (status: number, what: ReturnType<typeof fault> | null): number =>
    socksDialect.refused(status, what)[1]!;
  expect(reply(403, fault("target_denied"))).toBe(2);
  expect(reply(403, fault("denied"))).toBe(2);
  expect(reply(429, null)).toBe(2);
  expect(reply(502, faultWith("connect_refused", "ECONNREFUSED"))).toBe(5);
  expect(reply(502, faultWith("connect_refused", "ENETUNREACH"))).toBe(3);
  expect(reply(502, faultWith("connect_refused", "EHOSTUNREACH"))).toBe(4);
  expect(reply(504, fault("connect_timeout"))).toBe(4);
  expect(reply(502, fault("name_unresolved"))).toBe(4);
  expect(reply(503, fault("tunnels_full"))).toBe(1);
  expect(reply(503, null)).toBe(1);
  expect([...socksDialect.established]).toEqual([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
});
