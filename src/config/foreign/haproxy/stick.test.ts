import { describe, expect, test } from "bun:test";
import { mistakesIn, ruleScene } from "./rules.fixture.ts";
import { tried } from "./translated.fixture.ts";

const table = "  stick-table type ip size 10 store conn_cur\n";

describe("stick", () => {
  test("on a key keeps a client at its server, and the table stores which it is", () => {
    const scene = ruleScene("", { backend: `${table}  stick on src` });
    expect(mistakesIn(scene)).toEqual([]);
    expect(scene.input.pools!["app"]!.stick).toEqual({ table: "app", by: "src" });
    expect(scene.input.tables!["app"]!.store).toEqual(["server_id", "conn_cur"]);
    expect(scene.input.pools!["app"]!.servers).toEqual([{ address: "127.0.0.1:81", id: "one" }]);
  });

  test("by match and store-request of one key is the same", () => {
    const scene = ruleScene("", {
      backend: "  stick match hdr(x) table keys\n  stick store-request hdr(x) table keys",
    });
    expect(mistakesIn(scene)).toEqual([]);
    expect(scene.told).toEqual([]);
    expect(scene.input.pools!["app"]!.stick).toEqual({ table: "keys", by: "headers.list('x')[-1]" });
  });

  test("by match alone looks for what others store", () => {
    const scene = ruleScene("", { backend: "  stick match hdr(x) table keys\n  stick store-request src table st" });
    expect(mistakesIn(scene)).toEqual([]);
    const by = "headers.list('x')[-1]";
    expect(scene.input.pools!["app"]!.stick).toEqual({ table: "keys", by, store: false });
    expect(scene.told).toHaveLength(2);
  });

  test("by match stores what store-request stores by another key, or under a condition: else nobody would stick", () => {
    for (const [match, store] of [
      ["match src table st", "store-request src table st if { path_beg /login }"],
      ["match src table st if { path_beg /a }", "store-request src table st"],
      ["match src table st", "on hdr_ip(x) table st"],
    ] as const) {
      const scene = ruleScene("", { backend: `  stick ${match}\n  stick ${store}` });
      expect(mistakesIn(scene)).toEqual([]);
      expect(scene.input.pools!["app"]!.stick).not.toContainKey("store");
      expect(scene.told.join("\n")).toMatch(/is approximated: a pool has one key to stick by, the first/);
    }
  });

  test("under a condition has no key where it does not hold", () => {
    const scene = ruleScene("", { backend: "  stick on src table st if { path_beg /a }" });
    expect(mistakesIn(scene)).toEqual([]);
    expect(scene.input.pools!["app"]!.stick).toEqual({ table: "st", by: "path.startsWith('/a') ? src : null" });
  });

  test("by a second key is told", () => {
    const { told } = ruleScene("", { backend: "  stick on src table st\n  stick on hdr(x) table keys" });
    expect(told).toEqual([
      expect.stringMatching(/^warning \d+ is approximated: a pool has one key to stick by, the first/),
    ]);
  });

  test("on a table that stands further down", () => {
    const { input, told } = tried(
      "defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nlisten a\n bind :1\n stick on src table later\n server a a:1\nbackend later\n stick-table type ip size 10 store gpc0",
    );
    expect(told).toEqual([]);
    expect(input.pools!["a"]!.stick).toEqual({ table: "later", by: "src" });
    expect(input.tables!["later"]!.store).toEqual(["server_id", "gpc0"]);
  });

  test("works in mode tcp", () => {
    const scene = ruleScene("", { mode: "tcp", backend: `${table}  stick on src` });
    expect(mistakesIn(scene)).toEqual([]);
    expect(scene.input.pools!["app"]!.stick).toEqual({ table: "app", by: "src" });
  });
});

const wrong: readonly (readonly [string, string])[] = [
  ["stick on", "1 needs a key, such as src behind it"],
  ["stick foo src", '1 must be on, match, store-request or store-response, not "foo"'],
  ["stick on src", '2 asks a table "app"; known are "st", "keys"'],
  ["stick on src table none", '4 asks a table "none"; known are "st", "keys"'],
  [
    "stick store-response src",
    "1 is refused: what a server answers does not say where its client goes: stick on what clients send",
  ],
];

describe("stick that is wrong", () => {
  for (const [written, expected] of wrong)
    test(`${written}: ${expected}`, () => {
      const { told } = ruleScene("", { backend: `  ${written}` });
      expect(told.map((line) => line.replace(/^error \d+:/, ""))).toEqual([expected]);
    });
});
