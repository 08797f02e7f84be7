import { describe, expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

const of =
  (mode: string) =>
  (pool: object): string[] =>
    judge({
      listeners: { w: { listen: ":80", mode, use: "a" } },
      pools: { a: { servers: ["s:1"], ...pool } },
    }).findings.map(({ severity, path, message }) => `${severity} ${keyText(path).replace("pools.a.", "")} ${message}`);
const [http, tcp, udp] = [of("http"), of("tcp"), of("udp")];

describe("the listeners of a pool decide which of its keys are looked at", () => {
  test("what chooses a server by a request is for requests", () => {
    expect(tcp({ sticky: "srv" })[0]).toStartWith("error sticky is for HTTP, and only listeners of mode tcp");
    for (const key of ["uri", "header:x", "cookie:x"]) {
      expect(tcp({ balance: { policy: "consistentHash", key } })[0]).toStartWith("error balance.key is for HTTP");
      expect(http({ balance: { policy: "consistentHash", key } })).toEqual([]);
    }
    expect(tcp({ balance: { policy: "consistentHash", key: "ip" } })).toEqual([]);
  });

  test("times of requests and of connections", () => {
    expect(udp({ timeouts: { response: "1s", read: "1s" }, idle: {} }).map((line) => line.split(" is")[0])).toEqual([
      "warning timeouts.response",
      "warning timeouts.read",
      "warning idle",
    ]);
    expect(http({ timeouts: { serverIdle: "1s" } })[0]).toStartWith(
      "warning timeouts.serverIdle is for modes tcp and udp",
    );
    expect(tcp({ timeouts: { serverIdle: "1s", connect: "1s" } })).toEqual([]);
  });

  test("datagrams have neither TLS nor PROXY headers nor unix sockets", () => {
    expect(udp({ tls: true })[0]).toStartWith("error tls is for connections");
    expect(udp({ servers: [{ address: "s:1", tls: true }] })[0]).toStartWith("error servers[0].tls is for connections");
    expect(udp({ proxyProtocol: "v2" })[0]).toStartWith("error proxyProtocol is for connections");
    expect(udp({ servers: [{ address: "s:1", proxyProtocol: "v1" }] })[0]).toStartWith(
      "error servers[0].proxyProtocol",
    );
    expect(udp({ servers: ["unix:/a"] })[0]).toStartWith("error servers[0] must be host:port");
    expect(udp({ tls: false, servers: [{ address: "s:1", tls: false, proxyProtocol: false }] })).toEqual([]);
  });
});

describe("TLS towards servers", () => {
  test("a certificate and its key stand together", () => {
    expect(http({ tls: { certificate: "a" } })[0]).toStartWith("error tls.certificate needs key");
    expect(http({ servers: [{ address: "s:1", tls: { key: "a" } }] })[0]).toStartWith("error servers[0].tls.key needs");
    expect(http({ tls: { certificate: "a", key: "b" } })).toEqual([]);
  });

  test("trust in anybody is warned of, and asked for by nothing else", () => {
    expect(http({ tls: { verify: false } })).toEqual([
      expect.stringMatching(/^warning tls\.verify is false: any certificate/),
    ]);
    expect(http({ tls: { verify: false, ca: "a" } })[1]).toStartWith("warning tls.ca is not looked at");
    expect(http({ tls: { verify: true, ca: "a" } })).toEqual([]);
    expect(http({ tls: false })).toEqual([]);
  });

  test("a unix socket has no name of its own", () => {
    const servers = ["unix:/a"];
    expect(http({ tls: true, servers })[0]).toStartWith("error servers[0] needs tls.serverName");
    expect(http({ tls: { serverName: "a" }, servers })).toEqual([]);
    expect(http({ servers: [{ address: "unix:/a", tls: { serverName: "a" } }] })).toEqual([]);
    expect(http({ tls: true, servers: [{ address: "unix:/a", tls: false }] })).toEqual([]);
    expect(http({ servers })).toEqual([]);
  });

  test("HTTP/1.1 is what is negotiated for requests, anything for connections", () => {
    expect(http({ tls: { alpn: ["http/1.1", "h3"] } })[0]).toStartWith('error tls.alpn[1] must be "h2" or "http/1.1"');
    expect(tcp({ tls: { alpn: ["h2"] } })).toEqual([]);
  });
});
