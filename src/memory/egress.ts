// What is known of the members of an egress pool, shared by all workers and control: the contract; what keeps it is egressboard.ts.
// It knows rows, words and times, and nothing of what they mean: judging, choosing and pacing are for egress/. Records are
// read by anybody at any time, and changed under the board's one lock; counts and what is in flight are added to without it. Times are of
// the wall clock, ms in doubles where a record has them, whole seconds since 2020 in words of history.
//
//   members   a row for each, found by its id; it stays the member's own for as long as the member is in the plan, over reloads and
//             restarts; another address is another row, and knows nothing of the former's past
//   pairs     a member at a host       hosts    a host, over all members       sessions, users    by the hash of their text
//   texts     hosts, keys, reasons: by number, for as long as there is room for them
//   history   the last outcomes of each member, and the last changes of its state

/**
 * Where the fields of a member's row stand, in words from its beginning. The first line of memory (64 bytes) is all that is looked at, and
 * all that is written, for a request that goes well: of thousands of rows each comes up once in a while.
 */
export const memberWord = {
  /** One of memberState. */
  state: 0,
  /** Failures since the last success. */
  failures: 1,
  /** How often in a row it has cooled down, for growth. */
  level: 2,
  /** Why it is in its state: one of changeCause. */
  cause: 3,
  /** Double: when the state began. */
  sinceMs: 4,
  /** Double: when it was last chosen. */
  usedMs: 6,
  /** In flight, over all workers. By Atomics. */
  active: 8,
  /** Counts since it has this row, modulo 2^32; bytes in doubles. By Atomics, but for bytes, which are added to by whoever ends a request, and may lose some. */
  requests: 9,
  successes: 10,
  /** How many outcomes were kept in its ring. By Atomics. */
  outcomes: 11,
  bytesUp: 12,
  bytesDown: 14,
  /** Double: when the state ends; 0 never. */
  untilMs: 16,
  /** The text that belongs to its cause (a host, or the reason of a ban). */
  causeText: 18,
  /** As `requests`. */
  failed: 19,
  transportFailed: 20,
  /** Of the failures, what the host of the last one has contributed, without a break. */
  lastHost: 21,
  lastHostFailures: 22,
  /** Hosts at which it failed by transport since it began anew, as bits of their hash, and how often; who has told of that (egress/transportrun.ts). */
  faultyHosts: 23,
  transportFaults: 24,
  /** How many changes of its state were kept. By Atomics. */
  changes: 25,
  /** Failures of the run that goes on: how many times there are in its ring (`timesOf`), and where the next goes. */
  timesCount: 26,
  timesNext: 27,
  /** Of strategies: theirs to use, 0 at first. */
  strategy: 28,
  /** So many words of it. */
  strategyWords: 4,
} as const;
/** Of failures in a row that a strategy can ask for of a member, and of a pair. */
export const memberTimesMax = 96;
export const pairTimesMax = 16;

export const memberState = {
  /** The row is nobody's. */
  none: 0,
  available: 1,
  coolingDown: 2,
  /** Cooled down, and on trial: one request at a time. */
  trial: 3,
  /** By an operator. */
  banned: 4,
} as const;
export type MemberState = (typeof memberState)[keyof typeof memberState];

/**
 * A record of a pair, host, session or user: found by two words that name it. Of a pair the first is the row of its member, and goes
 * with it; so does a session. Whoever changes one writes what a state needs (untilMs, cause) before the state itself: if it is
 * killed in between, nothing is out for ever.
 */
export const recordWord = {
  /** The two words; the first is never 0. */
  first: 0,
  second: 1,
  /** Seconds; what was not used longest makes room. By whoever uses it. */
  usedS: 2,
  /** pair, host: of memberState (a host that is down: coolingDown). session: 1 + the row of its member. */
  state: 3,
  /** As a member's. host: 1 where a verdict was refuted (egress/hosts.ts). */
  level: 4,
  failures: 5,
  /** host: members that failed since the last success, as bits of their hash. pair: 1 once it has reached that host while it was doubtful (egress/hosts.ts). */
  faulty: 6,
  /** pair, user: in flight. By Atomics. */
  active: 7,
  /** Double. user: when its period ends, before which its record makes room for no other. */
  untilMs: 8,
  /** Double. pair: when it may be used next. session, user: when it, or its period, began. host: when its failures began. */
  atMs: 10,
  cause: 12,
  /** Text of the host, key or name. */
  text: 13,
  requests: 14,
  timesCount: 15,
  /** Double. session, user: both ways. pair: when its state began. */
  bytes: 16,
  timesNext: 18,
  strategy: 19,
  strategyWords: 4,
  times: 24,
} as const;
export const recordWords = 40;

const epochS = 1_577_836_800;

/** Of the wall clock, as words have it: whole seconds since 2020. */
export function secondsOf(wallMs: number): number {
  return Math.max(0, Math.floor(wallMs / 1000) - epochS);
}

export type RecordKind = "pair" | "host" | "session" | "user";

export const changeCause = {
  none: 0,
  /** The strategy says so: failures of answers, or of transport. */
  failures: 1,
  transport: 2,
  /** A status or body that means a ban. */
  marked: 3,
  /** The address cannot be used on this machine, or the proxy that it is refuses us. */
  unusable: 4,
  manual: 5,
  /** Back: its time is over, its trial succeeded, an operator said so, or the blame was a host's that is down. */
  over: 6,
  trialPassed: 7,
  unbanned: 8,
  acquitted: 9,
  trialFailed: 10,
  /** It is new in the plan. */
  added: 11,
  /** Back: an address that could not be bound to can be. */
  usable: 12,
} as const;
export type ChangeCause = (typeof changeCause)[keyof typeof changeCause];

