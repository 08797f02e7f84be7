import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { capacity } from "../memory/arena.ts";
import { printTypes } from "./declaration.ts";
import { judge } from "./judge.ts";
import { keyText, type Path } from "./problem.ts";
import { checkedJsonSchema, jsonSchema } from "./schema.ts";
import type { ConfigInput } from "./types.ts";

type Node = Record<string, unknown>;
const root = jsonSchema() as Node;
const definitions = root["$defs"] as Record<string, Node>;

/** Every key there is, at the path where a config would hold it, with its schema. */
function keys(node: Node, path: Path): [Path, Node][] {
  const parts = [node, ...((node["anyOf"] ?? node["allOf"] ?? []) as Node[])];
  return parts.flatMap((part): [Path, Node][] => {
    if (typeof part["$ref"] === "string") return keys(definitions[part["$ref"].slice("#/$defs/".length)]!, path);
    if (part["type"] === "array") return keys(part["items"] as Node, [...path, 0]);
    if (typeof part["additionalProperties"] === "object")
      return keys(part["additionalProperties"] as Node, [...path, "x"]);
    const entries = Object.entries((part["properties"] ?? {}) as Record<string, Node>);
    return entries.flatMap(([key, value]): [Path, Node][] => [[[...path, key], value], ...keys(value, [...path, key])]);
  });
}
const all = keys(root, []);

function withValue(path: Path, value: unknown): unknown {
  const config: unknown = {
    listeners: { x: { listen: ":80", use: "x" } },
    pools: { x: { servers: ["a:1"] } },
  };
  // Builds what is missing on the way down: a list for an index, a section for a name.
  let node = config as Record<string | number, unknown>;
  for (const [depth, key] of path.entries()) {
    if (depth === path.length - 1) node[key] = value;
    else {
      const isKept = typeof node[key] === "object" && node[key] !== null;
      if (!isKept) node[key] = typeof path[depth + 1] === "number" ? [] : {};
      node = node[key] as Record<string | number, unknown>;
    }
  }
  return config;
}

const complaints = (path: Path, value: unknown): string[] =>
  judge(withValue(path, value))
    .findings.filter((finding) => finding.severity === "error" && keyText(finding.path) === keyText(path))
    .map((finding) => finding.message)
    .filter((message) => !message.endsWith("http checks only")); // Told beside what is wrong with the value itself.

test("the walk of the schema finds the keys", () => {
  const names = all.map(([path]) => keyText(path));
  expect(names.length).toBeGreaterThan(90);
  for (const name of ["workers", "listeners.x.forwarding.via", "pools.x.servers[0].weight", "pools.x.check.expect"])
    expect(names.includes(name)).toBe(name !== "listeners.x.forwarding.via");
});

test("every key is documented, in a whole sentence", () => {
  for (const [path, node] of all) {
    const target = typeof node["$ref"] === "string" ? definitions[node["$ref"].slice("#/$defs/".length)]! : node;
    const inside = ((target["allOf"] ?? target["anyOf"] ?? []) as Node[]).find((part) => part["$ref"] !== undefined);
    const told =
      target["description"] ??
      (inside === undefined ? undefined : definitions[String(inside["$ref"]).slice("#/$defs/".length)]!["description"]);
    expect({ path, told }).toEqual({ path, told: expect.stringMatching(/^\S.*[.]$/) });
  }
});

test("every key refuses a value that it cannot have, in our own words", () => {
  for (const [path] of all) {
    const messages = complaints(path, () => 1);
    expect({ path, messages }).toEqual({
      path,
      messages: [expect.stringMatching(/^must be .*(, not a function|without spaces)$/)],
    });
  }
});

test("no value makes a key say anything in words that are not ours", () => {
  const values = [
    null,
    "",
    " ",
    "\0",
    12.5,
    -1,
    1e99,
    Number.NaN,
    true,
    false,
    [],
    [5],
    {},
    { a: 1 },
    new Date(0),
    10n,
    "é",
    "x".repeat(5000),
  ];
  for (const [path] of all)
    for (const value of values)
      for (const finding of judge(withValue(path, value)).findings) {
        expect(finding.message).toMatch(/^(must|is|are|has|have|hold|names|lets|makes|cannot|needs) /);
        expect(finding.message.length).toBeLessThan(300);
      }
});

