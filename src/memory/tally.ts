// What happened, counted. Each worker adds to a block of its own with plain stores, so that counting costs a nanosecond and
// needs no lock; control reads all blocks and sums. A block is kept when its worker dies and is taken over by the one that
// replaces it, so counters never go back; only the gauges (`workerGauges`, active) are cleared by control in between, which is
// also how exchanges in flight stay exact over all workers after a kill -9.
// A reader may see a row half updated: sums can be one exchange apart from each other, never wrong for good.

import { type Arena, capacity, offset, rowCells, rowWords, workerOffsets } from "./arena.ts";

/** Upper bounds of the duration buckets in seconds; the last bucket is +Inf. Holds all of Prometheus' default buckets. */
export const durationBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

const bucketCount = durationBuckets.length + 1;

/** Cells of a worker's own row. */
export const workerCell = {
  connections: 0,
  upstreamConnections: 1,
  logLines: 2,
  logDropped: 3,
  asserts: 4,
  generation: 5,
  /** Goes up once a second while the worker's event loop turns: control watches it. */
  heartbeat: 6,
  /** Connections to servers that this machine had no port, descriptor or memory for. */
  connectShortages: 7,
  /** Sessions of mode udp: a gauge, of which `connections` counts each too. */
  datagramSessions: 8,
} as const;
/** Those of `workerCell` that fall when something ends: control zeroes them when the worker dies. */
export const workerGauges: readonly number[] = [
  workerCell.connections,
  workerCell.upstreamConnections,
  workerCell.datagramSessions,
];

/** First of the cells of a worker's row in which failures of hooks are counted, by hook and reason (flow/hooks.ts). */
export const hookCells = 32;

/** Cells of a listener's row. `connections` and `tunnels` are gauges. */
export const listenerCell = {
  connections: 0,
  accepted: 1,
  refusedLimit: 2,
  bytesReceived: 3,
  bytesSent: 4,
  badRequests: 5,
  /** TLS handshakes that succeeded, and those among them that resumed a session. */
  handshakes: 6,
  resumptions: 7,
  handshakeFailures: 8,
  /** Refused before the first byte of content: PROXY header, ClientHello, a name that no pool is for, too slow. */
  refusedPreamble: 9,
  /** mode udp: datagrams that were thrown away, of clients and of servers: no server, no room for a session or in a socket. */
  droppedDatagrams: 10,
  /** Connections that a rule closed, and those of clients that are banned (mode http: their requests). */
  refusedRules: 11,
  banned: 12,
  /** Tunnels that CONNECT and SOCKS5 have made: a gauge of those open, and all. */
  tunnels: 13,
  tunnelsOpened: 14,
  /** Credentials that were shown and no good. */
  authFailures: 15,
  /** Requests and tunnels for targets that may not be asked for. */
  targetsDenied: 16,
  /** Connections that spoke HTTP/2. */
  http2Connections: 17,
  /** Streams of HTTP/2: those that clients reset before they were answered, and those that were refused: one too many, or after a GOAWAY. */
  streamsReset: 18,
  streamsRefused: 19,
  /** Connections of HTTP/2 that were ended for an error of the protocol or for abuse. */
  http2Errors: 20,
} as const;

/** Cells of a route's row: requests by what the client was answered. `bucket` starts the duration histogram (request head to last byte). */
export const routeCell = {
  status1xx: 1,
  status2xx: 2,
  status3xx: 3,
  status4xx: 4,
  status5xx: 5,
  /** Ended without an answer (client gone, or truncated). */
  aborted: 6,
  /** Answered by Sluice itself because no server could be had (503, 502, 504 made here). */
  dropped: 7,
  durationSum: 8,
  /** mode tcp and udp: connections or sessions that reached a server and have ended; their durations are in the histogram too. */
  sessions: 9,
  /** The gauge of those under way; mode http: of upgraded connections and tunnels, which have not been counted otherwise yet. */
  open: 10,
  bytesUp: 11,
  bytesDown: 12,
  /** mode http: had a whole answer, which no fault made. */
  served: 13,
  /** mode http: refused by a rule or a ban, or failed by no fault of the client's: no server, none that answers, an answer cut short. */
  failed: 14,
  /** mode http: of those that are `aborted`, answers that were cut short by no fault of the client's. */
  cut: 15,
  bucket: 16,
  /** mode http: of all, those that Sluice answered or refused itself, before any server of the pool was sought. Behind the buckets. */
  own: 31,
} as const;

