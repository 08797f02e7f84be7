// What a page says instead of content: that there is none and why, that it could not be had, that it is on its way. And the line that tells
// for some seconds what has just been done.

import { type Signal, signal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import type { ApiError } from "../data/api.ts";

/** Nothing is there, and that is no fault. Say what would be here, and what makes it so. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }): VNode {
  return (
    <div class="empty">
      <p>{title}</p>
      {children === undefined ? null : <small>{children}</small>}
    </div>
  );
}

/** What the address names is not there, or not any more: another in its place would be mistaken for it. */
export function Gone({ what, name }: { readonly what: string; readonly name: string }): VNode {
  return (
    <Empty title={`There is no ${what} ${name}`}>
      There may have been one when this address was noted: the config in force has none of that name.
    </Empty>
  );
}

export function Failure({ error, again }: { readonly error: ApiError; readonly again?: () => void }): VNode {
  return (
    <div class="empty failed" role="alert">
      <p>{error.message}</p>
      {again === undefined ? null : (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

const toldMs = 5000;
const told: Signal<string> = signal("");
let timer: ReturnType<typeof setTimeout> | undefined;

export function tell(sentence: string): void {
  told.value = sentence;
  clearTimeout(timer);
  timer = setTimeout(() => {
    told.value = "";
  }, toldMs);
}

/** Stands once in the shell. */
export function Told(): VNode {
  return (
    <output class={`told${told.value === "" ? "" : " shown"}`} aria-live="polite">
      {told.value}
    </output>
  );
}
