// Servers by name: every address of a name, or every target of a service (SRV, RFC 2782) with its port, weight and priority. Asked again
// when the least TTL is over, at least once an interval. That a name is gone, or has nothing, is no answer: which of both is meant, an
// end or a mistake, only an operator can say, by onFailure.

import { isIp } from "../../base/address.ts";
import type { Discover, DiscoverDns } from "../../config/types.ts";
import { Asking, Refusal, type Rhythm, type Said } from "./asking.ts";
import { askDns, type NameServer } from "./dnsclient.ts";
import { type DnsRecord, recordsOf, recordType } from "./dnsmessage.ts";
import { answerOf, type Entry, shown } from "./entry.ts";
import { NameServers } from "./nameservers.ts";
import type { Answer, Source } from "./source.ts";
import { namesOf, plain, readHosts, readResolvConf, type SystemFiles, systemFiles, textOf } from "./systemdns.ts";

const nextMsMin = 1000;
/** Of a service whose addresses its name server does not send along. */
const targetsMax = 256;
const askedAtOnce = 16;

/** Addresses of a name, and for how long they are. */
interface Addresses {
  readonly addresses: readonly string[];
  readonly ttlSeconds: number;
  /** Why there are none, where more is known than that. */
  readonly reason?: string;
}

/** What is said of one type. */
interface Found {
  readonly code: number;
  readonly records: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

export class DnsSource implements Source {
  readonly name: string;
  readonly #asked: DiscoverDns;
  readonly #port: number | undefined;
  readonly #rhythm: Rhythm;
  readonly #files: SystemFiles;
  /** Null: the system's. */
  readonly #own: NameServers | null;
  /** Those of `own`, for the question under way. */
  #found: readonly NameServer[] = [];
  #asking: Asking | null = null;
  /** Types that were answered for once. The others are done without, where a name server never speaks of one (RFC 4074). */
  readonly #answered = new Set<number>();

  constructor(asked: DiscoverDns, settings: Discover, rhythm: Rhythm, files: SystemFiles = systemFiles) {
    this.#port = asked.port ?? settings.port;
    this.name = `dns ${asked.name}${asked.record === "srv" ? " (SRV)" : `:${this.#port ?? "?"}`}`;
    this.#asked = asked;
    this.#rhythm = rhythm;
    this.#files = files;
    this.#own = asked.servers === undefined ? null : new NameServers(asked.servers, rhythm.timeoutMs);
  }

  start(tell: (answer: Answer) => void): void {
    this.#asking = new Asking(this.#rhythm, (signal) => this.#ask(signal), tell);
    this.#asking.now();
  }

  stop(): void {
    this.#asking?.stop();
  }

  async #ask(signal: AbortSignal): Promise<Said> {
    if (this.#own !== null) this.#found = await this.#own.find();
    const found = this.#asked.record === "srv" ? await this.#services(signal) : await this.#servers(signal);
    const { intervalMs } = this.#rhythm;
    const nextMs = Math.min(Math.max(found.ttlSeconds * 1000, nextMsMin), intervalMs);
    return { answer: answerOf(found.entries, this.#port), ...(intervalMs === 0 ? {} : { nextMs }) };
  }

  async #servers(signal: AbortSignal): Promise<{ entries: readonly Entry[]; ttlSeconds: number }> {
    const { name } = this.#asked;
    const { addresses, ttlSeconds, reason } = await this.#addressesOf(name, signal);
    if (addresses.length === 0) throw new Refusal(reason ?? "has no address");
    return { entries: addresses.map((host) => ({ at: host, host })), ttlSeconds };
  }

  async #addressesOf(name: string, signal: AbortSignal): Promise<Addresses> {
    if (isIp(name)) return { addresses: [name], ttlSeconds: Number.MAX_SAFE_INTEGER };
    const known = this.#asked.servers === undefined ? readHosts(textOf(this.#files.hosts), name) : [];
    if (known.length > 0) return { addresses: this.#preferred(known), ttlSeconds: Number.MAX_SAFE_INTEGER };
    const found = await this.#recordsOf(name, [recordType.a, recordType.aaaa], signal);
    const records = found.flatMap((each) => each.records);
    const addresses = records.flatMap(({ address }) => (address === "" ? [] : [address]));
    // One kind is there and the name server does not want to speak of the other: many know no AAAA.
    const refused = found.find(({ code }) => code !== 0 && (code === codes.failure || addresses.length === 0));
    if (refused !== undefined && refused.code !== codes.noName) throw new Refusal(reasonOf(refused.code));
    const reason = refused === undefined ? {} : { reason: reasonOf(refused.code) };
    return { addresses: this.#preferred([...new Set(addresses)]), ttlSeconds: leastTtl(records), ...reason };
  }

  /** Of a target: one that is gone is one server less. When nobody can say whether it is, all are as they were. */
  async #addressesOfTarget(target: string, signal: AbortSignal): Promise<Addresses> {
    try {
      return await this.#addressesOf(`${target}.`, signal);
    } catch (error) {
      throw error instanceof Refusal ? new Refusal(`has the target ${shown(target)}, which ${error.message}`) : error;
    }
  }

  async #services(signal: AbortSignal): Promise<{ entries: readonly Entry[]; ttlSeconds: number }> {
    const [service] = await this.#recordsOf(this.#asked.name, [recordType.srv], signal);
    const { code, records, additional } = service!; // One for each type.
    if (code !== 0) throw new Refusal(reasonOf(code));
    const services = records.filter(({ type }) => type === recordType.srv);
    if (services.length === 0) throw new Refusal("has no service");
    if (services.length > targetsMax) throw new Refusal(`tells of more than ${targetsMax} services`);
    // "." says that the service is decidedly not there.
    const there = services.filter(({ target }) => target !== "");
    const targets = new Map<string, Addresses>();
    await together([...new Set(there.map((each) => each.target))], async (target) => {
      targets.set(target, this.#sentAlong(target, additional) ?? (await this.#addressesOfTarget(target, signal)));
    });
    const entries = there.flatMap(({ target, port, weight, priority }) => {
      const { addresses } = targets.get(target)!;
      // What has none is an entry all the same: a remark is made of it.
      const hosts = addresses.length === 0 ? [undefined] : addresses;
      return hosts.map((host): Entry => ({ at: target, host, port, weight, priority, name: target }));
    });
    const ttls = [...targets.values()].map(({ ttlSeconds }) => ttlSeconds);
    return { entries, ttlSeconds: Math.min(leastTtl(records), ...ttls) };
  }

  #sentAlong(target: string, additional: readonly DnsRecord[]): Addresses | null {
    const records = additional.filter(({ name, address }) => name === target && address !== "");
    const addresses = this.#preferred(records.map(({ address }) => address));
    return records.length === 0 ? null : { addresses, ttlSeconds: leastTtl(records) };
  }

  /** Two kinds of addresses are mostly two ways to the same machine. */
  #preferred(addresses: readonly string[]): readonly string[] {
    const { prefer } = this.#asked;
    const wanted = addresses.filter((address) => address.includes(":") === (prefer === "ipv6"));
    return prefer === undefined || wanted.length === 0 ? addresses : wanted;
  }

