// The PROXY protocol header that opens a connection to a server which wants one: who the client is, for servers that see only
// us (the header's bytes are wire/proxyprotocol.ts's). It is for one client, so a connection that began with it is no other's.

import type { ServerPlan } from "../config/plan.ts";
import { writeProxyHeader } from "../wire/proxyprotocol.ts";
import type { Client } from "./port.ts";

/** Null for a server that wants none. */
export function proxyHeaderFor(server: ServerPlan, client: Client): Uint8Array | null {
  if (server.proxyProtocol === 0) return null;
  return writeProxyHeader(server.proxyProtocol, client.address, client.port, client.localAddress, client.localPort);
}
