import { expect, test } from "bun:test";
import type { ExchangeRecord } from "../control/api/shape/exchange.ts";
import { plain } from "./paint.ts";
import { durationText, tailLine } from "./tailtext.ts";

const record: ExchangeRecord = {
  ...{
    id: "0-1",
    kind: "http",
    at: "2026-11-22T09:06:03.000Z",
    durationMs: 12.3,
    worker: 0,
    requestId: "",
    client: "203.0.113.7",
  },
  ...{
    user: "",
    method: "GET",
    host: "www.example.com",
    path: "/a",
    isCut: false,
    isTls: true,
    listener: "web",
    pool: "app",
  },
  ...{
    server: "10.0.0.1:80",
    status: 200,
    serverStatus: 200,
    fault: null,
    attempts: 1,
    isReused: false,
    serverVersion: "1.1",
    cache: null,
  },
  ...{ rule: "", rules: [], egress: null, bytesReceived: 0, bytesSent: 2048 },
  phases: [
    { name: "connect", fromMs: 0.2, toMs: 1.4 },
    { name: "wait", fromMs: 1.4, toMs: 12 },
  ],
};

function line(more: Partial<ExchangeRecord> = {}, isPhased = false): string {
  return tailLine({ ...record, ...more }, { paint: plain, isPhased });
}

test("a line tells when it ended, what came of it, who asked for what, and by whom it was answered", () => {
  expect(line()).toBe(
    "09:06:03.012Z 200    12 ms 203.0.113.7     GET  www.example.com/a → 10.0.0.1:80 listener web, 2.0 KiB",
  );
});

test("what is out of the ordinary stands behind it", () => {
  const odd = line({
    ...{
      status: 502,
      serverStatus: 0,
      fault: "connect_refused",
      attempts: 3,
      cache: "miss",
      rule: "greedy",
      user: "alice",
    },
    ...{ egress: { pool: "out", address: "127.0.0.9" }, isCut: true },
  });
  for (const part of [
    "502",
    "connect_refused",
    "3 attempts",
    "cache miss",
    "rule greedy",
    "user alice",
    "via 127.0.0.9",
    "/a…",
  ])
    expect(odd).toContain(part);
  expect(line({ status: 0, server: "", fault: "client_closed" })).toContain("--- ");
  expect(line({ status: 404, serverStatus: 200 })).toContain("server said 200");
});

test("names stand behind the word for what they are, with commas between", () => {
  const denied = line({ status: 429, serverStatus: 0, server: "", fault: "denied", rule: "too many requests" });
  expect(denied).toEndWith("/a denied, rule too many requests, listener web, 2.0 KiB");
});

test("of connections the bytes of both ways are told", () => {
  const carried = line({ kind: "tcp", status: 200, host: "", bytesReceived: 10 });
  expect(carried).toContain(" ok ");
  expect(carried).toContain("10 B in, 2.0 KiB out");
});

test("phases stand below", () => {
  expect(line({ isReused: true }, true).split("\n")[1]).toBe(
    "              connect 1.2 ms, wait 11 ms, on a connection that was there",
  );
  expect(line({ phases: [] }, true)).not.toContain("\n");
});

test("durations have the digits that count", () => {
  expect([0, 0.26, 9.94, 10, 999, 1000, 12_345, 600_000, 1e8].map(durationText)).toEqual([
    ...["0 ms", "0.3 ms", "9.9 ms", "10 ms", "999 ms", "1.00 s", "12.3 s", "10 min", "28 h"],
  ]);
});
