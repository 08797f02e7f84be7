// Statements beside the rules that change a listener or pool as a whole: errorloc, unique-id-header, rate-limit,
// filter. They become keys of it, or rules in front of all others.

import { quote } from "../../../base/reading.ts";
import type { RuleDraft } from "./draft.ts";
import { fault, refuse } from "./objection.ts";
import type { Site } from "./sample.ts";
import { linePath, type Statement } from "./scene.ts";
import { warn } from "./tell.ts";

export interface Changes {
  readonly listenerKeys: Record<string, unknown>;
  readonly poolKeys: Record<string, unknown>;
  /** In front of the rules for connections. */
  readonly connection: RuleDraft[];
}

/** True when the statement was one of these. */
export function changeBy(site: Site, statement: Statement, changes: Changes): boolean {
  const [first, second, third] = statement.words;
  const { ledger } = site.conversion;
  // There HAProxy passes over what is for HTTP, which defaults that both modes share often hold.
  const isTcp = site.proxy.mode === "tcp";
  switch (first!.text) {
    case "errorloc":
    case "errorloc302":
    case "errorloc303":
      reviewLocation(statement);
      ledger.keep(linePath(statement));
      return true;
    case "unique-id-header":
      if (second === undefined) return fault(first!, "needs the name of a field");
      if (!isTcp) changes.listenerKeys["requestId"] = { header: second.text.toLowerCase(), keep: false };
      ledger.keep(linePath(statement));
      return true;
    case "unique-id-format":
      ledger.approximate(linePath(statement), "ids are UUIDs");
      return true;
    case "rate-limit": {
      if (second?.text !== "sessions")
        return fault(second ?? first!, "must be rate-limit sessions with a number a second");
      const rate = third !== undefined && /^\d{1,9}$/.test(third.text) ? Number(third.text) : Number.NaN;
      if (Number.isNaN(rate)) return fault(third ?? second, "must be a number of sessions a second");
      if (rate === 0) return true;
      changes.connection.push({ limit: { rate: `${rate}/s`, by: "listener", size: 16 } });
      ledger.approximate(
        linePath(statement),
        "a connection beyond it is closed at once; in HAProxy it waits to be accepted",
      );
      return true;
    }
    case "filter":
      return filter(site, statement);
    default:
      return false;
  }
}

/** What it answers is kept with the other answers (errors.ts). */
function reviewLocation({ words: [first, status, location] }: Statement): void {
  if (status === undefined || location === undefined) return fault(first!, "needs a status and an address");
  if (!/^[45]\d\d$/.test(status.text)) fault(status, `must be a status from 400 to 599, not ${quote(status.text)}`);
}

function filter(site: Site, statement: Statement): true {
  const [first, kind] = statement.words;
  const { ledger } = site.conversion;
  switch (kind?.text) {
    case "bwlim-in":
    case "bwlim-out":
      ledger.keep(linePath(statement));
      return true;
    case "compression":
      ledger.note(linePath(statement), "what is compressed is said by compression algo");
      return true;
    case "cache":
      ledger.approximate(
        linePath(statement),
        "responses are not cached here: after `sluice convert`, `cache` of a pool does that",
      );
      return true;
    case "trace":
      warn(ledger, kind!, "does nothing here: sluice explain shows what happens to a request");
      return true;
    case undefined:
      return fault(first!, "needs a name");
    default:
      return refuse(kind!, "there are no filters of that kind");
  }
}
