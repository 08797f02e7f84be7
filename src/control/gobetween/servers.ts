// How gobetween's servers are added and deleted while Sluice runs: what a POST says is translated as a section [servers.NAME] of its file
// would be, and put in force as a patch of the config, whole or not at all; what came of it there goes away together. Nothing is written
// to the file: as with gobetween, the next start, and here the next reload, knows the file only. One change waits for the other.

import { keyText } from "../../config/problem.ts";
import type { Config } from "../../config/types.ts";
import type { Changed, ConfigService } from "../configuring/service.ts";
import type { Log } from "../log.ts";

/** Null: it is done. Otherwise why not, for who asked. */
export type Outcome = { readonly status: 400 | 404 | 409; readonly message: string } | null;

/** Readers of other programs' configs are loaded when one is needed. */
const foreignDoor = (): Promise<typeof import("../../config/foreign/foreign.ts")> =>
  import("../../config/foreign/foreign.ts");

export class Servers {
  readonly #config: Pick<ConfigService, "config" | "change">;
  readonly #log: Pick<Log, "warn">;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(config: Pick<ConfigService, "config" | "change">, log: Pick<Log, "warn">) {
    this.#config = config;
    this.#log = log;
  }

  create(name: string, body: object): Promise<Outcome> {
    return this.#inTurn(() => this.#create(name, body));
  }

  remove(name: string): Promise<Outcome> {
    return this.#inTurn(() => this.#remove(name));
  }

  async #create(name: string, body: object): Promise<Outcome> {
    const { config } = this.#config;
    if (listenerOf(config, name) !== null)
      return { status: 409, message: `Server with this name already exists: ${name}` };
    if (name === "" || name.length > nameMax) return { status: 400, message: `a name has 1 to ${nameMax} characters` };
    const { judgeServer } = await foreignDoor();
    const { input, findings } = judgeServer(name, body, defaultsOf(config), {
      listeners: new Set(Object.keys(config.listeners)),
      pools: new Set(Object.keys(config.pools)),
    });
    const errors = findings.filter(({ severity }) => severity === "error");
    const lines = (of: typeof findings): string[] => of.map(({ path, message }) => `${keyText(path)} ${message}`);
    if (errors.length > 0) return { status: 400, message: lines(errors).join("; ") };
    const list = Object.keys(input.lists ?? {}).find((each) => Object.hasOwn(config.lists, each));
    if (list !== undefined) return { status: 409, message: `there is a list ${list} already` };
    // As JSON has it: what is undefined is not there.
    const patch: unknown = JSON.parse(JSON.stringify(input));
    const refusal = refusalOf(await this.#config.change({ kind: "merge", patch }));
    if (refusal === null) for (const line of lines(findings)) this.#log.warn(line);
    return refusal;
  }

  async #remove(name: string): Promise<Outcome> {
    const { config } = this.#config;
    const listener = listenerOf(config, name);
    if (listener === null) return { status: 404, message: "Server not found" };
    const { pools, lists } = config.gobetween!.servers[listener]!;
    const patch = {
      listeners: { [listener]: null },
      pools: Object.fromEntries(pools.map((pool) => [pool, null])),
      ...(lists.length === 0 ? {} : { lists: Object.fromEntries(lists.map((list) => [list, null])) }),
      gobetween: { servers: { [listener]: null } },
    };
    return refusalOf(await this.#config.change({ kind: "merge", patch }));
  }

  #inTurn(work: () => Promise<Outcome>): Promise<Outcome> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

const nameMax = 256;

/** By the name that gobetween knows. */
export function listenerOf({ gobetween }: Pick<Config, "gobetween">, name: string): string | null {
  return Object.entries(gobetween?.servers ?? {}).find(([, server]) => server.name === name)?.[0] ?? null;
}

function defaultsOf({ gobetween }: Config): Record<string, string | number | boolean | string[]> {
  const prefix = "defaults.";
  const entries = Object.entries(gobetween?.settings ?? {}).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}

function refusalOf(changed: Changed): Outcome {
  // In the words of gobetween's file, where that has a key for it.
  if (!changed.ok)
    return {
      status: changed.status === 422 ? 400 : 409,
      message: changed.message.replace("set admin.token", "set api.basic_auth"),
    };
  const { successful, problems } = changed.answer;
  // What it says was judged before: it is the rest of the config, or the machine, that it cannot be had with.
  const lines = problems.map((problem) => problem.replace(/^the change: error: /, ""));
  return successful ? null : { status: 409, message: lines.join("; ") };
}
