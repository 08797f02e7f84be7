// Keys of the whole console: single letters, and `g` with the letter of a page. They stay silent while somebody types, and leave alone what
// the browser has keys for (with Ctrl, Alt or Meta). The last part that asked for a key has it, so that a drawer comes before its page.

import { useLayoutEffect } from "preact/hooks";

type Bindings = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const bindings: Bindings[] = [];
/** How long after `g` a letter still belongs to it. */
const prefixMs = 1500;
let prefixAtMs = Number.NEGATIVE_INFINITY;

/** By `event.key`, or "g x" for two. In force while the component is there. */
export function useKeys(keys: Bindings): void {
  useLayoutEffect(() => {
    bindings.push(keys);
    return () => void bindings.splice(bindings.indexOf(keys), 1);
  });
}

export function watchKeys(): void {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const isTyping = isInput(event.target);
    if (isTyping && event.key === "Escape") return (event.target as HTMLElement).blur();
    if (isTyping || document.querySelector("dialog[open]") !== null) return;
    // What is focused is pressed, and not the row that the cursor is on.
    if (event.key === "Enter" && event.target instanceof Element && event.target.closest("a, button, summary") !== null)
      return;
    const isSecond = event.timeStamp - prefixAtMs < prefixMs;
    prefixAtMs = event.key === "g" && !isSecond ? event.timeStamp : Number.NEGATIVE_INFINITY;
    const name = isSecond ? `g ${event.key}` : event.key;
    const act = bindings.findLast((keys) => Object.hasOwn(keys, name))?.[name];
    if (act === undefined) return;
    // A letter that focuses a field would be typed into it otherwise.
    event.preventDefault();
    act(event);
  });
}

function isInput(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
