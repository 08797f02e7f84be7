// One long table: requests that must be refused, and requests that must be passed on, are the strictness of the proxy as data. Behind
// every refused request hides another one, to /hidden, that a server would see if the two were read apart in the wrong place.
// The techniques are known from published work on request smuggling; the words and the verdicts are ours.

import type { FaultCode } from "../../src/base/fault.ts";

export interface RequestVector {
  readonly name: string;
  readonly bytes: string;
  /** Why it is refused, or the bytes that a server gets for it: "same" when those are the client's own. */
  readonly refused?: FaultCode;
  readonly passed?: string;
}

export const hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

const group = (refused: FaultCode, vectors: Readonly<Record<string, string>>): RequestVector[] =>
  Object.entries(vectors).map(([name, bytes]) => ({ name, bytes: bytes + hidden, refused }));

const head = (...lines: string[]): string => `${lines.join("\r\n")}\r\n\r\n`;
const withFields = (...fields: string[]): string => head("POST / HTTP/1.1", "Host: a", ...fields);
const chunked = (body: string): string => withFields("Transfer-Encoding: chunked") + body;
const long = (letter: string, count: number): string => letter.repeat(count);

const requestLines: RequestVector[] = group("bad_start_line", {
  "a tab before the target": head("GET\t/ HTTP/1.1", "Host: a"),
  "a tab between the parts": head("GET\t/\tHTTP/1.1", "Host: a"),
  "no version (HTTP/0.9)": "GET /\r\n\r\n",
  "a version right behind the method": head("GETHTTP/1.1", "Host: a"),
  "white space before the method": head(" GET / HTTP/1.1", "Host: a"),
  "two empty lines before the request": `\r\n\r\n${head("GET / HTTP/1.1", "Host: a")}`,
  "a bare LF before the request": `\n${head("GET / HTTP/1.1", "Host: a")}`,
  "a bare CR before the request": `\r${head("GET / HTTP/1.1", "Host: a")}`,
  "a NUL before the request": `\u0000${head("GET / HTTP/1.1", "Host: a")}`,
  "white space after the version": head("GET / HTTP/1.1 ", "Host: a"),
  "something after the version": head("GET / HTTP/1.1x", "Host: a"),
  "a version in lower case": head("GET / http/1.1", "Host: a"),
  "another protocol": head("GET / ICY/1.1", "Host: a"),
  "a version with a comma": head("GET / HTTP/1,1", "Host: a"),
  "a version with two digits": head("GET / HTTP/1.10", "Host: a"),
  "no minor version": head("GET / HTTP/1", "Host: a"),
  "a letter in the version": head("GET / HTTP/1.x", "Host: a"),
  "a delimiter in the method": head("GE(T / HTTP/1.1", "Host: a"),
  "a method of bytes beyond ASCII": head("G\u00cbT / HTTP/1.1", "Host: a"),
  "a colon in the method": head("GET: / HTTP/1.1", "Host: a"),
  "a method without an end": `${long("A", 40)} / HTTP/1.1\r\nHost: a\r\n\r\n`,
  "a TLS greeting": "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
});

const versions: RequestVector[] = group("bad_version", {
  "HTTP/2.0": head("GET / HTTP/2.0", "Host: a"),
  "HTTP/1.2": head("GET / HTTP/1.2", "Host: a"),
  "HTTP/0.9 with a version": head("GET / HTTP/0.9", "Host: a"),
  "HTTP/3.1": head("GET / HTTP/3.1", "Host: a"),
  "what begins as the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n",
});

const targets: RequestVector[] = group("bad_target", {
  "two spaces before the target": head("GET  / HTTP/1.1", "Host: a"),
  "no target": head("GET  HTTP/1.1", "Host: a"),
  "a fragment": head("GET /a#b HTTP/1.1", "Host: a"),
  "a byte beyond ASCII": head("GET /\u00e9 HTTP/1.1", "Host: a"),
  "a NUL": head("GET /\u0000 HTTP/1.1", "Host: a"),
  "a DEL": head("GET /\u007f HTTP/1.1", "Host: a"),
  "a tab": head("GET /a\tb HTTP/1.1", "Host: a"),
  "a vertical tab": head("GET /a\u000bb HTTP/1.1", "Host: a"),
  "a path without its slash": head("GET a HTTP/1.1", "Host: a"),
  "a star that is not for OPTIONS": head("GET * HTTP/1.1", "Host: a"),
  "another scheme": head("GET ftp://a/ HTTP/1.1", "Host: a"),
  "a scheme without an authority": head("GET http:/// HTTP/1.1", "Host: a"),
  "user information in the target": head("GET http://user@a/ HTTP/1.1", "Host: a"),
  "a host and port as for CONNECT": head("GET a:80 HTTP/1.1", "Host: a"),
  "a backslash host": head("GET http:\\\\a\\ HTTP/1.1", "Host: a"),
});

