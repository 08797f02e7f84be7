// Hooks in a worker: imports the copy of the config's module that came with the plan, and finds the functions in it that the plan
// promises. Promises of hooks are awaited here, and what becomes of them is told to flows as any other event is: from the outside,
// with the clock read anew. What was imported stays until control says that another plan is in force everywhere, so that the former
// one can come back without its code being run again; then it goes with the last exchange that uses it.

import { dirname, join } from "node:path";
import { hooksIn } from "../config/hookfunctions.ts";
import type { PoolHooks } from "../config/hooktypes.ts";
import { answerSluice } from "../config/loadevaluate.ts";
import type { HooksPlan, Plan } from "../config/plan.ts";
import { type Section, sectionOf } from "../config/section.ts";
import { replyBytesMax } from "../flow/hooks/answer.ts";
import { errorText, type HookFunctions, type HookRunner, type HookSet, type Settled } from "../flow/hooks.ts";
import { giveConsoleBack, type Speak, takeConsole } from "./console.ts";
import type { Driver } from "./driver.ts";
import { allowExit, forbidExit, RefusedExit } from "./exit.ts";
import { type Complain, importProgram, type Limits, type Program, usualLimits } from "./program.ts";

type Owner = "listeners" | "pools";

export class Programs implements HookRunner {
  readonly #driver: Driver;
  readonly #limits: Limits;
  readonly #speak: Speak;
  /** By the path of the copy. */
  readonly #programs = new Map<string, Program>();
  /** Plans that come while their code is imported wait for the one import. */
  readonly #coming = new Map<string, Promise<Program>>();
  #isReady = false;
  /** When to collect what programs have left; null: there is nothing. */
  #collectAtMs: number | null = null;
  /** Of the copies, and of the config itself: places in its code are told as such. */
  #copies = "";
  #folder = "";

