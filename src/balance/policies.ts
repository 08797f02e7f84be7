// From a policy's name in the plan to the policy: the only place that knows all of them. It knows nothing of servers but what
// the plan says; the ring is made here, of identities, so that no policy can come to depend on a server's place in the list.
// There are two policies to a pool: for picks among all servers, and for picks among those that are left.

import { unreachable } from "../base/assert.ts";
import type { BalancePlan, ServerPlan } from "../config/plan.ts";
import { BoundedHash } from "./boundedhash.ts";
import { ConsistentHash } from "./consistenthash.ts";
import { First } from "./first.ts";
import { HashRing } from "./hashring.ts";
import { LeastBandwidth } from "./leastbandwidth.ts";
import { LeastCalled } from "./leastcalled.ts";
import { LeastConnections } from "./leastconnections.ts";
import { P2c } from "./p2c.ts";
import { PeakEwma } from "./peakewma.ts";
import type { Policy } from "./policy.ts";
import { Random } from "./random.ts";
import { RoundRobin } from "./roundrobin.ts";
import { LocalWeightedRoundRobin, WeightedRoundRobin } from "./weightedroundrobin.ts";

export function createPolicy(plan: BalancePlan, servers: readonly ServerPlan[]): Policy {
  switch (plan.policy) {
    case "random":
      return new Random(servers.length);
    case "roundRobin":
      return new RoundRobin();
    case "weightedRoundRobin":
      return new WeightedRoundRobin();
    case "leastConnections":
      return new LeastConnections(servers.length);
    case "leastCalled":
      return new LeastCalled(servers.length);
    case "leastBandwidth":
      return new LeastBandwidth(servers.length);
    case "p2c":
      return new P2c(servers.length);
    case "peakEwma":
      return new PeakEwma(servers.length);
    case "ipHash":
    case "consistentHash":
      return new ConsistentHash(ringOf(servers));
    case "boundedHash":
      return new BoundedHash(ringOf(servers), plan.loadFactor);
    case "first":
      return new First();
    default:
      return unreachable(plan.policy);
  }
}

/**
 * The policy for picks among the servers that are left when some were tried or are full. It is an instance of its own, for
 * what policies remember is valid for one view; and where `main` may be shared, because it remembers nothing, it is.
 */
export function createFailoverPolicy(plan: BalancePlan, servers: readonly ServerPlan[], main: Policy): Policy {
  switch (plan.policy) {
    case "weightedRoundRobin":
      // The set may differ on every pick; a period of turns for each would cost far more than it is used.
      return new LocalWeightedRoundRobin(servers.length);
    case "roundRobin":
    case "ipHash":
    case "consistentHash":
    case "boundedHash":
    case "first":
      return main;
    default:
      return createPolicy(plan, servers);
  }
}

function ringOf(servers: readonly ServerPlan[]): HashRing {
  return new HashRing(
    servers.map((server) => server.id),
    servers.map((server) => server.weight),
  );
}
