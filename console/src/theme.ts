// Light or dark, and wide or narrow. The theme is the system's until somebody chooses another; the choice is kept in this browser. Pages
// read `isNarrow` where a style sheet alone cannot do it.

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const key = "sluice-theme";
const themes: readonly Theme[] = ["system", "light", "dark"];

export const theme: Signal<Theme> = signal(known(globalThis.localStorage?.getItem(key)));
/** Counts changes of what is in force: colours that were read from the style sheet have to be read anew. */
export const paints: Signal<number> = signal(0);
const narrow = signal(false);
export const isNarrow: ReadonlySignal<boolean> = narrow;

function known(text: string | null | undefined): Theme {
  return themes.find((each) => each === text) ?? "system";
}

export function watchTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const width = matchMedia("(max-width: 700px)");
  const apply = (): void => {
    const isDark = theme.value === "dark" || (theme.value === "system" && system.matches);
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
    paints.value++;
  };
  theme.subscribe(apply);
  system.addEventListener("change", apply);
  narrow.value = width.matches;
  width.addEventListener("change", () => {
    narrow.value = width.matches;
  });
}

export function turnTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]!;
  localStorage.setItem(key, theme.value);
}
