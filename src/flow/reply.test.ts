import { expect, test } from "bun:test";
import { fault, faultCodes, faultTold, faultWith } from "../base/fault.ts";
import { Output } from "../wire/http1/writer.ts";
import { type ReplyOptions, reasonOf, writeReply } from "./reply.ts";

const options: ReplyOptions = {
  wallMs: 0,
  retryAfterS: 7,
  isClosing: false,
  isHead: false,
  challenge: "",
  isKeepAliveTold: false,
  hsts: null,
  trace: "",
};

function reply(code: Parameters<typeof fault>[0], changed: Partial<ReplyOptions> = {}): string {
  const output = new Output();
  writeReply(output, fault(code), { ...options, ...changed });
  return new TextDecoder().decode(output.bytes.subarray(0, output.length));
}

test("an answer is whole: date, type, length, and a sentence", () => {
  expect(reply("no_server")).toBe(
    "HTTP/1.1 503 Service Unavailable\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain; charset=utf-8\r\n" +
      "Content-Length: 60\r\nCache-Control: no-store\r\nRetry-After: 7\r\n\r\n" +
      "503 Service Unavailable: no server of the pool is available\n",
  );
  expect(reply("no_server", { retryAfterS: 0 })).not.toContain("Retry-After");
});

test("every fault that is answered has a reason phrase and a length that is true", () => {
  for (const code of faultCodes) {
    const { status } = fault(code);
    if (status === 0 || status === 499) continue;
    const [head, body] = reply(code).split("\r\n\r\n") as [string, string];
    expect(head).not.toContain(`${status} Error\r\n`);
    expect(head).toContain(`Content-Length: ${body.length}\r\n`);
  }
});

test("HEAD is told the length and sent no body", () => {
  const text = reply("bad_response", { isHead: true });
  expect(text.endsWith("\r\n\r\n")).toBe(true);
  expect(text).toMatch(/Content-Length: [1-9]/);
});

test("what the connection does next is told", () => {
  expect(reply("bad_field", { isClosing: true })).toContain("\r\nConnection: close\r\n");
  expect(reply("no_server", { isKeepAliveTold: true })).toContain("\r\nConnection: keep-alive\r\n");
  expect(reply("no_server")).not.toContain("Connection:");
});

test("a client is told of a mistake in its own words", () => {
  const output = new Output();
  writeReply(output, faultTold("no_target", "X-Egress-Host is missing"), options);
  const text = new TextDecoder().decode(output.bytes.subarray(0, output.length));
  expect(text).toContain("Content-Length: 42\r\n");
  expect(text).toEndWith("\r\n\r\n400 Bad Request: X-Egress-Host is missing\n");
});

test("what the system said about a server is for the log, not for strangers", () => {
  const output = new Output();
  writeReply(output, faultWith("connect_refused", "ECONNREFUSED 10.0.0.7:80"), options);
  expect(new TextDecoder().decode(output.bytes)).not.toContain("10.0.0.7");
});

test("a status without a name is called by its hundreds", () => {
  expect([299, 399, 418, 599].map(reasonOf)).toEqual(["Success", "Redirection", "Client Error", "Server Error"]);
  expect([200, 404, 999].map(reasonOf)).toEqual(["OK", "Not Found", "Other"]);
});
