import { describe, expect, test } from "bun:test";
import { compile } from "./compile.ts";
import { Keys } from "./compiletls.ts";
import type { ListenerInput, PoolInput } from "./input.ts";
import { judge } from "./judge.ts";
import type { Certificate, Materials, Pem } from "./materials.ts";
import type { Plan, ServerPlan } from "./plan.ts";
import { Slots } from "./slots.ts";
import type { Config, ListenerTls } from "./types.ts";

const pem = (id: string): Pem => ({ id, text: `text of ${id}` });
const certificate = (name: string): Certificate => ({
  file: `/etc/${name}.pem`,
  names: [name],
  chain: pem(`chain ${name}`),
  key: pem(`key ${name}`),
  keyKind: "ec",
  notBeforeMs: 1,
  notAfterMs: 2,
});
const shown: Record<string, readonly Certificate[]> = {
  web: [certificate("b"), certificate("a"), { ...certificate("b"), file: "/etc/copy.pem" }],
  other: [certificate("a")],
};
const materials: Materials = {
  certificatesOf: (listener) => shown[listener] ?? [],
  issued: () => [],
  challenges: [],
  authorities: (file) => (file === "missing.pem" ? undefined : pem(`ca ${file}`)),
  own: (chain, key) => (chain === "missing.pem" ? undefined : { chain: pem(`own ${chain}`), key: pem(`own ${key}`) }),
  response: () => undefined,
  users: () => undefined,
  gateways: () => undefined,
  program: null,
};

function checked(input: unknown): Config {
  const { config, findings } = judge(input);
  if (config === null) throw new Error(JSON.stringify(findings));
  return config;
}

function planOf(listeners: Record<string, ListenerInput>, pool: Partial<PoolInput> = {}): Plan {
  const config = checked({ listeners, pools: { app: { servers: ["App.internal:443"], ...pool } } });
  return compile(config, new Slots(), () => undefined, 1, materials);
}
const serversOf = (pool: Partial<PoolInput>): readonly ServerPlan[] =>
  planOf({ web: { listen: ":80", use: "app" } }, pool).pools[0]!.servers;

describe("towards clients", () => {
  test("a certificate stands in the plan once, whoever shows it, and texts under their ids", () => {
    const tls = { certificates: "certs" };
    const plan = planOf({ web: { listen: ":1", use: "app", tls }, other: { listen: ":2", use: "app", tls } });
    expect(plan.certificates).toEqual([
      { file: "/etc/b.pem", names: ["b"], chain: "chain b", key: "key b", notAfterMs: 2 },
      { file: "/etc/a.pem", names: ["a"], chain: "chain a", key: "key a", notAfterMs: 2 },
    ]);
    expect(plan.listeners.map((listener) => listener.tls?.certificates)).toEqual([[0, 1], [1]]);
    expect(plan.pems).toEqual({
      "chain a": "text of chain a",
      "chain b": "text of chain b",
      "key a": "text of key a",
      "key b": "text of key b",
    });
    expect(Object.isFrozen(plan.pems)).toBe(true);
  });

  test("the defaults, which differ between http and tcp in what is negotiated", () => {
    const usual = {
      certificates: [0, 1],
      rejectUnknown: false,
      minVersion: "1.2",
      maxVersion: "1.3",
      ciphers: "",
      clientCertificate: null,
      sessionTickets: true,
      ja4: false,
    } as const;
    const tlsOf = (listener: Partial<ListenerInput>) =>
      planOf({ web: { listen: ":1", use: "app", ...listener } }).listeners[0]!.tls;
    expect(tlsOf({ http2: false, tls: { certificates: "c" } })).toEqual({ ...usual, alpn: ["http/1.1"] });
    expect(tlsOf({ mode: "tcp", tls: { certificates: ["c"] } })).toEqual({ ...usual, alpn: [] });
    expect(
      tlsOf({
        mode: "tcp",
        tls: {
          certificates: "c",
          unknownName: "refuse",
          minVersion: "1.3",
          alpn: ["h2"],
          clientCertificate: { ca: "clients.pem" },
          sessionTickets: false,
          ja4: true,
        },
      }),
    ).toEqual({
      ...usual,
      rejectUnknown: true,
      minVersion: "1.3",
      alpn: ["h2"],
      clientCertificate: { mode: "required", ca: "ca clients.pem" },
      sessionTickets: false,
      ja4: true,
    });
  });

  test("what is spoken: in mode tcp what the operator says, in mode http HTTP/2 only where the listener has it", () => {
    const listenerOf = (listener: Partial<ListenerInput>, alpn?: string[]) =>
      planOf({ web: { listen: ":1", use: "app", tls: { certificates: "c", alpn }, ...listener } }).listeners[0]!;
    expect(listenerOf({}).http2).toBe(true);
    expect(listenerOf({ http2: false }).http2).toBe(false);
    expect(listenerOf({ http2: false }).tls?.alpn).toEqual(["http/1.1"]);
    expect(listenerOf({ mode: "tcp" }).http2).toBe(false);
    expect(listenerOf({ mode: "tcp" }).tls?.alpn).toEqual([]);
    expect(listenerOf({ mode: "tcp" }, ["h2"]).tls?.alpn).toEqual(["h2"]);
    expect(listenerOf({}, ["http/1.1"]).tls?.alpn).toEqual(["http/1.1"]);
    expect(listenerOf({}, []).tls?.alpn).toEqual([]);
  });

  test("HTTP/2 is offered before HTTP/1.1, and in the order that the operator writes", () => {
    const alpnOf = (alpn?: string[]) =>
      planOf({ web: { listen: ":1", use: "app", tls: { certificates: "c", alpn } } }).listeners[0]!.tls?.alpn;
    expect(alpnOf()).toEqual(["h2", "http/1.1"]);
    expect(alpnOf(["http/1.1", "h2"])).toEqual(["http/1.1", "h2"]);
    expect(alpnOf(["h2"])).toEqual(["h2"]);
  });

  test("HTTP/2 is not offered where clients may come by a TLS that is too old for it", () => {
    const alpnOf = (minVersion: "1.0" | "1.1" | "1.2" | "1.3") =>
      planOf({ web: { listen: ":1", use: "app", tls: { certificates: "c", minVersion } } }).listeners[0]!.tls?.alpn;
    expect([alpnOf("1.0"), alpnOf("1.1")]).toEqual([["http/1.1"], ["http/1.1"]]);
    expect([alpnOf("1.2"), alpnOf("1.3")]).toEqual([
      ["h2", "http/1.1"],
      ["h2", "http/1.1"],
    ]);
  });

  test("HSTS is written as browsers read it", () => {
    const hstsOf = (hsts: ListenerInput["hsts"]) =>
      planOf({ web: { listen: ":1", use: "app", tls: { certificates: "c" }, hsts } }).listeners[0]!.hsts;
    expect(hstsOf("365d")).toBe("max-age=31536000");
    expect(hstsOf("0s")).toBe("max-age=0");
    expect(hstsOf({ maxAge: "730d", includeSubDomains: true, preload: true })).toBe(
      "max-age=63072000; includeSubDomains; preload",
    );
  });
});

