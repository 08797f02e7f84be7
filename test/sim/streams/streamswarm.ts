// What exists in a world of carried connections beside what is in every swarm: whose limits are short, which servers want to be
// told who the client is, and what clients and servers are capable of.

import { calm, drawSwarm, type Swarm, smallReadBytesMax } from "../swarm.ts";
import type { World } from "../world.ts";

export interface StreamSwarm extends Swarm {
  readonly workers: number;
  /** There are clients who speak HTTP, too, and they share the servers. */
  readonly hasCrowd: boolean;
  /** Somebody may be silent for longer than is allowed without doing anything wrong. */
  readonly hasShortLimits: boolean;
  /** 0 is no limit. */
  readonly clientIdleMs: number;
  readonly serverIdleMs: number;
  readonly tunnelMs: number;
  readonly handshakeMs: number;
  readonly queueMs: number;
  readonly proxyProtocol: 0 | 1 | 2;
  /** The listener that goes by names leads those it does not know somewhere. */
  readonly hasDefault: boolean;
  /** Share of connections at the listener that goes by names. */
  readonly named: number;
  readonly badHellos: boolean;
  /** Clients and servers that do whatever comes to their mind, beside those that keep to the rules. */
  readonly clientWild: number;
  readonly serverWild: number;
  readonly resets: boolean;
  readonly closes: boolean;
  readonly stalls: boolean;
  readonly slow: boolean;
  readonly floods: boolean;
  /** Bytes that a side may mean to send. */
  readonly bytesMax: number;
  /** One worker drains in the middle, and is cut. */
  readonly cuts: boolean;
}

export function drawStreamSwarm(world: World, hasCrowd: boolean): StreamSwarm {
  const swarm = drawSwarm(world);
  const is = (probability: number): boolean => world.chance(probability);
  const isShort = is(0.6);
  const limit = (): number => (!isShort || is(0.4) ? 0 : world.between(200, 5_000));
  // A slow reader of what is held for it takes many bites.
  const isNarrow = is(0.4) && swarm.delayMsMax <= 20;
  const windowBytes = isNarrow ? world.between(512, 4096) : swarm.windowBytes;
  return {
    ...swarm,
    windowBytes,
    clients: world.between(1, 14),
    workers: is(0.3) ? 2 : 1,
    hasCrowd,
    hasShortLimits: isShort,
    clientIdleMs: limit(),
    serverIdleMs: limit(),
    tunnelMs: isShort ? world.between(1_000, 10_000) : 40_000,
    handshakeMs: world.between(1_500, 4_000),
    queueMs: world.between(500, 5_000),
    proxyProtocol: is(0.4) ? world.pick([1, 2] as const) : 0,
    hasDefault: is(0.5),
    named: is(0.3) ? 0 : is(0.3) ? 1 : 0.5,
    badHellos: is(0.4),
    clientWild: is(0.3) ? 0 : is(0.5) ? 0.3 : 0.8,
    serverWild: is(0.3) ? 0 : is(0.5) ? 0.3 : 0.8,
    resets: is(0.5),
    closes: is(0.5),
    stalls: is(0.5),
    slow: is(0.5),
    floods: is(0.3) && windowBytes >= 16_384,
    bytesMax: world.pick(bytesOf(swarm.readBytesMax, windowBytes)),
    cuts: is(0.2),
  };
}

function bytesOf(readBytesMax: number, windowBytes: number): readonly number[] {
  if (windowBytes < 16_384) return [200, 40_000];
  return readBytesMax > smallReadBytesMax ? [20_000, 800_000] : [200, 20_000, 400_000];
}

/** The same without anything going wrong. */
export function calmStreams(swarm: StreamSwarm): StreamSwarm {
  return {
    ...swarm,
    ...calm(swarm),
    badHellos: false,
    clientWild: 0,
    serverWild: 0,
    resets: false,
    closes: false,
    stalls: false,
    slow: false,
    floods: false,
    cuts: false,
  };
}
