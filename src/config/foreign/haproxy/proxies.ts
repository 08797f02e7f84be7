// Frontends, backends and listens with the defaults laid under them: a proxy has the statements of its defaults section first, then
// its own. Names are given once for each side. Every statement is entered in the ledger here, once, by the tables; what code is to
// read is then read for each proxy that has it.

import { didYouMean } from "../../../base/nearest.ts";
import type { Ledger } from "../ledger.ts";
import { type Keywords, keywordIn } from "./keyword.ts";
import { onOffOptions, optionWords } from "./optionwords.ts";
import { namedDefaultsOnly, notInDefaults, proxyWords, timeoutWords } from "./proxywords.ts";
import { reviewStatement } from "./review.ts";
import { reviewShape } from "./reviewshape.ts";
import {
  isRuleWord,
  linePath,
  type ProxyKind,
  pathOf,
  ruleWordList,
  type Service,
  type Statement,
  type Word,
} from "./scene.ts";
import type { Section } from "./sections.ts";
import { enterKeyword, warn } from "./tell.ts";

export function readProxies(sections: readonly Section[], ledger: Ledger): Service[] {
  const proxies: Service[] = [];
  const named = new Map<string, Statement[]>();
  const twice = new Set<string>();
  const heirs = new Map<string, ProxyKind>();
  let last: readonly Statement[] = [];
  for (const section of sections) {
    if (!isProxyKind(section.kind) && section.kind !== "defaults") continue;
    const below =
      section.from === null ? (section.kind === "defaults" ? [] : last) : defaultsNamed(section, named, twice, ledger);
    const statements = [...below, ...section.statements];
    for (const statement of section.statements) {
      enterStatement(statement, section, ledger);
      reviewStatement(statement, ledger);
      reviewShape(statement, statements, ledger);
    }
    if (section.kind === "defaults") {
      const inherited = statements.filter(({ words }) => !notInDefaults.has(words[0]!.text));
      last = inherited.map((statement) => ({ ...statement, isInherited: true }));
      const name = section.name?.text;
      if (name !== undefined && named.has(name)) twice.add(name);
      if (name !== undefined) named.set(name, [...last]);
    } else if (section.name !== null && isProxyKind(section.kind)) {
      const ruled = below.find(({ words }) => namedDefaultsOnly.has(words[0]!.text));
      if (ruled !== undefined && (section.kind === "listen" || section.from === null))
        ledger.fault(
          pathOf(section.from ?? section.word),
          `cannot have the rules of the defaults above, as in HAProxy: they are for ${section.kind === "listen" ? "frontends and backends" : "sections that name it with from"}`,
        );
      const { kind, name } = section;
      if (ruled !== undefined && section.from !== null) {
        const first = heirs.get(section.from.text) ?? kind;
        heirs.set(section.from.text, first);
        if (first !== kind)
          ledger.fault(
            pathOf(section.from),
            `has rules and is the defaults of a ${first} already: frontends and backends cannot share those, as in HAProxy`,
          );
      }
      const same = proxies.find((one) => one.name === name.text && !areApart(one.kind, kind));
      if (same !== undefined)
        ledger.fault(pathOf(name), `is the name of the ${same.kind} in line ${same.word.line} already`);
      else if (!statements.some(isDisabled))
        proxies.push({ kind, name: name.text, word: name, statements, mode: modeOf(statements) });
      else {
        for (const statement of section.statements) ledger.note(linePath(statement), "the proxy is disabled");
        // What leads to it is answered 503, as by a backend that has no servers, rules or pages. Its table is there.
        const kept = statements.filter(({ words }) => words[0]!.text === "mode" || words[0]!.text === "stick-table");
        const left = kind === "frontend" ? kind : "backend";
        if (left === "backend" || kept.some(({ words }) => words[0]!.text === "stick-table"))
          proxies.push({
            ...{ kind: left, name: name.text, word: name, statements: kept, mode: modeOf(kept) },
            disabled: statements,
          });
      }
    }
  }
  return proxies;
}

function isProxyKind(kind: string): kind is ProxyKind {
  return kind === "frontend" || kind === "backend" || kind === "listen";
}

/** A frontend and a backend may have one name. */
function areApart(one: ProxyKind, other: ProxyKind): boolean {
  return one !== other && one !== "listen" && other !== "listen";
}