describe("towards servers", () => {
  test("the name is the host as it was written, the rest has defaults", () => {
    expect(serversOf({ tls: true, servers: ["App.internal.:443", "[::1]:443"] }).map(({ tls }) => tls)).toEqual(
      ["app.internal", "::1"].map((serverName) => ({
        serverName,
        verify: true,
        ca: null,
        chain: null,
        key: null,
        minVersion: "1.2",
        maxVersion: "1.3",
        ciphers: "",
        alpn: [],
      })),
    );
  });

  test("plain and TLS servers stand in one pool, and a server's own keys come before the pool's", () => {
    const servers = serversOf({
      tls: { ca: "ours.pem", serverName: "Pool.example", certificate: "own.crt", key: "own.key" },
      servers: [
        "a:443",
        { address: "b:80", tls: false },
        { address: "c:443", tls: true },
        { address: "d:443", tls: { serverName: "d.example", verify: false } },
      ],
    });
    const usual = {
      serverName: "pool.example",
      verify: true,
      ca: "ca ours.pem",
      chain: "own own.crt",
      key: "own own.key",
    };
    expect(servers[0]!.tls).toMatchObject(usual);
    expect(servers[1]!.tls).toBeNull();
    expect(servers[2]!.tls).toMatchObject(usual);
    expect(servers[3]!.tls).toMatchObject({ ...usual, serverName: "d.example", verify: false });
    const mixed = serversOf({ servers: ["a:80", { address: "b:443", tls: { ca: "b.pem" } }] });
    expect(mixed.map(({ tls }) => tls?.ca ?? null)).toEqual([null, "ca b.pem"]);
  });

  test("HTTP/2 is the server's own, or the pool's, and is offered first where nothing else is written", () => {
    const servers = serversOf({
      http2: true,
      tls: true,
      servers: [
        "a:1",
        { address: "b:1", http2: false },
        { address: "c:1", tls: { alpn: ["h2"] } },
        { address: "d:1", tls: false },
      ],
    });
    expect(servers.map(({ isHttp2, tls }) => [isHttp2, tls?.alpn])).toEqual([
      [true, ["h2", "http/1.1"]],
      [false, []],
      [true, ["h2"]],
      [true, undefined],
    ]);
    expect(serversOf({ servers: ["a:1", { address: "b:1", http2: true }] }).map(({ isHttp2 }) => isHttp2)).toEqual([
      false,
      true,
    ]);
  });

  test("PROXY header and source address are the server's own, or the pool's", () => {
    const servers = serversOf({
      proxyProtocol: "v2",
      source: "10.0.0.9",
      servers: [
        "a:1",
        { address: "b:1", proxyProtocol: "v1", source: "10.0.0.8" },
        { address: "c:1", proxyProtocol: false },
      ],
    });
    expect(servers.map(({ proxyProtocol, source }) => [proxyProtocol, source])).toEqual([
      [2, "10.0.0.9"],
      [1, "10.0.0.8"],
      [0, "10.0.0.9"],
    ]);
    expect(serversOf({})[0]).toMatchObject({ proxyProtocol: 0, source: "" });
  });
});

test("files that were not judged before are our own mistake", () => {
  const keys = new Keys(materials);
  expect(() => keys.ofListener("nobody", {} as ListenerTls)).toThrow("no certificate");
  expect(() => keys.authorities("missing.pem")).toThrow("no authorities");
  expect(() => keys.own("missing.pem", "k")).toThrow("no certificate in missing.pem");
});

test("a full house with TLS compiles in the time of a breath", () => {
  const servers = Array.from({ length: 4096 }, (_, index) => `10.0.${index >> 8}.${index & 255}:443`);
  const config = checked({
    listeners: { web: { listen: ":1", use: "app", tls: { certificates: "c" } } },
    pools: { app: { servers, tls: { ca: "ours.pem" } } },
  });
  const from = performance.now();
  const plan = compile(config, new Slots(), () => undefined, 1, materials);
  expect(performance.now() - from).toBeLessThan(1000);
  expect(Object.keys(plan.pems)).toHaveLength(5);
});
