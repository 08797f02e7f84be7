import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const css = readFileSync(join(import.meta.dir, "base.css"), "utf8");

/** Custom properties that are colours, of one theme. */
function colours(selector: string): Map<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split("}", 1)[0]!;
  return new Map([...block.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1]!, match[2]!]));
}

/** WCAG 2, relative luminance. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const inks = ["--text", "--muted", "--accent", "--good", "--warn", "--bad", "--note"];
const grounds = ["--ground", "--surface", "--raised"];
const pairs: readonly (readonly [ink: string, ground: string])[] = [
  ...inks.flatMap((ink) => grounds.map((ground) => [ink, ground] as const)),
  ...["good", "warn", "bad"].flatMap((tone) => [
    [`--${tone}`, `--${tone}-ground`] as const,
    ["--text", `--${tone}-ground`] as const,
  ]),
  ...["--text", "--muted", "--bad", "--warn", "--good", "--accent"].map((ink) => [ink, "--pressed"] as const),
  // A row that failed, and one that is pointed at.
  ...["--muted", "--bad", "--warn"].flatMap((ink) => [[ink, "--bad-ground"] as const, [ink, "--grid"] as const]),
  ["--on-accent", "--accent"],
];

test.each([":root", ':root[data-theme="dark"]'])("all text of %s is readable (WCAG AA, 4.5 to 1)", (selector) => {
  const known = colours(selector);
  const poor = pairs
    .map(([ink, ground]) => ({ ink, ground, ratio: contrast(known.get(ink)!, known.get(ground)!) }))
    .filter(({ ratio }) => !(ratio >= 4.5));
  expect(poor).toEqual([]);
});

test("lines of charts can be told from their ground (3 to 1)", () => {
  for (const selector of [":root", ':root[data-theme="dark"]']) {
    const known = colours(selector);
    for (const line of ["--accent", "--line-2", "--line-3", "--bad", "--warn"])
      expect(contrast(known.get(line)!, known.get("--ground")!)).toBeGreaterThan(3);
  }
});

test("each colour of the light theme has one in the dark theme", () => {
  expect([...colours(':root[data-theme="dark"]').keys()].sort()).toEqual([...colours(":root").keys()].sort());
});
