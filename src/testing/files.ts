// Test files of an operator's own (*.sluice.test.ts), run by the test runner of the runtime that Sluice is pinned to, in a process of
// its own. Their output goes where ours goes; what has passed and failed is read from the runner's report.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Watch } from "./watch.ts";

export interface FileCase {
  readonly file: string;
  readonly name: string;
  readonly isPassed: boolean;
}

export interface FilesOutcome {
  readonly cases: readonly FileCase[];
  /** A file could not be run at all, or a test has failed. */
  readonly isFailed: boolean;
  /** Why there is no report, as a sentence: what else was to be tested nobody knows. */
  readonly cut: string | null;
}

const usualStallMs = 10_000;
const preload = join(import.meta.dir, "preload.ts");

/** What is preloaded lies inside of a single executable, where the runner finds nothing. */
export const areFilesRun: boolean = !import.meta.dir.startsWith("/$bunfs/");

/** `isQuiet`: nothing but the outcome; what tests print goes to stderr. */
export async function runFiles(
  files: readonly string[],
  isQuiet: boolean,
  stallMs: number = usualStallMs,
): Promise<FilesOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  try {
    const report = join(folder, "report.xml");
    const paths = files.map((file) => resolve(file));
    const words = ["test", "--preload", preload, "--reporter=junit", `--reporter-outfile=${report}`, ...paths];
    const out = isQuiet ? "ignore" : "inherit";
    const watch = new Watch(stallMs);
    let begun = 0;
    const ipc = (said: unknown): void => {
      if (said === "begun") begun++;
      watch.moved();
    };
    const child = Bun.spawn([process.execPath, ...words], { stdio: ["ignore", out, out], ipc });
    watch.begin(child);
    const code = await child.exited;
    watch.end();
    const text = textIn(report);
    const cut = watch.isStalled ? stalled(begun, stallMs) : text === "" && code === 0 ? ended : null;
    return { cases: casesIn(text), isFailed: code !== 0 || cut !== null, cut };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ended = "a test file has ended the process before the results were told";

/** Its name is the runner's, and told when it is over. */
function stalled(begun: number, limitMs: number): string {
  const where = begun === 0 ? "before the first test" : `in test ${begun} of those that began`;
  return `test files stood still for ${limitMs / 1000} s, ${where}, and were ended: code computes without an end`;
}

function textIn(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Of a JUnit report, as the runner writes it. */
export function casesIn(report: string): FileCase[] {
  return [...report.matchAll(/<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g)].flatMap((found) => {
    const [, attributes = "", , inside = ""] = found;
    if (/<skipped\b/.test(inside)) return [];
    const isPassed = !/<(?:failure|error)\b/.test(inside);
    return [{ file: attribute(attributes, "file"), name: attribute(attributes, "name"), isPassed }];
  });
}

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return value.replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => entities[entity]!);
}
