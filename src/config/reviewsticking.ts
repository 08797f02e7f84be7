// What contradicts itself in how clients stick to servers: names of servers that are said twice in a pool, or cookies where nobody
// asks for them (an id is what logs call a server, too); and pools that stick by one table although no server of the one is a server of the other, so that each stores over
// what the other has stored. Cookies need no such word: one cookie has room for the servers of several pools.

import { readServerAddress } from "../base/address.ts";
import { quote } from "../base/reading.ts";
import { type At, listOf, type Report, type Section, sectionOf } from "./section.ts";

/** Of one pool. */
export function reviewServerNames(pool: Section, at: At, report: Report): void {
  const names = [
    ["cookie", "sticky", "clients with it come back to that one"],
    ["id", "stick", "a key that was given either has that one"],
  ] as const;
  for (const [key, needed, then] of names) {
    const seen = new Map<unknown, number>();
    for (const [index, server] of listOf(pool["servers"]).entries()) {
      const name = sectionOf(server)[key];
      if (typeof name !== "string") continue;
      const path = at("servers", index, key);
      const other = seen.get(name);
      if (pool[needed] === undefined) {
        if (key === "cookie") report("warning", path, "key", "is of no use: the pool has no sticky");
      } else if (other !== undefined)
        report("warning", path, "value", `is said of servers[${other}] too, and ${then}: ${quote(name)}`);
      else seen.set(name, index);
    }
  }
}

/** Of all pools. What a source tells of is not known here. */
export function reviewStickTables(pools: Section, report: Report): void {
  const firsts = new Map<string, { readonly name: string; readonly ids: ReadonlySet<string> }>();
  for (const [name, written] of Object.entries(pools)) {
    const pool = sectionOf(written);
    const { table, store } = sectionOf(pool["stick"]);
    if (typeof table !== "string" || store === false || pool["discover"] !== undefined) continue;
    const ids = idsOf(pool);
    if (ids.size === 0) continue;
    const first = firsts.get(table);
    if (first === undefined) firsts.set(table, { name, ids });
    else if ([...ids].every((id) => !first.ids.has(id)))
      report(
        "warning",
        ["pools", name, "stick", "table"],
        "value",
        `is what pools.${first.name} sticks by, and no server is in both: each pool stores over what the other has, and a client of both has no server of its own. Give servers that belong together the same id, or each pool a table: ${quote(table)}`,
      );
  }
}

function idsOf(pool: Section): Set<string> {
  const ids = new Set<string>();
  for (const server of listOf(pool["servers"])) {
    const { id, address } = sectionOf(server);
    const written = typeof server === "string" ? server : address;
    const reading = typeof written === "string" ? readServerAddress(written) : null;
    // What somebody has called like an address is no such server.
    if (typeof id === "string") ids.add(`id ${id}`);
    else if (reading?.ok === true) ids.add(reading.value.name);
  }
  return ids;
}
