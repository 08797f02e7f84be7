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

/** Follows the address bar from now on. */
export function watchPlace(): void {
  window.addEventListener("hashchange", () => {
    current.value = placeOf(location.hash);
  });
}

export function go(page: string, rest: readonly string[] = [], query: Place["query"] = {}): void {
  location.hash = fragmentOf({ page, rest, query });
}

/** Changes what is asked for on this page. It leaves no step behind that the Back button would have to undo letter by letter. */
export function refine(query: Readonly<Record<string, string>>, rest: readonly string[] = current.value.rest): void {
  const next = { page: current.value.page, rest, query: { ...current.value.query, ...query } };
  history.replaceState(null, "", fragmentOf(next));
  current.value = placeOf(location.hash);
}
