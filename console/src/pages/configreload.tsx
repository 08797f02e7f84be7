// Loading the file anew, in two steps: first what it would change and what that means for traffic, then, if that is what was wanted, the reload
// itself, which takes itself back unless it is confirmed, where one wants that.

import { type Signal, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { ConfigAnswer, ConfigDiff, ReloadAnswer } from "../../../src/control/api/shape/config.ts";
import { ask } from "../data/api.ts";
import { askFirst } from "../parts/dialog.tsx";
import { Mark } from "../parts/mark.tsx";
import { plural } from "../text/format.ts";
import { ConfigChanges } from "./configchanges.tsx";

export interface ConfigReloadProps {
  readonly config: ConfigAnswer;
  readonly told: () => void;
}

interface Tried {
  readonly isBusy: boolean;
  readonly answer: ReloadAnswer | null;
  /** What is wrong with the file, or why nobody could look. */
  readonly problem: string | null;
}

const untried: Tried = { isBusy: false, answer: null, problem: null };

export function ConfigReload({ config, told }: ConfigReloadProps): VNode {
  const { generation, origin, confirmBy } = config;
  const tried = useSignal<Tried>(untried);
  // What was found was about another plan.
  useEffect(() => {
    tried.value = untried;
  }, [generation]);
  const { isBusy, answer, problem } = tried.value;
  const isSame = answer !== null && answer.diff !== null && answer.diff.changes.length === 0;
  return (
    <section class="block reload">
      <header class="section-head">
        <h2>Reload</h2>
        <button type="button" disabled={isBusy} onClick={() => void look(tried)}>
          {isBusy ? "Reading…" : answer === null && problem === null ? "What would it change?" : "Look again"}
        </button>
        <button
          type="button"
          class={answer !== null && !isSame ? "primary" : ""}
          disabled={confirmBy !== null || problem !== null}
          onClick={() => reload(config, told)}
        >
          Reload…
        </button>
      </header>
      {answer === null && problem === null ? (
        <p class="quiet">
          Reads {origin} again. “What would it change?” compares it with what is in force, says what that means for
          traffic, and changes nothing.
        </p>
      ) : null}
      <div aria-live="polite">
        {problem === null ? null : (
          <div class="wrong">
            <p class="bad">
              <Mark state="bad" /> <b>The file cannot be put in force.</b> What is in force stays.
            </p>
            <pre class="code-block">{problem}</pre>
          </div>
        )}
        {answer === null ? null : <Outlook answer={answer} />}
      </div>
    </section>
  );
}

async function look(tried: Signal<Tried>): Promise<void> {
  tried.value = { ...tried.value, isBusy: true };
  try {
    const answer = await ask<ReloadAnswer>("/api/v1/reload?dry=true", { method: "POST" });
    tried.value = { isBusy: false, answer, problem: null };
  } catch (error) {
    tried.value = { isBusy: false, answer: null, problem: (error as Error).message };
  }
}

function Outlook({ answer: { diff, warnings } }: { readonly answer: ReloadAnswer }): VNode {
  return (
    <>
      {warnings.map((warning) => (
        <p key={warning} class="warn-line">
          <Mark state="warn" />
          <span>{warning}</span>
        </p>
      ))}
      {diff === null || diff.changes.length === 0 ? (
        <p class="good">
          <Mark state="good" /> The file says what is in force.
        </p>
      ) : (
        <Difference diff={diff} />
      )}
    </>
  );
}

function Difference({ diff: { changes, effects, restart } }: { readonly diff: ConfigDiff }): VNode {
  return (
    <>
      {effects.length === 0 ? null : (
        <>
          <h3>What it means for traffic</h3>
          <ul class="effects">
            {effects.map((effect) => (
              <li key={effect}>{effect}</li>
            ))}
          </ul>
        </>
      )}
      {restart.length === 0 ? null : (
        <>
          <h3>Only at the next start</h3>
          <ul class="effects">
            {restart.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </>
      )}
      <h3>{plural(changes.length, "change")}</h3>
      <ConfigChanges changes={changes} />
    </>
  );
}

function reload({ origin, unwritten }: ConfigAnswer, told: () => void): void {
  askFirst({
    title: "Reload the config?",
    text: (
      <>
        <p>{origin} is read again and put in force. Requests under way end as they began.</p>
        {unwritten.length === 0 ? null : (
          <p class="warn">{plural(unwritten.length, "change")} that no file has would be lost.</p>
        )}
        <label class="check">
          <input type="checkbox" name="isKept" checked />
          <span>Keep it for 60 s only, unless I confirm it</span>
        </label>
      </>
    ),
    action: "Reload",
    act: async ({ isKept }) => {
      const path = isKept === undefined ? "/api/v1/reload" : "/api/v1/reload?confirm=60s";
      const { generation } = await ask<ReloadAnswer>(path, { method: "POST" });
      told();
      return isKept === undefined ? `Plan ${generation} is in force` : `Plan ${generation} is in force: confirm it`;
    },
  });
}
