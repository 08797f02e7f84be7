import { expect, test } from "bun:test";
import { parseSocksCredentials, parseSocksGreeting, parseSocksRequest, socksReplyBytes } from "./socks.ts";
import {
  readSocksMethod,
  readSocksReply,
  readSocksStatus,
  socksCredentialsBytes,
  socksGreetingBytes,
  socksRead,
  socksRequestBytes,
} from "./socksclient.ts";

const of = (...values: number[]): Uint8Array => Uint8Array.from(values);

test("what a client writes is what a server reads", () => {
  const greeting = socksGreetingBytes(true);
  expect(parseSocksGreeting(greeting, 0, greeting.length)).toMatchObject({
    isOpenOffered: true,
    isPasswordOffered: true,
    end: greeting.length,
  });
  const open = socksGreetingBytes(false);
  expect(parseSocksGreeting(open, 0, open.length)).toMatchObject({ isOpenOffered: true, isPasswordOffered: false });
  const credentials = socksCredentialsBytes("anna", "pässword")!;
  const shown = parseSocksCredentials(credentials, 0, credentials.length);
  if (shown.kind !== "credentials") throw new Error(shown.kind);
  expect([new TextDecoder().decode(shown.user), new TextDecoder().decode(shown.password)]).toEqual([
    "anna",
    "pässword",
  ]);
  for (const [host, port] of [
    ["a.example", 443],
    ["192.0.2.7", 80],
    ["2001:db8::7", 65_535],
  ] as const) {
    const request = socksRequestBytes(host, port)!;
    expect(parseSocksRequest(request, 0, request.length)).toMatchObject({ host, port, end: request.length });
  }
});

test("what is too long for its length byte is not said", () => {
  expect(socksCredentialsBytes("u".repeat(256), "p")).toBeNull();
  expect(socksCredentialsBytes("u", "p".repeat(256))).toBeNull();
  expect(socksCredentialsBytes("", "p")).toBeNull();
  expect(socksRequestBytes("n".repeat(256), 1)).toBeNull();
  expect(socksRequestBytes("n".repeat(255), 1)).toHaveLength(262);
});

test("a method and a status are two bytes of their versions", () => {
  expect(readSocksMethod(of())).toBe(socksRead.more);
  expect(readSocksMethod(of(5))).toBe(socksRead.more);
  expect(readSocksMethod(of(5, 2))).toBe(2);
  expect(readSocksMethod(of(4))).toBe(socksRead.bad);
  expect(readSocksStatus(of(1, 0))).toBe(0);
  expect(readSocksStatus(of(5, 0))).toBe(socksRead.bad);
});

test("a reply is read whole, whatever address it names, and its verdict does not depend on how it was cut", () => {
  const replies = [
    socksReplyBytes(0),
    of(5, 0, 0, 4, ...new Array<number>(16).fill(7), 0, 80),
    of(5, 0, 0, 3, 2, 0x61, 0x62, 0, 80),
    of(5, 0, 0, 3, 0, 0, 80),
  ];
  for (const reply of replies) {
    for (let cut = 0; cut < reply.length; cut++)
      expect(readSocksReply(reply.subarray(0, cut)).end).toBe(socksRead.more);
    expect(readSocksReply(reply)).toEqual({ reply: 0, end: reply.length });
    const more = Uint8Array.from([...reply, 1, 2, 3]);
    expect(readSocksReply(more)).toEqual({ reply: 0, end: reply.length });
  }
});

test("a refusal may be cut short, and what is no reply is bad", () => {
  expect(readSocksReply(of(5, 5))).toEqual({ reply: 5, end: 2 });
  expect(readSocksReply(of(0x48)).end).toBe(socksRead.bad);
  expect(readSocksReply(of(5, 0, 1)).end).toBe(socksRead.bad);
  expect(readSocksReply(of(5, 0, 0, 9, 0)).end).toBe(socksRead.bad);
});
