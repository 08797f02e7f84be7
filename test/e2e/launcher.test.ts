// bin/sluice as its users start it, and what becomes of what it has started when it is gone without a word.

import { expect, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { childrenOf, isAlive } from "./harness/processes.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { repository } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

testWith(["node"])("a proxy whose launcher is killed ends what is under way, and then itself", async () => {
  await using room = new Room();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const origin = new Origin(room, async () => {
    asked.resolve();
    await answer.promise;
    return ok("whole");
  });
  const [port, adminPort] = [freePort(), freePort()];
  const words = ["run", "--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${adminPort}`, "--to", origin.address];
  const launcher = Bun.spawn(["node", join(repository, "bin/sluice"), ...words], {
    cwd: room.folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let control = 0;
  room.ending(async () => {
    launcher.kill("SIGKILL");
    await launcher.exited;
    if (control !== 0 && isAlive(control)) process.kill(control, "SIGKILL");
  });
  const isReady = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
      ({ ok: isOk }) => isOk,
      () => false,
    );
  await until("it to be ready", isReady);
  control = childrenOf(launcher.pid)[0]!;
  const response = fetch(`http://127.0.0.1:${port}/`);
  await asked.promise;
  launcher.kill("SIGKILL");
  await until("it to take no more", async () => !(await isReady()));
  answer.resolve();
  expect(await (await response).text()).toBe("whole");
  await until("it to end", () => !isAlive(control));
  expect(await new Response(launcher.stderr).text()).toContain("stopped cleanly");
});
