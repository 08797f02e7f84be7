// The functions in a config of TypeScript: found and taken out before it is judged, for the schema is of what a text could say,
// and found again by the workers, each of which imports the module for itself. Both go by the same code, so that a plan never
// promises a hook that a worker does not have. A function where no hook can be stays, and is told as what it is.

import { mediaRange } from "../base/mediarange.ts";
import { nearest } from "../base/nearest.ts";
import { quote } from "../base/reading.ts";
import { readSize } from "../base/size.ts";
import { type HookName, hookNames } from "./plancontent.ts";
import { isSection, type Section, sectionOf } from "./section.ts";

export const hookOwners = ["listeners", "pools"] as const;
export type HookOwner = (typeof hookOwners)[number];

/** Names of hooks by the name of their listener or pool; those that have none are not in it. */
export type HookNames = Readonly<Record<HookOwner, Readonly<Record<string, readonly HookName[]>>>>;

/** What stands in the place of hooks, by their names. */
export type HookValues = Readonly<Partial<Record<HookName, unknown>>>;

const listenerHooks: readonly HookName[] = [
  "onRequest",
  "onResponse",
  "onError",
  "transformRequest",
  "transformResponse",
];
const poolHooks: readonly HookName[] = hookNames; // All that there are.
const transforms: readonly HookName[] = ["transformRequest", "transformResponse"];
const transformKeys = ["types", "maxBody", "text", "json", "stream"];

export function hooksFor(owner: HookOwner): readonly HookName[] {
  return owner === "listeners" ? listenerHooks : poolHooks;
}

/** The hooks that a listener or pool of a config has. */
export function hooksIn(section: Section, owner: HookOwner): HookValues {
  const found: Partial<Record<HookName, unknown>> = {};
  for (const name of hooksFor(owner)) if (isHook(name, section[name])) found[name] = section[name];
  return found;
}

/** A config without its hooks, which are named beside it. What ends its code is for those who run that (data/program.ts). */
export function takeHooks(config: Section): { readonly config: Section; readonly names: HookNames } {
  const names: Record<HookOwner, Record<string, readonly HookName[]>> = { listeners: {}, pools: {} };
  const rest: Record<string, unknown> = { ...config };
  if (isCode(rest["onUnload"])) delete rest["onUnload"];
  for (const owner of hookOwners) {
    if (!isSection(config[owner])) continue;
    const sections: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(sectionOf(config[owner]))) {
      const found = isSection(value) ? (Object.keys(hooksIn(sectionOf(value), owner)) as HookName[]) : [];
      if (found.length > 0) names[owner][name] = found;
      define(sections, name, found.length > 0 ? without(sectionOf(value), found) : value);
    }
    rest[owner] = sections;
  }
  return { config: rest, names };
}

export function hasHooks(names: HookNames): boolean {
  return hookOwners.some((owner) => Object.keys(names[owner]).length > 0);
}

function without(section: Section, keys: readonly string[]): Section {
  return Object.fromEntries(Object.entries(section).filter(([key]) => !keys.includes(key)));
}

/** Not by assignment, to which a key named __proto__ would mean something else. */
function define(sections: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(sections, name, { value, enumerable: true, writable: true, configurable: true });
}

function isHook(name: HookName, value: unknown): boolean {
  if (typeof value === "function") return true;
  if (!transforms.includes(name) || !isSection(value)) return false;
  // A request is sent when its body is known.
  const isStream = sectionOf(value)["stream"] !== undefined;
  return faultOfTransform(sectionOf(value)) === null && !(name === "transformRequest" && isStream);
}

/** What is wrong with a transform that is no function alone, in a sentence that continues its key. Null: nothing. */
export function faultOfTransform(section: Section, isFunction: (value: unknown) => boolean = isCode): string | null {
  const strange = Object.keys(section).find((key) => !transformKeys.includes(key));
  if (strange !== undefined) return `holds ${JSON.stringify(strange)}; known here: ${transformKeys.join(", ")}`;
  const functions = ["text", "json", "stream"].filter((key) => section[key] !== undefined);
  const other = functions.find((key) => !isFunction(section[key]));
  if (other !== undefined) return `must have a function as ${other}`;
  if (functions.length === 0) return "must have one of the functions text, json and stream";
  if (section["stream"] !== undefined && functions.length > 1) return "must not have stream beside text or json";
  const { types, maxBody } = section;
  if (types !== undefined) {
    const fault = faultOfTypes(types);
    if (fault !== null) return fault;
  }
  if (maxBody !== undefined && (typeof maxBody !== "string" || !readSize(maxBody).ok))
    return 'must have a size as maxBody, such as "256kb"';
  return null;
}

/** What nothing that is sent is ever called like would silently be for nothing, as elsewhere in a config (bodyschema.ts). */
function faultOfTypes(types: unknown): string | null {
  const usage = 'a list of media types, such as ["text/html"] or ["text/*"]';
  if (typeof types === "string")
    return `must have ${usage}, as types: write [${quote(types)}]${mediaRange.test(types) ? "" : `, and ${notMedia(types)}`}`;
  if (!Array.isArray(types)) return `must have ${usage}, as types`;
  if (types.length === 0) return "must not have an empty list as types: without types it is for all that it can read";
  const strange: unknown = types.find((type) => typeof type !== "string" || !mediaRange.test(type));
  if (strange === undefined) return null;
  return typeof strange === "string"
    ? `must have ${usage}, as types; ${notMedia(strange)}`
    : `must have ${usage}, as types`;
}

function notMedia(type: string): string {
  const told = `${quote(type)} is none`;
  if (/^\*(\/\*)?$/.test(type)) return `${told}: without types it is for all that it can read`;
  if (type.includes(";")) return `${told}: it is written without what follows the semicolon`;
  return type.includes("*+json") ? `${told}: application/json is also for those that end in +json` : told;
}

function isCode(value: unknown): boolean {
  return typeof value === "function";
}

/** Also what stands for a function that was in a config of TypeScript (loadevaluate.ts). */
function isCodeOrMark(value: unknown): boolean {
  return isCode(value) || (isSection(value) && "a function" in sectionOf(value));
}

/** What is said of a hook that is left in a config: no function, in a text, in the wrong place, or mistyped. Null: the key is no hook's. */
export function remarkOnHook(key: string, owner: HookOwner, value?: unknown): string | null {
  const name = hookNames.find((each) => each === key);
  if (name === undefined) {
    // The schema, which knows no functions, cannot tell that these were meant. pick is too short to be told from stick.
    const meant = nearest(
      key,
      hooksFor(owner).filter((each) => each !== "pick"),
    );
    return meant === null ? null : `is not a known key; did you mean "${meant}"?`;
  }
  if (!hooksFor(owner).includes(name)) return "is a hook of pools, not of listeners";
  const isTransform = transforms.includes(name);
  if (isTransform && isSection(value) && Object.values(sectionOf(value)).some(isCodeOrMark)) {
    const section = sectionOf(value);
    if (name === "transformRequest" && section["stream"] !== undefined)
      return "must not have stream, for a request is sent when its body is known: it has text or json";
    const fault = faultOfTransform(section, isCodeOrMark);
    if (fault !== null) return fault;
  }
  const what = isTransform ? "a function, or a section with the function text, json or stream" : "a function";
  return `must be ${what}, which only a config in TypeScript or JavaScript can hold`;
}
