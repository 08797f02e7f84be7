// Clients use one connection of HTTP/2 for all hosts that its certificate is good for (RFC 9113 section 9.1.1): what they have asked for
// by SNI is the first of these only. Rules that go by that name would judge a request for one host as one for another, and so such a
// request is told that it has come by the wrong connection (421): browsers open another, with its own name, and ask again.

import type { Head } from "../../wire/http1/head.ts";
import { hostOf } from "../headvalues.ts";
import type { Client } from "../port.ts";
import type { ListenerSite } from "../site.ts";

/** Whether some rule on the listener's ways looks at what a ClientHello says. A forward proxy's clients name others' hosts. */
export function isJudgedByName(listener: ListenerSite): boolean {
  if (listener.plan.proxy !== null) return false;
  const rulings = [listener.rules];
  listener.hasPool(({ rules }) => {
    rulings.push(rules);
    return false;
  });
  return rulings.some((rules) => [rules.connection, rules.request, rules.response].some((set) => set?.needsHello));
}

export function isMisdirected({ tls }: Client, head: Head): boolean {
  return tls !== null && tls.serverName !== "" && hostOf(head) !== tls.serverName;
}
