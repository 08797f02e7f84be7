// What one client of the event stream is still to be sent, in the order in which it came, and never more than a bound: who reads too slowly
// is told less, and told so. Of figures only the latest count, so that one that waits is replaced. Servers are told by what has changed:
// what was not told of one is made up for by telling all of them once there is room again. Requests that are too many are lost, the
// oldest first, and counted. It knows neither sockets nor what events say.

/** What becomes of an event when there is no room: see above. `news` are those that are few: lost last, and counted too. */
export type EventSort = "figures" | "servers" | "request" | "news";

/** What was not told, since the last word about it. */
export interface Dropped {
  readonly requests: number;
  readonly others: number;
}

interface Waiting {
  readonly sort: EventSort;
  bytes: Uint8Array;
}

export class EventLine {
  readonly #bytesMax: number;
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #requests = 0;
  #others = 0;
  #owesServers = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Changes of servers were not told: all of them are to be, when there is room. */
  get owesServers(): boolean {
    return this.#owesServers;
  }

  /** They are being told from now on. */
  payServers(): void {
    this.#owesServers = false;
  }

  push(sort: EventSort, bytes: Uint8Array): void {
    if (sort === "figures" && this.#replace(bytes)) return;
    if (sort === "servers" && this.#owesServers) return;
    this.#waiting.push({ sort, bytes });
    this.#bytes += bytes.length;
    if (this.#bytes > this.#bytesMax) this.#makeRoom();
  }

  /** What comes next, joined, about so many bytes; null where nothing waits. */
  take(bytesWanted: number): Uint8Array | null {
    if (this.isEmpty) return null;
    let count = 0;
    let length = 0;
    while (count < this.#waiting.length && (count === 0 || length < bytesWanted))
      length += this.#waiting[count++]!.bytes.length;
    const parts = this.#waiting.splice(0, count).map(({ bytes }) => bytes);
    this.#bytes -= length;
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, length);
  }

  /** Null where nothing was lost since it was asked last. */
  takeDropped(): Dropped | null {
    if (this.#requests === 0 && this.#others === 0) return null;
    const dropped = { requests: this.#requests, others: this.#others };
    this.#requests = this.#others = 0;
    return dropped;
  }

  /** That were never here: they are told of with the others. */
  loseRequests(count: number): void {
    this.#requests += count;
  }

  clear(): void {
    this.#waiting.length = 0;
    this.#bytes = 0;
  }

  #replace(bytes: Uint8Array): boolean {
    const former = this.#waiting.find(({ sort }) => sort === "figures");
    if (former === undefined) return false;
    this.#bytes += bytes.length - former.bytes.length;
    former.bytes = bytes;
    return true;
  }

  /** Down to half: whoever is behind stays behind for a while, and room is made once for many events. */
  #makeRoom(): void {
    const enough = this.#bytesMax / 2;
    if (this.#drop(({ sort }) => sort === "servers", 0) > 0) this.#owesServers = true;
    this.#requests += this.#drop(({ sort }) => sort === "request", enough);
    this.#others += this.#drop(({ sort }) => sort === "news", enough);
  }

  /** The oldest first, until no more than `enough` waits. Answers how many went. */
  #drop(isMeant: (waiting: Waiting) => boolean, enough: number): number {
    if (this.#bytes <= this.#bytesMax / 2) return 0;
    let count = 0;
    const kept = this.#waiting.filter((waiting) => {
      if (this.#bytes <= enough || !isMeant(waiting)) return true;
      this.#bytes -= waiting.bytes.length;
      count++;
      return false;
    });
    this.#waiting.splice(0, this.#waiting.length, ...kept);
    return count;
  }
}
