// The boards of egress pools, as this worker has them: the files that came with the plan, mapped (mappedfiles.ts). One that stays in the
// plan stays the same object over reloads, for leases on it are held; who its members are control has written into it before the plan came.
// Where a reload gives a pool a board of another shape, what is held on the former one is held on that from then on.

import type { EgressPlan } from "../config/plan.ts";
import { type Reserve, reserved } from "../memory/cellpages.ts";
import type { EgressBoard } from "../memory/egress.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import type { Owner } from "../memory/owners.ts";
import { Leavings } from "./leavings.ts";
import { type MappedFile, MappedFiles } from "./mappedfiles.ts";

interface Settled {
  readonly board: SharedEgressBoard;
  /** Which file it is. */
  readonly identity: string;
}

export class Egresses {
  readonly #mapped: MappedFiles<EgressPlan, SharedEgressBoard>;
  /** Of the plan in force. */
  #settled: ReadonlyMap<string, Settled> = new Map();
  /** Those before them, on which is still held what is held on these. */
  #formers: readonly SharedEgressBoard[] = [];

  /** `reserve`: memory for parts of a file. */
  constructor(
    owner: Owner,
    leavings: Leavings = new Leavings(),
    reserve: (file: MappedFile) => Reserve = () => reserved,
  ) {
    this.#mapped = new MappedFiles(
      "board",
      (bytes, plan, file) => new SharedEgressBoard(bytes, plan.name, owner, undefined, reserve(file)),
      leavings,
    );
  }

  /** `files`: paths by the names of pools. Throws when one cannot be mapped; then the former ones stay. */
  adopt(plans: readonly EgressPlan[], files: Readonly<Record<string, string>>): void {
    this.#mapped.adopt(plans, files);
  }

  /**
   * The plan that was adopted last is in force: what is held on boards that have others in their place is held on those. Not before, or what a
   * plan that fails has asked for would be counted nowhere.
   */
  settle(plans: readonly EgressPlan[]): void {
    const settled = new Map<string, Settled>();
    const formers: SharedEgressBoard[] = [];
    for (const plan of plans) {
      const [board, identity] = [this.#mapped.of(plan), this.#mapped.identityOf(plan)];
      const former = this.#settled.get(plan.name);
      settled.set(plan.name, { board, identity });
      if (former === undefined || former.board === board) continue;
      former.board.passOn(board);
      // The file was left for a plan that failed, and is mapped once more: held on both it would count twice.
      if (former.identity === identity) former.board.letGoAll();
      else formers.push(former.board);
    }
    this.release();
    this.#formers = formers;
    this.#settled = settled;
  }

  /** That plan is in force everywhere: nobody chooses by former boards any more. */
  release(): void {
    for (const former of this.#formers) former.letGoAll();
    this.#formers = [];
  }

  of(plan: EgressPlan): EgressBoard {
    return this.#mapped.of(plan);
  }
}
