// The memory of what was read. Each read is a copy outside of the collector's own heap, of up to 512 kB, and the collector does not
// keep step with bodies that pass: left alone it lets hundreds of MB pile up, and each quick collection that is asked for takes the
// read that is under way for one that stays. So what has gone on is taken back at once, by giving its buffer away: 4 us for 512 kB,
// which the next read finds in the processor's caches. What flows do not say is spent is left to the collector.

import type { Port } from "../flow/port.ts";

/** Smaller ones are no burden to the collector. */
export const largeReadBytes: number = 32 * 1024;
/** After so many in reads that were left a collection is asked for; quick ones cost little, and do not find what has once stayed. */
const collectEveryBytes = 32 * 1024 * 1024;
const fullEvery = 4;

let leftBytes = 0;
let collections = 0;

/** A call into a flow has returned; null: it was not told of a read. What it says is spent is taken back. */
export function settle(port: Pick<Port, "spent">, read: Uint8Array | null): void {
  const { spent } = port;
  port.spent = null;
  if (read !== null && read.length >= largeReadBytes) leftBytes += read.length;
  // Others may look at the rest of a buffer.
  if (spent !== null && spent.length >= largeReadBytes && spent.buffer.byteLength === spent.length) {
    leftBytes = Math.max(0, leftBytes - spent.length);
    takeBack(spent);
  }
  if (leftBytes >= collectEveryBytes) collect();
}

/** Nobody looks any more at any part of the buffer of these. */
export function takeBack({ buffer }: Uint8Array): void {
  if (buffer.byteLength >= largeReadBytes) (buffer as ArrayBuffer).transfer(0);
}

function collect(): void {
  leftBytes = 0;
  collections++;
  Bun.gc(collections % fullEvery === 0);
}
