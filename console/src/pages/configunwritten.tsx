// Changes that were made while Sluice runs and that no file has: a reload would lose them, writing them keeps them.
// Where the file cannot be written from here, it says why.

import type { VNode } from "preact";
import type { ConfigAnswer, WriteAnswer } from "../../../src/control/api/shape/config.ts";
import { ask } from "../data/api.ts";
import { askFirst } from "../parts/dialog.tsx";
import { Mark } from "../parts/mark.tsx";
import { When } from "../parts/when.tsx";
import { plural } from "../text/format.ts";
import { ConfigChanges } from "./configchanges.tsx";

export interface ConfigUnwrittenProps {
  readonly config: ConfigAnswer;
  readonly told: () => void;
}

export function ConfigUnwritten({ config, told }: ConfigUnwrittenProps): VNode {
  const { unwritten, writeProblem, origin, confirmBy, rolledBackAt } = config;
  if (unwritten.length === 0 && rolledBackAt !== null)
    return (
      <section class="block">
        <RolledBack at={rolledBackAt} origin={origin} />
      </section>
    );
  if (unwritten.length === 0)
    return (
      <section class="block">
        <p class="quiet">
          <Mark state="good" /> Nothing was changed since {origin} was read: rules switched, weights set and patches
          sent while Sluice runs would stand here, to be written to the file.
        </p>
      </section>
    );
  const isWritable = writeProblem === null && confirmBy === null && rolledBackAt === null;
  return (
    <section class="block">
      <header class="section-head">
        <h2>
          <span class="warn">
            <Mark state="warn" />
          </span>{" "}
          {plural(unwritten.length, "change")} not in the file
        </h2>
        <button type="button" disabled={!isWritable} onClick={() => write(config, told)}>
          Write to the file…
        </button>
      </header>
      <p class="quiet">
        {writeProblem ??
          (rolledBackAt === null
            ? `In force, and lost by the next reload of ${origin} unless it is written there.`
            : `In force, and to be written to ${origin} once that says again what it said before.`)}
      </p>
      {rolledBackAt === null ? null : <RolledBack at={rolledBackAt} origin={origin} />}
      <ConfigChanges changes={unwritten} />
    </section>
  );
}

function RolledBack({ at, origin }: { readonly at: string; readonly origin: string }): VNode {
  return (
    <p>
      <span class="warn">
        <Mark state="warn" />
      </span>{" "}
      Rolled back at <When at={at} as="moment" />: {origin} still says otherwise, if nobody has changed it since. “What
      would it change?” shows it.
    </p>
  );
}

function write({ unwritten, origin }: ConfigAnswer, told: () => void): void {
  askFirst({
    title: `Write ${plural(unwritten.length, "change")} to the file?`,
    text: `${origin} says afterwards what is in force. What it says now is kept beside it, as .bak.`,
    action: "Write",
    act: async () => {
      const { file, changes } = await ask<WriteAnswer>("/api/v1/config/write", { method: "POST" });
      told();
      return changes === 0 ? "There was nothing to write" : `${file} has it now`;
    },
  });
}
