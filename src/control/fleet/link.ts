// The way to the fleet's Redis: one connection, opened anew with growing pauses for as long as it is wanted. While there is none nothing
// is asked and nobody waits: a question fails at once. A connection that hangs ends by the time of its first question, and at
// least one is asked every moment (beating.ts). It tells when it is up and when it is lost, once each, and when something is said on its
// channel, and knows nothing of what is asked.

import type { RedisPlace } from "../../base/redisplace.ts";
import { Connection, refusalOf } from "../../redis/connection.ts";
import { type Reply, ReplyError } from "../../redis/resp.ts";
import type { Script } from "./script.ts";

export interface LinkOptions {
  readonly place: RedisPlace;
  /** Of each answer. */
  readonly timeoutMs: number;
  readonly opened: () => void;
  /** Where something is said unasked, and what to do then. Where Redis, or its user's rights, do not allow for it, nothing is ever heard. */
  readonly channel: string;
  readonly pushed: () => void;
  /** With why. The first of each outage, an attempt to connect at the start among them, and again where the reason is another by now. */
  readonly lost: (why: string, isFirst: boolean) => void;
}

const pauseMinMs = 50;
const pauseMaxMs = 1000;

export class FleetLink {
  readonly #options: LinkOptions;
  #connection: Connection | null = null;
  #retry: Timer | null = null;
  #renewing: Timer | null = null;
  #pauseMs: number = pauseMinMs;
  /** Why it is away, as it was told; null while it is up. */
  #told: string | null = null;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    void this.#open();
  }

  get isUp(): boolean {
    return this.#connection !== null;
  }

  /** Rejects with an Error in words for an operator. */
  async run(script: Script, keys: readonly string[], words: readonly (string | number)[]): Promise<Reply> {
    const connection = this.#connection;
    if (connection === null) throw new Error("there is no connection to it");
    try {
      return await script.run(connection, keys, words);
    } catch (error) {
      if (error instanceof ReplyError && error.code === "READONLY") this.#renew(connection);
      throw error instanceof ReplyError ? new Error(refusalOf(error)) : error;
    }
  }

  close(): void {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#renewing !== null) clearTimeout(this.#renewing);
    this.#connection?.close();
    this.#connection = null;
  }

  async #open(): Promise<void> {
    const { opened } = this.#options;
    try {
      const connection = await this.#connect((why) => this.#lost(why.message));
      if (this.#isClosed) return connection.close();
      if (connection.isEnded) return;
      this.#connection = connection;
    } catch (error) {
      return this.#lost((error as Error).message);
    }
    this.#pauseMs = pauseMinMs;
    this.#told = null;
    opened();
  }

  /** Who was the master is a replica now. By now there may be another behind the same name: questions go there, and nobody is told. */
  #renew(former: Connection): void {
    this.#renewing ??= setTimeout(() => {
      this.#renewing = null;
      void this.#replace(former);
    }, pauseMaxMs);
  }

  async #replace(former: Connection): Promise<void> {
    let connection: Connection | null = null;
    const ended = (why: Error): void => {
      if (connection !== null && this.#connection === connection) this.#lost(why.message);
    };
    connection = await this.#connect(ended).catch(() => null);
    if (connection === null) return;
    if (connection.isEnded || this.#connection !== former || this.#isClosed) return connection.close();
    this.#connection = connection;
    former.close();
  }

  async #connect(ended: (why: Error) => void): Promise<Connection> {
    const { place, timeoutMs, channel, pushed } = this.#options;
    const connection = await Connection.open(place, {
      timeoutMs,
      pushed: ([kind]) => {
        if (kind === "message") pushed();
      },
      ended,
    });
    if (!connection.hasPushes) return connection;
    await connection.subscribe(channel).catch((error: unknown) => {
      if (!(error instanceof ReplyError)) throw error;
    });
    return connection;
  }

  #lost(why: string): void {
    this.#connection = null;
    if (this.#isClosed || this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      void this.#open();
    }, this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, pauseMaxMs);
    const isFirst = this.#told === null;
    if (why === this.#told) return;
    this.#told = why;
    this.#options.lost(why, isFirst);
  }
}
