// What becomes of a worker whose own code has failed an assertion: it ends what is under way, exits with 1 and is replaced,
// and only the connection at which it failed is lost.

import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { Client, get } from "../e2e/harness/client.ts";
import { Origin, ok, write } from "../e2e/harness/origin.ts";
import { isAlive } from "../e2e/harness/processes.ts";
import { Room } from "../e2e/harness/room.ts";
import { Sluice } from "../e2e/harness/sluice.ts";
import { until } from "../e2e/harness/wait.ts";

setDefaultTimeout(40_000);

const sabotage = join(import.meta.dir, "sabotage.ts");
/** A word of Bun's, which the workers inherit. */
const prefix = ["env", `BUN_OPTIONS=--preload=${sabotage}`];

test("a worker that fails drains what is under way, exits with 1, says why, and is replaced", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ target }) => (target === "/slow" ? null : ok("ok")));
  const draft = { workers: 1, pools: { app: { servers: [origin.address] } } };
  const sluice = await Sluice.start(room, draft, { prefix });
  const [failing] = await sluice.workers();
  const slow = (await Client.connect(room, sluice.port)).send(get("/slow"));
  const { socket } = await origin.request(1);

  const saboteur = (await Client.connect(room, sluice.port)).send(get("/sabotage"));
  await until("the connection that it failed at to be reset", () => saboteur.isClosed && saboteur.isReset);
  expect(isAlive(failing!)).toBe(true);
  write(socket, ok("under way"));
  await slow.saw("under way");

  await until("another worker", async () => (await sluice.workers()).some((pid) => pid !== failing));
  expect(isAlive(failing!)).toBe(false);
  expect(await (await fetch(`${sluice.url}/`)).text()).toBe("ok");
  expect(sluice.stderr).toContain("AssertionError: sabotaged by a test");
  expect(sluice.stderr).toContain("exit code 1");
  expect(await sluice.metric("sluice_worker_asserts_total")).toBe(1);
});

test("a worker that fails with nothing under way is replaced at once", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const draft = { workers: 1, pools: { app: { servers: [origin.address] } } };
  const sluice = await Sluice.start(room, draft, { prefix });
  const [failing] = await sluice.workers();
  const startedMs = performance.now();
  (await Client.connect(room, sluice.port)).send(get("/sabotage"));
  await until("its end", () => !isAlive(failing!));
  // Not the five seconds that a drain may take: the connection at which it failed does not count as under way.
  expect(performance.now() - startedMs).toBeLessThan(3000);
});
