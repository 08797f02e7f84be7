// A program in a network of its own that has few ports, for what happens when they are used up. The network begins with the
// program and ends with it; nothing of this machine's is touched. What the program prints, one line of JSON, is the answer.

/** All the ports from which connections can begin there: a hundred. */
const ports = "40000 40099";
/** Addresses that are there beside those of the loopback interface. */
const addresses: readonly string[] = ["1", "2", "3", "4", "5", "9"].map((last) => `2001:db8::${last}`);

const setUp = [
  "ip link set lo up",
  `echo ${ports} > /proc/sys/net/ipv4/ip_local_port_range`,
  `for address in ${addresses.join(" ")}; do ip addr add $address/128 dev lo nodad 2>/dev/null || true; done`,
  'exec "$0" "$@"',
].join(" && ");
const prefix = ["unshare", "-rn", "sh", "-c", setUp];

/** Whether this machine lets us have one. */
export const hasOwnNetwork: boolean =
  process.platform === "linux" &&
  Bun.which("unshare") !== null &&
  Bun.which("ip") !== null &&
  Bun.spawnSync([...prefix, "true"]).exitCode === 0;

/** What a program printed that ran there. */
export function printedThere<T>(program: string, ...words: readonly string[]): Promise<T> {
  return printed(prefix, program, ...words);
}

/** What a program printed that ran behind the words before it, such as a shell that sets limits. */
export async function printed<T>(before: readonly string[], program: string, ...words: readonly string[]): Promise<T> {
  const child = Bun.spawn([...before, process.execPath, "-e", program, ...words], {
    stdout: "pipe",
    stderr: "inherit",
  });
  return JSON.parse(await new Response(child.stdout).text()) as T;
}
