import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rooms } from "./tidy/ranks.ts";
import { importsOf, sourceOf } from "./tidy/source.ts";
import { tidy } from "./tidy.ts";

const opening = "// What it knows.\n// What it must not know.\n\n";

/** Messages about one file, in a tree where everything else is in order. */
function said(path: string, text: string, others: Record<string, string> = {}): string[] {
  const test = path.endsWith(".test.ts") || !path.startsWith("src/") ? {} : { [path.replace(".ts", ".test.ts")]: "" };
  return tidy(new Map(Object.entries({ ...test, ...others, [path]: text })))
    .filter((violation) => violation.path === path)
    .map(({ line, message, isWarning }) => `${isWarning ? "warning " : ""}${line}: ${message}`);
}

describe("ranks", () => {
  const importing = (specifier: string, keyword = "import"): string =>
    `${opening}${keyword} { thing } from "${specifier}";\n`;

  test("an import that points down, or stays in the room, is fine", () => {
    expect(said("src/flow/a.ts", importing("../wire/http1/b.ts"))).toEqual([]);
    expect(said("src/wire/http1/a.ts", importing("../other.ts"))).toEqual([]);
    expect(said("src/main.ts", importing("./control/b.ts"))).toEqual([]);
    expect(said("src/base/a.ts", importing("zod"))).toEqual([]);
  });

  test("an import that points up is told with its line", () => {
    expect(said("src/wire/a.ts", importing("../flow/b.ts"))).toEqual([
      expect.stringMatching(/^4: src\/wire has rank 1 .* rank 4/),
    ]);
    expect(said("src/wire/a.ts", importing("../flow/b.ts", "import type"))).toHaveLength(1);
    expect(said("src/wire/a.ts", `${importing("../flow/b.ts", "export")}const x = 1;\n`)).toHaveLength(1);
    expect(said("src/control/a.ts", importing("../main.ts"))).toHaveLength(1);
    expect(said("src/wire/a.ts", `${opening}const late = () => import("../flow/b.ts");\n`)).toHaveLength(1);
  });

  test("rooms of one rank are strangers", () => {
    expect(said("src/data/a.ts", importing("../control/b.ts"))).toEqual([expect.stringContaining("stranger")]);
    expect(said("src/wire/a.ts", importing("../memory/b.ts"))).toHaveLength(1);
  });

  test("the plan and the messages may be used as types from everywhere, and only as types", () => {
    expect(said("src/balance/a.ts", importing("../config/plan.ts", "import type"))).toEqual([]);
    expect(said("src/balance/a.ts", `${opening}import { type Plan } from "../config/plan.ts";\n`)).toEqual([]);
    expect(said("src/balance/a.ts", importing("../config/plan.ts"))).toHaveLength(1);
    expect(said("src/balance/a.ts", importing("../config/schema.ts", "import type"))).toHaveLength(1);
  });

  test("a room that nobody gave a rank, and an import from outside of src, are told", () => {
    expect(said("src/utils/a.ts", opening)).toEqual([expect.stringContaining("has no rank")]);
    expect(said("src/flow/a.ts", importing("../../test/fake.ts"))).toEqual([expect.stringContaining("outside of src")]);
    expect(said("src/flow/a.test.ts", importing("../../test/fake.ts"))).toEqual([]);
  });
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the code under test holds templates
test("what only tests load is named so: a fixture is loaded by tests and fixtures alone", () => {
  const src = join(import.meta.dir, "..", "src");
  const shipped = [...new Bun.Glob("**/*.ts").scanSync(src)].filter((file) => !/\.(?:test|fixture)\.ts$/.test(file));
  const loading = shipped.filter((file) => /from "[^"]*\.fixture\.ts"/.test(readFileSync(join(src, file), "utf8")));
  expect(loading).toEqual([]);
});

describe("purity", () => {
  const code = (line: string): string => `${opening}export const x = ${line};\n`;

  test("the map of the house has a row for each room", () => {
    const map = readFileSync(join(import.meta.dir, "..", "docs", "ARCHITECTURE.md"), "utf8");
    const rowed = [...map.matchAll(/^\| [\d.]+ \| (.*?) \|/gm)].map(([, room]) => room).join(" ");
    expect(Object.keys(rooms).filter((room) => !rowed.includes(`\`${room}/\``))).toEqual([]);
  });

  test("ranks 0 to 4 have no clock, chance, timer, promise, runtime or socket", () => {
    const impure = [
      "Date.now()",
      "new Date()",
      "performance.now()",
      "Math.random()",
      "setTimeout(f, 1)",
      "Promise.resolve()",
      "Bun.nanoseconds()",
    ];
    for (const line of impure) expect(said("src/flow/a.ts", code(line))).toHaveLength(1);
    expect(said("src/base/a.ts", `${opening}import { connect } from "node:net";\n`)).toHaveLength(1);
    expect(said("src/config/schema.ts", `${opening}import { readFileSync } from "node:fs";\n`)).toHaveLength(1);
  });

  test("what only speaks of them is fine: comments, strings, templates, regular expressions, properties", () => {
    const fine = [
      '"Date.now()"',
      "`Math.random() ${1 + 1} setTimeout`",
      "/Promise'/.test(y)",
      "y.process.id",
      "{ async: true }",
      "new Date(5)",
    ];
    for (const line of fine) expect(said("src/flow/a.ts", code(line))).toEqual([]);
    expect(said("src/flow/a.ts", `${opening}/* Date.now() */ // await\n`)).toEqual([]);
  });

  test("code inside of a template is still code", () => {
    expect(said("src/flow/a.ts", code("`a ${ { b: Date.now() } } c`"))).toHaveLength(1);
  });

  test("loading a config, rank 5, and tests are exempt", () => {
    expect(said("src/config/load.ts", code("await Promise.resolve()"))).toEqual([]);
    expect(said("src/data/a.ts", code("Date.now()"))).toEqual([]);
    expect(said("src/flow/a.test.ts", code("Date.now()"))).toEqual([]);
  });
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the code under test holds templates

describe("shape", () => {
  test("a file in src opens with a comment of two lines", () => {
    expect(said("src/base/a.ts", "// One line.\n\nexport const x = 1;\n")).toEqual([
      expect.stringContaining("open with a comment"),
    ]);
    expect(said("src/base/a.ts", "/* One\n * two. */\nexport const x = 1;\n")).toEqual([]);
    expect(said("scripts/a.ts", "export const x = 1;\n")).toEqual([]);
  });

  test("above 300 lines is a warning unless the first line says why, above 500 an error", () => {
    const long = (count: number, first = "// What."): string => `${first}\n// More.\n${"export {};\n".repeat(count)}`;
    expect(said("src/base/a.ts", long(290))).toEqual([]);
    expect(said("src/base/a.ts", long(310))).toEqual([expect.stringMatching(/^warning 300:/)]);
    expect(said("src/base/a.ts", long(310, "// Long because it is one table."))).toEqual([]);
    expect(said("src/base/a.ts", long(510, "// Long because it is one table."))).toEqual([
      expect.stringMatching(/^500:/),
    ]);
  });

  test("a long function is a warning at its first line", () => {
    const body = "    x();\n".repeat(70);
    expect(said("scripts/a.ts", `class A {\n  #b(c: number): void {\n${body}  }\n}\n`)).toEqual([
      expect.stringMatching(/^warning 2: .* 72 lines/),
    ]);
    expect(said("scripts/a.ts", `export function f(\n  a: number,\n): void {\n${body}}\n`)).toEqual([
      expect.stringMatching(/^warning 3:/),
    ]);
    expect(said("scripts/a.ts", `if (x) {\n${body}}\n`)).toEqual([]);
  });

  test("enum, any, ts-ignore, default exports, barrels and console.log are refused", () => {
    for (const line of [
      "enum A { b }",
      "let x: any;",
      "f(x as any);",
      "let x: Map<string, any>;",
      "export default 1;",
      'export * from "./b.ts";',
      "console.log(1);",
      "// @ts-" + "ignore\nf();",
    ])
      expect(said("src/data/a.ts", `${opening}const y = 1;\n${line}\n`)).toHaveLength(1);
    expect(said("src/data/a.ts", `${opening}export { b } from "./b.ts";\nexport type { c } from "./c.ts";\n`)).toEqual([
      expect.stringContaining("barrel"),
    ]);
    expect(said("src/cli/a.ts", `${opening}console.log("any enum");\n`)).toEqual([]);
    expect(said("examples/a.ts", "export default {};\n")).toEqual([]);
  });
});

describe("cover", () => {
  const logic = `${opening}export function f(): number {\n  return 1;\n}\n`;
  const about = (tree: Record<string, string>): number => tidy(new Map(Object.entries(tree))).length;

  test("a file with logic needs a test beside it or one that imports it", () => {
    expect(about({ "src/base/a.ts": logic })).toBe(1);
    expect(about({ "src/base/a.ts": logic, "src/base/a.test.ts": "" })).toBe(0);
    expect(about({ "src/base/a.ts": logic, "test/e2e/b.test.ts": 'import { f } from "../../src/base/a.ts";\n' })).toBe(
      0,
    );
    const parent = `${opening}import { f } from "./a.ts";\n`;
    expect(about({ "src/base/a.ts": logic, "src/base/b.ts": parent, "src/base/b.test.ts": "" })).toBe(0);
    expect(about({ "src/base/a.ts": logic, "src/base/b.ts": parent })).toBe(1);
    expect(about({ "src/base/a.ts": `${opening}export interface A {\n  f(): void;\n}\n` })).toBe(0);
    expect(about({ "src/main.ts": logic })).toBe(0);
  });
});

test("a place on somebody's machine is told in any file", () => {
  expect(said("docs/a.md", `see /wo${"rk/main"}/src\n`)).toEqual([expect.stringMatching(/^1: names a place/)]);
});

test("imports are seen in all their forms", () => {
  const text =
    'import a from "a";\nimport type { B } from "b";\nimport "c";\nexport { type D } from "d";\nimport {\n  e,\n  type F,\n} from "e";\n// import "no";\nconst s = \'import "no"\';\n';
  const seen = importsOf(sourceOf("src/base/x.ts", text)).map(
    ({ specifier, isTypeOnly }) => `${specifier}${isTypeOnly ? ":type" : ""}`,
  );
  expect(seen.filter((name) => name !== "no")).toEqual(["a", "b:type", "c", "d:type", "e"]);
});
