// The access log of a running Sluice, in JSON, read line by line as it grows.

import { existsSync, readFileSync } from "node:fs";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

/** What a line may hold; those of exchanges and of connections differ. */
export interface Line {
  readonly kind?: string;
  readonly client: string;
  readonly client_port?: number;
  readonly target?: string;
  readonly status?: number;
  readonly connect_ms?: number;
  readonly duration_ms: number;
  readonly bytes_received: number;
  readonly bytes_sent: number;
  readonly listener: string;
  readonly pool: string;
  readonly server: string;
  readonly attempts: number;
  readonly fault?: string;
  readonly server_name?: string;
  readonly ja4?: string;
  readonly tls_version?: string;
  readonly tls_cipher?: string;
  readonly client_subject?: string;
}

export class AccessLog {
  readonly #path: string;
  /** What a config says of it. */
  readonly config: { path: string; format: "json"; flush: string };

  constructor(room: Room) {
    this.#path = room.path("access.log");
    this.config = { path: this.#path, format: "json", flush: "10ms" };
  }

  get lines(): Line[] {
    if (!existsSync(this.#path)) return [];
    const text = readFileSync(this.#path, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    return whole
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  }

  /** The first line that fits, once it is there. */
  async line(what: string, fits: (line: Line) => boolean): Promise<Line> {
    return until(`a line about ${what} in the access log`, () => this.lines.find(fits)).catch((error: Error) => {
      throw new Error(`${error.message}; it has ${JSON.stringify(this.lines.slice(-10))}`);
    });
  }
}
