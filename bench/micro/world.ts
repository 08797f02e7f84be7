// The world around flows that are measured alone: lines that take everything, a port whose dials are answered by hand, a plan
// with one listener and one server. No sockets, no kernel.

import { TimerWheel } from "../../src/base/timerwheel.ts";
import type {
  CachePlan,
  HooksPlan,
  ListenerMode,
  Plan,
  PoolCachePlan,
  RulesPlan,
  TablePlan,
} from "../../src/config/plan.ts";
import { hookNames } from "../../src/config/plancontent.ts";
import { Context } from "../../src/flow/context.ts";
import type { Exchange } from "../../src/flow/exchange.ts";
import type { HookFunctions, HookRunner, HookSet } from "../../src/flow/hooks.ts";
import type { Client, DialFlow, Line, Port, WakeFlow } from "../../src/flow/port.ts";
import { Site } from "../../src/flow/site.ts";
import { Arena } from "../../src/memory/arena.ts";
import { Board } from "../../src/memory/board.ts";
import { Tally } from "../../src/memory/tally.ts";
import { Memory } from "../../test/playbook/memory.ts";

/** A line that takes everything. */
export class Sink implements Line {
  readonly heldBytes: number = 0;
  readonly isHolding: boolean = false;
  readonly takesFiles: boolean = true;
  sentBytes = 0;
  send(_bytes: Uint8Array, start: number, end: number): boolean {
    this.sentBytes += end - start;
    return true;
  }
  offer(_bytes: Uint8Array, start: number, end: number): number {
    this.sentBytes += end - start;
    return end - start;
  }
  offerFile(_file: number, bytes: Uint8Array, start: number, end: number): number {
    return this.offer(bytes, start, end);
  }
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
  reset(): void {}
  drop(): void {}
}

/** The last flow that dialed is in `flow`, and is to be told of `line`. */
export class FakePort implements Port {
  spent: Uint8Array | null = null;
  nowMs = 1000;
  sharedMs = 1000;
  wallMs = 1_700_000_000_000;
  readonly wheel: TimerWheel = new TimerWheel(0);
  flow: DialFlow | null = null;
  readonly line: Sink = new Sink();
  random(): number {
    return Math.random();
  }
  dial(_server: unknown, flow: DialFlow): void {
    this.flow = flow;
  }
  warn(): void {}
  resolve(): null {
    return null;
  }
  verify(): null {
    return null;
  }
  coder(): never {
    throw new Error("no body is coded here");
  }
  wake(flow: WakeFlow, deadlineMs: number): void {
    this.wheel.set(flow, deadlineMs);
  }
  forget(flow: WakeFlow): void {
    this.wheel.remove(flow);
  }
  readonly requestsAtOnce: number = 16;
  giveWay(): never {
    throw new Error("one request at a time is asked here");
  }
}

const noRules = { connection: [], request: [], response: [], afterResponse: [] } as const;
const timeouts = {
  handshakeMs: 10_000,
  clientIdleMs: 0,
  headMs: 10_000,
  idleMs: 60_000,
  readMs: 60_000,
  tunnelMs: 3_600_000,
  lingerMs: 2000,
};
const forwarding = {
  trusted: [],
  areFieldsBelieved: true,
  except: [],
  xForwardedFor: true,
  xForwardedProto: true,
  xForwardedHost: true,
  forwarded: false,
  via: "sluice",
};
export const client: Client = {
  address: "127.0.0.1",
  port: 40_000,
  localAddress: "127.0.0.1",
  localPort: 80,
  peerAddress: "127.0.0.1",
  tls: null,
  ja4: "",
};
const planFor = (mode: ListenerMode): Plan => ({
  generation: 1,
  drainMs: 3000,
  certificates: [],
  pems: {},
  challenges: [],
  accessLog: null,
  recorder: null,
  tables: [],
  lists: [],
  caches: [],
  egresses: [],
  program: null,
  banned: null,
  debugToken: null,
  limits: {
    headBytesMax: 32_768,
    fieldsMax: 128,
    bodyBytesMax: 0,
    requestsPerConnectionMax: 0,
    streamsPerConnectionMax: 100,
  },
  routes: [{ slot: 0, listener: 0, pool: 0 }],
  listeners: [
    {
      name: "web",
      slot: 0,
      address: { kind: "tcp", host: "127.0.0.1", port: 80 },
      mode,
      route: 0,
      names: [],
      proxyProtocol: false,
      isAbortedByClose: false,
      http2: true,
      tls: null,
      redirect: null,
      hsts: null,
      udp: null,
      connectionsMax: 30_000,
      isByClient: false,
      timeouts,
      forwarding,
      requestId: { header: "x-request-id", keep: true },
      rules: noRules,
      errors: [],
      auth: null,
      proxy: null,
      cors: null,
      body: { isSaid: false, compress: null, replace: [] },
      hooks: null,
      log: null,
    },
  ],
  pools: [
    {
      name: "app",
      slot: 0,
      balance: { policy: "roundRobin", key: { kind: "ip" }, loadFactor: 1.25, sticky: null },
      servers: [
        {
          id: "app/127.0.0.1:81",
          name: "127.0.0.1:81",
          slot: 0,
          address: { kind: "tcp", host: "127.0.0.1", port: 81 },
          weight: 1,
          backup: false,
          isDrained: false,
          connectionsMax: 0,
          cookie: "a",
          tls: null,
          isHttp2: false,
          proxyProtocol: 0,
          source: "",
        },
      ],
      timeouts: { connectMs: 5000, responseMs: 60_000, readMs: 60_000, serverIdleMs: 0 },
      retries: 2,
      redispatch: true,
      isOneBackup: false,
      retryBudget: { ratio: 0.2, minimumPerSecond: 10 },
      queue: { lengthMax: 1000, timeoutMs: 5000 },
      idle: { connectionsMax: 256, timeoutMs: 60_000 },
      slowStartMs: 0,
      panicThreshold: 0.5,
      check: null,
      ejection: null,
      reply: null,
      rules: noRules,
      errors: [],
      stick: null,
      cache: null,
      targets: null,
      body: { isSaid: false, compress: null, replace: [] },
      mirror: null,
      hooks: null,
    },
  ],
});

