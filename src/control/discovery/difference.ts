// What has become other between two answers of a source: who came, who went, who is described anew. Both are in the order of their
// addresses, so one walk along them tells; a source of a thousand servers may change a hundred times in a second. It is also what
// the log says of it, with an end to its lines however many have come.

import type { FoundServer } from "../../config/found.ts";

export interface Difference {
  readonly came: readonly FoundServer[];
  readonly went: readonly FoundServer[];
  readonly changed: readonly FoundServer[];
}

/** Of one kind: as many are named in a line for people, and in the fields beside it for programs. */
const namesMax = 8;
export const listedMax = 100;

const facts = Object.keys({
  ...{ address: 0, weight: 0, backup: 0, maxConnections: 0, drain: 0, serverName: 0, tls: 0 },
} satisfies Record<keyof FoundServer, 0>) as (keyof FoundServer)[]; // No others, by the line above.

/** By address; of two with the same the first counts. */
export function inOrder(told: readonly FoundServer[]): readonly FoundServer[] {
  if (told.every((server, index) => index === 0 || told[index - 1]!.address < server.address)) return told;
  const byAddress = new Map<string, FoundServer>();
  for (const server of told) if (!byAddress.has(server.address)) byAddress.set(server.address, server);
  return [...byAddress.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** Both in order. Null: they are the same. */
export function differenceOf(former: readonly FoundServer[], servers: readonly FoundServer[]): Difference | null {
  const came: FoundServer[] = [];
  const went: FoundServer[] = [];
  const changed: FoundServer[] = [];
  let [before, now] = [0, 0];
  while (before < former.length || now < servers.length) {
    const [old, server] = [former[before], servers[now]];
    if (old === undefined || (server !== undefined && server.address < old.address)) {
      came.push(server!);
      now++;
    } else if (server === undefined || old.address < server.address) {
      went.push(old);
      before++;
    } else {
      if (old !== server && facts.some((fact) => old[fact] !== server[fact])) changed.push(server);
      before++;
      now++;
    }
  }
  return came.length + went.length + changed.length === 0 ? null : { came, went, changed };
}

/** `10.0.0.3:80 came; 10.0.0.1:80 went; 10.0.0.2:80 changed` */
export function differenceText({ came, went, changed }: Difference): string {
  const parts = Object.entries({ came, went, changed }).filter(([, some]) => some.length > 0);
  return parts.map(([word, some]) => `${named(some)} ${word}`).join("; ");
}

/** For readers of the log that are programs, as URLs. `cameMore`, `wentMore`: how many are not among them, where there are any. */
export function differenceFields({ came, went }: Difference): Readonly<Record<string, readonly string[] | number>> {
  const more = (some: readonly FoundServer[]): number => Math.max(some.length - listedMax, 0);
  return {
    came: came.slice(0, listedMax).map(urlOf),
    ...(more(came) === 0 ? {} : { cameMore: more(came) }),
    went: went.slice(0, listedMax).map(urlOf),
    ...(more(went) === 0 ? {} : { wentMore: more(went) }),
  };
}

function urlOf({ address, tls }: FoundServer): string {
  return `${tls === true ? "https" : "http"}://${address}`;
}

function named(servers: readonly FoundServer[]): string {
  const names = servers.slice(0, namesMax).map(({ address }) => address);
  const more = servers.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
