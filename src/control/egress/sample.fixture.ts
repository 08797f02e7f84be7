// Plans of egress pools for tests: all that a plan has, as the schema would fill it in, so that a test says only what it is about. And
// a summary as the admin interface makes one, for those who show it.

import type { EgressMemberPlan, EgressPlan } from "../../config/plan.ts";
import type { EgressOutcome } from "../../egress/words.ts";
import type { EgressBoardFigures } from "../../memory/egressboard.ts";
import type { EgressSummary } from "./answer.ts";

export function gatewayMember(address: string, port: number, own: Partial<EgressMemberPlan> = {}): EgressMemberPlan {
  return { id: address, door: { kind: "gateway", address, host: "127.0.0.1", port }, weight: 1, tags: {}, ...own };
}

export function egressPlan(own: Partial<EgressPlan> = {}): EgressPlan {
  return {
    ...{ name: "scrape", slot: 0, members: [], choose: "random", session: null, quota: null, logs: [], users: 0 },
    ...{ pace: { intervalMs: 0, concurrencyMax: 0 }, history: { entriesMax: 100, changesMax: 100 } },
    judge: {
      per: "target",
      strategy: { kind: "consecutive", failures: 3, withinMs: 300_000 },
      statuses: [{ on: { from: 403, to: 403 }, means: "failure" }],
      bodies: [],
      coolDown: { forMs: 600_000, growth: 1, maxMs: 86_400_000, isTrial: false },
      hostDownAfter: 3,
    },
    ...{ isOwnEvidence: true, whenNone: "refuse", isTold: true, waitMs: 5000 },
    ...own,
  };
}

export const egressSummary: EgressSummary = {
  ...{ name: "scrape", members: 300, states: { available: 290, coolingDown: 6, trial: 1, banned: 3 } },
  ...{ nextBack: "2026-11-22T09:16:03.000Z", choose: "random", whenNone: "refuse" },
  judge: { per: "target", strategy: "3 failures in a row", coolDownMs: 600_000 },
  requests: {
    ...{ answered: 12_345, memberFaults: 7, wayFaults: 21, cancelled: 3, direct: 2, retried: 12, waited: 5 },
  },
  refused: { none: 1, paced: 2, unfit: 3, quota: 4 },
  bytes: { up: 1_048_576, down: 52_428_800 },
  ...{ active: 17, sessions: 40, hostsDown: { count: 1, hosts: ["down.example"] } },
  ...{ history: { entriesMax: 1000, changesMax: 100 }, memoryBytes: 7_340_032 },
  evidence: {
    ...{ lines: { good: 1000, unlike: 2, badTime: 1, unknown: 4, long: 0 }, bytes: 281_000 },
    logs: [{ path: "/var/log/nginx/host.access.log", files: 1, absent: 0, unreadable: 0, problem: null }],
  },
};

export const egressRecords: EgressBoardFigures["records"] = {
  pair: { count: 100, evictions: 9, refusals: 0 },
  host: { count: 50, evictions: 0, refusals: 0 },
  session: { count: 40, evictions: 7, refusals: 0 },
  user: { count: 30, evictions: 2, refusals: 1 },
};

/** What a request, or a line of a log, came to. */
export function outcomeOf(own: Partial<EgressOutcome> = {}): EgressOutcome {
  return {
    ...{ host: "shop.example", key: "", user: "", atMs: Date.UTC(2026, 10, 22, 9, 6, 3), durationMs: -1, status: 200 },
    ...{ fault: 0, blame: "nobody", meaning: null, isTunnel: false, fromLog: true, isCancelled: false },
    ...{ bytesUp: 0, bytesDown: 0, bytesTold: 0 },
    ...own,
  };
}
