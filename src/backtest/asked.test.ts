import { expect, test } from "bun:test";
import { askedBefore, askedBy, type Placed } from "./asked.ts";

test("what a rule asks for, wherever it asks and however it is written", () => {
  const asked = (rule: object): string[] => [...askedBy(rule as Record<string, unknown>)].sort();
  expect(asked({ if: "headers['X-A'] == '1' || headers.list('x-b').exists(v, v == cookies['S'])" })).toEqual([
    "cookies['S']",
    "headers['x-a']",
    "headers['x-b']",
  ]);
  expect(asked({ if: "!(tls.sni in lists.names) && seen[headers['k']].conn_rate > 1" })).toEqual([
    "conn_rate",
    "headers['k']",
    "tls.sni",
  ]);
  expect(asked({ if: "headers[method] == '' ? [user] == [] : pools.app.up < 1" })).toEqual([
    "headers[…]",
    "method",
    "pools",
    "user",
  ]);
  expect(asked({ track: { table: "a", by: "host" }, mark: ["a[version]"], set: { "vars.x": "peer" } })).toEqual([
    "host",
    "peer",
    "version",
  ]);
  expect(asked({ limit: { rate: "5/s", by: "headers['k']", cost: "contentLength" } })).toEqual([
    "contentLength",
    "headers['k']",
  ]);
  expect(asked({ increment: { "a[host].gpc0": "srcPort" }, clear: "a[port].gpc0", by: "dst", limit: "a" })).toEqual([
    "dst",
    "host",
    "port",
    "srcPort",
  ]);
  expect(asked({ setHeader: { "X-Y": "{{ {host}-{headers['z']}" } })).toEqual(["headers['z']", "host"]);
  // What decides nothing, what is no expression, and what is only the name of something.
  expect(asked({ log: "{host}", deny: 403, use: "host", limit: "5/s", if: "(" })).toEqual([]);
});

test("of those before it in the order of play, without what is off, told once, and without what a rule has set", () => {
  const rule = (
    name: string,
    more: Record<string, unknown>,
    owner: Placed["owner"],
    phase: Placed["phase"] = "request",
  ) => ({ rule: more, name, phase, owner, path: [name], rules: [] }) satisfies Placed;
  const [web, other, app] = [
    { kind: "listeners", name: "web" },
    { kind: "listeners", name: "other" },
    { kind: "pools", name: "app" },
  ] as const;
  const tried = rule("tried", { if: "headers['a'] == headers['set'] && host == 'x'" }, web);
  const standing = [
    rule("door", { if: "tls.ja4 == 'x'" }, web, "connection"),
    rule("off", { mode: "off", if: "version == '1'" }, web),
    rule("first", { if: "host == 'y' && user == 'u'", setHeader: { Set: "1" } }, web),
    tried,
    rule("later", { if: "peer == src" }, web),
    rule("answer", { if: "response.server == 'x'" }, web, "response"),
    rule("elsewhere", { if: "port == 1" }, other),
    rule("inpool", { if: "srcPort == 1" }, app),
  ];
  expect(askedBefore(standing, tried)).toEqual([
    { name: null, asked: ["headers['a']", "host"] },
    { name: "door", asked: ["tls.ja4"] },
    { name: "first", asked: ["user"] },
  ]);
  const names = askedBefore(standing, standing[7]!).map(({ name }) => name);
  expect(names).toEqual([null, "door", "first", "tried", "later", "elsewhere"]);
});
