// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, not a forgotten template.
import { expect, test } from "bun:test";
import { judgeSubstituted } from "./judge.ts";
import { substitute } from "./substitute.ts";

const environment = { HOST: "a.example", PORT: "81", EMPTY: "", MAX: "50", OFF: "false", NESTED: "${HOST}" };
const value = (text: string): unknown => substitute(text, environment).value;
const message = (text: string): string | undefined => substitute(text, environment).findings[0]?.message;

test("variables are replaced wherever they stand in a text", () => {
  expect(value("${HOST}:${PORT}")).toBe("a.example:81");
  expect(value("x${EMPTY}y")).toBe("xy");
  expect(value("$HOST $ {HOST} $")).toBe("$HOST $ {HOST} $");
});

test("a default stands in for what is not set or is empty", () => {
  expect(value("${NO_SUCH:-b:80}${EMPTY:-c}")).toBe("b:80c");
  expect(value("${NO_SUCH:-}")).toBe("");
  expect(value("${HOST:-unused}")).toBe("a.example");
});

test("a doubled dollar is a literal, and what a variable holds is not replaced again", () => {
  expect(value("$${HOST}")).toBe("${HOST}");
  expect(value("${NESTED}")).toBe("${HOST}");
});

test("what cannot be replaced is told with its path", () => {
  expect(message("${HOSTT}")).toBe('needs the environment variable HOSTT, which is not set; did you mean "HOST"?');
  expect(message("${SOMETHING_ELSE}")).toContain(
    "give it a default with ${SOMETHING_ELSE:-...}, or write $${ for the two characters themselves",
  );
  for (const text of ["${}", "${1A}", "${A B}", "${A-b}"]) expect(message(text)).toContain("which is no variable");
  expect(message("a${HOST")).toContain("has a ${ without its }");
  expect(substitute({ a: ["ok", { b: "${NO}" }] }, {}).findings[0]!.path).toEqual(["a", 1, "b"]);
});

test("keys, numbers and dates are left alone", () => {
  const date = new Date(0);
  const tree = { "${HOST}": 5, list: [true, null, date] };
  expect(substitute(tree, environment).value).toEqual(tree);
});

test("a variable may stand where a number or truth value is wanted, a text of digits may not", () => {
  const tree = (max: string) => ({
    admin: { token: "${LONG}" },
    listeners: { w: { listen: ":${PORT}", use: "a", maxConnections: max, via: "${OFF}" } },
    pools: { a: { servers: ["s:1"], retries: "${RETRIES:-3}", redispatch: "${OFF}" } },
  });
  const taken = judgeSubstituted(substitute(tree("${MAX}"), { ...environment, LONG: "1234567890123456" })).config;
  expect(taken).toMatchObject({
    admin: { token: "1234567890123456" },
    listeners: { w: { listen: ":81", maxConnections: 50, via: "false" } },
    pools: { a: { retries: 3, redispatch: false } },
  });
  const refused = judgeSubstituted(substitute(tree("50"), { ...environment, LONG: "1234567890123456" }));
  expect(refused.findings.map((finding) => finding.message)).toEqual([
    'must be a whole number from 1 to 10000000, not "50"',
  ]);
});

test("what an unset variable leaves behind is not complained of as well", () => {
  const tree = { listeners: { w: { listen: "${NO}", use: "${NONE}" } }, pools: { a: { servers: ["s:1"] } } };
  const { config, findings } = judgeSubstituted(substitute(tree, {}));
  expect(config).toBeNull();
  expect(findings.map((finding) => finding.path.at(-1))).toEqual(["listen", "use"]);
});

test("what every object has by itself is no variable", () => {
  expect(message("${constructor}")).toContain("needs the environment variable constructor, which is not set");
  expect(value("${toString:-usual}")).toBe("usual");
});
