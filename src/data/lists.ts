// The lists and bans of this worker: files that control has made and told of, mapped into the holders that rules ask. It knows
// files and names, not what the values are. A message with other files swaps what is in the holders, so that every rule that was
// compiled with one sees the new values at its next question. A file that is gone already has been replaced meanwhile: what is
// there stays, and the message that says so is on its way.

import type { PlanFiles } from "../config/message.ts";
import type { ListPlan } from "../config/plan.ts";
import { BanHolder, noBans } from "../memory/bans.ts";
import { emptyList, ListHolder } from "../memory/list.ts";
import { ListFile } from "../memory/listfile.ts";
import { Leavings } from "./leavings.ts";

interface Mapped {
  readonly path: string;
  readonly list: ListFile;
}

export class Lists {
  readonly bans: BanHolder = new BanHolder();
  #bansPath: string | null = null;
  #mapped = new Map<string, Mapped>();
  readonly #holders = new Map<string, ListHolder>();
  readonly #leavings: Leavings;

  constructor(leavings: Leavings = new Leavings()) {
    this.#leavings = leavings;
  }

  /** Before the holders of the plan that the files came with are asked for. */
  adopt({ lists, bans }: Pick<PlanFiles, "lists" | "bans">): void {
    const mapped = new Map<string, Mapped>();
    for (const [name, path] of Object.entries(lists)) {
      const former = this.#mapped.get(name);
      const list = former?.path === path ? former.list : mapOf(path);
      if (list !== null) mapped.set(name, { path, list });
      else if (former !== undefined) mapped.set(name, former);
    }
    for (const [name, former] of this.#mapped)
      if (mapped.get(name)?.list !== former.list) this.#leavings.add(former.list.bytes);
    this.#mapped = mapped;
    for (const [name, holder] of this.#holders) {
      const list = mapped.get(name)?.list;
      // Of another kind: the next plan has a holder of its own, and this one's rules go on with what they have.
      if (list?.kind === holder.plan.kind) holder.list = list;
      else if (list === undefined) this.#holders.delete(name);
    }
    this.#adoptBans(bans);
  }

  #adoptBans(path: string | null): void {
    if (path === this.#bansPath) return;
    const list = path === null ? noBans : mapOf(path);
    if (list === null) return;
    this.#bansPath = path;
    this.bans.list = list;
  }

  /** The same one for as long as the list has this name and kind. */
  holder(plan: ListPlan): ListHolder {
    const former = this.#holders.get(plan.name);
    if (former?.plan.kind === plan.kind) return former;
    const list = this.#mapped.get(plan.name)?.list;
    const holder = new ListHolder(plan, list?.kind === plan.kind ? list : emptyList);
    this.#holders.set(plan.name, holder);
    return holder;
  }
}

/** Null when the file is not there any more. */
function mapOf(path: string): ListFile | null {
  try {
    return new ListFile(Bun.mmap(path, { shared: true }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
