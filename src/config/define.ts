// What a TypeScript config calls. It returns what it is given; its worth is its type, by which an editor completes every key and
// value, and underlines a pool that does not exist.

import type { Hooks, OnUnload, PoolHooks } from "./hooktypes.ts";
import type {
  ConfigInput,
  HookOptionsInput,
  LimitInput,
  ListenerInput,
  NameRouteInput,
  PoolInput,
  RuleInput,
  RulePhasesInput,
  StickInput,
  TableInput,
  TrackInput,
} from "./input.ts";

/** A section whose `use` is one of the pools that there are. */
type Using<Section, Name extends string> = Section extends { use: string }
  ? Omit<Section, "use"> & { /** The pool that such connections go to. */ use: NoInfer<Name> }
  : Omit<Section, "use"> & { /** The pool that requests or connections go to. */ use?: NoInfer<Name> | undefined };

/** A section whose `table` is one of the tables that there are. */
type By<Section, Table extends string> = Omit<Section, "table"> &
  (Section extends { table: string }
    ? { /** The name of a table. */ table: NoInfer<Table> }
    : { /** The name of a table. */ table?: NoInfer<Table> | undefined });

type Tracking<Table extends string> = NoInfer<Table> | By<TrackInput, Table>;

/** A rule whose pools and tables are those that there are; what stands in expressions is checked when the config is read. */
type RuleDefinition<Name extends string, Table extends string> = Omit<
  RuleInput,
  "use" | "rules" | "track" | "limit"
> & {
  /** Send to this pool. */
  use?: NoInfer<Name> | undefined;
  /** Hold an entry of a table for as long as the connection or request lasts, and count by it: by src. */
  track?: Tracking<Table> | Tracking<Table>[] | undefined;
  /** A rate limit: a section, or a table that stores tokens ("clients", "clients.tokens"). What is over it is denied with 429. */
  limit?: string | By<LimitInput, Table> | undefined;
  /** Rules that are evaluated when this one applies, in place of an outcome. */
  rules?: RuleDefinition<Name, Table>[] | undefined;
};

type Ruled<Section, Name extends string, Table extends string> = Omit<Section, "rules"> & {
  /** What is decided: a list in the order of evaluation, or a section with lists for connection, request and response. */
  rules?:
    | RuleDefinition<Name, Table>[]
    | { [Phase in keyof RulePhasesInput]?: RuleDefinition<Name, Table>[] | undefined }
    | undefined;
};

/** Options of hooks whose pools are those that there are. */
type HookOptions<Name extends string> = {
  /** What holds for the hooks here, instead of what is said for all. */
  hooks?:
    | (Omit<HookOptionsInput, "use"> & {
        /** The pools that onRequest may send requests to, by request.use(), beside those that rules name. */
        use?: NoInfer<Name>[] | undefined;
      })
    | undefined;
};

/** A config whose listeners and rules can only use the pools and tables that it has. */
export type Definition<Name extends string, Table extends string = string> = Omit<
  ConfigInput,
  "listeners" | "pools" | "tables"
> & {
  /** Called in each worker when another config has taken the place of this one: stop here what its code has begun, such as timers. */
  onUnload?: OnUnload | undefined;
  /** Tables of counters by key, each under a name of its own. */
  tables?: Record<Table, TableInput> | undefined;
  /** Where clients connect, each under a name of its own. */
  listeners: Record<
    string,
    Ruled<Using<Omit<ListenerInput, "sni" | "hooks">, Name>, Name, Table> &
      Hooks &
      HookOptions<Name> & {
        /** Mode tcp: pools by the name that the client asks for in its TLS hello (SNI), with or without tls. */
        sni?: Using<NameRouteInput, Name>[] | undefined;
      }
  >;
  /** Groups of servers, or replies, each under a name of its own. */
  pools?:
    | Record<
        Name,
        Ruled<Omit<PoolInput, "stick" | "hooks">, Name, Table> &
          PoolHooks &
          HookOptions<Name> & {
            /** Keep each client at the server that it was first given, by a table. */
            stick?: By<StickInput, Table> | undefined;
          }
      >
    | undefined;
};

export function defineConfig<const Name extends string, const Table extends string = string>(
  config: Definition<Name, Table>,
): ConfigInput {
  return config as ConfigInput; // Hooks are no part of what a text could say; they are found in what is given back all the same.
}
