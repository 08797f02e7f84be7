import { expect, test } from "bun:test";
import { commandOf, compileCheck } from "./compilecheck.ts";
import type { CheckInput } from "./input.ts";
import { judge } from "./judge.ts";
import type { CheckPlan } from "./plan.ts";

function planOf(check: CheckInput, mode: "http" | "udp" = "http"): CheckPlan {
  const { config, findings } = judge({
    listeners: { a: { listen: ":1", use: "app", mode } },
    pools: { app: { servers: ["10.0.0.1:1"], check } },
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return compileCheck(config.pools["app"]!.check!);
}

test("what is said and awaited is in bytes", () => {
  expect(planOf({ tcp: true, send: "PING\\r\\n", receive: "+PONG\\r\\n" })).toMatchObject({
    kind: "tcp",
    send: "PING\r\n",
    receive: { kind: "contains", match: "+PONG\r\n" },
    exec: null,
  });
  expect(planOf({ udp: true, send: "\\x00é" }, "udp")).toMatchObject({
    kind: "udp",
    send: "\0\xc3\xa9",
    receive: null,
  });
  expect(planOf({ tcp: true, receive: { starts: "220\\x20" } }).receive).toEqual({ kind: "starts", match: "220 " });
  expect(planOf({ tcp: true, receive: { contains: "ok" } }).receive).toEqual({ kind: "contains", match: "ok" });
  expect(planOf({ tcp: true, receive: { pattern: "^2\\d\\d\\r\\n" } }).receive).toEqual({
    kind: "pattern",
    match: "^2\\d\\d\\r\\n",
  });
});

test("a command is its words, and its output is compared without white space", () => {
  expect(planOf({ exec: " /bin/check  {host} {port} ", output: " 1\n" })).toMatchObject({
    kind: "exec",
    exec: { command: ["/bin/check", "{host}", "{port}"], output: "1" },
  });
  expect(planOf({ exec: ["sh", "-c", "exit 0 # {port}"] }).exec).toEqual({
    command: ["sh", "-c", "exit 0 # {port}"],
    output: null,
  });
  expect(commandOf("  ")).toEqual([]);
});

test("a probe goes over TLS when it says so, or as the traffic", () => {
  expect([true, false, undefined].map((tls) => planOf({ http: "/", tls }).tls)).toEqual([true, false, null]);
});

test("a call of gRPC names its service, or none, and HTTP/2 is only spoken of where the check does", () => {
  expect(planOf({ grpc: true })).toMatchObject({ kind: "grpc", http: null, grpc: { service: "", host: "" } });
  expect(planOf({ grpc: "a.B", host: "a.test" }).grpc).toEqual({ service: "a.B", host: "a.test" });
  expect([true, false].map((http2) => planOf({ http: "/", http2 }).isHttp2)).toEqual([true, false]);
  expect(planOf({ http: "/" })).not.toHaveProperty("isHttp2");
});

test("without a timeout of its own a check has a second, or less where the next comes sooner", () => {
  expect(planOf({ tcp: true }).timeoutMs).toBe(1000);
  expect(planOf({ tcp: true, every: "300ms" }).timeoutMs).toBe(300);
  expect(planOf({ tcp: true, every: "300ms", timeout: "2s" }).timeoutMs).toBe(2000);
});
