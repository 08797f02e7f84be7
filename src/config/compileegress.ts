// Egress pools in the plan. Members are made from the config and from what stands in nginx' files (materials); which of them may be
// used is nobody's business here. A plan is made anew whenever a server comes or goes anywhere, so what comes of thousands of addresses
// is kept for as long as config and files are the same.

import { compileServerTls, type Keys } from "./compiletls.ts";
import { type Member, membersOf } from "./egressmembers.ts";
import { readEgressStatuses } from "./egressschema.ts";
import { egressUsers } from "./egressusers.ts";
import type { Materials } from "./materials.ts";
import { bytes, freeze, ms, value } from "./measure.ts";
import type { Gateway } from "./nginx/gateways.ts";
import type {
  EgressBodyPlan,
  EgressCoolDownPlan,
  EgressDoorPlan,
  EgressJudgePlan,
  EgressLogPlan,
  EgressMeaning,
  EgressMemberPlan,
  EgressPlan,
  EgressSessionPlan,
  EgressStrategyPlan,
  StatusRange,
} from "./plan.ts";
import type { Slots } from "./slots.ts";
import type { Config, Egress, EgressBody, EgressJudge, EgressLog, EgressMembers } from "./types.ts";

export interface Surroundings {
  readonly slots: Slots;
  readonly keys: Keys;
  readonly materials: Materials;
}

export function compileEgresses(config: Config, around: Surroundings): EgressPlan[] {
  return Object.entries(config.egress).map(([name, pool]) =>
    compileEgress(name, pool, egressUsers(name, config, around.materials), around),
  );
}

/** The place of a pool in `Plan.egresses`; null where none is named. */
export function egressIndex(name: string | undefined, { egress }: Config): number | null {
  return name === undefined ? null : Object.keys(egress).indexOf(name);
}

function compileEgress(name: string, pool: Egress, users: number, around: Surroundings): EgressPlan {
  return {
    name,
    slot: around.slots.slotOf("egresses", name),
    members: membersKept(name, pool, around),
    choose: pool.choose,
    session: compileSession(pool),
    pace: { intervalMs: ms(pool.perTarget.interval), concurrencyMax: pool.perTarget.concurrency },
    judge: compileJudge(pool.judge),
    quota:
      pool.quota === undefined
        ? null
        : {
            requestsMax: pool.quota.requests,
            bytesMax: bytes(pool.quota.bytes),
            periodMs: ms(pool.quota.per),
          },
    users,
    history: { entriesMax: pool.history.entries, changesMax: pool.history.changes },
    isOwnEvidence: evidenceOf(pool) !== "logs",
    logs: pool.logs.map(compileLog),
    whenNone: pool.whenNone,
    waitMs: ms(pool.wait),
    isTold: pool.tell,
  };
}

/** What a pool is judged by: logs where there are some, unless it says otherwise. */
export function evidenceOf({ evidence, logs }: Pick<Egress, "evidence" | "logs">): "own" | "logs" | "both" {
  return evidence ?? (logs.length > 0 ? "logs" : "own");
}

interface Kept {
  readonly materials: Materials;
  readonly members: readonly EgressMemberPlan[];
}
/** By the section of the config, which stays the same for as long as nobody loads it anew. */
const kept = new WeakMap<Egress, Kept>();
/** The sections of before, by the pool's name: one that was loaded anew mostly says the same, and ten thousand members are there once. */
const former = new Map<string, WeakRef<Egress>>();

function membersKept(name: string, pool: Egress, around: Surroundings): readonly EgressMemberPlan[] {
  const own = kept.get(pool);
  // Members whose TLS names files need these in the plan, which only compiling them puts there.
  const isKeyed = pool.members.some(({ tls }) => tls !== undefined);
  if (own?.materials === around.materials && !isKeyed) return own.members;
  const isOfFiles = isKeyed || pool.members.some(({ nginx }) => nginx !== undefined);
  const members = (isOfFiles ? null : membersOfFormer(name, pool)) ?? freeze(compileMembers(pool, around));
  kept.set(pool, { materials: around.materials, members });
  former.set(name, new WeakRef(pool));
  return members;
}

/** Null: it had others, or there was none. */
function membersOfFormer(name: string, { members }: Egress): readonly EgressMemberPlan[] | null {
  const before = former.get(name)?.deref();
  return before !== undefined && isSame(before.members, members) ? (kept.get(before)?.members ?? null) : null;
}

