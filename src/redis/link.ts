// One Redis or Valkey as caches ask it: by the runtime's own client, over a few connections (docs/adr/0016): what commands there are for us, each with its time, and none
// while it is away. What an operator is to know is said once when it goes, and once when it is back. Nothing that comes from there
// is believed to be ours: values are measured before they are fetched, and one of another kind is none.

import { RedisClient } from "bun";
import { type RedisPlace, readRedisPlace } from "../base/redisplace.ts";
import { value } from "../config/measure.ts";
import type { RemoteNews } from "../config/message.ts";
import type { RedisPlan } from "../config/plan.ts";
import { Breaker, failuresMax } from "./breaker.ts";
import { Connection, refusalOf } from "./connection.ts";
import { ReplyError } from "./resp.ts";

/** Questions under way at once; further ones are answered by nothing. */
export const questionsMax = 1024;
/** Bytes on their way there; what is to be stored beyond them is not. */
export const writingBytesMax: number = 32 * 1024 * 1024;
/** Of one value. Larger ones take longer than anybody waits (34 ms at 1 Gbit/s), and all others behind them wait as well. */
export const valueBytesMax: number = 4 * 1024 * 1024;
/** A connection is given so long before another takes its place. */
const renewMs = 1_000;
/** So often at most a connection is given up because only a replica answers at its other end. */
const leaveMs = 5_000;
/** More digits than a count can have. */
const countBytesMax = 20;

export interface LinkOptions {
  readonly nowMs: () => number;
  /** For the operator. */
  readonly tell: (news: RemoteNews) => void;
}

/** What stands under two keys at one moment. */
export interface Counted {
  /** 0 where there is none. */
  readonly count: number;
  /** Null where there is none, and where it is too long. */
  readonly value: Uint8Array | null;
}

/** How it stands with it, as far as has been found. */
export interface LinkState {
  /** Without user, password and database. */
  readonly address: string;
  /** Null while it answers. */
  readonly away: { readonly forMs: number; readonly reason: string } | null;
  /** Why it takes nothing, though it answers; null where it does. */
  readonly refusal: string | null;
}

export class RedisLink {
  readonly plan: RedisPlan;
  readonly #options: LinkOptions;
  readonly #place: RedisPlace;
  readonly #breaker = new Breaker();
  readonly #clients: RedisClient[];
  /** When each took its place. */
  readonly #renewedMs: number[];
  #turn = 0;
  #questions = 0;
  #writingBytes = 0;
  /** It is there, and does not do these commands that change something: why not. */
  readonly #refusals = new Map<string, string>();
  /** Since when, and why, where it is. */
  #awayMs = 0;
  #reason = "";
  #isClosed = false;
  #isDiagnosing = false;

  constructor(plan: RedisPlan, options: LinkOptions) {
    this.plan = plan;
    this.#options = options;
    this.#place = value(readRedisPlace(plan.url));
    this.#clients = Array.from({ length: plan.connectionsMax }, () => this.#connect());
    this.#renewedMs = this.#clients.map(() => options.nowMs());
  }

