import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

function told(discover: unknown, more: object = {}): string[] {
  const { findings } = judge({ listeners: { w: { listen: ":80", use: "a" } }, pools: { a: { discover, ...more } } });
  return findings.map(
    ({ severity, path, message }) => `${severity} ${keyText(path).replace("pools.a.", "")} ${message}`,
  );
}

test("a source is of exactly one kind, and two of a pool are not the same", () => {
  expect(told({ interval: "5s" })).toEqual([
    "error discover must name whom to ask: one of file, dns, http, exec, docker, kubernetes, consul, registry",
  ]);
  expect(told({ file: "x", dns: "a:1" })[0]).toStartWith(
    "error discover.dns cannot stand beside file: a source is of one kind",
  );
  expect(told([{ file: "x" }, { dns: "a:1" }, { file: "x" }])).toEqual([
    "error discover[2] is the same source as discover[0]",
  ]);
  expect(told([{ file: "x" }, { dns: "a:1" }, { docker: true }, { kubernetes: "a/b" }, { consul: "c" }])).toEqual([]);
  expect(told({ file: "x" }, { reply: { status: 503 } })[0]).toContain("cannot stand beside discover");
});

test("keys that the kind has no use for are errors", () => {
  expect(told({ dns: "a:1", format: "json" })).toEqual([
    "error discover.format is for file, http, exec, and this asks dns",
  ]);
  expect(told({ consul: "a", port: 80 })).toEqual([
    "error discover.port is for file, http, exec; servers of consul say it themselves",
  ]);
  expect(told({ docker: true, port: 80 })[0]).toContain("have a port of their own: docker.port");
  expect(told({ file: "x", format: "pattern" })).toEqual([
    'error discover.format is "pattern", and there is no pattern',
  ]);
  expect(told({ file: "x", format: "json", pattern: "(?<host>a)" })[0]).toStartWith(
    "error discover.pattern is of no use",
  );
  expect(told({ file: "x", pattern: "(?<host>a)", fields: { host: "h" } })[0]).toStartWith(
    "error discover.fields are for JSON",
  );
  expect(told({ docker: { network: "a", host: "b" } })[0]).toStartWith(
    "error discover.docker.network cannot stand beside host",
  );
  expect(told({ consul: { service: "a", user: "u" } })).toEqual([
    "error discover.consul.user needs password beside it",
  ]);
  expect(told({ kubernetes: { service: "a/b", namespace: "c" } })[0]).toContain("is said twice");
  expect(told({ kubernetes: { service: "a/b", token: "t", tokenFile: "f" } })[0]).toContain(
    "cannot stand beside token",
  );
});

test("a name needs a port, and SRV records say it themselves", () => {
  expect(told({ dns: "app.local" })[0]).toStartWith('error discover.dns must be a name and a port as "app.local:80"');
  expect(told({ dns: "app.local:0" })).toHaveLength(1);
  expect(told({ dns: { name: "app.local" } })).toEqual([
    "error discover.dns.port is missing: addresses of a name say no port",
  ]);
  expect(told({ dns: { name: "app.local" }, port: 80 })).toEqual([]);
  expect(told({ dns: { name: "app.local:80", servers: ["127.0.0.1"] } })).toEqual([]);
  expect(told({ dns: { name: "::1", port: 80 } })).toEqual([]);
  expect(told({ dns: { name: "app.local:80", port: 81 } })).toEqual([
    "error discover.dns.port cannot stand beside a name that has a port",
  ]);
  expect(told({ dns: { name: "app.local:x" } })[0]).toStartWith("error discover.dns.name must be a name, or a name");
  expect(told({ dns: { name: "app.local:80", record: "srv" } })[0]).toContain("SRV records say the port themselves");
  expect(told({ dns: { name: "a", record: "srv", port: 80 } })[0]).toContain("SRV records say the port themselves");
  expect(told({ dns: { name: "a", record: "srv" }, port: 80 })).toHaveLength(1);
});

test("TLS is for addresses that have it, with a certificate and its key", () => {
  const tls = { ca: "ca.pem" };
  expect(told({ http: { url: "http://a/", tls } })).toEqual([
    "error discover.http.tls is for an address that begins with https:",
  ]);
  expect(told({ docker: { tls } })).toHaveLength(1);
  expect(told({ kubernetes: { service: "a/b", tls } })).toEqual([]);
  expect(told({ http: { url: "https://a/", tls: { certificate: "c" } } })[0]).toContain("needs key beside it");
});

test("patterns are RE2's, and have a host", () => {
  expect(told({ file: "x", pattern: "(?<host>a)(?=b)" })[0]).toStartWith(
    "error discover.pattern is no regular expression of RE2",
  );
  expect(told({ file: "x", pattern: "(a" })).toHaveLength(1);
  expect(told({ file: "x", pattern: "a" })[0]).toContain("must have a group (?<host>...)");
  expect(told({ file: "x", pattern: "(?P<host>a)" })).toEqual([]);
});

test("times that get into each other's way are warned of", () => {
  expect(told({ exec: ["a"], interval: "10ms" })[0]).toStartWith(
    "warning discover.interval starts a program more than ten",
  );
  expect(told({ file: "x", interval: "1s", timeout: "5s" })[0]).toStartWith(
    "warning discover.timeout is longer than interval",
  );
  expect(told({ file: "x", interval: "0s", timeout: "5s" })).toEqual([]);
});
