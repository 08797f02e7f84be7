import { expect, test } from "bun:test";
import { environmentOf, worded } from "./gopherproxy.ts";

test("options come before variables, and what nobody says stays", () => {
  const options = { redis: "b:1", rateLimit: "off" };
  expect(environmentOf(options, { REDIS_URL: "a:1", PROXY_PORT: "1", RATE_LIMIT: "9/s" })).toEqual({
    REDIS_URL: "b:1",
    PROXY_PORT: "1",
    RATE_LIMIT: "off",
  });
});

test("what the original says too is said in its words, a line for each server", () => {
  const event = { pool: "backends", server: "a:1", tls: false, msg: "server backends/a:1 is DOWN: connection refused" };
  expect(worded({ event: "server_down", ...event })).toEqual([
    { msg: "backend went down", url: "http://a:1", reason: event.msg },
  ]);
  expect(worded({ event: "server_recovered", ...event, tls: true })).toEqual([
    { msg: "backend recovered", url: "https://a:1" },
  ]);
  expect(worded({ event: "server_up", ...event })).toEqual([]);
  const changed = { event: "servers_changed", source: "registry gopher_backends", msg: "two came" };
  expect(worded({ ...changed, came: ["http://a:1", "http://b:1"], went: ["http://c:1"] })).toEqual([
    { msg: "backend registered", url: "http://a:1" },
    { msg: "backend registered", url: "http://b:1" },
    { msg: "backend deregistered", url: "http://c:1" },
  ]);
  expect(worded({ ...changed, came: ["http://a:1"], cameMore: 991, went: ["http://c:1"], wentMore: 2 })).toEqual([
    { msg: "backend registered", url: "http://a:1" },
    { msg: "and 991 more backends registered", count: 991 },
    { msg: "backend deregistered", url: "http://c:1" },
    { msg: "and 2 more backends deregistered", count: 2 },
  ]);
});

test("everything else is said as it is", () => {
  const line = { msg: "started", workers: 2 };
  expect(worded(line)).toEqual([line]);
});
