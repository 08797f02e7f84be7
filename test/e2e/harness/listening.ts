// A source of servers by itself, started in the test's own process, and all that it has told.

import type { FoundServer } from "../../../src/config/found.ts";
import type { DiscoverInput } from "../../../src/config/input.ts";
import { judge } from "../../../src/config/judge.ts";
import type { Discover } from "../../../src/config/types.ts";
import { sourceOf } from "../../../src/control/discovery/making.ts";
import type { Answer, Source } from "../../../src/control/discovery/source.ts";
import { MemoryRegistry } from "../../../src/registry/memory.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

/** A section of a config as a source is made of it. */
export function settingsOf(input: DiscoverInput): Discover {
  const { config, findings } = judge({
    listeners: { web: { listen: ":8080", use: "app" } },
    pools: { app: { discover: input } },
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return config.pools["app"]!.discover as Discover; // What was put in is one.
}

export class Listening {
  readonly source: Source;
  readonly told: Answer[] = [];

  /** `made`: the source, where it is not one that a config makes. */
  constructor(room: Room, input: DiscoverInput, made?: Source) {
    const settings = settingsOf({ interval: "50ms", timeout: "400ms", ...input });
    this.source = made ?? sourceOf(settings, new MemoryRegistry());
    room.ending(() => this.source.stop());
  }

  start(): this {
    this.source.start((answer) => this.told.push(answer));
    return this;
  }

  get last(): Answer | undefined {
    return this.told.at(-1);
  }

  /** Of the last answer, in the order of their addresses. */
  get found(): readonly FoundServer[] {
    const { last } = this;
    return last?.ok === true ? [...last.servers].sort((a, b) => (a.address < b.address ? -1 : 1)) : [];
  }

  /** Their addresses; or "no answer". */
  get servers(): string {
    if (this.last === undefined) return "nothing yet";
    return this.last.ok ? this.found.map(({ address }) => address).join(" ") : "no answer";
  }

  get problem(): string {
    return this.last?.ok === false ? this.last.problem : "";
  }

  async tells(servers: string): Promise<void> {
    await until(`${servers} to be told`, () => this.servers === servers).catch((error: Error) => {
      throw new Error(`${error.message}; told is ${this.servers} ${JSON.stringify(this.last)}`);
    });
  }
}
