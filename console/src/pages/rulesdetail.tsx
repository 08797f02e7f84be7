// One rule in full, and the switch of its mode. Switching changes the config in force, not the file: until it is written back the page says so.
// Every switch is asked about, with what it does to traffic.

import type { VNode } from "preact";
import type { RuleMode, RuleRecord } from "../../../src/control/api/shape/rule.ts";
import { ask } from "../data/api.ts";
import { ticks } from "../data/store.ts";
import { ruleTrails } from "../data/trails.ts";
import { askFirst } from "../parts/dialog.tsx";
import { Drawer, Facts } from "../parts/drawer.tsx";
import { Mark, State } from "../parts/mark.tsx";
import { Spark } from "../parts/spark.tsx";
import { closeRow, fragmentOf } from "../router.ts";
import { count, whole } from "../text/format.ts";
import { rateOf } from "./rules.tsx";

const modes: readonly (readonly [RuleMode, string])[] = [
  ["enforce", "does what it says"],
  ["observe", "only counts whom it would have hit"],
  ["off", "is not asked at all"],
];

const whenWords: Readonly<Record<RuleRecord["phase"], string>> = {
  connection: "when a connection comes",
  request: "for each request",
  response: "for each response of a server",
  afterResponse: "for all that is sent",
};

export interface RulesDetailProps {
  readonly rule: RuleRecord;
  /** Something was changed. */
  readonly told: () => void;
}

export function RulesDetail({ rule, told }: RulesDetailProps): VNode {
  const { id, name, owner, phase, mode, configuredMode, condition, action, hits } = rule;
  return (
    <Drawer
      title={name}
      label={`Rule ${name}`}
      onClose={() => closeRow()}
      actions={<a href={fragmentOf({ page: "requests", query: { find: `rule:${name}` } })}>Requests that it decided</a>}
    >
      <fieldset class="modes" aria-label="Mode">
        {modes.map(([each, meaning]) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === mode}
            title={meaning}
            onClick={() => each !== mode && change(rule, each, told)}
          >
            <Mark state={each} /> {each}
          </button>
        ))}
      </fieldset>
      <p class="quiet mode-meaning">It {modes.find(([each]) => each === mode)?.[1]}.</p>
      {mode === configuredMode ? null : (
        <p class="unwritten">
          <Mark state="warn" />
          <span>
            The file says <State state={configuredMode} />.{" "}
            <a href="#/config">Write it, or see what else is not written</a>
          </span>
        </p>
      )}
      <h3>If</h3>
      {condition === null ? <p>always</p> : <pre class="code-block">{condition}</pre>}
      <h3>Then</h3>
      <pre class="code-block">{action}</pre>
      <h3>Hits</h3>
      <p class="hits">
        <b>{ticks.value < 0 ? "" : count(rateOf(id))}</b> per second
        <Spark line={ruleTrails.line(id)} />
      </p>
      <Facts
        of={[
          ["Since in force", whole(hits)],
          ["Of", `${owner.kind} ${owner.name}`],
          ["When", whenWords[phase]],
          ["In the config", <code key="id">{id}</code>],
        ]}
      />
    </Drawer>
  );
}

function change({ id, name }: RuleRecord, mode: RuleMode, told: () => void): void {
  const meanings = {
    enforce: "From the next request on it does what it says, to everybody whom its condition fits.",
    observe: "It goes on counting, and does nothing: what it refuses now is let through from the next request on.",
    off: "It is neither asked nor counted: what it refuses or changes now is let through as it is from the next request on.",
  };
  askFirst({
    title: `Set ${name} to ${mode}?`,
    text: `${meanings[mode]} It stands in the config in force until that is written or loaded anew.`,
    action: `Set to ${mode}`,
    isDangerous: mode !== "observe",
    fields: [{ name: "reason", title: "Why", hint: "For the log and the audit" }],
    act: async ({ reason = "" }) => {
      const body = { mode, name, ...(reason.trim() === "" ? {} : { reason: reason.trim() }) };
      await ask<RuleRecord>(`/api/v1/rules/${encodeURIComponent(id)}`, { method: "PATCH", body });
      told();
      return `${name} is set to ${mode}`;
    },
  });
}
