// What requests through an egress pool are for: a server at all of 127.0.0.0/8 (each address another host), that writes down from which
// address it was asked, when and for what, refuses some addresses at some hosts, and can be silent. It answers with the address it saw.

import { type Asked, Origin, type OriginOptions, ok } from "./origin.ts";
import type { Room } from "./room.ts";

export interface Visit {
  readonly from: string;
  /** Without a port. */
  readonly host: string;
  readonly path: string;
  readonly atMs: number;
}

/** What it says to an address at a host; null: nothing at all. */
export type Manner = (visit: Visit) => number | null;

export class Outside {
  readonly origin: Origin;
  readonly visits: Visit[] = [];
  manner: Manner = () => 200;
  /** Such a text is in every answer that is no success. */
  refusal = "no";
  /** How long it takes. */
  slowMs = 0;
  /** By address and host: how many are there now, and the most there were. */
  readonly #present = new Map<string, number>();
  readonly most: Map<string, number> = new Map();

  constructor(room: Room, options: OriginOptions = {}) {
    this.origin = new Origin(room, (asked) => this.#answer(asked), { hostname: "0.0.0.0", ...options });
  }

  get port(): number {
    return this.origin.port;
  }

  /** One of many hosts that it is: 127.1.0.N. */
  host(number: number): string {
    return `127.1.0.${number}:${this.port}`;
  }

  /** Since it was last forgotten. */
  from(host?: string): string[] {
    return this.visits
      .filter((visit) => host === undefined || visit.host === host.split(":")[0])
      .map(({ from }) => from);
  }

  async #answer(asked: Asked): Promise<Buffer | string | null> {
    const from = (asked.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    const host = (asked.fields.get("host")?.[0] ?? "").replace(/:\d+$/, "");
    const visit = { from, host, path: asked.target, atMs: performance.now() };
    this.visits.push(visit);
    const status = this.manner(visit);
    if (status === null) return null;
    const pair = `${from} ${host}`;
    const present = (this.#present.get(pair) ?? 0) + 1;
    this.#present.set(pair, present);
    this.most.set(pair, Math.max(present, this.most.get(pair) ?? 0));
    if (this.slowMs > 0) await Bun.sleep(this.slowMs);
    this.#present.set(pair, this.#present.get(pair)! - 1);
    if (status === 200) return ok(from, "Content-Type: text/plain", "X-Egress-IP: 192.0.2.1");
    return `HTTP/1.1 ${status} Refused\r\nContent-Length: ${this.refusal.length}\r\n\r\n${this.refusal}`;
  }
}
