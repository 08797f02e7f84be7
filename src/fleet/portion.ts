// How much of a bucket that all nodes take from one node may give until it hears of the others again. Each node fills its copy by
// itself and hears what others took an interval later: if every one of n nodes gave all that is left, n times that would be
// given, and the debt would close the bucket for a long time afterwards. So where several nodes use it and it is less than full, each
// gives its part of what is left and of what comes in meanwhile. A bucket that is full is shown in full to everybody, for a client may
// spend its whole burst at one node; between half and full the one passes into the other, below half there are parts alone.
//
// Parts of a token are drawn for: of ten nodes with a tenth each, about one gives one. What was given too much is a debt that the
// ledger keeps, so over time no more comes through than the limit says.

export interface Shared {
  readonly burst: number;
  readonly periodMs: number;
  /** How many nodes use it now. */
  readonly nodes: number;
  /** How long until a node hears again. */
  readonly intervalMs: number;
}

/** Until the bucket is full here, from how long it is to all nodes; `coin` is uniform in [0, 1). */
export function portionLacking(
  lackingMs: number,
  { burst, periodMs, nodes, intervalMs }: Shared,
  coin: number,
): number {
  if (nodes <= 1) return lackingMs;
  const left = burst - lackingMs / periodMs;
  const coming = intervalMs / periodMs;
  if (left + coming <= 0) return lackingMs;
  const shown = Math.max(2 * left - burst, 0);
  const part = (left + coming) / nodes + shown * (1 - 1 / nodes);
  const whole = Math.floor(part) + (coin < part % 1 ? 1 : 0);
  // What comes in here by itself until then is a part of the part; less than a token comes to nothing.
  const level = Math.min(whole - Math.floor(coming), burst);
  return (burst - level) * periodMs;
}