/** Cells of a pool's row. `queued` is a gauge. */
export const poolCell = {
  queued: 0,
  queueTimeouts: 1,
  queueFull: 2,
  retries: 3,
  redispatches: 4,
  retryBudgetExhausted: 5,
  noServer: 6,
  /** Copies of requests that were made for another pool, and those that were not, for want of room. */
  mirrored: 7,
  mirrorSkipped: 8,
  /** Requests by what the pool's cache did for them; each request is in one of these, or in none where no cache was asked. */
  cacheHit: 16,
  cacheMiss: 17,
  /** Shown although it was stale: while it is asked for anew, or because its server failed. */
  cacheStale: 18,
  /** The server said that what is stored is still good (304). */
  cacheRevalidated: 19,
  /** By config or by the request itself: not looked up. */
  cacheBypass: 20,
  /** Known not to be storable: sent on without waiting for others. */
  cachePass: 21,
  /** Had the answer of a request that was under way. */
  cacheCollapsed: 22,
  /** What was being stored could not be: no room, too large, its writer dead. */
  cacheError: 23,
  /** Questions to the second level of the pool's cache: it had a response, had none, said nothing in time, */
  remoteHit: 24,
  remoteMiss: 25,
  remoteLate: 26,
  /** was away, had something that is none of ours or cannot be shown. */
  remoteAway: 27,
  remoteInvalid: 28,
} as const;

/** Cells of a server's row. `open` and `idle` are gauges. `bucket` starts the histogram of attempt durations (request sent to last byte). */
export const serverCell = {
  open: 0,
  status1xx: 1,
  status2xx: 2,
  status3xx: 3,
  status4xx: 4,
  status5xx: 5,
  idle: 6,
  /** Attempts ever begun at this server. */
  calls: 7,
  durationSum: 8,
  connects: 9,
  connectFailures: 10,
  responseFailures: 11,
  bytesReceived: 12,
  bytesSent: 13,
  connectSum: 14,
  handshakeFailures: 15,
  bucket: 16,
  /** Peak EWMA of the response time in ms, this worker's view. */
  latency: 40,
} as const;

/** Cells of an egress pool's row: requests that were given a member by how that ended, and those that were given none by why. */
export const egressCell = {
  /** An answer came through it, or a tunnel stood. */
  answered: 0,
  /** None came: of the member's own, or on the way between it and the target. */
  memberFaults: 1,
  wayFaults: 2,
  /** Nothing is to be learnt of it: the client left, or it was never sent. */
  cancelled: 3,
  /** Went on with another member, and without any, from the system's own address. */
  retried: 4,
  direct: 5,
  /** Times that a request waited for a member that was paced or busy. */
  waited: 6,
  refusedNone: 8,
  refusedPaced: 9,
  refusedUnfit: 10,
  refusedQuota: 11,
  bytesUp: 16,
  bytesDown: 17,
} as const;

/** Index of the bucket for a duration. */
export function bucketOf(seconds: number): number {
  let index = 0;
  while (index < durationBuckets.length && seconds > durationBuckets[index]!) index++;
  return index;
}

/** Words of a server's shared row, added to by all workers with Atomics. */
export const sharedServerWord = { consecutiveFailures: 0 } as const;
/** Words of a pool's shared row. */
export const sharedPoolWord = { turn: 0 } as const;

/** A worker's own block; written by that worker only. Rows are addressed by the index of their first cell in `cells`. */
export class Tally {
  readonly cells: Float64Array;
  readonly words: Int32Array;
  readonly worker: number;
  readonly #at: ReturnType<typeof workerOffsets>;

  constructor(arena: Arena, worker: number) {
    this.cells = arena.cells;
    this.words = arena.words;
    this.worker = worker;
    this.#at = workerOffsets(worker);
  }

  workerRow(): number {
    return this.#at.words / 8;
  }
  listenerRow(slot: number): number {
    return this.#at.listeners / 8 + slot * rowCells;
  }
  routeRow(slot: number): number {
    return this.#at.routes / 8 + slot * rowCells;
  }
  poolRow(slot: number): number {
    return this.#at.pools / 8 + slot * rowCells;
  }
  serverRow(slot: number): number {
    return this.#at.servers / 8 + slot * rowCells;
  }
  egressRow(slot: number): number {
    return this.#at.egresses / 8 + slot * rowCells;
  }
  /** The cell that counts how often the condition of a rule held. */
  ruleCell(slot: number): number {
    return this.#at.rules / 8 + slot;
  }
  /** Index into `words` of this worker's count of exchanges in flight at a server. */
  activeWord(slot: number): number {
    return this.#at.active / 4 + slot;
  }
  /** Index into `words` of a server's shared row. */
  sharedServerRow(slot: number): number {
    return offset.sharedServers / 4 + slot * rowWords;
  }
  /** Index into `words` of a pool's shared row. */
  sharedPoolRow(slot: number): number {
    return offset.sharedPools / 4 + slot * rowWords;
  }
}

/** Sums over all workers, for control, metrics and the balancers' shared counts. */
export class Totals {
  readonly #arena: Arena;
  readonly #at: readonly ReturnType<typeof workerOffsets>[];
  /** Of each kind, how many rows from the first on have ever had an owner. What is behind them has never been touched, and takes no memory. */
  readonly #rows = { listeners: 0, routes: 0, pools: 0, servers: 0, egresses: 0 };

