// The name servers that a source names itself, by addresses or by names of machines. A name is asked of the system, hosts file included,
// before each question, for a name server may move; while the system does not answer, what it said last counts. Which of several
// servers is asked first is the order that they are written in.

import { lookup as systemLookup } from "node:dns/promises";
import { isIp } from "../../base/address.ts";
import { Refusal } from "./asking.ts";
import type { NameServer } from "./dnsclient.ts";

export type Lookup = (host: string) => Promise<readonly string[]>;

/** Of a question's time, what finding the name server may take. */
const share = 0.5;

export class NameServers {
  readonly #written: readonly NameServer[];
  readonly #timeoutMs: number;
  readonly #lookup: Lookup;
  /** What the system said last, by name. */
  readonly #known = new Map<string, readonly string[]>();

  /** `texts` as the schema takes them: a host, with or without a port. */
  constructor(texts: readonly string[], timeoutMs: number, lookup: Lookup = lookupAll) {
    this.#written = texts.map(placeOf);
    this.#timeoutMs = timeoutMs * share;
    this.#lookup = lookup;
  }

  /** Rejects with a Refusal where none can be found. */
  async find(): Promise<readonly NameServer[]> {
    const found = await Promise.all(this.#written.map((each) => this.#addressesOf(each)));
    const all = found.flat();
    if (all.length > 0) return all;
    throw new Refusal(`cannot be asked: its name server ${this.#written[0]!.host} has no address`);
  }

  async #addressesOf({ host, port }: NameServer): Promise<NameServer[]> {
    if (isIp(host)) return [{ host, port }];
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("it takes too long")), this.#timeoutMs);
    try {
      const addresses = await Promise.race([this.#lookup(host), late]);
      if (addresses.length > 0) this.#known.set(host, addresses);
    } catch {
      // What was known before is as good as what is told of it.
    } finally {
      clearTimeout(timer);
    }
    return (this.#known.get(host) ?? []).map((address) => ({ host: address, port }));
  }
}

function placeOf(text: string): NameServer {
  const [, bracketed, plainHost, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text)!; // The schema has seen it.
  return { host: bracketed ?? plainHost!, port: Number(port ?? 53) };
}

async function lookupAll(host: string): Promise<readonly string[]> {
  return (await systemLookup(host, { all: true })).map(({ address }) => address);
}
