// Sections of gobetween's as settings by their keys, "discovery.kind", and back: so they stand in a config of ours, and so its REST API
// and its dump show them. What gobetween does not read is left out, as it leaves it out. It knows the form, and no keyword.

import type { Path } from "../../problem.ts";
import type { Ledger } from "../ledger.ts";
import { isTable } from "../table.ts";

export type Setting = string | number | boolean | string[];
export type Settings = Record<string, Setting>;

/** Of a section that a front-end has read; `path` is where it stands. `without`: keys at its top that are not taken. */
export function settingsOf(value: object, path: Path, ledger: Ledger, without: readonly string[] = []): Settings {
  const settings: Settings = {};
  const take = (section: object, at: Path, before: string): void => {
    for (const [written, item] of Object.entries(section)) {
      const [key, place] = [`${before}${written.toLowerCase()}`, [...at, written]];
      if (without.includes(key) || !isKey(key) || ledger.isUnknown(place)) continue;
      if (isTable(item)) take(item, place, `${key}.`);
      else if (isSetting(item)) settings[key] = item;
    }
  };
  take(value, path, "");
  return settings;
}

/** Each part of it is a word, and no name that means something to objects. */
function isKey(key: string): boolean {
  return key.length <= 64 && key.split(".").every((part) => /^[a-z0-9][a-z0-9_]*$/.test(part));
}

function isSetting(item: unknown): item is Setting {
  if (Array.isArray(item)) return item.every((each) => typeof each === "string");
  return typeof item === "string" || typeof item === "boolean" || (typeof item === "number" && Number.isFinite(item));
}

export interface Tree {
  [key: string]: Setting | Tree;
}

/** The sections that they stand for. */
export function treeOf(settings: Readonly<Settings>): Tree {
  const tree: Tree = {};
  for (const [key, value] of Object.entries(settings)) {
    if (!isKey(key)) continue;
    const parts = key.split(".");
    let section = tree;
    for (const part of parts.slice(0, -1)) {
      const there = Object.hasOwn(section, part) ? section[part] : undefined;
      const below: Tree = isTable(there) ? (there as Tree) : {}; // A list is no table.
      section[part] = below;
      section = below;
    }
    section[parts.at(-1)!] = value;
  }
  return tree;
}
