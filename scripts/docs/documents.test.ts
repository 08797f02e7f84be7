// Blocks of JSON and TOML in the documentation can be read by the same readers as configs.

import { expect, test } from "bun:test";
import { readToml } from "../../src/config/toml.ts";
import { readJson } from "../../src/config/yaml.ts";
import { readPages } from "./pages.ts";

const readers: Readonly<Record<string, (text: string) => { readonly ok: boolean }>> = {
  json: readJson,
  toml: readToml,
};

test("blocks of JSON and TOML are JSON and TOML", () => {
  const blocks = readPages().flatMap((page) => page.blocks.filter(({ language }) => language in readers));
  expect(blocks.length).toBeGreaterThan(0);
  expect(blocks.filter(({ language, text }) => !readers[language]!(text).ok).map(({ at }) => at)).toEqual([]);
});

test("what is none is found", () => {
  expect([readJson("{ a: }").ok, readToml("a = ").ok]).toEqual([false, false]);
});
