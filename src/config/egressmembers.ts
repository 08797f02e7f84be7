// The members of an egress pool, one by one, from what a config and nginx' files say of many at once. Of two with the same address the
// first counts; who that leaves out is for the reviews to tell, from what stands here beside the members.

import { addressText, readAddressRange, visitAddresses } from "./addressrange.ts";
import { fullName, type ProxyAddress, placeOf, readProxy } from "./egressproxy.ts";
import { value } from "./measure.ts";
import type { Gateway } from "./nginx/gateways.ts";
import type { EgressMembers } from "./types.ts";

/** In one pool. */
export const membersMax = 65_536;

export type Door =
  | { readonly kind: "source"; readonly address: string }
  | { readonly kind: "gateway"; readonly gateway: Gateway; readonly host: string }
  | { readonly kind: "proxy"; readonly proxy: ProxyAddress };

export interface Member {
  readonly id: string;
  readonly door: Door;
  /** Which of the pool's sections it comes from. */
  readonly group: number;
}

export interface Count {
  readonly members: number;
  /** What stands twice: the section that says it again, and the id. */
  readonly twice: readonly { readonly group: number; readonly id: string }[];
  /** For how many there was no room. */
  readonly leftOut: number;
}

export const nginxHost = "127.0.0.1";

type Groups = readonly Pick<EgressMembers, "nginx" | "host" | "ports" | "addresses" | "count" | "proxies">[];
/** What stands in a file of nginx, named as the config names it. */
type GatewaysOf = (file: string) => readonly Gateway[];

export function membersOf(groups: Groups, gatewaysOf: GatewaysOf): readonly Member[] {
  const members: Member[] = [];
  visitMembers(groups, gatewaysOf, (member) => members.push(member));
  return members;
}

/** Members by number only: there may be tens of thousands, and who wants to know how many has no use for them. */
export function countMembers(groups: Groups, gatewaysOf: GatewaysOf): Count {
  return visitMembers(groups, gatewaysOf, () => {});
}

function visitMembers(groups: Groups, gatewaysOf: GatewaysOf, visit: (member: Member) => void): Count {
  const seen = new Set<string>();
  const twice: { group: number; id: string }[] = [];
  const namedAlike = crowdedPlaces(groups);
  let leftOut = 0;
  for (const [group, section] of groups.entries())
    visitDoors(section, gatewaysOf, namedAlike, (id, door) => {
      if (seen.has(id)) twice.push({ group, id });
      else if (seen.size >= membersMax) leftOut += 1;
      else {
        seen.add(id);
        visit({ id, door, group });
      }
    });
  return { members: seen.size, twice, leftOut };
}

function visitDoors(
  { nginx, host, ports, addresses = [], count = 0, proxies = [] }: Groups[number],
  gatewaysOf: GatewaysOf,
  namedAlike: ReadonlySet<string>,
  visit: (id: string, door: Door) => void,
): void {
  if (nginx !== undefined)
    for (const gateway of gatewaysOf(nginx))
      if (isAmong(gateway.port, ports))
        visit(gateway.address, { kind: "gateway", gateway, host: (host ?? nginxHost).toLowerCase() });
  for (const text of addresses)
    visitAddresses(value(readAddressRange(text)), count, (words) => {
      const address = addressText(words);
      visit(address, { kind: "source", address });
    });
  for (const text of proxies) {
    const proxy = value(readProxy(text));
    const place = placeOf(proxy);
    visit(namedAlike.has(place) ? fullName(proxy) : place, { kind: "proxy", proxy });
  }
}

/** Hosts and ports at which there is more than one proxy: those need their whole names. */
function crowdedPlaces(groups: readonly Pick<EgressMembers, "proxies">[]): Set<string> {
  const seen = new Map<string, string>();
  const crowded = new Set<string>();
  for (const { proxies = [] } of groups)
    for (const text of proxies) {
      const proxy = value(readProxy(text));
      const place = placeOf(proxy);
      const name = fullName(proxy);
      if ((seen.get(place) ?? name) !== name) crowded.add(place);
      seen.set(place, name);
    }
  return crowded;
}

export function isAmong(port: number, ports: EgressMembers["ports"]): boolean {
  if (ports === undefined) return true;
  return ports.some((one) => {
    const [from = 0, to = from] = String(one).split("-").map(Number);
    return port >= from && port <= to;
  });
}
