import { expect, test } from "bun:test";
import { partsOf, tried } from "./translated.fixture.ts";

const serversOf = (...back: readonly string[]): unknown => partsOf([], back).pool.servers;
const told = (...back: readonly string[]): readonly string[] => partsOf([], back).told;

test("addresses", () => {
  expect(
    serversOf(
      "server a 10.0.0.1:80",
      "server b app:81",
      "server c [::1]:82",
      "server d ::1:83",
      "server e /run/x.sock",
    ),
  ).toEqual(["10.0.0.1:80", "app:81", "[::1]:82", "[::1]:83", "unix:/run/x.sock"]);
});

test("weights, backups and limits", () => {
  expect(serversOf("server a a:1 weight 5", "server b b:1 backup", "server c c:1 maxconn 7 weight 1")).toEqual([
    "a:1^5",
    { address: "b:1", backup: true },
    { address: "c:1", maxConnections: 7 },
  ]);
});

test("default-server lies under the servers after it, and a server can take back what it says", () => {
  const { pool } = partsOf(
    [],
    ["server a a:1", "default-server maxconn 5 send-proxy", "server b b:1", "server c c:1 no-send-proxy maxconn 6"],
  );
  expect(pool.servers).toEqual([
    "a:1",
    { address: "b:1", maxConnections: 5, proxyProtocol: "v1" },
    { address: "c:1", maxConnections: 6 },
  ]);
});

test("what all servers have alike stands in the pool", () => {
  const { pool } = partsOf(
    [],
    ["server a a:1 send-proxy-v2 source 127.0.0.2", "server b b:1 send-proxy-v2 source 127.0.0.2:0"],
  );
  expect([pool.servers, pool.proxyProtocol, pool.source]).toEqual([["a:1", "b:1"], "v2", "127.0.0.2"]);
});

test("a server without a port has the one that clients come to", () => {
  const { input, told: lines } = tried(
    "listen x\n bind :8080\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n server a 10.0.0.1",
  );
  expect(input.pools!["x"]?.servers).toEqual(["10.0.0.1:8080"]);
  expect(lines).toEqual([
    "6:11 warning 10.0.0.1 is approximated: its port is 8080, that of the bind; in HAProxy, the one that the client came to",
  ]);
  const two = tried("listen x\n bind :8080-8081\n server a 10.0.0.1");
  expect(two.told).toContain(
    "3:11 error 10.0.0.1 is refused: a server needs a port here; HAProxy takes the one that the client came to",
  );
});

test.each([
  ["server a", "error server needs a name and an address"],
  ["dispatch", "error dispatch needs an address"],
  ["server-template web 3", "error server-template needs a prefix, a number and an address"],
  ["server-template web x a:1", 'error x must be a number of servers, or a range such as "1-5"'],
  ["server a a:+10", "error a:+10 is refused: a port is not reckoned from the one that the client came to"],
  ["server a a:1 weight 257", "error 257 must be a whole number from 0 to 256"],
  ["server a a:1 chek", 'error chek is no keyword of HAProxy\'s on a server line; did you mean "check"?'],
  ["server a a:1 agent-check", "error agent-check is refused: servers are not asked by agents"],
  ["server a a:1 proto fcgi", "error fcgi is refused: fcgi is not spoken to servers; HTTP/1.1 and HTTP/2 (h2) are"],
  [
    "server a a:1 proto h2 ssl verify none",
    "warning h2 is approximated: over TLS HTTP/2 is offered by ALPN, and a server that says nothing of it is asked by HTTP/1.1",
  ],
  ["server a a:1 source eth0", "error eth0 is refused: connections come from an IP address of this machine; write one"],
  ["server a a:1 minconn 5", "warning minconn is approximated: a server's maxconn is its limit at every load"],
  ["server a a:1\nserver a b:1", "error a is the name of the server in line 11 already"],
  [
    "server a a:1\nserver b a:1",
    "warning a:1 is approximated: the server has this address already; its weight and its connections are added to that one",
  ],
])("%s is told", (back, message) => {
  expect(told(...back.split("\n"))).toContain(message);
});

test("a server that is disabled begins out of service, and one without weight stays for whom its cookie binds", () => {
  const { pool, told } = partsOf(
    [],
    ["server a a:1 disabled", "server b b:1 weight 0", "server c c:1 disabled enabled", "errorfile 503 x.http"],
  );
  expect(pool).toMatchObject({
    servers: [{ address: "a:1", drain: true }, { address: "b:1", weight: 0 }, "c:1"],
    errors: { 503: "x.http" },
  });
  expect(told).toEqual([]);
  const usual = partsOf([], ["default-server disabled", "server a a:1", "server b b:1 enabled"]).pool;
  expect(usual.servers).toEqual([{ address: "a:1", drain: true }, "b:1"]);
});

