import { expect, test } from "bun:test";
import { nameSetsOf, setKey, shownOf, wishesOf } from "./acmenames.ts";
import type { Certificate } from "./materials.ts";

const one = (id: string, names: readonly string[], source?: Certificate["source"]): Certificate => ({
  ...{
    file: id,
    names,
    keyKind: "ec",
    chain: { id, text: id },
    key: { id: `key ${id}`, text: "" },
    notBeforeMs: 0,
    notAfterMs: 1,
  },
  ...(source === undefined ? {} : { source }),
});

test("each entry is one certificate, with names in lower case and each once", () => {
  expect(nameSetsOf({ acme: ["A.example", ["b.example", "B.example", "c.example"]] })).toEqual([
    ["a.example"],
    ["b.example", "c.example"],
  ]);
  expect(nameSetsOf({})).toEqual([]);
  expect(setKey(["b", "a"])).toBe(setKey(["a", "b"]));
});

test("what two listeners want is one certificate", () => {
  const listener = (acme: readonly (string | string[])[]): never => ({ tls: { acme } }) as never;
  const wishes = wishesOf({
    listeners: { one: listener([["a", "b"], "c"]), other: listener([["b", "a"]]), plain: {} as never },
  });
  expect(wishes).toEqual([
    { names: ["a", "b"], listeners: ["one", "other"] },
    { names: ["c"], listeners: ["one"] },
  ]);
});

test("a placeholder stands in for names only that nothing else is for", () => {
  const file = one("file", ["a.test", "*.b.test"]);
  const placeholder = one("none", ["a.test", "x.b.test", "c.test"], "placeholder");
  expect(shownOf([file], [placeholder]).map(({ names }) => names)).toEqual([["a.test", "*.b.test"], ["c.test"]]);
  expect(shownOf([file], [one("none", ["a.test"], "placeholder")])).toEqual([file]);
  expect(shownOf([], [placeholder])).toEqual([placeholder]);
});

test("the one for unknown names may be the authority's; files have been put in order already", () => {
  const [file, first, second] = [one("file", ["f.test"]), one("1", ["a.test"], "acme"), one("2", ["b.test"], "acme")];
  const shown = (wanted?: string): string[] => shownOf([file], [first, second], wanted).map(({ file: name }) => name);
  expect(shown()).toEqual(["file", "1", "2"]);
  expect(shown("B.test")).toEqual(["2", "file", "1"]);
  expect(shown("f.test")).toEqual(["file", "1", "2"]);
});
