// Leases that are over and still count: a sentinel that lives takes such members out by its next vote, so where they stay nobody has
// renewed them because nobody could. That is no reason to take servers away, and every reason to say so. Both registries tell it by this.

import { addressOf } from "./member.ts";
import type { Told } from "./registry.ts";

export const unattended = "no sentinel is there to renew them";

export function unrenewable(problem: string): string {
  return `nobody can renew them: ${problem}`;
}

/** `over`: members whose lease is over. `why`: one of the above. */
export function unrenewed(told: Told & { ok: true }, over: readonly string[], why: string): Told & { ok: true } {
  return {
    ...told,
    remarks: [...told.remarks, `leases that are over still count, for ${why}`],
    kept: { servers: over.map(addressOf).sort(), why: `leases are over, and ${why}` },
  };
}