function defaultsNamed(
  { from, kind }: Section,
  named: ReadonlyMap<string, readonly Statement[]>,
  twice: ReadonlySet<string>,
  ledger: Ledger,
): readonly Statement[] {
  const word = from!; // Only asked where there is one.
  const found = named.get(word.text);
  if (found === undefined)
    ledger.fault(
      pathOf(word),
      `is the name of no defaults section above this ${kind}${didYouMean(word.text, [...named.keys()])}`,
    );
  else if (twice.has(word.text)) ledger.fault(pathOf(word), "is the name of more than one defaults section");
  return found ?? [];
}

function isDisabled({ words }: Statement): boolean {
  return words[0]!.text === "disabled" && words.length === 1;
}

function modeOf(statements: readonly Statement[]): "http" | "tcp" {
  const word = statements.findLast(({ words }) => words[0]!.text === "mode")?.words[1];
  return word === undefined || word.text === "tcp" ? "tcp" : "http";
}

function reviewMode({ words }: Statement, ledger: Ledger): void {
  const [first, word] = words as [Word, Word | undefined];
  if (word === undefined) return ledger.fault(pathOf(first), "must be http or tcp");
  if (word.text === "http" || word.text === "tcp") return;
  const message =
    word.text === "health"
      ? "is refused, by HAProxy too: write mode http and http-request return status 200"
      : `must be http or tcp${didYouMean(word.text, ["http", "tcp"])}`;
  ledger.fault(pathOf(word), message);
}

function enterStatement(statement: Statement, { kind, name }: Section, ledger: Ledger): void {
  const [first, second] = statement.words as [Word, Word | undefined];
  const where = `in a ${kind} section`;
  if (kind === "defaults" && notInDefaults.has(first.text))
    ledger.fault(pathOf(first), "cannot stand in a defaults section, as in HAProxy");
  else if (kind === "defaults" && name === null && namedDefaultsOnly.has(first.text))
    ledger.fault(
      pathOf(first),
      "can stand in a defaults section with a name only, as in HAProxy: defaults NAME, and from NAME",
    );
  else if (isRuleWord(first.text)) ledger.keep(linePath(statement));
  else if (first.text === "option" || first.text === "timeout") enterSecond(statement, second, kind, ledger);
  else {
    const keyword = keywordIn(proxyWords, first.text);
    if (keyword === undefined)
      ledger.fault(
        pathOf(first),
        `is no keyword of HAProxy's ${where}${didYouMean(first.text, [...Object.keys(proxyWords), ...ruleWordList])}`,
      );
    else if (isOnItsSide(keyword.side, kind, first, ledger)) {
      if (enterKeyword(ledger, keyword, first) && first.text === "mode") reviewMode(statement, ledger);
    } else if (first.text === "server")
      ledger.fault(pathOf(first), "cannot stand in a frontend, as in HAProxy: it belongs in a backend");
  }
}

function enterSecond(statement: Statement, word: Word | undefined, kind: string, ledger: Ledger): void {
  const first = statement.words[0]!;
  const table: Keywords = first.text === "option" ? optionWords : timeoutWords;
  if (word === undefined)
    return ledger.fault(
      pathOf(first),
      `needs a name, such as "${first.text} ${first.text === "option" ? "httplog" : "client 30s"}"`,
    );
  const keyword = keywordIn(table, word.text);
  if (keyword === undefined)
    return ledger.fault(pathOf(word), `is no ${first.text} of HAProxy's${didYouMean(word.text, Object.keys(table))}`);
  if (statement.prefix !== null && first.text === "option" && !onOffOptions.has(word.text))
    return ledger.fault(pathOf(word), `cannot have "${statement.prefix}" in front of it, as in HAProxy`);
  if (statement.prefix !== null) return ledger.keep(linePath(statement));
  if (isOnItsSide(keyword.side, kind, word, ledger)) enterKeyword(ledger, keyword, word);
}

function isOnItsSide(side: "frontend" | "backend" | null, kind: string, word: Word, ledger: Ledger): boolean {
  if (side === null || kind === "defaults" || kind === "listen" || kind === side) return true;
  if (word.text !== "server") warn(ledger, word, `does nothing in a ${kind}, as in HAProxy`);
  return false;
}
