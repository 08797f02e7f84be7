// The part of effects.ts about rules: those of each listener and pool, with what is told most: that one only watches now, or acts.
// Rules are the same by what their row in the tally is held by, their name or place, so that what is said of their hits is so. What
// else a rule says is counted, and not told: the changes stand above in full.

import { ownersOf, ruleSlotName } from "../../config/compilerules.ts";
import { allRules, rulesOf, type Walked } from "../../config/rulewalk.ts";
import type { Config } from "../../config/types.ts";

export function ruleEffects(before: Config, after: Config): string[] {
  const [old, now] = [rulesByOwner(before), rulesByOwner(after)];
  return [...now].flatMap(([owner, rules]): string[] => {
    const former = old.get(owner);
    // Of an owner that is new, that it comes says enough.
    return former === undefined ? [] : changesOf(owner, former, rules);
  });
}

type Rules = ReadonlyMap<string, Walked>;

function changesOf(owner: string, old: Rules, now: Rules): string[] {
  const said: string[] = [];
  let others = 0;
  for (const [slot, { name, rule }] of now) {
    const former = old.get(slot)?.rule;
    if (former === undefined) others++;
    else if (former["mode"] !== rule["mode"]) said.push(modeText(owner, name, String(rule["mode"])));
    if (former !== undefined && !Bun.deepEquals(without(former), without(rule))) others++;
  }
  for (const slot of old.keys()) if (!now.has(slot)) others++;
  if (others > 0)
    said.push(
      `${owner}: ${others === 1 ? "1 rule is" : `${others} rules are`} new, gone or another; hits of rules that keep their name or place are kept`,
    );
  return said;
}

const modes: Readonly<Record<string, string>> = {
  enforce: "is enforced now",
  observe: "is only observed now: it counts, and does nothing",
  off: "is off now",
};

function modeText(owner: string, name: string, mode: string): string {
  return `${owner}: rule ${name} ${modes[mode] ?? `has mode ${mode}`}`;
}

/** The rules within it are told of by themselves. */
function without({ mode: _mode, rules: _rules, ...rest }: Walked["rule"]): unknown {
  return rest;
}

function rulesByOwner(config: Config): Map<string, Rules> {
  const noun = { listeners: "listener", pools: "pool" } as const;
  return new Map(
    ownersOf(config).map((owner) => {
      const { kind, name, rules, listed } = owner;
      const walked = [...allRules(rulesOf({ rules }, [kind, name], listed))];
      return [
        `${noun[kind]} ${name}`,
        new Map(walked.map((each) => [ruleSlotName(owner, each.phase, each.name), each])),
      ];
    }),
  );
}
