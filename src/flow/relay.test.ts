import { expect, test } from "bun:test";
import { Body } from "../wire/http1/body.ts";
import { type BodyKind, bodyKind } from "../wire/http1/head.ts";
import { Output } from "../wire/http1/writer.ts";
import { lastChunk, Relay } from "./relay.ts";

/** What the client is sent of `text`, told in pieces of `size` bytes. */
function relayed(
  kind: BodyKind,
  isOld: boolean,
  text: string,
  size: number,
): { sent: string; relay: Relay; body: Body } {
  const relay = new Relay();
  const body = new Body();
  const output = new Output(4);
  body.begin(kind, text.length);
  relay.begin(kind, isOld);
  const bytes = new TextEncoder().encode(text);
  for (let start = 0; start < bytes.length; start += size) {
    relay.advance(body, output, bytes, start, Math.min(start + size, bytes.length));
  }
  return { sent: new TextDecoder().decode(output.bytes.subarray(0, output.length)), relay, body };
}

test("a body with a length, and chunks for HTTP/1.1, go on as they are", () => {
  for (const kind of [bodyKind.length, bodyKind.chunked]) {
    const { relay, sent, body } = relayed(kind, false, "3\r\nabc\r\n0\r\n\r\n", 4);
    expect(relay.isAsIs).toBe(true);
    expect(sent).toBe("");
    expect(body.isDone).toBe(true);
  }
});

test("chunks are opened for HTTP/1.0, wherever they are cut, and trailers are left out", () => {
  for (const size of [1, 2, 5, 100]) {
    const { relay, sent, body } = relayed(
      bodyKind.chunked,
      true,
      "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n",
      size,
    );
    expect(relay.isOpened).toBe(true);
    expect(sent).toBe("abcde");
    expect(body.isDone).toBe(true);
  }
});

test("a body that ends with the connection is put into chunks for HTTP/1.1", () => {
  const { relay, sent } = relayed(bodyKind.close, false, "hello worlds and more", 16);
  expect(relay.isChunked).toBe(true);
  expect(`${sent}${new TextDecoder().decode(lastChunk)}`).toBe("10\r\nhello worlds and\r\n5\r\n more\r\n0\r\n\r\n");
});

test("a body that ends with the connection goes on as it is to HTTP/1.0", () => {
  expect(relayed(bodyKind.close, true, "hello", 5).relay.isAsIs).toBe(true);
});
