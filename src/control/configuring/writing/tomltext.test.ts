import { expect, test } from "bun:test";
import { parse } from "smol-toml";
import { changeTree, type TextChange } from "./change.ts";
import { changeToml } from "./tomltext.ts";

const text = `# Our shop.
workers = 2 # as many as cores

[listeners.web]
listen = ":8080"   # behind the balancer
use = "app"

[[listeners.web.rules]]
name = "abuse"
if = "src in bad"
deny = 403 # for now

[[listeners.web.rules]]
if = "path == '/x'"
use = "app"

[pools.app]
# The big one first.
servers = [
  "10.0.0.1:80^3", # big
  "10.0.0.2:80",
]
check = { http = "/healthz", every = "2s" }

[pools.app.queue]
length = 5`;

const set = (path: TextChange["path"], value: unknown): TextChange => ({ path, value, isInserted: false });
const insert = (path: TextChange["path"], value: unknown): TextChange => ({ path, value, isInserted: true });

/** The text after, which reads as the tree with the change does. */
function changed(change: TextChange): string {
  const now = changeToml(text, [change])!;
  const tree: unknown = parse(text);
  changeTree(tree, change);
  expect(parse(now) as unknown).toEqual(tree);
  return now;
}

const kept = (change: TextChange, from: string, to: string): void =>
  expect(changed(change)).toBe(text.replace(from, () => to));

test("values are changed where they stand", () => {
  kept(set(["workers"], 4), "workers = 2 #", "workers = 4 #");
  kept(set(["pools", "app", "servers", 0], "10.0.0.1:80^5"), '"10.0.0.1:80^3", # big', '"10.0.0.1:80^5", # big');
  kept(set(["pools", "app", "check", "every"], "5s"), '"2s"', '"5s"');
  kept(set(["listeners", "web", "rules", 0, "deny"], { status: 429 }), "deny = 403 #", "deny = { status = 429 } #");
  kept(set(["pools", "app", "queue", "length"], 6), "length = 5", "length = 6");
});

test("keys are put into sections that are there, and sections at the end", () => {
  kept(
    set(["listeners", "web", "rules", 1, "mode"], "observe"),
    `[[listeners.web.rules]]\nif`,
    `[[listeners.web.rules]]\nmode = "observe"\nif`,
  );
  kept(set(["pools", "app", "retries"], 1), "[pools.app]\n", "[pools.app]\nretries = 1\n");
  kept(set(["pools", "app", "check", "rise"], 2), "{ http", "{ rise = 2, http");
  kept(set(["drainTimeout"], "5s"), "[listeners.web]", 'drainTimeout = "5s"\n\n[listeners.web]');
  expect(changed(set(["pools", "api"], { servers: ["10.0.1.1:80"] }))).toEndWith(
    '\n\n[pools.api]\nservers = [ "10.0.1.1:80" ]\n',
  );
  expect(changed(set(["pools", "app", "ejection", "base"], "5s"))).toEndWith('[pools.app.ejection]\nbase = "5s"\n');
});

test("items come into lists and go", () => {
  kept(insert(["pools", "app", "servers", 1], "10.0.0.9:80"), '  "10.0.0.2:80",', '  "10.0.0.9:80",\n  "10.0.0.2:80",');
  kept(insert(["pools", "app", "servers", 2], "10.0.0.9:80"), '  "10.0.0.2:80",', '  "10.0.0.2:80",\n  "10.0.0.9:80",');
  kept(set(["pools", "app", "servers", 0], undefined), '"10.0.0.1:80^3", # big\n  ', "");
});

test("keys go with their lines", () => {
  kept(set(["listeners", "web", "rules", 0, "deny"], undefined), "deny = 403 # for now\n", "");
});

test("what has no place is not changed: a rule between others, a section that goes", () => {
  expect(changeToml(text, [insert(["listeners", "web", "rules", 0], { if: "true", deny: 403 })])).toBeNull();
  expect(changeToml(text, [set(["pools", "app"], undefined)])).toBeNull();
});

test("a list whose commas stand in front of its items is read afterwards as it should be", () => {
  const led = 'list = [\n  "x" # ex\n  , "y#2", # why\n]\n# a\n[b]\nlist = [\n  1\n  # two\n  , 2\n]\n';
  for (const path of [["list"], ["b", "list"]])
    for (const index of [0, 1, 2])
      for (const change of [insert([...path, index], "n"), ...(index < 2 ? [set([...path, index], undefined)] : [])]) {
        const tree: unknown = parse(led);
        changeTree(tree, change);
        expect(parse(changeToml(led, [change])!) as unknown).toEqual(tree);
      }
});

test("comments near items stay with what they are about", () => {
  const near =
    '[a]\nlist = [\n  # first\n  "x", # ex\n  # about y\n  "y",\n  "z" # zed\n  # end\n]\n# why\nretries = 1 # once\n\n[b]\n';
  const made = (change: TextChange): string => changeToml(near, [change])!;
  const of = (index: number) => ["a", "list", index] as const;
  expect(made(insert(of(0), "n"))).toBe(near.replace("  # first", '  "n",\n  # first'));
  expect(made(insert(of(1), "n"))).toBe(near.replace("# ex\n", '# ex\n  "n",\n'));
  expect(made(insert(of(3), "n"))).toBe(near.replace('"z" # zed\n', '"z", # zed\n  "n",\n'));
  expect(made(set(of(0), undefined))).toBe(near.replace('  # first\n  "x", # ex\n', ""));
  expect(made(set(of(1), undefined))).toBe(near.replace('  "y",\n', ""));
  expect(made(set(of(2), undefined))).toBe(near.replace('  "z" # zed\n', ""));
  expect(made(set(["a", "retries"], undefined))).toBe(near.replace("# why\nretries = 1 # once\n", ""));
});