test("types.ts is what the schema says", () => {
  const written = readFileSync(join(import.meta.dir, "types.ts"), "utf8");
  const bare = (text: string): string => text.replaceAll(/[\s(|;]+/g, " ").replaceAll(/ ?\) ?/g, " ");
  expect(bare(written)).toBe(bare(printTypes(jsonSchema(), checkedJsonSchema())));
});

describe("the edges of each limit", () => {
  const ranges: [string, unknown[], unknown[]][] = [
    ["workers", ["auto", 1, 64], [0, 65, 1.5, "1", "Auto"]],
    ["drainTimeout", ["0s", "24d"], ["25d", "30", 30, ""]],
    ["admin.token", ["0123456789abcdef"], ["0123456789abcde", "0123456789 abcdef"]],
    ["log.level", ["debug", "info", "warn", "error"], ["trace", "INFO", 1]],
    ["accessLog.buffer", ["4kb", "1gb"], ["4095b", "1025mb", 0, "0"]],
    ["accessLog.flush", ["10ms", "1m"], ["9ms", "61s", "0s"]],
    ["accessLog.path", ["-", "/a b"], ["", "\0"]],
    ["timeouts.head", ["1ms", "24d"], ["0s", "0", 0, -1]],
    ["timeouts.linger", ["0s", "5m"], ["301s"]],
    ["limits.head", ["1kb", "1mb"], ["1023b", "1025kb", 0, "0"]],
    ["limits.fields", [8, 10_000], [7, 10_001, "8"]],
    ["limits.body", [0, "0", "1b", "8191tb"], [1, "8192tb", "-1b"]],
    ["limits.requestsPerConnection", [0, 1_000_000_000], [-1, 1_000_000_001]],
    ["listeners.x.maxConnections", [1, 10_000_000], [0, 10_000_001]],
    ["listeners.x.trustedProxies", [[], ["::1", "10.0.0.0/8", "fd00::/8", "0.0.0.0/0"]], ["10.0.0.0/8", {}]],
    [
      "listeners.x.trustedProxies[0]",
      ["10.0.0.1/32"],
      ["10.0.0.0/33", "::/129", "10.0/8", "10", "a", "10.0.0.1/", "fe80::1%1", ""],
    ],
    ["listeners.x.via", ["a", false], [true, "", "a b", "é"]],
    ["listeners.x.requestId", [false, {}], [true, "x-request-id"]],
    ["listeners.x.requestId.header", ["X-Id"], ["host", "Content-Length", "a:b", "", "é"]],
    ["pools.x.retries", [0, 100], [-1, 101, 0.5]],
    ["pools.x.panicThreshold", [0, 0.5, 1], [-0.1, 1.1, "50%"]],
    ["pools.x.slowStart", ["0s", "1h"], ["61m"]],
    ["pools.x.queue.length", [0, 1_000_000], [-1, 1_000_001]],
    ["pools.x.idle.connections", [0, 100_000], [-1, 100_001]],
    ["pools.x.retryBudget.ratio", [0, 1], [-0.01, 1.01]],
    ["pools.x.retryBudget.minimumPerSecond", [0, 100_000], [-1, 100_001]],
    ["pools.x.balance", ["p2c", "first"], ["P2C", "round-robin", "", 1, []]],
    ["pools.x.balance.policy", ["boundedHash"], ["bounded_hash"]],
    [
      "pools.x.balance.key",
      ["ip", "uri", "header:x", "cookie:x"],
      ["header", "header:", "ip:x", "header:a:b", "header:a b"],
    ],
    ["pools.x.balance.loadFactor", [1.01, 10], [1, 10.01]],
    ["pools.x.sticky", ["a"], ["", "a b", "a=b", "a;b", 5]],
    ["pools.x.sticky.path", ["/", "/a"], ["", "a", "/a b", "/a;b"]],
    ["pools.x.sticky.maxAge", ["1s"], ["999ms", 60]],
    ["pools.x.check.every", ["100ms", "1d"], ["99ms", "25h"]],
    ["pools.x.check.timeout", ["10ms", "1h"], ["9ms", "61m"]],
    ["pools.x.check.rise", [1, 100], [0, 101]],
    ["pools.x.check.fall", [1, 100], [0, 101]],
    ["pools.x.check.port", [1, 65_535], [0, 65_536]],
    ["pools.x.check.http", ["/", "/a?b=c"], ["", "a", "/a b", "/\r\nx"]],
    ["pools.x.check.host", ["a.b:80", "[::1]:80"], ["", "a b", "a\r\nb"]],
    ["pools.x.check.tcp", [], [false, "true"]],
    ["pools.x.ejection.consecutiveFailures", [1, 10_000, false], [0, 10_001, true]],
    ["pools.x.ejection.errorRatio", [0.01, 1], [0, 1.01]],
    ["pools.x.ejection.minimumRequests", [1, 1_000_000], [0, 1_000_001]],
    ["pools.x.servers[0].weight", [1, 65_535], [0, 65_536, 1.5, "3"]],
    ["pools.x.servers[0].maxConnections", [0, 1_000_000], [-1, 1_000_001]],
  ];
  for (const [name, good, bad] of ranges) {
    const path = all.map(([known]) => known).find((known) => keyText(known) === name) ?? [
      "listeners",
      "x",
      "trustedProxies",
      0,
    ];
    test(name, () => {
      for (const value of good) expect({ value, messages: complaints(path, value) }).toEqual({ value, messages: [] });
      for (const value of bad) expect({ value, count: complaints(path, value).length }).toEqual({ value, count: 1 });
    });
  }

  test("statuses that a check expects", () => {
    const http = (expectation: unknown): number =>
      judge({ ...(withValue(["pools", "x", "check"], { http: "/", expect: expectation }) as ConfigInput) }).findings
        .length;
    for (const good of ["200", "200-399", "200-299, 401", "100-599", 200])
      expect([good, http(good)]).toEqual([good, 0]);
    for (const bad of ["", "20", "600", "299-200", "2xx", "200,", "200-", 99, 600, 200.5])
      expect([bad, http(bad)]).toEqual([bad, 1]);
  });
});

