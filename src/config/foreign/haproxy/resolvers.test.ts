import { expect, test } from "bun:test";
import type { PoolInput } from "../../input.ts";
import { judge } from "../../judge.ts";
import { tried } from "./translated.fixture.ts";

const usual = "defaults\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s";

function made(section: string, ...lines: readonly string[]) {
  const text = `resolvers dns\n${section}\n${usual}\nlisten app\n bind :1\n${lines.join("\n")}`;
  const { input, told } = tried(text);
  const pool: PoolInput = input.pools!["app"]!;
  const beyond = /is approximated: every address that the name has/;
  return { input, pool, told: told.map((line) => line.replace(/^\S+ /, "")).filter((line) => !beyond.test(line)) };
}

const section = ` nameserver a 127.0.0.1:53
 nameserver b [::1]:5353
 nameserver c udp@ns.test:53
 timeout resolve 5s
 timeout retry 500ms
 resolve_retries 4
 hold valid 10s`;

test("a template is a source of servers: every address of its name, asked of the section's name servers in its rhythm", () => {
  const { pool, input, told } = made(section, "server-template web 5 app.test:80 check resolvers dns init-addr none");
  expect(pool.discover).toEqual({
    dns: { name: "app.test", port: 80, servers: ["127.0.0.1:53", "[::1]:5353", "ns.test:53"], prefer: "ipv6" },
    interval: "5s",
    timeout: "2s",
  });
  expect([pool.servers, pool.check, told]).toEqual([undefined, { tcp: true, timeout: "2s" }, []]);
  expect(judge(input).findings).toEqual([]);
});

test("a service is asked for as such, and HAProxy's usual times hold where none are said", () => {
  const { pool, input } = made("", "server-template web 1-3 _http._tcp.app.test:80 resolvers dns resolve-prefer ipv4");
  expect(pool.discover).toEqual({
    dns: { name: "_http._tcp.app.test", record: "srv", prefer: "ipv4" },
    interval: "1s",
    timeout: "1s",
  });
  expect(judge(input).findings).toEqual([]);
  // A section of that name is there without being written.
  const text = `${usual}\nlisten app\n bind :1\n server-template web 3 a.test:80 resolvers default`;
  const { input: other, told } = tried(text);
  expect(other.pools!["app"]!.discover).toMatchObject({ dns: { name: "a.test", port: 80 }, interval: "1s" });
  expect(told).toHaveLength(1);
});

test("what the line says of each server is said of all, beside servers that are written", () => {
  const { pool, input, told } = made(
    section,
    "balance leastconn",
    "default-server ssl verify none maxconn 30",
    "server-template web 5 a.test:443 weight 3 resolvers dns",
    "server-template old 5 b.test:443 backup resolvers dns",
    "server own 10.0.0.1:443 weight 2",
  );
  expect(pool).toMatchObject({
    servers: [{ address: "10.0.0.1:443", weight: 2, maxConnections: 30 }],
    discover: [
      { dns: { name: "a.test", port: 443 }, weight: 3, maxConnections: 30 },
      { dns: { name: "b.test", port: 443 }, maxConnections: 30, backup: true },
    ],
    tls: { verify: false },
    backups: "first",
  });
  expect(told).toEqual([]);
  expect(judge(input).findings.map(({ path }) => path.join("."))).toEqual(["pools.app.tls.verify"]);
});

test("servers with names are looked up at the section's name servers, and by the system where it names none", () => {
  const lines = ["server a a.test:80 resolvers dns", "server b 10.0.0.1:80", "server c c.test:80 resolvers dns"];
  const { pool, input, told } = made(section, ...lines);
  expect(pool).toMatchObject({
    servers: ["a.test:80", "10.0.0.1:80", "c.test:80"],
    nameServers: ["127.0.0.1:53", "[::1]:5353", "ns.test:53"],
  });
  expect([told, judge(input).findings]).toEqual([[], []]);
  expect(made(" parse-resolv-conf", ...lines).pool.nameServers).toBeUndefined();
  expect(made(section, "server a a.test:80").pool.nameServers).toBeUndefined();
});

test.each([
  [
    section,
    "server a a.test:80 resolvers dns\nserver b b.test:80\nserver c 10.0.0.1:80",
    "warning b.test:80 is approximated: all names of a pool are looked up in one place; it is that of a",
  ],
  [
    section,
    "server-template web 3 127.0.0.1:80 resolvers dns",
    "warning 3 is approximated: there is one server, at the address that the name is resolved to",
  ],
  [
    section,
    "server-template web 3 a.test:80",
    "warning 3 is approximated: there is one server, at the address that the name is resolved to",
  ],
  [
    section,
    "server-template web 3 a.test:80 resolvers dns disabled",
    "warning disabled is approximated: servers of a template are in service, and have words of their own",
  ],
  [
    section,
    "server-template web 3 a.test:80 resolvers dns ssl verify none\nserver b 10.0.0.1:80",
    "error a.test:80 is refused: its servers have TLS, protocol and source in common with all of their pool, and b has others: give one of them a backend of its own",
  ],
  [section, "server-template web 3 a.test:80 resolvers dns resolve-prefer ipv5", "error ipv5 must be ipv4 or ipv6"],
  [" nameserver a", "server a 10.0.0.1:80", "error nameserver needs a name, and an address with a port"],
  [" nameserver a 127.0.0.1", "server a 10.0.0.1:80", "error 127.0.0.1 needs a name, and an address with a port"],
  [
    " nameserver a unix@/run/x",
    "server a 10.0.0.1:80",
    "error unix@/run/x is refused: name servers are asked at an address with a port",
  ],
  [
    " nameserver a tcp@127.0.0.1:53",
    "server a 10.0.0.1:80",
    "warning tcp@127.0.0.1:53 is approximated: it is asked over UDP first, and over TCP for what does not fit",
  ],
  [" timeout resolve 0", "server a 10.0.0.1:80", "error 0 must be more than 0, as in HAProxy"],
  [" timeout reslve 1s", "server a 10.0.0.1:80", "error timeout reslve needs resolve or retry, and a time"],
  [" resolve_retries 0", "server a 10.0.0.1:80", "error 0 must be a whole number from 1 to 1000"],
  [
    " nameserver a 127.0.0.1:53\n parse-resolv-conf",
    "server a 10.0.0.1:80",
    "warning parse-resolv-conf adds nothing: only the name servers that are written here are asked",
  ],
])("what differs or is wrong is told (%#)", (first, second, message) => {
  expect(made(first, ...second.split("\n")).told).toEqual([message]);
});
