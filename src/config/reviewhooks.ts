// What contradicts itself about hooks: functions where no request comes by. Hooks are told beside the config (hookfunctions.ts), for
// they are no part of it; their places are found all the same, by their keys.

import { type HookNames, hookOwners } from "./hookfunctions.ts";
import type { Finding } from "./issues.ts";
import { modesOf, usesOf } from "./reviewuse.ts";
import { sectionOf } from "./section.ts";
import type { Config } from "./types.ts";

export function reviewHooks(config: Config, names: HookNames): Finding[] {
  const uses = usesOf(sectionOf(config.listeners), sectionOf(config.pools));
  return hookOwners.flatMap((owner) =>
    Object.entries(names[owner]).flatMap(([name, hooks]) => {
      const modes = owner === "pools" ? modesOf(name, uses) : new Set<string>([config.listeners[name]?.mode ?? "http"]);
      // One that nobody uses is told as that.
      if (modes.size === 0 || modes.has("http")) return [];
      const message = `is for requests, and ${owner === "pools" ? "no listener of mode http uses this pool" : `mode ${[...modes][0]} has none`}`;
      return hooks.map((hook): Finding => ({ severity: "error", path: [owner, name, hook], part: "key", message }));
    }),
  );
}
