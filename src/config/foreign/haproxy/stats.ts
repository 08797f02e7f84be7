// The statistics page. There is none at an address of traffic: figures are at the admin interface, as JSON, as metrics and by
// `sluice status`. A proxy that is there for the page alone is left out, and its address, if it is of loopback, becomes that of admin.

import { isLoopback, readListenAddress } from "../../../base/address.ts";
import type { AdminInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import type { Bind } from "./bind.ts";
import { isRuleWord, linePath } from "./scene.ts";
import type { Settings } from "./settings.ts";

const words: ReadonlySet<string> = new Set(
  "enable uri refresh realm auth admin hide-version show-desc show-legends show-node show-modules scope http-request".split(
    " ",
  ),
);

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

/** Says so at each line, and gives what the admin interface takes over. `elsewhere`: where that is if its address is not of loopback. */
export function statsProxy(
  ledger: Ledger,
  settings: Settings,
  binds: readonly Bind[],
  elsewhere: AdminInput | null,
): AdminInput | null {
  for (const statement of settings.proxy.statements)
    if (!statement.isInherited && isRuleWord(statement.words[0]!.text))
      ledger.approximate(
        linePath(statement),
        "the admin interface has rules of its own: a token, and /metrics for Prometheus",
      );
  const address = binds.flatMap(({ addresses }) => addresses)[0];
  const reading = address === undefined ? null : readListenAddress(address);
  const isLocal = reading?.ok === true && reading.value.kind === "tcp" && isLoopback(reading.value.host);
  const usual = elsewhere?.listen ?? "127.0.0.1:2112";
  const where = isLocal ? address! : `${usual}, for elsewhere it demands a token (admin.listen and admin.token)`;
  for (const bind of binds)
    ledger.approximate(linePath(bind.statement), `the admin interface stands for it, at ${where}`);
  tellStats(ledger, settings, true);
  return isLocal ? { listen: address! } : null;
}

/** `isAlone`: the bind line has said it. */
export function tellStats(ledger: Ledger, settings: Settings, isAlone: boolean): void {
  for (const statement of settings.all("stats")) {
    const word = statement.words[1];
    if (word === undefined || !words.has(word.text))
      ledger.fault(linePath(statement), `must be one of ${[...words].join(", ")}`);
    else if (isAlone && word.text === "auth")
      ledger.approximate(
        linePath(statement),
        "the admin interface asks nobody on this machine for a password, unless admin.token is set",
      );
    else if (isAlone) ledger.note(linePath(statement), "the admin interface stands for the page");
    else if (word.text === "uri" || word.text === "enable" || word.text === "admin")
      ledger.approximate(
        linePath(statement),
        "there is no page at this address; the console on the admin interface has the figures, and such a request goes the way of all others",
      );
    else ledger.note(linePath(statement), "there is no page at this address");
  }
}
