// How one shared table and the ledger in Redis tell each other what is new: every interval a batch, one under way at a time, and the next
// at once where there is more to say. What to say and what becomes of an answer is known by fleet/exchange.ts; a batch without an
// answer is brought again as it was. Nobody waits for any of it.

import { Exchange } from "../../fleet/exchange.ts";
import type { SharedTable } from "../../memory/sharedtable.ts";
import { tableKeyOf } from "./keys.ts";
import { ledgerScript } from "./ledgerscript.ts";
import { answerOf, wordsOf } from "./ledgerwords.ts";
import type { FleetLink } from "./link.ts";
import { Script } from "./script.ts";

export interface TalkOptions {
  readonly fleet: string;
  readonly node: string;
  readonly intervalMs: number;
  readonly link: FleetLink;
  /** Of a talk about this table that is closed. */
  readonly former: Exchange | null;
  /** The clock that processes share. */
  readonly sharedMs: () => number;
  /** Two nodes have one name. */
  readonly superseded: () => void;
  /** Redis is there and does not answer as it should; null: it does. */
  readonly failed: (why: string | null) => void;
}

export interface TalkFigures {
  readonly table: string;
  /** Since the last good exchange; null: there was none yet. */
  readonly ageMs: number | null;
  readonly isStale: boolean;
  readonly exchanges: number;
  readonly failures: number;
  /** Entries that were told, and heard of. */
  readonly keysSent: number;
  readonly keysReceived: number;
  /** Why the last exchange had no answer; null: it had one. */
  readonly problem: string | null;
}

const script = new Script(ledgerScript);
/** Entries in one batch, and marks in its answer: Redis does nothing else for as long as one takes, about 15 us for each entry. */
const changesMax = 500;
const marksMax = 500;
/** Batches one after the other before the next interval: what is left then waits, so that Redis has time for others. */
const roundsMax = 16;

export class TableTalk {
  readonly table: SharedTable;
  readonly exchange: Exchange;
  readonly #options: TalkOptions;
  readonly #timer: Timer;
  /** Ends with what is under way. */
  #turn: Promise<void> | null = null;
  #isClosed = false;
  #exchanges = 0;
  #failures = 0;
  #keysSent = 0;
  #keysReceived = 0;
  #problem: string | null = null;

  constructor(table: SharedTable, options: TalkOptions) {
    this.table = table;
    this.#options = options;
    const { node, intervalMs, former } = options;
    this.exchange = new Exchange(table, { node, intervalMs, random: Math.random, changesMax, marksMax, former });
    this.#timer = setInterval(() => {
      this.exchange.hold(options.sharedMs());
      void this.speak();
    }, intervalMs);
  }

  /** What the ledger has of this table stands under its name and this. */
  get shape(): string {
    return this.exchange.shape;
  }

  /** One turn now. */
  async speak(): Promise<void> {
    if (this.#turn !== null || this.#isClosed || !this.#options.link.isUp) return;
    await this.#inTurn(async () => {
      for (let round = 0; round < roundsMax && (await this.#round()); round++);
    }).catch(() => {});
  }

  /** Does something while nothing is under way that it would change: every batch so far has been answered. Rejects where none can be. */
  async quietly(work: () => Promise<void>): Promise<void> {
    while (this.#turn !== null) await this.#turn;
    if (this.#isClosed) return;
    await this.#inTurn(async () => {
      while (this.exchange.isPending) await this.#round();
      if (!this.#isClosed) await work();
    });
  }

  /** The ledger forgot what it had of these keys, then by its clock. */
  forget(keys: readonly string[], ledgerMs: number): void {
    for (const key of keys) this.exchange.forget(key, ledgerMs, this.#options.sharedMs());
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      await work();
      this.#noted(null);
    } catch (error) {
      this.#failures++;
      this.#noted((error as Error).message);
      throw error;
    } finally {
      this.#turn = null;
      resolve();
    }
  }

  #noted(why: string | null): void {
    this.#problem = why;
    // A connection that ends is the link's to tell.
    if (this.#options.link.isUp) this.#options.failed(why);
  }

  /** Whether there is more. */
  async #round(): Promise<boolean> {
    const { fleet, link, sharedMs, superseded } = this.#options;
    const batch = this.exchange.next(sharedMs());
    const reply = await link.run(script, [tableKeyOf(fleet, batch.table, batch.shape)], wordsOf(batch));
    // The table's files may be gone by now.
    if (this.#isClosed) return false;
    const answer = answerOf(reply, batch);
    if (answer === null) throw new Error("it answers something else than was asked");
    const hasMore = this.exchange.hear(answer, sharedMs());
    this.#exchanges++;
    if (answer.kind === "superseded") superseded();
    if (answer.kind === "told") {
      this.#keysSent += batch.changes.length;
      this.#keysReceived += answer.totals.length + answer.marks.length;
    }
    return hasMore && !this.#isClosed;
  }

  /** All that is left to tell: nobody counts any more. */
  async last(): Promise<void> {
    this.exchange.lookAtAll();
    await this.quietly(async () => {
      while (await this.#round());
    }).catch(() => {});
  }

  /** A worker has died, and what it held was let go of. */
  lookAtAll(): void {
    this.exchange.lookAtAll();
  }

  wish(key: string): void {
    this.exchange.wish(key);
  }

  figures(): TalkFigures {
    const nowMs = this.#options.sharedMs();
    return {
      table: this.table.plan.name,
      ageMs: this.table.ageMs(nowMs),
      isStale: this.table.isStale(nowMs),
      exchanges: this.#exchanges,
      failures: this.#failures,
      keysSent: this.#keysSent,
      keysReceived: this.#keysReceived,
      problem: this.#problem,
    };
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }
}
