import { expect, test } from "bun:test";
import { Ledger } from "./ledger.ts";
import { Table } from "./table.ts";

const tableOf = (value: object): Table => new Table(value, ["top"], new Ledger());
const messages = (table: Table): string[] =>
  table.ledger.findings.map(({ path, message }) => `${path.join(".")} ${message}`);

test("what is read is kept, and a value of another kind is told", () => {
  const table = tableOf({ text: "a", count: 3, flag: true, list: ["a", "b"], wrong: "3", minus: -1 });
  expect([table.text("text"), table.count("count"), table.flag("flag"), table.list("list")]).toEqual([
    "a",
    3,
    true,
    ["a", "b"],
  ]);
  expect([table.count("wrong"), table.count("minus"), table.text("none")]).toEqual([undefined, undefined, undefined]);
  expect(table.ledger.counts()).toEqual({ kept: 4, refused: 2, approximated: 0, unknown: 0 });
  expect(messages(table)).toEqual([
    'top.wrong must be a whole number that is not negative, not "3"',
    "top.minus must be a whole number that is not negative, not -1",
  ]);
});

test("null and an empty text are no key, and names are found in any case", () => {
  const table = tableOf({ nothing: null, empty: "", Bind: ":3000" });
  expect([table.has("nothing"), table.text("empty"), table.text("bind")]).toEqual([false, undefined, ":3000"]);
  expect(table.at("bind")).toEqual(["top", "Bind"]);
  table.finish("gobetween");
  expect(messages(table)).toEqual([]);
});

test("a word that is none of the choices is told with the one meant, or with all", () => {
  const table = tableOf({ near: "exac", far: "zzzz", right: "exact", inherited: "constructor" });
  const options = { exact: 1, regexp: 2 };
  expect(["near", "far", "right", "inherited"].map((key) => table.choice(key, options))).toEqual([
    undefined,
    undefined,
    1,
    undefined,
  ]);
  expect(messages(table)[0]).toBe('top.near is not known: "exac"; did you mean "exact"?');
  expect(messages(table)[1]).toBe('top.far is not known: "zzzz"; known are "exact", "regexp"');
});

test("keys that nobody asks for are unknown, those that do nothing are kept, those of a refused one are lost", () => {
  const table = tableOf({ kind: "x", knd: "y", idle: 1, gone: 2 });
  table.text("kind");
  table.inert(["idle", "absent"]);
  table.lost(["gone", "absent"]);
  table.finish("gobetween");
  expect(messages(table)).toEqual(['top.knd is no keyword of gobetween and does nothing; did you mean "kind"?']);
  expect(table.ledger.counts()).toEqual({ kept: 2, refused: 1, approximated: 0, unknown: 1 });
});

test("sections are read by themselves, and named ones keep the case of their names", () => {
  const table = tableOf({ a: { x: 1 }, A: { x: 2 }, b: 3 });
  expect(table.named().map(([name, section]) => [name, section.count("x"), section.path])).toEqual([
    ["a", 1, ["top", "a"]],
    ["A", 2, ["top", "A"]],
  ]);
  expect(messages(table)).toEqual(["top.b must be a section, not 3"]);
  expect([table.section("b"), table.section("none")]).toEqual([undefined, undefined]);
});

test("a key with nothing behind it is kept, and does nothing", () => {
  const ledger = new Ledger();
  const table = new Table({ Bind: "", nothing: null, strange: "" }, [], ledger);
  table.text("bind");
  table.flag("nothing");
  table.finish("x");
  expect([...ledger.entries()].map(({ path, verdict }) => [...path, verdict])).toEqual([
    ["Bind", "kept"],
    ["nothing", "kept"],
  ]);
  expect(ledger.notes.map(({ message }) => message)).toContain("is empty, which is as if it were not there");
});
