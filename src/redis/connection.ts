// One connection to a Redis, of our own: opened, introduced, asked, and at its end never used again. It does not connect anew; who holds it
// does (registry/redis.ts, control/fleet/link.ts), and sets up again what Redis forgot. Whatever is asked has its time, and one answer that is late
// ends the connection, for all others wait behind it. What Redis says unasked (RESP3) is told on: that is what the runtime's client, which caches
// use (link.ts), does not do; see docs/adr/0020. Errors are in words for an operator, without anything secret.

import { connect, isIP, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import type { RedisPlace } from "../base/redisplace.ts";
import { wordsOf } from "../base/systemerror.ts";
import { commandBytes, type Heard, type Reply, ReplyError, RespReader } from "./resp.ts";

export interface ConnectionOptions {
  readonly timeoutMs: number;
  readonly pushed: (message: readonly Reply[]) => void;
  /** Once, with why; not after `close`. */
  readonly ended: (why: RedisError) => void;
}

/** It cannot be asked, or not any more: why, in words for an operator. */
export class RedisError extends Error {
  override readonly name: string = "RedisError";
}

interface Question {
  /** Answered by a push of this kind, where it is no error. */
  readonly push: string | null;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #reader = new RespReader();
  readonly #questions: Question[] = [];
  #deadline: Timer | null = null;
  #end: RedisError | null = null;
  /** It speaks RESP3, and so can tell unasked. */
  hasPushes = false;

  private constructor(place: RedisPlace, options: ConnectionOptions) {
    this.#options = options;
    const { host, port, path } = place;
    if (path !== null) this.#socket = connect({ path });
    else if (place.isSecure)
      this.#socket = connectSecurely({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}) });
    else this.#socket = connect({ host, port });
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk: Uint8Array) => this.#received(chunk));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#finish(reasonOf(error)));
    this.#socket.on("close", () => this.#finish("it closes the connection"));
  }

  /** Rejects with a RedisError. */
  static async open(place: RedisPlace, options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(place, options);
    try {
      await connection.#introduce(place);
      return connection;
    } catch (error) {
      connection.close();
      if (!(error instanceof ReplyError)) throw error;
      // Some say again what was said to them.
      const { password } = place;
      const { message } = error;
      throw new RedisError(
        refusalOf(password === "" ? error : new ReplyError(message.replaceAll(password, "(password)"))),
      );
    }
  }

  get isEnded(): boolean {
    return this.#end !== null;
  }

  /** Rejects with a ReplyError when Redis says no, else with a RedisError. */
  ask(...words: readonly (string | number)[]): Promise<Reply> {
    return this.#ask(words, null);
  }

  /** Rejects as `ask`. */
  async subscribe(channel: string): Promise<void> {
    await this.#ask(["SUBSCRIBE", channel], "subscribe");
  }

  close(): void {
    this.#end ??= new RedisError("the connection is closed");
    this.#abandon(this.#end);
  }

  #ask(words: readonly (string | number)[], push: string | null): Promise<Reply> {
    if (this.#end !== null) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#questions.push({ push, resolve, reject });
      this.#socket.write(commandBytes(words));
      if (this.#questions.length === 1) this.#wait();
    });
  }

  async #introduce({ user, password, database }: RedisPlace): Promise<void> {
    const secrets = password === "" ? [] : ["AUTH", user === "" ? "default" : user, password];
    try {
      await this.ask("HELLO", 3, ...secrets);
      this.hasPushes = true;
    } catch (error) {
      // Before Redis 6 there is no HELLO; a user may be kept from it; what stands in between may not know it.
      if (!(error instanceof ReplyError) || !/^(ERR|NOPERM|NOPROTO)\b/.test(error.message)) throw error;
      if (password !== "") await this.ask("AUTH", ...(user === "" ? [] : [user]), password);
    }
    if (database !== 0) await this.ask("SELECT", database);
  }

  /** For the answer that is next. */
  #wait(): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = null;
    if (this.#questions.length === 0) return;
    const { timeoutMs } = this.#options;
    this.#deadline = setTimeout(() => this.#finish(`it does not answer within ${timeoutMs} ms`), timeoutMs);
  }

  #received(chunk: Uint8Array): void {
    if (this.#end !== null) return;
    let heard: Heard[];
    try {
      heard = this.#reader.read(chunk);
    } catch (error) {
      return this.#finish((error as Error).message);
    }
    for (const { isPush, value } of heard) {
      if (isPush && Array.isArray(value)) this.#pushed(value);
      else this.#answered(value);
    }
  }

  #pushed(message: readonly Reply[]): void {
    if (this.#questions[0]?.push === message[0]) this.#next()?.resolve(null);
    else this.#options.pushed(message);
  }

  /** The one that is answered now. Only that gives the one behind it its time: not bytes, and not what is told unasked. */
  #next(): Question | undefined {
    const question = this.#questions.shift();
    this.#wait();
    return question;
  }

  #answered(value: Reply): void {
    const question = this.#next();
    if (question === undefined) return this.#finish("it answers what was not asked");
    if (value instanceof ReplyError) question.reject(value);
    else question.resolve(value);
  }

  #finish(why: string): void {
    if (this.#end !== null) return;
    this.#end = new RedisError(why);
    this.#abandon(this.#end);
    this.#options.ended(this.#end);
  }

  #abandon(why: RedisError): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#socket.destroy();
    for (const question of this.#questions.splice(0)) question.reject(why);
  }
}

const refusals: Readonly<Record<string, string>> = {
  WRONGPASS: "it knows no such user or password",
  NOAUTH: "it wants a password",
  LOADING: "it is still loading its data",
  BUSY: "it is busy with a script of somebody",
  READONLY: "it is a replica, and only its master can be written",
  MASTERDOWN: "it is a replica that has lost its master",
  OOM: "its memory is full (maxmemory), and it lets nothing be written",
  MISCONF: "it cannot save its data to disk, and lets nothing be written",
  NOREPLICAS: "it has too few replicas (min-replicas-to-write), and lets nothing be written",
  CROSSSLOT: "its cluster has what belongs together on several nodes: write the name in braces, as in {name}",
  CLUSTERDOWN: "its cluster is down",
};

/** Of what Redis says no with. Bounded, and without control characters: it is shown. */
export function refusalOf({ message, code }: ReplyError): string {
  const known = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  if (known !== undefined) return known;
  if (message.includes("WRONGTYPE")) return "something of another kind stands under this name";
  const said = message.replace(/[\0-\x1f\x7f-\x9f]/g, " ").slice(0, 200);
  const node = /^(?:MOVED|ASK) \d+ (\S+)/.exec(said)?.[1];
  return node === undefined ? `it refuses: ${said}` : `it is on another node of its cluster: ${node}`;
}

/** What is said otherwise of a Redis. */
const distrusted = "its certificate is of no authority that is trusted (NODE_EXTRA_CA_CERTS names a file of more)";
const reasons: Readonly<Record<string, string>> = {
  ECONNRESET: "it closes the connection",
  EPIPE: "it closes the connection",
  SELF_SIGNED_CERT_IN_CHAIN: distrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: distrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: distrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: distrusted,
  UNABLE_TO_GET_ISSUER_CERT: distrusted,
};

function reasonOf({ code = "", message }: NodeJS.ErrnoException): string {
  return code === "" ? message.slice(0, 200) : (reasons[code] ?? wordsOf(code));
}
