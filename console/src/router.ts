// Where in the console one is, kept in the fragment of the address: `#/servers/app?find=10.0&sort=-errors`. Filters stand there too, so
// that an address can be sent to somebody who then sees the same. It knows nothing of pages; a fragment never reaches the server.

import { type ReadonlySignal, signal } from "@preact/signals";

export interface Place {
  /** First part of the path: "servers". */
  readonly page: string;
  /** What follows it, decoded: what is selected. */
  readonly rest: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

export function placeOf(fragment: string): Place {
  const [path = "", search = ""] = fragment.replace(/^#?\/?/, "").split("?", 2);
  const [page = "", ...rest] = path.split("/").map(decoded);
  return { page: page === "" ? "overview" : page, rest, query: Object.fromEntries(new URLSearchParams(search)) };
}

export function fragmentOf(place: { page: string; rest?: readonly string[]; query?: Place["query"] }): string {
  const path = [place.page, ...(place.rest ?? [])].map(encodeURIComponent).join("/");
  const asked = Object.entries(place.query ?? {}).filter(([, value]) => value !== "");
  return `#/${path}${asked.length === 0 ? "" : `?${new URLSearchParams(asked)}`}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const current = signal<Place>(placeOf(globalThis.location?.hash ?? ""));
export const place: ReadonlySignal<Place> = current;

/** Of a step in the browser's history that this console has made: from where, and by what. It outlives a reload of the page. */
export interface Step {
  readonly from: string;
  /** "row", or the name of the field that was typed into. */
  readonly by: string;
}

/** Whether a change of the address is a step of its own, stands in place of the one where one is, or is one back. */
export type Move = "push" | "replace" | "back";

export function moveOf(kind: "press" | "type" | "open" | "close", by: string, step: Step | null, next: string): Move {
  switch (kind) {
    case "press":
      return "push";
    // All letters of one search are one step, and so are all rows that are looked at one after another.
    case "type":
    case "open":
      if (step?.by !== by) return "push";
      return step.from === next ? "back" : "replace";
    // A row that was opened by a link or from a bookmark has no list behind it to go back to.
    case "close":
      return step !== null && isList(placeOf(step.from), placeOf(next)) ? "back" : "replace";
  }
}

/** Whether `from` is the same list: the address of the first of a page's lists need not name it. */
function isList(from: Place, { page, rest, query }: Place): boolean {
  const named = rest.slice(0, from.rest.length);
  return fragmentOf(from) === fragmentOf({ page, rest: named, query });
}

const stepNow = (): Step | null =>
  (history.state as Step | null)?.from === undefined ? null : (history.state as Step);

/** The browser takes its time to go back; what is pressed meanwhile is written behind it. */
let isReturning = false;
const waiting: (() => void)[] = [];

/** Follows the address bar, and Back and Forward, from now on. */
export function watchPlace(): void {
  const follow = (): void => {
    const next = placeOf(location.hash);
    if (fragmentOf(next) !== fragmentOf(current.value)) current.value = next;
  };
  window.addEventListener("popstate", () => {
    isReturning = false;
    for (const write of waiting.splice(0)) write();
    follow();
  });
  window.addEventListener("hashchange", () => isReturning || follow());
}

function move(kind: Parameters<typeof moveOf>[0], by: string, to: Omit<Place, "page"> & { page?: string }): void {
  const from = fragmentOf(current.value);
  const next = fragmentOf({ page: current.value.page, ...to });
  current.value = placeOf(next);
  if (next === from) return;
  const write = (): void => {
    const step = stepNow();
    const how = moveOf(kind, by, step, next);
    if (how === "push") history.pushState({ from, by } satisfies Step, "", next);
    else if (how === "replace") history.replaceState(step, "", next);
    else {
      isReturning = true;
      history.back();
    }
  };
  if (isReturning) waiting.push(write);
  else write();
}

export function go(page: string, rest: readonly string[] = [], query: Place["query"] = {}): void {
  move("press", "", { page, rest, query });
}

/** Asks something else of this page, by one press: Back takes it back. */
export function refine(query: Place["query"]): void {
  const { rest, query: former } = current.value;
  move("press", "", { rest, query: { ...former, ...query } });
}

/** The same letter by letter: Back takes back what was typed as a whole. */
export function refineTyped(name: string, value: string): void {
  const { rest, query } = current.value;
  move("type", name, { rest, query: { ...query, [name]: value } });
}

/** Opens a row of this page: Back closes it. Of rows that are opened one after another it closes the last. */
export function openRow(...rest: readonly string[]): void {
  const { query } = current.value;
  move(current.value.rest.length === rest.length ? "open" : "press", "row", { rest, query });
}

/** Closes the row that is open; what is left of the path may be said. */
export function closeRow(...rest: readonly string[]): void {
  move("close", "row", { rest, query: current.value.query });
}
