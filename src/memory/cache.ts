// What flows see of a cache: responses by key, shared by all workers, in memory that a lock guards. The contract only; what keeps
// it is cachestore.ts. It knows bytes, sizes and times, and nothing of HTTP: what may be stored, for how long it is fresh and
// when it may be shown again is for who asks (cache/).
//
//   nothing ─ lease ─> fetching ─ begin ─> filling ─ finish ─> whole ─ freshen ─> whole
//      ^                  │ drop, owner dead, time over   │ drop       │ evicted, purged, replaced
//      └──────────────────┴───────────────────────────────┴────────────┘
//
// A key is bytes; its first part says what is asked for (the URL), the second which variant of it (values of the fields that
// Vary names, empty where there is none). All variants of one first part are found and purged together.

/** What stands under a key. */
export const cacheState = {
  /** Somebody has the lease: it asks for the response now. */
  fetching: 1,
  /** The head is there, the body grows. */
  filling: 2,
  whole: 3,
  /** Asked for again and again, never stored: not worth waiting for each other. */
  pass: 4,
  /** Names of the fields that choose a variant: only under a key without a second part. */
  vary: 5,
} as const;

/** Bits of `CacheFacts.flags`. What they mean is for cache/ to say. */
export const cacheFlag = {
  /** Stale is not to be shown, whatever else is allowed (must-revalidate, proxy-revalidate, s-maxage). */
  mustRevalidate: 1,
  /** Never to be shown without asking first (no-cache). */
  alwaysRevalidate: 2,
  hasEtag: 4,
  hasLastModified: 8,
  /** Its lifetime was guessed (RFC 9111 section 4.2.2). */
  isHeuristic: 16,
  /** Stale by a soft purge. */
  isPurged: 32,
  /** It does not change while it is fresh (RFC 8246). */
  isImmutable: 64,
  /** Stale is shown as its origin allows, and no longer because a client would take it (s-maxage beside stale-while-revalidate). */
  isUnextended: 128,
  /** There is a body, and the head does not tell how long it is. */
  isUnframed: 256,
  /** Of a pass: it holds for requests with conditions of their own. */
  isForConditional: 512,
} as const;

/** Why a draft ended by itself. */
export const draftEnd = {
  /** It has not. */
  none: 0,
  /** Head and body are more than the cache takes of one response. */
  tooLarge: 1,
  noRoom: 2,
  /** It was taken away meanwhile: see `isLost`. Another may stand in its place. */
  lost: 3,
} as const;

/** What is kept about a response beside its bytes. Times are of the wall clock in ms, lengths of time in ms. */
export interface CacheFacts {
  status: number;
  flags: number;
  /** When it was as fresh as new: the time it was stored less the age that it came with. */
  bornMs: number;
  storedMs: number;
  freshForMs: number;
  /** Beyond that: it may be shown while it is asked for anew, and when that fails. */
  staleWhileRevalidateMs: number;
  staleIfErrorMs: number;
  /** Value of Last-Modified; without one (see `flags`) that of Date, by which conditions go then; 0 without either. */
  lastModifiedMs: number;
  /** The ETag with its quotes and W/, as a span of the head; both 0 without. */
  etagStart: number;
  etagEnd: number;
  /** Why it is not stored, in the state pass; what cache/storing.ts counts by. */
  reason: number;
  /** Of the body, -1 while that grows and was not told before. */
  bodyBytes: number;
}

/** What was found. It holds its bytes until `release`, once each; objects are used again after that. */
export interface CacheEntry {
  readonly state: number;
  readonly facts: CacheFacts;
  /** What head and body are spans of. */
  readonly bytes: Uint8Array;
  /** vary: the names, with ", " between them. Otherwise the head as it was given to `begin`. */
  readonly headStart: number;
  readonly headEnd: number;
  /** Body bytes that are there; grows while it is filled, asked for anew each time. */
  readonly written: number;
  /** How often it was found. */
  readonly hits: number;
  /** Since `find`: it was dropped before it was whole, or its writer is dead. What was read of it is not whole. */
  readonly isBroken: boolean;
  /** Since `find`: it is whole. */
  readonly isWhole: boolean;
  /** Of one that is filled: its length is known, and there is room for all of it. It breaks off only where what fills it does. */
  readonly isRoomy: boolean;
  /** The longest piece that begins with body byte `at`, into `runStart` and `runEnd`, a span of `bytes`. False: none is there (yet). */
  run(at: number): boolean;
  readonly runStart: number;
  readonly runEnd: number;
  /**
   * The file in which the last run stands, at `runStart` as it does in `bytes`: said each time before the system is given its pages
   * (`Line.offerFile`), which it may hold for longer than this entry is held. That costs something once the entry goes. -1: it must not be.
   */
  lend(): number;
  /** Ask for it anew, alone: false while another has that task, and when it has been freshened or replaced since it was found. The task ends by `freshen`, `giveUp`, by a `begin` under the same key, or when its time is over. */
  claim(nowMs: number, forMs: number): boolean;
  /** Its origin says that it is still good: other facts, another head. */
  freshen(facts: CacheFacts, head: Uint8Array, headStart: number, headEnd: number): void;
  giveUp(): void;
  /** From now on stale, or gone. */
  outdate(): void;
  remove(): void;
  release(): void;
}

/** A response on its way into the cache. One of `finish` and `drop` ends it, or `append` that answers false. */
export interface CacheDraft {
  /** It was taken away meanwhile, by a purge or by another in its place: what was asked for before that is not to be stored. */
  readonly isLost: boolean;
  /** One of `draftEnd`: why `begin` or `append` has answered false. */
  readonly ending: number;
  /** `tags` with a space between them, latin-1 bytes, may be empty. False: it finds no room, and the draft has ended. */
  begin(facts: CacheFacts, head: Uint8Array, headStart: number, headEnd: number, tags: Uint8Array): boolean;
  /** Body bytes, copied. False: too large, or no room; the draft has ended and what was there is gone. */
  append(bytes: Uint8Array, start: number, end: number): boolean;
  finish(): void;
  drop(): void;
}

/** A key as it is asked for: bytes[0, firstEnd) and bytes[firstEnd, end), used during the call only. */
export interface CacheKey {
  readonly bytes: Uint8Array;
  readonly firstEnd: number;
  readonly end: number;
}

export interface Cache {
  readonly name: string;
  /** Head and body together. */
  readonly objectBytesMax: number;
  /** What stands under the key and counts as found; null where nothing does. A lease whose owner is dead or late is nothing. */
  find(key: CacheKey, nowMs: number): CacheEntry | null;
  /** The right to fetch it, for so long: null where somebody else has it, where names of fields stand, or something that is not stale. */
  lease(key: CacheKey, nowMs: number, forMs: number): CacheDraft | null;
  /** To put another in the place of what there is, whatever that is: for an answer that came instead of a 304. */
  replace(key: CacheKey, nowMs: number): CacheDraft;
  /** In the place of whatever there is, a lease of our own too: do not wait, for so long. `flags`: of `cacheFlag`; 0 unless said. */
  markPass(key: CacheKey, reason: number, untilMs: number, flags?: number): void;
  /** `names` lower-case field names with ", " between them. Variants under other names are gone. */
  markVary(key: CacheKey, names: Uint8Array): void;
  /** All variants under the first part. Answers how many there were. A fetch that is under way is not stored when it comes. `isSoft`: they are stale from now on, no more. */
  purge(key: CacheKey, isSoft: boolean): number;
}
