// Which servers a pool had to offer when one was picked, and why it was that one, in words. It looks at what the balancer looked
// at; the balancer itself keeps no record of its reasons. For traces.

import type { BalancePlan } from "../config/plan.ts";
import { admin, health, type ServerState } from "../memory/board.ts";
import type { Attempt } from "./attempt.ts";
import type { CandidateTrace, ChoiceTrace } from "./explanation.ts";
import type { PoolSite } from "./site.ts";

/** Said when the attempt has picked, or when it could not. */
export function choiceOf(pool: PoolSite, attempt: Attempt, isPicked: boolean): ChoiceTrace {
  const index = isPicked ? attempt.index : -1;
  const candidates = pool.servers.map((_, each) => candidateOf(pool, attempt, each, index));
  const { name, balance } = pool.plan;
  const server = index === -1 ? null : pool.servers[index]!.plan.name;
  return { pool: name, policy: balance.policy, server, why: whyOf(pool, attempt, index, candidates), candidates };
}

function candidateOf(
  { plan, backends, servers }: PoolSite,
  attempt: Attempt,
  index: number,
  picked: number,
): CandidateTrace {
  const { plan: server } = servers[index]!;
  const isTried = attempt.hasTried(index);
  const active = backends.activeOf(index);
  return {
    server: server.name,
    state: isTried ? "tried" : stateOf(backends.stateOf(index), plan.check !== null),
    isEligible: backends.isEligible[index] === 1 && !isTried,
    isChecked: plan.check !== null,
    isBackup: server.backup,
    weight: backends.weights[index]!,
    active: index === picked ? active - 1 : active,
    activeMax: server.connectionsMax,
  };
}

/** The words of `sluice status`. */
function stateOf(state: ServerState | null, isChecked: boolean): CandidateTrace["state"] {
  if (state === null) return "unresolved";
  if (state.admin !== admin.ready) return "draining";
  if (state.health === health.down) return "down";
  if (state.isEjected) return "ejected";
  if (state.health === health.unchecked && isChecked) return "unchecked";
  return "up";
}

function whyOf(pool: PoolSite, attempt: Attempt, index: number, candidates: readonly CandidateTrace[]): string {
  const { balance, stick } = pool.plan;
  const open = candidates.filter(({ isEligible, active, activeMax }) => isEligible && !isFull(active, activeMax));
  if (index === -1) {
    const isAnyEligible = candidates.some(({ isEligible }) => isEligible);
    if (candidates.length === 0) return "the pool has no servers";
    return isAnyEligible ? "every server that may be picked is at its limit" : statesOf(candidates);
  }
  if (attempt.isSticky) return `the client's cookie ${balance.sticky!.cookie} names it`;
  if (attempt.isStuck) return `the table remembers it for this ${stick!.key}`;
  if (attempt.isHooked) return "the hook pick has chosen it";
  if (attempt.isPinned) return "the client may have logged in over a connection to it, which is kept for it";
  const again = attempt.count > 1 ? "another try: " : "";
  if (open.length === 1) return `${again}it is the only one that may be picked`;
  return `${again}${reasonOf(balance, open.length)}`;
}

/** "2 are down, 1 is draining". */
function statesOf(candidates: readonly CandidateTrace[]): string {
  const states = new Set(candidates.map(({ state }) => state));
  const counted = [...states].map((state) => {
    const count = candidates.filter((each) => each.state === state).length;
    const word = state === "up" ? "up without weight" : state;
    return `${count} ${count === 1 ? "is" : "are"} ${word}`;
  });
  return counted.join(", ");
}

function isFull(active: number, max: number): boolean {
  return max > 0 && active >= max;
}

/** Among several. */
function reasonOf({ policy, key, loadFactor }: BalancePlan, count: number): string {
  const what = key.kind === "ip" ? "client's address" : key.kind === "uri" ? "URI" : `${key.kind} ${key.name}`;
  switch (policy) {
    case "random":
      return `drawn by chance among ${count}, by weight`;
    case "roundRobin":
      return `it is its turn, one after the other among ${count}`;
    case "weightedRoundRobin":
      return `it is its turn among ${count}, by weight`;
    case "leastConnections":
      return `of ${count} it has the fewest in flight for its weight`;
    case "leastCalled":
      return `of ${count} it was given the fewest requests for its weight`;
    case "leastBandwidth":
      return `of ${count} it has the fewest bytes a second for its weight`;
    case "p2c":
      return `of two drawn by chance among ${count} it has fewer in flight for its weight`;
    case "peakEwma":
      return `of two drawn by chance among ${count} it is expected to answer sooner`;
    case "ipHash":
      return "the hash of the client's address leads to it";
    case "consistentHash":
      return `the hash of the ${what} leads to it`;
    case "boundedHash":
      return `on the way from the hash of the ${what} it is the first with at most ${loadFactor} times the mean load`;
    case "first":
      return "it is the first in order that may be picked";
  }
}
