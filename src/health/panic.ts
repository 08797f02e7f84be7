// When ejections would leave too few servers of a pool, they are ignored: a fault that shows on most servers is more likely
// in the network, in the requests or in what all servers depend on, and the few that are left would be overrun.
// Only ejections are ignored. Servers that fail their active checks or are in maintenance stay out; they count in the pool's
// size, not among the available.

/** Products such as 0.7 * 10 may be a hair above the whole number that was meant. */
const rounding = 1e-9;

/**
 * Whether ejections must be ignored. `servers` is the pool's size without backups, `available` how many of them would
 * serve if nobody were ejected, `ejected` how many of the available are, `threshold` the least share (0-1) that must be
 * left of the pool; 0 never ignores ejections.
 */
export function isPanic(servers: number, available: number, ejected: number, threshold: number): boolean {
  return ejected > 0 && available - ejected < threshold * servers - rounding;
}
