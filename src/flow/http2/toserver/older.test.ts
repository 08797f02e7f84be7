import { expect, test } from "bun:test";
import { Head } from "../../../wire/http1/head.ts";
import { parseRequest } from "../../../wire/http1/reader.ts";
import type { Exchange } from "../../exchange.ts";
import { needsHttp1 } from "./older.ts";

function exchange(isUpgrade: boolean, ...lines: string[]): Exchange {
  const head = new Head(20);
  const bytes = Buffer.from(["GET / HTTP/1.1", "Host: a", ...lines, "", ""].join("\r\n"));
  expect(parseRequest(head, bytes, 0, bytes.length, 10_000)).toBe(bytes.length);
  // Of an exchange only these are looked at.
  return { head, isUpgrade } as unknown as Exchange;
}

test("upgrades and logins by connection need HTTP/1.1, other requests do not", () => {
  expect(needsHttp1(exchange(false))).toBe(false);
  expect(needsHttp1(exchange(true, "Upgrade: websocket", "Connection: upgrade"))).toBe(true);
  expect(needsHttp1(exchange(false, "Authorization: Basic abc"))).toBe(false);
  expect(needsHttp1(exchange(false, "Authorization: Negotiate abc"))).toBe(true);
});

test("who would switch to HTTP/2 is asked for by it, and no longer switches", () => {
  const asked = exchange(true, "Upgrade: h2c", "Connection: upgrade");
  expect([needsHttp1(asked), asked.isUpgrade]).toEqual([false, false]);
  const both = exchange(true, "Upgrade: websocket, h2c", "Connection: upgrade");
  expect([needsHttp1(both), both.isUpgrade]).toEqual([true, true]);
});
