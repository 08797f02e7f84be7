import { describe, expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

const proxied = (proxy: object, more: object = {}): object => ({
  out: { listen: "127.0.0.1:3128", proxy: { egress: "ips", ...proxy }, ...more },
});

function told(pool: object, more: object = {}): string[] {
  const config = {
    listeners: proxied({}),
    egress: { ips: { members: [{ addresses: ["127.0.0.2-9"] }], ...pool } },
    ...more,
  };
  return judge(config).findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);
}

test("a pool with members, and a listener on loopback that uses it, are fine", () => {
  expect(told({})).toEqual([]);
  expect(
    told({ members: [{ nginx: "a.conf", host: "nginx", ports: ["1-9"] }, { proxies: ["socks5://a:b@c:1"] }] }),
  ).toEqual([]);
});

describe("names", () => {
  test("of pools that do not exist are told, with the one that is meant", () => {
    expect(told({}, { listeners: proxied({ egress: "isp" }) })).toEqual([
      expect.stringMatching(
        /^error listeners\.out\.proxy\.egress names the egress pool "isp", which does not exist; did you mean "ips"/,
      ),
      expect.stringMatching(/^warning egress\.ips is used by no listener/),
    ]);
    expect(told({}, { ipmanager: { listen: ":9095", egress: "x" } })).toEqual([
      expect.stringMatching(/^error ipmanager\.egress names the egress pool "x"/),
    ]);
  });

  test("of pools may be said for each kind of request, and one at least", () => {
    expect(told({}, { listeners: proxied({ egress: { http: "ips" }, direct: ["a.example:81"] }) })).toEqual([]);
    expect(told({}, { listeners: proxied({ egress: { http: "ips", tunnels: "isp" } }) })).toEqual([
      expect.stringMatching(/^error listeners\.out\.proxy\.egress\.tunnels names the egress pool "isp"/),
    ]);
    expect(told({}, { listeners: proxied({ egress: {} }) })).toEqual([
      expect.stringMatching(/^error listeners\.out\.proxy\.egress must name a pool for http, https or tunnels/),
      expect.stringMatching(/^warning egress\.ips is used by no listener/),
    ]);
  });

  test("of tags are not those that user names have for something else", () => {
    expect(told({ members: [{ addresses: ["127.0.0.2"], tags: { Session: "x", country: "de" } }] })).toEqual([
      expect.stringMatching(/^error egress\.ips\.members\[0\]\.tags\.Session is no name for a tag/),
    ]);
  });
});

describe("open proxies", () => {
  const open = (more: object): string[] => told({}, { listeners: proxied({}, { listen: ":3128", ...more }) });

  test("are refused, and what to do is said", () => {
    expect(open({})).toEqual([
      "error listeners.out.proxy.egress is open: whoever reaches :3128 may send any requests from these addresses; listen on 127.0.0.1, or add auth, or rules that say who may (proxy.open: true, if strangers are meant)",
    ]);
    expect(open({ proxy: { egress: "ips", allow: ["example.com"] } })).toHaveLength(1);
    expect(open({ proxy: { egress: "ips", fields: true, http: false, connect: false } })).toHaveLength(1);
  });

  test("that are meant to be are warned of", () => {
    expect(open({ proxy: { egress: "ips", open: true } })).toEqual([
      "warning listeners.out.proxy.egress is open: whoever reaches :3128 may send any requests from these addresses; listen on 127.0.0.1, or add auth, or rules that say who may",
    ]);
    expect(open({ proxy: { egress: { https: "ips" } } })).toEqual([expect.stringMatching(/^error .* is open/)]);
  });

  test("are none with users, rules, or clients' certificates, nor on loopback or a socket", () => {
    expect(open({ auth: { users: { a: "b" } } })).toEqual([]);
    expect(open({ rules: [{ if: "!(src in cidr('10.0.0.0/8'))", deny: 403 }] })).toEqual([]);
    expect(open({ tls: { certificates: "x.pem", clientCertificate: { ca: "ca.pem" } } })).toEqual([]);
    expect(
      open({ tls: { certificates: "x.pem", clientCertificate: { ca: "ca.pem", mode: "optional" } } }),
    ).toHaveLength(1);
    expect(open({ listen: "unix:/run/x.sock" })).toEqual([]);
    expect(open({ listen: "[::1]:3128" })).toEqual([]);
  });

  test("that carry tunnels need members that can", () => {
    const members = [{ nginx: "a.conf" }];
    expect(told({ members }, { listeners: proxied({ socks: true, connect: true }) })).toHaveLength(2);
    expect(told({ members }, { listeners: proxied({}) })).toEqual([]);
  });
});

