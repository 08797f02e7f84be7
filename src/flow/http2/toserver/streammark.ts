// What is true of a stream to a server, each a bit of one number, so that a stream that comes and goes with its exchange is small and
// is brought back to its start by one store. It says nothing of when these change: what sets them, and what follows from
// them, stands in serverstream.ts alone.

/** Bits. */
export const mark = {
  /** Its connection has been told to stand. */
  connected: 1,
  /** The request is whole once what is held has gone out; and it has, with END_STREAM. */
  ending: 2,
  ended: 4,
  /** Nothing may be said of it, or told, any more. */
  closed: 8,
  paused: 16,
  /** The exchange waits for `drained`. */
  awaited: 32,
  queued: 64,
  /** All of the request until now is at hand. */
  recorded: 128,
  /** A request is under way. */
  begun: 256,
  /** It waits for another connection. */
  homeless: 512,
  /** Its end is to be told. */
  doomed: 1024,
  postponed: 2048,
} as const;