test("of two servers with one address the one that is disabled adds nothing", () => {
  const off = "server a a:1 weight 7 maxconn 5 disabled";
  const on = "server b a:1 weight 3 maxconn 9";
  const both = [{ address: "a:1", weight: 3, maxConnections: 9 }];
  expect(partsOf([], [off, on]).pool.servers).toEqual(both);
  expect(partsOf([], [on, off]).pool.servers).toEqual(both);
  expect(partsOf([], [off, off.replace(" a ", " c ")]).pool.servers).toEqual([
    { address: "a:1", weight: 7, drain: true, maxConnections: 5 },
  ]);
});

test("of several backups the first that is up serves, and all with option allbackups", () => {
  const lines = ["server a a:1", "server b b:1 backup", "server c c:1 backup"];
  const servers = ["a:1", { address: "b:1", backup: true }, { address: "c:1", backup: true }];
  const { pool, told } = partsOf([], lines);
  expect([pool.servers, pool["backups"], told]).toEqual([servers, "first", []]);
  const all = partsOf([], [...lines, "option allbackups"]).pool;
  expect([all.servers, all["backups"]]).toEqual([servers, undefined]);
  expect(partsOf([], lines.slice(0, 2)).pool["backups"]).toBeUndefined();
});

test("TLS: verified by ca-file, or not at all, as HAProxy wants it said", () => {
  expect(partsOf([], ["server a a:1 ssl verify none"]).pool.tls).toEqual({ verify: false });
  expect(partsOf([], ["server a a:1 ssl ca-file x.pem crt y.pem sni str(www.test) alpn http/1.1"]).pool.tls).toEqual({
    ca: "x.pem",
    certificate: "y.pem",
    key: "y.pem",
    serverName: "www.test",
    alpn: ["http/1.1"],
  });
  expect(partsOf([], ["server a a:1 ssl ca-file @system-ca"]).pool.tls).toBe(true);
  expect(partsOf([], ["server a a:1 ssl verifyhost b.test verify required ca-file x.pem"]).pool.tls).toEqual({
    ca: "x.pem",
    serverName: "b.test",
  });
  expect(partsOf([], ["server a a:1 ssl"], ["ssl-server-verify none"]).pool.tls).toEqual({ verify: false });
  expect(told("server a a:1 ssl")[0]).toStartWith("error ssl needs ca-file, or verify none, as in HAProxy");
  expect(told("server a a:1 ssl verify none sni req.hdr(host)")).toEqual([
    "warning req.hdr(host) is approximated: the name that is asked for is the host of the server's address, the same for every request",
  ]);
  expect(told("server a a:1 ssl verify maybe ca-file x.pem")).toEqual(["error maybe must be none or required"]);
});

test("who tracks another server is not checked itself, as HAProxy wants it", () => {
  const told = (options: string): readonly string[] =>
    partsOf([], [`server a a:1 ${options}`, "server b b:1 check"]).told.filter((line) => line.startsWith("error"));
  expect(told("track b")).toEqual([]);
  expect(told("check track b").join()).toContain("cannot stand beside check, as in HAProxy");
});

test("HTTP/2 by proto in the clear, and by alpn over TLS; in mode tcp it is only offered", () => {
  const of = (...words: readonly string[]): unknown => {
    const { pool, told } = partsOf(words[0] === "mode tcp" ? ["mode tcp"] : [], words);
    expect(told).toEqual([]);
    return [pool.http2, pool.tls, pool.servers];
  };
  expect(of("server a a:1 proto h2")).toEqual([true, undefined, ["a:1"]]);
  expect(of("server a a:1 proto h1")).toEqual([undefined, undefined, ["a:1"]]);
  // Without TLS nothing is agreed upon.
  expect(of("server a a:1 alpn h2")).toEqual([undefined, undefined, ["a:1"]]);
  expect(of("server a a:1 ssl verify none alpn h2,http/1.1")).toEqual([true, { verify: false }, ["a:1"]]);
  expect(of("server a a:1 ssl verify none alpn h2")).toEqual([true, { verify: false, alpn: ["h2"] }, ["a:1"]]);
  expect(of("server a a:1 ssl verify none alpn h2 proto h1")).toEqual([undefined, { verify: false }, ["a:1"]]);
  expect(of("server a a:1 proto h2", "server b b:1")).toEqual([
    undefined,
    undefined,
    [{ address: "a:1", http2: true }, "b:1"],
  ]);
  expect(of("mode tcp", "server a a:1 ssl verify none alpn h2")).toEqual([
    undefined,
    { verify: false, alpn: ["h2"] },
    ["a:1"],
  ]);
});
