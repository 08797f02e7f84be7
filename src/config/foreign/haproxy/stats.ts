// The statistics page and Prometheus' exporter. A proxy that is there for these alone is left out; at its addresses stands what HAProxy has
// there and nothing else: the page with its passwords, and metrics where a rule says so. The admin interface, which asks nobody on loopback,
// is never there: who passes such an address on to others passes on no more than with HAProxy. Beyond loopback a page is there only where it
// asks for a password. What stands in frontends with traffic, or cannot stand where it did, is on the admin interface.

import { isLoopback, readListenAddress } from "../../../base/address.ts";
import { realmPattern } from "../../haproxyschema.ts";
import type { AdminInput, HaproxyExporterInput, HaproxyPageInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Ledger } from "../ledger.ts";
import type { Bind } from "./bind.ts";
import { durationOf, written } from "./duration.ts";
import { isRuleWord, linePath, pathOf, type Statement } from "./scene.ts";
import type { Settings } from "./settings.ts";

const words: ReadonlySet<string> = new Set(
  "enable uri refresh realm auth admin hide-version show-desc show-legends show-node show-modules scope http-request".split(
    " ",
  ),
);
const usualUri = "/haproxy?stats";
const usualMetrics = "/metrics";
/** Actions of rules that keep somebody out, or answer in the page's stead. */
const fences: ReadonlySet<string> = new Set(
  "auth block close deny redirect reject return silent-drop tarpit use-service wait-for-handshake".split(" "),
);

/** Whether nothing but statistics is there. */
export function isForStats(settings: Settings): boolean {
  const hasTraffic = ["server", "server-template", "dispatch", "default_backend", "use_backend"].some(
    (word) => settings.all(word).length > 0,
  );
  const hasExporter = settings.all("http-request").some(isExporter);
  return (
    settings.proxy.kind !== "backend" &&
    !hasTraffic &&
    (settings.all("stats").some(({ isInherited }) => !isInherited) || hasExporter)
  );
}

export interface StatsProxy {
  readonly pages: readonly StatedPage[];
  readonly exporters: readonly StatedExporter[];
}

export interface StatedPage {
  readonly page: HaproxyPageInput;
  /** Where it stands in the file. */
  readonly path: Path;
}

interface StatedExporter {
  readonly exporter: HaproxyExporterInput;
  readonly path: Path;
}

/** Says so at each line, and gives what there is of it. `elsewhere`: where the admin interface is said to be. */
export function statsProxy(
  ledger: Ledger,
  settings: Settings,
  binds: readonly Bind[],
  elsewhere: AdminInput | null,
): StatsProxy {
  const page = pageOf(ledger, settings);
  const { metrics, isNarrow } = exportersOf(ledger, settings);
  const isFenced = tellRules(ledger, settings);
  const admin = elsewhere?.listen ?? "127.0.0.1:2112";
  const uri = page?.uri ?? usualUri;
  const pages: StatedPage[] = [];
  const exporters: StatedExporter[] = [];
  let isPageLeft = binds.length === 0;
  let isAdminTold = false;
  for (const { addresses, statement, tls } of binds)
    for (const listen of addresses) {
      const path = linePath(statement);
      const why = { hasTls: tls !== null, hasUsers: page?.users !== undefined, isFenced, isLocal: isLocal(listen) };
      const hasPage = page !== null && isPageThere(why);
      const hasMetrics = metrics.length > 0 && !why.hasTls && !isFenced && !isNarrow;
      if (hasPage) pages.push({ page: { listen, ...page }, path });
      else isPageLeft = true;
      if (hasMetrics) for (const each of metrics) exporters.push({ exporter: { listen, ...each }, path });
      const here = [
        ...(hasPage ? [`the page at ${uri}${why.hasUsers ? ", for its users" : ""}`] : []),
        ...(hasMetrics ? [`metrics at ${metrics.map((each) => each.path ?? usualMetrics).join(" and ")}`] : []),
      ];
      const away = [
        ...(page === null || hasPage ? [] : [`the page is at ${admin}${uri}`]),
        ...(metrics.length === 0 || hasMetrics ? [] : [`metrics are at ${admin}${usualMetrics}`]),
      ];
      const told = [
        ...(here.length === 0 ? [] : [`here is ${here.join(" and ")}, and nothing can be changed`]),
        ...(away.length === 0 ? [] : [`${away.join(" and ")}, for ${reasonOf(why, hasPage || page === null)}`]),
        ...(isAdminTold
          ? []
          : [`the admin interface, with the console and the API, is at ${admin}${byVariable(elsewhere)}`]),
      ];
      isAdminTold = true;
      ledger.approximate(path, told.join("; "));
    }
  if (page !== null && isPageLeft) pages.push({ page, path: pathOf(settings.proxy.word) });
  return { pages, exporters };
}

