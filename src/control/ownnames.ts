// Names of servers that a pool has looked up at name servers of its own (`nameServers`), beside the system's resolver for all others. What is
// asked for is told apart by a key, "app.test@127.0.0.1:8600", so that a name has an address for each place where it is asked.
// Without a word about IPv4 nobody can say whether the address in use is still there: that is no answer. One about IPv6 is done without.

import { nameKeyParts } from "../config/namekey.ts";
import { askDns } from "./discovery/dnsclient.ts";
import { recordsOf, recordType } from "./discovery/dnsmessage.ts";
import { NameServers } from "./discovery/nameservers.ts";

const timeoutMsUsual = 5000;
const codes = { failure: 2, noName: 3 } as const;

/** Null where the key is a name for the system. */
export function ownLookup(key: string, timeoutMs: number = timeoutMsUsual): Promise<readonly string[]> | null {
  const { host, servers } = nameKeyParts(key);
  return servers.length === 0 ? null : lookUp(host, servers, timeoutMs);
}

async function lookUp(host: string, servers: readonly string[], timeoutMs: number): Promise<readonly string[]> {
  const places = await new NameServers(servers, timeoutMs).find();
  const signal = AbortSignal.timeout(timeoutMs);
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  const [ipv4, ipv6] = await Promise.all(
    [recordType.a, recordType.aaaa].map(async (type) => {
      try {
        const { code, answers } = await askDns(places, name, type, timeoutMs, signal);
        const addresses = recordsOf(name, type, answers).flatMap(({ address }) => (address === "" ? [] : [address]));
        return { code, addresses };
      } catch {
        return null;
      }
    }),
  );
  if (ipv4?.code === codes.noName) throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
  if (ipv4 === null || ipv4!.code !== 0) throw Object.assign(new Error("no answer"), { code: "EAI_AGAIN" });
  return [...ipv4!.addresses, ...(ipv6?.addresses ?? [])];
}
