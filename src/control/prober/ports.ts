// Whether a probe has failed for want of a local port. The system says EADDRNOTAVAIL of that, and of an address that is not here or leads
// nowhere; where connections are to come from one address it may say EADDRINUSE. A socket of UDP, which has ports of its own and
// sends nothing, tells these apart.

/** RFC 863. */
const discardPort = 9;
const maybePorts: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EADDRINUSE"]);

/** Whether `code` may mean that no port is left. */
export function isMaybePorts(code: string): boolean {
  return maybePorts.has(code);
}

/** `source`: "" where the system chooses. */
export async function isOutOfPorts(host: string, source: string): Promise<boolean> {
  const hostname = source || (host.includes(":") ? "::" : "0.0.0.0");
  try {
    const socket = await Bun.udpSocket({ hostname, port: 0, connect: { hostname: host, port: discardPort } });
    socket.close();
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EADDRINUSE";
  }
}
