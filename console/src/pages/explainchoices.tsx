// The parts of an explanation that are lists: which servers could be chosen and which was, which outbound address, and what tables count
// before and after.

import type { VNode } from "preact";
import { State } from "../parts/mark.tsx";
import { fragmentOf } from "../router.ts";
import { plural, whole } from "../text/format.ts";
import type { Explanation } from "./explain.tsx";
import { Step } from "./explainanswer.tsx";

const shownMax = 12;

export function ExplainChoices({ choices }: Pick<Explanation, "choices">): VNode {
  return (
    <>
      {choices.map(({ pool, policy, server, why, candidates }, index) => {
        // The one that is picked is seen, however many there are.
        const shown = candidates.filter((each, at) => at < shownMax || each.server === server);
        return (
          <Step key={`${index} ${pool}`} title={`Pool ${pool}`} note={`chooses by ${policy}`}>
            <p>{why}</p>
            <table class="small">
              <thead>
                <tr>
                  <th>Server</th>
                  <th>State</th>
                  <th class="number">Weight</th>
                  <th class="number">Active</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((each) => (
                  <tr key={each.server} class={each.server === server ? "picked" : each.isEligible ? "" : "quiet"}>
                    <td>
                      <a href={fragmentOf({ page: "servers", rest: [pool, each.server] })}>{each.server}</a>
                      {each.server === server ? " ← picked" : ""}
                      {each.isBackup ? " (backup)" : ""}
                    </td>
                    <td>
                      <State state={each.state} />
                    </td>
                    <td class="number">{each.weight}</td>
                    <td class="number">
                      {whole(each.active)}
                      {each.activeMax === 0 ? "" : ` of ${whole(each.activeMax)}`}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            {candidates.length > shown.length ? (
              <p class="quiet">and {plural(candidates.length - shown.length, "other")}</p>
            ) : null}
          </Step>
        );
      })}
    </>
  );
}

export function ExplainEgress({ egress }: { readonly egress: NonNullable<Explanation["egress"]> }): VNode {
  return (
    <>
      {egress.map(({ pool, member, why, passedOver }, index) => (
        <Step key={`${index} ${pool}`} title={`Egress ${pool}`}>
          <p>
            {member === null ? null : (
              <>
                <a href={fragmentOf({ page: "egress", rest: [pool, member] })}>{member}</a>:{" "}
              </>
            )}
            {why}
          </p>
          {passedOver.length === 0 ? null : <p class="quiet">Passed over: {passedOver.join(", ")}</p>}
        </Step>
      ))}
    </>
  );
}

export function ExplainEntries({ entries }: Pick<Explanation, "entries">): VNode | null {
  if (entries.length === 0) return null;
  return (
    <Step title="Tables" note="before, and as they would be">
      {entries.map(({ table, key, before, after }) => (
        <div key={`${table} ${key}`} class="entry-step">
          <p>
            <a href={fragmentOf({ page: "tables", rest: [table, key] })}>
              {table} / {key}
            </a>
            {before === null ? <span class="quiet"> has no entry yet</span> : null}
          </p>
          <dl class="terms">
            {Object.keys(after ?? before ?? {}).map((name) => (
              <div key={name}>
                <dt>
                  <code>{name}</code>
                </dt>
                <dd>
                  <code>
                    {before?.[name] ?? 0}
                    {after === null || after[name] === before?.[name] ? "" : ` → ${after[name]}`}
                  </code>
                </dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </Step>
  );
}
