import { expect, test } from "bun:test";
import { type DrawnRecord, drawnPlan, readDrawn } from "../../../test/playbook/drawnrecord.ts";
import { faultCodes } from "../../base/fault.ts";
import { type FilterAsked, readFilter } from "./filter.ts";
import { RecorderNames } from "./names.ts";

const record: Partial<DrawnRecord> = {
  ...{ status: 404, method: 1, host: "Shop.example.com:8080", path: "/a/b/c.html", client: "192.0.2.7", cache: 2 },
  ...{ listener: 0, pool: 0, server: 0, hits: [5], egress: 0, egressText: "203.0.113.7", durationMs: 250 },
};

function isAccepted(asked: FilterAsked, of: Partial<DrawnRecord> = {}): boolean {
  const accepts = readFilter(asked);
  if (typeof accepts === "string") throw new Error(accepts);
  const names = new RecorderNames();
  names.learn(drawnPlan);
  return accepts(readDrawn({ ...record, ...of }), names);
}

const fitting: readonly FilterAsked[] = [
  {},
  { status: "404" },
  { status: "4xx" },
  { status: "400-499" },
  { status: "200, 4XX" },
  { method: "get" },
  { method: "POST,GET" },
  { host: "shop.example.com" },
  { host: "shop.example.com:8080" },
  { host: "*.example.com" },
  { path: "/a" },
  { path: "/a/*.html" },
  { path: "*b*" },
  { client: "192.0.2.7" },
  { client: "192.0.2.0/24" },
  { client: "192.0.2.6/31" },
  { listener: "web", pool: "app", server: "one:80" },
  { rule: "seen" },
  { cache: "hit,miss" },
  { egress: "out" },
  { egress: "203.0.113.7" },
  { slower: "250ms" },
  { failed: "false" },
  { kind: "http" },
  { pool: undefined },
];
const others: readonly FilterAsked[] = [
  { status: "5xx" },
  { status: "405-499" },
  { method: "POST" },
  { host: "example.com" },
  { host: "*.example.org" },
  { path: "/b" },
  { path: "/a/*.htm" },
  { path: "*.html*.html" },
  { client: "192.0.2.8" },
  { client: "192.0.2.4/31" },
  { client: "2001:db8::/32" },
  { listener: "web", pool: "other" },
  { rule: "unseen" },
  { fault: "any" },
  { cache: "hit" },
  { egress: "in" },
  { slower: "251ms" },
  { failed: "true" },
  { kind: "tcp" },
];

test.each(fitting)("%o fits", (asked) => expect(isAccepted(asked)).toBe(true));
test.each(others)("%o does not fit", (asked) => expect(isAccepted(asked)).toBe(false));

const reset = faultCodes.indexOf("server_reset") + 1;

test("what failed is what was answered with 5xx or ended by a fault that is no client's", () => {
  expect(isAccepted({ failed: "true" }, { status: 502 })).toBe(true);
  expect(isAccepted({ failed: "true" }, { status: 200, fault: reset })).toBe(true);
  const denied = { status: 403, fault: faultCodes.indexOf("denied") + 1 };
  expect([isAccepted({ failed: "true" }, denied), isAccepted({ failed: "false" }, denied)]).toEqual([false, true]);
  expect(isAccepted({ fault: "any" }, denied)).toBe(true);
  expect(isAccepted({ fault: "server_reset" }, { fault: reset })).toBe(true);
  expect(isAccepted({ fault: "any" }, { fault: reset })).toBe(true);
});

test("addresses of IPv6, and connections, which have no status", () => {
  expect(isAccepted({ client: "2001:db8::/32" }, { client: "2001:db8:1::1" })).toBe(true);
  expect(isAccepted({ client: "2001:db8::/32" }, { client: "2001:db9::1" })).toBe(false);
  expect(isAccepted({ client: "0.0.0.0/0" }, { client: "2001:db8::1" })).toBe(false);
  expect(isAccepted({ status: "0" }, { kind: 1, status: 0 })).toBe(false);
  expect(isAccepted({ status: "0" }, { status: 0 })).toBe(true);
});

test("499 is a client that did not wait, as in the access log, and is no answer of the class 4xx", () => {
  const left = { status: 0, fault: faultCodes.indexOf("client_closed") + 1 };
  for (const status of ["499", "200,499", "0"]) expect([status, isAccepted({ status }, left)]).toEqual([status, true]);
  for (const status of ["4xx", "400-499", "498"])
    expect([status, isAccepted({ status }, left)]).toEqual([status, false]);
  expect(isAccepted({ status: "499" }, { ...left, status: 200 })).toBe(false);
  expect(isAccepted({ status: "499" }, { ...left, fault: reset })).toBe(false);
  expect(isAccepted({ status: "499" }, { status: 499 })).toBe(true);
});

test("what cannot be meant is refused with its name", () => {
  const refusals = (["status", "client", "slower"] as const).map((name) => readFilter({ [name]: "nonsense" }));
  expect(refusals).toEqual([
    'status must be such as 404, 5xx or 400-499, not "nonsense"',
    'client must be an IP address or a block such as "10.0.0.0/8" or "fd00::/8", not "nonsense"',
    expect.stringMatching(/^slower must be a duration/),
  ]);
  expect(readFilter({ status: "499-400" })).toBe('status "499-400" ends before it begins');
  expect(readFilter({ fault: "no_servr" })).toBe(
    'fault must be any or a code of docs/FAULTS.md, not "no_servr"; did you mean "no_server"?',
  );
  expect(readFilter({ cache: "hit,mis" })).toBe(
    'cache must be of hit, miss, stale, revalidated, bypass, pass, collapsed, error, not "mis"; did you mean "miss"?',
  );
});
