// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, not a forgotten template.
import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { changeTree, type TextChange, textChanges } from "./change.ts";
import { changeJson } from "./jsontext.ts";
import { changeYaml } from "./yamltext.ts";

const text = `# Our shop.
listeners:
  web:
    listen: ":8080"   # behind the balancer
    use: app
    rules:
      # Abuse.
      - name: abuse
        if: src in bad   # see lists

        deny: 403
      - { if: "path == '/x'", use: app }

pools:
  app:
    servers:
    - 10.0.0.1:80^3  # the big one
    - "10.0.0.2:80"
    # The last one.
    - address: 10.0.0.3:80
      weight: 2
    retries: 1 # no more
  api: { servers: [ 10.0.1.1:80, 10.0.1.2:80 ] }
`;

const set = (path: TextChange["path"], value: unknown): TextChange => ({ path, value, isInserted: false });
const insert = (path: TextChange["path"], value: unknown): TextChange => ({ path, value, isInserted: true });

/** The lines that differ, as diff shows them. */
function changedLines(...changes: TextChange[]): string[] {
  const now = changeYaml(text, changes)!;
  const tree: unknown = parse(text);
  for (const change of changes) changeTree(tree, change);
  expect(parse(now)).toEqual(tree);
  const [before, after] = [text.split("\n"), now.split("\n")];
  const [old, fresh] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !fresh.has(line)).map((line) => `-${line}`),
    ...after.filter((line) => !old.has(line)).map((line) => `+${line}`),
  ];
}

describe("a change of YAML touches its own line only", () => {
  test("a word is another, its comment stays", () => {
    expect(
      changedLines(set(["pools", "app", "servers", 0], "10.0.0.1:80^5"), set(["pools", "app", "retries"], 2)),
    ).toEqual([
      "-    - 10.0.0.1:80^3  # the big one",
      "-    retries: 1 # no more",
      "+    - 10.0.0.1:80^5  # the big one",
      "+    retries: 2 # no more",
    ]);
    expect(changedLines(set(["pools", "app", "servers", 1], "10.0.0.2:81"))).toEqual([
      '-    - "10.0.0.2:80"',
      '+    - "10.0.0.2:81"',
    ]);
  });

  test("a key is put behind those that are there", () => {
    expect(changedLines(set(["listeners", "web", "rules", 0, "mode"], "observe"))).toEqual(["+        mode: observe"]);
    expect(changedLines(set(["listeners", "web", "rules", 1, "mode"], "observe"))).toEqual([
      "-      - { if: \"path == '/x'\", use: app }",
      '+      - { if: "path == \'/x\'", use: app, mode: "observe" }',
    ]);
    expect(changedLines(set(["pools", "app", "queue", "length"], 5))).toEqual(["+    queue:", "+      length: 5"]);
    expect(changedLines(set(["drainTimeout"], "5s"))).toEqual(["+drainTimeout: 5s"]);
  });

  test("items are put into lists, and pools beside pools", () => {
    expect(changedLines(insert(["pools", "app", "servers", 1], "10.0.0.9:80"))).toEqual(["+    - 10.0.0.9:80"]);
    expect(changedLines(insert(["pools", "app", "servers", 0], "10.0.0.9:80"))).toEqual(["+    - 10.0.0.9:80"]);
    expect(changedLines(insert(["listeners", "web", "rules", 2], { if: "true", deny: 404 }))).toEqual([
      '+      - if: "true"',
      "+        deny: 404",
    ]);
    expect(changedLines(insert(["pools", "api", "servers", 2], "10.0.1.3:80"))).toEqual([
      "-  api: { servers: [ 10.0.1.1:80, 10.0.1.2:80 ] }",
      '+  api: { servers: [ 10.0.1.1:80, 10.0.1.2:80, "10.0.1.3:80" ] }',
    ]);
    expect(changedLines(set(["pools", "new"], { reply: { status: 503 } }))).toEqual([
      "+  new:",
      "+    reply:",
      "+      status: 503",
    ]);
  });

  test("what goes, goes with its lines", () => {
    expect(changedLines(set(["pools", "app", "servers", 0], undefined))).toEqual([
      "-    - 10.0.0.1:80^3  # the big one",
    ]);
    expect(changedLines(set(["pools", "app", "retries"], undefined))).toEqual(["-    retries: 1 # no more"]);
    expect(changedLines(set(["pools", "api", "servers", 0], undefined))).toEqual([
      "-  api: { servers: [ 10.0.1.1:80, 10.0.1.2:80 ] }",
      "+  api: { servers: [ 10.0.1.2:80 ] }",
    ]);
  });
});

test("what has no place of its own is written by the parser, and comments stay", () => {
  const now = changeYaml(text, [
    set(["pools", "app", "servers", 0], { address: "10.0.0.1:80", weight: 9, drain: true }),
  ])!;
  expect(parse(now).pools.app.servers[0]).toEqual({ address: "10.0.0.1:80", weight: 9, drain: true });
  for (const comment of ["# Our shop.", "# behind the balancer", "# Abuse.", "# The last one.", "# no more"])
    expect(now).toContain(comment);
});

