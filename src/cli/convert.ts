// `sluice convert FILE`: a config of another program as one of Sluice's own, on stdout or in a file, and on stderr what became of each
// keyword. With something refused there is no config, for it would do less than the file says. With --report only that is said; with
// --json one object goes to stdout whatever comes of it.
// Exit code 0: all is there; 1: something is refused, or it is no config of another program; 2: there is no such file.

import { existsSync, realpathSync, statSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import type { ReportLine } from "../config/foreign/report.ts";
import { type Conversion, loadConfig } from "../config/load.ts";
import { printConfig, type Remarks, type Skin } from "../config/print.ts";
import type { Path } from "../config/problem.ts";
import { keywordsLine, type Writer, writeProblems } from "./check.ts";

export interface ConvertOptions {
  readonly to?: Skin | undefined;
  readonly out?: string | undefined;
  readonly report?: boolean | undefined;
  readonly json?: boolean | undefined;
}

export async function convert(path: string, options: ConvertOptions, writer: Writer): Promise<number> {
  const loaded = await loadConfig(path);
  const { conversion, origin } = loaded;
  if (conversion === undefined || origin === undefined) {
    if (!loaded.ok) writeProblems(loaded.problems, writer);
    else writer.err(`${path} is a config of Sluice's own; convert is for those of other programs`);
    return loaded.ok || loaded.isRead ? 1 : 2;
  }
  const isWhole = loaded.ok;
  const skin = options.to ?? "yaml";
  if (options.json === true) {
    const { input, report } = conversion;
    writer.out(JSON.stringify({ ok: isWhole, file: path, origin, report, config: isWhole ? input : null }, null, 2));
    return isWhole ? 0 : 1;
  }
  const perLine = new Map<number, number>();
  for (const { line } of conversion.report) perLine.set(line, (perLine.get(line) ?? 0) + 1);
  // Of several keywords of one line each is told by its name.
  const said = conversion.report.map((one) => (perLine.get(one.line) === 1 ? one : { ...one, source: one.keyword }));
  const lines = [...said.map((line) => reportLine(line)), `${path}: ${keywordsLine(origin)}`].join("\n");
  if (options.report === true) {
    writer.out(lines);
    return isWhole ? 0 : 1;
  }
  if (isWhole) writer.note(lines);
  else writer.err(lines);
  if (!isWhole) {
    writeProblems(
      loaded.problems.filter(({ severity }) => severity === "error"),
      writer,
    );
    return 1;
  }
  const text = printConfig(conversion.input, skin, remarks(conversion));
  if (options.out === undefined) writer.out(text.trimEnd());
  else return written(path, options.out, text, writer);
  return 0;
}

function isSame(path: string, out: string): boolean {
  return existsSync(out) && realpathSync(path) === realpathSync(out);
}

async function written(path: string, out: string, text: string, writer: Writer): Promise<number> {
  if (isSame(path, out)) {
    writer.err(`${out} is the file that is converted: write to another`);
    return 1;
  }
  try {
    // What is no file (/dev/stdout, a pipe) holds nothing to be kept, and to read it may never end.
    const former = statSync(out, { throwIfNoEntry: false })?.isFile() === true ? await readFile(out, "utf8") : text;
    if (former !== text) {
      const kept = `${out}.bak`;
      if (isSame(path, kept)) {
        writer.err(`${out} would be kept as ${kept}, which is the file that is converted: write to another`);
        return 1;
      }
      // It may have been edited since it was converted.
      await copyFile(out, kept);
      writer.note(`what was in ${out} is in ${kept}`);
    }
    await writeFile(out, text);
  } catch (error) {
    writer.err(`${out} cannot be written: ${(error as Error).message}`); // Files fail with nothing else.
    return 1;
  }
  const [from, to] = [dirname(resolve(path)), dirname(resolve(out))];
  const moved =
    from === to ? "" : `; relative paths in it start at its own folder now, not at ${relative(to, from) || "."}`;
  writer.note(`${out} is written${moved}`);
  return 0;
}

/** What is approximated, at the first key that comes from its line; and above each rule the line that it was. */
function remarks({ report, lineOf }: Conversion): Remarks {
  const byLine = new Map<number, string[]>();
  const sources = new Map<number, string>();
  for (const { line, verdict, source, remarks: all } of report) {
    sources.set(line, source);
    if (verdict === "approximated")
      byLine.set(line, [...(byLine.get(line) ?? []), ...all.map((remark) => `line ${line}: ${remark}`)]);
  }
  const of = (path: Path): readonly string[] => {
    const line = lineOf(path);
    const source = isRule(path) ? (sources.get(line) ?? []) : [];
    return [source, byLine.get(line) ?? []].flat();
  };
  return { of, all: [...byLine.values()].flat() };
}

function isRule(path: Path): boolean {
  return path.includes("rules") && typeof path.at(-1) === "number";
}

/** `  12 kept          bind *:80`, with what is to be known under it. */
function reportLine({ line, verdict, source, remarks: all }: ReportLine): string {
  const head = `${String(line).padStart(5)}  ${verdict.padEnd(12)}  ${source}`;
  return [head, ...all.map((remark) => `${" ".repeat(21)}${remark}`)].join("\n");
}
