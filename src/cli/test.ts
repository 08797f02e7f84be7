// `sluice test [FILES]`: the tests in configs, and files *.sluice.test.ts. Without files it looks for both below the folder that it is
// called in. Results go to stdout; with --json one object goes there whatever comes of it.
// Exit code 0: all have passed; 1: some have not, or a config is wrong; 2: there is nothing to test.

import { readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { loadConfig } from "../config/load.ts";
import { areFilesRun, type FilesOutcome, runFiles } from "../testing/files.ts";
import { resultLines, totalLine } from "../testing/report.ts";
import { runTests, type TestResult } from "../testing/run.ts";
import { subjectIn } from "../testing/subject.ts";
import { runWatched, stallLimit } from "../testing/watch.ts";
import { type Writer, writeProblems } from "./check.ts";

const USAGE_ERROR = 2;
const isTestFile = (path: string): boolean => /\.test\.[mc]?[jt]s$/.test(path);
/** What configs are called that nobody has named. */
const configNames = /(?:^|\.)sluice\.(?:config\.[mc]?[jt]s|toml|ya?ml|json)$/;

const noFiles: FilesOutcome = { cases: [], isFailed: false, cut: null };

export interface TestOptions {
  readonly json?: boolean | undefined;
  /** How long test files may stand still; for tests of this. */
  readonly stallMs?: number;
}

interface ConfigResults {
  readonly file: string;
  readonly results: readonly TestResult[];
  /** It could not be loaded. */
  readonly isBad: boolean;
}

export async function test(files: readonly string[], options: TestOptions, writer: Writer): Promise<number> {
  const isJson = options.json === true;
  const given = files.length === 0 ? ["."] : files;
  const found = given.map((path) => filesAt(path));
  const missing = given.find((_, index) => found[index] === null);
  if (missing !== undefined) return nothing(`${missing}: there is no such file`, writer);
  const all = found.flatMap((paths) => paths ?? []);
  const configs: ConfigResults[] = [];
  for (const file of all.filter((path) => !isTestFile(path))) {
    const tested = await testConfigFile(file, files.includes(file), isJson, writer);
    if (tested !== null) configs.push(tested);
  }
  const programs = all.filter(isTestFile);
  if (configs.length === 0 && programs.length === 0)
    return nothing("no tests: neither a config with tests, nor a file *.sluice.test.ts", writer);
  if (programs.length > 0 && !areFilesRun) {
    writer.err(
      "sluice: test files are run by an installed Sluice (npx sluice test); this one runs the tests in configs",
    );
    return 1;
  }
  const outcome = programs.length === 0 ? noFiles : await runFiles(programs, isJson, options.stallMs);
  if (outcome.cut !== null) writer.err(`sluice: ${outcome.cut}`);
  const passes = [...configs.flatMap(({ results }) => results), ...outcome.cases].map(({ isPassed }) => isPassed);
  const passed = passes.filter((isPassed) => isPassed).length;
  const isFailed = passed < passes.length || outcome.isFailed || configs.some(({ isBad }) => isBad);
  if (isJson) {
    const failed = passes.length - passed;
    writer.out(JSON.stringify({ ok: !isFailed, passed, failed, configs, files: outcome.cases }, null, 2));
  } else {
    const unread = configs.filter(({ isBad }) => isBad).length;
    writer.out(totalLine(passed, passes.length - passed, configs.length + programs.length, unread));
  }
  return isFailed ? 1 : 0;
}

function nothing(message: string, writer: Writer): number {
  writer.err(`sluice: ${message}`);
  return USAGE_ERROR;
}

/** Null: there is no such file. Of a folder, what is below it. */
function filesAt(path: string): readonly string[] | null {
  try {
    if (!statSync(path).isDirectory()) return [path];
  } catch {
    return null;
  }
  const glob = new Bun.Glob("**/*.{ts,mts,js,mjs,toml,yaml,yml,json}");
  const isMeant = (file: string): boolean =>
    /\.sluice\.test\.[mc]?[jt]s$/.test(file) || configNames.test(basename(file));
  return [...glob.scanSync({ cwd: path, onlyFiles: true })]
    .filter((file) => !file.split("/").includes("node_modules") && isMeant(file))
    .sort()
    .map((file) => relative(".", join(path, file)));
}

/** Null: nobody has asked for this one, and it has no tests. */
async function testConfigFile(
  file: string,
  isNamed: boolean,
  isJson: boolean,
  writer: Writer,
): Promise<ConfigResults | null> {
  // What cannot be loaded here and now may be no matter of ours.
  if (!isNamed && !/\btests\b/.test(readFileSync(file, "utf8"))) return null;
  const loaded = await loadConfig(file);
  if (!loaded.ok) {
    writeProblems(loaded.problems, writer);
    return { file, results: [], isBad: true };
  }
  const { tests } = loaded.config;
  if (tests.length === 0 && !isNamed) return null;
  if (tests.length === 0) writer.err(`sluice: ${file} has no tests`);
  // Without hooks there is no code that could stand still.
  const results =
    loaded.materials.program === null
      ? await runTests(await subjectIn(loaded), tests)
      : await runWatched(
          file,
          tests.map(({ name }) => name),
          stallLimit(loaded.config),
        );
  if (!isJson && tests.length > 0) writer.out(resultLines(file, results).join("\n"));
  return { file, results, isBad: tests.length === 0 };
}
