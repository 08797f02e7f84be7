// Servers by name: every address of a name, or every target of a service (SRV, RFC 2782) with its port, weight and priority. Asked again
// when the least TTL is over, at least once an interval. That a name is gone, or has nothing, is no answer: which of both is meant, an
// end or a mistake, only an operator can say, by onFailure.

import { isIp } from "../../base/address.ts";
import type { Discover, DiscoverDns } from "../../config/types.ts";
import { Asking, Refusal, type Rhythm, type Said } from "./asking.ts";
import { askDns, type NameServer } from "./dnsclient.ts";
import { type DnsAnswer, type DnsRecord, recordsOf, recordType } from "./dnsmessage.ts";
import { answerOf, type Entry } from "./entry.ts";
import type { Answer, Source } from "./source.ts";
import { namesOf, plain, readHosts, readResolvConf, type SystemFiles, systemFiles, textOf } from "./systemdns.ts";

const nextMsMin = 1000;
/** Of a service whose addresses its name server does not send along. */
const targetsMax = 256;

/** Addresses of a name, and for how long they are. */
interface Addresses {
  readonly addresses: readonly string[];
  readonly ttlSeconds: number;
}

export class DnsSource implements Source {
  readonly name: string;
  readonly #asked: DiscoverDns;
  readonly #port: number | undefined;
  readonly #rhythm: Rhythm;
  readonly #files: SystemFiles;
  #asking: Asking | null = null;

  constructor(asked: DiscoverDns, settings: Discover, rhythm: Rhythm, files: SystemFiles = systemFiles) {
    this.#port = asked.port ?? settings.port;
    this.name = `dns ${asked.name}${asked.record === "srv" ? " (SRV)" : `:${this.#port ?? "?"}`}`;
    this.#asked = asked;
    this.#rhythm = rhythm;
    this.#files = files;
  }

  start(tell: (answer: Answer) => void): void {
    this.#asking = new Asking(this.#rhythm, (signal) => this.#ask(signal), tell);
    this.#asking.now();
  }

  stop(): void {
    this.#asking?.stop();
  }

  async #ask(signal: AbortSignal): Promise<Said> {
    const found = this.#asked.record === "srv" ? await this.#services(signal) : await this.#servers(signal);
    const { intervalMs } = this.#rhythm;
    const nextMs = Math.min(Math.max(found.ttlSeconds * 1000, nextMsMin), intervalMs);
    return { answer: answerOf(found.entries, this.#port), ...(intervalMs === 0 ? {} : { nextMs }) };
  }

  async #servers(signal: AbortSignal): Promise<{ entries: readonly Entry[]; ttlSeconds: number }> {
    const { name } = this.#asked;
    const { addresses, ttlSeconds } = await this.#addressesOf(name, signal);
    if (addresses.length === 0) throw new Refusal("has no address");
    return { entries: addresses.map((host) => ({ at: host, host })), ttlSeconds };
  }

  async #addressesOf(name: string, signal: AbortSignal): Promise<Addresses> {
    if (isIp(name)) return { addresses: [name], ttlSeconds: Number.MAX_SAFE_INTEGER };
    const known = this.#asked.servers === undefined ? readHosts(textOf(this.#files.hosts), name) : [];
    if (known.length > 0) return { addresses: known, ttlSeconds: Number.MAX_SAFE_INTEGER };
    const types = [recordType.a, recordType.aaaa];
    const found = await Promise.all(types.map((type) => this.#recordsOf(name, type, signal)));
    const records = found.flatMap((each) => each.records);
    const addresses = records.flatMap(({ address }) => (address === "" ? [] : [address]));
    // One kind is there and the name server does not want to speak of the other: many know no AAAA.
    const refused = found.find(({ code }) => code !== 0 && (code === codes.failure || addresses.length === 0));
    if (refused !== undefined) throw new Refusal(reasonOf(refused.code));
    return { addresses: [...new Set(addresses)], ttlSeconds: leastTtl(records) };
  }

  async #services(signal: AbortSignal): Promise<{ entries: readonly Entry[]; ttlSeconds: number }> {
    const { code, records, additional } = await this.#recordsOf(this.#asked.name, recordType.srv, signal);
    if (code !== 0) throw new Refusal(reasonOf(code));
    const services = records.filter(({ type }) => type === recordType.srv);
    if (services.length === 0) throw new Refusal("has no service");
    if (services.length > targetsMax) throw new Refusal(`tells of more than ${targetsMax} services`);
    // "." says that the service is decidedly not there.
    const there = services.filter(({ target }) => target !== "");
    const targets = new Map<string, Addresses>();
    for (const target of new Set(there.map((each) => each.target)))
      targets.set(target, sentAlong(target, additional) ?? (await this.#addressesOf(`${target}.`, signal)));
    const entries = there.flatMap(({ target, port, weight, priority }) =>
      targets.get(target)!.addresses.map((host): Entry => ({ at: target, host, port, weight, priority, name: target })),
    );
    if (entries.length === 0 && there.length > 0) throw new Refusal("has services without any address");
    const ttls = [...targets.values()].map(({ ttlSeconds }) => ttlSeconds);
    return { entries, ttlSeconds: Math.min(leastTtl(records), ...ttls) };
  }

  /** The first of the names that one stands for that there is. */
  async #recordsOf(
    name: string,
    type: number,
    signal: AbortSignal,
  ): Promise<{ code: number; records: readonly DnsRecord[]; additional: readonly DnsRecord[] }> {
    const { servers: own } = this.#asked;
    const system = own === undefined ? readResolvConf(textOf(this.#files.resolvConf)) : null;
    const servers = system?.servers ?? own!.map(serverOf);
    const names = system === null ? [plain(name)] : namesOf(name, system);
    let last: { answer: DnsAnswer; records: DnsRecord[] } | null = null;
    for (const each of names) {
      const answer = await askDns(servers, each, type, this.#rhythm.timeoutMs / names.length, signal);
      const records = recordsOf(each, type, answer.answers);
      last = { answer, records };
      if (records.some((record) => record.type === type)) break;
    }
    const { answer, records } = last!;
    return { code: answer.code, records, additional: answer.additional };
  }
}

function sentAlong(target: string, additional: readonly DnsRecord[]): Addresses | null {
  const records = additional.filter(({ name, address }) => name === target && address !== "");
  return records.length === 0
    ? null
    : { addresses: records.map(({ address }) => address), ttlSeconds: leastTtl(records) };
}

function leastTtl(records: readonly DnsRecord[]): number {
  return records.reduce((least, { ttlSeconds }) => Math.min(least, ttlSeconds), Number.MAX_SAFE_INTEGER);
}

function serverOf(text: string): NameServer {
  const [, bracketed, plainHost, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text)!; // The schema has seen it.
  return { host: bracketed ?? plainHost!, port: Number(port ?? 53) };
}

const codes = { failure: 2 } as const;

function reasonOf(code: number): string {
  if (code === 3) return "is no name that there is";
  return code === codes.failure
    ? "is not answered for: the name server fails"
    : `is refused by the name server (${code})`;
}
