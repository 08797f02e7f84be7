// Somebody tidies up where the boards of egress pools lie, while they are in use: nobody notices, and what is known is kept.

import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateFolderOf } from "../../src/control/state.ts";
import { askBy } from "./harness/egress.ts";
import { proxyStage } from "./harness/egressstage.ts";
import { Room } from "./harness/room.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

/** Of the one pool. */
function boardOf(folder: string): string {
  const name = readdirSync(folder).find((entry) => entry.startsWith("out."));
  return join(folder, name ?? "none");
}

test("a board that was removed costs neither a reload nor a worker, and bans are kept", async () => {
  await using room = new Room();
  const { outside, proxy, api } = await proxyStage(
    room,
    { members: [{ addresses: ["127.0.0.2-5"] }] },
    {},
    {
      workers: 2,
    },
  );
  const { sluice } = proxy;
  const folder = join(stateFolderOf(sluice.configPath), "egress");
  await api.order("127.0.0.2/ban", { reason: "complaint 4711" });
  const isKept = async (): Promise<void> => {
    expect((await api.one("127.0.0.2")).member.state).toBe("banned");
    for (let index = 0; index < 12; index++) {
      const { status, body } = await askBy(proxy.port, outside.host(1));
      expect([status, body]).toEqual([200, expect.not.stringMatching(/^127\.0\.0\.2$/)]);
    }
  };
  rmSync(boardOf(folder));
  await isKept();
  writeFileSync(sluice.configPath, (await Bun.file(sluice.configPath).text()).replace("{", "{ "));
  sluice.child.kill("SIGHUP");
  await until("another file", () => sluice.stderr.includes("was removed or is damaged; it has another one now"));
  await until("the plan", () => sluice.stderr.includes("plan 2 is in force"));
  await isKept();
  // A worker that starts when there is no file, and nobody reloads.
  rmSync(boardOf(folder));
  const [victim] = await sluice.workers();
  process.kill(victim!, "SIGKILL");
  await until("two workers again", async () => {
    const workers = await sluice.workers();
    return workers.length === 2 && !workers.includes(victim!);
  });
  await isKept();
});
