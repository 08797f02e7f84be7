import { expect, test } from "bun:test";
import { partsOf, tried } from "./translated.fixture.ts";

const server = "server a 127.0.0.1:9101";
const gzip = "compression algo gzip";
const html = "compression type text/html text/plain";
const approximated =
  "warning compression is approximated: bodies from 1 kB on are compressed, whatever their status; HAProxy compresses shorter ones too, and those of 200 to 203 only";

test("what a frontend says is its listener's, what a backend says its pool's", () => {
  const front = partsOf([gzip, html]);
  expect([front.listener.compress, front.pool.compress]).toEqual([
    { codings: ["gzip"], types: ["text/html", "text/plain"] },
    undefined,
  ]);
  expect(front.told).toEqual([approximated]);
  const back = partsOf([], [gzip, "compression type TEXT text/css;charset=x", server]);
  expect([back.listener.compress, back.pool.compress]).toEqual([
    undefined,
    { codings: ["gzip"], types: ["text/*", "text/css"] },
  ]);
});

test("algorithms and types come from the backend, each for itself, else from the frontend", () => {
  const types = partsOf([gzip, html], ["compression type text/css", server]);
  expect(types.listener.compress).toEqual({ codings: ["gzip"], types: ["text/html", "text/plain"] });
  expect(types.pool.compress).toEqual({ codings: ["gzip"], types: ["text/css"] });
  const algorithm = partsOf([html], [gzip, server]);
  expect([algorithm.listener.compress, algorithm.pool.compress]).toEqual([
    undefined,
    { codings: ["gzip"], types: ["text/html", "text/plain"] },
  ]);
  expect(partsOf([], [html, server]).pool.compress).toBeUndefined();
  const none = partsOf([gzip, html], ["compression algo identity", server]);
  expect([none.listener.compress, none.pool.compress]).toEqual([
    { codings: ["gzip"], types: ["text/html", "text/plain"] },
    false,
  ]);
});

test("what both have of their defaults is the listener's", () => {
  const { input } = tried(
    `defaults\n mode http\n ${gzip}\n ${html}\n timeout client 1s\n timeout server 1s\n timeout connect 1s\nlisten x\n bind :1\n server a a:1`,
  );
  expect(input.listeners["x"]?.compress).toEqual({ codings: ["gzip"], types: ["text/html", "text/plain"] });
  expect(input.pools?.["x"]?.compress).toBeUndefined();
});

test("a backend is not two: the first frontend counts, and that is told", () => {
  const front = (name: string, line: string): string =>
    `frontend ${name}\n bind :1${name}\n ${line}\n default_backend b\n`;
  const { input, told } = tried(
    `defaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n${front("1", gzip)}${front("2", "maxconn 9")}backend b\n ${html}\n server a a:1`,
  );
  expect(input.pools?.["b"]?.compress).toEqual({ codings: ["gzip"], types: ["text/html", "text/plain"] });
  expect(told.filter((line) => line.startsWith("15:"))).toEqual([
    "15:2 warning compression is approximated: what is compressed differs by frontend in HAProxy; here it is the same for all, as by the first that leads here",
  ]);
});

test.each([
  ["compression algo identity", []],
  [
    "compression algo deflate",
    [
      approximated,
      "warning deflate is approximated: deflate is not offered; gzip is",
      "warning deflate is approximated: without compression type texts, JSON, JavaScript, XML, WebAssembly and SVG are compressed; HAProxy compresses everything",
    ],
  ],
  [
    "compression offload",
    ["warning compression is approximated: servers see Accept-Encoding, and may compress by themselves"],
  ],
  ["compression type 1", ["warning 1 is approximated: it is no media type, and nothing is compressed for it"]],
  ["compression type", ["error type needs a media type, such as text/html"]],
  ["compression", ["error compression must be compression algo, type or offload, as in HAProxy"]],
  ["compression direction both", ["error direction must be compression algo, type or offload, as in HAProxy"]],
  ["filter compression", []],
])("%s is told", (line, told) => {
  expect(partsOf([line]).told).toEqual(told);
});
