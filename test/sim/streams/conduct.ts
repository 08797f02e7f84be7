// What a side of a stream will do, drawn before it begins: what it sends and when, how it reads, and how it ends. A good one
// sends all it means to, ends by a FIN and reads to the end; a wild one does as it likes.

import type { World } from "../world.ts";
import type { StreamSwarm } from "./streamswarm.ts";

export interface Conduct {
  /** Nothing that it does could break a stream. */
  readonly isGood: boolean;
  /** It sends back what it is sent, and nothing else. */
  readonly isEcho: boolean;
  /** Begins to send: after a while, or once the other side has ended. */
  readonly startMs: number;
  readonly isStartedByFin: boolean;
  /** How many bytes, each with a pause behind it. */
  readonly pieces: readonly { readonly bytes: number; readonly waitMs: number }[];
  /** What it does when all of that is sent: go on reading without a word, until the other side ends, and end then. */
  readonly last: "fin" | "reset" | "close" | "wait";
  /** In the middle of it all. 0 is never. */
  readonly leavesMs: number;
  readonly leaves: "reset" | "close" | "vanish";
  readonly reading: "eager" | "slow" | "stall" | "never";
  readonly stallMs: number;
  readonly stallsForMs: number;
}

/** `mayWait`: the other side ends without being told to. */
export function drawConduct(world: World, swarm: StreamSwarm, side: "client" | "server", mayWait: boolean): Conduct {
  const isWild = world.chance(side === "client" ? swarm.clientWild : swarm.serverWild);
  const is = (isPossible: boolean, share: number): boolean => isWild && isPossible && world.chance(share);
  const isFlood = is(swarm.floods, 0.3);
  const reading = is(swarm.slow, 0.4)
    ? "slow"
    : is(swarm.stalls, 0.3)
      ? "stall"
      : is(swarm.stalls, 0.15)
        ? "never"
        : "eager";
  const isSlowSafe = !isWild && swarm.slow && world.chance(0.3);
  const last = is(swarm.resets, 0.3)
    ? "reset"
    : is(swarm.closes, 0.3)
      ? "close"
      : isWild && world.chance(0.2)
        ? "wait"
        : mayWait && world.chance(0.3)
          ? "wait"
          : "fin";
  const leaves = is(swarm.resets, 0.4) ? "reset" : is(swarm.closes, 0.4) ? "close" : "vanish";
  const isLeaving = leaves !== "vanish" ? world.chance(0.6) : is(swarm.stalls, 0.1);
  return {
    isGood: !isWild,
    isEcho: side === "server" && world.chance(0.15),
    startMs: world.chance(0.6) ? 0 : world.skewed(0, isWild ? 4_000 : 800),
    isStartedByFin: mayWait && world.chance(0.2),
    pieces: isFlood ? floodPieces : drawPieces(world, swarm, isWild),
    last,
    leavesMs: isLeaving ? world.skewed(1, 6_000) : 0,
    leaves,
    reading: isSlowSafe ? "slow" : reading,
    stallMs: world.skewed(0, 2_000),
    stallsForMs: world.skewed(10, 15_000),
  };
}

const floodPieces = Array.from({ length: 120 }, () => ({ bytes: 16 * 1024, waitMs: 20 }));

function drawPieces(world: World, swarm: StreamSwarm, isWild: boolean): Conduct["pieces"] {
  const count = world.chance(0.1) ? 0 : world.between(1, 4);
  return Array.from({ length: count }, () => ({
    bytes: world.skewed(1, swarm.bytesMax),
    waitMs: world.chance(0.6) ? 0 : world.skewed(0, isWild && swarm.stalls ? 8_000 : 600),
  }));
}
