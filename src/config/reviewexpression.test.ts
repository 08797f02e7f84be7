import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

/** Every finding with its key, and the character that it is about. */
function told(rules: unknown, more: object = {}): string[] {
  const { findings } = judge({
    listeners: { web: { listen: ":80", use: "app", rules } },
    pools: { app: { servers: ["10.0.0.1:80"] } },
    tables: { marked: { store: ["gpc0"] } },
    ...more,
  });
  return findings.map(({ path, inside, message }) => {
    const at = inside === undefined ? "" : `:${inside.offset}`;
    return `${keyText(path).replace("listeners.web.rules", "")}${at} ${message}`;
  });
}

test("what is right is told nothing of", () => {
  expect(told([{ if: "marked[src].gpc0 > 0", deny: 403 }, { track: "marked" }])).toEqual([]);
});

test("a mistake is told at its character, behind what the short form or spaces put before it", () => {
  expect(told([{ if: "secure && src", track: "marked", deny: 403 }])).toEqual([
    expect.stringMatching(/^\[0\]\.if:10 must be a bool/),
  ]);
  expect(told([{ mark: "  marked[path]" }])[0]).toMatch(/^\[0\]\.mark:9 must be an address/);
  expect(told([{ mark: "marked.gpc1" }])[0]).toMatch(/^\[0\]\.mark:0 .*does not store gpc1/);
});

test("several mistakes in one expression are all told", () => {
  expect(told([{ if: "a > 1 && b > 2", deny: 403 }]).map((line) => line.split(" ", 1)[0])).toEqual([
    "[0].if:0",
    "[0].if:9",
  ]);
});

test("what hangs on a table or list that was refused is not told again", () => {
  const tables = { marked: { store: ["gpc"] } };
  expect(told([{ if: "marked[src].gpc0 > 0", mark: "marked", limit: "marked" }], { tables })).toEqual([
    expect.stringMatching(/^tables\.marked\.store\[0\] must be written/),
  ]);
  const lists = { office: { addresses: ["here"] } };
  expect(told([{ track: "marked", if: "src in lists.office" }], { lists })).toHaveLength(1);
});

test("sessions of mode udp have no TLS, and no dst where all addresses are listened on", () => {
  const udp = (listen: string, condition: string): string[] =>
    told([], {
      listeners: { web: { mode: "udp", listen, use: "app", rules: [{ if: condition, reject: true }] } },
      tables: {},
    });
  for (const listen of [":53", "0.0.0.0:53", "[::]:53", "[0:0::0]:53", "[::ffff:0.0.0.0]:53"])
    expect(udp(listen, "dst == ip('10.0.0.1') || dst == src")).toEqual([
      expect.stringMatching(/^\[0\]\.if cannot ask for dst in mode udp where listen is all addresses/),
    ]);
  expect(udp("10.0.0.1:53", "dst == src && dstPort == 53")).toEqual([]);
  expect(udp(":53", "dstPort == 53")).toEqual([]);
  expect(udp("10.0.0.1:53", "tls.hello && tls.sni == 'a'")).toEqual([
    expect.stringMatching(/^\[0\]\.if cannot ask for tls\.\w+ in mode udp/),
    expect.stringMatching(/^\[0\]\.if cannot ask for tls\.\w+ in mode udp/),
  ]);
  expect(told([{ if: "dst == src && tls.hello", deny: 403 }], { tables: {} })).toEqual([]);
});

test("a table that nothing writes to, or that nothing uses, is told, unless an expression does it", () => {
  const writes = [
    { track: "marked" },
    { mark: "marked" },
    { clear: "marked[src].gpc0" },
    { set: { "marked[src].gpc0": 1 } },
    { if: "increment(marked[src].gpc0) > 3", deny: 403 },
  ];
  for (const rule of writes) expect(told([rule])).toEqual([]);
  expect(told([{ if: "marked.has(src)", deny: 403 }])).toEqual([expect.stringContaining("none writes to it")]);
  expect(told([])).toEqual(["tables.marked is used by no rule"]);
  // Where something cannot be read, it is not known who writes to what.
  expect(told([{ mark: "markd" }])).toEqual([expect.stringMatching(/^\[0\]\.mark/)]);
});

test("an amount or a value that is a plain number or truth value is one where it is wanted", () => {
  expect(told([{ increment: { "marked[src].gpc0": 2 }, set: { "vars.a": true } }])).toEqual([]);
  expect(told([{ increment: { "marked[src].gpc0": true } }])[0]).toMatch(/must be a number/);
});

test("a key of another kind than the table's must be said", () => {
  const tables = { words: { key: "string", store: ["gpc0", "tokens(1,1s)"] } };
  expect(told([{ track: { table: "words", by: "host" } }], { tables })).toEqual([]);
  // An address is text, too.
  expect(told([{ track: "words" }, { limit: "words", by: "path" }], { tables })).toEqual([]);
  const numbers = { ports: { key: "integer", store: ["gpc0"] } };
  expect(told([{ track: { table: "ports", by: "src" } }], { tables: numbers }).length).toBeLessThan(2);
});

test("templates are looked at only where a reply has them", () => {
  const body = '{"error": "too many"}';
  expect(told([{ track: "marked", deny: { status: 429, body } }])).toEqual([]);
  expect(told([{ track: "marked", deny: { status: 429, body, template: true } }])[0]).toMatch(/^\[0\]\.deny\.body:/);
});

test("what clients are kept by needs a table that stores their server", () => {
  const kept = (store: string[], by: string): string[] =>
    told([], {
      tables: { kept: { store } },
      pools: { app: { servers: ["10.0.0.1:80"], stick: { table: "kept", by } } },
    });
  expect(kept(["server_id"], "src")).toEqual([]);
  expect(kept(["gpc0"], "src")[0]).toContain("does not store server_id");
  expect(kept(["server_id"], "cookies['a']")[0]).toMatch(/^pools\.app\.stick\.by:0 must be an address/);
});

test("a rate in place of a limit is one error, the schema's", () => {
  expect(told([{ limit: "5/s" }], { tables: {} })).toEqual([
    '[0].limit must be a section: write limit: { rate: "5/s" }',
  ]);
});

test("by beside track is told where it goes", () => {
  expect(told([{ track: "marked", by: "src" }])).toEqual([
    "[0].by is for a limit beside it that names a table; write track: { table: marked, by: src }",
  ]);
});
