// What an explanation looks at in a running Sluice: the tables, lists and bans that workers map, and the arena. It only looks;
// explain.ts plays the request on copies and rehearsals.

import { type Reading, read } from "../base/reading.ts";
import type { CachePlan, Plan } from "../config/plan.ts";
import type { Circumstances } from "../flow/explain.ts";
import { type Asked, readQuestion } from "../flow/question.ts";
import type { Arena } from "../memory/arena.ts";
import { BanHolder, noBans } from "../memory/bans.ts";
import type { Cache } from "../memory/cache.ts";
import type { SharedEgressBoard } from "../memory/egressboard.ts";
import { emptyList, ListHolder } from "../memory/list.ts";
import { ListFile } from "../memory/listfile.ts";
import { NoCache } from "../memory/nocache.ts";
import type { AnyTable } from "../memory/sharedtable.ts";
import { StickTable } from "../memory/sticktable.ts";

export interface ExplainingOptions {
  readonly arena: Arena;
  readonly workers: number;
  /** Null for a table that is not there (any more). */
  readonly tableOf: (name: string) => AnyTable | null;
  /** Null for a cache that is not there, or that each worker has for itself. */
  readonly cacheOf: (name: string) => Cache | null;
  /** Null for an egress pool that is not there (any more). */
  readonly boardOf?: (name: string) => SharedEgressBoard | null;
  /** Paths of the files that workers have been told of. */
  readonly lists: () => Readonly<Record<string, string>>;
  readonly bans: () => string | null;
  /** The clock that processes share. */
  readonly sharedMs: () => number;
}

/** The way of a request through the plan, as it would be served now. */
export interface Way {
  /** The pool that it comes to; null where it comes to none. */
  readonly pool: string | null;
  /** What becomes of it, in a sentence. */
  readonly text: string;
  /** Why the pool's cache is not asked for it, in sentences; null where it is. */
  readonly bypass: string | null;
  /** What had to be assumed, in a sentence: that it comes to this listener, though none is at that port. */
  readonly assumption: string | null;
}

export class Explaining {
  readonly #options: ExplainingOptions;
  #mapped: ReadonlyMap<string, ListFile> = new Map();

  constructor(options: ExplainingOptions) {
    this.#options = options;
  }

  circumstances(plan: Plan): Circumstances {
    const { arena, workers, tableOf, cacheOf, boardOf, sharedMs } = this.#options;
    const lists = this.#options.lists();
    const bansPath = this.#options.bans();
    this.#map([...Object.values(lists), ...(bansPath === null ? [] : [bansPath])]);
    const fileOf = (path: string | null | undefined): ListFile | null => this.#mapped.get(path ?? "") ?? null;
    const bans = new BanHolder();
    bans.list = fileOf(bansPath) ?? noBans;
    return {
      plan,
      arena,
      workers,
      tables: (table) => tableOf(table.name) ?? StickTable.inMemory(table),
      lists: (list) => {
        const file = fileOf(lists[list.name]);
        return new ListHolder(list, file !== null && file.kind === list.kind ? file : emptyList);
      },
      caches: (cache) => cacheOf(cache.name) ?? new NoCache(cache),
      egresses: ({ name }) => boardOf?.(name) ?? null,
      bans,
      nowMs: performance.now(),
      sharedMs: sharedMs(),
      wallMs: Date.now(),
      random: Math.random,
    };
  }

  /** Where a request comes to, whatever a cache has stored for it; why that cannot be told, where it cannot. */
  async wayOf(asked: Asked, plan: Plan): Promise<Reading<Way>> {
    const question = readQuestion({ ...asked }, plan);
    if (!question.ok) return question;
    const { explain } = await import("../flow/explain.ts");
    const circumstances = { ...this.circumstances(plan), caches: (cache: CachePlan) => new NoCache(cache) };
    const { pool, outcome, cache } = explain(question.value, circumstances);
    return read({
      pool,
      text: outcome.text,
      bypass: cache?.result === "bypass" ? cache.text : null,
      assumption: question.value.assumptions[0] ?? null,
    });
  }

  /** Files that were mapped before stay so for as long as they are in use. */
  #map(paths: readonly string[]): void {
    const former = this.#mapped;
    this.#mapped = new Map(paths.map((path) => [path, former.get(path) ?? new ListFile(Bun.mmap(path))]));
  }
}
