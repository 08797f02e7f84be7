// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are nginx' variables.
import { expect, test } from "bun:test";
import { type Directive, readNginx } from "./syntax.ts";

function tree(text: string): unknown {
  const read = readNginx(text);
  if (!read.ok) throw new Error(`${read.line} ${read.message}`);
  const shown = ({ name, words, block }: Directive): unknown =>
    block === null ? [name, ...words] : [name, ...words, block.map(shown)];
  return read.directives.map(shown);
}

function fault(text: string): [number, string] {
  const read = readNginx(text);
  return read.ok ? [0, ""] : [read.line, read.message];
}

test("directives, blocks, quotes and comments are read as nginx reads them", () => {
  expect(tree("")).toEqual([]);
  expect(tree("a;b c  d;\n# x { ;\ne 'f; g' \"h } 'i'\" ''; # end")).toEqual([
    ["a"],
    ["b", "c", "d"],
    ["e", "f; g", "h } 'i'", ""],
  ]);
  expect(tree("http { server { listen 80; } }")).toEqual([["http", [["server", [["listen", "80"]]]]]]);
  expect(tree("set $a ${b}c; proxy_pass $scheme://$host#x;")).toEqual([
    ["set", "$a", "${b}c"],
    ["proxy_pass", "$scheme://$host#x"],
  ]);
  expect(tree(`return 200 "a\\"b\\n"; x \\; y\\ z;`)).toEqual([
    ["return", "200", 'a"b\n'],
    ["x", ";", "y z"],
  ]);
  expect(tree("location ~ \\.php$ { a; }")).toEqual([["location", "~", "\\.php$", [["a"]]]]);
  expect(tree("a b{c;}")).toEqual([["a", "b", [["c"]]]]);
});

test("lines are those where a directive begins", () => {
  const read = readNginx('a\n b\n;\n\n"c\nd" {\n e; }\nf;');
  const lines = read.ok ? read.directives.map(({ name, line }) => [name, line]) : [];
  expect(lines).toEqual([
    ["a", 1],
    ["c\nd", 5],
    ["f", 8],
  ]);
});

test("blocks of Lua are passed over, whatever they hold", () => {
  const lua = "content_by_lua_block {\n local t = { a = '}' } -- }\n local s = [[ } ]]\n}\nlisten 80;";
  expect(tree(lua)).toEqual([["listen", "80"]]);
});

test("what is no configuration is refused with its line", () => {
  expect(fault("a;\nb { c;")).toEqual([2, "has a block, b, that nothing ends"]);
  expect(fault("a;\n}")).toEqual([2, "has a } too many"]);
  expect(fault("{")).toEqual([1, "has a { that nothing stands before"]);
  expect(fault("a {\n b\n}")).toEqual([2, 'has no ; behind "b"']);
  expect(fault("a;\nb")).toEqual([2, 'has no ; behind "b"']);
  expect(fault('a;\nb "c;\n')).toEqual([2, "has a quote, or a \\, that nothing ends"]);
  expect(fault("a {".repeat(40))[1]).toContain("more than 32 blocks");
  expect(fault("x_by_lua_block { { }")).toEqual([1, "has a block of Lua that nothing ends"]);
});

test("any text is read or refused, and nothing else", () => {
  const pieces = [
    "a",
    " ",
    ";",
    "{",
    "}",
    '"',
    "'",
    "\\",
    "#",
    "\n",
    "$",
    "${",
    "é",
    "\0",
    "include x;",
    "_by_lua_block",
  ];
  let seed = 7;
  for (let round = 0; round < 3000; round++) {
    let text = "";
    for (let length = 0; length < 12; length++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      text += pieces[(seed >>> 8) % pieces.length];
    }
    const read = readNginx(text);
    if (!read.ok) expect([text, read.line]).toEqual([text, expect.any(Number)]);
  }
});
