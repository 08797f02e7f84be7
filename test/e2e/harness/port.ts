// Ports for servers of a test. Taken from below the range that the kernel gives to outgoing connections: a port from within it
// may be free when asked and belong to some client a moment later.

const first = 12_000;
const count = 20_000;
const given = new Set<number>();

export function freePort(): number {
  for (;;) {
    const port = first + Math.floor(Math.random() * count);
    if (given.has(port) || !isFree(port)) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "0.0.0.0", port, exclusive: true, socket: { data() {} } }).stop(true);
    return true;
  } catch {
    return false;
  }
}