function byVariable(elsewhere: AdminInput | null): string {
  return elsewhere === null ? ", or where SLUICE_ADMIN in the environment says" : ", where SLUICE_ADMIN says";
}

interface Why {
  readonly hasTls: boolean;
  readonly hasUsers: boolean;
  readonly isFenced: boolean;
  readonly isLocal: boolean;
}

function isPageThere({ hasTls, hasUsers, isFenced, isLocal: isNear }: Why): boolean {
  return !hasTls && (hasUsers || (isNear && !isFenced));
}

/** Why something is not at its address. */
function reasonOf({ hasTls, isFenced }: Why, isOfMetrics: boolean): string {
  if (hasTls) return "there is no TLS here, and passwords are not sent in the clear";
  if (isFenced || isOfMetrics) return "the rules that say who may ask are not played here";
  return "beyond loopback the page demands a password (stats auth)";
}

function isExporter({ words: all }: Statement): boolean {
  return all[1]?.text === "use-service" && all[2]?.text === "prometheus-exporter";
}

interface Exporters {
  /** One for each path. */
  readonly metrics: readonly Omit<HaproxyExporterInput, "listen">[];
  /** A condition asks for more than the path: at the same address they would be there for more people. */
  readonly isNarrow: boolean;
}

function exportersOf(ledger: Ledger, settings: Settings): Exporters {
  let isNarrow = false;
  const paths = new Set<string>();
  for (const statement of settings.all("http-request").filter(isExporter)) {
    const path = exporterPath(settings, statement);
    isNarrow ||= path === null;
    const where = path === "" ? `metrics are at ${usualMetrics} whatever the path was; they` : "metrics";
    ledger.approximate(linePath(statement), `${where} have Sluice's names, which begin with sluice_`);
    paths.add(path === "" ? usualMetrics : (path ?? usualMetrics));
  }
  return { metrics: [...paths].map((path) => (path === usualMetrics ? {} : { path })), isNarrow };
}

