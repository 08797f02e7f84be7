import { expect, test } from "bun:test";
import { jsonSchema } from "../../config/schema.ts";
import { addressKeys, restored, sayingShown, secretKeys, shown } from "./secrets.ts";

const config = {
  admin: { listen: "127.0.0.1:2112", token: "correct-horse-battery" },
  debug: { token: "another-horse-battery" },
  fleet: "redis-user:hunter2@10.0.0.9:6379",
  registry: { redis: "redis://:hunter3@10.0.0.9:6379/0" },
  listeners: {
    web: {
      auth: { users: { ann: "$2y$hash" }, realm: "Sluice" },
      rules: [{ setHeader: { authorization: "Basic hunter4", "x-color": "blue" } }],
    },
  },
  pools: {
    token: { servers: ["10.0.0.1:80"], sticky: { cookie: "sid" } },
    app: {
      discover: [
        {
          http: { url: "https://ann:hunter5@host/servers?apikey=hunter6&zone=a", headers: { "X-Api-Key": "hunter7" } },
        },
        { consul: { endpoint: "http://127.0.0.1:8500", user: "ann", password: "hunter8" } },
      ],
    },
  },
  egress: {
    out: { members: [{ proxies: ["10.0.0.1:8080:ann:hunter9", "ann:hunter10@10.0.0.2:8080", "10.0.0.3:80"] }] },
  },
  ipmanager: { settings: { ADMIN_PASSWORD: "hunter11", PORT: 80 } },
};

test("tokens, passwords and credentials are not shown, and all else is", () => {
  const told = shown(config);
  expect(JSON.stringify(told)).not.toMatch(/horse|hunter|hash/);
  expect(told).toMatchObject({
    admin: { listen: "127.0.0.1:2112", token: "(redacted)" },
    fleet: "(redacted)@10.0.0.9:6379",
    registry: { redis: "redis://(redacted)@10.0.0.9:6379/0" },
    listeners: { web: { auth: { users: { ann: "(redacted)" }, realm: "Sluice" } } },
    pools: {
      token: { servers: ["10.0.0.1:80"], sticky: { cookie: "sid" } },
      app: {
        discover: [
          { http: { url: "https://(redacted)@host/servers?apikey=(redacted)&zone=a" } },
          { consul: { endpoint: "http://127.0.0.1:8500", user: "ann" } },
        ],
      },
    },
    egress: {
      out: { members: [{ proxies: ["10.0.0.1:8080:(redacted)", "(redacted)@10.0.0.2:8080", "10.0.0.3:80"] }] },
    },
    ipmanager: { settings: { PORT: 80 } },
  });
});

test("what was shown and comes back is what it was", () => {
  expect(restored(shown(config), config)).toEqual({ ok: true, value: config });
});

test("items of a list keep their secrets where they stand now", () => {
  const given = shown(config) as typeof config;
  given.egress.out.members[0]!.proxies.reverse();
  given.pools.app.discover.reverse();
  const back = restored(given, config);
  expect(back.ok && (back.value as typeof config).egress.out.members[0]!.proxies[2]).toBe("10.0.0.1:8080:ann:hunter9");
  expect(JSON.stringify(back)).not.toContain("(redacted)");
});

test("passwords hold whatever an address lets them, and programs and probes are told secrets too", () => {
  const odd = {
    fleet: "redis://:hun'ter@10.0.0.9:6379",
    caches: { one: { redis: { url: 'redis://ann:hun"ter@10.0.0.9:6379' } } },
    egress: {
      out: { members: [{ proxies: ["socks5://ann:hun/te?r#@x@10.0.0.1:1080", "http://ann:hun ter@10.0.0.1:80"] }] },
    },
    pools: {
      app: {
        check: { tcp: true, send: "AUTH ann hunter\r\nPING\r\n" },
        discover: [
          { exec: ["/bin/list", "--zone", "a", "--token=hunter", "-u", "ann:hunter", "/etc/list", "80", "-phunter"] },
          { consul: { endpoint: "http://ann:hun'ter@127.0.0.1:8500/a@b" } },
        ],
      },
      web: { check: { http: "/", send: "GET / HTTP/1.0\r\nX-Api-Key: hunter\r\n\r\n" } },
    },
  };
  const told = shown(odd) as typeof odd;
  expect(JSON.stringify(told)).not.toMatch(/hun|ter\b/);
  expect(told).toMatchObject({
    fleet: "redis://(redacted)@10.0.0.9:6379",
    pools: {
      app: {
        check: { send: "AUTH (redacted)\r\nPING\r\n" },
        discover: [
          {
            exec: [
              "/bin/list",
              "--zone",
              ...["(redacted)", "--token=(redacted)", "-u", "(redacted)", "/etc/list", "80", "(redacted)"],
            ],
          },
          { consul: { endpoint: "http://(redacted)@127.0.0.1:8500/a@b" } },
        ],
      },
    },
  });
  expect(restored(told, odd)).toEqual({ ok: true, value: odd });
});

