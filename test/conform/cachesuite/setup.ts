// The Sluice that the suite of cache tests is played against: two workers that share a cache with its usual settings. One rule says
// to servers what caches for origins are called, as the Edge Architecture Specification has it (Surrogate-Capability): what is for
// us is known by that name.

import type { Room } from "../../e2e/harness/room.ts";
import { Sluice } from "../../e2e/harness/sluice.ts";

export function startSluice(room: Room, origin: string): Promise<Sluice> {
  return Sluice.start(room, {
    workers: 2,
    pools: {
      app: {
        servers: [origin],
        cache: true,
        rules: [{ setHeader: { "Surrogate-Capability": 'sluice="Surrogate/1.0"' } }],
      },
    },
  });
}
