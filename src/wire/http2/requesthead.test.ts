// What a request of HTTP/2 is written as, and every reason for which it is not, together in one file: RFC 9113 section 8, line by line.

import { expect, test } from "bun:test";
import type { Field } from "../../../test/conform/hpacktables.ts";
import { checkRequest, checkTrailers, headOf, judge, sectionOf } from "../../../test/fuzz/fieldsections.ts";
import { Prng } from "../../base/prng.ts";
import { Output } from "../http1/writer.ts";
import { writeTrailers } from "./requesthead.ts";

const get: readonly Field[] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", "a.example"],
  [":path", "/"],
];

interface How {
  readonly isEndStream?: boolean;
  readonly isForProxy?: boolean;
}

/** The head, with a line for each line; or why there is none. */
function written(fields: readonly Field[], { isEndStream = true, isForProxy = false }: How = {}): string[] | string {
  const asked = { fields, isEndStream, isForProxy };
  const head = headOf(asked);
  // What the model and the parser say of it agrees, whatever is expected here.
  judge(asked);
  if ("problem" in head) return head.problem;
  expect(head.text.endsWith("\r\n\r\n")).toBe(true);
  return head.text.slice(0, -4).split("\r\n");
}

/** `get` with some of its fields replaced, or left out. */
function but(changes: Readonly<Record<string, string | null>>, ...others: Field[]): Field[] {
  const changed = get.map(([name, value]) => [name, name in changes ? changes[name]! : value] as const);
  return [...changed.filter(([, value]) => value !== null), ...others] as Field[];
}

/** Behind the fields of `get`. */
const plus = (...others: Field[]): string[] | string => written([...get, ...others]);
const start = ["GET / HTTP/1.1", "host: a.example"];

test("an ordinary request is the head that says the same", () => {
  expect(written(get)).toEqual(start);
  expect(
    written([
      [":path", "/a/b?c=d&e=%20"],
      [":authority", "A.example:8443"],
      [":method", "DELETE"],
      [":scheme", "http"],
      ["user-agent", "curl/8 (x; y)"],
      ["accept", "*/*"],
      ["x-empty", ""],
      ["x-bytes", "\x80\t\xff~!"],
      ["accept", "text/html"],
    ]),
  ).toEqual([
    "DELETE /a/b?c=d&e=%20 HTTP/1.1",
    "host: A.example:8443",
    "user-agent: curl/8 (x; y)",
    "accept: */*",
    "x-empty: ",
    "x-bytes: \x80\t\xff~!",
    "accept: text/html",
  ]);
  expect(written(but({ ":authority": "[2001:db8::1]:443" }))).toEqual(["GET / HTTP/1.1", "host: [2001:db8::1]:443"]);
  expect(written(but({ ":method": "OPTIONS", ":path": "*" }))).toEqual(["OPTIONS * HTTP/1.1", "host: a.example"]);
  // What the parser refuses is written, if it is whole and of one line.
  expect(written(but({ ":path": "*" }))).toEqual(["GET * HTTP/1.1", "host: a.example"]);
});

test("content without a length is in chunks, and no other", () => {
  const post = but({ ":method": "POST" });
  const head = ["POST / HTTP/1.1", "host: a.example"];
  const length: Field = ["content-length", "5"];
  expect(written(post)).toEqual(head);
  expect(written(post, { isEndStream: false })).toEqual([...head, "transfer-encoding: chunked"]);
  expect(written([...post, length])).toEqual([...head, "content-length: 5"]);
  expect(written([...post, length], { isEndStream: false })).toEqual([...head, "content-length: 5"]);
  expect(written([...post, ["content-length", ""]], { isEndStream: false })).toEqual([...head, "content-length: "]);
  expect(written([...post, ["x-content-length", "5"]], { isEndStream: false })).toEqual([
    ...head,
    "x-content-length: 5",
    "transfer-encoding: chunked",
  ]);
});

test("cookies are put together again, behind the other fields (section 8.2.3)", () => {
  expect(plus(["cookie", "a=b"])).toEqual([...start, "cookie: a=b"]);
  expect(plus(["cookie", "a=b"], ["accept", "*/*"], ["cookie", "c=d; e=f"], ["cookie", "g"])).toEqual([
    ...start,
    "accept: */*",
    "cookie: a=b; c=d; e=f; g",
  ]);
  expect(plus(["cookie", ""])).toEqual([...start, "cookie: "]);
  expect(plus(["cookies", "a"], ["cookie2", "b"])).toEqual([...start, "cookies: a", "cookie2: b"]);
  // Each crumb is looked at.
  expect(plus(["cookie", "a=b"], ["cookie", "c\r\nx: y"])).toBe("bad_field");
  expect(plus(["cookie", " a=b"])).toBe("bad_field");
});