  readonly #stray = (error: unknown): void => {
    if (isOwn(error)) this.#driver.failed(error);
    else this.complain("code of the config failed where nobody awaits it", `: ${errorText(error)}`);
  };

  /** `speak`: what the config's code prints. */
  constructor(driver: Driver, limits: Limits = usualLimits, speak: Speak = () => {}) {
    this.#driver = driver;
    this.#speak = speak;
    this.#limits = limits;
  }

  /** Whether `load` must be awaited before `of`. */
  isLoaded(path: string | null): boolean {
    return path === null || this.#programs.has(path);
  }

  /** Rejects with an Error for the operator. */
  async load(path: string): Promise<void> {
    if (!this.#isReady) this.#prepare();
    if (this.#programs.has(path)) return;
    this.#copies = dirname(path);
    const complain: Complain = (message, detail) => this.complain(message, detail);
    const coming = this.#coming.get(path) ?? importProgram(path, complain, this.#limits);
    this.#coming.set(path, coming);
    try {
      const program = await coming;
      if (this.#coming.get(path) === coming) this.#programs.set(path, program);
    } finally {
      if (this.#coming.get(path) === coming) this.#coming.delete(path);
    }
  }

  /** No plan but one with this program will be asked for again: others end with the exchanges that use them. */
  retain(path: string | null): void {
    for (const [each, program] of this.#programs) if (each !== path) program.retiredAtMs ??= this.now();
  }

  /** Said now and then. `generations`: of the plans under which something is under way. What has not ended after `limitMs` is not waited for. */
  sweep(generations: () => ReadonlySet<number>, limitMs: number): void {
    const retired = [...this.#programs].filter(([, program]) => program.retiredAtMs !== null);
    if (retired.length === 0 && this.#collectAtMs === null) return;
    const nowMs = this.now();
    for (const [path, program] of retired) {
      const isOver = nowMs - program.retiredAtMs! >= limitMs;
      if (!isOver && [...generations()].some((generation) => program.mayServe(generation))) continue;
      this.#programs.delete(path);
      this.#collectAtMs ??= nowMs + collectAfterMs;
      program.unload((message, detail) => this.complain(message, detail), this.#limits.unloadMs);
    }
    if (this.#collectAtMs === null || nowMs < this.#collectAtMs) return;
    this.#collectAtMs = null;
    Bun.gc(true);
  }

  /** What code of the config does outside of its hooks (timers, promises that nobody awaits) must not end the worker either, nor may it say so. */
  #prepare(): void {
    this.#isReady = true;
    forbidExit();
    answerSluice();
    takeConsole(this.#speak);
    process.on("uncaughtException", this.#stray);
    process.on("unhandledRejection", this.#stray);
  }

  /** For tests: a worker ends with its process. */
  close(): void {
    allowExit();
    giveConsoleBack();
    process.off("uncaughtException", this.#stray);
    process.off("unhandledRejection", this.#stray);
  }

  /** Null where there are no hooks. `path` has been loaded. Throws an Error for the operator when the module has others than the plan. */
  of(plan: Plan, path: string | null): HookSet | null {
    if (plan.program === null) return null;
    this.#folder = dirname(plan.program.path);
    const program = this.#programs.get(path ?? "");
    program?.usedBy(plan.generation);
    const config = program?.config ?? {};
    const found = new Map<string, HookFunctions>();
    for (const owner of ["listeners", "pools"] as const)
      for (const { name, hooks } of plan[owner])
        if (hooks !== null) found.set(`${owner} ${name}`, functionsOf(config, owner, name, hooks));
    return { runner: this, of: (owner, name) => found.get(`${owner} ${name}`) ?? {} };
  }

  // ---- said by flows ----

  now(): number {
    this.#driver.refresh();
    return this.#driver.nowMs;
  }

  settle(value: unknown, settled: Settled): void {
    wholeOf(value, settled).then(
      (answer) => this.#tell(() => settled.resolved(answer)),
      (error: unknown) => this.#tell(() => settled.rejected(error)),
    );
  }

  complain(message: string, detail: string): void {
    const isCopied = this.#copies !== "";
    const told = isCopied ? detail.replaceAll(`${this.#copies}/`, `${this.#folder}/`) : detail;
    this.#driver.complaints.tell(message, told, this.#driver.nowMs);
  }

  #tell(say: () => void): void {
    try {
      this.#driver.refresh();
      say();
    } catch (error) {
      this.#driver.failed(error as Error);
    }
  }
}

/**
 * What code held is old by the time that it goes, and the runtime, which counts tables and caches as its heap, would let it lie through
 * dozens of reloads. To collect takes some tens of milliseconds: once for all reloads of so long, and when what it began has ended.
 */
const collectAfterMs = 2000;

/** Where this program stands, as source or in a single executable. */
const root = join(import.meta.dir, "..");

/** Nobody else's code had a part in it. */
function isOwn(error: unknown): error is Error {
  if (error instanceof RefusedExit) return false;
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const places = [...stack.matchAll(/\(?(\/[^():\n]+):\d+/g)].map((found) => found[1]!);
  return places.length > 0 && places.every((place) => place.startsWith(root));
}

function functionsOf(config: Section, owner: Owner, name: string, plan: HooksPlan): HookFunctions {
  const found = hooksIn(sectionOf(sectionOf(config[owner])[name]), owner);
  const missing = plan.names.filter((hook) => found[hook] === undefined);
  const others = Object.keys(found).length !== plan.names.length - missing.length;
  if (missing.length > 0 || others)
    throw new Error(
      `the config has other hooks in a worker than it had before (${owner.slice(0, -1)} ${name}): what it holds must not depend on where or when it is run`,
    );
  return readyOf(found as PoolHooks); // Their kinds were looked at; what they take and answer is the operator's.
}

/** A transform that is a function alone is one of texts. */
export function readyOf({ transformResponse, transformRequest, ...others }: PoolHooks): HookFunctions {
  const transform = typeof transformResponse === "function" ? { text: transformResponse } : transformResponse;
  const ofRequests = typeof transformRequest === "function" ? { text: transformRequest } : transformRequest;
  const all = { ...others, transformResponse: transform, transformRequest: ofRequests };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** What a promise comes to; of a standard response its bytes. `settled`: who waits for it, and may cease to. */
export async function wholeOf(value: unknown, settled: Settled | null = null): Promise<unknown> {
  const answer = await value;
  if (typeof answer !== "object" || answer === null || !("arrayBuffer" in answer)) return answer;
  const response = answer as Response; // Or what an operator takes for one: then something of it throws, and the hook has failed.
  const isFetched = response.url !== "";
  const headers: [string, string][] = [];
  response.headers.forEach((text, name) => {
    if (!ofTransfer.has(name) && !(isFetched && name === "content-encoding")) headers.push([name, text]);
  });
  return { status: response.status, headers, body: await bytesOf(response, settled) };
}

/** Whoever it is fetched from may never come to an end: it is read as far as an answer may go, and as long as somebody waits. */
async function bytesOf(response: Response, settled: Settled | null): Promise<Uint8Array> {
  const { body } = response;
  if (!(body instanceof ReadableStream)) return new Uint8Array(await response.arrayBuffer());
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  if (settled !== null) settled.stop = stop;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    if (settled?.isOver === true) stop();
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(pieces);
    const piece = typeof value === "string" ? Buffer.from(value) : new Uint8Array(value);
    length += piece.length;
    pieces.push(piece);
    if (length <= replyBytesMax) continue;
    stop();
    // Who reads the answer says that it is too long.
    return Buffer.concat(pieces);
  }
}

/** Said of the bytes as they were on their way; fetch has decoded them, and says their coding all the same. */
const ofTransfer: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "connection", "keep-alive"]);
