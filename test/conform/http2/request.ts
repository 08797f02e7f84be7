// RFC 9113, section 8, requests: which are malformed, and what the server is told of those that are not.

import { block, type Field, literal, string } from "../../e2e/harness/http2/fields.ts";
import { data, Flag, headers } from "../../e2e/harness/http2/frames.ts";
import { type Asking, asked, type Http2Client } from "../../e2e/harness/http2client.ts";
import type { Told } from "./stand.ts";
import { malformed, ok, protocolError, type Vector } from "./vector.ts";

const both = Flag.endHeaders | Flag.endStream;

/** A request of these fields alone. */
function refused(name: string, ...fields: readonly Field[]): Vector {
  return {
    name: `9113 ${name}`,
    play: (client) => client.send(headers(1, block(...fields), both)),
    outcome: malformed,
  };
}

/** Fields behind those that a request has. */
function refusedField(name: string, ...fields: readonly Field[]): Vector {
  return refused(name, ...asked({ fields }));
}

/** With another value of a pseudo-field. */
function refusedValue(name: string, pseudo: string, value: string): Vector {
  return refused(name, ...asked().map(([each, own]): Field => [each, each === pseudo ? value : own]));
}

/** What the server hears of a request. */
function heard(name: string, request: Asking, isRight: (told: Told) => boolean): Vector {
  return {
    name: `9113 ${name}`,
    play: async (client) => {
      const answer = await client.request({ path: "/request", ...request }, 2500);
      const told = JSON.parse(String(answer.body) || "null") as Told | null;
      if (told === null || !isRight(told)) throw new Error(`${answer.status}, ${answer.end}: ${answer.body}`);
    },
    outcome: ok,
  };
}

const without = (pseudo: string): Field[] => asked().filter(([name]) => name !== pseudo);

const names: readonly Vector[] = [
  refusedField("8.2: a name with an upper-case letter", ["X-Upper", "a"]),
  refusedField("8.2.1: an empty name", ["", "a"]),
  refusedField("8.2.1: a name with a space", ["x a", "b"]),
  refusedField("8.2.1: a name with a colon", ["x:a", "b"]),
  refusedField("8.2.1: a name with CR LF", ["x\r\nhost", "b"]),
  refusedField("8.2.1: a name with NUL", ["x\0a", "b"]),
  refusedField("8.2.1: a name with DEL", ["x\x7fa", "b"]),
  refusedField("8.2.1: a name beyond ASCII", ["x\xe9a", "b"]),
  refusedField("8.2.1: a value with CR LF", ["x-a", "b\r\nx-smuggled: 1"]),
  refusedField("8.2.1: a value with CR", ["x-a", "b\rc"]),
  refusedField("8.2.1: a value with LF", ["x-a", "b\nc"]),
  refusedField("8.2.1: a value with NUL", ["x-a", "b\0c"]),
  refusedField("8.2.1: a value that begins with a space", ["x-a", " b"]),
  refusedField("8.2.1: a value that ends with a tab", ["x-a", "b\t"]),
  heard("8.2.1: an empty value is one", { fields: [["x-empty", ""]] }, ({ fields }) => fields["x-empty"]?.[0] === ""),
];

const connectionFields: readonly Vector[] = [
  ...(
    [
      ["connection", "keep-alive"],
      ["keep-alive", "timeout=5"],
      ["proxy-connection", "keep-alive"],
      ["transfer-encoding", "chunked"],
      ["upgrade", "websocket"],
    ] as const
  ).map((field) => refusedField(`8.2.2: a field of one connection: ${field[0]}`, field)),
  refusedField("8.2.2: TE other than trailers", ["te", "gzip"]),
  refusedField("8.2.2: TE with more than trailers", ["te", "trailers, deflate"]),
  heard("8.2.2: TE: trailers is in order", { fields: [["te", "trailers"]] }, () => true),
  heard(
    "8.2.3: a cookie in crumbs is one field",
    {
      fields: [
        ["cookie", "a=b"],
        ["x-between", "1"],
        ["cookie", "c=d"],
        ["cookie", "e=f"],
      ],
    },
    ({ fields }) => fields["cookie"]?.length === 1 && fields["cookie"][0] === "a=b; c=d; e=f",
  ),
];

