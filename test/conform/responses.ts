// Answers of servers that must not be passed on, and those that must be, as data. What cannot be understood in one way ends in
// 502 if the client was told nothing yet, and in a connection that visibly breaks otherwise.

export interface ResponseVector {
  readonly name: string;
  /** The request's method; GET when it is not said. */
  readonly method?: "GET" | "HEAD";
  readonly bytes: string;
  /** The server ends its connection behind these bytes. */
  readonly isEnded?: boolean;
  /** 502; "cut": the client's connection breaks; otherwise what the client gets, "same" for the server's own bytes. */
  readonly outcome: "502" | "cut" | { readonly passed: string };
}

const withFields = (...fields: string[]): string => ["HTTP/1.1 200 OK", ...fields, "", ""].join("\r\n");
const statusLine = (line: string): string => `${line}\r\nContent-Length: 0\r\n\r\n`;
const broken = (vectors: Readonly<Record<string, string>>): ResponseVector[] =>
  Object.entries(vectors).map(([name, bytes]) => ({ name, bytes, outcome: "502" }));
const cut = (vectors: Readonly<Record<string, string>>): ResponseVector[] =>
  Object.entries(vectors).map(([name, bytes]) => ({ name, bytes, isEnded: true, outcome: "cut" }));
const passed = (name: string, bytes: string, method: "GET" | "HEAD" = "GET"): ResponseVector => ({
  name,
  bytes,
  method,
  outcome: { passed: bytes },
});

export const responseVectors: readonly ResponseVector[] = [
  ...broken({
    "another protocol": "SSH-2.0-x\r\n\r\n",
    "HTTP/2": statusLine("HTTP/2.0 200 OK"),
    "HTTP/1.2": statusLine("HTTP/1.2 200 OK"),
    "HTTP/0.9": "<html>hello</html>\r\n\r\n",
    "an empty line before the status line": `\r\n${statusLine("HTTP/1.1 200 OK")}`,
    "a status of two digits": statusLine("HTTP/1.1 20 OK"),
    "a status of four digits": statusLine("HTTP/1.1 2000 OK"),
    "a status that is no number": statusLine("HTTP/1.1 2x0 OK"),
    "a status below 100": statusLine("HTTP/1.1 099 OK"),
    "two spaces before the status": statusLine("HTTP/1.1  200 OK"),
    "a tab before the status": statusLine("HTTP/1.1\t200 OK"),
    "a control byte in the reason": statusLine("HTTP/1.1 200 O\u0000K"),
    "a bare LF behind the status line": "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
    "a bare LF behind a field": "HTTP/1.1 200 OK\r\nX: 1\nContent-Length: 0\r\n\r\n",
    "a bare CR in a value": withFields("X: a\rb", "Content-Length: 0"),
    "a bare LF as the empty line": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n",
    "a space before the colon": withFields("Content-Length : 0"),
    "a folded value": withFields("X: 1", " 2", "Content-Length: 0"),
    "an empty name": withFields(": 1"),
    "a NUL in a value": withFields("X: \u0000"),
    "two lengths that differ": withFields("Content-Length: 1", "Content-Length: 2"),
    "a list of lengths": withFields("Content-Length: 1, 1"),
    "a length with a sign": withFields("Content-Length: +1"),
    "an empty length": withFields("Content-Length:"),
    "a length beside chunked": withFields("Content-Length: 5", "Transfer-Encoding: chunked"),
    "chunked twice": withFields("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "a coding that is not chunked": withFields("Transfer-Encoding: gzip"),
    "gzip, then chunked": withFields("Transfer-Encoding: gzip, chunked"),
    "chunked over HTTP/1.0": "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked in 204": "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length in 204": "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n",
    "a length in 103": "HTTP/1.1 103 Hints\r\nContent-Length: 5\r\n\r\n",
    "101 that nobody asked for": "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "a head over the limit": withFields(`X: ${"a".repeat(20_000)}`, "Content-Length: 0"),
    "more fields than the limit": withFields(...Array.from({ length: 101 }, () => "X: 1"), "Content-Length: 0"),
    "no end of interim responses": "HTTP/1.1 102 Processing\r\n\r\n".repeat(50),
  }),
  { name: "an end inside the head", bytes: "HTTP/1.1 200 OK\r\nContent-Le", isEnded: true, outcome: "502" },
  ...cut({
    "an end inside a body with a length": `${withFields("Content-Length: 5")}abc`,
    "an end inside a chunk": `${withFields("Transfer-Encoding: chunked")}5\r\nabc`,
    "an end between chunks": `${withFields("Transfer-Encoding: chunked")}3\r\nabc\r\n`,
    "an end before the last line": `${withFields("Transfer-Encoding: chunked")}0\r\n`,
    "an end right behind the head": withFields("Content-Length: 5"),
  }),
  passed("a body with a length", `${withFields("Content-Length: 3")}abc`),
  passed("no reason", `HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n`),
  passed("no space before no reason", statusLine("HTTP/1.1 200")),
  passed("a reason beyond ASCII", statusLine("HTTP/1.1 200 D\u00e9j\u00e0 vu")),
  passed("a status that is not registered", statusLine("HTTP/1.1 799 Odd")),
  passed("several Set-Cookie", withFields("Set-Cookie: a=1", "X: 1", "Set-Cookie: a=1", "Content-Length: 0")),
  passed("bytes beyond ASCII in a value", withFields("X: \u00ff", "Content-Length: 0")),
  passed(
    "chunks with extensions and trailers",
    `${withFields("Transfer-Encoding: chunked")}3;a\r\nabc\r\n0\r\nX: 1\r\n\r\n`,
  ),
  passed("304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
  passed("204 with a length of zero", "HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n"),
  passed("a HEAD's length", withFields("Content-Length: 5"), "HEAD"),
  {
    name: "a body that its connection ends",
    bytes: "HTTP/1.1 200 OK\r\n\r\nabc",
    isEnded: true,
    outcome: { passed: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" },
  },
  {
    name: "HTTP/1.0 that its connection ends",
    bytes: "HTTP/1.0 200 OK\r\n\r\n",
    isEnded: true,
    outcome: { passed: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
  },
  {
    name: "interim responses, then the answer",
    bytes: `HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\n${statusLine("HTTP/1.1 200 OK")}`,
    outcome: { passed: `HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\n${statusLine("HTTP/1.1 200 OK")}` },
  },
  {
    name: "bytes behind the answer, which go nowhere",
    bytes: `${statusLine("HTTP/1.1 200 OK")}HTTP/1.1 200 OK\r\n\r\n`,
    outcome: { passed: statusLine("HTTP/1.1 200 OK") },
  },
  {
    name: "fields of the connection, which stay behind",
    bytes: withFields("Connection: close, x", "X: 1", "Keep-Alive: 5", "Proxy-Connection: x", "Content-Length: 0"),
    outcome: { passed: withFields("Content-Length: 0") },
  },
];