describe("members", () => {
  test("are of one kind", () => {
    expect(told({ members: [{}] })).toEqual([
      expect.stringMatching(/must say what the members are: nginx, addresses or proxies/),
    ]);
    expect(told({ members: [{ nginx: "a", proxies: ["http://a:1"] }] })).toEqual([
      expect.stringMatching(/members\[0\]\.proxies cannot stand beside nginx/),
    ]);
    expect(
      told({
        members: [
          { addresses: ["127.0.0.2"], host: "a", ports: [1] },
          { nginx: "a", count: 3 },
        ],
      }),
    ).toEqual([
      expect.stringMatching(/members\[0\]\.host is for members of nginx only/),
      expect.stringMatching(/members\[0\]\.ports is for members of nginx only/),
      expect.stringMatching(/members\[1\]\.count is for members that are addresses only/),
    ]);
  });

  test("of a large block need a count", () => {
    expect(told({ members: [{ addresses: ["2001:db8::/64", "127.0.0.0/16"] }] })).toEqual([
      expect.stringMatching(/^error egress\.ips\.members\[0\]\.addresses\[0\] is too large to be listed: write count/),
    ]);
    expect(told({ members: [{ addresses: ["2001:db8::/64"], count: 64 }] })).toEqual([]);
  });

  test("that are the same proxy for the same user are told, and nothing of their passwords", () => {
    const said = told({ members: [{ proxies: ["http://u:first@h:1", "http://u:second@h:1", "http://v:third@h:1"] }] });
    expect(said).toEqual(["error egress.ips.members[0].proxies[1] is the same proxy as proxies[0], for the same user"]);
    expect(told({ members: [{ proxies: ["u:first@h:1", 5, "http://u:second@h"] }] }).join("\n")).not.toMatch(
      /first|second/,
    );
    expect(told({ members: [{ proxies: "http://u:first@h:1" }] }).join("\n")).not.toMatch(/first/);
    expect(told({ members: [{ proxies: ["http://u:first@h:1"], tls: { verify: false } }] })).toEqual([
      expect.stringMatching(/tls is of no use: no proxy here begins with https/),
    ]);
    expect(told({ members: [{ proxies: ["https://h:1"], tls: { verify: false } }] })).toEqual([]);
    expect(told({ members: [{ proxies: ["https://h:1"], tls: true }] })).toHaveLength(1);
  });
});