  /** By type, of the first of the names that one stands for that has any of these: two names may be two machines, whatever each lacks. */
  async #recordsOf(name: string, types: readonly number[], signal: AbortSignal): Promise<readonly Found[]> {
    const { resolvConf, port = 53 } = this.#files;
    const system = this.#own === null ? readResolvConf(textOf(resolvConf)) : null;
    const servers = system?.servers.map(({ host }) => ({ host, port })) ?? this.#found;
    const names = system === null ? [plain(name)] : namesOf(name, system);
    const timeoutMs = this.#rhythm.timeoutMs / names.length;
    let found: readonly Found[] = [];
    for (const each of names) {
      const settled = await Promise.allSettled(
        types.map(async (type): Promise<Found> => {
          const { code, answers, additional } = await askDns(servers, each, type, timeoutMs, signal);
          return { code, records: recordsOf(each, type, answers), additional };
        }),
      );
      found = this.#answersOf(settled, types);
      if (found.some(({ records }, index) => records.some(({ type }) => type === types[index]))) break;
    }
    return found;
  }

  /** Without a type that has always failed, where there are records of another one. */
  #answersOf(settled: readonly PromiseSettledResult<Found>[], types: readonly number[]): readonly Found[] {
    const told = settled.map((each) => (each.status === "fulfilled" ? each.value : null));
    const isThere = told.some(
      (each) => each !== null && each.code === 0 && each.records.some(({ address }) => address !== ""),
    );
    const found: Found[] = [];
    for (const [index, each] of told.entries()) {
      const type = types[index]!;
      const hasFailed = each === null || each.code === codes.failure;
      if (!hasFailed) this.#answered.add(type);
      if (hasFailed && isThere && !this.#answered.has(type)) found.push(nothing);
      else if (each === null) throw (settled[index] as PromiseRejectedResult).reason;
      else found.push(each);
    }
    return found;
  }
}

const nothing: Found = { code: 0, records: [], additional: [] };

/** Some at once, and the next when one is done. */
async function together<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const walk = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: askedAtOnce }, walk));
}

function leastTtl(records: readonly DnsRecord[]): number {
  return records.reduce((least, { ttlSeconds }) => Math.min(least, ttlSeconds), Number.MAX_SAFE_INTEGER);
}

const codes = { failure: 2, noName: 3 } as const;

function reasonOf(code: number): string {
  if (code === codes.noName) return "is no name that there is";
  return code === codes.failure
    ? "is not answered for: the name server fails"
    : `is refused by the name server (${code})`;
}
