// A small plan for tests of flows: one listener, one pool. Everything that would add to a head is off and every limit is
// generous, so that a conversation shows only what it is about; a test says what it wants otherwise.

import type {
  BalancePlan,
  CachePlan,
  DownstreamTimeouts,
  EgressPlan,
  ForwardingPlan,
  LimitsPlan,
  ListenerPlan,
  ListPlan,
  Plan,
  PoolPlan,
  ReplyPlan,
  RequestIdPlan,
  ServerPlan,
  TablePlan,
  UpstreamTimeouts,
} from "../../src/config/plan.ts";
import { type Arena, offset, rowCells, rowWords, workerOffsets } from "../../src/memory/arena.ts";
import { admin, Board, health } from "../../src/memory/board.ts";

export interface PlanOptions {
  readonly generation?: number;
  /** Names of the servers, in slot order; each is on a port of its own. */
  readonly servers?: readonly string[];
  /** Names of further pools, each with one server of its name. Route n leads to pool n; the listener's own is route 0. */
  readonly pools?: readonly string[];
  /** The listener's own route leads nowhere. */
  readonly isPoolless?: boolean;
  readonly listener?: Partial<ListenerPlan>;
  readonly server?: Partial<ServerPlan>;
  readonly pool?: Partial<PoolPlan>;
  readonly balance?: Partial<BalancePlan>;
  readonly downstream?: Partial<DownstreamTimeouts>;
  readonly upstream?: Partial<UpstreamTimeouts>;
  readonly forwarding?: Partial<ForwardingPlan>;
  readonly requestId?: RequestIdPlan | null;
  readonly limits?: Partial<LimitsPlan>;
  readonly tables?: readonly TablePlan[];
  readonly lists?: readonly ListPlan[];
  readonly caches?: readonly CachePlan[];
  readonly egresses?: readonly EgressPlan[];
  readonly banned?: ReplyPlan | null;
  readonly challenges?: Plan["challenges"];
  readonly debugToken?: string;
  /** What single pools have, by their names; the first is "app". */
  readonly own?: Readonly<Record<string, Partial<PoolPlan>>>;
}

export function makePlan(options: PlanOptions = {}): Plan {
  const further = options.pools ?? [];
  const servers = options.servers?.length ?? 1;
  return {
    generation: options.generation ?? 1,
    listeners: [makeListener(options)],
    pools: [makePool(options), ...further.map((name, index) => makePool(options, index + 1, name, servers))],
    routes: [
      { slot: 0, listener: 0, pool: options.isPoolless === true ? null : 0 },
      ...further.map((_, index) => ({ slot: index + 1, listener: 0, pool: index + 1 })),
    ],
    certificates: [],
    pems: {},
    challenges: options.challenges ?? [],
    accessLog: null,
    recorder: null,
    tables: options.tables ?? [],
    lists: options.lists ?? [],
    caches: options.caches ?? [],
    egresses: options.egresses ?? [],
    program: null,
    banned: options.banned ?? null,
    debugToken: options.debugToken ?? null,
    limits: {
      headBytesMax: 16 * 1024,
      fieldsMax: 100,
      bodyBytesMax: 0,
      requestsPerConnectionMax: 0,
      streamsPerConnectionMax: 100,
      ...options.limits,
    },
    drainMs: 30_000,
  };
}

function makeListener(options: PlanOptions): ListenerPlan {
  return {
    name: "web",
    slot: 0,
    address: { kind: "tcp", host: "127.0.0.1", port: 80 },
    mode: "http",
    route: 0,
    names: [],
    proxyProtocol: false,
    isAbortedByClose: false,
    http2: true,
    tls: null,
    redirect: null,
    hsts: null,
    udp: null,
    connectionsMax: 10_000,
    isByClient: false,
    timeouts: {
      handshakeMs: 10_000,
      clientIdleMs: 0,
      headMs: 10_000,
      idleMs: 60_000,
      readMs: 30_000,
      tunnelMs: 300_000,
      lingerMs: 2_000,
      ...options.downstream,
    },
    forwarding: {
      trusted: [],
      areFieldsBelieved: true,
      except: [],
      xForwardedFor: false,
      xForwardedProto: false,
      xForwardedHost: false,
      forwarded: false,
      via: null,
      ...options.forwarding,
    },
    requestId: options.requestId ?? null,
    rules: { connection: [], request: [], response: [], afterResponse: [] },
    errors: [],
    auth: null,
    proxy: null,
    cors: null,
    body: { isSaid: false, compress: null, replace: [] },
    hooks: null,
    log: null,
    ...options.listener,
  };
}