describe("what concerns two keys", () => {
  const base = (pool: object, more: object = {}): string[] =>
    judge({
      listeners: { w: { listen: ":80", use: "a" } },
      pools: { a: { servers: ["s:1"], ...pool } },
      ...more,
    }).findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);
  const many = <T>(count: number, make: (index: number) => T): Record<string, T> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, make(index)]));

  test("shared memory has room for so many and not one more", () => {
    const servers = (count: number): string[] => Array.from({ length: count }, (_, index) => `s:${index + 1}`);
    expect(base({ servers: servers(capacity.servers) })).toEqual([]);
    expect(base({ servers: servers(capacity.servers + 1) })).toEqual([
      "error pools hold 4097 servers together; shared memory has room for 4096",
    ]);
    const listeners = (count: number) => ({
      listeners: many(count, (index) => ({ listen: `:${index + 1}`, use: "a" })),
    });
    expect(base({}, listeners(capacity.listeners))).toEqual([]);
    expect(base({}, listeners(capacity.listeners + 1))).toEqual([
      "error listeners hold 65 listeners; shared memory has room for 64",
    ]);
    const pools = (count: number) => ({
      pools: { a: { servers: ["s:1"] }, ...many(count - 1, () => ({ servers: ["s:1"] })) },
    });
    expect(base({}, pools(capacity.pools)).every((line) => line.startsWith("warning"))).toBe(true);
    expect(base({}, pools(capacity.pools + 1)).at(-1)).toBe(
      "error pools hold 513 pools; shared memory has room for 512",
    );
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
    expect(base({ check: { tcp: true, every: "999ms" } })[0]).toStartWith("warning pools.a.check.every");
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

  test("a token is never quoted", () => {
    expect(JSON.stringify(judge(withValue(["admin", "token"], "secret 123")).findings)).not.toContain("secret");
  });
});
