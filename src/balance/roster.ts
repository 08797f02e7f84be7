// Who of a pool may be picked, and with what weight: the conclusion drawn from the plan and from the board, whenever control
// has published. It does not know in-flight counts, and nothing of other workers.
// Backups are in service only while no other server is, all of them or the first that is well, as the plan says. A server of weight 0 is never picked, only kept by sticky cookies.
// A slow start scales weights, except for hashing policies: there it would move keys away and back again.

import type { PoolPlan, ServerPlan } from "../config/plan.ts";
import type { Arena } from "../memory/arena.ts";
import { admin, Board, health, type ServerState } from "../memory/board.ts";

export class Roster {
  readonly eligible: Int32Array;
  readonly isEligible: Uint8Array;
  /** 1 where a backup server is well, whether or not it is needed. */
  readonly isBackupWell: Uint8Array;
  /** 1 where a server takes the exchanges of its sticky cookie. */
  readonly isKept: Uint8Array;
  readonly weights: Float64Array;
  /** How often each has become eligible, by the board. */
  readonly arrivals: Int32Array;
  eligibleCount = 0;
  /** Changes when any of the above has. */
  version = 0;
  readonly #plan: PoolPlan;
  readonly #board: Board;
  readonly #isRamped: boolean;

  constructor(plan: PoolPlan, arena: Arena, isRamped: boolean) {
    const count = plan.servers.length;
    this.eligible = new Int32Array(count);
    this.isEligible = new Uint8Array(count);
    this.isBackupWell = new Uint8Array(count);
    this.isKept = new Uint8Array(count);
    this.weights = new Float64Array(count);
    this.arrivals = new Int32Array(count);
    this.#plan = plan;
    this.#board = new Board(arena);
    this.#isRamped = isRamped;
    this.rebuild();
  }

  rebuild(): void {
    const { servers, isOneBackup } = this.#plan;
    const hasServing = servers.some((server) => !server.backup && this.#isWell(server));
    const firstBackup = servers.findIndex((server) => server.backup && this.#isWell(server));
    let count = 0;
    let isChanged = this.version === 0;
    for (let index = 0; index < servers.length; index++) {
      const server = servers[index]!;
      const isWell = this.#isWell(server);
      const isNeeded = server.backup !== hasServing && !(isOneBackup && server.backup && index !== firstBackup);
      const isEligible = isWell && isNeeded ? 1 : 0;
      const isBackupWell = isWell && server.backup ? 1 : 0;
      const arrivals = this.#board.arrivals(server.slot);
      const weight = this.#isRamped ? server.weight * this.#rampOf(server) : server.weight;
      if (
        isEligible !== this.isEligible[index] ||
        isBackupWell !== this.isBackupWell[index] ||
        weight !== this.weights[index] ||
        arrivals !== this.arrivals[index]
      )
        isChanged = true;
      this.isEligible[index] = isEligible;
      this.isBackupWell[index] = isBackupWell;
      this.weights[index] = weight;
      this.arrivals[index] = arrivals;
      this.isKept[index] = this.#isKept(server) ? 1 : 0;
      if (isEligible === 1) this.eligible[count++] = index;
    }
    this.eligibleCount = count;
    if (isChanged) this.version++;
  }

  /** What the board says of a server now; null while its name has no address. */
  stateOf(index: number): ServerState | null {
    const server = this.#plan.servers[index]!;
    return isResolved(server) ? this.#board.read(server.slot) : null;
  }

  #isWell(server: ServerPlan): boolean {
    return server.weight > 0 && isResolved(server) && this.#board.isEligible(server.slot);
  }

  /** As with HAProxy and nginx, a server being drained keeps the sessions that are bound to it. */
  #isKept(server: ServerPlan): boolean {
    if (!isResolved(server)) return false;
    if (this.#board.isEligible(server.slot)) return true;
    const state = this.#board.read(server.slot);
    if (state.admin !== admin.drain || state.isEjected) return false;
    return state.health === health.up || (state.health === health.unchecked && this.#plan.check === null);
  }

  /** Thousandths on the board; a row that was never written counts as the least. */
  #rampOf(server: ServerPlan): number {
    return Math.min(1000, Math.max(1, this.#board.rampPermille(server.slot))) / 1000;
  }
}

/** Whether the server's name has an address yet. */
function isResolved(server: ServerPlan): boolean {
  return server.address.kind === "unix" || (server.address.port !== 0 && server.address.host !== "");
}
