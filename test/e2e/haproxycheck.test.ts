// What `haproxy -c` takes and what it refuses, asked of Debian's haproxy, and whether Sluice judges the same lines in the same way: over
// the corpus of the front-end (haproxycorpus/) and its fixtures. The corpus says of each line who refuses it.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../src/config/load.ts";
import { type Mark, readCorpus, type Snippet } from "./harness/corpus.ts";
import { environment, fixtures, furnished } from "./harness/haproxyroom.ts";
import { find, testWith } from "./harness/program.ts";
import type { Room } from "./harness/room.ts";

setDefaultTimeout(60_000);
const testHaproxy = testWith(["haproxy"]);
const corpus = readCorpus();

interface Judged {
  readonly isTaken: boolean;
  /** Lines of errors. */
  readonly lines: ReadonlySet<number>;
  readonly words: string;
}

/** At most a few at a time, for the machine's sake. */
function askHaproxy(room: Room, text: string): Judged {
  const path = room.write("haproxy.cfg", text);
  const { exitCode, stderr } = Bun.spawnSync([find("haproxy")!, "-c", "-f", path], {
    cwd: room.folder,
    env: environment,
  });
  const words = stderr.toString();
  const alerts = words.split("\n").filter((line) => line.startsWith("[ALERT]"));
  const lines = alerts.flatMap((line) => {
    const number = /haproxy\.cfg:(\d+)\]/.exec(line)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  return { isTaken: exitCode === 0, lines: new Set(lines), words };
}

async function askSluice(room: Room, text: string): Promise<Judged & { readonly told: ReadonlySet<number> }> {
  const loaded = await loadConfig(room.write("sluice.cfg", text), environment);
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  const errors = problems.filter(({ severity }) => severity === "error");
  const lineOf = ({ place }: (typeof problems)[number]): number => place?.line ?? 0;
  const words = errors.map((problem) => `${lineOf(problem)}: ${problem.key} ${problem.message}`).join("\n");
  return { isTaken: loaded.ok, lines: new Set(errors.map(lineOf)), told: new Set(problems.map(lineOf)), words };
}

function marked(snippet: Snippet, ...marks: readonly Mark[]): number[] {
  return [...snippet.marks].filter(([, mark]) => marks.includes(mark)).map(([line]) => line);
}

/** Without these lines; the others keep their numbers. */
function without(text: string, lines: readonly number[]): string {
  return text
    .split("\n")
    .map((line, index) => (lines.includes(index + 1) ? "" : line))
    .join("\n");
}

/** HAProxy says at the end of the file what stands open, or speaks of no line at all. */
const elsewhere: ReadonlySet<string> = new Set(["sections: a condition that is not ended"]);

test("the corpus is wide", () => {
  expect(corpus.length).toBeGreaterThan(300);
  expect(new Set(corpus.map(({ title }) => title)).size).toBe(corpus.length);
});

describe("Sluice refuses the lines that are marked, all at once, and no others", () => {
  for (const file of new Set(corpus.map(({ place }) => place.file)))
    test(file, async () => {
      await using room = furnished();
      for (const snippet of corpus.filter(({ place }) => place.file === file)) {
        const { lines, words } = await askSluice(room, snippet.text);
        expect([snippet.title, [...lines].sort(byNumber), words]).toEqual([
          snippet.title,
          marked(snippet, "wrong", "refused").sort(byNumber),
          words,
        ]);
      }
    });
});

describe("HAProxy refuses the lines that are marked as its own", () => {
  for (const file of new Set(corpus.map(({ place }) => place.file)))
    testHaproxy(file, async () => {
      await using room = furnished();
      for (const snippet of corpus.filter(({ place }) => place.file === file)) {
        const wrong = marked(snippet, "wrong", "taken");
        // It does not always go on after the first, so each is looked at alone.
        for (const line of wrong.length === 0 ? [0] : wrong) {
          const alone = without(
            snippet.text,
            [...wrong].filter((other) => other !== line),
          );
          const { isTaken, lines, words } = askHaproxy(room, alone);
          expect([snippet.title, line, isTaken, words]).toEqual([snippet.title, line, line === 0, words]);
          const first = [...lines][0];
          if (first !== undefined && !elsewhere.has(snippet.title))
            expect([snippet.title, first, words]).toEqual([snippet.title, line, words]);
        }
      }
    });
});

describe("what HAProxy refuses in a fixture Sluice tells too", () => {
  for (const name of readdirSync(fixtures).filter((each) => each.endsWith(".cfg")))
    testHaproxy(name, async () => {
      await using room = furnished();
      const text = readFileSync(join(fixtures, name), "utf8");
      const theirs = askHaproxy(room, text);
      const ours = await askSluice(room, text);
      const untold = [...theirs.lines].filter((line) => !ours.told.has(line) && !isAfterLegacy(text, line));
      expect([untold, theirs.words]).toEqual([[], theirs.words]);
      if (theirs.isTaken) expect([ours.isTaken, ours.words]).toEqual([true, ""]);
    });
});

/** An old `listen NAME ADDRESS` is no section to HAProxy, and so it knows none of the lines in it. */
function isAfterLegacy(text: string, line: number): boolean {
  const above = text.split("\n").slice(0, line).reverse();
  return /^listen \S+ \S+/.test(above.find((each) => /^\w/.test(each)) ?? "");
}

function byNumber(a: number, b: number): number {
  return a - b;
}
