// What a TypeScript config calls. It returns what it is given; its worth is its type, by which an editor completes every key and
// value, and underlines a pool that does not exist.

import type { ConfigInput, ListenerInput, NameRouteInput, PoolInput } from "./input.ts";

/** A section whose `use` is one of the pools that there are. */
type Using<Section, Name extends string> = Section extends { use: string }
  ? Omit<Section, "use"> & { /** The pool that such connections go to. */ use: NoInfer<Name> }
  : Omit<Section, "use"> & { /** The pool that requests or connections go to. */ use?: NoInfer<Name> | undefined };

/** A config whose listeners can only use the pools that it has. */
export type Definition<Name extends string> = Omit<ConfigInput, "listeners" | "pools"> & {
  /** Where clients connect, each under a name of its own. */
  listeners: Record<
    string,
    Using<Omit<ListenerInput, "sni">, Name> & {
      /** Mode tcp: pools by the name that the client asks for in its TLS hello (SNI), with or without tls. */
      sni?: Using<NameRouteInput, Name>[] | undefined;
    }
  >;
  /** Groups of servers, each under a name of its own. */
  pools: Record<Name, PoolInput>;
};

export function defineConfig<const Name extends string>(config: Definition<Name>): ConfigInput {
  return config;
}
