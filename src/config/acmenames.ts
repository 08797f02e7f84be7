// For which names listeners want certificates from an authority: each entry of tls.acme is one certificate, for one name or for several. It
// knows the config alone; what there is of them is asked of the materials. It also says which of a listener's certificates are
// shown for which names, while some of them are only placeholders.

import type { Certificate } from "./materials.ts";
import type { Config, ListenerTls } from "./types.ts";

/** The names of one certificate, in lower case, each once, the first one first. */
export type NameSet = readonly string[];

export function nameSetsOf({ acme = [] }: Pick<ListenerTls, "acme">): NameSet[] {
  return acme.map((each) => [...new Set([each].flat().map((name) => name.toLowerCase()))]);
}

/** Two sets that have the same one are one certificate, whatever their order. */
export function setKey(names: NameSet): string {
  return [...names].sort().join(" ");
}

export interface Wish {
  readonly names: NameSet;
  /** Who shows it. */
  readonly listeners: readonly string[];
}

/** Each certificate once, in the order of the config. */
export function wishesOf(config: Pick<Config, "listeners">): Wish[] {
  const wishes = new Map<string, { readonly names: NameSet; readonly listeners: string[] }>();
  for (const [listener, { tls }] of Object.entries(config.listeners))
    for (const names of nameSetsOf(tls ?? {})) {
      const key = setKey(names);
      const wish = wishes.get(key) ?? { names, listeners: [] };
      if (!wish.listeners.includes(listener)) wish.listeners.push(listener);
      wishes.set(key, wish);
    }
  return [...wishes.values()];
}

/**
 * What a listener shows, the one for unknown names first. A placeholder stands in only for names that nothing else is for: beside a real
 * certificate with another kind of key some clients would be shown it.
 */
export function shownOf(files: readonly Certificate[], issued: readonly Certificate[], wanted?: string): Certificate[] {
  const all = [...new Set([...files, ...issued])];
  const real = new Set(all.filter(({ source }) => source !== "placeholder").flatMap(({ names }) => names));
  const isCovered = (name: string): boolean => real.has(name) || real.has(name.replace(/^[^.]*/, "*"));
  const shown = all.flatMap((each): Certificate[] => {
    if (each.source !== "placeholder") return [each];
    const names = each.names.filter((name) => !isCovered(name));
    return names.length === 0 ? [] : [names.length === each.names.length ? each : { ...each, names }];
  });
  const name = wanted?.toLowerCase();
  // Files have been put in order by whoever read them.
  const first =
    files.length > 0 && files[0]!.names.includes(name ?? "")
      ? undefined
      : shown.find((each) => issued.some(({ key }) => key === each.key) && each.names.includes(name ?? ""));
  return first === undefined ? shown : [first, ...shown.filter((each) => each !== first)];
}
