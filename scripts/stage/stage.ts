// The stages that `npm test` and `npm run ok` are made of. A stage runs programs and counts: a check (format, types, …) is one
// that passed or failed; a folder of tests counts its tests; a program with seeds counts what its last line says. A folder
// that holds no tests counts nothing.

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../build.ts";
import { type Outcome, run } from "./command.ts";
import { readReport } from "./junit.ts";

export interface Result {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly name: string;
  /** The command that shows it again. */
  readonly again: string;
  readonly output: string;
}

export interface Stage {
  readonly name: string;
  readonly run: () => Promise<Result>;
}

export const root: string = join(import.meta.dir, "..", "..");
const bun = process.execPath;
/** What a user types to have the pinned Bun run something. */
const launcher = "node scripts/bun.mjs";
/** Before that, where tests start an executable. */
const built = "npm run build && SLUICE_PROGRAM=dist/sluice ";
const tool = (name: string): string => join(root, "node_modules", ".bin", name);

const outputLinesShown = 60;

/** One program that passes by ending with 0. */
function check(name: string, command: string, args: readonly string[], again: string, timeoutMs = 180_000): Stage {
  return {
    name,
    run: async () => {
      const outcome = await run(command, args, { cwd: root, timeoutMs });
      if (outcome.code === 0) return { passed: 1, skipped: 0, failures: [] };
      return { passed: 0, skipped: 0, failures: [{ name, again, output: lastLines(outcome) }] };
    },
  };
}

export const format: Stage = check("format", tool("biome"), ["format", "--max-diagnostics=20"], "npm run format");
export const lint: Stage = check("lint", tool("biome"), ["lint", "--max-diagnostics=50"], "npx biome lint");
export const types: Stage = check("types", tool("tsc"), ["-p", "."], "npx tsc -p .");
export const consoleTypes: Stage = check("console", tool("tsc"), ["-p", "console"], "npx tsc -p console");
export const tidy: Stage = check("tidy", bun, ["scripts/tidy.ts"], "npm run tidy");

/** All `*.test.ts` under the folders, in one run. */
export function tests(name: string, folders: readonly string[], timeoutMs: number): Stage {
  return { name, run: () => runTests(name, folders, timeoutMs, []) };
}

/**
 * The same with some files at a time, each in a process of its own: for tests that wait more than they work, and for so many
 * that the heap of one process would be collected for seconds.
 */
export function parallelTests(name: string, folders: readonly string[], timeoutMs: number, atOnce = 2): Stage {
  return { name, run: () => runTests(name, folders, timeoutMs, [`--parallel=${atOnce}`]) };
}

/**
 * The same with the executable that `npm run build` makes, made once of the sources as they stand: tests that start Sluice start that,
 * which takes a third of the work of reading the sources anew each time (test/e2e/harness/sluice.ts). What starts the sources is tested
 * with the launcher and the package.
 */
export function programTests(name: string, folders: readonly string[], timeoutMs: number, atOnce: number): Stage {
  return { name, run: () => runProgramTests(name, folders, timeoutMs, atOnce) };
}

