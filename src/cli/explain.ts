// `sluice explain [METHOD] URL`: what would become of a request, and why. Asked of a running Sluice; with --offline of a config alone,
// in the circumstances that it would start in: servers up and idle, tables empty, nobody banned. Options are named as curl's.

import { compile } from "../config/compile.ts";
import { type Loaded, loadConfig } from "../config/load.ts";
import type { Plan } from "../config/plan.ts";
import { Slots } from "../config/slots.ts";
import { gatherList } from "../control/listmaking.ts";
import { type Circumstances, explain as explanationOf } from "../flow/explain.ts";
import type { Explanation } from "../flow/explanation.ts";
import { explanationLines } from "../flow/explanationtext.ts";
import { readQuestion } from "../flow/question.ts";
import { Arena } from "../memory/arena.ts";
import { BanHolder } from "../memory/bans.ts";
import { admin, Board, health } from "../memory/board.ts";
import { emptyList, ListHolder } from "../memory/list.ts";
import { ListFile } from "../memory/listfile.ts";
import { runSteps } from "../memory/listranges.ts";
import { NoCache } from "../memory/nocache.ts";
import { StickTable } from "../memory/sticktable.ts";
import { type Writer, writeProblems } from "./check.ts";
import { ask, errorOf, failureOf, type RemoteOptions } from "./client.ts";

export interface ExplainOptions extends RemoteOptions {
  /** "name: value" each. */
  readonly header?: readonly string[];
  readonly request?: string;
  readonly source?: string;
  readonly listener?: string;
  readonly status?: number;
  /** By the config alone. */
  readonly offline?: boolean;
}

const USAGE_ERROR = 2;

/** `words`: a method, which may be left out, and a URL. */
export async function explain(words: readonly string[], options: ExplainOptions, writer: Writer): Promise<number> {
  const body = bodyOf(words, options);
  if (typeof body === "string") {
    writer.err(`sluice: ${body}`);
    return USAGE_ERROR;
  }
  if (options.offline === true) {
    if (options.config !== undefined) return explainConfig(options.config, body, options, writer);
    writer.err("sluice: --offline explains by a config alone: say which, with -c");
    return USAGE_ERROR;
  }
  const answer = await ask(options, "POST", "/api/v1/explain", body);
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    if (!answer.ok && options.config !== undefined) writer.err("(with --offline it is explained by the config alone)");
    return failureOf(answer);
  }
  write(answer.body as Explanation, options, writer); // What our own admin interface answers.
  return 0;
}

function write(explanation: Explanation, { json }: ExplainOptions, writer: Writer): void {
  writer.out(json === true ? JSON.stringify(explanation, null, 2) : explanationLines(explanation).join("\n"));
}

/** Or what is wrong with the command line. */
function bodyOf(words: readonly string[], options: ExplainOptions): Record<string, unknown> | string {
  if (words.length > 2) return `a method and a URL, not ${words.length} words: quote a URL that has spaces or an &`;
  const [url, method] = words.length === 2 ? [words[1]!, words[0]!] : [words[0]!, options.request];
  const headers: [string, string][] = [];
  for (const line of options.header ?? []) {
    const match = /^([^:\s]+):\s*(.*)$/s.exec(line);
    if (match === null) return `a header is written -H 'name: value', not ${JSON.stringify(line)}`;
    headers.push([match[1]!, match[2]!]);
  }
  const { source, listener, status } = options;
  const given = Object.entries({ method, source, listener, status }).filter(([, value]) => value !== undefined);
  return { url, headers, ...Object.fromEntries(given) };
}

// ---- by a config alone ----

async function explainConfig(
  path: string,
  body: Record<string, unknown>,
  options: ExplainOptions,
  writer: Writer,
): Promise<number> {
  const loaded = await loadConfig(path);
  if (!loaded.ok) {
    writeProblems(loaded.problems, writer);
    return loaded.isRead ? 1 : USAGE_ERROR;
  }
  const plan = compile(loaded.config, new Slots(), () => unresolvedAddress, 1, loaded.materials);
  const question = readQuestion(body, plan);
  if (!question.ok) {
    writer.err(`sluice: ${question.message}`);
    return USAGE_ERROR;
  }
  const explanation = explanationOf(question.value, await circumstancesOf(plan, loaded));
  const assumptions = [...explanation.assumptions, ...freshStart(plan)];
  write({ ...explanation, assumptions }, options, writer);
  return 0;
}

/** Names are not looked up: that they have an address is all that matters here. */
const unresolvedAddress = "0.0.0.0";

function freshStart({ tables }: Plan): string[] {
  return [
    "servers are up and idle, names have addresses",
    ...(tables.length === 0 ? [] : ["tables are empty"]),
    "nobody is banned",
  ];
}

async function circumstancesOf(plan: Plan, loaded: Loaded & { readonly ok: true }): Promise<Circumstances> {
  const files = new Map<string, ListFile>();
  for (const [name, source] of Object.entries(loaded.lists)) {
    const { draft } = await gatherList(source);
    files.set(name, new ListFile(runSteps(draft.finish())));
  }
  return {
    plan,
    arena: freshArena(plan),
    workers: 1,
    tables: (table) => StickTable.inMemory({ ...table, entriesMax: Math.min(table.entriesMax, 1024) }),
    lists: (list) => new ListHolder(list, files.get(list.name) ?? emptyList),
    caches: (cache) => new NoCache(cache),
    bans: new BanHolder(),
    nowMs: performance.now(),
    sharedMs: performance.now() | 0,
    wallMs: Date.now(),
    random: Math.random,
  };
}

function freshArena({ pools }: Plan): Arena {
  const arena = Arena.inMemory();
  const board = new Board(arena);
  for (const { slot } of pools.flatMap(({ servers }) => servers))
    board.write(slot, {
      health: health.up,
      admin: admin.ready,
      isEjected: false,
      rampPermille: 1000,
      isEligible: true,
    });
  board.publish();
  return arena;
}
