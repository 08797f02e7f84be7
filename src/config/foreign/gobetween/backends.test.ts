import { expect, test } from "bun:test";
import { readBackends, serversOf } from "./backends.ts";
import { tableOf, toldBy } from "./translated.fixture.ts";

function backends(...lines: string[]) {
  const table = tableOf(`static_list = ${JSON.stringify(lines)}`);
  return { found: readBackends(table), told: toldBy(table.ledger) };
}

test("a line has an address, and options with defaults", () => {
  const { found, told } = backends(" a:80 ", "[::1]:81 weight=2 priority=3 max_connections=4 sni=X.example");
  expect(told).toEqual([]);
  expect(found).toMatchObject([
    { address: "a:80", weight: 1, priority: 1, maxConnections: 0, name: "", path: ["static_list", 0] },
    { address: "[::1]:81", weight: 2, priority: 3, maxConnections: 4, name: "X.example", path: ["static_list", 1] },
  ]);
});

test("options in an order that gobetween does not read are taken, and told", () => {
  const { found, told } = backends("a:80 sni=x weight=2", "b:80  weight=2");
  expect(found).toMatchObject([{ weight: 2, name: "x" }, { weight: 2 }]);
  expect(told).toHaveLength(2);
  expect(told[0]).toStartWith("warning static_list[0] is approximated: gobetween leaves this backend out");
});

test("a line that says no backend is an error, at its place", () => {
  const { found, told } = backends("a", "b:x", "c:80 wieght=2", "d:80");
  expect(found.map(({ address }) => address)).toEqual(["d:80"]);
  expect(told.map((line) => line.split(" must ")[0])).toEqual([
    "error static_list[0]",
    "error static_list[1]",
    "error static_list[2]",
  ]);
});

test("of two lines about one backend the last counts", () => {
  const { found, told } = backends("a:80 weight=2", "A:80 weight=5");
  expect(found).toMatchObject([{ weight: 5 }]);
  expect(told).toEqual([
    "warning static_list[1] is approximated: a:80 is listed twice; the last line counts, as in gobetween",
  ]);
});

test("the lowest priority serves, the next one is its backup", () => {
  const { found } = backends("a:80 weight=40 priority=1", "b:80 priority=1", "c:80 weight=100 priority=0");
  expect(serversOf(found, true)).toEqual({
    servers: [
      { address: "a:80", weight: 40, backup: true },
      { address: "b:80", backup: true },
      { address: "c:80", weight: 100 },
    ],
    isLossy: false,
  });
});

test("weight 0 waits behind its priority, unless all have it", () => {
  expect(serversOf(backends("a:80 weight=0", "b:80").found, true).servers).toEqual([
    { address: "a:80", backup: true },
    "b:80",
  ]);
  expect(serversOf(backends("a:80 weight=0", "b:80 weight=0").found, true).servers).toEqual(["a:80", "b:80"]);
});

test("a third tier joins the second, and that is a loss", () => {
  const { servers, isLossy } = serversOf(backends("a:80", "b:80 priority=2", "c:80 priority=3").found, true);
  expect(servers).toEqual(["a:80", { address: "b:80", backup: true }, { address: "c:80", backup: true }]);
  expect(isLossy).toBe(true);
});

test("other policies than weight look at neither weight nor priority, as in gobetween", () => {
  const { found } = backends("a:80 weight=3 priority=7", "b:80 max_connections=5");
  expect(serversOf(found, false).servers).toEqual(["a:80", { address: "b:80", maxConnections: 5 }]);
});
