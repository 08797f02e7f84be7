// `npm run build`: Sluice and its runtime in one executable file, dist/sluice, for machines that have neither Node nor Bun. It starts its
// own workers, and the process that runs a TypeScript config, by its own path with a hidden word (src/main.ts). Split into chunks, so that
// a worker holds nothing of the command line; with bytecode, for a command is then there in half the time. Not with names cut short, and
// without a source map: what the log says of a failure names functions, and files that hooks.ts knows for our own.
//
//   npm run build [-- FILE]      FILE instead of dist/sluice

import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = join(import.meta.dir, "..");

/** Of the compiler; `--outfile` and the entry come behind. */
const options: readonly string[] = [
  "--compile",
  "--target=bun",
  "--format=esm",
  "--splitting",
  "--bytecode",
  "--minify-syntax",
  "--minify-whitespace",
  // A proxy must not obey files that happen to lie where it is started.
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

/** Returns what went wrong, or null. One that runs is never written into: the new file takes its place. */
export function build(path: string): string | null {
  const draft = `${path}.new`;
  mkdirSync(dirname(path), { recursive: true });
  const words = ["build", ...options, `--outfile=${draft}`, join(root, "src", "main.ts")];
  const { status, stderr, stdout } = spawnSync(process.execPath, words, { cwd: root, encoding: "utf8" });
  if (status === 0) renameSync(draft, path);
  else rmSync(draft, { force: true });
  return status === 0 ? null : `${stderr}${stdout}`.trim();
}

if (import.meta.main) {
  const path = resolve(process.argv[2] ?? join(root, "dist", "sluice"));
  const problem = build(path);
  if (problem !== null) {
    console.error(problem);
    process.exit(1);
  }
  console.log(`${path}: ${(Bun.file(path).size / 1e6).toFixed(0)} MB`);
}
