// What a site remembers by where there is no control process: tables in memory of their own, which stay over reloads as the
// files do, and so do the boards of egress pools; lists and bans that a test fills by hand.

import type { CachePlan, EgressPlan, TablePlan } from "../../src/config/plan.ts";
import type { SiteParts } from "../../src/flow/site.ts";
import { BanHolder, type BanList } from "../../src/memory/bans.ts";
import type { Cache } from "../../src/memory/cache.ts";
import { TrialPages } from "../../src/memory/cachestore/sample.fixture.ts";
import { CacheStore } from "../../src/memory/cachestore.ts";
import { egressShape } from "../../src/memory/egressboard/shape.ts";
import { SharedEgressBoard } from "../../src/memory/egressboard.ts";
import { emptyList, ListHolder } from "../../src/memory/list.ts";
import type { RemoteCache } from "../../src/memory/remotecache.ts";
import { copyTable } from "../../src/memory/sticktable/rows.ts";
import { StickTable } from "../../src/memory/sticktable.ts";
import { readAddress } from "../../src/wire/ipaddress.ts";

export class Memory {
  readonly #tables = new Map<string, StickTable>();
  readonly #caches = new Map<string, Cache>();
  readonly #lists = new Map<string, ListHolder>();
  readonly #boards = new Map<string, SharedEgressBoard>();
  readonly bans: BanHolder = new BanHolder();
  readonly #makeCache: (plan: CachePlan) => Cache;
  readonly #remote: RemoteCache | null;

  /** `makeCache`: where a cache is not this one's alone; `remote`: the second level of all. */
  constructor(
    makeCache: (plan: CachePlan) => Cache = (plan) =>
      CacheStore.inMemory(plan, plan.name, (bytes) => new TrialPages(bytes)),
    remote: RemoteCache | null = null,
  ) {
    this.#makeCache = makeCache;
    this.#remote = remote;
  }

  /** For a site. */
  get parts(): Pick<SiteParts, "tables" | "lists" | "caches" | "remotes" | "egresses" | "bans" | "instance"> {
    return {
      tables: (plan) => this.tableOf(plan),
      lists: (plan) => {
        const holder = this.#lists.get(plan.name) ?? new ListHolder(plan, emptyList);
        this.#lists.set(plan.name, holder);
        return holder;
      },
      caches: (plan) => this.cacheOf(plan),
      remotes: () => this.#remote,
      egresses: (plan) => this.boardOf(plan),
      bans: this.bans,
      instance: "0a1b2c3d",
    };
  }

  tableOf(plan: TablePlan): StickTable {
    const table = this.#tables.get(plan.name) ?? StickTable.inMemory(plan);
    this.#tables.set(plan.name, table);
    return table;
  }

  /**
   * Another table of that name with so many entries, into which is copied what was counted, as control makes one of another shape. Answers what
   * a worker does when the next plan is in force there.
   */
  reshape(name: string, entriesMax: number, nowMs: number): () => void {
    const former = this.table(name);
    const table = StickTable.inMemory({ ...former.plan, entriesMax });
    copyTable(former, table, nowMs);
    this.#tables.set(name, table);
    return () => former.passOn(table, table, nowMs);
  }

  cacheOf(plan: CachePlan): Cache {
    const cache = this.#caches.get(plan.name) ?? this.#makeCache(plan);
    this.#caches.set(plan.name, cache);
    return cache;
  }

  /** With the members of the plan, as control sees to it. */
  boardOf(plan: EgressPlan): SharedEgressBoard {
    const board = this.#boards.get(plan.name) ?? SharedEgressBoard.inMemory(egressShape(plan), plan.name);
    this.#boards.set(plan.name, board);
    board.adopt(
      plan.members.map(({ id }) => id),
      0,
    );
    return board;
  }

  board(name: string): SharedEgressBoard {
    const board = this.#boards.get(name);
    if (board === undefined) throw new Error(`no plan has had an egress pool ${name}`);
    return board;
  }

  table(name: string): StickTable {
    const table = this.#tables.get(name);
    if (table === undefined) throw new Error(`no plan has had a table ${name}`);
    return table;
  }

  /** Seconds since 1970; 0 is for ever. */
  ban(address: string, endS = 0): void {
    const banned = octetsOf(address);
    const list: BanList = {
      findAddress: (octets, at) => (banned.every((octet, index) => octet === octets[at + index]) ? 0 : -1),
      endOf: () => endS,
      size: 1,
    };
    this.bans.list = list;
  }
}

/** 16 octets, IPv4 as IPv4-mapped. */
export function octetsOf(address: string): Uint8Array {
  const octets = new Uint8Array(16);
  if (!readAddress(address, octets)) throw new Error(`${address} is no address`);
  return octets;
}
