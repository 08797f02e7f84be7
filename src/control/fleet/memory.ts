// What control remembers of its fleet over restarts, in a file of the state folder: which bans were lifted, and which orders have been
// carried out. Without it a node that was away would bring back a ban, or what was cleared. A file that cannot be read is as none.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Lifted } from "./banshare.ts";

export interface Remembered {
  /** Of bans and orders; "0" is none. */
  readonly epoch: string;
  readonly ordersTo: number;
  readonly lifted: readonly (readonly [string, Lifted])[];
}

const nothing: Remembered = { epoch: "0", ordersTo: 0, lifted: [] };

export class FleetMemory {
  readonly #path: string;
  readonly #fleet: string;

  /** `fleet`: what was remembered of another one is nothing to it. */
  constructor(path: string, fleet: string) {
    this.#path = path;
    this.#fleet = fleet;
  }

  read(): Remembered {
    if (!existsSync(this.#path)) return nothing;
    try {
      const { version, fleet, epoch, ordersTo, lifted } = JSON.parse(readFileSync(this.#path, "utf8")) as Remembered & {
        version: number;
        fleet: string;
      };
      if (version !== 1 || fleet !== this.#fleet || typeof epoch !== "string" || !Array.isArray(lifted)) return nothing;
      return { epoch, ordersTo: Number(ordersTo) || 0, lifted };
    } catch {
      return nothing;
    }
  }

  /** Null, or what the file system says. */
  write(remembered: Remembered): string | null {
    const draft = `${this.#path}.new`;
    try {
      writeFileSync(draft, JSON.stringify({ version: 1, fleet: this.#fleet, ...remembered }), { mode: 0o600 });
      renameSync(draft, this.#path);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }
}
