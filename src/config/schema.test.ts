import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { printCheckedTypes, printInputTypes } from "./declaration.ts";
import type { ConfigInput } from "./input.ts";
import { judge } from "./judge.ts";
import { keyText, type Path } from "./problem.ts";
import { checkedJsonSchema, jsonSchema } from "./schema.ts";

type Node = Record<string, unknown>;
const root = jsonSchema() as Node;
const definitions = root["$defs"] as Record<string, Node>;

/** Every key there is, at the path where a config would hold it, with its schema. */
function keys(node: Node, path: Path, above: readonly Node[] = []): [Path, Node][] {
  const parts = [node, ...((node["anyOf"] ?? node["allOf"] ?? []) as Node[])];
  return parts.flatMap((part): [Path, Node][] => {
    if (typeof part["$ref"] === "string") {
      const target = definitions[part["$ref"].slice("#/$defs/".length)]!;
      // Rules hold rules.
      return above.includes(target) ? [] : keys(target, path, [...above, target]);
    }
    if (part["type"] === "array") return keys(part["items"] as Node, [...path, 0], above);
    if (typeof part["additionalProperties"] === "object")
      return keys(part["additionalProperties"] as Node, [...path, nameIn(part)], above);
    const entries = Object.entries((part["properties"] ?? {}) as Record<string, Node>);
    return entries.flatMap(([key, value]): [Path, Node][] => [
      [[...path, key], value],
      ...keys(value, [...path, key], above),
    ]);
  });
}
/** A name that a section of names takes. */
function nameIn(part: Node): string {
  const { pattern } = (part["propertyNames"] ?? {}) as { pattern?: string };
  return pattern === undefined || new RegExp(pattern).test("x") ? "x" : "503";
}
const all = keys(root, []);
/** What stands in several places, such as rules, once. */
const distinct = all.filter(([, node], index) => all.findIndex(([, other]) => other === node) === index);

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
    .filter((message) => !/^(is for|needs|cannot stand) /.test(message)); // Told beside what is wrong with the value itself.

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

test("every section says what it is for", () => {
  const root = jsonSchema() as Node;
  for (const [name, section] of Object.entries({ Config: root, ...definitions }))
    expect({ name, told: section["description"] }).toEqual({ name, told: expect.stringMatching(/^\S.{15,}[.]$/) });
});

test("every key refuses a value that it cannot have, in our own words", () => {
  for (const [path] of distinct) {
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
  for (const [path] of distinct)
    for (const value of values)
      for (const finding of judge(withValue(path, value)).findings) {
        expect(finding.message).toMatch(/^(must|is|are|has|have|hold|names|lets|makes|cannot|needs) /);
        expect(finding.message.length).toBeLessThan(300);
      }
}, 120_000);

test("input.ts and types.ts are what the schema says", () => {
  const files: [string, string][] = [
    ["input.ts", printInputTypes(jsonSchema())],
    ["types.ts", printCheckedTypes(checkedJsonSchema())],
  ];
  for (const [name, text] of files) {
    const path = join(import.meta.dir, name);
    if (process.env["TYPES"] === "write") writeFileSync(path, text);
    // The formatter breaks lines; words are words.
    const words = (types: string): string => types.replaceAll(/[\s(|;]+/g, " ").replaceAll(/ ?\) ?/g, " ");
    const bare = (types: string): string => words(types).replaceAll("< ", "<").replaceAll(/,? >/g, ">");
    expect(bare(readFileSync(path, "utf8"))).toBe(bare(text));
  }
});

test("the JSON Schema tells an editor what the schema tells us", async () => {
  const editor = z.fromJSONSchema(jsonSchema());
  const full = (await Bun.file(join(import.meta.dir, "../../examples/full.json")).json()) as ConfigInput; // Its own test loads it.
  const isRight = (change: object): boolean => editor.safeParse({ ...full, ...change }).success;
  expect(isRight({})).toBe(true);
  const wrong = [
    { wrokers: 1 },
    { drainTimeout: 5 },
    { drainTimeout: "5x" },
    { workers: 65 },
    { pools: { a: { servers: [] } } },
    { listeners: { "a b": {} } },
  ];
  for (const change of wrong) expect([change, isRight(change)]).toEqual([change, false]);
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
    ["listeners.x.mode", ["http"], ["HTTP", "stream", "", 5]],
    ["listeners.x.proxyProtocol", [false], ["v1", 1]],
    ["listeners.x.sni", [[]], ["a", {}]],
    ["listeners.x.redirect", ["https", {}], ["http", true, ""]],
    ["listeners.x.redirect.status", [301, 302, 307, 308], [303, 200, "301"]],
    ["listeners.x.redirect.port", [1, 65_535], [0, 65_536]],
    ["listeners.x.hsts", ["0s", "3650d"], ["3651d", 31_536_000, true]],
    ["listeners.x.udp.maxRequests", [0, 1_000_000_000], [-1, 1_000_000_001]],
    ["listeners.x.tls.certificates", ["a", ["a", { certificate: "b", key: "c" }]], ["", [], 5, {}]],
    ["acme.renewBefore", ["1m", "365d"], ["59s", "366d", 30]],
    ["acme.directory", ["letsencrypt", "https://a.b/dir"], ["http://a.b/dir", "", "staging", 5]],
    ["acme.key", ["ecdsa-p256", "rsa-2048"], ["rsa", 2048]],
    ["acme.email", ["a@b.c"], ["a", "", "a@b@c", 5]],
    ["listeners.x.tls.acme", [["a.b", ["a", "b"]]], [[], "a.b", {}]],
    ["listeners.x.tls.minVersion", ["1.2", "1.3"], ["1.4", 1.2, "TLSv1.2"]],
    ["listeners.x.tls.ciphers", ["A:!B"], ["", "A B", "A\n"]],
    ["listeners.x.tls.alpn", [[], ["http/1.1"]], ["http/1.1", {}]],
    ["listeners.x.tls.unknownName", ["default", "refuse"], ["reject", true]],
    ["listeners.x.tls.clientCertificate.mode", ["optional", "required"], ["on", true]],
    ["listeners.x.timeouts.clientIdle", ["0s", "24d"], ["25d", 5]],
    ["listeners.x.timeouts.handshake", ["1ms"], ["0s"]],
    ["pools.x.tls", [true, false, {}], ["yes", 1, []]],
    ["pools.x.tls.serverName", ["a.example", "10.0.0.1", "::1"], ["", "https://a", "*.a", "a:443"]],
    ["pools.x.proxyProtocol", ["v1", "v2"], ["v3", true, 2, false]],
    ["pools.x.source", ["10.0.0.1", "::1"], ["10.0.0.1:0", "eth0", "10.0.0.0/8", ""]],
    ["pools.x.servers[0].proxyProtocol", ["v1", "v2", false], [true, "1"]],
    ["pools.x.check.send", ["a", "\\x00"], ["", "\\q", 5]],
    ["pools.x.check.exec", ["a", ["a", "b c"]], ["", [], 5]],
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
    ["pools.x.check.grpc", [true, "a.B"], [false, "", "a b", 1]],
    ["pools.x.ejection.consecutiveFailures", [1, 10_000, false], [0, 10_001, true]],
    ["pools.x.ejection.errorRatio", [0.01, 1], [0, 1.01]],
    ["pools.x.ejection.minimumRequests", [1, 1_000_000], [0, 1_000_001]],
    ["pools.x.servers[0].weight", [0, 65_535], [-1, 65_536, 1.5, "3"]],
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
});
