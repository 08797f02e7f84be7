import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

const told = (check: object, mode = "http"): string[] =>
  judge({
    listeners: { w: { listen: ":80", mode, use: "a" } },
    pools: { a: { servers: ["s:1"], check } },
  }).findings.map(
    ({ severity, path, message }) => `${severity} ${keyText(path).replace("pools.a.check.", "")} ${message}`,
  );

test("a check is of one kind", () => {
  expect(told({})[0]).toStartWith("error pools.a.check must say what to check");
  expect(told({ tcp: true, http: "/", udp: true })).toEqual([
    "error tcp cannot stand beside http: write one of them",
    "error udp cannot stand beside http: write one of them",
  ]);
  for (const check of [{ tcp: true }, { http: "/" }, { exec: "true" }, { grpc: true }, { grpc: "a.B" }])
    expect(told(check)).toEqual([]);
  expect(told({ udp: true }, "udp")).toEqual([]);
});

test("each kind has keys of its own", () => {
  const keys = { expect: 200, method: "GET", host: "a", send: "x", receive: "x", output: "x", tls: true, http2: true };
  const fits: [object, string, string[]][] = [
    [{ http: "/" }, "http", ["expect", "method", "host", "tls", "http2"]],
    [{ grpc: true }, "http", ["host", "tls"]],
    [{ tcp: true }, "http", ["send", "receive", "tls"]],
    [{ udp: true }, "udp", ["send", "receive"]],
    [{ exec: "true" }, "http", ["output"]],
  ];
  for (const [kind, mode, fit] of fits)
    expect(told({ ...kind, ...keys }, mode).map((line) => line.split(" ")[1])).toEqual(
      Object.keys(keys).filter((key) => !fit.includes(key)),
    );
});

test("datagrams are answered when they were sent, and asked for where they are used", () => {
  expect(told({ udp: true, receive: "x" }, "udp")[0]).toStartWith("error receive needs send");
  expect(told({ tcp: true, receive: "220" })).toEqual([]);
  expect(told({ udp: true })[0]).toStartWith("warning udp is not how these servers are used");
  expect(told({ tcp: true }, "udp")[0]).toStartWith("warning tcp is over TCP");
  expect(told({ http: "/", port: 8080 }, "udp")).toEqual([]);
});

test("no shell reads a command", () => {
  expect(told({ exec: "check 'a b'" })[0]).toContain("only a shell would read");
  expect(told({ exec: ["sh", "-c", "a | b > $c"] })).toEqual([]);
  expect(told({ exec: "   " })[0]).toContain("not only spaces");
  expect(told({ exec: "check {hots}" })[0]).toStartWith("warning exec has {hots}");
  expect(told({ exec: ["check", '{"a":1}', "{HOST}"] })).toEqual([expect.stringContaining("exec[2] has {HOST}")]);
  expect(told({ exec: ["check", "{host}:{port}"] })).toEqual([]);
});

test("an answer is looked for in one way", () => {
  const receive = (value: unknown): string[] => told({ tcp: true, receive: value });
  expect(receive({})[0]).toContain("must have one of starts, contains and pattern");
  expect(receive({ starts: "a", pattern: "a" })[0]).toStartWith("error receive.pattern cannot stand beside starts");
  expect(receive({ pattern: "[" })[0]).toContain("missing terminating ]");
  expect(receive({ pattern: "^\\+PONG" })).toEqual([]);
});
