// The statistics page. It is never at an address of traffic: a proxy that is there for the page alone is left out, and its address, if it is of
// loopback, becomes that of the admin interface, which has the page at its path. At any other address the page is there alone, and only
// where it asks for a password. What stands in frontends with traffic is a page on the admin interface too.

import { isLoopback, readListenAddress } from "../../../base/address.ts";
import { realmPattern } from "../../haproxyschema.ts";
import type { AdminInput, HaproxyPageInput } from "../../input.ts";
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

/** Whether nothing but statistics is there. */
export function isForStats(settings: Settings): boolean {
  const hasTraffic = ["server", "server-template", "dispatch", "default_backend", "use_backend"].some(
    (word) => settings.all(word).length > 0,
  );
  const exporter = settings
    .all("http-request")
    .some(({ words: all }) => all[1]?.text === "use-service" && all[2]?.text === "prometheus-exporter");
  return (
    settings.proxy.kind !== "backend" &&
    !hasTraffic &&
    (settings.all("stats").some(({ isInherited }) => !isInherited) || exporter)
  );
}

export interface StatsProxy {
  /** What the admin interface takes over; null: its address is another. */
  readonly admin: AdminInput | null;
  readonly pages: readonly StatedPage[];
}

export interface StatedPage {
  readonly page: HaproxyPageInput;
  /** Where it stands in the file. */
  readonly path: Path;
}

/** Says so at each line, and gives what there is of it. `elsewhere`: where the admin interface is if its address is not of loopback. */
export function statsProxy(
  ledger: Ledger,
  settings: Settings,
  binds: readonly Bind[],
  elsewhere: AdminInput | null,
): StatsProxy {
  for (const statement of settings.proxy.statements)
    if (!statement.isInherited && isRuleWord(statement.words[0]!.text))
      ledger.approximate(
        linePath(statement),
        "the admin interface has rules of its own: a token, and /metrics for Prometheus",
      );
  const page = pageOf(ledger, settings);
  const usual = elsewhere?.listen ?? "127.0.0.1:2112";
  const uri = page?.uri ?? usualUri;
  let admin: AdminInput | null = null;
  const apart: StatedPage[] = [];
  for (const bind of binds)
    for (const address of bind.addresses) {
      const path = linePath(bind.statement);
      if (isLocal(address) && admin === null) {
        admin = { listen: address };
        ledger.approximate(path, `the admin interface stands for it, at ${address}`);
      } else if (page?.users !== undefined && bind.tls === null) {
        apart.push({ page: { listen: address, ...page }, path });
        ledger.approximate(path, `the page is there for its users, at ${uri}, and changes nothing`);
      } else if (page === null || page.users === undefined)
        ledger.approximate(
          path,
          `the admin interface stands for it, at ${usual}${page === null ? "" : uri}, for elsewhere it demands a token (admin.listen and admin.token)${page === null ? "" : ", and the page a password (stats auth)"}`,
        );
      else
        ledger.approximate(
          path,
          `the page is at ${usual}${uri}: it has no TLS, and its password is not sent in the clear`,
        );
    }
  // Who has it at an address of its own asks there; with the console it is for whoever is on this machine.
  const isElsewhere = apart.length > 0 && admin === null;
  if (page === null || isElsewhere) return { admin, pages: apart };
  return { admin, pages: [...apart, { page, path: pathOf(settings.proxy.word) }] };
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