/** Of what stands in a config: texts, numbers, lists and sections. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  const [names, otherNames] = [Object.keys(one), Object.keys(other)];
  if (names.length !== otherNames.length || Array.isArray(one) !== Array.isArray(other)) return false;
  return names.every((name) => Object.hasOwn(other, name) && isSame(one[name as never], other[name as never]));
}

function compileMembers(pool: Egress, { keys, materials }: Surroundings): EgressMemberPlan[] {
  const gatewaysOf = (file: string): readonly Gateway[] => materials.gateways(file) ?? [];
  const tags = pool.members.map(tagsOf);
  return membersOf(pool.members, gatewaysOf).map((member): EgressMemberPlan => {
    const group = pool.members[member.group]!;
    return {
      id: member.id,
      door: compileDoor(member, group, keys),
      weight: group.weight,
      tags: tags[member.group]!,
    };
  });
}

function compileDoor({ door }: Member, { tls }: EgressMembers, keys: Keys): EgressDoorPlan {
  if (door.kind === "source") return door;
  if (door.kind === "gateway") {
    const { address, port } = door.gateway;
    return { kind: "gateway", address, host: door.host, port };
  }
  const { scheme, host, port, user, password } = door.proxy;
  return {
    kind: "proxy",
    protocol: scheme === "socks5" ? "socks5" : "http",
    host,
    port,
    user,
    password,
    tls: compileServerTls(scheme === "https" ? (tls ?? {}) : null, host, false, keys),
  };
}

function tagsOf({ tags }: EgressMembers): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([name, word]) => [name.toLowerCase(), word.toLowerCase()]));
}

function compileSession({ session }: Egress): EgressSessionPlan | null {
  if (session === false) return null;
  if (session === "hash") return { lifetimeMs: 0, idleMs: 0, requestsMax: 0, bytesMax: 0 };
  return {
    lifetimeMs: ms(session.lifetime),
    idleMs: ms(session.idle),
    requestsMax: session.requests,
    bytesMax: bytes(session.bytes),
  };
}

function compileJudge(judge: EgressJudge): EgressJudgePlan {
  return {
    per: judge.per,
    strategy: compileStrategy(judge),
    statuses: compileStatuses(judge),
    bodies: judge.bodies.map(compileBody),
    coolDown: compileCoolDown(judge),
    hostDownAfter: judge.hostDown,
  };
}

function compileStrategy({ strategy, failures, within, of, share }: EgressJudge): EgressStrategyPlan {
  switch (strategy) {
    case "consecutive":
      return { kind: "consecutive", failures, withinMs: ms(within) };
    case "share":
      return { kind: "share", of, share };
    case "never":
      return { kind: "never" };
    default:
      return strategy satisfies never;
  }
}

const usualStatuses: Readonly<Record<EgressJudge["per"], Readonly<Record<string, EgressMeaning>>>> = {
  target: { "403,407,429": "failure" },
  member: { "400-599": "failure" },
};

/** The narrowest range first: a text's place in a section of texts that look like numbers is not what was written. */
function compileStatuses({ per, statuses }: EgressJudge): { on: StatusRange; means: EgressMeaning }[] {
  const said = Object.entries(statuses ?? usualStatuses[per]);
  const each = said.flatMap(([text, means]) => value(readEgressStatuses(text)).map((on) => ({ on, means })));
  return each.sort((a, b) => a.on.to - a.on.from - (b.on.to - b.on.from));
}

function compileBody({ find, pattern, types, means, hosts }: EgressBody): EgressBodyPlan {
  return {
    find: find ?? pattern ?? "",
    isPattern: find === undefined,
    types: types.map((type) => type.toLowerCase()),
    means,
    hosts: hosts.map((host) => host.toLowerCase()),
  };
}

function compileCoolDown({ coolDown }: EgressJudge): EgressCoolDownPlan {
  if (typeof coolDown === "string") {
    const forMs = ms(coolDown);
    return { forMs, growth: 1, maxMs: forMs, isTrial: true };
  }
  const forMs = ms(coolDown.time);
  return { forMs, growth: coolDown.growth, maxMs: Math.max(ms(coolDown.max), forMs), isTrial: coolDown.trial };
}

function compileLog({ path, format, mode, every }: EgressLog): EgressLogPlan {
  const plan =
    typeof format !== "string"
      ? ({ kind: "pattern", text: format.pattern } as const)
      : format === "ipmanager"
        ? ({ kind: "ipmanager" } as const)
        : ({ kind: "nginx", text: format } as const);
  return { path, format: plan, mode, everyMs: ms(every) };
}