const pseudoFields: readonly Vector[] = [
  ...[":method", ":scheme", ":path"].map((name) => refused(`8.3.1: no ${name}`, ...without(name))),
  ...[":method", ":scheme", ":path", ":authority"].map((name) =>
    refused(`8.3: ${name} twice`, asked().find(([each]) => each === name)!, ...asked()),
  ),
  refused("8.3: a pseudo-field that nobody knows", [":wrong", "a"], ...asked()),
  refused("8.3: :status in a request", [":status", "200"], ...asked()),
  refused("8.3: a pseudo-field behind fields", ...without(":path"), ["x-a", "b"], [":path", "/"]),
  refused("8.3: all pseudo-fields behind fields", ["x-a", "b"], ...asked()),
  refusedValue("8.3.1: an empty :path", ":path", ""),
  refusedValue("8.3.1: a :path that begins with no slash", ":path", "a"),
  refusedValue("8.3.1: a :path with a space", ":path", "/a b"),
  refusedValue("8.3.1: a :path with CR LF", ":path", "/ HTTP/1.1\r\nx-smuggled: 1\r\nx:"),
  refusedValue("8.3.1: a :path with NUL", ":path", "/a\0b"),
  refusedValue("8.3.1: a :path of * for GET", ":path", "*"),
  refusedValue("8.3.1: an empty :method", ":method", ""),
  refusedValue("8.3.1: a :method with a space", ":method", "GET /smuggled"),
  refusedValue("8.3.1: a :method with CR LF", ":method", "GET / HTTP/1.1\r\nx:"),
  refusedValue("8.3.1: an empty :scheme", ":scheme", ""),
  refusedValue("8.3.1: a :scheme with CR LF", ":scheme", "http\r\nx"),
  refusedValue("8.3.1: an :authority with a user", ":authority", "user@test"),
  refusedValue("8.3.1: an :authority with CR LF", ":authority", "test\r\nx-smuggled: 1"),
  refusedValue("8.3.1: an :authority with a space", ":authority", "te st"),
  refusedValue("8.3.1: an :authority with a path", ":authority", "test/a"),
  refused("8.3.1: neither :authority nor Host", ...without(":authority")),
  refusedField("8.3.1: a Host that is not the :authority", ["host", "other"]),
  refused("8.3.1: two Hosts", ...without(":authority"), ["host", "a"], ["host", "b"]),
  heard(
    "8.3.1: the :authority is the Host of the server",
    { authority: "shop.test:8080" },
    ({ fields }) => fields["host"]?.join() === "shop.test:8080",
  ),
  heard(
    "8.3.1: a Host that is the :authority too",
    { fields: [["host", "test"]] },
    ({ fields }) => fields["host"]?.join() === "test",
  ),
  {
    name: "9113 8.3.1: a Host alone",
    play: (client) => client.send(headers(1, block(...without(":authority"), ["host", "test"]), both)),
    outcome: ok,
  },
  {
    name: "9113 8.3.1: OPTIONS * is passed on as it is",
    play: async (client, { origin }) => {
      await client.request({ method: "OPTIONS", path: "*" }, 2500);
      if (origin.asked.at(-1)?.target !== "*") throw new Error(`${origin.asked.at(-1)?.head}, ${client.told}`);
    },
    outcome: ok,
  },
  refused("8.5: CONNECT with :scheme and :path", ...asked({ method: "CONNECT" })),
  refused("8.5: CONNECT without :authority", [":method", "CONNECT"]),
  refused("8.5: :protocol that was never offered", [":protocol", "websocket"], ...asked({ method: "CONNECT" })),
];