async function runProgramTests(
  name: string,
  folders: readonly string[],
  timeoutMs: number,
  atOnce: number,
): Promise<Result> {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-built-"));
  try {
    // Some are started as somebody else.
    chmodSync(scratch, 0o755);
    const program = join(scratch, "sluice");
    const problem = build(program);
    if (problem !== null) {
      const failure: Failure = { name: `${name}: no executable`, again: "npm run build", output: problem };
      return { passed: 0, skipped: 0, failures: [failure] };
    }
    return await runTests(name, folders, timeoutMs, [`--parallel=${atOnce}`], { SLUICE_PROGRAM: program });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/**
 * What a test may take that does not say so itself. Bun's own 5 s are for a machine that does nothing else; a stage has its own bound,
 * and what has to be quick is measured where it has to.
 */
const testMsMax = 30_000;

async function runTests(
  name: string,
  folders: readonly string[],
  timeoutMs: number,
  options: readonly string[],
  env: Record<string, string> = {},
): Promise<Result> {
  const files = folders.flatMap((folder) => testFiles(folder));
  if (files.length === 0) return { passed: 0, skipped: 0, failures: [] };
  const scratch = mkdtempSync(join(tmpdir(), "sluice-test-"));
  try {
    const path = join(scratch, "junit.xml");
    const reporter = ["--reporter=junit", `--reporter-outfile=${path}`];
    const words = ["test", `--timeout=${testMsMax}`, ...options, ...reporter];
    const outcome = await run(bun, [...words, ...files.map((file) => `./${file}`)], { cwd: root, timeoutMs, env });
    const report = readReport(existsSync(path) ? readFileSync(path, "utf8") : "");
    const failures: Failure[] = report.failures.map((failure) => ({
      name: `${failure.file}: ${failure.name}`,
      again: `${env["SLUICE_PROGRAM"] === undefined ? "" : built}${launcher} test ./${failure.file} -t '${failure.name.replaceAll("'", ".")}'`,
      output: aboutTest(outcome, failure.name),
    }));
    // A file that does not load, a crash or the time limit fails no single test, and must not pass for success.
    const isBroken = outcome.isTimedOut || /^ *\d+ errors?$/m.test(outcome.output);
    if (outcome.code !== 0 && (failures.length === 0 || isBroken)) {
      const what = outcome.isTimedOut
        ? `not done after ${timeoutMs / 1000} s`
        : `ended with ${outcome.code ?? "a signal"}`;
      const again = `${launcher} test ${folders.map((folder) => `./${folder}/`).join(" ")}`;
      failures.push({ name: `${name}: ${what}`, again, output: lastLines(outcome) });
    }
    return { passed: report.passed, skipped: report.skipped, failures };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/**
 * A program that plays seeds, when it is there. `args` bound how many; its last line reads `N passed, N failed`, and for what
 * failed it prints the command that plays it again.
 */
export function seeds(name: string, program: string, args: readonly string[], timeoutMs: number): Stage {
  return {
    name,
    run: async () => {
      if (!existsSync(join(root, program))) return { passed: 0, skipped: 0, failures: [] };
      const outcome = await run(bun, [program, ...args], { cwd: root, timeoutMs });
      const counts = /^(\d+) passed, (\d+) failed/.exec(outcome.output.trimEnd().split("\n").at(-1) ?? "");
      const failed = Math.max(Number(counts?.[2] ?? 0), outcome.code === 0 ? 0 : 1);
      const again = `${launcher} ${program} ${args.join(" ")}`;
      const failure = {
        name: `${name}: ${outcome.isTimedOut ? "out of time" : "failed"}`,
        again,
        output: lastLines(outcome),
      };
      const failures = Array.from({ length: failed }, (_, index) =>
        index === 0 ? failure : { ...failure, output: "" },
      );
      return { passed: Number(counts?.[1] ?? (failed === 0 ? 1 : 0)), skipped: 0, failures };
    },
  };
}

function testFiles(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return [...new Bun.Glob("**/*.test.ts").scanSync(join(root, folder))].map((file) => `${folder}/${file}`).sort();
}

function lastLines(outcome: Outcome): string {
  const lines = outcome.output.trimEnd().split("\n");
  return lines
    .filter((line) => !line.startsWith("(pass)"))
    .slice(-outputLinesShown)
    .join("\n");
}

/** What Bun printed for one failed test: it stands above the line that says so, and that it took too long below it. */
function aboutTest(outcome: Outcome, name: string): string {
  const lines = outcome.output.split("\n");
  const end = lines.findIndex((line) => line.startsWith("(fail)") && line.includes(name));
  if (end === -1) return "";
  const isEdge = (line: string): boolean => /^\((?:pass|fail|skip|todo)\)|^\S+\.test\.ts:$/.test(line);
  const start = lines.slice(0, end).findLastIndex(isEdge) + 1;
  const isLate = lines[end + 1]?.trimStart().startsWith("^") === true;
  return lines.slice(Math.max(start, end - outputLinesShown), isLate ? end + 2 : end).join("\n");
}
