// What of a config is not shown: tokens, passwords, fields of requests that carry them, and credentials in addresses. It knows which keys
// of the schema hold them (a test asks every key whose name sounds like one), texts that are addresses, and what programs are called with.
// What was shown as "(redacted)" and comes back unchanged in a patch stands for what was there; where it could stand for several, none.

import { keyText, type Path } from "../../config/problem.ts";
import { isSection } from "./difference.ts";

export const redacted = "(redacted)";

/** Texts under these keys are secret as a whole, wherever the schema has them. */
export const secretKeys: ReadonlySet<string> = new Set(["token", "password", "hmacKey"]);
/** Under these stand names of an operator's choice: those that sound like a secret's hold one. */
const openKeys: ReadonlySet<string> = new Set(["headers", "setHeader", "addHeader", "replaceHeader", "settings"]);
const secretName = /auth|cookie|token|passw|secret|credential|api[-_]?key|session/i;
/** Texts that are addresses without a scheme, where user and password may stand before an @. */
export const addressKeys: ReadonlySet<string> = new Set(["redis", "fleet", "registry", "url", "endpoint", "proxies"]);

const credentials: readonly [RegExp, string][] = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#"']*@/gi, `$1${redacted}@`],
  [/([?&](?:[\w-]*(?:token|passw|secret|key|auth)[\w-]*)=)[^&#\s"']+/gi, `$1${redacted}`],
];
/** Where the whole text is one address, a password may hold what elsewhere would end it: quotes, spaces, and a slash, but not in the web's. */
const wholeCredentials: readonly [RegExp, string][] = [
  [/^(https?:\/\/)[^/?#]*@/i, `$1${redacted}@`],
  [/^((?!https?:)[a-z][a-z0-9+.-]*:\/\/).*@/is, `$1${redacted}@`],
];
const proxyCredentials: [RegExp, string] = [/^([a-z][a-z0-9+.-]*:\/\/).*@/is, `$1${redacted}@`];
/** What is sent to a server to see whether it is well: a login of Redis, fields of a request. */
const sentCredentials: readonly [RegExp, string][] = [
  [/\b(AUTH +)[^\r\n]+/gi, `$1${redacted}`],
  [/^([\w-]*(?:auth|cookie|token|passw|secret|api-?key|session)[\w-]*: *)[^\r\n]+/gim, `$1${redacted}`],
];
const bareCredentials: readonly [RegExp, string][] = [
  [/^(?![a-z][a-z0-9+.-]*:\/\/).*@(?=[^@]*$)/i, `${redacted}@`],
  // As sellers of proxies write them: host:port:user:password.
  [/^((?:\[[^\]]*\]|[^:@/\s]+):\d+):.+$/, `$1:${redacted}`],
];

/** The same value without its secrets. `path`: where it stands in a config. */
export function shown(value: unknown, path: Path = []): unknown {
  if (typeof value === "string") return textShown(value, path);
  if (Array.isArray(value)) return value.map((item, index) => shown(item, [...path, index]));
  if (!isSection(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, shown(item, [...path, key])]));
}

function textShown(text: string, path: Path): string {
  if (isSecretAt(path)) return redacted;
  if (isArgument(path)) return argumentShown(text);
  return rulesAt(wordAt(path)).reduce((told, [pattern, by]) => told.replace(pattern, by), text);
}

function rulesAt(word: string): readonly [RegExp, string][] {
  if (word === "proxies") return [proxyCredentials, ...credentials, ...bareCredentials];
  if (addressKeys.has(word)) return [...wholeCredentials, ...credentials, ...bareCredentials];
  return word === "send" ? [...credentials, ...sentCredentials] : credentials;
}

/** Of a program, which itself is shown. */
function isArgument(path: Path): boolean {
  const last = path.at(-1);
  return typeof last === "number" && last > 0 && path.at(-2) === "exec";
}

/** Names of options, paths and numbers are; anything else may be a password. */
function argumentShown(text: string): string {
  if (/^(?:-[a-z]?|--[a-z][\w-]*|\d{1,5}|\/[^\s?#@=:]*)$/i.test(text)) return text;
  const option = /^(--[a-z][\w-]*=)./is.exec(text);
  return option === null ? redacted : `${option[1]}${redacted}`;
}

/** The last name in it: of an item, that of its list. */
function wordAt(path: Path): string {
  return String(path.findLast((part) => typeof part === "string") ?? "");
}

function isSecretAt(path: Path): boolean {
  if (path[0] === "lists") return false;
  if (secretKeys.has(wordAt(path))) return true;
  const users = path.lastIndexOf("users");
  if (users > 0 && path[users - 1] === "auth" && users < path.length - 1) return true;
  const open = path.findLastIndex((part) => openKeys.has(String(part)));
  return open >= 0 && open < path.length - 1 && secretName.test(String(path[open + 1]));
}

const secretKey =
  /(?:^|\.)(?:token|password|hmacKey)$|\.(?:headers|\w+Header|settings)[.[][^.\]]*(?:auth|cookie|token|passw|secret|credential|api[-_]?key|session)/i;

/** What is said of a key's value: where it quotes what is secret, or an address with credentials, it does so without. */
export function sayingShown(message: string, key: string): string {
  const isSecret = secretKey.test(key);
  return message.replaceAll(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, (quoted) => {
    if (isSecret) return redacted;
    return textShown(quoted, []).replace(/^"[^\s"@/:]+:(?!\/\/)[^\s"]*@/, `"${redacted}@`);
  });
}

export type Restored =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly string[] };

/** What came back, with the secrets of what was shown. */
export function restored(given: unknown, former: unknown): Restored {
  const problems: string[] = [];
  const value = restore(given, former, [], problems);
  return problems.length === 0 ? { ok: true, value } : { ok: false, problems };
}

function restore(given: unknown, former: unknown, path: Path, problems: string[]): unknown {
  if (typeof given === "string") return restoreText(given, former, path, problems);
  if (Array.isArray(given)) return restoreList(given, Array.isArray(former) ? former : [], path, problems);
  if (!isSection(given)) return given;
  const before = isSection(former) ? former : {};
  const entries = Object.entries(given).map(([key, item]): [string, unknown] => {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    return [key, restore(item, old, [...path, key], problems)];
  });
  return Object.fromEntries(entries);
}

function restoreText(given: string, former: unknown, path: Path, problems: string[]): string {
  if (!given.includes(redacted)) return given;
  if (typeof former === "string" && textShown(former, path) === given) return former;
  // Elsewhere these are words like others.
  if (isSecretAt(path) || isArgument(path) || wordAt(path) === "send" || /\(redacted\)@|[:=]\(redacted\)/.test(given))
    problems.push(`${keyText(path)} has ${redacted} for a secret that is not known here; write the secret itself`);
  return given;
}

/** Each stands for the one that was shown like it: the first for the first, where there are several. */
function restoreList(given: readonly unknown[], before: readonly unknown[], path: Path, problems: string[]): unknown {
  const told = before.map((each, index) => JSON.stringify(shown(each, [...path, index])));
  const words = given.map((each) => JSON.stringify(each));
  const [alike, asked] = [Map.groupBy(before.keys(), (at) => told[at]), Map.groupBy(given.keys(), (at) => words[at])];
  return given.map((item, index) => {
    if (words[index]?.includes(redacted) !== true) return item;
    const at = [...path, index];
    const [there, here] = [alike.get(words[index]) ?? [], asked.get(words[index])!];
    const isDoubtful =
      there.length !== here.length && there.some((each) => !Bun.deepEquals(before[each], before[there[0]!]));
    if (isDoubtful)
      problems.push(`${keyText(at)} may be any of several, which are shown alike; write the secret itself`);
    const old =
      there.length > 0 ? before[there[Math.min(here.indexOf(index), there.length - 1)]!] : twin(item, before, index);
    return restore(item, old, at, problems);
  });
}

/** The one of that name, or the one that stood there. */
function twin(item: unknown, before: readonly unknown[], index: number): unknown {
  if (!isSection(item)) return before[index];
  const name = item["name"] ?? item["address"];
  const named = before.find((each) => isSection(each) && (each["name"] ?? each["address"]) === name);
  return name === undefined ? before[index] : (named ?? before[index]);
}