  get state(): LinkState {
    const { nowMs } = this.#options;
    const away = this.#breaker.isOpen ? { forMs: nowMs() - this.#awayMs, reason: this.#reason } : null;
    const refusal = away === null ? (this.#refusals.values().next().value ?? null) : null;
    return { address: this.#place.shown, away, refusal };
  }

  /** Whether it answers as it does to questions of ours, so that `state` is of now. Nothing is asked while it is left alone. */
  async probe(): Promise<void> {
    if (!this.#breaker.allows(this.#options.nowMs())) return;
    await this.#timed((client) => client.send("GETRANGE", [`${this.plan.prefix}probe`, "0", "0"]).catch(noValue));
  }

  /** Somebody else has found it away, or back: as often as it takes to know that too. */
  hasten(): void {
    this.#breaker.hasten();
    for (let count = 0; count < (this.#breaker.isOpen ? 1 : failuresMax); count++) void this.probe();
  }

  /**
   * While it is away: why, by a connection of our own, for the client says of each that it has none. It may be another reason than at first.
   * Where one that answers is found it is asked again at once.
   */
  async diagnose(): Promise<void> {
    if (this.#isDiagnosing || !this.#breaker.isOpen) return;
    this.#isDiagnosing = true;
    const options = { timeoutMs: Math.max(this.plan.timeoutMs, renewMs), pushed: ignored, ended: ignored };
    const found = await Connection.open(this.#place, options).catch((error: Error) => error.message);
    this.#isDiagnosing = false;
    if (typeof found !== "string") {
      found.close();
      this.#breaker.hasten();
    } else if (this.#breaker.isOpen && !this.#isClosed) this.#because(found);
  }

  /** A count, and a value. Null: it is away, too slow, or asked too much. Never rejects. */
  async read(countKey: string, key: string): Promise<Counted | null> {
    if (this.#questions >= questionsMax || !this.#breaker.allows(this.#options.nowMs())) return null;
    this.#questions++;
    const answer = await this.#timed((client) => readCounted(client, countKey, key));
    this.#questions--;
    return answer;
  }

  /** Whether there is a point in writing so many bytes. */
  takes(bytes: number): boolean {
    return bytes <= valueBytesMax && this.#writingBytes + bytes <= writingBytesMax && !this.#breaker.isOpen;
  }

  /** Set a key for so long. Never rejects; what does not arrive is not there. */
  async write(key: string, value: Uint8Array, keepMs: number): Promise<void> {
    if (!this.takes(value.length)) return;
    this.#writingBytes += value.length;
    // The client takes bytes where its type knows texts only.
    await this.#change("SET", [key, value as unknown as string, "PX", String(Math.ceil(keepMs))]);
    this.#writingBytes -= value.length;
  }

  /** False: it is away, or refuses. */
  async remove(keys: readonly string[]): Promise<boolean> {
    if (!this.#breaker.allows(this.#options.nowMs())) return false;
    return (await this.#change("DEL", keys)) !== null;
  }

  /** Adds so much to a count, and answers its new value; null when it is away, or refuses. */
  async increment(key: string, by: number): Promise<number | null> {
    if (!this.#breaker.allows(this.#options.nowMs())) return null;
    const count = Number(await this.#change("INCRBY", [key, String(by)]));
    return Number.isSafeInteger(count) && count > 0 ? count : null;
  }

  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients) client.close();
  }

  get #connectMs(): number {
    return Math.max(this.plan.timeoutMs, renewMs);
  }

  #connect(): RedisClient {
    const client = new RedisClient(this.plan.url, {
      connectionTimeout: this.#connectMs,
      autoReconnect: true,
      maxRetries: 0xffff_ffff,
      // What waits for a connection would come too late.
      enableOfflineQueue: false,
    });
    client.connect().catch(() => {});
    return client;
  }

  /** The next one that is connected; where none is, the next. */
  #next(): number {
    const { length } = this.#clients;
    for (let tries = 0; tries < length; tries++) {
      this.#turn = (this.#turn + 1) % length;
      if (this.#clients[this.#turn]!.connected) return this.#turn;
    }
    return (this.#turn = (this.#turn + 1) % length);
  }

  /** A command that changes something. Null when it fails, and where it is refused. */
  async #change(command: string, words: readonly string[]): Promise<unknown> {
    const done = await this.#timed((client) => client.send(command, [...words]).then(answered, replied));
    if (done === null) return null;
    this.#tellRefusal(command, done.refusal);
    return done.refusal === "" ? done.answer : null;
  }

  /** Null when it fails, or takes longer than the plan says. */
  async #timed<T>(ask: (client: RedisClient) => Promise<T>): Promise<T | null> {
    const turn = this.#next();
    const client = this.#clients[turn]!;
    const isTrial = this.#breaker.isOpen;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${this.plan.timeoutMs} ms`)), this.plan.timeoutMs);
    });
    try {
      const answer = await Promise.race([ask(client), late]);
      this.#succeeded(isTrial);
      return answer;
    } catch (error) {
      this.#failed(error as Error, isTrial);
      this.#renew(turn, client);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * The client connects again by itself, but not when its first connection got no answer; and a connection that was cut in silence is
   * not told of for a quarter of an hour. So another takes its place, and what it holds goes with it.
   */
  #renew(turn: number, client: RedisClient): void {
    const nowMs = this.#options.nowMs();
    if (this.#isClosed || (client.connected && !this.#breaker.isOpen)) return;
    if (this.#clients[turn] !== client || nowMs < this.#renewedMs[turn]! + renewMs) return;
    this.#renewedMs[turn] = nowMs;
    this.#clients[turn] = this.#connect();
    client.close();
  }

  /** A master that has become a replica keeps its connections, and its address may be another's by now. They are read from meanwhile. */
  #leave(): void {
    const nowMs = this.#options.nowMs();
    for (const [turn, client] of this.#clients.entries()) {
      if (this.#isClosed || nowMs < this.#renewedMs[turn]! + leaveMs) continue;
      this.#renewedMs[turn] = nowMs;
      this.#replace(turn, client);
    }
  }

  /** By another, as soon as that is connected; where it cannot be, not at all. */
  #replace(turn: number, client: RedisClient): void {
    const next = this.#connect();
    let isOver = false;
    const take = (): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (this.#isClosed || !next.connected || this.#clients[turn] !== client) return next.close();
      this.#clients[turn] = next;
      // What it has been asked is answered by then.
      setTimeout(() => client.close(), this.plan.timeoutMs).unref();
    };
    // One that connects again by itself may never say that it has failed.
    const timer = setTimeout(take, this.#connectMs);
    timer.unref();
    next.connect().then(take, take);
  }

  #succeeded(isTrial: boolean): void {
    const wasAway = this.#breaker.isOpen;
    this.#breaker.succeeded(isTrial);
    if (!wasAway || !isTrial) return;
    this.#reason = "";
    this.#tell("back", "");
  }

  #failed(error: Error, isTrial: boolean): void {
    const nowMs = this.#options.nowMs();
    if (!this.#breaker.failed(nowMs, isTrial)) return;
    this.#awayMs = nowMs;
    this.#because(reasonOf(error));
  }

  #because(reason: string): void {
    if (reason === this.#reason) return;
    this.#reason = reason;
    this.#tell("away", reason);
  }

  /** `refusal`: what it says to this command; "" where it has done it. Told once until it does all that is asked. */
  #tellRefusal(command: string, refusal: string): void {
    const wasRefusing = this.#refusals.size > 0;
    if (refusal === "") this.#refusals.delete(command);
    else this.#refusals.set(command, refusalOf(new ReplyError(refusal)));
    const isRefusing = this.#refusals.size > 0;
    if (isRefusing !== wasRefusing) this.#tell(isRefusing ? "refusing" : "taking", this.state.refusal ?? "");
    if (refusal.startsWith("READONLY")) this.#leave();
  }

  #tell(news: RemoteNews["news"], detail: string): void {
    this.#options.tell({ address: this.#place.shown, news, detail });
  }
}

/** The client says of a connection that it has none, and nothing else; what is said here is where to look first. */
export function reasonOf({ message }: Error): string {
  if (message.includes("offline queue")) return "there is no connection to it";
  if (message === "Connection has failed") return "it ends connections: are user, password and database right?";
  return message;
}

/** The length comes before the value: whatever else may stand there is not fetched. */
async function readCounted(client: RedisClient, countKey: string, key: string): Promise<Counted> {
  const [digits, length] = await Promise.all([
    client.send("GETRANGE", [countKey, "0", String(countBytesMax)]).catch(noValue),
    client.send("STRLEN", [key]).catch(noValue),
  ]);
  const count = Number(digits ?? 0);
  const isFetched = typeof length === "number" && length > 0 && length <= valueBytesMax;
  const value = isFetched ? await client.getBuffer(key).catch(noValue) : null;
  return { count: Number.isSafeInteger(count) ? count : 0, value };
}

function ignored(): void {}

interface Done {
  readonly answer: unknown;
  /** "": none. */
  readonly refusal: string;
}

function answered(answer: unknown): Done {
  return { answer, refusal: "" };
}

/** What it says itself about a command; throws when it has said nothing. */
function replied(error: Error & { readonly code?: string }): Done {
  if (error.code !== "ERR_REDIS_SERVER_ERROR") throw error;
  return { answer: null, refusal: error.message };
}

/** Something else stands under the key. */
function noValue(error: Error): null {
  if (!replied(error).refusal.startsWith("WRONGTYPE")) throw error;
  return null;
}