test("Host is the authority's, or says the same (section 8.3.1)", () => {
  expect(plus(["host", "a.example"], ["accept", "*/*"], ["host", "A.EXAMPLE"])).toEqual([...start, "accept: */*"]);
  for (const host of ["b.example", "a.example:443", "a.exampl", "a.example.", "", "a.example, b", "a\x0eexample"])
    expect([host, plus(["host", host])]).toEqual([host, "bad_host"]);
  // Bit 0x20 is that of case in letters only.
  expect(written(but({ ":authority": "[::1]" }, ["host", "{::1}"]))).toBe("bad_host");
  expect(written(but({ ":authority": null }, ["accept", "*/*"], ["host", "b"]))).toEqual([
    "GET / HTTP/1.1",
    "accept: */*",
    "host: b",
  ]);
  expect(written(but({ ":authority": null }, ["host", ""]))).toBe("bad_host");
  expect(written(but({ ":authority": "" }))).toBe("bad_host");
  expect(judge({ fields: but({ ":authority": null }), isEndStream: true, isForProxy: false })).toBe("bad_host");
});

test("a forward proxy is asked by the absolute form", () => {
  const toProxy = { isForProxy: true };
  expect(written(but({ ":path": "/a?b" }), toProxy)).toEqual(["GET https://a.example/a?b HTTP/1.1", "host: a.example"]);
  expect(written(but({ ":scheme": "ftp" }), toProxy)).toEqual(["GET ftp://a.example/ HTTP/1.1", "host: a.example"]);
  expect(written(but({ ":method": "OPTIONS", ":path": "*" }), toProxy)).toEqual([
    "OPTIONS * HTTP/1.1",
    "host: a.example",
  ]);
  expect(written(but({ ":authority": null }, ["host", "b"]), toProxy)).toEqual(["GET / HTTP/1.1", "host: b"]);
  // Its path stays a path, whatever it looks like.
  expect(written(but({ ":path": "//b/" }), toProxy)).toEqual(["GET https://a.example//b/ HTTP/1.1", "host: a.example"]);
});

test("CONNECT has an authority and nothing else (section 8.5)", () => {
  const tunnel: Field[] = [
    [":method", "CONNECT"],
    [":authority", "a.example:443"],
  ];
  const head = ["CONNECT a.example:443 HTTP/1.1", "host: a.example:443"];
  for (const isForProxy of [false, true])
    for (const isEndStream of [false, true]) expect(written(tunnel, { isForProxy, isEndStream })).toEqual(head);
  expect(written([...tunnel, ["proxy-authorization", "Basic eA=="], ["host", "a.example:443"]])).toEqual([
    ...head,
    "proxy-authorization: Basic eA==",
  ]);
  for (const fields of [
    [...tunnel, [":scheme", "https"]],
    [...tunnel, [":path", "/"]],
    [...tunnel, [":scheme", "https"], [":path", "/"]],
    [tunnel[0]!],
    [tunnel[0]!, ["host", "a.example:443"]],
  ] as Field[][])
    expect(written(fields)).toBe("bad_target");
  // Extended CONNECT is nothing that we have said we know (RFC 8441).
  expect(written([...but({ ":method": "CONNECT" }), [":protocol", "websocket"]])).toBe("bad_field");
  expect(written([...tunnel, ["host", "b.example"]])).toBe("bad_host");
  // Methods have case.
  expect(written(but({ ":method": "connect" }))).toEqual(["connect / HTTP/1.1", "host: a.example"]);
  expect(written([[":method", "Connect"], tunnel[1]!])).toBe("bad_target");
});