/** Empty: any. Null: the condition asks for something else, or in another way. */
function exporterPath(settings: Settings, { words: all }: Statement): string | null {
  const condition = all
    .slice(3)
    .map(({ text }) => text)
    .join(" ");
  if (condition === "") return "";
  const plain = /^(?:path|path_beg) (?:-m (?:str|beg) )?(\/[^\0-\x20?#]{0,255})$/;
  const [, direct] = /^if \{ (.+) \}$/.exec(condition) ?? [];
  if (direct !== undefined) return plain.exec(direct)?.[1] ?? null;
  const [, name] = /^if (\S+)$/.exec(condition) ?? [];
  const lines = settings.all("acl").filter(({ words }) => words[1]?.text === name);
  if (lines.length !== 1) return null;
  const criterion = lines[0]!.words.slice(2).map(({ text }) => text);
  return plain.exec(criterion.join(" "))?.[1] ?? null;
}

/** Whether one of them keeps somebody out. */
function tellRules(ledger: Ledger, settings: Settings): boolean {
  let isFenced = false;
  for (const statement of settings.proxy.statements) {
    const all = statement.words.map(({ text }) => text);
    const [word = "", first = "", second = ""] = all;
    if (word === "stats" && first === "http-request") isFenced ||= fences.has(second);
    if (!isRuleWord(word) || isExporter(statement)) continue;
    isFenced ||= word.startsWith("tcp-request") ? all.slice(1).some((each) => fences.has(each)) : isFence(word, first);
    if (!statement.isInherited)
      ledger.approximate(linePath(statement), "no rules are played where a page of statistics or the metrics are");
  }
  return isFenced;
}

function isFence(word: string, action: string): boolean {
  return (
    fences.has(word) || (word === "http-request" && fences.has(action)) || /^req(?:i?deny|i?tarpit|i?allow)$/.test(word)
  );
}

function isLocal(address: string): boolean {
  const reading = readListenAddress(address);
  return reading.ok && reading.value.kind === "tcp" && isLoopback(reading.value.host);
}

/** Of a proxy with traffic, beside which there is no page. */
export function trafficPage(ledger: Ledger, settings: Settings): HaproxyPageInput | null {
  // A backend's is asked for by way of its frontends, in a defaults section by way of all: one of them is enough.
  const page = pageOf(ledger, settings);
  for (const statement of settings.all("stats")) {
    const word = statement.words[1]?.text ?? "";
    if (word === "uri" || word === "enable")
      ledger.approximate(
        linePath(statement),
        "there is no page at this address; the admin interface has it at that path, and such a request goes the way of all others",
      );
  }
  return page;
}

/** Null where no statement asks for one. */
function pageOf(ledger: Ledger, settings: Settings): HaproxyPageInput | null {
  const statements = settings.all("stats");
  const page: HaproxyPageInput = {};
  for (const statement of statements) take(ledger, settings, page, statement);
  return statements.length === 0 ? null : page;
}

function take(ledger: Ledger, settings: Settings, page: HaproxyPageInput, statement: Statement): void {
  const word = statement.words[1];
  const value = statement.words[2];
  const path = linePath(statement);
  if (word === undefined || !words.has(word.text)) {
    ledger.fault(path, `must be one of ${[...words].join(", ")}`);
    return;
  }
  switch (word.text) {
    case "uri":
      if (value === undefined) return;
      if (/^\/[^\0-\x20;#]{0,255}$/.test(value.text)) page.uri = value.text;
      else ledger.approximate(pathOf(value), `the page is at ${usualUri}: a path begins with / and has no ; in it`);
      return;
    case "refresh": {
      const span = value === undefined ? null : durationOf(value.text, "s");
      if (span !== null && span.ms > 0) page.refresh = written(Math.min(Math.max(span.ms, 1000), 86_400_000));
      return;
    }
    case "realm":
      if (value === undefined) return;
      if (realmPattern.test(value.text)) page.realm = value.text;
      else
        ledger.approximate(
          pathOf(value),
          'the page asks as "HAProxy Statistics": a realm is up to 256 signs of ASCII without " and \\',
        );
      return;
    case "auth": {
      const [, user = "", password = ""] = /^([^:]+):([\x21-\x7e]+)$/.exec(value?.text ?? "") ?? [];
      if (user !== "") page.users = [...(page.users ?? []), { user, password }];
      else ledger.fault(path, "needs a user, a colon and a password without spaces");
      return;
    }
    case "hide-version":
      page.hideVersion = true;
      return;
    case "scope":
      if (value !== undefined)
        page.scope = [...(page.scope ?? []), value.text === "." ? settings.proxy.name : value.text];
      return;
    case "enable":
      return;
    case "admin":
      ledger.approximate(path, "the page changes nothing; the console, the runtime socket and sluice drain do");
      return;
    case "http-request":
      ledger.approximate(path, "the page asks for the users of stats auth, and has no other rules");
      return;
    default:
      ledger.note(path, "the page has a form of its own");
  }
}