const lineEndings: RequestVector[] = [
  ...group("bad_line_ending", {
    "a bare LF after the request line": "GET / HTTP/1.1\nHost: a\r\n\r\n",
    "a bare LF after a field": "GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n",
    "a bare LF as the empty line": "GET / HTTP/1.1\r\nHost: a\r\n\n",
    "a bare CR inside the request line's end": "GET / HTTP/1.1\rX\r\nHost: a\r\n\r\n",
    "a bare CR inside a value": "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
    "a bare CR before Transfer-Encoding": "POST / HTTP/1.1\r\nHost: a\r\nX: 1\rTransfer-Encoding: chunked\r\n\r\n",
    "a bare LF before Transfer-Encoding": "POST / HTTP/1.1\r\nHost: a\r\nX: 1\nTransfer-Encoding: chunked\r\n\r\n",
    "two CR before the LF": "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
    "a bare CR as the empty line": "GET / HTTP/1.1\r\nHost: a\r\n\rX",
  }),
  ...group("bad_start_line", {
    "a bare CR after the target": "GET /\rHTTP/1.1\r\nHost: a\r\n\r\n",
    "a bare LF after the target": "GET /\nHTTP/1.1\r\nHost: a\r\n\r\n",
  }),
];

const fields: RequestVector[] = group("bad_field", {
  "a space before the colon": withFields("Content-Length : 5"),
  "a tab before the colon": withFields("Transfer-Encoding\t: chunked"),
  "a folded value": "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
  "a value folded with a tab": "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\tx\r\n\r\n",
  "a folded first line": "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
  "an empty name": withFields(": value"),
  "a line without a colon": withFields("Transfer-Encoding"),
  "a name in quotes": withFields('"Content-Length": 5'),
  "a NUL in a name": withFields("Content-Length\u0000: 5"),
  "a NUL in a value": withFields("X: a\u0000b"),
  "a control byte in a value": withFields("X: a\u0001b"),
  "a DEL in a value": withFields("X: a\u007fb"),
  "a vertical tab before the value": withFields("Transfer-Encoding:\u000bchunked"),
  "a form feed behind the value": withFields("Transfer-Encoding: chunked\u000c"),
  "a byte beyond ASCII in a name": withFields("Transf\u00ebr-Encoding: chunked"),
  "a space inside a name": withFields("Content Length: 5"),
  "a slash in a name": withFields("Content/Length: 5"),
  "a name in brackets": withFields("[Content-Length]: 5"),
  "Connection with a quoted option": withFields('Connection: "close"'),
  "Connection with a semicolon": withFields("Connection: close;x"),
});

const hosts: RequestVector[] = group("bad_host", {
  "no Host": head("GET / HTTP/1.1"),
  "two Hosts": head("GET / HTTP/1.1", "Host: a", "Host: b"),
  "two Hosts that are the same": head("GET / HTTP/1.1", "Host: a", "Host: a"),
  "two Hosts in one field": head("GET / HTTP/1.1", "Host: a, b"),
  "two Hosts with a space": head("GET / HTTP/1.1", "Host: a b"),
  "a Host with a path": head("GET / HTTP/1.1", "Host: a/b"),
  "a Host with user information": head("GET / HTTP/1.1", "Host: user@a"),
  "a Host with a query": head("GET / HTTP/1.1", "Host: a?b"),
  "a Host with a fragment": head("GET / HTTP/1.1", "Host: a#b"),
  "a Host with a backslash": head("GET / HTTP/1.1", "Host: a\\b"),
  "a Host with a byte beyond ASCII": head("GET / HTTP/1.1", "Host: \u00e4"),
  "a target for another host": head("GET http://b/ HTTP/1.1", "Host: a"),
  "a target for another port": head("GET http://a:81/ HTTP/1.1", "Host: a:80"),
});

