// Every block of every page is tried by some test: by one of those beside this file, which take all blocks of a language, or by one that walks
// through the page, and fails where it has left something out (test/e2e/harness/walk.ts).

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDrawing, mustBeTaken, takers, untriable } from "./blocks.ts";
import { pageNames, readPages, root } from "./pages.ts";

const pages = readPages();
const languages = new Set([...Object.keys(takers), "sh", "console", "text", "json"]);

const folder = join(root, "test/e2e");
const walks = new Set(
  readdirSync(folder)
    .filter((name) => name.endsWith(".test.ts"))
    .flatMap((name) => [...readFileSync(join(folder, name), "utf8").matchAll(/^walked\(\s*"([^"]+)"/gm)])
    .map(([, page]) => page!),
);

test("every block says what it is", () => {
  const strange = pages.flatMap(({ blocks }) => blocks.filter(({ language }) => !languages.has(language)));
  expect(strange.map(({ at, language }) => `${at} ${language}`)).toEqual([]);
  // One that is indented, or has more behind its fence, would be seen by no test.
  for (const { name, blocks } of pages) {
    const fences = readFileSync(join(root, name), "utf8").match(/^[ \t>]*(```|~~~)/gm) ?? [];
    expect([name, fences.length]).toEqual([name, 2 * blocks.length]);
  }
});

test("what every block of a language is tried by is there", () => {
  for (const [language, path] of Object.entries(takers))
    expect([language, new RegExp(`\\b${language}\\b`).test(readFileSync(join(root, path), "utf8"))]).toEqual([
      language,
      true,
    ]);
});

test("every page that shows a shell, output, or a program of tests is walked through, and is there", () => {
  const wanted = pages.filter(({ blocks }) => blocks.some(mustBeTaken)).map(({ name }) => name);
  expect(wanted.filter((name) => !walks.has(name))).toEqual([]);
  expect([...walks].filter((name) => !pageNames.includes(name))).toEqual([]);
  expect(wanted.length).toBeGreaterThan(25);
});

test("what is left out is a drawing, or told with its reason, and is there", () => {
  const texts = pages.flatMap(({ blocks }) => blocks.filter(({ language }) => language === "text"));
  const left = texts.filter((block) => !mustBeTaken(block) && !isDrawing(block.text));
  expect(left.map(({ text }) => Object.keys(untriable).find((begin) => text.startsWith(begin)))).toEqual(
    Object.keys(untriable),
  );
});

test("a shell, output, and a test must be taken; a drawing and a config need not", () => {
  const is = (language: string, text: string): boolean => mustBeTaken({ at: "a.md:1", language, text });
  expect([is("sh", "sluice status"), is("console", "$ ls\n"), is("text", "table full"), is("json", "{}")]).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(is("ts", 'import { test } from "bun:test";\n')).toBe(true);
  expect([is("text", "a ──▶ b"), is("yaml", "a: 1"), is("ts", 'import { defineConfig } from "sluice";')]).toEqual([
    false,
    false,
    false,
  ]);
});
