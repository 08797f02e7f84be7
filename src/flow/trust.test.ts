import { expect, test } from "bun:test";
import { Head } from "../wire/http1/head.ts";
import { parseRequest } from "../wire/http1/reader.ts";
import { Trust } from "./trust.ts";

function headWith(...fields: string[]): Head {
  const head = new Head(16);
  const bytes = new TextEncoder().encode(
    `GET / HTTP/1.1\r\nHost: a\r\n${fields.map((line) => `${line}\r\n`).join("")}\r\n`,
  );
  expect(parseRequest(head, bytes, 0, bytes.length, 4096)).toBe(bytes.length);
  return head;
}

test("nobody is trusted unless the operator says so", () => {
  const trust = new Trust([]);
  expect(trust.isTrusted("127.0.0.1")).toBe(false);
  expect(trust.clientAddress(headWith("X-Forwarded-For: 1.2.3.4"), "127.0.0.1")).toBe("127.0.0.1");
});

test("blocks and single addresses of both families are trusted, v4-mapped ones by their IPv4 address", () => {
  const trust = new Trust(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]);
  for (const address of ["10.1.2.3", "192.0.2.7", "2001:db8::9", "::ffff:10.0.0.1"])
    expect(trust.isTrusted(address)).toBe(true);
  for (const address of ["11.0.0.1", "192.0.2.8", "2001:db9::1", "unix", ""])
    expect(trust.isTrusted(address)).toBe(false);
});

test("the client is the nearest address that no trusted proxy has", () => {
  const trust = new Trust(["10.0.0.0/8"]);
  expect(trust.clientAddress(headWith("X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.0.0.2"), "10.0.0.1")).toBe("1.2.3.4");
});

test("a list cut into several fields is one list, in their order", () => {
  const trust = new Trust(["10.0.0.0/8"]);
  const head = headWith("X-Forwarded-For: 6.6.6.6, 1.2.3.4", "X-Forwarded-For: 10.0.0.3,10.0.0.2");
  expect(trust.clientAddress(head, "10.0.0.1")).toBe("1.2.3.4");
});

test("what is no address ends the way back: the last good one is the client", () => {
  const trust = new Trust(["10.0.0.0/8"]);
  expect(trust.clientAddress(headWith("X-Forwarded-For: 1.2.3.4, unknown, 10.0.0.2"), "10.0.0.1")).toBe("10.0.0.2");
  expect(trust.clientAddress(headWith("X-Forwarded-For: "), "10.0.0.1")).toBe("10.0.0.1");
  for (const loose of [
    "1",
    "127.1",
    "0x7f.0.0.1",
    "010.1.1.1",
    "[1.2.3.4]",
    "[2001:db8::1",
    "1.2.3.4:",
    "1.2.3.4:a",
    "1.2.3.4\xa0",
  ])
    expect([loose, trust.clientAddress(headWith(`X-Forwarded-For: ${loose}`), "10.0.0.1")]).toEqual([
      loose,
      "10.0.0.1",
    ]);
});

test("a port behind an address is left away", () => {
  const trust = new Trust(["10.0.0.0/8"]);
  for (const [hop, client] of [
    ["1.2.3.4:51234", "1.2.3.4"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
    ["5.6.7.8:1, 10.0.0.9:2", "5.6.7.8"],
  ] as const)
    expect([hop, trust.clientAddress(headWith(`X-Forwarded-For: ${hop}`), "10.0.0.1")]).toEqual([hop, client]);
});
