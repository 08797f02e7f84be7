// Reads a TypeScript or JavaScript config: imports it, and asks literal.ts for the places of its keys. "sluice" is answered from
// this program itself, so that a config works wherever it lies, without an installation beside it. Bun keeps every module that it
// has imported, failed ones included, and a query string renews only the outermost; so before each import everything that the
// config imports by a relative path is forgotten. Packages in node_modules stay: they change with an upgrade, not with a reload.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "./define.ts";
import type { Document, SyntaxFault } from "./document.ts";
import { placeLiteral } from "./literal.ts";
import { Places } from "./place.ts";

/** Where our own modules lie; forgetting them would split the program in two. */
const ownFolder = dirname(import.meta.dir);
let isAnswering = false;

/** `path` is absolute and without links, as modules are known by. What goes wrong in a file that the config imports is told as such, at the config's start. */
export async function readProgram(path: string, text: string): Promise<Document> {
  answerSluice();
  forget(path, new Set());
  let loaded: { default?: unknown };
  try {
    loaded = (await import(path)) as { default?: unknown }; // Whatever the operator wrote.
  } catch (error) {
    return { ok: false, faults: faultsOf(error, path, text) };
  }
  const value = await loaded.default;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const message = "the file must export its config: export default defineConfig({ ... })";
    return { ok: false, faults: [{ at: 0, message }] };
  }
  const places = new Places(text);
  placeLiteral(text, places);
  return { ok: true, value, places };
}

function answerSluice(): void {
  if (isAnswering) return;
  isAnswering = true;
  const answer = { exports: { defineConfig }, loader: "object" } as const;
  Bun.plugin({ name: "sluice", setup: (build) => void build.module("sluice", () => answer) });
}

function forget(path: string, seen: Set<string>): void {
  if (seen.has(path) || path.startsWith(`${ownFolder}/`) || path.includes("/node_modules/")) return;
  seen.add(path);
  // A module that failed does not show in the cache, yet this is how it is forgotten.
  delete require.cache[path];
  if (!/\.[cm]?[jt]sx?$/.test(path)) return;
  try {
    const loader = path.endsWith("x") ? "tsx" : "ts";
    const imports = new Bun.Transpiler({ loader }).scanImports(readFileSync(path, "utf8"));
    for (const found of imports)
      if (/^\.{0,2}\//.test(found.path)) forget(Bun.resolveSync(found.path, dirname(path)), seen);
  } catch {
    // It cannot be read or does not parse: the import says so in a moment, with the place.
  }
}

function faultsOf(error: unknown, path: string, text: string): SyntaxFault[] {
  if (error instanceof AggregateError) return error.errors.flatMap((one) => faultsOf(one, path, text));
  const message = error instanceof Error || hasMessage(error) ? error.message.split("\n")[0]! : String(error);
  const position = (error as { position?: { file: string; line: number; column: number } | null } | null)?.position;
  if (position) return [inFile(position.file, position.line, position.column, message, path, text)];
  const missing = /^Cannot find (?:module|package) ['"]([^'"]+)['"]/.exec(message);
  if (missing !== null) {
    const at = text.indexOf(missing[1]!);
    return [{ at: at === -1 ? 0 : at, message }];
  }
  const frame = error instanceof Error ? firstFrame(error.stack ?? "", path) : null;
  const told = `the config failed: ${message}`;
  return frame === null ? [{ at: 0, message: told }] : [inFile(frame.file, frame.line, frame.column, told, path, text)];
}

function hasMessage(error: unknown): error is { message: string } {
  return typeof (error as { message?: unknown } | null)?.message === "string";
}

/** The innermost frame in the config itself; failing that, the innermost in a file beside it. */
function firstFrame(stack: string, path: string): { file: string; line: number; column: number } | null {
  const frames = [...stack.matchAll(/\(?((?:\/|[A-Za-z]:)[^()\n]*?):(\d+):(\d+)\)?$/gm)].map((found) => ({
    file: found[1]!,
    line: Number(found[2]),
    column: Number(found[3]),
  }));
  const folder = join(dirname(path), "/");
  return frames.find((frame) => frame.file === path) ?? frames.find((frame) => frame.file.startsWith(folder)) ?? null;
}

function inFile(file: string, line: number, column: number, message: string, path: string, text: string): SyntaxFault {
  if (file !== path) return { at: 0, message: `${message} (${file}:${line}:${column})` };
  const before = text.split("\n").slice(0, line - 1);
  return { at: before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1, message };
}