describe("judging", () => {
  test("remembers so many failures in a row, and no more", () => {
    expect(told({ judge: { failures: 17 } })).toEqual([
      "error egress.ips.judge.failures must be at most 16 per target: so many failures in a row are remembered",
    ]);
    expect(told({ judge: { failures: 96, per: "member" } })).toEqual([]);
    expect(told({ judge: { failures: 97, per: "member" } })).toHaveLength(1);
  });

  test("by one strategy has no use for the keys of another", () => {
    expect(told({ judge: { share: 0.3, of: 5 } })).toHaveLength(2);
    expect(told({ judge: { strategy: "share", share: 0.3, of: 5 } })).toEqual([]);
    expect(told({ judge: { strategy: "never", failures: 5 } })).toHaveLength(1);
    expect(told({ judge: { per: "member", hostDown: 5 } })).toHaveLength(1);
  });

  test("by bodies says what is looked for, and how", () => {
    const bodies = [{}, { find: "a", pattern: "b" }, { pattern: "(" }, { find: "captcha" }];
    expect(told({ judge: { bodies } })).toHaveLength(3);
  });

  test("cools down for no longer than its longest, and sessions need a lifetime for limits", () => {
    expect(told({ judge: { coolDown: { time: "2h", max: "1h" } } })).toHaveLength(1);
    expect(told({ session: { lifetime: "0s", idle: "1m", requests: 5 } })).toHaveLength(2);
    expect(told({ session: { lifetime: "1m", idle: "1m", requests: 5 } })).toEqual([]);
  });

  test("statuses are told in our words", () => {
    expect(told({ judge: { statuses: { "5xx": "failure", "403,429": "ban", 200: "success" } } })).toEqual([]);
    expect(told({ judge: { statuses: { soon: "ban", "600": "failure", "403": "bann" } } })).toHaveLength(3);
  });
});

describe("logs and quotas", () => {
  const logs = [{ path: "/var/log/nginx/%s.access.log" }];
  const members = [{ nginx: "a.conf" }];

  test("evidence is there, and not there twice", () => {
    expect(told({ logs, members })).toEqual([]);
    expect(told({ evidence: "logs" })).toEqual(["error egress.ips.evidence is logs, and there are no logs"]);
    expect(told({ logs, evidence: "own" })).toHaveLength(1);
    expect(told({ logs, members, evidence: "both" })).toEqual([
      expect.stringMatching(/^warning egress\.ips\.evidence makes .* twice/),
    ]);
    expect(told({ logs, evidence: "both" })).toEqual([]);
  });

  test("a log says whose line it is", () => {
    const one = (log: object): string[] => told({ logs: [log] });
    expect(one({ path: "a.log" })).toEqual([]);
    expect(one({ path: "%s/%s.log" })).toEqual([expect.stringMatching(/must hold %s no more than once/)]);
    expect(one({ path: "%d.log" })).toEqual([expect.stringMatching(/holds %d, which stands for nothing/)]);
    expect(one({ path: "a%" })).toEqual([expect.stringMatching(/holds %,/)]);
    expect(one({ path: "a.log", format: "$status $time_local" })).toEqual([
      expect.stringMatching(/must say whose line it is, \$server_port or/),
    ]);
    expect(one({ path: "a.log", format: "$status $server_port" })).toEqual([]);
    expect(one({ path: "%s.log", format: "$status" })).toEqual([]);
    expect(one({ path: "%s.log", format: "$remote_addr" })).toEqual([expect.stringMatching(/must hold the status/)]);
    expect(one({ path: "a.log", format: { pattern: "(?<status>\\d+) (?<port>\\d+)" } })).toEqual([]);
    expect(one({ path: "a.log", format: { pattern: "(?<status>\\d+) (?<prot>\\d+)" } })).toHaveLength(2);
    // As RE2 writes them.
    expect(one({ path: "a.log", format: { pattern: "(?P<status>\\d+) (?P<port>\\d+)" } })).toEqual([]);
    expect(told({ judge: { bodies: [{ pattern: "(?i)captcha", means: "ban" }] } })).toEqual([]);
    expect(one({ path: "%s.log", format: { pattern: "(" } })).toEqual([
      expect.stringMatching(/must be a regular expression/),
    ]);
    expect(told({ logs: [{ path: "%s.log", every: "20m" }] })).toEqual([
      expect.stringMatching(/^warning .*every is longer than/),
    ]);
  });

  test("a quota is for users, and limits something", () => {
    expect(told({ quota: { per: "1h" } }).some((line) => line.includes("else it limits nothing"))).toBe(true);
    expect(told({ quota: { requests: 5 } })).toEqual([
      expect.stringMatching(/^warning egress\.ips\.quota is for users/),
    ]);
    expect(told({ quota: { requests: 5 } }, { listeners: proxied({}, { auth: { users: { a: "b" } } }) })).toEqual([]);
  });
});
