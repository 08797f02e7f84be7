// The part of effects.ts about pools: which come and go, and their servers with them. Plans say it, for in them every server has its
// weight and name, however it was written; the settings of a pool are compared as the config has them, which is what operators know.
// Servers that sources tell of are in neither.

import type { PoolPlan, ServerPlan } from "../../config/plan.ts";
import type { Pool } from "../../config/types.ts";
import type { Side } from "./effects.ts";

export function poolEffects(before: Side, after: Side): string[] {
  const [old, now] = [byName(before), byName(after)];
  return [
    ...[...now.values()]
      .filter(({ name }) => !old.has(name))
      .map(({ name, servers }) => `pool ${name} is new, with ${contents(servers.length, after.config.pools[name])}`),
    ...[...old.values()]
      .filter(({ name }) => !now.has(name))
      .map(({ name }) => `pool ${name} goes; what is under way at its servers ends there`),
    ...[...now.values()].flatMap((pool): string[] => {
      const former = old.get(pool.name);
      return former === undefined ? [] : changesOf(former, pool, before, after);
    }),
  ];
}

function contents(servers: number, pool: Pool | undefined): string {
  if (pool?.reply !== undefined) return "an answer of its own";
  if (pool?.discover === undefined) return counted(servers, "server");
  return `${servers === 0 ? "the servers" : `${counted(servers, "server")} and those`} that its sources tell of`;
}

const namesShown = 5;

function changesOf(old: PoolPlan, now: PoolPlan, before: Side, after: Side): string[] {
  const { name } = now;
  const [oldServers, nowServers] = [serversOf(old), serversOf(now)];
  const come = [...nowServers.keys()].filter((each) => !oldServers.has(each));
  const gone = [...oldServers.keys()].filter((each) => !nowServers.has(each));
  const said: string[] = [];
  if (come.length > 0)
    said.push(`pool ${name}: ${listed(come)} ${come.length === 1 ? "comes" : "come"} in${checked(now)}`);
  if (gone.length > 0)
    said.push(
      `pool ${name}: ${listed(gone)} ${gone.length === 1 ? "goes" : "go"}; what is under way there ends there, nothing new is sent`,
    );
  for (const [server, plan] of nowServers) {
    const former = oldServers.get(server);
    if (former !== undefined) said.push(...serverChanges(name, former, plan));
  }
  const settings = ({ config }: Side): string =>
    JSON.stringify({ ...config.pools[name], servers: undefined, rules: undefined });
  if (settings(before) !== settings(after)) said.push(`pool ${name}: new settings hold from the next request on`);
  return said;
}

function serverChanges(pool: string, old: ServerPlan, now: ServerPlan): string[] {
  const said: string[] = [];
  const server = `pool ${pool}: ${now.name}`;
  if (old.weight !== now.weight) said.push(`${server} has weight ${now.weight} instead of ${old.weight}`);
  if (old.backup !== now.backup) said.push(`${server} is ${now.backup ? "a backup now" : "no backup any more"}`);
  if (old.isDrained !== now.isDrained)
    said.push(now.isDrained ? `${server} is given nothing new` : `${server} is given requests again`);
  const rest = ({ slot: _, weight: _w, backup: _b, isDrained: _d, ...others }: ServerPlan): unknown => others;
  if (!Bun.deepEquals(rest(old), rest(now))) said.push(`${server} is connected to in another way`);
  return said;
}

function checked({ check }: PoolPlan): string {
  return check === null ? "" : ", each once its first check has gone well";
}

function byName({ plan }: Side): Map<string, PoolPlan> {
  return new Map(plan.pools.map((pool) => [pool.name, pool]));
}

function serversOf({ servers }: PoolPlan): Map<string, ServerPlan> {
  return new Map(servers.map((server) => [server.name, server]));
}

function listed(names: readonly string[]): string {
  if (names.length <= namesShown) return names.join(", ");
  return `${names.slice(0, namesShown).join(", ")} and ${names.length - namesShown} more`;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
