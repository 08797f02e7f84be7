import { expect, test } from "bun:test";
import {
  parseSocksCredentials,
  parseSocksGreeting,
  parseSocksRequest,
  socksMethodBytes,
  socksReply,
  socksReplyBytes,
  socksStatusBytes,
} from "./socks.ts";

type Parse = (bytes: Uint8Array, start: number, end: number) => { readonly kind: string };

const bytes = (...parts: (number | string)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...Buffer.from(part, "latin1")])));

const read = <T>(parse: (bytes: Uint8Array, start: number, end: number) => T, ...parts: (number | string)[]): T => {
  const said = bytes(...parts);
  return parse(said, 0, said.length);
};

test("a greeting tells which methods are offered", () => {
  expect(read(parseSocksGreeting, 5, 2, 0, 2, "rest")).toEqual({
    kind: "greeting",
    isOpenOffered: true,
    isPasswordOffered: true,
    end: 4,
  });
  expect(read(parseSocksGreeting, 5, 1, 1)).toMatchObject({ isOpenOffered: false, isPasswordOffered: false });
  // A method behind the count is none.
  expect(read(parseSocksGreeting, 5, 1, 1, 0)).toMatchObject({ isOpenOffered: false, end: 3 });
});

test("another version, and no methods at all, are malformed", () => {
  expect(read(parseSocksGreeting, 4, 1, 0)).toEqual({ kind: "bad", reply: null });
  expect(read(parseSocksGreeting, 5, 0)).toEqual({ kind: "bad", reply: null });
});

test("user and password are the bytes that they are", () => {
  const said = read(parseSocksCredentials, 1, 4, "jürg", 3, "a:b", "rest");
  expect(said).toEqual({ kind: "credentials", user: bytes("jürg"), password: bytes("a:b"), end: 10 });
  expect(read(parseSocksCredentials, 1, 1, "a", 0)).toMatchObject({ kind: "credentials", end: 4 });
  expect(read(parseSocksCredentials, 5, 1, "a", 0).kind).toBe("bad");
  expect(read(parseSocksCredentials, 1, 0).kind).toBe("bad");
});

test("a request names an address of either family, or a name", () => {
  expect(read(parseSocksRequest, 5, 1, 0, 1, 192, 0, 2, 1, 1, 187)).toEqual({
    kind: "request",
    host: "192.0.2.1",
    isIPv6: false,
    port: 443,
    end: 10,
  });
  const six = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  expect(read(parseSocksRequest, 5, 1, 0, 4, ...six, 0, 80)).toMatchObject({
    host: "2001:db8::1",
    isIPv6: true,
    port: 80,
  });
  const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1];
  expect(read(parseSocksRequest, 5, 1, 0, 4, ...mapped, 0, 80)).toMatchObject({ host: "127.0.0.1", isIPv6: false });
  expect(read(parseSocksRequest, 5, 1, 0, 3, 9, "a.example", 0, 80, "rest")).toMatchObject({
    host: "a.example",
    end: 16,
  });
});

test("what is not served has its reply, what is malformed has none", () => {
  const replies = [
    [[5, 2, 0, 1], socksReply.commandUnknown],
    [[5, 3, 0, 1], socksReply.commandUnknown],
    [[5, 1, 0, 2], socksReply.addressUnknown],
    [[5, 1, 0, 3, 3, "a/b", 0, 80], socksReply.hostUnreachable],
    [[5, 1, 0, 3, 3, "a\0b", 0, 80], socksReply.hostUnreachable],
    [[5, 1, 0, 3, 0, 0, 80], null],
    [[5, 9, 0, 1], null],
    [[5, 1, 7, 1], null],
    [[4, 1], null],
  ] as const;
  for (const [parts, reply] of replies) expect(read(parseSocksRequest, ...parts)).toEqual({ kind: "bad", reply });
});

test("what has not come whole is waited for, to the byte", () => {
  const wholes: readonly (readonly [Parse, Uint8Array])[] = [
    [parseSocksGreeting, bytes(5, 3, 0, 1, 2)],
    [parseSocksCredentials, bytes(1, 4, "john", 6, "secret")],
    [parseSocksRequest, bytes(5, 1, 0, 1, 192, 0, 2, 1, 0, 80)],
    [parseSocksRequest, bytes(5, 1, 0, 3, 9, "a.example", 0, 80)],
    [parseSocksRequest, bytes(5, 1, 0, 4, "0123456789abcdef", 0, 80)],
  ];
  for (const [parse, whole] of wholes) {
    for (let end = 0; end < whole.length; end++) expect(parse(whole, 0, end).kind).toBe("more");
    expect(parse(whole, 0, whole.length).kind).not.toBe("more");
  }
});

test("answers are as the RFC has them", () => {
  expect(socksMethodBytes(0xff)).toEqual(bytes(5, 0xff));
  expect(socksStatusBytes(true)).toEqual(bytes(1, 0));
  expect(socksStatusBytes(false)).toEqual(bytes(1, 1));
  expect(socksReplyBytes(socksReply.refused)).toEqual(bytes(5, 5, 0, 1, 0, 0, 0, 0, 0, 0));
});
