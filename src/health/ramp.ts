// Slow start: the share of its weight that a server gets while it warms up. Linear in the time since it came up, and never
// below a tenth, for a server that gets next to nothing does not warm up at all.

const leastPermille = 100;

/** Thousandths of the weight. `slowStartMs` 0 is no slow start. A clock that went back counts as no time. */
export function rampPermille(upSinceMs: number, nowMs: number, slowStartMs: number): number {
  const upMs = nowMs - upSinceMs;
  if (slowStartMs <= 0 || upMs >= slowStartMs) return 1000;
  return Math.max(leastPermille, Math.floor((Math.max(0, upMs) * 1000) / slowStartMs));
}
