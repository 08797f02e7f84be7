// The name of the server that answered, for srv_name and %s: rules know a server by its address here, so the names of all that it may be
// are written out. Two of one address cannot be told apart.

import { Ledger } from "../ledger.ts";
import { serverAddress } from "./address.ts";
import { type Code, choose, primary, relate, text } from "./code.ts";
import type { Site } from "./sample.ts";
import { pathOf, type Word } from "./scene.ts";

/** Names written out at most. */
const namesMax = 64;

export function serverName({ conversion, proxy }: Site, word: Word): Code {
  const isOfAny = ({ kind }: { readonly kind: string }): boolean => kind !== "frontend";
  const backends = proxy.kind === "backend" ? [proxy] : conversion.proxies.filter(isOfAny);
  const names = new Map<string, string>();
  const shared = new Set<string>();
  for (const { statements } of backends)
    for (const { words } of statements) {
      const [first, name, at] = words;
      if (first!.text !== "server" || name === undefined || at === undefined) continue;
      // What is wrong with an address is told where the servers are read.
      const address = serverAddress(new Ledger(), at, null);
      if (address === null) continue;
      if ((names.get(address) ?? name.text) !== name.text) shared.add(address);
      else names.set(address, name.text);
    }
  const server = primary("response.server");
  const { ledger } = conversion;
  if (names.size === 0 || names.size > namesMax) {
    ledger.approximate(pathOf(word), "a server is called by its address, not by its name");
    return server;
  }
  if (shared.size > 0)
    ledger.approximate(
      pathOf(word),
      `servers of one address (${[...shared].join(", ")}) are called by the name of the first of them`,
    );
  const [only] = names.values();
  if (new Set(names.values()).size === 1) return text(only!);
  return [...names].reduceRight<Code>(
    (rest, [address, name]) => choose(relate(server, "==", text(address)), text(name), rest),
    server,
  );
}