/** HEADERS without an end, then DATA. */
function body(
  name: string,
  lengths: readonly string[],
  pieces: readonly string[],
  outcome: readonly string[] = malformed,
): Vector {
  const fields = lengths.map((value): Field => ["content-length", value]);
  const head = asked({ method: "POST", path: "/echo", fields });
  return {
    name: `9113 ${name}`,
    play: (client) => {
      client.send(headers(1, block(...head), pieces.length === 0 ? both : Flag.endHeaders));
      pieces.forEach((piece, index) => {
        client.send(data(1, piece, index === pieces.length - 1));
      });
    },
    outcome,
  };
}

const bodies: readonly Vector[] = [
  body("8.1.1: less DATA than Content-Length says", ["5"], ["abc"]),
  // What it says is a whole body: the server may have been asked by then.
  body("8.1.1: more DATA than Content-Length says", ["3"], ["abc", "GET /smuggled HTTP/1.1\r\n\r\n"], [...malformed]),
  body(
    "8.1.1: DATA behind a Content-Length of 0",
    ["0"],
    ["GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"],
    [...malformed],
  ),
  body("8.1.1: no DATA, and a Content-Length", ["5"], []),
  body("8.1.1: two Content-Lengths", ["3", "5"], ["abc"]),
  body("8.1.1: two Content-Lengths in one field", ["3, 5"], ["abc"]),
  body("8.1.1: a Content-Length with a sign", ["+3"], ["abc"]),
  body("8.1.1: a Content-Length that is no number", ["three"], ["abc"]),
  heard(
    "8.1: a body with a length has it at the server",
    { method: "POST", fields: [["content-length", "5"]], body: "hello" },
    ({ fields, body: said }) => fields["content-length"]?.join() === "5" && said === "hello",
  ),
  heard(
    "8.1: a body without a length is in chunks at the server",
    { method: "POST", body: "hello" },
    ({ fields, body: said }) => fields["transfer-encoding"]?.join() === "chunked" && said.includes("hello"),
  ),
  heard(
    "8.1: no body is none",
    { method: "POST", isOpen: false },
    ({ fields, body: said }) => fields["transfer-encoding"] === undefined && said === "",
  ),
  heard(
    "8.1: an empty DATA that ends a stream is no body",
    { method: "POST", body: "" },
    ({ body: said }) => said === "" || said.startsWith("0\r\n"),
  ),
];

const trailed: readonly Field[] = asked({ method: "POST", path: "/echo" });

function trailers(name: string, flags: number, ...fields: readonly Field[]): Vector {
  return {
    name: `9113 ${name}`,
    play: (client: Http2Client) =>
      client.send(headers(1, block(...trailed)), data(1, "abc"), headers(1, block(...fields), flags)),
    outcome: [...malformed, ...protocolError],
  };
}

const ends: readonly Vector[] = [
  trailers("8.1: trailers without END_STREAM", Flag.endHeaders, ["x-sum", "1"]),
  trailers("8.1: a pseudo-field in trailers", both, [":path", "/"]),
  trailers("8.2: a name with an upper-case letter in trailers", both, ["X-Sum", "1"]),
  trailers("8.2.1: a value with CR LF in trailers", both, ["x-sum", "1\r\n\r\nGET /smuggled HTTP/1.1"]),
  trailers("8.2.2: a field of one connection in trailers", both, ["transfer-encoding", "chunked"]),
  heard(
    "8.1: trailers end a request in order",
    { method: "POST", body: "abc", trailers: [["x-sum", "42"]] },
    ({ body: said }) => said.includes("abc") && !said.includes("x-smuggled"),
  ),
  {
    name: "9113 8.1: a value of 8,000 bytes beyond ASCII passes as it is",
    play: async (client) => {
      const value = "\xfc".repeat(8000);
      const fields = Buffer.concat([block(...asked({ path: "/request" })), literal("x-large", value)]);
      if (string(value).length !== 8003) throw new Error("a mistake of this test");
      client.send(headers(1, fields, both));
    },
    outcome: ok,
  },
];

export const requestVectors: readonly Vector[] = [...names, ...connectionFields, ...pseudoFields, ...bodies, ...ends];