/** What is judged and counted in it. */
export interface Judged {
  readonly rules?: Partial<RulesPlan>;
  readonly tables?: readonly TablePlan[];
  readonly cache?: CachePlan;
  readonly poolCache?: PoolCachePlan;
  /** Of the listener. */
  readonly hooks?: HookFunctions;
  /** The server is asked by it. */
  readonly isHttp2?: boolean;
}

function hookSet(functions: HookFunctions, port: FakePort): HookSet {
  const now = (): number => {
    port.nowMs = performance.now();
    return port.nowMs;
  };
  const runner: HookRunner = { now, settle: () => {}, complain: () => {} };
  return { runner, of: (owner) => (owner === "listeners" ? functions : {}) };
}

/** What a config says of hooks that says nothing more. */
function hooksPlan(functions: HookFunctions): HooksPlan {
  const names = hookNames.filter((name) => functions[name] !== undefined);
  return { names, budgetMs: 1000, failure: null, bodyBytesMax: 1024 * 1024, tooLarge: "fail" };
}

/** A context with its one server up; `reported` is called for each exchange or stream that has ended. */
export function makeWorld(
  mode: ListenerMode,
  reported: (exchange: Pick<Exchange, "caching">) => void,
  { rules = {}, tables = [], cache, poolCache = undefined, hooks, isHttp2 = false }: Judged = {},
): { context: Context; port: FakePort } {
  const arena = Arena.inMemory();
  const board = new Board(arena);
  board.write(0, { health: 1, admin: 0, isEjected: false, rampPermille: 1000, isEligible: true });
  board.publish();
  const port = new FakePort();
  const tally = new Tally(arena, 0);
  const judgedPlan = (): Plan => {
    const plan = planFor(mode);
    const caches = cache === undefined ? [] : [cache];
    const pools = plan.pools.map((pool) => {
      const servers = pool.servers.map((server) => ({ ...server, isHttp2 }));
      return { ...pool, cache: poolCache ?? null, servers };
    });
    return {
      ...plan,
      tables,
      caches,
      pools,
      listeners: plan.listeners.map((one) => ({
        ...one,
        rules: { ...noRules, ...rules },
        hooks: hooks === undefined ? null : hooksPlan(hooks),
      })),
    };
  };
  const set = hooks === undefined ? null : hookSet(hooks, port);
  const parts = { arena, tally, workers: 1, random: Math.random, ...new Memory().parts, hooks: set };
  const site = new Site(judgedPlan(), parts, null);
  return { context: new Context(port, tally, site, reported, () => reported({ caching: null })), port };
}

const rounds = 8;

/** Runs `once` so often in each of some rounds; the nanoseconds of one in the best round. */
export function bestOf(count: number, once: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    for (let done = 0; done < count; done++) once();
    best = Math.min(best, ((performance.now() - startedMs) * 1e6) / count);
  }
  return best;
}
