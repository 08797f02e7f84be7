// What a TypeScript config calls. It returns what it is given; its worth is its type, by which an editor completes every key and
// value, and underlines a pool that does not exist.

import type { ConfigInput, ListenerInput, PoolInput } from "./input.ts";

/** A config whose listeners can only use the pools that it has. */
export type Definition<Name extends string> = Omit<ConfigInput, "listeners" | "pools"> & {
  /** Where clients connect, each under a name of its own. */
  listeners: Record<string, Omit<ListenerInput, "use"> & { /** The pool that requests go to. */ use: NoInfer<Name> }>;
  /** Groups of servers, each under a name of its own. */
  pools: Record<Name, PoolInput>;
};

export function defineConfig<const Name extends string>(config: Definition<Name>): ConfigInput {
  return config;
}
