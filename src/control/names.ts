// Host names of servers and their addresses. Asked of the system's resolver (hosts file included), again and again as time
// passes, never by a worker. An answer is kept when a later question fails: a name server that is away must not take down
// servers that are well. Among several addresses the one in use is kept while it is among them, so that a name server that
// turns its answers around does not move traffic; otherwise IPv4 goes first, for a server that listens on both is reached by it.

import { lookup as systemLookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Log } from "./log.ts";

export type Lookup = (host: string) => Promise<readonly string[]>;

const TIMEOUT_MS = 5000;

interface Name {
  address: string | null;
  /** Why the last question had no answer. */
  problem: string | null;
}

export class Names {
  readonly #log: Log;
  readonly #lookup: Lookup;
  readonly #timeoutMs: number;
  readonly #names = new Map<string, Name>();

  constructor(log: Log, lookup: Lookup = lookupAll, timeoutMs: number = TIMEOUT_MS) {
    this.#log = log;
    this.#lookup = lookup;
    this.#timeoutMs = timeoutMs;
  }

  /** Ask for all of these at once. True when an address has changed. */
  async refresh(hosts: readonly string[]): Promise<boolean> {
    const changes = await Promise.all(hosts.map((host) => this.#ask(host)));
    return changes.includes(true);
  }

  addressOf(host: string): string | undefined {
    return this.#names.get(host)?.address ?? undefined;
  }

  problemOf(host: string): string | null {
    return this.#names.get(host)?.problem ?? null;
  }

  async #ask(host: string): Promise<boolean> {
    const name = this.#names.get(host) ?? { address: null, problem: null };
    this.#names.set(host, name);
    let found: readonly string[];
    try {
      found = await this.#answer(host);
    } catch (error) {
      const problem = reasonOf(error as NodeJS.ErrnoException);
      if (name.problem !== problem) {
        const kept = name.address === null ? "it has no address yet" : `${name.address} is kept`;
        this.#log.warn(`the name ${host} does not resolve: ${problem}; ${kept}`);
      }
      name.problem = problem;
      return false;
    }
    if (name.problem !== null) this.#log.info(`the name ${host} resolves again`);
    name.problem = null;
    if (name.address !== null && found.includes(name.address)) return false;
    const address = found.find((each) => isIP(each) === 4) ?? found[0]!;
    if (name.address !== null) this.#log.info(`the name ${host} has moved from ${name.address} to ${address}`);
    name.address = address;
    return true;
  }

  async #answer(host: string): Promise<readonly string[]> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer in ${this.#timeoutMs / 1000} s`)), this.#timeoutMs);
    try {
      const found = await Promise.race([this.#lookup(host), late]);
      if (found.length === 0) throw new Error("it has no address");
      return found;
    } finally {
      clearTimeout(timer);
    }
  }
}

async function lookupAll(host: string): Promise<readonly string[]> {
  return (await systemLookup(host, { all: true })).map((entry) => entry.address);
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOTFOUND" || error.code === "ENODATA" || error.code === "DNS_ENOTFOUND")
    return "there is no such name";
  if (error.code === "EAI_AGAIN" || error.code === "ESERVFAIL") return "the name server does not answer";
  return error.message;
}
