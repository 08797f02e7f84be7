import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

function told(more: object, pool: object = { servers: ["s:1"] }): string[] {
  const config = { listeners: { w: { listen: ":80", use: "a" } }, pools: { a: pool }, ...more };
  return judge(config).findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);
}

const redis = "redis://127.0.0.1:6379";
const sentinel = { targets: ["10.0.0.1:80", "10.0.0.2:80"] };

test("a sentinel beside a registry in Redis, and one whose set a pool reads, are well", () => {
  expect(told({ registry: redis, sentinel })).toEqual([]);
  expect(told({ sentinel: { ...sentinel, set: "x" } }, { servers: ["s:1"], discover: { registry: "x" } })).toEqual([]);
  expect(told({ registry: { redis, poll: "1s", notify: "off" } })).toEqual([]);
});

test("a set that nobody can read is told of", () => {
  expect(told({ sentinel })[0]).toStartWith("warning sentinel.set is read by no pool");
  expect(told({ sentinel: { ...sentinel, set: "y" } })[0]).toContain('discover: { registry: "y" }');
});

test("a lease that ends between two probes is refused", () => {
  expect(told({ registry: redis, sentinel: { ...sentinel, lease: "4s" } })).toEqual([]);
  expect(told({ registry: redis, sentinel: { ...sentinel, lease: "3999ms" } })[0]).toStartWith("error sentinel.lease");
  const check = { tcp: true, every: "10s" };
  expect(told({ registry: redis, sentinel: { ...sentinel, check } })[0]).toStartWith("error sentinel.lease");
});

test("targets that stand twice, or that nobody else can reach, are refused", () => {
  const of = (...targets: string[]): string[] => told({ registry: redis, sentinel: { targets } });
  expect(of("10.0.0.1:80", "10.0.0.1:80^2")).toEqual(["error sentinel.targets[1] is there already: 10.0.0.1:80"]);
  expect(of("unix:/run/app.sock")[0]).toStartWith("error sentinel.targets[0] must be reached by others too");
  expect(of("10.0.0.1")[0]).toStartWith("error sentinel.targets[0] must have a port");
});

test("the check of a sentinel is looked at as that of a pool", () => {
  const check = { http: "/", udp: true };
  expect(told({ registry: redis, sentinel: { ...sentinel, check } })[0]).toContain("cannot stand beside http");
});

test("a table is shared with nobody where there is no fleet", () => {
  const tables = { t: { key: "ip", share: true, store: ["gpc0"] } };
  const rules = [{ track: "t" }];
  const of = (more: object): string[] =>
    told({ tables, listeners: { w: { listen: ":80", use: "a", rules } }, ...more }).filter((each) =>
      each.startsWith("error"),
    );
  expect(of({})).toEqual(["error tables.t.share needs the section fleet, which says with whom"]);
  expect(of({ fleet: redis })).toEqual([]);
  expect(of({ fleet: { redis, interval: "3s" } })[0]).toStartWith("error fleet.stale must be longer");
});

test("a limit is shared with nobody where there is no fleet, and one with a table has nothing to say of it", () => {
  const of = (limit: object, more: object = {}): string[] => {
    const rules = [{ rules: [{ name: "r", limit }] }];
    const tables = { t: { key: "ip", store: ["tokens(5,1s)"] } };
    return told({ tables, listeners: { w: { listen: ":80", use: "a", rules } }, ...more }).filter((each) =>
      each.startsWith("error"),
    );
  };
  const limit = { rate: "2/s", share: true };
  expect(of(limit)).toEqual([
    "error listeners.w.rules[0].rules[0].limit.share needs the section fleet, which says with whom",
  ]);
  expect(of(limit, { fleet: redis })).toEqual([]);
  expect(of({ table: "t", share: true }, { fleet: redis })[0]).toContain("limit.share cannot stand beside table");
});

test("a fleet that shares nothing at all is told of", () => {
  const fleet = { redis, bans: false };
  expect(told({ fleet: redis })).toEqual([]);
  expect(told({ fleet })[0]).toStartWith("warning fleet has nothing to share");
  const pool = { servers: ["s:1"], rules: { request: [{ name: "r", limit: { rate: "2/s", share: true } }] } };
  expect(told({ fleet }, pool)).toEqual([]);
});

test("a node's name is one word", () => {
  expect(told({ fleet: { redis, node: "eu-1.example:2112" } })).toEqual([]);
  for (const node of ["", "a b", "a{b}", "x".repeat(101)])
    expect(told({ fleet: { redis, node } })[0]).toStartWith("error fleet.node must be a name");
});

test("names and addresses that are none are refused where they stand", () => {
  expect(told({ registry: "redis://r/x" })[0]).toStartWith("error registry must have the number of a database");
  expect(told({ fleet: { redis: "redis:///0" } })[0]).toStartWith("error fleet.redis must name a host");
  for (const address of [
    "r:6379",
    "u:p@r:6379/1",
    "redis://r",
    "rediss://u:p@r:1/2",
    "valkey://[::1]/",
    "unix:/run/r.sock",
  ])
    expect([address, told({ registry: address })]).toEqual([address, []]);
  expect(told({ registry: "http://127.0.0.1" })[0]).toStartWith(
    "error registry must be host:port, or begin with redis://",
  );
  expect(told({ registry: redis, sentinel: { ...sentinel, set: "a b" } })[0]).toStartWith("error sentinel.set");
  expect(told({ registry: redis, sentinel: { ...sentinel, quorum: "all" } })[0]).toContain('"majority"');
  expect(told({ registry: redis, sentinel: { targets: [] } })[0]).toStartWith("error sentinel.targets");
});
