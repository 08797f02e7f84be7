import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

const told = (listener: object): string[] =>
  judge({ listeners: { w: { listen: ":8080", ...listener } }, pools: { a: { servers: ["s:1"] } } }).findings.map(
    ({ severity, path, message }) => `${severity} ${keyText(path).replace("listeners.w.", "")} ${message}`,
  );
const tls = { certificates: "certs" };

test("the mode decides which keys there are", () => {
  const keys = {
    sni: [["tcp"], [{ name: "x", use: "a" }]],
    redirect: [["http"], "https"],
    hsts: [["http"], "1d"],
    forwarding: [["http"], { forwarded: true }],
    via: [["http"], "edge"],
    requestId: [["http"], { keep: false }],
    udp: [["udp"], { maxRequests: 1 }],
    tls: [["http", "tcp"], tls],
    proxyProtocol: [["http", "tcp"], true],
    http2: [["http"], true],
    trustedProxies: [["http", "tcp"], ["10.0.0.1"]],
  } as const;
  for (const mode of ["http", "tcp", "udp"])
    for (const [key, [modes, value]] of Object.entries(keys)) {
      const lines = told({ mode, use: "a", [key]: value });
      const fits = (modes as readonly string[]).includes(mode);
      expect([mode, key, lines.some((line) => line.startsWith(`error ${key} is for mode`))]).toEqual([
        mode,
        key,
        !fits,
      ]);
    }
  const timeouts = {
    handshake: "1s",
    head: "1s",
    idle: "1s",
    read: "1s",
    tunnel: "1s",
    linger: "1s",
    clientIdle: "1s",
  };
  const refused = (mode: string): string[] =>
    told({ mode, use: "a", timeouts }).map((line) => line.split(" ")[1]!.replace("timeouts.", ""));
  expect(refused("http")).toEqual(["clientIdle"]);
  expect(refused("tcp")).toEqual(["head", "idle", "read", "linger"]);
  expect(refused("udp")).toEqual(["handshake", "head", "idle", "read", "linger"]);
});

test("what is only switched off is no mistake in any mode", () => {
  expect(told({ mode: "udp", use: "a", via: false, requestId: false, proxyProtocol: false, http2: false })).toEqual([]);
});

test("a PROXY header needs somebody to be believed", () => {
  expect(told({ use: "a", proxyProtocol: true })[0]).toStartWith("error proxyProtocol needs trustedProxies");
  expect(told({ use: "a", proxyProtocol: true, trustedProxies: ["10.0.0.0/8"] })).toEqual([]);
  expect(told({ use: "a", listen: "unix:/a", proxyProtocol: true, trustedProxies: ["::1"] })[0]).toContain(
    "unix sockets",
  );
  expect(told({ use: "a", mode: "tcp", trustedProxies: ["10.0.0.1"] })[0]).toStartWith("warning trustedProxies");
  // What the schema has refused already is not told twice.
  expect(told({ use: "a", proxyProtocol: true, trustedProxies: "10.0.0.1" })).toHaveLength(2);
});

test("names of sni: once each, and one of name and pattern", () => {
  const names = (...sni: object[]): string[] =>
    told({ mode: "tcp", sni: sni.map((entry) => ({ use: "a", ...entry })) });
  expect(names({ name: "a" }, { name: "*.a" }, { pattern: "^a$" })).toEqual([]);
  expect(names({ name: "a" }, { name: "A" })[0]).toStartWith("error sni[1].name is the same name as sni[0]");
  expect(names({})[0]).toStartWith("error sni[0] must have a name");
  expect(names({ name: "a", pattern: "^a$" })[0]).toStartWith("error sni[0].pattern cannot stand beside name");
  expect(names({ pattern: "(" })[0]).toBe(
    'error sni[0].pattern must be a regular expression, which "(" is not: missing )',
  );
  for (const pattern of ["a", "^a", "a$", "^a\\$", "^a\\.*", "\\.*a$", ".*a", "a.*"])
    expect(names({ pattern })[0]).toStartWith("warning sni[0].pattern is looked for");
  // What the warning says to write there.
  for (const pattern of [".*\\.b\\.test$", "^a.*", ".*a.*", ".*", "^a\\\\.*"]) expect(names({ pattern })).toEqual([]);
  expect(names({ pattern: "^A$" })[0]).toContain("capital letters");
  expect(names({ pattern: "^\\D+\\.example$" })).toEqual([]);
});

test("a redirect that leads back to where it came from", () => {
  expect(told({ redirect: { port: 8080 } }).at(-1)).toStartWith(
    "error redirect makes clients come back to this same port, 8080",
  );
  expect(told({ listen: ":443", redirect: "https" }).at(-1)).toContain("same port, 443");
  expect(told({ listen: ":443", redirect: { port: 8443 } })[0]).toBe("warning pools.a is used by no listener");
});

test("HSTS is for https, and the browsers' lists ask for more", () => {
  expect(told({ use: "a", hsts: "1d" })[0]).toStartWith("error hsts needs tls");
  expect(told({ use: "a", tls, hsts: "1d" })).toEqual([]);
  const preload = (maxAge: string, includeSubDomains: boolean): string[] =>
    told({ use: "a", tls, hsts: { maxAge, includeSubDomains, preload: true } });
  expect(preload("365d", true)).toEqual([]);
  expect([preload("364d", true)[0], preload("365d", false)[0]]).toEqual([
    expect.stringContaining("365d or more"),
    expect.stringContaining("365d or more"),
  ]);
});

test("datagrams come to ports", () => {
  expect(told({ mode: "udp", use: "a", listen: "unix:/a" })[0]).toStartWith("error listen must be a port");
});
