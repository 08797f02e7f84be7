// HAProxy from the system's packages, as the one who speaks the PROXY protocol best: it invented it. A child in the foreground,
// with its configuration in the test's folder.

import { find } from "./program.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

/** `sections`: frontends, backends and listens. `port` is one that is answered once it runs. */
export async function startHaproxy(room: Room, sections: string, port: number): Promise<void> {
  const path = room.write(
    `haproxy-${port}.cfg`,
    `global
  maxconn 200
defaults
  mode tcp
  timeout connect 5s
  timeout client 20s
  timeout server 20s
${sections}
`,
  );
  const child = Bun.spawn([find("haproxy")!, "-db", "-f", path], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  room.ending(async () => {
    child.kill("SIGTERM");
    await Promise.race([child.exited, Bun.sleep(1000)]);
    child.kill("SIGKILL");
    await child.exited;
  });
  await until("HAProxy to listen", async () => {
    if (child.exitCode !== null) throw new Error(await new Response(child.stderr).text());
    return Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } }).then(
      (socket) => {
        socket.terminate();
        return true;
      },
      () => false,
    );
  });
}
