// Hooks in a simulated world: they throw, are rejected, answer at once, late or never, edit heads, choose servers and look at bodies, in
// every way in which an exchange can end. Whatever they fail in is passed over, and bodies stay what they are, so that what clients
// are promised stays the same; all that waits for them must come to its end.

import type { HookName, HooksPlan } from "../../src/config/plan.ts";
import type { HookFunctions, HookRunner, HookSet, Settled } from "../../src/flow/hooks.ts";
import type { SimDriver } from "./driver.ts";
import { Violation, type World } from "./world.ts";

const budgetMs = 800;
const names: readonly HookName[] = [
  "onRequest",
  "onResponse",
  "onError",
  "pick",
  "transformRequest",
  "transformResponse",
];

/** Drawn anew for each plan. */
export function drawHooks(world: World): HooksPlan | null {
  const drawn = names.filter(() => world.chance(0.6));
  if (drawn.length === 0) return null;
  return { names: drawn, budgetMs, failure: "pass", bodyBytesMax: world.skewed(1_000, 200_000), tooLarge: "pass" };
}

/** What comes of a promise, when its time has come; undefined: nothing ever. */
class Later {
  readonly afterMs: number | undefined;
  readonly isKept: boolean;
  readonly value: unknown;

  constructor(world: World, value: unknown) {
    this.afterMs = world.chance(0.1) ? undefined : world.skewed(0, 2 * budgetMs);
    this.isKept = world.chance(0.8);
    this.value = value;
  }

  /** By this it is known to be awaited. */
  // biome-ignore lint/suspicious/noThenProperty: that is what it stands for.
  then(): void {}
}

export class SimHooks implements HookSet, HookRunner {
  readonly #world: World;
  readonly #driver: SimDriver;
  readonly runner: HookRunner = this;
  /** Failures that were told. */
  failures = 0;

  constructor(world: World, driver: SimDriver) {
    this.#world = world;
    this.#driver = driver;
  }

  now(): number {
    return this.#world.nowMs;
  }

  settle(value: unknown, settled: Settled): void {
    const { afterMs, isKept, value: kept } = value as Later; // Nothing else is ever answered here.
    if (afterMs === undefined) return;
    this.#world.after(afterMs, () =>
      this.#driver.tell(() => (isKept ? settled.resolved(kept) : settled.rejected(new Error("broken")))),
    );
  }

  complain(message: string): void {
    this.failures++;
    this.#world.note("hook", message);
  }

  /** The head is there for as long as the body is on its way. What a hook throws is passed over, so it is thrown apart. */
  #checkType(type: string | null): void {
    if (type?.startsWith("text/plain") === true) return;
    this.#world.after(0, () => {
      throw new Violation(`a transform of text/plain finds the type ${type}`);
    });
  }

  of(owner: "listeners" | "pools"): HookFunctions {
    const world = this.#world;
    const answer = <Value>(value: Value): Value => {
      if (world.chance(0.1)) throw new Error("thrown");
      if (world.chance(0.05)) return 5 as Value;
      return world.chance(0.3) ? (new Later(world, value) as Value) : value;
    };
    const own: HookFunctions = {
      onRequest: ({ headers }) => {
        headers.set("X-Hooked", owner);
        headers.delete("X-Hooked");
        return answer(undefined);
      },
      onResponse: ({ headers }, { vars }) => {
        vars["seen"] = headers.get("content-type");
        return answer(undefined);
      },
      onError: () => answer(undefined),
      pick: (servers) => (world.chance(0.1) ? answer(undefined) : world.between(0, servers.length)),
      // A longer one whose length is not told would be refused.
      transformRequest: { maxBody: "1mb", text: (text) => answer(world.chance(0.5) ? text : undefined) },
      transformResponse: {
        ...(owner === "pools" ? { maxBody: "1mb" } : {}),
        types: ["text/plain"],
        text: (text, { headers }) => {
          this.#checkType(headers.get("content-type"));
          return answer(world.chance(0.5) ? text : undefined);
        },
      },
    };
    return owner === "pools" ? own : { ...own, pick: () => undefined };
  }
}
