import { expect, test } from "bun:test";
import { readHttpFile } from "./httpfile.ts";

const message = (text: string): string => {
  const reading = readHttpFile(text);
  return reading.ok ? "" : reading.message;
};

test("a whole answer, its lines ended in either way, is read as it is", () => {
  for (const end of ["\r\n", "\n"])
    expect(
      readHttpFile(["HTTP/1.0 503 Not Now", "X-A:  b c ", "Retry-After: 5", "", "a\r\nb\n\xff"].join(end)),
    ).toEqual({
      ok: true,
      value: {
        status: 503,
        reason: "Not Now",
        fields: [
          { name: "X-A", value: "b c" },
          { name: "Retry-After", value: "5" },
        ],
        body: "a\r\nb\n\xff",
      },
    });
});

test("fields that say where the message ends, and when it was made, are made anew", () => {
  const fields = ["Content-Length: 5", "connection: close", "Transfer-Encoding: chunked", "Date: yesterday", "A: b"];
  expect(readHttpFile(`HTTP/1.1 200\n${fields.join("\n")}\n\n`)).toMatchObject({
    value: { status: 200, reason: "", fields: [{ name: "A", value: "b" }], body: "" },
  });
});

test("what is no answer is told with its line", () => {
  expect(message("")).toStartWith("must begin with a status line");
  expect(message("<html>")).toEndWith('not "<html>"');
  expect(message("HTTP/1.1 99 x\n\n")).toStartWith("must begin with a status line");
  expect(message("HTTP/1.1 100 Continue\n\n")).toStartWith("has the status 100");
  expect(message("HTTP/1.1 200 OK\nA: b")).toBe("ends before the empty line that comes after the header fields");
  expect(message("HTTP/1.1 200 OK\nA: b\nnonsense\n\n")).toContain('in line 3, not "nonsense"');
  expect(message("HTTP/1.1 200 OK\nA b: c\n\n")).toStartWith("has in line 2 a field that must be the name");
  expect(message("HTTP/1.1 200 OK\nA: b\x01\n\n")).toStartWith("has in line 2 a value that must be");
  expect(message("HTTP/1.1 200 OK\nA: b\n folded\n\n")).toContain("line 3");
  expect(message(`HTTP/1.1 200 OK\n${"A: b\n".repeat(129)}\n`)).toBe("has more than 128 header fields");
  expect(message("HTTP/1.1 204 No Content\n\nx")).toContain("with which no body is sent");
});
