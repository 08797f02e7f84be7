import { expect, test } from "bun:test";
import { Body, extensionBytesMax, trailerBytesMax } from "./body.ts";
import { bodyKind } from "./head.ts";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

function chunked(text: string): { body: Body; end: number; data: string } {
  const body = new Body();
  let data = "";
  const add = (bytes: Uint8Array, start: number, end: number): void => {
    data += Buffer.from(bytes.subarray(start, end)).toString("latin1");
  };
  body.begin(bodyKind.chunked, -1);
  const bytes = bytesOf(text);
  const end = body.advance(bytes, 0, bytes.length, { add });
  return { body, end, data };
}

test("no body is done before it begins", () => {
  const body = new Body();
  body.begin(bodyKind.none, 0);
  expect(body.isDone).toBe(true);
  expect(body.advance(bytesOf("next"), 0, 4)).toBe(0);
});

test("a body with a length ends there, over several reads", () => {
  const body = new Body();
  body.begin(bodyKind.length, 5);
  expect(body.advance(bytesOf("abc"), 0, 3)).toBe(3);
  expect([body.isDone, body.remaining]).toEqual([false, 2]);
  expect(body.advance(bytesOf("xxdenext"), 2, 8)).toBe(4);
  expect(body.isDone).toBe(true);
});

test("a body that its connection ends is never done", () => {
  const body = new Body();
  body.begin(bodyKind.close, -1);
  expect(body.advance(bytesOf("abc"), 0, 3)).toBe(3);
  expect(body.isDone).toBe(false);
});

test("chunks end after the empty line, and what follows is left", () => {
  const { body, end, data } = chunked("3;x=y\r\nabc\r\n00\r\nX: 1\r\n\r\nnext");
  expect([body.isDone, body.isBad, data]).toEqual([true, false, "abc"]);
  expect(end).toBe(24);
});

test("the largest chunk size that is exact is taken, one digit more is not", () => {
  expect(chunked("fffffffffffff\r\n").body.remaining).toBe(2 ** 52 - 1);
  expect(chunked("fffffffffffff0\r\n").body.isBad).toBe(true);
});

test("extensions are bounded for a whole body, not for each chunk", () => {
  const chunk = `1;${"e".repeat(1000)}\r\na\r\n`;
  const fits = Math.floor(extensionBytesMax / 1000);
  expect(chunked(chunk.repeat(fits)).body.isBad).toBe(false);
  expect(chunked(chunk.repeat(fits + 1)).body.isBad).toBe(true);
});

test("trailers are bounded", () => {
  const trailers = (bytes: number): string => `0\r\nX:${"v".repeat(bytes - 6)}\r\n\r\n`;
  expect(chunked(trailers(trailerBytesMax)).body.isDone).toBe(true);
  expect(chunked(trailers(trailerBytesMax + 1)).body.isBad).toBe(true);
});

test("fields that frame or route are no trailers, in any case", () => {
  for (const name of ["content-length", "Transfer-Encoding", "HOST"])
    expect(chunked(`0\r\n${name}: 1\r\n\r\n`).body.isBad).toBe(true);
  expect(chunked("0\r\nhosts: 1\r\n\r\n").body.isDone).toBe(true);
});

test("neither are credentials, nor what is said of the client: heads are rid of it, and servers merge", () => {
  for (const name of [
    "Authorization",
    "cookie",
    "Forwarded",
    "X-Forwarded-For",
    "x_forwarded-PROTO",
    "X-Forwarded_Host",
    "X_Real_IP",
    "x-request-id",
    "Proxy_Authorization",
  ])
    expect([name, chunked(`0\r\n${name}: 1\r\n\r\n`).body.isBad]).toEqual([name, true]);
  for (const name of ["Server-Timing", "Digest", "X-Forwarded", "Grpc-Status", "ETag"])
    expect([name, chunked(`0\r\n${name}: 1\r\n\r\n`).body.isDone]).toEqual([name, true]);
});

test("a body object follows one body after the other", () => {
  const { body } = chunked("bad");
  body.begin(bodyKind.chunked, -1);
  const bytes = bytesOf("0\r\n\r\n");
  expect(body.advance(bytes, 0, bytes.length)).toBe(5);
  expect([body.isDone, body.isBad]).toEqual([true, false]);
});

/** What a body is found to be that comes in pieces of so many bytes: how much of it is its own, how it ended, and its content. */
function inPieces(bytes: Uint8Array, size: number): unknown[] {
  const body = new Body();
  body.begin(bodyKind.chunked, -1);
  const content: number[] = [];
  const plain = {
    add: (of: Uint8Array, start: number, end: number): void => void content.push(...of.subarray(start, end)),
  };
  let next = 0;
  while (next < bytes.length && !body.isDone && !body.isBad)
    next = body.advance(bytes, next, Math.min(next + size, bytes.length), plain);
  expect(body.content).toBe(content.length);
  return [next, body.isDone, body.isBad, body.chunkLeft, Buffer.from(content).toString("latin1")];
}

test("chunks that come whole are found to be what they are byte by byte, and so is what is wrong with them", () => {
  const some = [
    "1\r\na\r\n",
    "0000000000002\r\nab\r\n",
    "a\r\n0\r\n\r\n1\r\n\r\n\r\n",
    "3;x=1\r\nabc\r\n",
    "F\r\n0123456789abcde\r\n",
  ];
  const ends = [
    "0\r\n\r\nGET",
    "0\r\nA: 1\r\n\r\n",
    "00000000000001\r\na\r\n",
    "1\r\nab\r\n",
    "1\ra\r\n",
    "1\na\r\n",
    "2\r\na\r\n",
    "\r\n\r\n",
    ";\r\n",
    "1\r\na\n",
    "1\r\na\r\r",
    "5\r\nab",
    "1",
    "",
  ];
  for (const end of ends) {
    for (let first = 0; first < some.length; first++) {
      const bytes = bytesOf(`${some[first]}${some[(first * 2) % some.length]}${some[(first + 1) % some.length]}${end}`);
      const single = inPieces(bytes, 1);
      for (const size of [2, 3, 7, 11, bytes.length])
        expect([end, first, size, ...inPieces(bytes, size)]).toEqual([end, first, size, ...single]);
    }
  }
});
