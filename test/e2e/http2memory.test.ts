// What requests by HTTP/2 leave behind while they go on. Objects that are made for each stream may wait for a collection, and a quick one
// must find them: what holds the last of them, and is itself held by something dead and old, keeps them all until memory has doubled.
// Slow, on purpose: some 7 s.

import { expect, setDefaultTimeout } from "bun:test";
import { Nginx } from "./harness/nginx.ts";
import { residentBytes } from "./harness/processes.ts";
import { find, ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";

setDefaultTimeout(90_000);

const requests = 60_000;
const grownBytesMax = 60 << 20;

testWith(["h2load", "nginx"])("under steady load memory stands still", async () => {
  await using room = new Room();
  const nginx = await Nginx.start(room);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [nginx.address] } } });
  const [pid] = await sluice.workers();
  const load = async (): Promise<void> => {
    const { out } = await ran([find("h2load")!, `-n${requests}`, "-c20", "-m20", `${sluice.url}/ready`], {
      timeoutMs: 60_000,
    });
    expect(out).toContain(`${requests} succeeded, 0 failed, 0 errored`);
  };
  await load();
  const before = residentBytes(pid!);
  for (let round = 0; round < 3; round++) await load();
  const grown = residentBytes(pid!) - before;
  expect(grown).toBeLessThan(grownBytesMax);
});
