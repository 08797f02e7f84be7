import { expect, test } from "bun:test";
import { Playbook } from "../../test/playbook.ts";
import { Head } from "../wire/http1/head.ts";
import { parseRequest, parseResponse } from "../wire/http1/reader.ts";
import { changeRequest, changeResponse, fieldNames, isOneOf } from "./fieldlines.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = ({ bytes, start, end }: Head): string => Buffer.from(bytes.subarray(start, end)).toString();

test("lines are taken out of a response's head and put in, and it is read anew", () => {
  const { context } = new Playbook();
  const exchange = context.takeExchange();
  exchange.pool = context.site.pools[0]!;
  const head = new Head(10);
  const bytes = encode("HTTP/1.1 200 OK\r\nETag: x\r\nA: 1\r\netag: y\r\nContent-Length: 3\r\n\r\nabc");
  parseResponse(head, bytes, 0, bytes.length, 4096);
  const names = fieldNames("etag", "content-length");
  expect(changeResponse(exchange, context, head, (index) => isOneOf(head, index, names), "B: 2\r\n")).toBe(true);
  expect([text(head), head.contentLength, head.fieldCount]).toEqual(["HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n", -1, 2]);
  expect(changeResponse(exchange, context, head, () => false, "C: 1\r\n".repeat(9))).toBe(false);
});

test("those of a request too, and what came of its body stays behind it; the head that it came with is kept", () => {
  const { context } = new Playbook();
  const exchange = context.takeExchange();
  exchange.listener = context.site.listeners[0]!;
  const whole = "POST / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br, x\r\nContent-Length: 3\r\n\r\n";
  const bytes = encode(`${whole}abc`);
  exchange.measure(parseRequest(exchange.head, bytes, 0, bytes.length, 4096), bytes.length);
  const { head } = exchange;
  const names = fieldNames("accept-encoding");
  expect(changeRequest(exchange, context, (index) => isOneOf(head, index, names), "Accept-Encoding: br\r\n")).toBe(
    true,
  );
  expect(text(exchange.head)).toBe("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nAccept-Encoding: br\r\n\r\n");
  const { bodyStart, bodyEnd } = exchange;
  expect(Buffer.from(exchange.head.bytes.subarray(bodyStart, bodyEnd)).toString()).toBe("abc");
  expect(text(exchange.asked)).toBe(whole);
});
