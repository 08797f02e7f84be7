// The members of an egress pool, one by one, from what a config and nginx' files say of many at once. Of two with the same address the
// first counts; who that leaves out is for the reviews to tell, from what stands here beside the members.

import { addressesOf, readAddressRange } from "./addressrange.ts";
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

export interface Members {
  readonly members: readonly Member[];
  /** What stands twice: the section that says it again, and the id. */
  readonly twice: readonly { readonly group: number; readonly id: string }[];
  /** For how many there was no room. */
  readonly leftOut: number;
}

export const nginxHost = "127.0.0.1";

/** `gatewaysOf`: what stands in a file of nginx, named as the config names it. */
export function membersOf(
  groups: readonly Pick<EgressMembers, "nginx" | "host" | "ports" | "addresses" | "count" | "proxies">[],
  gatewaysOf: (file: string) => readonly Gateway[],
): Members {
  const members = new Map<string, Member>();
  const twice: { group: number; id: string }[] = [];
  const namedAlike = crowdedPlaces(groups);
  let leftOut = 0;
  for (const [group, section] of groups.entries())
    for (const [id, door] of doorsOf(section, gatewaysOf, namedAlike))
      if (members.has(id)) twice.push({ group, id });
      else if (members.size >= membersMax) leftOut += 1;
      else members.set(id, { id, door, group });
  return { members: [...members.values()], twice, leftOut };
}

function doorsOf(
  { nginx, host, ports, addresses = [], count = 0, proxies = [] }: Parameters<typeof membersOf>[0][number],
  gatewaysOf: (file: string) => readonly Gateway[],
  namedAlike: ReadonlySet<string>,
): [id: string, door: Door][] {
  const sources = addresses.flatMap((text) => addressesOf(value(readAddressRange(text)), count));
  const gateways = nginx === undefined ? [] : gatewaysOf(nginx).filter(({ port }) => isAmong(port, ports));
  return [
    ...gateways.map((gateway): [string, Door] => [
      gateway.address,
      { kind: "gateway", gateway, host: (host ?? nginxHost).toLowerCase() },
    ]),
    ...sources.map((address): [string, Door] => [address, { kind: "source", address }]),
    ...proxies.map((text): [string, Door] => {
      const proxy = value(readProxy(text));
      const place = placeOf(proxy);
      return [namedAlike.has(place) ? fullName(proxy) : place, { kind: "proxy", proxy }];
    }),
  ];
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

function isAmong(port: number, ports: EgressMembers["ports"]): boolean {
  if (ports === undefined) return true;
  return ports.some((one) => {
    const [from = 0, to = from] = String(one).split("-").map(Number);
    return port >= from && port <= to;
  });
}
