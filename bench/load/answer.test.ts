import { expect, test } from "bun:test";
import { AnswerReader } from "./answer.ts";

interface Read {
  readonly status: number;
  readonly bodyBytes: number;
  readonly isLast: boolean;
  readonly isWhole: boolean;
}

/** In pieces of so many bytes. */
function read(text: string, size: number): Read {
  const reader = new AnswerReader();
  reader.expect();
  const bytes = Buffer.from(text, "latin1");
  let isWhole = false;
  for (let at = 0; at < bytes.length; at += size) isWhole = reader.take(bytes.subarray(at, at + size));
  const { status, bodyBytes, isLast } = reader;
  return { status, bodyBytes, isLast, isWhole: isWhole || reader.end() };
}

const answers: readonly (readonly [string, string, Read])[] = [
  [
    "with a length",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    { status: 200, bodyBytes: 5, isLast: false, isWhole: true },
  ],
  [
    "without a body",
    "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\nConnection: close\r\n\r\n",
    { status: 429, bodyBytes: 0, isLast: true, isWhole: true },
  ],
  [
    "in chunks, with a trailer",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0a;x=1\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
    { status: 200, bodyBytes: 13, isLast: false, isWhole: true },
  ],
  [
    "behind a hint",
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    { status: 204, bodyBytes: 0, isLast: false, isWhole: true },
  ],
  [
    "to the end of the connection",
    "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    { status: 200, bodyBytes: 13, isLast: true, isWhole: true },
  ],
  [
    "that is cut off",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
    { status: 200, bodyBytes: 3, isLast: false, isWhole: false },
  ],
];

for (const [what, text, wanted] of answers)
  test(`an answer ${what} is read, in pieces of any size`, () => {
    for (let size = 1; size <= text.length; size++) expect(read(text, size)).toEqual(wanted);
  });

for (const [what, text] of [
  ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n"],
  ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n"],
  ["a second answer", "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n"],
  ["a chunk without a size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"],
  ["a chunk that is longer than it says", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"],
  ["a head without an end", `HTTP/1.1 200 OK\r\nX: ${"y".repeat(70_000)}`],
] as const)
  test(`${what} is refused`, () => expect(() => read(text, 50)).toThrow());

test("the connection's next answer is read afresh", () => {
  const reader = new AnswerReader();
  for (const [text, status] of [
    ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200],
    ["HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", 429],
  ] as const) {
    reader.expect();
    expect(reader.take(Buffer.from(text))).toBeTrue();
    expect(reader.status).toBe(status);
  }
  expect(() => reader.take(Buffer.from("x"))).toThrow("nobody asked");
});
