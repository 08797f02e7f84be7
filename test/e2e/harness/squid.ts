// A squid of the test's own, that keeps nothing and logs nothing but what its lines say.

import { freePort } from "./port.ts";
import { find } from "./program.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

/** `lines` of its configuration; where it listens is the answer. */
export async function squid(room: Room, lines: readonly string[]): Promise<string> {
  const port = freePort();
  const path = room.write(
    `squid${port}.conf`,
    `http_port 127.0.0.1:${port}
visible_hostname squid.test
cache deny all
cache_log /dev/null
pid_filename none
shutdown_lifetime 0 seconds
${lines.join("\n")}
access_log none
`,
  );
  const child = Bun.spawn([find("squid")!, "-N", "-f", path], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  room.ending(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  await until("squid to answer", async () => {
    if (child.exitCode !== null) throw new Error(await new Response(child.stderr).text());
    return fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
  });
  return `127.0.0.1:${port}`;
}
