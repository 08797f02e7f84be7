import { describe, expect, test } from "bun:test";
import { discover as schema } from "../../config/discoverschema.ts";
import type { DiscoverInput } from "../../config/input.ts";
import { answerBytesMax, readAnswer, valueAt } from "./reading.ts";
import type { Answer } from "./source.ts";

function answer(text: string, input: Partial<DiscoverInput> = {}): Answer {
  return readAnswer(text, schema.parse({ file: "x", ...input }));
}

/** Servers as short texts, or the problem. */
function told(text: string, input: Partial<DiscoverInput> = {}): string | string[] {
  const found = answer(text, input);
  if (!found.ok) return found.problem;
  return [
    ...found.servers.map(({ address, weight, backup, drain, maxConnections, serverName }) =>
      [
        address,
        ...(weight === undefined ? [] : [`w${weight}`]),
        ...(backup === true ? ["backup"] : []),
        ...(drain === true ? ["drain"] : []),
        ...(maxConnections === undefined ? [] : [`max${maxConnections}`]),
        ...(serverName === undefined ? [] : [serverName]),
      ].join(" "),
    ),
    ...found.remarks.map((remark) => `! ${remark}`),
  ];
}

describe("lines", () => {
  test("a server each, with what can be said of it", () => {
    const text = `# who is there
10.0.0.1:80

  App.local:8080^3   # a comment
[::1]:80 weight=2 priority=1 max_connections=10 sni=App.test\r
unix:/run/app.sock backup
10.0.0.2:80 drain
`;
    expect(told(text)).toEqual([
      "10.0.0.1:80",
      "app.local:8080 w3",
      "[::1]:80 w2 backup max10 app.test",
      "unix:/run/app.sock backup",
      "10.0.0.2:80 drain",
    ]);
  });

  test("what is none is passed over with its place, and never said", () => {
    const remarked = told(
      "10.0.0.1:80\nhunter2\nbad host:80\n10.0.0.2:99999\n10.0.0.3:80 weight=x\n10.0.0.4:80 what=1",
    );
    expect(remarked).toEqual([
      "10.0.0.1:80",
      "! line 2 is no host:port",
      "! line 3 has a word that is none of weight, priority, port, max_connections, sni, backup and drain",
      "! line 4 is no host:port",
      "! and 2 more are passed over",
    ]);
  });

  test("an answer of which nothing is good is none, and so is nothing at all; that there is no server is said by a comment or []", () => {
    expect(told("<html>\n<body>secret</body>")).toStartWith(
      "tells of no server that can be used: line 1 is no host:port",
    );
    for (const nothing of ["", "\n", " \r\n\t", "\ufeff"])
      for (const format of ["auto", "lines", "json"] as const)
        expect(told(nothing, { format })).toStartWith("tells nothing at all; an empty list ");
    expect(told("# nobody\n")).toEqual([]);
    expect(told("[]")).toEqual([]);
    expect(told("", { onNothing: "empty" })).toEqual([]);
    expect(told("\n", { onNothing: "empty", format: "json" })).toEqual([]);
  });

  test("who tells nothing is told how an empty list is written in its format, and that is one", () => {
    const fields = { list: "data" };
    const pattern = "(?<host>a)";
    const ways: readonly (readonly [string, Partial<DiscoverInput>, readonly string[]])[] = [
      ["an empty list is written `[]` or a comment", {}, ["[]", "# nobody"]],
      ["an empty list is written as a comment (# ...)", { format: "lines", pattern }, ["# nobody"]],
      ["an empty list is written as a comment (# ...)", { fields }, ["# nobody"]],
      ["an empty list is written `[]`", { format: "json" }, ["[]"]],
      ["an empty list stands where fields.list says", { format: "json", fields }, ['{"data":[]}']],
      ["where that is to be an empty list, say `onNothing: empty`", { pattern }, []],
      ["where that is to be an empty list, say `onNothing: empty`", { format: "pattern", pattern }, []],
    ];
    for (const [way, manner, written] of ways) {
      expect(told("", manner)).toBe(`tells nothing at all; ${way}`);
      for (const text of written) expect(told(text, manner)).toEqual([]);
      expect(told("", { ...manner, onNothing: "empty" })).toEqual([]);
    }
  });

  test("the port beside it is for those that say none", () => {
    expect(told("10.0.0.1\n10.0.0.2:81\n::1\n[::2]\nunix:/run/x", { port: 80 })).toEqual([
      "10.0.0.1:80",
      "10.0.0.2:81",
      "[::1]:80",
      "[::2]:80",
      "unix:/run/x",
    ]);
  });

  test("no control character gets through", () => {
    expect(told("unix:/run/x\u001b[31m\n10.0.0.1:80")).toEqual(["10.0.0.1:80", "! line 1 is no host:port"]);
  });
});