test("pseudo-fields are those of requests, once each, before all others, in any order", () => {
  for (const [name, problem] of [
    [":method", "bad_start_line"],
    [":scheme", "bad_target"],
    [":path", "bad_target"],
  ] as const)
    expect([name, written(but({ [name]: null }))]).toEqual([name, problem]);
  expect(written([])).toBe("bad_start_line");
  for (const [name, value] of get) {
    // Twice, with the same value too.
    expect(written([...get, [name, value]])).toBe("bad_field");
    expect(written([[name, "/x"], ...get])).toBe("bad_field");
    // Behind another field.
    expect(written([...get.filter((field) => field[0] !== name), ["accept", "*/*"], [name, value]])).not.toBeArray();
    expect(written([...get, ["accept", "*/*"], [name, value]])).toBe("bad_field");
  }
  expect(written([["accept", "*/*"], ...get])).toBe("bad_start_line");
  for (const name of [":status", ":protocol", ":", ":Method", ":METHOD", ":methods", ":metho", "::path", ":host"]) {
    expect([name, written([[name, "x"], ...get])]).toEqual([name, "bad_field"]);
    expect([name, written([...get, [name, "x"]])]).toEqual([name, "bad_field"]);
  }
  expect(written([...get].reverse())).toEqual(start);
});