const lengths: RequestVector[] = group("bad_content_length", {
  "an empty length": withFields("Content-Length:"),
  "a sign": withFields("Content-Length: +5"),
  "a negative length": withFields("Content-Length: -5"),
  "a fraction": withFields("Content-Length: 5.0"),
  "an exponent": withFields("Content-Length: 5e1"),
  hexadecimal: withFields("Content-Length: 0x5"),
  "a space inside": withFields("Content-Length: 1 0"),
  "an underscore inside": withFields("Content-Length: 1_0"),
  "an underscore in the name, which CGI takes for the same": withFields("Content_Length: 5"),
  "the same beside a true one": withFields("Content-Length: 0", "CONTENT_LENGTH: 5"),
  "a list of two": withFields("Content-Length: 5, 6"),
  "a list of the same": withFields("Content-Length: 5, 5"),
  "a list with an empty member": withFields("Content-Length: 5,"),
  "two that differ": withFields("Content-Length: 0", `Content-Length: ${hidden.length}`),
  "two that differ in writing": withFields("Content-Length: 0", "content-length: 5"),
  "a length in quotes": withFields('Content-Length: "5"'),
  "digits of another script": withFields("Content-Length: \u00b2"),
  "more than a number holds": withFields("Content-Length: 99999999999999999999"),
  "one more than 2^64": withFields("Content-Length: 18446744073709551621"),
  "a letter behind": withFields("Content-Length: 5a"),
});