/** The first pool has the servers that the options name; a further one its own, in a slot behind theirs. */
function makePool(options: PlanOptions, slot = 0, name = "app", serversBefore = 0): PoolPlan {
  const servers = slot === 0 ? (options.servers ?? ["one"]) : [name];
  const firstSlot = slot === 0 ? 0 : serversBefore + slot - 1;
  return {
    name,
    slot,
    balance: {
      policy: "roundRobin",
      key: { kind: "ip" },
      loadFactor: 1.25,
      sticky: null,
      ...options.balance,
    },
    servers: servers.map((server, index) => ({
      id: `${name}/${server}:80`,
      name: `${server}:80`,
      slot: firstSlot + index,
      address: { kind: "tcp", host: "127.0.0.1", port: 81 + firstSlot + index },
      weight: 1,
      backup: false,
      isDrained: false,
      connectionsMax: 0,
      cookie: server,
      tls: null,
      isHttp2: false,
      proxyProtocol: 0,
      source: "",
      ...options.server,
    })),
    timeouts: { connectMs: 5_000, responseMs: 60_000, readMs: 30_000, serverIdleMs: 0, ...options.upstream },
    retries: 2,
    redispatch: true,
    isOneBackup: false,
    retryBudget: { ratio: 0.2, minimumPerSecond: 10 },
    queue: { lengthMax: 100, timeoutMs: 10_000 },
    idle: { connectionsMax: 10, timeoutMs: 30_000 },
    slowStartMs: 0,
    panicThreshold: 0,
    check: null,
    ejection: null,
    reply: null,
    rules: { connection: [], request: [], response: [], afterResponse: [] },
    errors: [],
    stick: null,
    cache: null,
    targets: null,
    body: { isSaid: false, compress: null, replace: [] },
    mirror: null,
    hooks: null,
    ...options.pool,
    ...options.own?.[name],
  };
}

/** Rows that tests use; the arena is far larger, and making one for each test costs more than the test. */
const rowsUsed = 16;

/** Bring an arena back to its first state, as far as so many workers write to it, and the first servers of its board up. */
export function clearArena(arena: Arena, workers: number = 1): void {
  arena.words.fill(0, offset.board / 4, offset.board / 4 + rowsUsed * rowWords);
  arena.words.fill(0, offset.sharedServers / 4, offset.sharedServers / 4 + rowsUsed * rowWords);
  arena.words.fill(0, offset.sharedPools / 4, offset.sharedPools / 4 + rowsUsed * rowWords);
  for (let index = 0; index < workers; index++) {
    const worker = workerOffsets(index);
    arena.cells.fill(0, worker.words / 8, worker.words / 8 + rowCells);
    arena.words.fill(0, worker.active / 4, worker.active / 4 + rowsUsed);
    for (const kind of ["listeners", "routes", "pools", "servers", "egresses"] as const)
      arena.cells.fill(0, worker[kind] / 8, worker[kind] / 8 + rowsUsed * rowCells);
    arena.cells.fill(0, worker.rules / 8, worker.rules / 8 + rowsUsed);
  }
  for (let slot = 0; slot < rowsUsed; slot++) setServer(arena, slot, true);
}

/** Say on the board whether a server may be given exchanges. */
export function setServer(arena: Arena, slot: number, isUp: boolean): void {
  const board = new Board(arena);
  board.write(slot, {
    health: isUp ? health.up : health.down,
    admin: admin.ready,
    isEjected: false,
    rampPermille: 1000,
    isEligible: isUp,
  });
  board.publish();
}
