// Timeouts that are the same for all who have them stand once, at the top, as one would write them: that is what the timeouts of a
// defaults section come to. One that differs anywhere stays with each, for a listener or pool of another format could not take it
// back. The meaning of the config is the same before and after.

import type { ConfigInput, TimeoutsInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Origins } from "../origins.ts";
import type { Draft } from "./draft.ts";

type Key = keyof TimeoutsInput;

/** Of listeners, of pools, or of both. */
const keys: readonly Key[] = ["handshake", "head", "idle", "read", "tunnel", "connect", "response"];

interface Holder {
  readonly path: Path;
  readonly timeouts: Record<string, string>;
  /** Whether a timeout at the top would be its own too. */
  readonly has: (key: Key) => boolean;
}

export function hoistTimeouts(draft: Draft, origins: Origins): void {
  const holders = [...listenersOf(draft), ...poolsOf(draft)];
  const common: Record<string, string> = {};
  for (const key of keys) {
    const concerned = holders.filter(({ has }) => has(key));
    const value = concerned[0]?.timeouts[key];
    if (value === undefined || concerned.some(({ timeouts }) => timeouts[key] !== value)) continue;
    common[key] = value;
    origins.add(["timeouts", key], origins.find([...concerned[0]!.path, "timeouts", key]));
    for (const { timeouts } of concerned) delete timeouts[key];
  }
  for (const section of [...Object.values(draft.listeners), ...Object.values(draft.pools)])
    if (section.timeouts !== undefined && Object.keys(section.timeouts).length === 0) delete section.timeouts;
  if (Object.keys(common).length > 0) draft.config.timeouts = common as ConfigInput["timeouts"] & object;
}

function listenersOf({ listeners }: Draft): Holder[] {
  return Object.entries(listeners).map(([name, { mode, timeouts }]) => ({
    path: ["listeners", name],
    timeouts: (timeouts ?? {}) as Record<string, string>, // As listener.ts has made it.
    has: (key) => key in (timeouts ?? {}) || (key === "tunnel" && mode === "tcp"),
  }));
}

/** One that answers by itself waits for no server. */
function poolsOf({ pools }: Draft): Holder[] {
  return Object.entries(pools)
    .filter(([, { servers, discover }]) => servers !== undefined || discover !== undefined)
    .map(([name, { timeouts }]) => ({
      path: ["pools", name],
      timeouts: (timeouts ?? {}) as Record<string, string>, // As pool.ts has made it.
      has: (key) => key in (timeouts ?? {}),
    }));
}
