// Taking responses out of caches: by URL, prefix, tag or all, at once or only to be asked for anew. What is meant is chosen in the question
// itself, and how many it was is told afterwards.

import { signal } from "@preact/signals";
import type { VNode } from "preact";
import type { PurgedAnswer } from "../../../src/control/cache/answer.ts";
import { ask } from "../data/api.ts";
import { askFirst } from "../parts/dialog.tsx";
import { plural } from "../text/format.ts";

export type PurgeKind = "url" | "prefix" | "tag" | "all";

export interface Purge {
  readonly kind: PurgeKind;
  readonly value: string;
  /** "": all caches. */
  readonly cache: string;
}

const kinds: readonly (readonly [PurgeKind, string, string])[] = [
  ["url", "one URL", "https://example.com/path"],
  ["prefix", "all URLs that begin with", "https://example.com/blog/"],
  ["tag", "all with a tag", "product-17"],
  ["all", "everything", ""],
];

/** Of the question that is open. */
const chosen = signal<PurgeKind>("url");

export function purge({ kind, value, cache }: Purge, told: () => void): void {
  chosen.value = kind;
  askFirst({
    title: cache === "" ? "Purge from all caches" : `Purge from ${cache}`,
    text: <Fields value={value} />,
    action: "Purge",
    isDangerous: true,
    act: async ({ value: given = "", soft }) => {
      const isSoft = soft !== undefined;
      const what = chosen.value === "all" ? { all: true } : { [chosen.value]: given.trim() };
      const body = { ...what, ...(isSoft ? { soft: true } : {}), ...(cache === "" ? {} : { cache }) };
      const answer = await ask<PurgedAnswer>("/api/v1/cache/purge", { method: "POST", body });
      told();
      return purgedText(answer);
    },
  });
}

function Fields({ value }: { readonly value: string }): VNode {
  const hint = kinds.find(([kind]) => kind === chosen.value)?.[2] ?? "";
  return (
    <>
      <p>What is gone is asked for at the servers again: of much at once they feel it.</p>
      <label class="field">
        <span>What</span>
        <select
          value={chosen.value}
          onChange={(event) => {
            chosen.value = event.currentTarget.value as PurgeKind;
          }}
        >
          {kinds.map(([kind, title]) => (
            <option key={kind} value={kind}>
              {title}
            </option>
          ))}
        </select>
      </label>
      {chosen.value === "all" ? null : (
        <label class="field">
          <span class="unseen">Which</span>
          <input name="value" defaultValue={value} placeholder={hint} required autoComplete="off" spellcheck={false} />
        </label>
      )}
      <label class="check">
        <input type="checkbox" name="soft" />
        <span>Keep it as stale, for when a server cannot answer</span>
      </label>
    </>
  );
}

function purgedText({ purged, soft, told, unreached }: PurgedAnswer): string {
  const parts = [`${plural(purged, "response is", "responses are")} ${soft ? "stale" : "gone"}`];
  if (told.length > 0) parts.push(`workers drop theirs of ${told.join(", ")}`);
  if (unreached.length > 0) parts.push(`the Redis of ${unreached.join(", ")} is away and follows`);
  return parts.join("; ");
}
