import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

const told = (tls: object, mode = "http", listener: object = {}): string[] =>
  judge({
    listeners: { w: { listen: ":80", mode, use: "a", tls: { certificates: "c", ...tls }, ...listener } },
    pools: { a: { servers: ["s:1"] } },
  }).findings.map(
    ({ severity, path, message }) => `${severity} ${keyText(path).replace("listeners.w.tls.", "")} ${message}`,
  );

test("versions run from old to new", () => {
  expect(told({ minVersion: "1.3" })).toEqual([]);
  expect(told({ minVersion: "1.2", maxVersion: "1.2" })).toEqual([]);
  expect(told({ minVersion: "1.3", maxVersion: "1.2" })).toEqual([
    "error minVersion is above maxVersion, which is 1.2",
  ]);
  expect(told({ maxVersion: "1.1" })).toEqual(["error maxVersion is below minVersion, which is 1.2 when absent"]);
  expect(told({ minVersion: "9", maxVersion: "1.1" })).toHaveLength(1);
});

test("a default certificate beside refused names is told, for nobody is shown it for being that", () => {
  expect(told({ default: "a.test", unknownName: "refuse" })).toEqual([
    expect.stringMatching(/^warning default is for clients that unknownName: refuse refuses/),
  ]);
  expect(told({ default: "a.test" })).toEqual([]);
  expect(told({ default: "a.test", unknownName: "default" })).toEqual([]);
  expect(told({ unknownName: "refuse" })).toEqual([]);
});

test("old versions are warned of, and spoken", () => {
  for (const minVersion of ["1.0", "1.1"])
    expect(told({ minVersion })).toEqual([expect.stringContaining(`warning minVersion lets in TLS ${minVersion}`)]);
});

test("a list of ciphers says nothing of TLS 1.3", () => {
  expect(told({ minVersion: "1.3", ciphers: "AES128" })[0]).toStartWith("warning ciphers has no effect");
  expect(told({ ciphers: "ECDHE+AESGCM:!aNULL:@SECLEVEL=1" })).toEqual([]);
});

test("in mode http HTTP/2 and HTTP/1.1 are negotiated, and nothing else", () => {
  expect(told({ alpn: ["h2", "http/1.1"] })).toEqual([]);
  expect(told({ alpn: ["http/1.1", "h3"] })).toEqual([
    'error alpn[1] must be "h2" or "http/1.1" for mode http, not "h3"; in mode tcp the content is passed on, whatever is agreed upon',
  ]);
  expect(told({ alpn: [] })).toEqual([]);
  expect(told({ alpn: ["h2", "mqtt"] }, "tcp")).toEqual([]);
});

test("HTTP/2 is not offered to clients of a TLS that is older than it", () => {
  const errors = (...of: Parameters<typeof told>): string[] => told(...of).filter((line) => line.startsWith("error"));
  for (const minVersion of ["1.0", "1.1"]) {
    expect(errors({ minVersion, alpn: ["http/1.1", "h2"] })).toEqual([
      `error alpn[1] cannot be "h2" beside minVersion ${minVersion}, for HTTP/2 needs TLS 1.2 (RFC 9113): write minVersion 1.2, or leave "h2" out`,
    ]);
    expect(errors({ minVersion })).toEqual([]);
    expect(errors({ minVersion, alpn: ["http/1.1"] })).toEqual([]);
    expect(errors({ minVersion, alpn: ["h2"] }, "tcp")).toEqual([]);
    expect(errors({ minVersion, alpn: ["h2"] }, "http", { http2: false })).toHaveLength(1);
  }
  expect(errors({ minVersion: "1.2", alpn: ["h2"] })).toEqual([]);
});

test("HTTP/2 is not offered where the listener does without it", () => {
  expect(told({ alpn: ["h2", "http/1.1"] }, "http", { http2: false })).toEqual([
    'error alpn[0] cannot be "h2" beside http2: false of the listener',
  ]);
  expect(told({ alpn: ["http/1.1"] }, "http", { http2: false })).toEqual([]);
  expect(told({ alpn: ["h2"] }, "tcp", { http2: false })).toEqual([]);
});
