import { expect, test } from "bun:test";
import { keyText } from "./problem.ts";
import { review } from "./review.ts";

type Servers = readonly unknown[];

function told(pools: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string[] {
  const names = Object.keys(pools);
  const findings = review({
    listeners: { web: { listen: ":80", use: names[0], rules: names.map((use) => ({ if: `path == '/${use}'`, use })) } },
    tables: { seen: { key: "ip", store: ["server_id"] } },
    pools,
  });
  const own = findings.filter(({ path }) => path[0] === "pools");
  return own.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);
}

const stick = { table: "seen" };
const pair: Servers = [
  { address: "10.0.0.1:80", id: "a", cookie: "x" },
  { address: "10.0.0.2:80", id: "b", cookie: "y" },
];

test("names of servers are for pools that ask for them, and each is one server's", () => {
  expect(told({ app: { servers: pair, sticky: "S", stick } })).toEqual([]);
  expect(told({ app: { servers: pair, stick } })).toEqual([
    expect.stringMatching(/^warning pools\.app\.servers\[0\]\.cookie is of no use: the pool has no sticky$/),
    expect.stringMatching(/^warning pools\.app\.servers\[1\]\.cookie /),
  ]);
  // Lines of the access log call it so.
  expect(told({ app: { servers: pair, sticky: "S" } })).toEqual([]);
  const twice = [pair[0], { address: "10.0.0.2:80", id: "a", cookie: "x" }];
  expect(told({ app: { servers: twice, sticky: "S", stick } })).toEqual([
    'warning pools.app.servers[1].cookie is said of servers[0] too, and clients with it come back to that one: "x"',
    'warning pools.app.servers[1].id is said of servers[0] too, and a key that was given either has that one: "a"',
  ]);
});

test("pools that store in one table have servers in common", () => {
  const app = { servers: ["10.0.0.1:80", "10.0.0.2:80"], stick };
  const told2 = (api: Readonly<Record<string, unknown>>): number => told({ app, api: { stick, ...api } }).length;
  expect(told({ app, api: { servers: ["10.0.1.1:80"], stick } })).toEqual([
    expect.stringMatching(/^warning pools\.api\.stick\.table is what pools\.app sticks by, and no server is in both:/),
  ]);
  expect(told2({ servers: ["10.0.0.2:80^3", "10.0.1.1:80"] })).toBe(0);
  expect(told2({ servers: [{ address: "10.0.1.1:80", id: "10.0.0.1:80" }] })).toBe(1);
  expect(told2({ servers: ["10.0.1.1:80"], stick: { table: "seen", store: false } })).toBe(0);
  expect(told2({ servers: ["10.0.1.1:80"], discover: { dns: "app:80" } })).toBe(0);
  const named = (host: string): Servers => [{ address: `${host}:80`, id: "m1" }];
  expect(told({ app: { servers: named("10.0.0.1"), stick }, api: { servers: named("10.0.1.1"), stick } })).toEqual([]);
});