describe("priorities", () => {
  test("the lowest number serves, all others are backups; weight 0 comes behind its own priority", () => {
    const text = "a:1 priority=5\nb:1 priority=5 weight=0\nc:1 priority=9\nd:1 priority=5 weight=7";
    expect(told(text)).toEqual(["a:1", "b:1 w1 backup", "c:1 backup", "d:1 w7"]);
    expect(told("a:1 weight=0\nb:1 weight=0")).toEqual(["a:1 w1", "b:1 w1"]);
  });
});

describe("JSON", () => {
  test("a list of texts and objects, by itself or as servers", () => {
    const list =
      '["10.0.0.1:80 weight=2", {"host": "10.0.0.2", "port": "81", "weight": 3, "backup": true}, {"address": "b:1", "sni": "b.test"}]';
    const servers = ["10.0.0.1:80 w2", "10.0.0.2:81 w3 backup", "b:1 b.test"];
    expect(told(list)).toEqual(servers);
    expect(told(`{"servers": ${list}}`)).toEqual(servers);
    expect(told("[]")).toEqual([]);
  });

  test("fields with dots between their names", () => {
    const text = '{"data": {"nodes": [{"node": {"ip": "10.0.0.1"}, "ports": [80, 81], "meta": {"w.eight": 4}}]}}';
    const fields = { list: "data.nodes", host: "node.ip", port: "ports.[1]", weight: "meta.w.eight" };
    expect(told(text, { fields })).toEqual(["10.0.0.1:81"]);
    expect(told(text, { fields: { ...fields, port: "ports[0]" } })).toEqual(["10.0.0.1:80"]);
    expect(valueAt({ "a.b": 1, a: { b: 2 } }, "a.b")).toBe(1);
    for (const path of ["__proto__", "constructor", "a.toString", "b[0]"])
      expect(valueAt({ a: {} }, path)).toBeUndefined();
  });

  test("what Prometheus reads (file_sd)", () => {
    const text = '[{"targets": ["10.0.0.1:80", "10.0.0.2:80"], "labels": {"weight": "3"}}, {"targets": ["c:1"]}]';
    expect(told(text, { fields: { weight: "labels.weight" } })).toEqual(["10.0.0.1:80 w3", "10.0.0.2:80 w3", "c:1"]);
  });

  test("what is cut off, or is no list, is no answer", () => {
    expect(told('["10.0.0.1:80", "10.0')).toBe("tells something that is no JSON, or is cut off");
    expect(told('{"error": "secret"}')).toBe("tells JSON that has no list");
    expect(told('[{"host": 7}, null, 3, {}]')).toStartWith(
      "tells of no server that can be used: item 0 has no address",
    );
    expect(told("10.0.0.1:80", { format: "json" })).toBe("tells something that is no JSON, or is cut off");
  });
});

describe("patterns", () => {
  test("every match in a line is a server", () => {
    const pattern = "(?<host>[\\w.]+) *@ *(?<port>\\d+)(?: w=(?<weight>\\d+))?(?: sni:(?P<sni>[a-z.]+))?";
    expect(told("one a@1 b @ 2 w=3\nd@9 sni:d.test\nnothing", { pattern })).toEqual(["a:1", "b:2 w3", "d:9 d.test"]);
    expect(told("x 10.0.0.1 y", { pattern: "^x (?<host>\\S+) y$", port: 80 })).toEqual(["10.0.0.1:80"]);
  });

  test("a text in which it finds nothing is no answer, and nothing at all is one where that is said", () => {
    const pattern = "(?<host>\\d+)";
    expect(told("<html>", { pattern })).toBe("tells nothing that the pattern finds");
    expect(told("\n", { pattern })).toStartWith("tells nothing at all");
    expect(told("\n", { pattern, onNothing: "empty" })).toEqual([]);
    expect(told("<html>", { pattern, onNothing: "empty" })).toBe("tells nothing that the pattern finds");
  });

  test("what takes others for ever takes no longer than the text is long", () => {
    const startMs = performance.now();
    answer(`${"a".repeat(50_000)}!`, { pattern: "^(?<host>(a+)+)$" });
    expect(performance.now() - startMs).toBeLessThan(5000);
  });
});

test("an answer is looked at up to a mebibyte, and up to ten thousand servers", () => {
  expect(told("x".repeat(answerBytesMax + 1))).toBe("tells more than 1 MiB");
  const found = answer(Array.from({ length: 20_000 }, (_, index) => `h${index}:1`).join("\n"));
  expect(found.ok && found.servers.length).toBe(10_000);
});
