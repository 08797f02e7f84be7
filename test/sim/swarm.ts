// Which faults exist in a run. Each seed draws a subset (swarm testing): with all of them always on, most runs would end before
// the rarer ones meet each other, and some bugs show only while another fault is absent.

import type { World } from "./world.ts";

export const smallReadBytesMax: number = 64 * 1024;
const largeReadBytesMax = 512 * 1024;

export interface Swarm {
  /** Segments of the network: cut small, delayed. */
  readonly splits: boolean;
  readonly delayMsMax: number;
  /** Bytes that a direction of a connection holds before its writer must wait. */
  readonly windowBytes: number;
  /** The most that is read at once: of most worlds little, of the others what the runtime reads, and pieces and bodies are large there. */
  readonly readBytesMax: number;
  /** `pause` does not stop what was already under way. */
  readonly latePause: boolean;
  /** The runtime tells of a close once both sides have sent FIN. */
  readonly isCloseTold: boolean;
  readonly clientAborts: boolean;
  readonly clientStalls: boolean;
  readonly clientSlow: boolean;
  readonly clientVanishes: boolean;
  readonly clientMalformed: boolean;
  readonly clientFloods: boolean;
  readonly clientHalfCloses: boolean;
  readonly pipelining: boolean;
  readonly uploads: boolean;
  readonly upgrades: boolean;
  readonly http10: boolean;
  readonly refuses: boolean;
  readonly hangs: boolean;
  readonly originSlow: boolean;
  readonly originBad: readonly OriginFault[];
  readonly originBadShare: number;
  readonly flaps: boolean;
  readonly reloads: boolean;
  readonly serverLimit: number;
  readonly queueLength: number;
  readonly idleMax: number;
  readonly requestsMax: number;
  readonly retries: number;
  readonly redispatch: boolean;
  readonly drains: boolean;
  readonly clients: number;
  readonly servers: number;
  /** Rules hold entries of a table, change heads and slow bodies down. */
  readonly isJudged: boolean;
  /** Bodies are opened, looked through and compressed, by coders that take their time. */
  readonly isRewriting: boolean;
  /** Hooks of all kinds, which fail in all ways (hooked.ts). */
  readonly isHooked: boolean;
  /** Some clients log in by their connection, unasked or asked (NTLM, Negotiate). */
  readonly logins: boolean;
}

export const originFaults = [
  "truncate",
  "reset",
  "garbage",
  "silent",
  "closeAtOnce",
  "closeAfterRequest",
  "closeAfterSome",
  "extraBytes",
  "interimFlood",
  "stall",
  "early",
  "earlyClose",
  "badFraming",
  "unaskedUpgrade",
] as const;
export type OriginFault = (typeof originFaults)[number];

export function drawSwarm(world: World): Swarm {
  const is = (probability: number): boolean => world.chance(probability);
  const delayMsMax = is(0.3) ? 0 : is(0.7) ? 20 : 400;
  const isWide = is(0.5);
  // What does not fit into the way is not read at once.
  const isLarge = isWide && is(0.4);
  return {
    splits: is(0.6),
    delayMsMax,
    // A narrow and long way would take longer than a run.
    windowBytes: isWide ? (isLarge ? 1024 : 256) * 1024 : world.skewed(delayMsMax > 100 ? 8192 : 512, 65_536),
    readBytesMax: isLarge ? largeReadBytesMax : smallReadBytesMax,
    latePause: is(0.5),
    isCloseTold: is(0.7),
    clientAborts: is(0.3),
    clientStalls: is(0.3),
    clientSlow: is(0.3),
    clientVanishes: is(0.2),
    clientMalformed: is(0.3),
    clientFloods: is(0.1),
    clientHalfCloses: is(0.4),
    pipelining: is(0.5),
    uploads: is(0.7),
    upgrades: is(0.4),
    http10: is(0.3),
    refuses: is(0.3),
    hangs: is(0.2),
    originSlow: is(0.3),
    originBad: is(0.3) ? [] : originFaults.filter(() => is(0.3)),
    originBadShare: is(0.5) ? 0.1 : 0.5,
    flaps: is(0.2),
    reloads: is(0.3),
    serverLimit: is(0.4) ? world.between(1, 3) : 0,
    queueLength: is(0.3) ? world.between(0, 3) : 100,
    idleMax: is(0.3) ? world.between(0, 2) : 10,
    requestsMax: is(0.2) ? world.between(1, 4) : 0,
    retries: world.between(0, 3),
    redispatch: is(0.8),
    drains: is(0.2),
    clients: world.between(1, 12),
    servers: world.between(1, 3),
    isJudged: is(0.5),
    isRewriting: is(0.4),
    isHooked: is(0.4),
    logins: is(0.4),
  };
}

/** Bodies of which a single read may bring much; for those who send slowly they would take longer than a run. */
export function hasLargeBodies({ readBytesMax, clientSlow }: Swarm): boolean {
  return readBytesMax > smallReadBytesMax && !clientSlow;
}

/** Two reads and heads, in what form ever they go on; a line holds no more, whatever its peer does. */
export function heldBytesMaxOf({ readBytesMax }: Swarm): number {
  return 2 * readBytesMax + 384 * 1024;
}

/** The same run without anything going wrong: what must then all be answered. */
export function calm(swarm: Swarm): Swarm {
  return {
    ...swarm,
    clientAborts: false,
    clientStalls: false,
    clientVanishes: false,
    clientMalformed: false,
    clientFloods: false,
    refuses: false,
    hangs: false,
    originBad: [],
    flaps: false,
    reloads: false,
    drains: false,
  };
}
