// Which worker takes a connection: with workerBy "client" all of one client's go to the same, where its TLS sessions resume.

import { expect, setDefaultTimeout, test } from "bun:test";
import { lastRequest, shake } from "./harness/openssl.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { find } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";

setDefaultTimeout(60_000);

const resumptions = 20;

const draft = (port: number, origin: Origin, workerBy: "client" | "connection"): Draft =>
  ({
    workers: 2,
    listeners: {
      web: { listen: `127.0.0.1:${port}`, use: "app", workerBy, tls: { certificates: ["one.crt"] } },
    },
    pools: { app: { servers: [origin.address] } },
  }) as Draft;

async function resumed(room: Room, port: number): Promise<number> {
  const session = room.path(`session-${port}`);
  await shake(port, ["-tls1_3", "-sess_out", session], lastRequest);
  let count = 0;
  for (let time = 0; time < resumptions; time++)
    if ((await shake(port, ["-tls1_3", "-sess_in", session], lastRequest)).isResumed) count++;
  return count;
}

const isPossible = process.platform === "linux" && find("openssl") !== null;

test.if(isPossible)(
  "a client's TLS sessions resume with two workers, and no longer when a reload says so",
  async () => {
    await using room = new Room();
    put(room, "one", authorityIn(room).issue(["DNS:one.test"]));
    const origin = new Origin(room, () => ok("hello"));
    const port = freePort();
    const sluice = await Sluice.start(room, draft(port, origin, "client"));
    expect(await resumed(room, port)).toBe(resumptions);
    await sluice.reload(draft(port, origin, "connection"));
    // Each goes to either worker, and only one of them knows the session: all twenty to that one by chance is 1 in a million.
    expect(await resumed(room, port)).toBeLessThan(resumptions);
  },
);
