// Whether this machine has an address that connections are to come from. When one cannot be made the system says EADDRNOTAVAIL both of
// an address that it does not have, be it the one that was asked for or any at all, and of one whose ports to that server are all in
// use; a socket of UDP, which has ports of its own and sends nothing, tells the two apart.

import { portsTaken } from "../flow/egress/blame.ts";

/** RFC 863. */
const discardPort = 9;

/** What it was: EADDRNOTAVAIL where it cannot be bound to, `portsTaken` where it can, or why nobody knows. */
export function sourceProblem(source: string): Promise<string> {
  return problemOf(() => Bun.udpSocket({ hostname: source, port: 0 }));
}

/** The same of a server to which connections come from whichever address the system chooses. */
export function wayProblem(host: string): Promise<string> {
  const hostname = host.includes(":") ? "::" : "0.0.0.0";
  return problemOf(() => Bun.udpSocket({ hostname, port: 0, connect: { hostname: host, port: discardPort } }));
}

async function problemOf(open: () => Promise<{ close(): void }>): Promise<string> {
  try {
    const socket = await open();
    socket.close();
    return portsTaken;
  } catch (error) {
    return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : String(error);
  }
}
