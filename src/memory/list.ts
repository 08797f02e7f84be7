// What may be asked of a list of values, whoever holds its memory: a file that control has made and all workers map
// (listfile.ts), or a few values in a test. A list is never written to; when its source changes another one takes its place,
// behind the same `ListHolder`, so that rules that were compiled with it see the new values at once.

import type { ListPlan } from "../config/plan.ts";

export interface List {
  /** kind address: index of the longest block that holds the 16 octets from `at` on; -1 when none does. */
  findAddress(octets: Uint8Array, at: number): number;
  /** kind text: index of the text. kind name: of the name, or of the longest "*.suffix" it ends in (in lower case). kind map: of the key. -1 without. */
  findText(text: string): number;
  /** kind map, and bans: what stands with that index. */
  valueOf(index: number): string;
  readonly size: number;
}

export class ListHolder {
  readonly plan: ListPlan;
  list: List;

  constructor(plan: ListPlan, list: List) {
    this.plan = plan;
    this.list = list;
  }
}

export const emptyList: List = {
  findAddress: () => -1,
  findText: () => -1,
  valueOf: () => "",
  size: 0,
};
