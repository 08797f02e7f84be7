// [servers.NAME.access]: who may connect. No key of ours keeps a client out of a listener yet, and a proxy that starts without
// such rules would open what was closed, so anything that denies is refused. Rules that keep nobody out mean nothing.

import { show } from "../../term.ts";
import type { Table } from "../table.ts";

export function refuseAccess(access: Table | undefined): void {
  if (access === undefined) return;
  const isOpen = access.choice("default", { allow: true, deny: false }) ?? true;
  const why = "Sluice has no access rules yet, and without them clients would be let in that gobetween keeps out";
  if (!isOpen) access.ledger.refuse(access.at("default"), why);
  for (const [index, rule] of access.list("rules").entries()) {
    const path = [...access.at("rules"), index];
    const parts = /^(allow|deny) (\S+)$/.exec(rule);
    if (parts === null)
      access.ledger.fault(path, `must be "allow" or "deny" and an address or block, not ${show(rule)}`);
    else if (parts[1] === "deny") access.ledger.refuse(path, why);
  }
  access.finish("gobetween");
}