test("of several that are shown alike each keeps its own, and where one has gone nobody guesses which", () => {
  const before = { proxies: ["10.0.0.1:80:ann:one", "10.0.0.1:80:bob:two", "10.0.0.2:80"] };
  const told = shown(before) as typeof before;
  const longer = { proxies: [...told.proxies, "10.0.0.3:80"] };
  expect(restored(longer, before)).toEqual({ ok: true, value: { proxies: [...before.proxies, "10.0.0.3:80"] } });
  expect(restored({ proxies: told.proxies.slice(1) }, before)).toEqual({
    ok: false,
    problems: ["proxies[0] may be any of several, which are shown alike; write the secret itself"],
  });
});

test("ten thousand proxies with passwords come back in no time", () => {
  const before = {
    proxies: Array.from({ length: 10_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}:80:ann:hunter`),
  };
  const told = shown(before) as typeof before;
  const given = { proxies: [...told.proxies.toReversed()] };
  const begunMs = performance.now();
  expect(restored(given, before)).toEqual({ ok: true, value: { proxies: before.proxies.toReversed() } });
  expect(performance.now() - begunMs).toBeLessThan(5000);
});

test("one that stands for a secret which is not there is refused by its key", () => {
  const given = { ...config, debug: {}, admin: { token: "(redacted)" }, fleet: "(redacted)@10.0.0.8:6379" };
  expect(restored(given, { ...config, admin: {} })).toEqual({
    ok: false,
    problems: [
      "admin.token has (redacted) for a secret that is not known here; write the secret itself",
      "fleet has (redacted) for a secret that is not known here; write the secret itself",
    ],
  });
});

test("the word itself, where there is no secret, is a word", () => {
  const given = { pools: { app: { reply: { body: "this was (redacted)" } } } };
  expect(restored(given, {})).toEqual({ ok: true, value: given });
});

test("every key of the schema that sounds like a secret's is known as one, or known to hold none", () => {
  // Files, names of fields and users, and what is true or false.
  const open = new Set([
    "tokenFile",
    "passFor",
    "bypass",
    "passing",
    "proxyAuthorization",
    "auth",
    "users",
    "user",
    "credentials",
  ]);
  const schema = jsonSchema() as { $defs: Record<string, { properties?: object }>; properties: object };
  const keys = [schema, ...Object.values(schema.$defs)].flatMap(({ properties }) => Object.keys(properties ?? {}));
  const sounding = keys.filter((key) => /token|pass|secret|credential|auth|user|redis|url|proxies/i.test(key));
  const unknown = sounding.filter((key) => !secretKeys.has(key) && !addressKeys.has(key) && !open.has(key));
  expect(unknown.filter((key) => !/^(trustedProxies|redispatch)$/.test(key))).toEqual([]);
});

test("what is wrong with a secret is told without it, and forms that are asked for stay as they are", () => {
  const cases: readonly [string, string, string][] = [
    ["a.consul.password", 'must have no spaces, not "hunter 2"', "must have no spaces, not (redacted)"],
    ["r[0].setHeader.authorization", 'is none (column 1 of "hunter ${")', "is none (column 1 of (redacted))"],
    ["r[0].setHeader.x-color", 'is none (column 1 of "blue ${")', 'is none (column 1 of "blue ${")'],
    [
      "p.servers[0]",
      'write "u:hunter@a:80", not "http://u:hunter@a"',
      'write "(redacted)@a:80", not "http://(redacted)@a"',
    ],
    ["fleet", "must be redis://[user:password@]host", "must be redis://[user:password@]host"],
  ];
  for (const [key, said, told] of cases) expect(sayingShown(said, key)).toBe(told);
});
