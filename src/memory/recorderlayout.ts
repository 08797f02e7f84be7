// Where things stand in the file of the flight recorder: a ring of records for each worker, made by control, mapped by all. It knows
// offsets, not meanings; who writes a record is flow/recording.ts, who reads one recorderreader.ts.
//
//   0       header              64 B     magic, layout, workers, entries of a ring
//   64      rings               workers x 64 B
//             0   next            f64    number of the record that is written next; written by its worker, read by control
//             8   first           f64    number of the first record that this ring ever held; written by control
//   then    records             workers x entries x 512 B; record `number` stands at number % entries
//
//   0    begun, ended           2 x i32  low 32 bits of the number: before all else, and after. Equal: the record is whole
//   8    number                 f64
//   16   startedMs              f64      of the wall clock
//   24   bytesReceived, bytesSent        2 x f64
//   40   durationMs, soughtMs, chosenMs, sentMs, uploadedMs, respondedMs      6 x f32, after the start; below 0: did not happen
//   64   generation             i32      of the plan that it went by
//   68   status                 16 to the client, 16 of the server
//   72   facts                  2 kind, 4 method, then flags
//   76   tries                  16 attempts, 8 fault, 8 cache
//   80   owners                 16 listener, 16 pool: slots; 0xffff is none
//   84   doors                  16 server, 16 egress pool
//   88   requestId              3 x i32  24 bits, 24 bits, count; of ids of our own
//   100  lengths                8 bytes: client, host, user, method, request id, egress, server, one that is free; then 16 bits of the
//                               path, and 8 of how many hits there are
//   112  rule                   i32      slot of the rule whose outcome it is; 0xffff is none
//   116  hits                   6 x 16   slots of rules whose conditions held
//   128  texts                  384 B, in the order of their lengths
//
// A read of what is being written is told by `begun`, which differs from `ended` or from what it was before. A worker that was
// killed leaves at most one record that is not whole, where the next one of its seat begins.

/** Changed whenever a word moves. */
export const recorderVersion = 1;
export const recorderMagic = 0x51_1c_e0_0f;

export const headerWord = { magic: 0, layout: 1, workers: 2, entries: 3 } as const;
export const headerBytes = 64;
export const ringBytes = 64;
/** Cells of 8 bytes in a ring's own line. */
export const ringCell = { next: 0, first: 1 } as const;

export const recordBytes = 512;
export const textAt = 128;
export const textBytesMax: number = recordBytes - textAt;

/** Words of 4 bytes in a record. */
export const recordWord = {
  begun: 0,
  ended: 1,
  /** Floats. */
  durationMs: 10,
  soughtMs: 11,
  chosenMs: 12,
  sentMs: 13,
  uploadedMs: 14,
  respondedMs: 15,
  generation: 16,
  status: 17,
  facts: 18,
  tries: 19,
  owners: 20,
  doors: 21,
  requestIdHigh: 22,
  requestIdLow: 23,
  requestIdCount: 24,
  /** Three of them. */
  lengths: 25,
  rules: 28,
} as const;

/** Cells of 8 bytes in a record. */
export const recordCell = { number: 1, startedMs: 2, bytesReceived: 3, bytesSent: 4 } as const;

/** Bytes of a record that hold a length, in the order in which the texts stand. */
export const textLength = {
  client: 100,
  host: 101,
  user: 102,
  method: 103,
  requestId: 104,
  egress: 105,
  server: 106,
} as const;
export const hitsLengthAt = 110;
export const pathLengthAt = 108;

/** Halves of words. */
export const recordHalf = { hits: 58 } as const;
export const hitsMax = 6;

/** In `facts`. */
export const recordFlag = {
  kindMask: 3,
  methodShift: 2,
  methodMask: 15,
  isTls: 0x40,
  isReused: 0x80,
  isCut: 0x100,
  /** There were more rules than `hitsMax`. */
  hasMoreHits: 0x200,
  /** Its id is one that we have made: prefix and count. */
  isOwnId: 0x400,
  /** Its server was asked by HTTP/2. */
  isHttp2Up: 0x800,
} as const;

export const recordKinds = ["http", "tcp", "udp"] as const;
export const noSlot = 0xffff;

/** What a cache did, by number; 0 is none. */
export const cacheWords = ["", "hit", "miss", "stale", "revalidated", "bypass", "pass", "collapsed", "error"] as const;

export function recorderBytes(workers: number, entries: number): number {
  return headerBytes + workers * (ringBytes + entries * recordBytes);
}

/** Byte offset of a worker's first record. */
export function recordsAt(workers: number, entries: number, worker: number): number {
  return headerBytes + workers * ringBytes + worker * entries * recordBytes;
}

export function ringAt(worker: number): number {
  return headerBytes + worker * ringBytes;
}

/** `first`: of each worker, the number that its records start with. */
export function formatRecorder(bytes: Uint8Array, workers: number, entries: number, first: readonly number[]): void {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, headerBytes / 4);
  const cells = new Float64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 8));
  words[headerWord.layout] = recorderVersion;
  words[headerWord.workers] = workers;
  words[headerWord.entries] = entries;
  for (let worker = 0; worker < workers; worker++) {
    const ring = ringAt(worker) / 8;
    cells[ring + ringCell.next] = first[worker] ?? 1;
    cells[ring + ringCell.first] = first[worker] ?? 1;
  }
  words[headerWord.magic] = recorderMagic;
}

export function isRecorder(bytes: Uint8Array): boolean {
  if (bytes.byteLength < headerBytes) return false;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, headerBytes / 4);
  if (words[headerWord.magic] !== recorderMagic || words[headerWord.layout] !== recorderVersion) return false;
  return bytes.byteLength >= recorderBytes(words[headerWord.workers]!, words[headerWord.entries]!);
}
