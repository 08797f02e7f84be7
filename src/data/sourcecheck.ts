// Whether this machine has an address that connections are to come from. When one cannot be made the system says EADDRNOTAVAIL both of
// an address that it does not have and of one whose ports to that server are all in use; a bind without a connection, to a port of
// UDP that nobody uses, tells the two apart.

import { portsTaken } from "../flow/egress/blame.ts";

/** What it was: EADDRNOTAVAIL where it cannot be bound to, `portsTaken` where it can, or why nobody knows. */
export async function sourceProblem(source: string): Promise<string> {
  try {
    const socket = await Bun.udpSocket({ hostname: source, port: 0 });
    socket.close();
    return portsTaken;
  } catch (error) {
    return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : String(error);
  }
}
