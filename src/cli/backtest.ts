// `sluice backtest RULE --from access.log`: a rule over recorded traffic, in the log's own time. It finds the config, the rule and the
// logs, shows how far it is, and says what came of it (backtesttext.ts).
// Exit code 0: it was played; 1: a file cannot be read, or there was nothing in it; 2: the rule, the format or an option is wrong.

import { statSync } from "node:fs";
import { Backtest } from "../backtest/backtest.ts";
import { type Chosen, choose } from "../backtest/chosen.ts";
import { formatNamed, formatNames, formatOf, sampleLines } from "../backtest/formats.ts";
import { linesOf, sizeOf } from "../backtest/lines.ts";
import type { LogFormat } from "../backtest/recorded.ts";
import { loadConfig } from "../config/load.ts";
import { gatherList } from "../control/listmaking.ts";
import { ListFile } from "../memory/listfile.ts";
import { runSteps } from "../memory/listranges.ts";
import { backtestReport, backtestText } from "./backtesttext.ts";
import { type Writer, writeProblems } from "./check.ts";
import { FileProgress } from "./fileprogress.ts";

export interface BacktestOptions {
  readonly config: string;
  readonly from: readonly string[];
  readonly format?: string | undefined;
  readonly listener?: string | undefined;
  readonly enforce?: boolean | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly top?: number | undefined;
  readonly json?: boolean | undefined;
}

const USAGE_ERROR = 2;
const topDefault = 10;
/** Between two looks at whoever else wants the thread: Ctrl-C above all. */
const sliceMs = 50;

export async function backtest(rule: string, options: BacktestOptions, writer: Writer): Promise<number> {
  const loaded = await loadConfig(options.config);
  if (!loaded.ok) {
    writeProblems(loaded.problems, writer);
    return loaded.isRead ? 1 : USAGE_ERROR;
  }
  const { listener, enforce = false } = options;
  const chosen = choose(rule, loaded.config, { listener, isEnforced: enforce });
  if (!chosen.ok) return misused(chosen.message, writer);
  const format = options.format === undefined ? null : formatNamed(options.format);
  if (format?.ok === false) return misused(`--format ${format.message}`, writer);
  const [sinceMs, untilMs] = [
    timeOf(options.since, Number.NEGATIVE_INFINITY),
    timeOf(options.until, Number.POSITIVE_INFINITY),
  ];
  if (Number.isNaN(sinceMs)) return misused("--since must be a time such as 2026-11-22T09:00:00Z", writer);
  if (Number.isNaN(untilMs)) return misused("--until must be a time such as 2026-11-22T09:00:00Z", writer);
  const lists = new Map<string, ListFile>();
  for (const [name, source] of Object.entries(loaded.lists))
    lists.set(name, new ListFile(runSteps((await gatherList(source)).draft.finish())));
  const played = new Backtest({ chosen: chosen.value, materials: loaded.materials, lists, sinceMs, untilMs });
  const said = format?.ok === true ? format.value : null;
  const paths = await inOrderOfTimes(options.from, said);
  const problem = await play(played, paths, said, writer);
  if (problem !== null) {
    writer.err(`sluice: ${problem}`);
    return 1;
  }
  const isAsGiven = paths.every((path, index) => path === options.from[index]);
  const remark = isAsGiven ? null : `the files were played in the order of their times: ${paths.join(", ")}`;
  return tell(played, chosen.value, options, remark, writer);
}

function misused(message: string, writer: Writer): number {
  writer.err(`sluice: ${message}`);
  return USAGE_ERROR;
}

/** The absent one where nothing is said; NaN where it is no time. */
function timeOf(text: string | undefined, absent: number): number {
  return text === undefined ? absent : Date.parse(text);
}

/** By the first request of each; as given where one can be read only once, such as a pipe. What has none comes last. */
async function inOrderOfTimes(paths: readonly string[], said: LogFormat | null): Promise<readonly string[]> {
  const isReadTwice = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() !== false;
  if (paths.length < 2 || paths.includes("-") || !paths.every(isReadTwice)) return paths;
  const dated: { readonly path: string; readonly atMs: number }[] = [];
  for (const path of paths) dated.push({ path, atMs: await firstMs(path, said) });
  // Infinities have no difference.
  return dated.sort((a, b) => (a.atMs === b.atMs ? 0 : a.atMs - b.atMs)).map(({ path }) => path);
}

async function firstMs(path: string, said: LogFormat | null): Promise<number> {
  const ignore = (): void => {};
  try {
    for await (const lines of linesOf({ path, took: ignore, tooLong: ignore })) {
      const format = said ?? formatOf(lines.slice(0, sampleLines));
      for (const line of lines) {
        const recorded = format?.read(line) ?? null;
        if (recorded !== null) return recorded.atMs;
      }
      if (lines.length > 0) break;
    }
  } catch {
    // Whoever plays it says what is wrong with it.
  }
  return Number.POSITIVE_INFINITY;
}

function tell(
  played: Backtest,
  chosen: Chosen,
  options: BacktestOptions,
  remark: string | null,
  writer: Writer,
): number {
  if (played.harvest.requests === 0) {
    writer.err(`sluice: ${nothingPlayed(played, chosen)}`);
    return 1;
  }
  const report = backtestReport(played, chosen, {
    top: options.top ?? topDefault,
    isEnforced: options.enforce === true,
    remark,
  });
  writer.out(options.json === true ? JSON.stringify(report, null, 2) : backtestText(report));
  return 0;
}

function nothingPlayed({ misread, elsewhere, firstMisread }: Backtest, { listener }: Chosen): string {
  if (elsewhere > 0)
    return listener === null
      ? `none of ${elsewhere} requests says which listener it came to: name it by --listener`
      : `none of ${elsewhere} requests came to a listener of mode http that the config has`;
  if (misread > 0)
    return `none of ${misread} lines is a request in this format; the first is ${JSON.stringify(firstMisread.slice(0, 200))}`;
  return "there is no request in what was read";
}

/** Null when all was read. */
async function play(
  played: Backtest,
  paths: readonly string[],
  said: LogFormat | null,
  writer: Writer,
): Promise<string | null> {
  let path = "";
  try {
    const progress = new FileProgress(sizeOf(paths), "requests", process.stderr.isTTY === true, (text) =>
      process.stderr.write(text),
    );
    let nextMs = performance.now() + sliceMs;
    for (path of paths) {
      let format = said;
      const took = (bytes: number): void => progress.took(bytes);
      const tooLong = (): void => void played.misread++;
      for await (const lines of linesOf({ path, took, tooLong })) {
        format ??= formatOf(lines.slice(0, sampleLines));
        if (format === null && lines.length > 0) return unknownFormat(path, lines[0]!);
        for (const line of lines) {
          played.line(line, format!);
          if (performance.now() < nextMs) continue;
          progress.see(played.harvest.requests, performance.now());
          await Bun.sleep(0);
          nextMs = performance.now() + sliceMs;
        }
      }
    }
    played.finish();
    progress.end();
    return null;
  } catch (error) {
    const { code, message, path: at = path } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    // Below the line that shows how far it is.
    if (path !== "" && process.stderr.isTTY === true) writer.err("");
    return code === "ENOENT" ? `${at}: there is no such file` : `${at} cannot be read: ${message}`;
  }
}

function unknownFormat(path: string, line: string): string {
  const shown = JSON.stringify(line.slice(0, 200));
  return `${path} is in no format that is known here (${formatNames.join(", ")}): its first line is ${shown}; say by --format what nginx' log_format is`;
}
