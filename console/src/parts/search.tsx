// The search field of a page (focused by `/`), and buttons of which one is chosen. What is searched for stands in the address, so that a
// link shows the same and the Back button leads where one was.

import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { place, refine, refineTyped } from "../router.ts";

export interface SearchProps {
  readonly label: string;
  readonly placeholder: string;
  /** Of the address' query; "find" where absent. */
  readonly name?: string;
}

export function Search({ label, placeholder, name = "find" }: SearchProps): VNode {
  const input = useRef<HTMLInputElement>(null);
  useKeys({
    "/": () => {
      input.current?.focus();
      input.current?.select();
    },
  });
  return (
    <label class="search">
      <span class="unseen">{label}</span>
      <input
        ref={input}
        type="search"
        placeholder={placeholder}
        value={place.value.query[name] ?? ""}
        autoComplete="off"
        autoCapitalize="off"
        spellcheck={false}
        onInput={(event) => refineTyped(name, event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}

export interface ChoiceOf {
  readonly value: string;
  readonly title: string;
  readonly count?: number;
}

export interface ChoicesProps {
  readonly label: string;
  readonly name: string;
  readonly choices: readonly ChoiceOf[];
}

/** The first is the one where the address says nothing. */
export function Choices({ label, name, choices }: ChoicesProps): VNode {
  const now = place.value.query[name] ?? "";
  const isKnown = choices.some(({ value }) => value === now);
  return (
    <fieldset class="choices" aria-label={label}>
      {choices.map(({ value, title, count }) => (
        <button key={value} type="button" aria-pressed={now === value} onClick={() => refine({ [name]: value })}>
          {title}
          {count === undefined ? null : <b>{count}</b>}
        </button>
      ))}
      {isKnown ? null : <UnknownChoice name={name} now={now} />}
    </fieldset>
  );
}

/** What the address asks for and there is none of hides rows all the same: it is shown as chosen, and goes by a press. */
export function UnknownChoice({ name, now }: { readonly name: string; readonly now: string }): VNode {
  return (
    <button
      type="button"
      class="unknown"
      aria-pressed={true}
      title={`There is no ${name} of that name: press it to see all`}
      onClick={() => refine({ [name]: "" })}
    >
      {now}? ×
    </button>
  );
}

export interface NamesProps {
  readonly label: string;
  /** Of the address' query. */
  readonly name: string;
  /** What is chosen where the address says nothing: "every pool". */
  readonly all: string;
  readonly names: readonly string[];
}

/** One of many names, as long as they may be. One that is not there any more is chosen all the same, and says so. */
export function Names({ label, name, all, names }: NamesProps): VNode {
  const now = place.value.query[name] ?? "";
  return (
    <label class="select">
      <span class="unseen">{label}</span>
      <select value={now} onChange={(event) => refine({ [name]: event.currentTarget.value })}>
        <option value="">{all}</option>
        {now === "" || names.includes(now) ? null : <option value={now}>{now} (there is none)</option>}
        {names.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}