/** Bits of an outcome. */
export const outcomeFlag = { failure: 1, fromLog: 2, tunnel: 4, banned: 8 } as const;

/** One outcome, 20 bytes as it is kept. */
export interface Outcome {
  /** Wall clock. */
  atMs: number;
  /** 0 where there was none. */
  status: number;
  /** Index into faultCodes plus 1; 0 without. */
  fault: number;
  /** outcomeFlag. */
  flags: number;
  /** Up to 2^24 - 1; -1 unknown. */
  durationMs: number;
  /** Texts; 0 without. */
  host: number;
  key: number;
}

/** A change of state, 12 bytes as it is kept. */
export interface Change {
  atMs: number;
  state: MemberState;
  cause: ChangeCause;
  /** How long it is to last; 0: open. Up to 2^23 s. */
  forMs: number;
  text: number;
}

/** A member that is held in flight. */
export interface HeldMember {
  /** Its row when it was chosen. */
  readonly row: number;
  /** -1: there was no room for one. */
  readonly lease: number;
}

export interface EgressBoard {
  /** Members that there is room for. */
  readonly capacity: number;
  readonly entriesMax: number;
  readonly changesMax: number;
  /** For reading and, with the lock, for writing: rows and records are numbers of words in here. */
  readonly words: Int32Array;
  /** The same bytes; index = word / 2. */
  readonly doubles: Float64Array;
  /** Drawn when it was made, and carried over into its successors: of whoever names records by hashes that no stranger is to foresee. */
  readonly nameSeed: number;
  /** Changes whenever a member's state does, or the members do. */
  readonly version: number;
  /** Said, with the lock, after a state has changed. */
  touch(): void;
  /** The next number of one counter that all workers share: 0, 1, 2, … each given out once, modulo 2^32. No lock. */
  nextTurn(): number;

  /** False: somebody who lives does not let go; do without. What is done under it takes no time. */
  open(): boolean;
  close(): void;

  /** Word of the member's row; 0 without. */
  memberOf(id: string): number;
  /** The id of a row; "" of nobody's. */
  idOf(member: number): string;
  /** Where its ring begins of `memberTimesMax` words, the seconds of its last failures: away from the row, for only failures look at it. */
  timesOf(member: number): number;
  /** Every row that is somebody's. */
  members(visit: (member: number, id: string) => void): void;
  /** For control: these are the members. Those that stay keep their rows, others lose theirs and all that is known of them. Answers ids that found no room. */
  adopt(ids: readonly string[], nowMs: number): readonly string[];

  /** A record; 0 without. No lock. What it names may be another's a moment later: compare first and second after reading where that matters. */
  find(kind: RecordKind, first: number, second: number): number;
  /** Found or made, with the lock; 0: all that could make room are in use. */
  take(kind: RecordKind, first: number, second: number, nowMs: number): number;
  /** Forget it, with the lock. */
  drop(kind: RecordKind, record: number): void;
  records(kind: RecordKind, visit: (record: number) => void): void;
  /** How many there are. */
  count(kind: RecordKind): number;

  /**
   * Hold member and pair (0: none) in flight: counted in both, and let go of by control if this process dies. A lease, or -1 without
   * room for more. No lock is needed for the member; a pair is still the one that was meant if it was taken under the lock that is held.
   */
  hold(member: number, pair: number): number;
  /** -1 is nothing. */
  letGo(lease: number): void;
  /** The member that is held; 0 once it has left the plan: then its row is nobody's, or another's, and is told nothing. */
  heldBy(lease: number): number;
  /** For control: what dead processes held is let go of. Answers how many processes. */
  recover(): number;

  // ---- when a reload has given the pool a board of another shape ----

  /** The board that has taken over what this process held here, and is to be told of it from then on; null: this one is in use. */
  readonly successor: EgressBoard | null;
  /** What that is there; to be asked for once. Row 0: its member has left. */
  heirOf(held: HeldMember): HeldMember;

  /** The number of a text, cut off at `textBytesMax`; known ones cost a look into a map of this process. 0 for "". */
  textOf(text: string): number;
  /** Moves on whenever a text is new to the board: what `textOf` answered since it stands where it stands is still what it answers. */
  readonly textsClock: number;
  /** What a number meant; null once forgotten. "" for 0. */
  text(number: number): string | null;

  /** Adds to the member's ring. No lock; nothing is kept where entriesMax is 0. */
  keep(member: number, outcome: Outcome): void;
  /** The last `most`, newest first; `visit` answers whether to go on. The object is used again. */
  history(member: number, most: number, visit: (outcome: Outcome) => boolean): void;
  /** With the lock. */
  keepChange(member: number, change: Change): void;
  changes(member: number, most: number, visit: (change: Change) => boolean): void;
  /** How many of them there were since the file was made, of all members, modulo 2^32; also those that are not kept. */
  changeCount(state: MemberState, cause: ChangeCause): number;
  /** Of the file as it is laid out, and what of it was ever touched is less. */
  readonly bytes: number;
}

/** Bytes of a text that are kept. */
export const textBytesMax = 52;

/** What a board is made of; another shape is another file, into which control carries what the former knew. */
export interface EgressShape {
  readonly members: number;
  readonly entriesMax: number;
  readonly changesMax: number;
  readonly pairs: number;
  readonly hosts: number;
  readonly sessions: number;
  readonly users: number;
  readonly texts: number;
}
