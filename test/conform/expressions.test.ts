import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { compileExpression } from "../../src/rules/expression/expression.ts";
import { rows } from "../../src/rules/expression/functions.ts";
import { sampleScope } from "../../src/rules/expression/sample.fixture.ts";
import { fields } from "../../src/rules/fields.ts";
import { expressionsPage, expressionsPath } from "./expressions.ts";

test("docs/EXPRESSIONS.md is what the catalogues say (write it with: node scripts/bun.mjs test/conform/expressions.ts)", () => {
  expect(readFileSync(expressionsPath, "utf8")).toBe(expressionsPage());
});

test("every field and every function stands in a table of the page", () => {
  const page = expressionsPage();
  for (const { name } of fields) expect(page).toMatch(new RegExp(`^\\| \`${name.replaceAll(".", "\\.")}`, "m"));
  for (const { usage } of rows) expect(page).toContain(`| \`${usage}\` |`);
});

test("every field can be written as the page writes it", () => {
  const scope = sampleScope("response");
  const written = [
    ...expressionsPage().matchAll(/^\| `([^`]+)` \| (bool|number|string|address|duration|list) \|/gm),
  ].map((found) => [found[1]!, found[2]!] as const);
  const ofFields = written.filter(([text]) =>
    fields.some(({ name }) => text === name || text.startsWith(`${name}[`) || text.startsWith(`${name}.`)),
  );
  expect(ofFields.length).toBe(fields.length);
  for (const [text, type] of ofFields) expect(compileExpression(text, scope, "any")).toMatchObject({ ok: true, type });
});
