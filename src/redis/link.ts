// One Redis or Valkey, asked by Bun's own client over a few connections: what commands there are for us, each with its time, and none
// while it is away. What an operator is to know is said once when it goes, and once when it is back.

import { RedisClient } from "bun";
import type { RedisPlan } from "../config/plan.ts";
import { Breaker } from "./breaker.ts";

/** Questions under way at once; further ones are answered by nothing. */
export const questionsMax = 1024;
/** Bytes on their way there; what is to be stored beyond them is not. */
export const writingBytesMax: number = 32 * 1024 * 1024;

export interface LinkOptions {
  readonly nowMs: () => number;
  /** Read by the operator. */
  readonly warn: (message: string) => void;
}

export class RedisLink {
  readonly plan: RedisPlan;
  readonly #options: LinkOptions;
  readonly #breaker = new Breaker();
  readonly #clients: RedisClient[];
  #turn = 0;
  #questions = 0;
  #writingBytes = 0;

  constructor(plan: RedisPlan, options: LinkOptions) {
    this.plan = plan;
    this.#options = options;
    this.#clients = Array.from(
      { length: plan.connectionsMax },
      () =>
        new RedisClient(plan.url, {
          connectionTimeout: Math.max(plan.timeoutMs, 1000),
          autoReconnect: true,
          maxRetries: 0xffff_ffff,
          // What waits for a connection would come too late.
          enableOfflineQueue: false,
        }),
    );
    for (const client of this.#clients) client.connect().catch(() => {});
  }

  /** Values of keys, asked for together. Null: it is away, too slow, or asked too much. Never rejects. */
  async read(keys: readonly string[]): Promise<(Uint8Array | null)[] | null> {
    if (this.#questions >= questionsMax || !this.#breaker.allows(this.#options.nowMs())) return null;
    this.#questions++;
    const client = this.#next();
    const answer = await this.#timed(Promise.all(keys.map((key) => client.getBuffer(key))));
    this.#questions--;
    return answer;
  }

  /** Set a key for so long. Never rejects; what does not arrive is not there. */
  async write(key: string, value: Uint8Array, keepMs: number): Promise<void> {
    if (this.#writingBytes + value.length > writingBytesMax || !this.#breaker.allows(this.#options.nowMs())) return;
    this.#writingBytes += value.length;
    // The client takes bytes where its type knows texts only.
    const bytes = value as unknown as string;
    await this.#timed(this.#next().send("SET", [key, bytes, "PX", String(Math.ceil(keepMs))]));
    this.#writingBytes -= value.length;
  }

  /** False: it is away. */
  async remove(key: string): Promise<boolean> {
    if (!this.#breaker.allows(this.#options.nowMs())) return false;
    return (await this.#timed(this.#next().del(key))) !== null;
  }

  /** Answers the new value; null when it is away. */
  async increment(key: string): Promise<number | null> {
    if (!this.#breaker.allows(this.#options.nowMs())) return null;
    return this.#timed(this.#next().incr(key));
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #next(): RedisClient {
    this.#turn = (this.#turn + 1) % this.#clients.length;
    return this.#clients[this.#turn]!;
  }

  /** Null when it fails, or takes longer than the plan says. */
  async #timed<T>(asked: Promise<T>): Promise<T | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${this.plan.timeoutMs} ms`)), this.plan.timeoutMs);
    });
    try {
      const answer = await Promise.race([asked, late]);
      this.#succeeded();
      return answer;
    } catch (error) {
      this.#failed(error as Error);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  #succeeded(): void {
    if (this.#breaker.isOpen) this.#options.warn(`Redis ${placeOf(this.plan.url)} is back: caches ask it again`);
    this.#breaker.succeeded();
  }

  #failed(error: Error): void {
    if (!this.#breaker.failed(this.#options.nowMs())) return;
    this.#options.warn(`Redis ${placeOf(this.plan.url)} is away: caches go on without it (${error.message})`);
  }
}

/** Where it is, without what a password is. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return "at an address that cannot be read";
  const { host, pathname } = new URL(url);
  return host === "" ? pathname : host;
}