test("names are tokens in small letters (section 8.2.1)", () => {
  for (let code = 0; code < 256; code++) {
    const letter = String.fromCharCode(code);
    const isRight = /[!#$%&'*+\-.^_`|~0-9a-z]/.test(letter);
    for (const name of [`${letter}x-a`, `x${letter}a`, `x-a${letter}`, letter])
      expect([name, plus([name, "v"])]).toEqual([name, isRight ? [...start, `${name}: v`] : "bad_field"]);
  }
  expect(plus(["", "v"])).toBe("bad_field");
  // A name without bytes, before a value that looks like one.
  expect(plus(["", ":method"])).toBe("bad_field");
  expect(plus(["Host", "a.example"])).toBe("bad_field");
  expect(plus(["Cookie", "a=b"])).toBe("bad_field");
  expect(plus(["cookie", "a=b"], ["cookIe", "c=d"])).toBe("bad_field");
  expect(written(but({ ":authority": null }, ["hosT", "a.example"]))).toBe("bad_field");
  // "\r" is "-" to who sets the bit of case.
  expect(plus(["content\rlength", "5"])).toBe("bad_field");
});

test("values hold no line end, no NUL and no other control, and no white space at their ends (section 8.2.1)", () => {
  for (let code = 0; code < 256; code++) {
    const letter = String.fromCharCode(code);
    const isRight = code === 0x09 || (code >= 0x20 && code !== 0x7f);
    const isBlank = letter === " " || letter === "\t";
    expect([code, plus(["x", `a${letter}b`])]).toEqual([code, isRight ? [...start, `x: a${letter}b`] : "bad_field"]);
    for (const value of [`${letter}b`, `a${letter}`, letter])
      expect([value, plus(["x", value])]).toEqual([
        value,
        isRight && !isBlank ? [...start, `x: ${value}`] : "bad_field",
      ]);
  }
  // Nor where a field is left out or put elsewhere.
  for (const name of ["host", "cookie", "te", "content-length", "accept"])
    for (const value of ["a.example\r\nx: y", "a\0", "a\nb", "a "])
      expect(plus([name, value])).toBe(name === "host" ? "bad_host" : "bad_field");
});

test("no byte that ends a part of the start line is in one", () => {
  const allowed: Readonly<Record<string, RegExp>> = {
    ":method": /[!#$%&'*+\-.^_`|~0-9A-Za-z]/,
    ":scheme": /[A-Za-z0-9+.-]/,
    ":authority": /[A-Za-z0-9\-._~!$&'()*+;=%:[\]]/,
    ":path": /[!"$-~]/,
  };
  const problems: Readonly<Record<string, string>> = { ":method": "bad_start_line", ":authority": "bad_host" };
  for (const [name, value] of get)
    for (let code = 0; code < 256; code++) {
      const letter = String.fromCharCode(code);
      const places = [value + letter, value.slice(0, 1) + letter + value.slice(1), letter + value];
      for (const [at, text] of places.entries()) {
        // A path begins with a slash.
        const isRight = allowed[name]!.test(letter) && (name !== ":path" || at < 2 || letter === "/");
        const answer = written(but({ [name]: text }));
        if (isRight) expect([name, code, Array.isArray(answer) && answer.length]).toEqual([name, code, 2]);
        else expect([name, code, answer]).toEqual([name, code, problems[name] ?? "bad_target"]);
      }
    }
  for (const [name] of get)
    expect([name, written(but({ [name]: "" }))]).toEqual([name, problems[name] ?? "bad_target"]);
  for (const path of ["a", "http://a.example/", "**", "*/", "?a", "a/b"])
    expect([path, written(but({ ":path": path }))]).toEqual([path, "bad_target"]);
  for (const authority of ["user@a.example", "user:password@a.example", "a,b", "a/b", "a?b", "a#b", "a b"])
    expect([authority, written(but({ ":authority": authority }))]).toEqual([authority, "bad_host"]);
});

test("fields of a connection of HTTP/1.1 are none of a request (section 8.2.2)", () => {
  for (const [name, value] of [
    ["connection", "close"],
    ["connection", ""],
    ["keep-alive", "timeout=5"],
    ["proxy-connection", "keep-alive"],
    ["transfer-encoding", "chunked"],
    ["transfer-encoding", "identity"],
    ["upgrade", "h2c"],
    ["te", "gzip"],
    ["te", ""],
    ["te", "trailers, gzip"],
    ["te", "trailers;q=1"],
  ] as const) {
    expect([name, plus([name, value])]).toEqual([name, "bad_field"]);
    expect([name, plus(["accept", "*/*"], [name, value], ["cookie", "a"])]).toEqual([name, "bad_field"]);
  }
  expect(plus(["te", "trailers"])).toEqual([...start, "te: trailers"]);
});

test("what would frame a message in another way is refused by the parser", () => {
  const verdict = (...fields: Field[]): string =>
    judge({ fields: [...get, ...fields], isEndStream: false, isForProxy: false });
  expect(verdict(["content-length", "5"])).toBe("read");
  for (const value of ["", "+5", "-1", "5, 5", "5 5", "0x5", "9".repeat(16)])
    expect([value, verdict(["content-length", value])]).toEqual([value, "bad_content_length"]);
  expect(verdict(["content-length", "5"], ["content-length", "6"])).toBe("bad_content_length");
  expect(verdict(["content_length", "5"])).toBe("bad_content_length");
  expect(verdict(["transfer_encoding", "chunked"])).toBe("bad_transfer_encoding");
  expect(verdict(["expect", "more"])).toBe("expectation_refused");
});

/** The lines that trailers are written as, or null. */
function linesOf(fields: readonly Field[]): string | null {
  const output = new Output(1);
  output.latin1("0\r\n");
  if (!writeTrailers(output, sectionOf(fields))) return null;
  return Buffer.from(output.bytes.subarray(3, output.length)).toString("latin1");
}

test("trailers are lines, and hold what a head may hold", () => {
  expect(linesOf([])).toBe("");
  expect(
    linesOf([
      ["grpc-status", "0"],
      ["x", ""],
      ["te", "trailers"],
      ["x", "\xff y"],
    ]),
  ).toBe("grpc-status: 0\r\nx: \r\nte: trailers\r\nx: \xff y\r\n");
  for (const field of [
    [":path", "/"],
    [":status", "200"],
    ["", "a"],
    ["X", "a"],
    ["x y", "a"],
    ["x:", "a"],
    ["x\r\ny", "a"],
    ["x", "a\r\ny: b"],
    ["x", "a\r\n\r\nGET / HTTP/1.1"],
    ["x", "\n"],
    ["x", "\0"],
    ["x", " a"],
    ["x", "a\t"],
    ["connection", "close"],
    ["transfer-encoding", "chunked"],
    ["te", "gzip"],
  ] as const) {
    expect([field, linesOf([field])]).toEqual([field, null]);
    expect([field, linesOf([["a", "b"], field, ["c", "d"]])]).toEqual([field, null]);
  }
});

test("random requests are refused, or read by the parser as what they say and nothing else", () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 4000; seed++) {
    const verdict = checkRequest(new Prng(seed));
    seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
  }
  expect(seen.get("read")).toBeGreaterThan(800);
  expect(seen.get("malformed")).toBeGreaterThan(800);
  for (const code of ["bad_start_line", "bad_target", "bad_host", "bad_content_length", "bad_transfer_encoding"])
    expect([code, seen.has(code)]).toEqual([code, true]);
});

test("random trailers are refused, or followed to their end as the lines that they are", () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 2000; seed++) {
    const verdict = checkTrailers(new Prng(seed));
    seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
  }
  for (const verdict of ["read", "refused", "malformed"]) expect(seen.get(verdict) ?? 0).toBeGreaterThan(200);
});