const encodings: RequestVector[] = [
  ...group("bad_transfer_encoding", {
    "an underscore in the name, which CGI takes for the same": withFields("Transfer_Encoding: chunked"),
    "a length beside chunked": `${withFields("Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n`,
    "chunked beside a length": `${withFields("Transfer-Encoding: chunked", "Content-Length: 5")}0\r\n\r\n`,
    "chunked with a length of zero": `${withFields("Content-Length: 0", "Transfer-Encoding: chunked")}0\r\n\r\n`,
    "chunked twice": withFields("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "chunked twice in a list": withFields("Transfer-Encoding: chunked, chunked"),
    "chunked and identity": withFields("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    "chunked that is not last": withFields("Transfer-Encoding: chunked, gzip"),
    "gzip, then chunked": withFields("Transfer-Encoding: gzip, chunked"),
    identity: withFields("Transfer-Encoding: identity"),
    "an unknown coding": withFields("Transfer-Encoding: xchunked"),
    "half a coding": withFields("Transfer-Encoding: chunke"),
    "chunked in quotes": withFields('Transfer-Encoding: "chunked"'),
    "chunked with a parameter": withFields("Transfer-Encoding: chunked;q=1"),
    "chunked with a comma before": withFields("Transfer-Encoding: ,chunked"),
    "chunked with a comma behind": withFields("Transfer-Encoding: chunked,"),
    "an empty coding": withFields("Transfer-Encoding:"),
    "a coding on a folded line": withFields("Transfer-Encoding:", "\tchunked"),
    "chunked behind a word": withFields("Transfer-Encoding: x chunked"),
    "chunked with a letter beyond ASCII": withFields("Transfer-Encoding: chun\u00eaed"),
    "chunked over HTTP/1.0": head("POST / HTTP/1.0", "Host: a", "Transfer-Encoding: chunked"),
  }),
  ...group("expectation_refused", {
    "an unknown expectation": withFields("Expect: the-spanish-inquisition", "Content-Length: 0"),
    "an expectation behind a word": withFields("Expect: y 100-continue", "Content-Length: 0"),
    "a list of expectations": withFields("Expect: 100-continue, x", "Content-Length: 0"),
    "an empty expectation": withFields("Expect:", "Content-Length: 0"),
  }),
];

const chunks: RequestVector[] = group("bad_chunk", {
  "an empty size": chunked("\r\n"),
  "a size in another base": chunked("0x5\r\nabcde\r\n0\r\n\r\n"),
  "a sign": chunked("+5\r\nabcde\r\n0\r\n\r\n"),
  "a negative size": chunked("-1\r\n"),
  "a space before the size": chunked(" 5\r\nabcde\r\n0\r\n\r\n"),
  "a space behind the size": chunked("5 \r\nabcde\r\n0\r\n\r\n"),
  "a tab before the extension": chunked("5\t;a\r\nabcde\r\n0\r\n\r\n"),
  "an underscore in the size": chunked("0_0\r\n\r\n"),
  "a size that overflows": chunked("10000000000000005\r\nabcde\r\n0\r\n\r\n"),
  "many zeros before the size": chunked("00000000000000005\r\nabcde\r\n0\r\n\r\n"),
  "a bare LF behind the size": chunked("5\nabcde\r\n0\r\n\r\n"),
  "a bare CR behind the size": chunked("5\rabcde\r\n0\r\n\r\n"),
  "a bare LF inside an extension": chunked("5;a\nb\r\nabcde\r\n0\r\n\r\n"),
  "a bare CR inside an extension": chunked("5;a\rb\r\nabcde\r\n0\r\n\r\n"),
  "a NUL inside an extension": chunked("5;a\u0000\r\nabcde\r\n0\r\n\r\n"),
  "extensions without an end": chunked(`5;${long("a", 17_000)}\r\nabcde\r\n0\r\n\r\n`),
  "data longer than its size": chunked("5\r\nabcdef\r\n0\r\n\r\n"),
  "data shorter than its size": chunked("5\r\nabc\r\n0\r\n\r\n"),
  "a bare LF behind the data": chunked("5\r\nabcde\n0\r\n\r\n"),
  "a bare CR behind the data": chunked("5\r\nabcde\r0\r\n\r\n"),
  "nothing behind the data": chunked("5\r\nabcde0\r\n\r\n"),
  "a bare LF behind the last size": chunked("0\n\r\n"),
  "a bare LF as the last line": chunked("0\r\n\n"),
  "a bare LF behind a trailer": chunked("0\r\nX: 1\n\r\n"),
  "a bare CR in a trailer": chunked("0\r\nX: 1\r2\r\n\r\n"),
  "a folded trailer": chunked("0\r\nX: 1\r\n 2\r\n\r\n"),
  "a trailer without a colon": chunked("0\r\nX\r\n\r\n"),
  "a space before a trailer's colon": chunked("0\r\nX : 1\r\n\r\n"),
  "a trailer without a name": chunked("0\r\n: 1\r\n\r\n"),
  "Content-Length as a trailer": chunked("0\r\nContent-Length: 5\r\n\r\n"),
  "Transfer-Encoding as a trailer": chunked("0\r\ntransfer-encoding: chunked\r\n\r\n"),
  "Host as a trailer": chunked("0\r\nHOST: b\r\n\r\n"),
  "trailers without an end": chunked(`0\r\nX: ${long("a", 17_000)}\r\n\r\n`),
});

const sizes: RequestVector[] = [
  ...group("target_too_long", { "a target over the limit": `GET /${long("a", 20_000)} HTTP/1.1\r\nHost: a\r\n\r\n` }),
  ...group("head_too_large", {
    "a field over the limit": withFields(`X: ${long("a", 20_000)}`),
    "a name over the limit": withFields(`${long("a", 20_000)}: 1`),
    "many fields over the limit of bytes": withFields(...Array.from({ length: 90 }, () => `X: ${long("a", 200)}`)),
    "more fields than the limit": withFields(...Array.from({ length: 101 }, () => "X: 1")),
    "white space over the limit": withFields(`X:${long(" ", 20_000)}1`),
  }),
];

const methods: RequestVector[] = group("method_refused", {
  CONNECT: head("CONNECT a:443 HTTP/1.1", "Host: a:443"),
  TRACE: head("TRACE / HTTP/1.1", "Host: a"),
});

const same = (name: string, bytes: string): RequestVector => ({ name, bytes, passed: bytes });

const accepted: RequestVector[] = [
  same("a plain request", head("GET / HTTP/1.1", "Host: a")),
  same("any method that is a token", head("M-SEARCH! /x HTTP/1.1", "Host: a")),
  same("a method in lower case, which is another method", head("get / HTTP/1.1", "Host: a")),
  same("odd but legal bytes in the target", head("GET /%00%2e%2E//..;a?b=<{|}\"^`'>[]\\ HTTP/1.1", "Host: a")),
  same("a target that looks like two", head("GET //b/c HTTP/1.1", "Host: a")),
  same("white space around values", head("GET / HTTP/1.1", "Host:a", "X:  \t a b\t ", "Y:")),
  same("bytes beyond ASCII in a value", head("GET / HTTP/1.1", "Host: a", "X: \u00e9\u00ff\u0080")),
  same("an empty Host", head("GET / HTTP/1.1", "Host:")),
  same("a Host with a port", head("GET / HTTP/1.1", "Host: a.example:8080")),
  same("an IPv6 Host", head("GET / HTTP/1.1", "Host: [::1]:80")),
  same("a GET with a body", `${head("GET / HTTP/1.1", "Host: a", "Content-Length: 3")}abc`),
  same("a length with zeros before it", `${withFields("Content-Length: 003")}abc`),
  same("a length of zero", withFields("Content-Length: 0")),
  same("a POST without a length has no body", withFields()),
  same("chunked in capitals", `${withFields("Transfer-Encoding: CHUNKED")}3\r\nabc\r\n0\r\n\r\n`),
  same("chunked with white space around", `${withFields("Transfer-Encoding: \t chunked \t")}0\r\n\r\n`),
  same("chunk extensions", chunked('3;a=b;c="d e"\r\nabc\r\n0;last\r\n\r\n')),
  same("chunk sizes in both cases, with some zeros", chunked("00a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n")),
  same("trailers", chunked("0\r\nX-Sum: 1\r\nY:\r\n\r\n")),
  same("a body that looks like requests", `${withFields(`Content-Length: ${hidden.length}`)}${hidden}`),
  same("a name one letter off", withFields("Content-Lengthx: 5", "xTransfer-Encoding: chunked")),
  same("a request for HTTP/2 in an ordinary field", head("GET / HTTP/1.1", "Host: a", "HTTP2-Settings: AAMA")),
  {
    name: "one empty line before the request, which is dropped",
    bytes: `\r\n${head("GET / HTTP/1.1", "Host: a")}`,
    passed: head("GET / HTTP/1.1", "Host: a"),
  },
  {
    name: "the same length twice, passed on once",
    bytes: `${withFields("Content-Length: 3", "Content-Length: 3")}abc`,
    passed: `${withFields("Content-Length: 3")}abc`,
  },
  {
    name: "an upgrade to h2c, which is not passed on",
    bytes: head(
      "GET / HTTP/1.1",
      "Host: a",
      "Connection: Upgrade, HTTP2-Settings",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMA",
    ),
    passed: head("GET / HTTP/1.1", "Host: a"),
  },
  {
    name: "an upgrade to h2c in a list, which is not passed on",
    bytes: head("GET / HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket, h2c"),
    passed: head("GET / HTTP/1.1", "Host: a"),
  },
  {
    name: "an upgrade to h2c in a second field, which is not passed on",
    bytes: head("GET / HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket", "Upgrade: H2C"),
    passed: head("GET / HTTP/1.1", "Host: a"),
  },
  {
    name: "an upgrade with a body, which is not passed on",
    bytes: `${head("GET / HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: x", "Content-Length: 1")}a`,
    passed: `${head("GET / HTTP/1.1", "Host: a", "Content-Length: 1")}a`,
  },
  {
    name: "Upgrade without Connection, which is not passed on",
    bytes: head("GET / HTTP/1.1", "Host: a", "Upgrade: websocket"),
    passed: head("GET / HTTP/1.1", "Host: a"),
  },
  {
    name: "framing that Connection names, which stays",
    bytes: `${withFields("Connection: content-length, close", "Content-Length: 3")}abc`,
    passed: `${withFields("Content-Length: 3")}abc`,
  },
  {
    name: "chunked that Connection names, which stays",
    bytes: `${withFields("Connection: Transfer-Encoding", "Transfer-Encoding: chunked")}0\r\n\r\n`,
    passed: `${withFields("Transfer-Encoding: chunked")}0\r\n\r\n`,
  },
  {
    name: "an absolute target, whose path goes on",
    bytes: head("GET HTTP://A:80/b HTTP/1.1", "Host: a:80"),
    passed: head("GET /b HTTP/1.1", "Host: a:80"),
  },
  {
    name: "HTTP/1.0, which goes on as 1.1",
    bytes: head("GET / HTTP/1.0", "Host: a"),
    passed: head("GET / HTTP/1.1", "Host: a"),
  },
];

export const requestVectors: readonly RequestVector[] = [
  ...requestLines,
  ...versions,
  ...targets,
  ...lineEndings,
  ...fields,
  ...hosts,
  ...lengths,
  ...encodings,
  ...chunks,
  ...sizes,
  ...methods,
  ...accepted,
];
