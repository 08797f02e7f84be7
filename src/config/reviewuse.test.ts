import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

const told = (listeners: object, pools: object = { a: { servers: ["s:1"] } }): string[] =>
  judge({ listeners, pools }).findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);
const sni = [{ name: "x", use: "a" }];

test("a listener says where things go, unless it answers by itself or by names", () => {
  const missing = "error listeners.w.use is missing; it must be the name of a pool";
  expect(told({ w: { listen: ":1" } })).toEqual([missing]);
  expect(told({ w: { listen: ":1", mode: "udp" } })).toEqual([missing]);
  expect(told({ w: { listen: ":1", mode: "tcp" } })[0]).toStartWith(`${missing}, or sni`);
  expect(told({ w: { listen: ":1", mode: "tcp", sni: [] } })[0]).toStartWith(`${missing}, or sni`);
  expect(told({ w: { listen: ":1", mode: "tcp", sni } })).toEqual([]);
  expect(told({ w: { listen: ":1", redirect: "https" }, v: { listen: ":2", use: "a" } })).toEqual([]);
  expect(told({ w: { listen: ":1", redirect: "https", use: "a" } })).toEqual([
    "warning listeners.w.use is never used: redirect answers every request",
  ]);
});

test("a pool that is named by sni alone is used, and must exist", () => {
  const pools = { a: { servers: ["s:1"] }, b: { servers: ["s:1"] } };
  expect(told({ w: { listen: ":1", mode: "tcp", use: "b", sni } }, pools)).toEqual([]);
  expect(told({ w: { listen: ":1", mode: "tcp", use: "b" } }, pools)).toEqual([
    "warning pools.a is used by no listener",
  ]);
  expect(told({ w: { listen: ":1", mode: "tcp", sni: [{ name: "x", use: "aa" }] } }, pools)).toEqual([
    'error listeners.w.sni[0].use names the pool "aa", which does not exist; did you mean "a"?',
  ]);
});

test("datagrams and connections have pools of their own, ports they may share", () => {
  const one = (mode: string, listen: string, use = "a") => ({ mode, listen, use });
  expect(told({ w: one("tcp", ":1"), v: one("http", ":2") })).toEqual([]);
  expect(told({ w: one("tcp", ":53"), v: one("udp", ":53") })).toEqual([
    expect.stringMatching(/^error listeners\.v\.use names a pool that listeners\.w uses too, in mode tcp; give /),
  ]);
  const pools = { a: { servers: ["s:1"] }, b: { servers: ["s:1"] } };
  expect(told({ w: one("tcp", ":53"), v: one("udp", ":53", "b") }, pools)).toEqual([]);
  expect(told({ w: one("udp", ":53"), v: one("udp", ":53") })).toEqual([
    "error listeners.v.listen is the same address as listeners.w.listen",
  ]);
  expect(told({ w: one("udp", ":2112") })).toEqual([]);
});

test("what is no listener is told once", () => {
  expect(told({ w: 5 })).toHaveLength(1);
  expect(told({ w: { listen: ":1", use: 5 } })).toHaveLength(1);
});

test("values that are no texts, with a toString of their own, and lists with holes are told like any other mistake", () => {
  const odd = { toString: "a" };
  expect(told({ w: { listen: ":1", use: "a", mode: odd } })).toContainEqual(
    expect.stringMatching(/^error listeners\.w\.mode must be /),
  );
  const tls = { certificates: [], minVersion: odd };
  expect(told({ w: { listen: ":1", use: "a", tls } })).toContainEqual(
    expect.stringMatching(/^error listeners\.w\.tls\.minVersion must be /),
  );
  const proxy = { allow: [odd], private: true };
  expect(told({ w: { listen: ":1", use: "a", proxy } })).toContainEqual(
    expect.stringMatching(/^error listeners\.w\.proxy\.allow\[0\] must be /),
  );
  const servers = ["s:1", "s:2"];
  delete servers[0];
  expect(told({ w: { listen: ":1", use: "a" } }, { a: { servers } })).toEqual([
    expect.stringMatching(/^error pools\.a\.servers\[0\] /),
  ]);
});
