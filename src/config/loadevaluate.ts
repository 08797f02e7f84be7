// Runs a TypeScript or JavaScript config, in a process of its own that loadprogram.ts starts: what the config's code does (never
// end, exit, spin) is then no danger to a proxy that runs, and each load sees all files as they are now. "sluice" is answered
// from this program itself, so that a config works wherever it lies, without an installation beside it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "./define.ts";
import { tooDeep, valueFault } from "./depth.ts";
import type { SyntaxFault } from "./document.ts";
import { hasHooks, takeHooks } from "./hookfunctions.ts";
import { bundleProgram } from "./loadbundle.ts";
import type { Program } from "./materials.ts";
import type { Path } from "./problem.ts";
import type { Section } from "./section.ts";

/** How long a config's code may take to give its value, in control and in each worker. */
export const evaluateLimitMs = 10_000;

/** Of a text that says what was thrown. */
const thrownTextMax = 200;

/** What the config's process says, by structured clone: a config may hold more than JSON does. */
export type Evaluation =
  | { readonly ok: true; readonly value: unknown; readonly program?: Program }
  | {
      readonly ok: false;
      readonly faults: readonly SyntaxFault[];
      /** The key that the fault is at, whose place is not known here. */
      readonly key?: Path;
    };

/** Of the process: says what became of the config at `path`, which is absolute and without links, and ends. */
export async function evaluateProgram(path: string): Promise<void> {
  answerSluice();
  const evaluation = await evaluate(path);
  const send = process.send?.bind(process) ?? unreached;
  try {
    send(evaluation.ok ? { ...evaluation, value: passable(evaluation.value, new Map()) } : evaluation);
  } catch (error) {
    const message = `the config holds what cannot be passed on: ${(error as Error).message}`;
    send({ ok: false, faults: [{ at: 0, message }] } satisfies Evaluation);
  }
  process.disconnect?.();
  process.exit(0);
}

/** What a config imports from "sluice", wherever it lies. */
export function answerSluice(exports: Record<string, unknown> = { defineConfig }): void {
  Bun.plugin({
    name: "sluice",
    setup: (build) => void build.module("sluice", () => ({ exports, loader: "object" })),
  });
}

function unreached(): never {
  throw new Error("a config is evaluated for another process, which is not there");
}

/** Functions cannot be cloned. An object in a function's place is as wrong there, and is told with the key it stands at. */
function passable(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === "function") return { "a function": value.name };
  if (typeof value === "symbol") return { "a symbol": value.description };
  if (typeof value !== "object" || value === null) return value;
  const former = seen.get(value);
  if (former !== undefined) return former;
  const isPlain = Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!isPlain) return value;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  seen.set(value, copy);
  const shown = { enumerable: true, writable: true, configurable: true };
  // Not by assignment, to which a key named __proto__ would mean something else.
  for (const [key, each] of Object.entries(value))
    Object.defineProperty(copy, key, { ...shown, value: passable(each, seen) });
  return copy;
}

/** What goes wrong in a file that the config imports is told with its place there, at the config's own line or its start. */
async function evaluate(path: string): Promise<Evaluation> {
  let value: unknown;
  try {
    value = await ((await import(path)) as { default?: unknown }).default; // Whatever the operator wrote.
    // Getters are the config's code as well.
    const fault = valueFault(value);
    if (fault !== null) return { ok: false, faults: [{ at: 0, message: fault.message }], key: fault.path };
  } catch (error) {
    return { ok: false, faults: faultsOf(error, path, readFileSync(path, "utf8")) };
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return withHooks(value as Section, path);
  const message = "the file must export its config: export default defineConfig({ ... })";
  return { ok: false, faults: [{ at: 0, message }] };
}

/** Hooks go another way than the rest: as code. */
async function withHooks(value: Section, path: string): Promise<Evaluation> {
  const { config, names } = takeHooks(value);
  if (!hasHooks(names)) return { ok: true, value };
  try {
    return { ok: true, value: config, program: { path, ...(await bundleProgram(path)), names } };
  } catch (error) {
    return { ok: false, faults: [{ at: 0, message: (error as Error).message }] };
  }
}

function faultsOf(error: unknown, path: string, text: string): SyntaxFault[] {
  if (error instanceof AggregateError) return error.errors.flatMap((one) => faultsOf(one, path, text));
  const message = error instanceof Error || hasMessage(error) ? error.message.split("\n")[0]! : thrownText(error);
  const position = (error as { position?: { file: string; line: number; column: number } | null } | null)?.position;
  if (position) {
    // The runtime's parser has an end as well, some thousands deep.
    const told = message.startsWith("Maximum call stack") ? tooDeep : message;
    return [inFile(position.file, position.line, position.column, told, path, text)];
  }
  const missing = /^Cannot find (?:module|package) ['"]([^'"]+)['"]/.exec(message);
  if (missing !== null) {
    const at = text.indexOf(missing[1]!);
    return [{ at: at === -1 ? 0 : at, message }];
  }
  const told = `the config failed: ${message}`;
  const { own, inner } = error instanceof Error ? framesOf(error.stack ?? "", path) : { own: null, inner: null };
  const where = inner === null ? told : `${told} (${inner.file}:${inner.line}:${inner.column})`;
  return own === null ? [{ at: 0, message: where }] : [inFile(own.file, own.line, own.column, where, path, text)];
}

/** Of what is thrown and is no error, as a program would write it. */
function thrownText(thrown: unknown): string {
  if (typeof thrown !== "object" && typeof thrown !== "function") return String(thrown);
  const text = Bun.inspect(thrown, { depth: 2 }).replaceAll(/\s+/g, " ");
  return text.length > thrownTextMax ? `${text.slice(0, thrownTextMax)}…` : text;
}

function hasMessage(error: unknown): error is { message: string } {
  return typeof (error as { message?: unknown } | null)?.message === "string";
}

interface Frame {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The innermost in the config itself, and that in a file which it imports, where it was thrown there. Packages' own are passed over. */
function framesOf(stack: string, path: string): { readonly own: Frame | null; readonly inner: Frame | null } {
  const frames = [...stack.matchAll(/\(?((?:\/|[A-Za-z]:)[^()\n]*?):(\d+):(\d+)\)?$/gm)].map(
    (found): Frame => ({ file: found[1]!, line: Number(found[2]), column: Number(found[3]) }),
  );
  const at = frames.findIndex(({ file }) => file === path);
  const inwards = at === -1 ? frames : frames.slice(0, at);
  const inner = inwards.find(({ file }) => !isOfOthers(file)) ?? null;
  return { own: frames[at] ?? null, inner };
}

/** A package, or this program, whether it is one executable or not. */
function isOfOthers(file: string): boolean {
  return file.includes("/node_modules/") || file.startsWith("/$bunfs/") || file.startsWith(join(import.meta.dir, "/"));
}

function inFile(file: string, line: number, column: number, message: string, path: string, text: string): SyntaxFault {
  if (file !== path) return { at: 0, message: `${message} (${file}:${line}:${column})` };
  const before = text.split("\n").slice(0, line - 1);
  return { at: before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1, message };
}
