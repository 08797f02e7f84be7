// An explanation as a story: how it ends, then each phase with the rules that were reached, the cache, the choice of a server and of an outbound
// address, what tables count afterwards, and what the server would be sent. Terms stand with the values that they had; what did not hold
// is quiet, so that the eye finds what did.

import type { ComponentChildren, VNode } from "preact";
import { Mark, StatusCode } from "../parts/mark.tsx";
import { plural } from "../text/format.ts";
import type { Explanation } from "./explain.tsx";
import { ExplainChoices, ExplainEgress, ExplainEntries } from "./explainchoices.tsx";

type Phase = Explanation["phases"][number];
type Rule = Phase["rules"][number];
type Term = Rule["terms"][number];

export function ExplainAnswer({ of }: { readonly of: Explanation }): VNode {
  const { outcome, subject, ban, phases, cache, choices, egress, entries, forwarded, assumptions } = of;
  const isRefused = outcome.status >= 400;
  return (
    <>
      <section class={`verdict ${isRefused ? "bad" : "good"}`}>
        <p>
          <Mark state={isRefused ? "bad" : "good"} />
          <b>{outcome.status === 0 ? "—" : <StatusCode status={outcome.status} />}</b>
          <span>{outcome.text}</span>
        </p>
      </section>
      <p class="quiet subject">
        {subject.method === undefined ? subject.mode : `${subject.method} ${subject.target ?? ""}`}
        {subject.host === undefined ? "" : ` at ${subject.host}`} from {subject.client}, listener {subject.listener}
        {subject.serverName === undefined || subject.serverName === "" ? "" : `, by TLS for ${subject.serverName}`}
      </p>
      {assumptions.map((assumption) => (
        <p key={assumption} class="quiet">
          Taken for granted: {assumption}
        </p>
      ))}
      {ban === null ? null : (
        <Step title="Ban">
          <p class="bad">
            <Mark state="bad" /> The client is banned {ban === "for ever" ? ban : `until ${ban}`}.
          </p>
        </Step>
      )}
      {phases.map((phase, index) => (
        <PhaseStep key={`${index} ${phase.of}`} of={phase} />
      ))}
      {cache === undefined ? null : (
        <Step title={`Cache ${cache.cache}`} note={cache.result}>
          <p>{cache.text}</p>
        </Step>
      )}
      <ExplainChoices choices={choices} />
      <ExplainEgress egress={egress ?? []} />
      <ExplainEntries entries={entries} />
      {forwarded === undefined ? null : (
        <Step title="What the server is sent">
          <pre class="code-block">{forwarded.join("\n")}</pre>
        </Step>
      )}
    </>
  );
}

interface StepProps {
  readonly title: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Step({ title, note, children }: StepProps): VNode {
  return (
    <section class="step">
      <h2>
        {title}
        {note === undefined ? null : <span class="quiet"> {note}</span>}
      </h2>
      <div>{children}</div>
    </section>
  );
}

const whenWords: Readonly<Record<Phase["phase"], string>> = {
  connection: "When the connection comes",
  request: "The request",
  response: "The response",
  afterResponse: "What is sent",
};

function PhaseStep({ of: { phase, of, isRehearsed, rules, skipped } }: { readonly of: Phase }): VNode {
  return (
    <Step title={whenWords[phase]} note={`${of}${isRehearsed ? ", played as if it connected now" : ""}`}>
      {rules.length === 0 ? <p class="quiet">no rules</p> : null}
      {rules.map((rule) => (
        <RuleStep key={rule.place} of={rule} />
      ))}
      {skipped === 0 ? null : <p class="quiet">{plural(skipped, "rule")} behind it not asked</p>}
    </Step>
  );
}

function RuleStep({ of }: { readonly of: Rule }): VNode {
  const { name, mode, condition, isHeld, isPassed, terms, effects, outcome, rules, place } = of;
  const isObserved = mode === "observe";
  return (
    <article class={`rule-step${isHeld ? " held" : ""}`}>
      <header>
        <Mark state={isHeld ? (isObserved ? "observe" : outcome === null ? "good" : "warn") : "idle"} />
        <a href={`#/rules/${encodeURIComponent(place)}`}>{name}</a>
        <span class={isHeld ? "" : "quiet"}>
          {isHeld ? (condition === null ? "always" : "holds") : "does not hold"}
          {isPassed ? ", within its limit" : ""}
          {isObserved ? ", only observed" : ""}
        </span>
        {outcome === null ? null : (
          <b class="rule-outcome">
            {isObserved ? "would: " : ""}
            {outcome}
          </b>
        )}
      </header>
      {condition === null ? null : <pre class="condition">{condition}</pre>}
      <Terms of={terms} />
      {effects.map(({ effect, terms: asked, result }, index) => (
        <div key={`${index} ${effect}`} class="effect">
          <p>
            <code>{effect}</code>
            {result === null ? null : (
              <>
                {" → "}
                <code class="value">{result}</code>
              </>
            )}
          </p>
          <Terms of={asked} />
        </div>
      ))}
      {rules.map((rule) => (
        <RuleStep key={rule.place} of={rule} />
      ))}
    </article>
  );
}

function Terms({ of }: { readonly of: readonly Term[] }): VNode | null {
  if (of.length === 0) return null;
  return (
    <dl class="terms">
      {of.map(({ term, value }, index) => (
        <div key={`${index} ${term}`}>
          <dt>
            <code>{term}</code>
          </dt>
          <dd class={value === "true" ? "yes" : value === "false" ? "no" : ""}>
            <code>{value}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}
