import { describe, expect, test } from "bun:test";
import { capacity } from "../memory/arena.ts";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

describe("what concerns two keys", () => {
  const base = (pool: object, more: object = {}): string[] =>
    judge({
      listeners: { w: { listen: ":80", use: "a" } },
      pools: { a: { servers: ["s:1"], ...pool } },
      ...more,
    }).findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);
  const many = <T>(count: number, make: (index: number) => T): Record<string, T> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, make(index)]));

  test("a config has so many and not one more, and what else is to be done is said", () => {
    const servers = (count: number): string[] => Array.from({ length: count }, (_, index) => `s:${index + 1}`);
    expect(base({ servers: servers(capacity.servers) })).toEqual([]);
    expect(base({ servers: servers(capacity.servers + 1) })).toEqual([
      "error pools hold 4097 servers together; a config has at most 4096: share them out between several instances of Sluice",
    ]);
    const listeners = (count: number) => ({
      listeners: many(count, (index) => ({ listen: `:${index + 1}`, use: "a" })),
    });
    expect(base({}, listeners(capacity.listeners))).toEqual([]);
    expect(base({}, listeners(capacity.listeners + 1))).toEqual([
      "error listeners hold 65 listeners; a config has at most 64: share them out between several instances of Sluice",
    ]);
    const pools = (count: number) => ({
      pools: { a: { servers: ["s:1"] }, ...many(count - 1, () => ({ servers: ["s:1"] })) },
    });
    expect(base({}, pools(capacity.pools)).every((line) => line.startsWith("warning"))).toBe(true);
    expect(base({}, pools(capacity.pools + 1)).at(-1)).toBe(
      "error pools hold 513 pools; a config has at most 512: share them out between several instances of Sluice",
    );
  });

  test("rules of all listeners and pools are counted together, those in groups too", () => {
    const rules = (count: number) => ({
      listeners: {
        w: { listen: ":80", use: "a", rules: [{ rules: Array(count - 1).fill({ deny: true, if: "path == '/a'" }) }] },
      },
    });
    expect(base({}, rules(capacity.rules)).filter((line) => line.includes("at most"))).toEqual([]);
    expect(base({}, rules(capacity.rules + 1))).toContain(
      "error listeners hold 4097 rules, together with those of pools; a config has at most 4096: a list (lists) can hold the values that many rules compare with, for one rule",
    );
  });

  test("pools may be empty where no listener needs one", () => {
    const none = (listeners: object): string[] => base({}, { listeners, pools: {} });
    const proxy = { listen: "127.0.0.1:3128", proxy: true };
    const redirect = { listen: ":80", redirect: "https" };
    expect([none({ proxy }), none({ proxy: { ...proxy, proxy: { connect: true } }, redirect })]).toEqual([[], []]);
    expect(none({ proxy, w: { listen: ":80", use: "a" } })).toContain("error pools must hold at least one pool");
    expect(none({})).toEqual([
      "error listeners must hold at least one listener",
      "error pools must hold at least one pool",
    ]);
  });

  test("a weight is looked at once, and only by policies that weigh", () => {
    expect(base({ servers: [{ address: "s:1^2", weight: 3 }] })[0]).toContain("is given twice");
    expect(base({ servers: ["s:1^2"], balance: "roundRobin" })[0]).toContain("weightedRoundRobin does");
    expect(base({ servers: ["s:1^2"], balance: { policy: "first" } })[0]).toContain("which first does not look at");
    expect(base({ servers: ["s:1^1"], balance: "roundRobin" })).toEqual([]);
  });

  test("times that contradict each other", () => {
    expect(base({ check: { tcp: true, timeout: "2s" } })).toEqual([]);
    expect(base({ check: { tcp: true, timeout: "2001ms" } })[0]).toStartWith("warning pools.a.check.timeout");
    expect(base({ check: { tcp: true, every: "999ms" } })).toEqual([]);
    expect(base({ ejection: { base: "5m" } })).toEqual([]);
    expect(base({ ejection: { maximum: "29s" } })[0]).toStartWith("error pools.a.ejection.maximum");
  });

  test("an admin address that others can reach demands a token", () => {
    expect(base({}, { admin: { listen: ":9000" } })[0]).toContain("admin.token must be set");
    expect(base({}, { admin: { listen: ":9000", token: "0123456789abcdef" } })).toEqual([]);
    expect(base({}, { admin: { listen: "unix:/run/a.sock" } })).toEqual([]);
    expect(base({}, { admin: { listen: ":80", token: "0123456789abcdef" } })).toEqual([
      "error admin.listen is the same address as listeners.w.listen",
    ]);
  });

  test("a runtime socket that asks for no token is not at an address beside one that is asked for", () => {
    const socket = (listen: string, token?: string) =>
      base({}, { admin: { haproxy: { sockets: [{ listen }] }, ...(token === undefined ? {} : { token }) } });
    expect(socket("127.0.0.1:9999")).toEqual([]);
    expect(socket("unix:/run/h.sock", "0123456789abcdef")).toEqual([]);
    expect(socket("127.0.0.1:9999", "0123456789abcdef")).toEqual([
      'error admin.haproxy.sockets[0].listen is open to every user of this machine and asks for no token, which admin.token is for: give it a path, as in "unix:/run/haproxy/admin.sock"',
    ]);
  });

  test("a statistics page where others see its passwords is warned of, once for an address, and has none of a socket's", () => {
    const users = [{ user: "ann", password: "secret" }];
    const page = (listen: string, more: object = {}) =>
      base(
        {},
        {
          admin: {
            haproxy: {
              pages: [
                { listen, users },
                { listen, uri: "/more", users },
              ],
              ...more,
            },
          },
        },
      );
    expect(page("127.0.0.1:8404")).toEqual([]);
    expect(page("unix:/run/page.sock")).toEqual([]);
    expect(page(":8404")).toEqual([
      "warning admin.haproxy.pages[0].listen is not a loopback address, and the page has no TLS: whoever sees the traffic reads its passwords; put it on loopback, behind a listener with tls",
    ]);
    expect(page("127.0.0.1:8404", { sockets: [{ listen: "127.0.0.1:8404" }] })).toEqual([
      "error admin.haproxy.pages[0].listen is the same address as admin.haproxy.sockets[0].listen",
    ]);
  });

  test("metrics have an address of their own, beside listeners and admin", () => {
    const metrics = (listen: string, more: object = {}) => base({}, { metrics: { listen }, ...more });
    expect(metrics(":9100")).toEqual([]);
    expect(metrics("127.0.0.1:9100", { admin: { listen: "127.0.0.1:9101" } })).toEqual([]);
    expect(metrics(":80")).toEqual(["error metrics.listen is the same address as listeners.w.listen"]);
    expect(metrics("127.0.0.1:80")).toEqual(["error metrics.listen has the port of listeners.w.listen"]);
    expect(metrics(":2112")).toEqual([
      "error metrics.listen takes the address of the admin interface, 127.0.0.1:2112; give one of them another port",
    ]);
    expect(metrics(":9100", { admin: { listen: "127.0.0.1:9100" } })).toEqual([
      "error admin.listen has the port of metrics.listen",
    ]);
  });

  test("fields of an access log's lines are those of JSON", () => {
    const log = (accessLog: object) => base({}, { accessLog });
    const fields = { status: "status", level: "=INFO", version: 1, isSlow: false };
    expect(log({ fields })).toEqual([]);
    expect(log({ fields, format: "json" })).toEqual([]);
    expect(log({ fields, format: "common" })).toEqual([
      "error accessLog.fields are those of JSON lines, and format says otherwise",
    ]);
    expect(log({ fields: { a: "statsu" } })).toEqual([
      'error accessLog.fields.a is not known here: "statsu"; did you mean "status"?',
    ]);
    for (const a of [{}, "INFO", null, ["x"]])
      expect(log({ fields: { a } })[0]).toMatch(/^error accessLog\.fields\.a .*a field that docs\/ACCESSLOG\.md names/);
  });

  test("far too many listeners are told as that, and their addresses are looked at once each", () => {
    const [one, same] = [
      many(8000, (index) => ({ listen: `127.0.${index >> 8}.${index & 255}:80`, use: "a" })),
      { listen: "127.0.0.1:80", use: "a" },
    ];
    const beganMs = performance.now();
    expect(base({}, { listeners: { ...one, same } }).toSorted()).toEqual([
      "error listeners hold 16002 ways from a listener to a pool; a config has at most 1024: share them out between several instances of Sluice",
      "error listeners hold 8001 listeners; a config has at most 64: share them out between several instances of Sluice",
      "error listeners.same.listen is the same address as listeners.n1.listen",
    ]);
    // Compared one by one it were minutes.
    expect(performance.now() - beganMs).toBeLessThan(10_000);
  });

  test("listeners may share a port if one is more certain than the other, never with admin", () => {
    const two = (a: string, b: string, admin = "127.0.0.1:1") =>
      base({}, { listeners: { a: { listen: a, use: "a" }, b: { listen: b, use: "a" } }, admin: { listen: admin } });
    expect(two(":80", "127.0.0.1:80")).toEqual([]);
    expect(two("127.0.0.1:0", "127.0.0.1:0")).toEqual([]);
    for (const every of ["0.0.0.0:80", "[::]:80", "*:80", ":80"])
      expect(two(":80", every)).toEqual(["error listeners.b.listen is the same address as listeners.a.listen"]);
    expect(two("unix:/a", "unix:/a")).toHaveLength(1);
    expect(two("localhost:80", "127.0.0.1:80")).toHaveLength(1);
    const spellings = [
      ["[::ffff:127.0.0.1]:80", "127.0.0.1:80"],
      ["[::ffff:7f00:1]:80", "localhost:80"],
      ["[0:0::1]:80", "[::1]:80"],
      ["[2001:DB8:0:0::1]:80", "[2001:db8::1]:80"],
      ["unix:/run/./x.sock", "unix:/run/x.sock"],
      ["unix:/run//x.sock", "unix:/run/a/../x.sock"],
    ] as const;
    for (const [one, other] of spellings)
      expect(two(one, other)).toEqual(["error listeners.b.listen is the same address as listeners.a.listen"]);
    expect(two("[::ffff:127.0.0.1]:80", "127.0.0.2:80")).toEqual([]);
    expect(two("[::1]:80", "127.0.0.1:80")).toEqual([]);
    expect(two(":80", ":81", "127.0.0.1:81")).toEqual(["error admin.listen has the port of listeners.b.listen"]);
    expect(base({}, { listeners: { w: { listen: ":2112", use: "a" } } })).toEqual([
      "error listeners.w.listen takes the address of the admin interface, 127.0.0.1:2112; give one of them another port",
    ]);
  });

  test("checks that are of no kind, of two kinds, or hold the other kind's keys", () => {
    expect(base({ check: {} })[0]).toContain("must say what to check");
    expect(base({ check: { tcp: true, http: "/" } })[0]).toContain("cannot stand beside http");
    expect(base({ check: { tcp: true, method: "GET", host: "a" } })).toHaveLength(2);
  });

  test("browsers throw away SameSite=None without Secure; a pool of backups has no server of its own", () => {
    expect(base({ sticky: { cookie: "a", sameSite: "None" } })[0]).toStartWith("warning pools.a.sticky.sameSite");
    expect(base({ sticky: { cookie: "a", sameSite: "None", secure: true } })).toEqual([]);
    expect(base({ servers: [{ address: "s:1", backup: true }] })[0]).toStartWith("warning pools.a.servers");
  });

  test("edits of a head that do nothing are told", () => {
    const edits = (rule: object): string[] => base({ rules: [rule] });
    const rules = "warning pools.a.rules[0]";
    expect(edits({ setHeader: { "Transfer-Encoding": "chunked", Host: "{path}" }, addHeader: { host: "a" } })).toEqual([
      `${rules}.setHeader.Transfer-Encoding does nothing: what Transfer-Encoding says of a message and its connection is Sluice's to say`,
      `${rules}.addHeader.host does nothing: a request has one Host, which setHeader sets`,
    ]);
    expect(edits({ removeHeader: ["x-a", "Connection"] })).toEqual([
      `${rules}.removeHeader[1] does nothing: what Connection says of a message and its connection is Sluice's to say`,
    ]);
    expect(edits({ removeHeader: "expect" }).length).toBe(1);
    expect(edits({ setHeader: { "X-A": "a\r\nB: c", "X-B": "a\n", "X-C": "a\tb" } })).toEqual([
      `${rules}.setHeader.X-A holds a line end or another control, which is left out`,
    ]);
  });

  test("a token is never quoted", () => {
    expect(JSON.stringify(base({}, { admin: { token: "secret 123" } }))).not.toContain("secret");
  });
});
