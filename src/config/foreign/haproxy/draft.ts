// The config that a haproxy.cfg becomes, while it is being built: sections by name that still change. What it comes to is judged by
// the schema like any config of ours, so keys of rules are not typed a second time here.

import type { ConfigInput, HaproxyServerInput, ListenerInput, PoolInput } from "../../input.ts";

/** One rule as an operator would write it: `{ name, if, track, use, deny, ... }`. */
export type RuleDraft = Record<string, unknown>;

export interface RulesDraft {
  connection: RuleDraft[];
  request: RuleDraft[];
  response: RuleDraft[];
  afterResponse: RuleDraft[];
}

export const phaseNames: readonly (keyof RulesDraft)[] = ["connection", "request", "response", "afterResponse"];

/** `{ key, size, expire, store, full }`. */
export type TableDraft = Record<string, unknown>;

/** `{ addresses | texts | names | map: file or values }`. */
export type ListDraft = Record<string, unknown>;

export interface Draft {
  config: Partial<ConfigInput>;
  listeners: Record<string, Partial<ListenerInput> & Record<string, unknown>>;
  pools: Record<string, Partial<PoolInput> & Record<string, unknown>>;
  tables: Record<string, TableDraft>;
  lists: Record<string, ListDraft>;
  /** By pool, what HAProxy calls its servers: no part of the config by itself. */
  servers: Record<string, readonly HaproxyServerInput[]>;
}
