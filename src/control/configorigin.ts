// Where a config stands that is no file, as status names it and as a reload says that there is nothing to load again. It knows names for
// places, and none of what is loaded from there: that is the command line's business (cli/). A source that says nothing of itself is the
// command line.

export type ConfigOrigin = "command line" | "environment" | "demo";

export interface Whereabouts {
  readonly path: string | null;
  readonly origin?: ConfigOrigin;
}

/** For people: a path, or what there is in its place. */
export function originOf({ path, origin = "command line" }: Whereabouts): string {
  return path ?? origin;
}

const reasons: Readonly<Record<ConfigOrigin, string>> = {
  "command line": "everything stands on the command line",
  environment: "everything stands in the environment and on the command line",
  demo: "this is the demo",
};

export function unloadable({ origin = "command line" }: Whereabouts): string {
  return `there is no config file to load again: ${reasons[origin]}`;
}
