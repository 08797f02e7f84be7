import { expect, test } from "bun:test";
import { Head } from "../../wire/http1/head.ts";
import { parseRequest } from "../../wire/http1/reader.ts";
import { HeadHeaders } from "./headers.ts";

function headers(...lines: string[]): { readonly headers: HeadHeaders; readonly edits: string[] } {
  const bytes = Buffer.from(
    `GET / HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`,
    "latin1",
  );
  const head = new Head(100);
  parseRequest(head, bytes, 0, bytes.length, bytes.length);
  const edits: string[] = [];
  const editField = (operation: string, name: string, value: string): void => {
    edits.push(`${operation} ${name} ${value}`);
  };
  return { headers: new HeadHeaders({ turn: 0, head, editField }), edits };
}

test("fields are read as Headers reads them", () => {
  const { headers: read } = headers("X-A: 1", "Set-Cookie: a=1, b", "x-a: 2", "Set-Cookie: c");
  expect([read.get("x-A"), read.get("none"), read.has("HOST")]).toEqual(["1, 2", null, true]);
  expect(read.getSetCookie()).toEqual(["a=1, b", "c"]);
  expect([...read.keys()]).toEqual(["host", "x-a", "set-cookie", "x-a", "set-cookie"]);
  expect([...read.values()]).toEqual(["a", "1", "a=1, b", "2", "c"]);
  expect(new Map(read).get("x-a")).toBe("2");
  const seen: string[] = [];
  read.forEach((value, name) => void seen.push(`${name}=${value}`));
  expect(seen[0]).toBe("host=a");
});

test("changes are handed on, and those that cannot be are errors", () => {
  const { headers: changed, edits } = headers();
  changed.set("X-A", "1");
  changed.append("x-b", 2);
  changed.delete("x-c");
  changed.set("Host", "b");
  expect(edits).toEqual(["set X-A 1", "add x-b 2", "remove x-c "].concat("set Host b"));
  for (const name of [
    "Connection",
    "te",
    "Content-Length",
    "transfer-encoding",
    "Expect",
    "upgrade",
    "Trailer",
    "Content_Length",
  ])
    expect(() => changed.set(name, "x")).toThrow("is not for hooks to change");
  expect(() => changed.delete("host")).toThrow("is not for hooks to change");
  expect(() => changed.set("a b", "x")).toThrow("is not the name of a field");
  expect(() => changed.get(5 as never)).toThrow("is not the name of a field");
  for (const value of ["x\ny", "\0", "a\x01", "\x7f"])
    expect(() => changed.append("a", value)).toThrow("must be one line without control characters");
  for (const host of ["a b", "a/b", "a:b", "[::1", "user@a", "é", "a:1:2"])
    expect(() => changed.set("Host", host)).toThrow("is not a host");
  expect(edits).toHaveLength(4);
  for (const host of ["", "a:8080", "[::1]:80", "a_b.test", ":80", "a:"]) changed.set("host", host);
  changed.set("a", "x\ty é ÿ");
  expect(edits).toHaveLength(11);
  expect(() => changed.set("X-User", "Müller ☃")).toThrow("the value of X-User must have no character beyond U+00FF");
  for (const value of [undefined, null, true, ["a=1", "b=2"], {}])
    expect(() => changed.append("Set-Cookie", value as never)).toThrow(
      "the value of Set-Cookie must be a text or a number, not",
    );
  expect(edits).toHaveLength(11);
});
