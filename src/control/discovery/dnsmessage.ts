// Questions to name servers and their answers in bytes (RFC 1035 4), as far as addresses and services need: A, AAAA (RFC 3596), CNAME,
// SRV (RFC 2782), and the size that we take (EDNS, RFC 6891). A message is untrusted: it is read within its bounds, names that
// point at names only so often, and what cannot be read is no answer. It knows no sockets.

export const recordType = { a: 1, cname: 5, aaaa: 28, srv: 33, opt: 41 } as const;

export interface Question {
  readonly id: number;
  /** Without a dot at its end, in lower case. */
  readonly name: string;
  readonly type: number;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: number;
  readonly ttlSeconds: number;
  /** Of A and AAAA. */
  readonly address: string;
  /** Of CNAME and SRV. */
  readonly target: string;
  /** Of SRV. */
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
}

export interface DnsAnswer {
  /** 0 is good, 3 is that there is no such name. */
  readonly code: number;
  /** There is more than fits; it has to be asked for over TCP. */
  readonly isCut: boolean;
  readonly answers: readonly DnsRecord[];
  /** What the server thinks will be asked next. */
  readonly additional: readonly DnsRecord[];
}

/** What passes every network without being broken up. */
const payloadBytes = 1232;
const recordsMax = 4096;
/** RFC 2181 8: a greater one is to be taken as none. */
const ttlMax = 0x7fff_ffff;

/** Null when the name cannot be asked for. */
export function writeQuestion({ id, name, type }: Question): Uint8Array | null {
  const labels = name.split(".");
  const bytes: number[] = [id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
  for (const label of labels) {
    const text = Buffer.from(label, "latin1");
    if (text.length === 0 || text.length > 63) return null;
    bytes.push(text.length, ...text);
  }
  if (bytes.length - 12 > 254) return null;
  bytes.push(0, type >> 8, type & 255, 0, 1);
  bytes.push(0, 0, recordType.opt, payloadBytes >> 8, payloadBytes & 255, 0, 0, 0, 0, 0, 0);
  return Uint8Array.from(bytes);
}

/** Null when it is no answer to this question, or cannot be read. */
export function readDnsAnswer(bytes: Uint8Array, question: Question): DnsAnswer | null {
  const reader = new Reader(bytes);
  const id = reader.number(2);
  const flags = reader.number(2);
  const [questions, answers, authorities, additional] = [0, 0, 0, 0].map(() => reader.number(2));
  const isOurs = id === question.id && (flags & 0x8000) !== 0 && (flags & 0x7800) === 0;
  if (!isOurs || questions !== 1 || answers! + authorities! + additional! > recordsMax) return null;
  const [name, type, family] = [reader.name(), reader.number(2), reader.number(2)];
  if (name !== question.name || type !== question.type || family !== 1 || reader.isBroken) return null;
  const isCut = (flags & 0x0200) !== 0;
  const sections = [answers!, authorities!, additional!].map((count) => reader.records(count));
  // One that is cut may end anywhere, and is not looked at.
  if (reader.isBroken && !isCut) return null;
  return { code: flags & 15, isCut, answers: sections[0]!, additional: sections[2]! };
}

/** Those of a type that the name has, by itself or under the name that it stands for. */
export function recordsOf(name: string, type: number, records: readonly DnsRecord[]): DnsRecord[] {
  const names = new Set([name]);
  for (let found = true; found; ) {
    found = false;
    for (const record of records) {
      if (record.type !== recordType.cname || !names.has(record.name) || names.has(record.target)) continue;
      names.add(record.target);
      found = true;
    }
  }
  return records.filter(
    (record) => names.has(record.name) && (record.type === type || record.type === recordType.cname),
  );
}

/** Reads zeros and empty names once it has come to an end too soon. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  isBroken = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  number(size: number): number {
    if (this.#at + size > this.#bytes.length) this.isBroken = true;
    let value = 0;
    for (let index = 0; index < size; index++) value = value * 256 + (this.#bytes[this.#at + index] ?? 0);
    this.#at += size;
    return value;
  }

  /** RFC 1035 4.1.4: a pointer leads back only, so that it ends. */
  name(): string {
    const labels: string[] = [];
    let at = this.#at;
    let end = -1;
    let floor = at;
    let length = 0;
    for (;;) {
      const size = this.#bytes[at];
      if (size === undefined || length > 254) return this.#broken();
      if (size === 0) break;
      if (size >= 192) {
        const to = ((size & 63) << 8) | (this.#bytes[at + 1] ?? 0);
        if (end === -1) end = at + 2;
        if (to >= floor) return this.#broken();
        floor = to;
        at = to;
      } else if (size < 64) {
        labels.push(
          Buffer.from(this.#bytes.subarray(at + 1, at + 1 + size))
            .toString("latin1")
            .toLowerCase(),
        );
        at += 1 + size;
        length += 1 + size;
      } else return this.#broken();
    }
    this.#at = end === -1 ? at + 1 : end;
    return labels.join(".");
  }

  records(count: number): DnsRecord[] {
    const records: DnsRecord[] = [];
    for (let index = 0; index < count && !this.isBroken; index++) {
      const name = this.name();
      const type = this.number(2);
      this.number(2);
      const ttl = this.number(4);
      const size = this.number(2);
      const end = this.#at + size;
      const base = { name, type, ttlSeconds: ttl > ttlMax ? 0 : ttl, ...none };
      const record = { ...base, ...this.#content(type, size) };
      if (end > this.#bytes.length || this.#at > end) this.isBroken = true;
      this.#at = end;
      if (!this.isBroken) records.push(record);
    }
    return records;
  }

  #content(type: number, size: number): Partial<DnsRecord> {
    if (type === recordType.a && size === 4) return { address: [0, 0, 0, 0].map(() => this.number(1)).join(".") };
    if (type === recordType.aaaa && size === 16)
      return { address: ipv6Of(Array.from({ length: 8 }, () => this.number(2))) };
    if (type === recordType.cname) return { target: this.name() };
    if (type !== recordType.srv || size < 7) return {};
    const [priority, weight, port] = [this.number(2), this.number(2), this.number(2)];
    return { priority, weight, port, target: this.name() };
  }

  #broken(): string {
    this.isBroken = true;
    return "";
  }
}

const none = { address: "", target: "", priority: 0, weight: 0, port: 0 } as const;

/** RFC 5952: the longest run of zeros, of two at least, is left out. */
function ipv6Of(words: readonly number[]): string {
  const text = words.map((word) => word.toString(16)).join(":");
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length);
  // The first of the longest; a run at the beginning has no colon in front, and is as long without it.
  const best = runs.sort((a, b) => zeros(b[0]) - zeros(a[0]) || a.index - b.index)[0];
  if (best === undefined) return text;
  const rest = text.slice(best.index + best[0].length);
  return `${text.slice(0, best.index)}:${rest === "" ? ":" : rest}`;
}

function zeros(run: string): number {
  return run.split("0").length - 1;
}