  /** `workers`: how many blocks are in use; those above are not looked at. */
  constructor(arena: Arena, workers: number) {
    this.#arena = arena;
    this.#at = Array.from({ length: Math.min(workers, capacity.workers) }, (_, worker) => workerOffsets(worker));
  }

  get workers(): number {
    return this.#at.length;
  }

  /** Exchanges in flight at a server. Each worker's count is a word of its own, so the sum is exact once nothing moves. */
  active(slot: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.#at.length; worker++)
      sum += Atomics.load(this.#arena.words, this.#at[worker]!.active / 4 + slot);
    return sum;
  }

  listener(slot: number, cell: number): number {
    return this.#sum("listeners", slot, cell);
  }
  route(slot: number, cell: number): number {
    return this.#sum("routes", slot, cell);
  }
  /** One worker's part of it. */
  routeOfWorker(worker: number, slot: number, cell: number): number {
    return this.#arena.cells[this.#at[worker]!.routes / 8 + slot * rowCells + cell]!;
  }
  pool(slot: number, cell: number): number {
    return this.#sum("pools", slot, cell);
  }
  server(slot: number, cell: number): number {
    return this.#sum("servers", slot, cell);
  }
  egress(slot: number, cell: number): number {
    return this.#sum("egresses", slot, cell);
  }
  /** How often the condition of a rule held. */
  rule(slot: number): number {
    let sum = 0;
    for (const at of this.#at) sum += this.#arena.cells[at.rules / 8 + slot]!;
    return sum;
  }
  worker(cell: number): number {
    return this.#sum("words", 0, cell);
  }
  /** One worker's own cell. */
  ofWorker(worker: number, cell: number): number {
    return this.#arena.cells[this.#at[worker]!.words / 8 + cell]!;
  }

  /** The cumulative histogram of a route or server: counts up to each bound, then +Inf. */
  histogram(kind: "routes" | "servers", slot: number): number[] {
    const first = kind === "routes" ? routeCell.bucket : serverCell.bucket;
    const counts: number[] = [];
    let sum = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) counts.push((sum += this.#sum(kind, slot, first + bucket)));
    return counts;
  }

  consecutiveFailures(slot: number): number {
    return Atomics.load(
      this.#arena.words,
      offset.sharedServers / 4 + slot * rowWords + sharedServerWord.consecutiveFailures,
    );
  }

  /** Control only: after an ejection, or when the row gets a new owner. */
  clearFailures(slot: number): void {
    Atomics.store(
      this.#arena.words,
      offset.sharedServers / 4 + slot * rowWords + sharedServerWord.consecutiveFailures,
      0,
    );
  }

  /** Control only: a dead worker's gauges, before its block is given to the next. Of rows that `clearRow` has given to somebody. */
  clearGauges(worker: number): void {
    const at = workerOffsets(worker);
    const { cells, words } = this.#arena;
    for (const cell of workerGauges) cells[at.words / 8 + cell] = 0;
    for (let slot = 0; slot < this.#rows.listeners; slot++)
      for (const cell of [listenerCell.connections, listenerCell.tunnels])
        cells[at.listeners / 8 + slot * rowCells + cell] = 0;
    for (let slot = 0; slot < this.#rows.routes; slot++) {
      const open = at.routes / 8 + slot * rowCells + routeCell.open;
      if (cells[open] !== 0) cells[open] = 0;
    }
    for (let slot = 0; slot < this.#rows.pools; slot++) cells[at.pools / 8 + slot * rowCells + poolCell.queued] = 0;
    for (let slot = 0; slot < this.#rows.servers; slot++) {
      const row = at.servers / 8 + slot * rowCells;
      if (cells[row + serverCell.open] !== 0) cells[row + serverCell.open] = 0;
      if (cells[row + serverCell.idle] !== 0) cells[row + serverCell.idle] = 0;
      if (words[at.active / 4 + slot] !== 0) Atomics.store(words, at.active / 4 + slot, 0);
    }
  }

  /** Control only: a row that gets a new owner starts at zero in every block. */
  clearRow(kind: "listeners" | "routes" | "pools" | "servers" | "egresses", slot: number): void {
    this.#rows[kind] = Math.max(this.#rows[kind], slot + 1);
    for (const at of this.#at) {
      const row = at[kind] / 8 + slot * rowCells;
      this.#arena.cells.fill(0, row, row + rowCells);
    }
  }

  /** Control only: likewise for a rule's cell. */
  clearRule(slot: number): void {
    for (const at of this.#at) this.#arena.cells[at.rules / 8 + slot] = 0;
  }

  #sum(kind: "words" | "listeners" | "routes" | "pools" | "servers" | "egresses", slot: number, cell: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.#at.length; worker++)
      sum += this.#arena.cells[this.#at[worker]![kind] / 8 + slot * rowCells + cell]!;
    return sum;
  }
}
