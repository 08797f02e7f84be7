// Places in which two configs differ, each with what it was and what it is: plus, minus and tilde beside the colours.
// Sections that come or go whole are shown as lines, cut where they are long.

import type { VNode } from "preact";
import type { ConfigChange } from "../../../src/control/api/shape/config.ts";
import { configLines, valueText } from "../data/configlines.ts";
import { plural } from "../text/format.ts";

const shownMax = 300;
/** Of a whole section that comes or goes. */
const linesMax = 40;

const signs = { added: "+", removed: "−", changed: "~" } as const;

export function ConfigChanges({ changes }: { readonly changes: readonly ConfigChange[] }): VNode {
  return (
    <ul class="diff">
      {changes.slice(0, shownMax).map((change) => (
        <li key={change.path} class={change.kind}>
          <span class="sign" aria-hidden="true">
            {signs[change.kind]}
          </span>
          <code class="diff-path">
            <span class="unseen">{change.kind}: </span>
            {change.path}
          </code>
          <Sides of={change} />
        </li>
      ))}
      {changes.length > shownMax ? <li class="quiet">and {plural(changes.length - shownMax, "more")}</li> : null}
    </ul>
  );
}

function Sides({ of: { kind, before, after } }: { readonly of: ConfigChange }): VNode {
  if (kind === "changed" && !isSection(before) && !isSection(after))
    return (
      <span class="diff-values">
        <del>{valueText(before)}</del> → <ins>{valueText(after)}</ins>
      </span>
    );
  return (
    <div class="diff-values">
      {kind === "added" ? null : <Whole as="del" of={before} />}
      {kind === "removed" ? null : <Whole as="ins" of={after} />}
    </div>
  );
}

function isSection(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function Whole({ as: Tag, of }: { readonly as: "del" | "ins"; readonly of: unknown }): VNode {
  if (!isSection(of)) return <Tag>{valueText(of)}</Tag>;
  const lines = configLines(of);
  const texts = lines
    .slice(0, linesMax)
    .map(({ depth, key, value }) => `${"  ".repeat(depth)}${key}${value === null ? ":" : `: ${value}`}`);
  return (
    <Tag>
      <pre>
        {texts.join("\n")}
        {lines.length > linesMax ? `\n… ${plural(lines.length - linesMax, "line")} more` : ""}
      </pre>
    </Tag>
  );
}
