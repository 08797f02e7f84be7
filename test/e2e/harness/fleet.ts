// Several Sluices that are one fleet, each with a wire of its own to one Redis, and what a client sees of them. A client is who its
// field x-user says, so that a test has as many as it likes.

import type { FleetAnswer } from "../../../src/control/fleet/nodestatus.ts";
import type { EntryAnswer } from "../../../src/control/table/answer.ts";
import { Origin, ok } from "./origin.ts";
import { Redis } from "./redis.ts";
import { Relay } from "./relay.ts";
import type { Room } from "./room.ts";
import { type Draft, Sluice } from "./sluice.ts";
import { until } from "./wait.ts";

export interface FleetOptions {
  readonly nodes?: number;
  readonly fleet?: object;
}

const user = "headers['x-user']";
const key = { string: 32 };

export class Node {
  readonly name: string;
  readonly relay: Relay;
  sluice: Sluice;

  constructor(name: string, relay: Relay, sluice: Sluice) {
    this.name = name;
    this.relay = relay;
    this.sluice = sluice;
  }

  /** The status of an answer. */
  async ask(path: string, who: string): Promise<number> {
    const response = await fetch(`${this.sluice.url}${path}`, { headers: { "x-user": who } });
    await response.arrayBuffer();
    return response.status;
  }

  /** What all nodes have of a client in table `seen`, as this one knows; null: nothing. */
  async seen(who: string, table = "seen"): Promise<Readonly<Record<string, number>> | null> {
    const response = await fetch(`http://${this.sluice.admin}/api/v1/tables/${table}/entries/${who}`);
    return response.status === 404 ? null : (((await response.json()) as EntryAnswer).fleet ?? null);
  }

  async fleet(): Promise<FleetAnswer> {
    return (await (await fetch(`http://${this.sluice.admin}/api/v1/fleet`)).json()) as FleetAnswer;
  }

  /** Until it knows all others. */
  knows(count: number): Promise<unknown> {
    return until(`${this.name} to know of ${count} nodes`, async () => {
      const { fleet } = await this.fleet();
      return fleet?.nodes === count && fleet.tables.every(({ isStale }) => !isStale);
    });
  }
}

export class FleetOfNodes {
  readonly redis: Redis;
  readonly nodes: readonly Node[];

  private constructor(redis: Redis, nodes: readonly Node[]) {
    this.redis = redis;
    this.nodes = nodes;
  }

  static async start(room: Room, options: FleetOptions = {}): Promise<FleetOfNodes> {
    const redis = await Redis.start(room);
    const origin = new Origin(room, () => ok("ok"));
    const nodes = await Promise.all(
      Array.from({ length: options.nodes ?? 3 }, async (_, index) => {
        const relay = new Relay(room, redis.port);
        const name = `n${index + 1}`;
        return new Node(name, relay, await Sluice.start(room, draftOf(origin, relay, name, options.fleet)));
      }),
    );
    await Promise.all(nodes.map((node) => node.knows(nodes.length)));
    return new FleetOfNodes(redis, nodes);
  }
}

function draftOf(origin: Origin, relay: Relay, node: string, fleet: object = {}): Draft {
  return {
    fleet: { redis: `redis://${relay.address}`, node, interval: "100ms", stale: "1s", ...fleet },
    tables: {
      seen: { key, size: "10k", expire: "1h", share: true, store: ["http_req_cnt", "conn_cur", "http_req_rate(10s)"] },
      marks: { key, size: "10k", expire: "1h", share: true, store: ["gpc0"] },
    },
    pools: {
      app: {
        servers: [origin.address],
        rules: {
          request: [
            { if: "path == '/limited'", limit: { rate: "30/10s", by: user, share: true }, name: "shared" },
            { if: "path == '/seen'", track: { table: "seen", by: user } },
            { if: "path == '/rated'", track: { table: "seen", by: user } },
            { if: `path == '/rated' && seen[${user}].http_req_rate > 1000`, deny: { status: 429 } },
            { if: "path == '/mark'", increment: `marks[${user}].gpc0` },
            { if: `path == '/marked' && marks[${user}].gpc0 > 0`, deny: { status: 403 } },
          ],
        },
      },
    },
  } as Draft;
}

/** Shares of a measurement, in milliseconds. */
export function shares(took: readonly number[]): (share: number) => number {
  const sorted = [...took].sort((one, other) => one - other);
  // To a microsecond: with tenths of a millisecond 0.14 and 0.16 would be one and twice that.
  return (share) => Math.round(sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)]! * 1000) / 1000;
}
