// The parsed haproxy.cfg, as everybody in this room sees it: words with their places, statements, proxies, and the conversion under
// way. Sections are made by sections.ts, defaults are laid under each proxy there; what is here knows no keyword. Each statement
// stands on a line of its own, so a line is what the ledger counts, and a place is a line and the number of a word in it.

import type { Path } from "../../problem.ts";
import type { Ledger } from "../ledger.ts";
import type { Origins } from "../origins.ts";
import type { Code } from "./code.ts";
import type { Draft, RulesDraft } from "./draft.ts";
import type { Resolvers } from "./resolvers.ts";

export interface Word {
  /** Without quotes and escapes, variables filled in. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** Offset into the file. */
  readonly at: number;
  /** Its number in the line, from 0. */
  readonly index: number;
  /** Some of it stood in quotes or behind a backslash: it is no operator. */
  readonly isQuoted: boolean;
}

export interface Statement {
  /** At least one; without the `no` or `default` in front. */
  readonly words: readonly Word[];
  readonly line: number;
  readonly prefix: "no" | "default" | null;
  /** Of a defaults section, not of the proxy itself. */
  readonly isInherited: boolean;
}

export type ProxyKind = "frontend" | "backend" | "listen";

/** What HAProxy calls a proxy. */
export interface Service {
  readonly kind: ProxyKind;
  readonly name: string;
  /** The name in the section's own line. */
  readonly word: Word;
  /** Those of its defaults first, then its own, each in the order of the file. */
  readonly statements: readonly Statement[];
  readonly mode: "http" | "tcp";
  /** Of one that is disabled: what its section says. Its table stands among its statements, the rest is as if it were not there. */
  readonly disabled?: readonly Statement[];
}

/** What a backend says of servers, also one that is disabled. */
export function serverLines({ statements, disabled }: Service): readonly Statement[] {
  return (disabled ?? statements).filter(({ words }) =>
    ["server", "server-template", "dispatch"].includes(words[0]!.text),
  );
}

/** A user of a userlist. */
export interface User {
  readonly name: string;
  /** `user x insecure-password y`: in clear; `password`: as crypt(3) writes it. */
  readonly password: string;
  readonly isCrypted: boolean;
  readonly groups: readonly string[];
}

/** Where a word stands, for ledger and origins: its line, as a text, and its number in it. */
export function pathOf(word: Word): Path {
  return [String(word.line), word.index];
}

/** The whole line. */
export function linePath(statement: Statement): Path {
  return [String(statement.line)];
}

export interface Conversion {
  readonly ledger: Ledger;
  readonly origins: Origins;
  /** The config that is being built; whoever adds to it tells `origins` where it comes from. */
  readonly draft: Draft;
  /** Frontends, backends and listens in the order of the file. */
  readonly proxies: readonly Service[];
  readonly userlists: ReadonlyMap<string, readonly User[]>;
  /** Sections resolvers, by name. */
  readonly resolvers: ReadonlyMap<string, Resolvers>;
  /** Files of an http-errors section, by status. */
  readonly errorSections: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** Some proxy's lines are written: servers are called by their names there. */
  readonly isLogged: boolean;
  /** Whether lines of the access log say what the proxy captures. */
  isCaptureLogged(proxy: Service): boolean;
  /** The name here of what has a name in the file: with the characters that ours may have, and no two alike. The same each time. */
  nameOf(kind: "pool" | "listener" | "table" | "list", name: string): string;
  /** The backend or listen that a word names, which is then in use; when there is none, that is told and null comes back. */
  backendNamed(word: Word): Service | null;
  /** The name of its pool; the backend is then in use. One that nobody uses and that has no servers gets no pool: it is a table's. */
  poolOf(proxy: Service): string;
  /** A path in the file, as `default-path` says, for our config. */
  pathOf(file: string): string;
  /** What stands in a file, named as in the haproxy.cfg, where it can be read beforehand; null where it cannot. */
  textOf(file: string): string | null;
  /** Of the environment, with what the file sets in it; undefined when it is not set. */
  variableOf(name: string): string | undefined;
}

/**
 * What rules.ts makes of the statements of a proxy that `isRuleWord` says are its own. It enters each of them in the ledger. Tables,
 * lists and pools that rules need besides go into the draft.
 */
export interface ProxyRules {
  /** For every listener of a frontend or listen. */
  readonly listener: RulesDraft;
  /** For the pool of a backend or listen. */
  readonly pool: RulesDraft;
  /** Conditions of `monitor fail`. */
  readonly failing: readonly Code[];
  /** `stick` of the pool. */
  readonly stick: { readonly table: string; readonly by: string } | null;
  /** More keys for every listener, and for the pool, such as `requestId`, or `errors` from errorloc. */
  readonly listenerKeys: Readonly<Record<string, unknown>>;
  readonly poolKeys: Readonly<Record<string, unknown>>;
}

/** rules.ts exports `translateRules` of this type. */
export type TranslateRules = (conversion: Conversion, proxy: Service) => ProxyRules;

/** For "did you mean". */
export const ruleWordList: readonly string[] = [
  "acl",
  "block",
  "bwlim",
  "capture",
  "declare",
  "filter",
  "http-after-response",
  "http-request",
  "http-response",
  "monitor",
  "rate-limit",
  "redirect",
  "stick",
  "stick-table",
  "tcp-request",
  "tcp-response",
  "unique-id-format",
  "unique-id-header",
  "use-server",
  "use_backend",
];
const ruleWords: ReadonlySet<string> = new Set(ruleWordList);

/** By the first word of a statement. */
export function isRuleWord(word: string): boolean {
  return ruleWords.has(word) || /^(?:errorloc(?:302|303)?|(?:req|rsp)[a-z]+)$/.test(word);
}

export type { Service as Proxy };
