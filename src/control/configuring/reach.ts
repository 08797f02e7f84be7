// Which keys of a config reach beyond Sluice: programs that it runs, files that it reads and writes, sockets it asks, and the admin
// interface itself. Where nobody has to show a token, everybody on the machine is an operator, and a change of such a key would make
// everybody what Sluice's user is: those stay the business of who may write the config file. Names of keys are enough: what is refused
// too much (a path of a cookie) can be written there as well. A test asks the schema for keys that sound like one.

import { keyText, type Path } from "../../config/problem.ts";
import { differences, isSection } from "./difference.ts";

/** Wherever the schema has them. */
export const reachingKeys: ReadonlySet<string> = new Set([
  ...["exec", "file", "tokenFile", "path", "ca", "certificate", "certificates", "key", "default", "docker"],
  ...["folder", "logs", "nginx", "hooks", "admin", "metrics", "ipmanager", "accessLog", "syslog", "api"],
]);
/** Under these texts are files, and lists are what they say. */
const fileOrList: ReadonlySet<string> = new Set(["addresses", "texts", "names", "map"]);
/** Keys of those names that are no file: what tables, caches and balancing are keyed by, and paths of URLs. */
const harmless: readonly RegExp[] = [
  /^tables\.[^.]+\.key\b/,
  /\b(?:cache|balance|stick)\b.*\.key\b/,
  /\bsticky\.path$/,
  /\btests\b/,
  /\bcheck\.(?:http\.)?path$/,
];

/** Who asks for a change has shown the token, or may open a socket that the system guards. */
export function isGuarded({ admin, gobetween }: Guarded): boolean {
  const isAsked = admin.token !== undefined || gobetween?.api?.password !== undefined;
  return isAsked || admin.listen.startsWith("unix:");
}

interface Guarded {
  readonly admin: { readonly listen: string; readonly token?: string | undefined };
  readonly gobetween?: { readonly api?: { readonly password?: string | undefined } | undefined } | undefined;
}

export function unguarded(place: string): string {
  return `${place} reaches beyond Sluice, to programs, files or the admin interface, which anybody on this machine could change: set admin.token, or change it in the config file`;
}

/** The first place where they differ in such a key; null where there is none. */
export function reachOf(before: unknown, after: unknown): string | null {
  for (const { path, before: was, after: is } of differences(before, after)) {
    const found = reaching(path) ?? inside(is, path) ?? inside(was, path);
    if (found !== null) return keyText(found);
  }
  return null;
}

function inside(value: unknown, path: Path): Path | null {
  if (typeof value === "string") return isFileAt(value, path) ? path : null;
  const below = Array.isArray(value) ? [...value.entries()] : isSection(value) ? Object.entries(value as object) : [];
  for (const [key, item] of below) {
    if (item === undefined) continue;
    const at = [...path, key];
    const found = reaching(at) ?? inside(item, at);
    if (found !== null) return found;
  }
  return null;
}

/** The part of the path up to such a key. */
function reaching(path: Path): Path | null {
  const at = path.findIndex(
    (part, index) =>
      typeof part === "string" &&
      reachingKeys.has(part) &&
      !harmless.some((form) => form.test(keyText(path.slice(0, index + 1)))),
  );
  return at === -1 ? null : path.slice(0, at + 1);
}

function isFileAt(text: string, path: Path): boolean {
  if (path[0] === "lists" && path.length === 3) return fileOrList.has(String(path[2]));
  return text.startsWith("unix:");
}