test("what an alias stands for is not changed behind its anchor's back", () => {
  const aliased = "pools:\n  a: &one\n    servers: [x]\n  b: *one\n";
  expect(changeYaml(aliased, [set(["pools", "b", "retries"], 1)])).toBeNull();
});

test("JSON keeps its indent", () => {
  expect(changeJson('{\n\t"a": [1]\n}\n', [insert(["a", 1], 2)])).toBe('{\n\t"a": [\n\t\t1,\n\t\t2\n\t]\n}\n');
  expect(changeJson('{"a":1}', [set(["b", "c"], "x")])).toBe('{"a":1,"b":{"c":"x"}}');
});

test("a list that is only there as what it would be anyway is written whole", () => {
  const before = { pools: { app: { retries: 2, servers: ["a"] } }, tests: [{ name: "x" }] };
  const after = { pools: { app: { retries: 2, servers: ["a", "b", "${c}"] } }, tests: [{ name: "x" }] };
  expect(textChanges({ pools: { app: {} } }, before, after)).toEqual([
    { path: ["pools", "app", "servers"], value: ["a", "b", "$${c}"], isInserted: false },
  ]);
});

describe("comments near lists stay with what they are about", () => {
  const near = `pools:
  app:
    servers:
      # first
      - a:1 # one
      # rack 2
      - b:1
      - c:1
      # last
      - address: d:1 # four
        # light
        weight: 1
      # end
    # how
    check:
      http: / # path
    hosts: [
      x, # ex
      # about y
      y,
      z # zed
      # end of hosts
    ]
`;
  const servers = ["pools", "app", "servers"] as const;
  const hosts = ["pools", "app", "hosts"] as const;
  /** Of the lines that are there now, those that differ, each with the one before it. */
  const now = (...changes: TextChange[]): string[] => {
    const made = changeYaml(near, changes)!;
    const tree: unknown = parse(near);
    for (const change of changes) changeTree(tree, structuredClone(change));
    expect(parse(made)).toEqual(tree);
    return made.split("\n").map((line) => line.trim());
  };
  const without = (...lines: string[]): string[] =>
    near
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => !lines.includes(line));
  const withLine = (before: string, ...lines: string[]): string[] =>
    without().flatMap((line) => (line === before ? [line, ...lines] : [line]));

  test("what goes takes the comment right above it, unless that may be about the next one too", () => {
    expect(now(set([...servers, 0], undefined))).toEqual(without("# first", "- a:1 # one"));
    expect(now(set([...servers, 1], undefined))).toEqual(without("- b:1"));
    expect(now(set([...servers, 3], undefined))).toEqual(
      without("# last", "- address: d:1 # four", "# light", "weight: 1"),
    );
    expect(now(set([...servers, 3, "weight"], undefined))).toEqual(without("# light", "weight: 1"));
    expect(now(set(["pools", "app", "check"], undefined))).toEqual(without("# how", "check:", "http: / # path"));
    expect(now(set([...hosts, 0], undefined))).toEqual(without("x, # ex"));
    expect(now(set([...hosts, 2], undefined))).toEqual(without("z # zed"));
  });

  test("what is new comes between no item and its comment", () => {
    expect(now(insert([...servers, 0], "n:1"))).toEqual(withLine("servers:", "- n:1"));
    expect(now(insert([...servers, 1], "n:1"))).toEqual(withLine("- a:1 # one", "- n:1"));
    expect(now(insert([...servers, 4], "n:1"))).toEqual(withLine("weight: 1", "- n:1"));
    expect(now(insert([...hosts, 0], "n"))).toEqual(withLine("hosts: [", '"n",'));
    expect(now(insert([...hosts, 1], "n"))).toEqual(withLine("x, # ex", '"n",'));
    expect(now(insert([...hosts, 3], "n"))).toEqual(
      withLine("z # zed", '"n",').map((line) => line.replace("z # zed", "z, # zed")),
    );
  });

  test("what becomes something else leaves all others as they are", () => {
    const lines = (from: string, ...to: string[]): string[] =>
      without().flatMap((line) => (line === from ? to : [line]));
    expect(now(set([...servers, 0], { address: "a:1", weight: 4 }))).toEqual(
      lines("- a:1 # one", "- address: a:1 # one", "weight: 4"),
    );
    expect(now(set([...servers, 3], "d:9"))).toEqual(
      lines("- address: d:1 # four", "- d:9").filter((line) => line !== "# light" && line !== "weight: 1"),
    );
    expect(now(set([...hosts, 1], { a: 1 }))).toEqual(lines("y,", '{"a":1},'));
    expect(now(set(["pools", "app", "check", "http"], { path: "/", host: "x" }))).toEqual(
      lines("http: / # path", "http: # path", "path: /", "host: x"),
    );
  });
});
