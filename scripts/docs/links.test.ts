import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Page, pageNames, readPages, root } from "./pages.ts";

const pages = new Map(readPages().map((page) => [page.name, page]));

/** Null: it leads somewhere, or out of the repository, which is nobody's to say here. */
function linkProblem(page: string, target: string): string | null {
  if (/^[a-z]+:/.test(target)) return null;
  const [path = "", anchor] = target.split("#");
  const name = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(root, name))) return `${name} does not exist`;
  if (anchor === undefined) return null;
  const anchors = pages.get(name)?.anchors;
  return anchors === undefined || anchors.has(anchor) ? null : `${name} has no heading #${anchor}`;
}

for (const { name, links } of pages.values())
  if (links.length > 0)
    test(`links in ${name} lead somewhere`, () => {
      const problems = links.map(({ at, text }) => [at, text, linkProblem(name, text)]);
      expect(problems.filter(([, , problem]) => problem !== null)).toEqual([]);
    });

test("every page is in the index of pages, but for decisions and profiles, whose folders are", () => {
  const linked = new Set(pages.get("docs/README.md")!.links.map(({ text }) => join("docs", text.split("#")[0]!)));
  const inDocs = pageNames.filter((name) => /^docs\/(?!adr\/|profile\/|README)/.test(name));
  expect(inDocs.filter((name) => !linked.has(name))).toEqual([]);
  expect([linked.has("docs/adr"), linked.has("docs/profile/README.md")]).toEqual([true, true]);
});

test("a page is taken apart: code is no link, and headings that are alike have anchors of their own", () => {
  const page = new Page("a.md", "# A b\n\nSee `[x](y)` and [z](#a-b).\n\n```sh\n# A comment\nls\n```\n\n# A `b`\n");
  expect(page.links).toEqual([{ at: "a.md:3", text: "#a-b" }]);
  expect(page.words).toEqual([
    { at: "a.md:3", text: "[x](y)" },
    { at: "a.md:10", text: "b" },
  ]);
  expect(page.blocks).toEqual([{ at: "a.md:5", language: "sh", text: "# A comment\nls\n" }]);
  expect([...page.anchors]).toEqual(["a-b", "a-b-1"]);
  expect(linkProblem("README.md", "docs/RULES.md#nowhere")).toContain("no heading");
  expect(linkProblem("README.md", "docs/NOTHING.md")).toContain("does not exist");
  expect(linkProblem("docs/RULES.md", "TABLES.md#lists")).toBeNull();
});
