import { expect, test } from "bun:test";
import { Head } from "../wire/http1/head.ts";
import { parseRequest, parseResponse } from "../wire/http1/reader.ts";
import { isAskedOfConnection, isShownByConnection } from "./connectionauth.ts";

function isAsked(...fields: string[]): boolean {
  const head = new Head(50);
  const bytes = Buffer.from(`HTTP/1.1 401 Whatever\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`, "latin1");
  expect(parseResponse(head, bytes, 0, bytes.length, 9999)).toBe(bytes.length);
  return isAskedOfConnection(head);
}

function isShown(...fields: string[]): boolean {
  const head = new Head(50);
  const bytes = Buffer.from(
    `GET / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`,
    "latin1",
  );
  expect(parseRequest(head, bytes, 0, bytes.length, 9999)).toBe(bytes.length);
  expect(head.hasAuthorization).toBe(fields.some((field) => /^authorization:/i.test(field)));
  return isShownByConnection(head);
}

test("schemes that authenticate the connection are found in any case, field and place of a list", () => {
  for (const fields of [
    ["WWW-Authenticate: NTLM"],
    ["www-authenticate: ntlm TlRMTVNTUAAC"],
    ["WWW-Authenticate: Negotiate"],
    ["WWW-AUTHENTICATE: NEGOTIATE oYG2="],
    ["Proxy-Authenticate: Negotiate"],
    ["Proxy-Authenticate: Nego2"],
    ['WWW-Authenticate: Basic realm="a, b"', "WWW-Authenticate: NTLM"],
    ['WWW-Authenticate: Basic realm="a",Negotiate'],
    ['WWW-Authenticate: Digest realm="a", nonce="b", ,\tNTLM'],
    ["WWW-Authenticate: , NTLM"],
    // Nobody knows how a client reads this.
    ['WWW-Authenticate: Basic realm="a, NTLM'],
  ])
    expect([fields, isAsked(...fields)]).toEqual([fields, true]);
});

test("others are not, nor are these names in other fields or inside of a word", () => {
  for (const fields of [
    [],
    ["WWW-Authenticate:"],
    ['WWW-Authenticate: Basic realm="NTLM"'],
    ["WWW-Authenticate: Bearer", 'WWW-Authenticate: Digest realm="a", nonce="b"'],
    ["WWW-Authenticate: XNTLM, NT, Neg, N"],
    ["WWW-Authenticate2: NTLM", "X: Negotiate", "Authentication-Info: NTLM", "Authorization: NTLM a"],
  ])
    expect([fields, isAsked(...fields)]).toEqual([fields, false]);
});

test("credentials of these schemes are found in Authorization, the first or another", () => {
  expect(isShown("Authorization: NTLM TlRM")).toBe(true);
  expect(isShown("AUTHORIZATION: negotiate YII=")).toBe(true);
  expect(isShown("authorization: Basic eDp5", "Authorization: NTLM TlRM")).toBe(true);
  expect(isShown("Authorization: Basic eDp5")).toBe(false);
  expect(isShown("Authorization: Bearer ntlm")).toBe(false);
  // This goes no further than here.
  expect(isShown("Proxy-Authorization: NTLM TlRM")).toBe(false);
  expect(isShown("X-Authorization: NTLM TlRM")).toBe(false);
});
