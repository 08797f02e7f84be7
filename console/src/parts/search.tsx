// The search field of a page (focused by `/`), and buttons of which one is chosen. What is searched for stands in the address, so that a
// link shows the same and the Back button leads where one was.

import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { place, refine } from "../router.ts";

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
        onInput={(event) => refine({ [name]: event.currentTarget.value })}
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
  return (
    <fieldset class="choices" aria-label={label}>
      {choices.map(({ value, title, count }) => (
        <button key={value} type="button" aria-pressed={now === value} onClick={() => refine({ [name]: value })}>
          {title}
          {count === undefined ? null : <b>{count}</b>}
        </button>
      ))}
    </fieldset>
  );
}
