import { expect, test } from "bun:test";
import { jsonSchema } from "../../config/schema.ts";
import { isGuarded, reachingKeys, reachOf } from "./reach.ts";

const config = {
  pools: { app: { servers: ["10.0.0.1:80"], check: { http: "/" } } },
  listeners: { web: { listen: ":80", rules: [{ deny: 403 }] } },
  tables: { seen: { key: "ip" } },
  lists: { bad: { addresses: ["10.0.0.1"] } },
};

test("what only changes how Sluice works does not reach beyond it", () => {
  for (const change of [
    { pools: { app: { servers: ["10.0.0.2:80^3"], check: { http: "/health" } } } },
    { tables: { seen: { key: "string" } } },
    { listeners: { web: { listen: ":80", rules: [{ deny: 403, mode: "observe" }] } } },
    { lists: { bad: { addresses: ["10.0.0.1", "10.0.0.2"] } } },
    { pools: { app: { balance: { policy: "consistentHash", key: "uri" } } } },
  ])
    expect([change, reachOf(config, { ...config, ...change })]).toEqual([change, null]);
});

test("programs, files, sockets and the admin interface do, wherever they stand, also when they go", () => {
  for (const [change, place] of [
    [{ pools: { app: { servers: ["10.0.0.1:80"], check: { exec: ["/bin/true"] } } } }, "pools.app.check.exec"],
    [{ pools: { ...config.pools, other: { discover: { exec: "id" } } } }, "pools.other.discover.exec"],
    [{ pools: { ...config.pools, other: { reply: { file: "/etc/shadow" } } } }, "pools.other.reply.file"],
    [{ listeners: { web: { listen: ":80", rules: [{ deny: { file: "x" } }] } } }, "listeners.web.rules[0].deny.file"],
    [{ listeners: { web: { listen: "unix:/run/x.sock", rules: [{ deny: 403 }] } } }, "listeners.web.listen"],
    [{ lists: { bad: { addresses: "/etc/passwd" } } }, "lists.bad.addresses"],
    [{ accessLog: { path: "/etc/cron.d/x" } }, "accessLog"],
    [{ log: { syslog: { to: "unix:/run/x" } } }, "log.syslog"],
    [{ acme: { agreeToTerms: true, folder: "/etc/cron.d" } }, "acme.folder"],
    [{ admin: { listen: ":2112" } }, "admin"],
  ] as const) {
    expect(reachOf(config, { ...config, ...change })).toBe(place);
    expect(reachOf({ ...config, ...change }, config)).toBe(place);
  }
});

test("where a token is asked for, or the socket's owner is who may, nothing is held back", () => {
  expect(isGuarded({ admin: { listen: "127.0.0.1:2112" } })).toBe(false);
  expect(isGuarded({ admin: { listen: "127.0.0.1:2112", token: "correct-horse-battery" } })).toBe(true);
  expect(isGuarded({ admin: { listen: "unix:/run/sluice/admin.sock" } })).toBe(true);
});

test("every key of the schema that is about a file or a program is one of those", () => {
  const missing = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { properties = {} } = node as { properties?: Record<string, { description?: string }> };
    for (const [key, { description = "" }] of Object.entries(properties)) {
      const isAbout = /\b(?:PEM )?file\b(?! of| only)|\bprogram\b|\bRun a command\b|\bsocket\b/i.test(description);
      if (isAbout && !reachingKeys.has(key)) missing.add(key);
    }
    for (const value of Object.values(node)) walk(value);
  };
  walk(jsonSchema());
  // Lists are files where they are texts, errors and reply hold answers with files in them; the others only speak of files.
  const others = [
    "$schema",
    "addresses",
    "errors",
    "format",
    "group",
    "hmacKey",
    "mode",
    "names",
    "onNothing",
    "password",
    "reply",
    "texts",
    "token",
    "user",
  ];
  expect([...missing].sort()).toEqual(others);
});
