// What it means for traffic that one config takes another's place, in sentences for who is about to do it. It compares plans that both
// were compiled to, for they say what is in force, short forms written out; and both configs where plans say too much. What it says is
// what workers and control do when a plan changes hands (data/driver.ts, control/keptfiles.ts); it changes nothing itself.

import { formatAddress } from "../../base/address.ts";
import { compile } from "../../config/compile.ts";
import type { Materials } from "../../config/materials.ts";
import type { ListenerPlan, Plan } from "../../config/plan.ts";
import { Slots } from "../../config/slots.ts";
import type { Config } from "../../config/types.ts";
import { poolEffects } from "./effectspools.ts";
import { ruleEffects } from "./effectsrules.ts";
import { storeEffects } from "./effectsstores.ts";

export interface Side {
  readonly config: Config;
  readonly plan: Plan;
}

/** Rows and addresses of names are of no interest here. */
export function sideOf(config: Config, materials: Materials): Side {
  return { config, plan: compile(config, new Slots(), () => undefined, 1, materials) };
}

export function effectsOf(before: Side, after: Side): string[] {
  return [
    ...listenerEffects(before, after),
    ...poolEffects(before, after),
    ...ruleEffects(before.config, after.config),
    ...storeEffects(before, after),
    ...otherEffects(before, after),
  ];
}

function listenerEffects(before: Side, after: Side): string[] {
  const [old, now] = [before.plan.listeners, after.plan.listeners];
  const oldByKey = new Map(old.map((each) => [addressKey(each), each]));
  const nowKeys = new Set(now.map(addressKey));
  const closed = old.filter((each) => !nowKeys.has(addressKey(each)));
  return [
    ...now
      .filter((each) => !oldByKey.has(addressKey(each)))
      .map((each) => `listener ${each.name} opens ${formatAddress(each.address)}`),
    ...closed.map(
      ({ name, address }) =>
        `listener ${name} closes ${formatAddress(address)}; connections that were accepted there go on`,
    ),
    ...now.flatMap((each): string[] => {
      const former = oldByKey.get(addressKey(each));
      if (former === undefined) return [];
      const address = formatAddress(each.address);
      if (former.name !== each.name)
        return [`${address} stays open and is listener ${each.name} now, where it was ${former.name}`];
      return settingsOf(before, each.name) === settingsOf(after, each.name)
        ? []
        : [`listener ${each.name} keeps ${address} open; new settings hold from the next request or connection on`];
    }),
  ];
}

/** A listener is one for as long as it has this. */
function addressKey({ mode, address }: ListenerPlan): string {
  return `${mode === "udp" ? "udp" : "stream"} ${formatAddress(address)}`;
}

/** All but its rules, of which is told elsewhere. */
function settingsOf({ config }: Side, name: string): string {
  return JSON.stringify({ ...config.listeners[name], rules: undefined });
}

/** Sections that concern everything, each with what follows. */
const sections: readonly (readonly [keyof Config, string])[] = [
  ["timeouts", "timeouts are others from the next request or connection on"],
  ["limits", "limits are others from the next request on"],
  ["errors", "error answers are others from the next request on"],
  ["hooks", "limits of hooks are others from the next request on"],
  ["bans", "banned clients are answered in another way"],
  ["accessLog", "the access log is written in another way"],
  ["drainTimeout", "the time for draining is another"],
  ["stallTimeout", "the time after which a worker counts as stalled is another"],
  ["registry", "the registry is left, and taken up anew as it is written now"],
  ["sentinel", "the sentinel starts anew; what it keeps in the registry is said again"],
  ["fleet", "the fleet is left, and joined anew as it is written now"],
  ["debug", "the token for traces of live requests is another"],
];

function otherEffects(before: Side, after: Side): string[] {
  const said = sections.flatMap(([key, text]) => (Bun.deepEquals(before.config[key], after.config[key]) ? [] : [text]));
  const [old, now] = [before.plan.program, after.plan.program];
  if (!Bun.deepEquals(old, now))
    said.push("the code of hooks is loaded anew; requests under way end under the old code");
  return said;
}
