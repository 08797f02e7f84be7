// The boards of egress pools, as this worker has them: the files that came with the plan, mapped (mappedfiles.ts). One that stays in the
// plan stays the same object over reloads, for leases on it are held; who its members are control has written into it before the plan came.

import type { EgressPlan } from "../config/plan.ts";
import { type Reserve, reserved } from "../memory/cellpages.ts";
import type { EgressBoard } from "../memory/egress.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import type { Owner } from "../memory/owners.ts";
import { Leavings } from "./leavings.ts";
import { type MappedFile, MappedFiles } from "./mappedfiles.ts";

export class Egresses {
  readonly #mapped: MappedFiles<EgressPlan, SharedEgressBoard>;

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

  of(plan: EgressPlan): EgressBoard {
    return this.#mapped.of(plan);
  }
}
