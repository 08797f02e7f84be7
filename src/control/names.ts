// Host names of servers and their addresses. Asked of the system's resolver (hosts file included), again and again as time
// passes, never by a worker. An answer is kept when a later question fails: a name server that is away must not take down
// servers that are well. Among several addresses the one in use is kept while it is among them, so that a name server that
// turns its answers around does not move traffic; otherwise IPv4 goes first, for a server that listens on both is reached by it.
//
// A system whose first name server is silent answers by its second one when five seconds are over. So a question is never given
// up: whoever waits goes on without the answer, which counts when it comes. A name that was silent is then waited for briefly.

import { lookup as systemLookup } from "node:dns/promises";
import { isIP } from "node:net";
import { lookupsMax } from "../base/limits.ts";
import { nameKeyParts } from "../config/namekey.ts";
import type { Log } from "./log.ts";
import { ownLookup } from "./ownnames.ts";

export type Lookup = (host: string) => Promise<readonly string[]>;

/** A second more than the system waits for its first name server. */
const TIMEOUT_MS = 6000;
const silentTimeoutMs = 250;
/** Of one of these; control has two at most, for the sentinel has its own. */
const askingMax = lookupsMax / 2;
/** Of these, names that had no answer the last time: they must not keep the others waiting. */
const troubledMax = 12;
const silence = "the name server does not answer";

interface Name {
  readonly host: string;
  address: string | null;
  /** Why the last question had no answer. */
  problem: string | null;
  /** A question under way. */
  asked: Promise<void> | null;
  /** How often nobody had an answer while the question was under way. */
  silences: number;
  isTold: boolean;
  /** Its address is another one, and nobody has been told. */
  isNews: boolean;
}

interface Waiting {
  readonly name: Name;
  readonly go: (isTroubled: boolean) => void;
}

export class Names {
  readonly #log: Log;
  readonly #lookup: Lookup;
  readonly #timeoutMs: number;
  readonly #names = new Map<string, Name>();
  readonly #waiting: Waiting[] = [];
  #asking = 0;
  #troubled = 0;

  constructor(log: Log, lookup: Lookup = lookupAll, timeoutMs: number = TIMEOUT_MS) {
    this.#log = log;
    this.#lookup = lookup;
    this.#timeoutMs = timeoutMs;
  }

  /** Ask for all of these. True when an address has changed, perhaps since the last time already. */
  async refresh(hosts: readonly string[]): Promise<boolean> {
    const names = hosts.map((host) => this.#named(host));
    const [silent, others] = [true, false].map((isSilent) => names.filter(({ silences }) => silences > 0 === isSilent));
    await Promise.all([
      withinMs(silent!, Math.min(silentTimeoutMs, this.#timeoutMs), (name) => this.#ask(name)),
      withinMs(others!, this.#timeoutMs, (name) => this.#ask(name)),
    ]);
    for (const name of names) if (name.asked !== null) this.#silent(name);
    const news = names.filter(({ isNews }) => isNews);
    for (const name of news) name.isNews = false;
    return news.length > 0;
  }

  addressOf(host: string): string | undefined {
    return this.#names.get(host)?.address ?? undefined;
  }

  /** Of a host, wherever it is asked for. */
  problemOf(host: string): string | null {
    const known = this.#names.get(host);
    if (known !== undefined) return known.problem;
    const others = [...this.#names.values()].filter((name) => nameKeyParts(name.host).host === host);
    return others.find(({ problem }) => problem !== null)?.problem ?? null;
  }

  #named(host: string): Name {
    const known = this.#names.get(host);
    if (known !== undefined) return known;
    const name = { host, address: null, problem: null, asked: null, silences: 0, isTold: false, isNews: false };
    this.#names.set(host, name);
    return name;
  }

  /** One question at a time serves all who ask. */
  #ask(name: Name): Promise<void> {
    name.asked ??= this.#question(name).finally(() => {
      name.asked = null;
    });
    return name.asked;
  }

  async #question(name: Name): Promise<void> {
    const isTroubled = await this.#place(name);
    try {
      const found = await this.#lookup(name.host);
      name.silences = 0;
      if (found.length === 0) this.#failed(name, "it has no address");
      else this.#found(name, found);
    } catch (error) {
      this.#failed(name, reasonOf(error as NodeJS.ErrnoException));
    } finally {
      this.#asking--;
      if (isTroubled) this.#troubled--;
      this.#callNext();
    }
  }

  /** Whether the place that it has now is one of those for names in trouble. */
  async #place(name: Name): Promise<boolean> {
    const isTroubled = name.problem !== null;
    if (this.#hasPlace(isTroubled)) return this.#take(isTroubled);
    return new Promise<boolean>((go) => this.#waiting.push({ name, go }));
  }

  #hasPlace(isTroubled: boolean): boolean {
    return this.#asking < askingMax && !(isTroubled && this.#troubled >= troubledMax);
  }

  #take(isTroubled: boolean): boolean {
    this.#asking++;
    if (isTroubled) this.#troubled++;
    return isTroubled;
  }

  #callNext(): void {
    const index = this.#waiting.findIndex(({ name }) => this.#hasPlace(name.problem !== null));
    if (index < 0) return;
    const { name, go } = this.#waiting.splice(index, 1)[0]!;
    go(this.#take(name.problem !== null));
  }

  #found(name: Name, found: readonly string[]): void {
    if (name.isTold) this.#log.info(`the name ${name.host} resolves again`);
    name.isTold = false;
    name.problem = null;
    if (name.address !== null && found.includes(name.address)) return;
    const address = found.find((each) => isIP(each) === 4) ?? found[0]!;
    if (name.address !== null) this.#log.info(`the name ${name.host} has moved from ${name.address} to ${address}`);
    name.address = address;
    name.isNews = true;
  }

  #failed(name: Name, problem: string): void {
    const isSaid = name.isTold && name.problem === problem;
    name.problem = problem;
    if (!isSaid) this.#tell(name);
  }

  /** An answer that always comes a little late is no news where there is an address that can be kept meanwhile. */
  #silent(name: Name): void {
    name.silences++;
    name.problem = silence;
    if (!name.isTold && (name.address === null || name.silences > 1)) this.#tell(name);
  }

  #tell(name: Name): void {
    const kept = name.address === null ? "it has no address yet" : `${name.address} is kept`;
    this.#log.warn(`the name ${name.host} does not resolve: ${name.problem}; ${kept}`);
    name.isTold = true;
  }
}

/** Until all are answered, or for so long. */
async function withinMs(names: readonly Name[], ms: number, ask: (name: Name) => Promise<void>): Promise<void> {
  if (names.length === 0) return;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([Promise.all(names.map(ask)), late]);
  clearTimeout(timer);
}

async function lookupAll(host: string): Promise<readonly string[]> {
  const own = ownLookup(host);
  return own ?? (await systemLookup(host, { all: true })).map((entry) => entry.address);
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOTFOUND" || error.code === "ENODATA" || error.code === "DNS_ENOTFOUND")
    return "there is no such name";
  if (error.code === "EAI_AGAIN" || error.code === "ESERVFAIL") return silence;
  return error.message;
}
