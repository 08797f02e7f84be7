// `log`, and the options that say what is logged: an access log of ours, to stdout, where any proxy with a frontend logs. Syslog is not
// spoken; a service manager takes stdout there.

import type { AccessLogInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { linePath, type Statement } from "./scene.ts";
import type { Settings } from "./settings.ts";

const lines =
  "the access log goes to stdout as lines of JSON, not to syslog; a service manager or container takes it from there";

/** Told once for each line that names a target. */
export function tellTarget(ledger: Ledger, statement: Statement): void {
  const target = statement.words[1]?.text;
  if (target !== undefined && target !== "global" && statement.prefix === null)
    ledger.approximate(linePath(statement), lines);
}

/** Whether the proxy logs. `hasLog`: global names a target. */
export function isLogged(ledger: Ledger, settings: Settings, hasLog: boolean): boolean {
  let isOn = false;
  for (const statement of settings.all("log")) {
    tellTarget(ledger, statement);
    isOn = statement.prefix === null && (statement.words[1]?.text !== "global" || hasLog);
  }
  return isOn;
}

/** Of all that log; null when none does. */
export function accessLogOf(logged: readonly Settings[]): AccessLogInput | null {
  if (logged.length === 0) return null;
  const isCommon = logged.some((settings) => settings.option("httplog")?.words[2]?.text === "clf");
  return { path: "-", ...(isCommon ? { format: "common" } : {}) };
}
