// Every kind of source keeps the same contract: it tells first, tells changes, tells that it has no answer and that it has one
// again, is neither held up nor led astray by what is no answer, says nothing secret, and leaves nothing behind.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Listening } from "../../../test/e2e/harness/listening.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { until } from "../../../test/e2e/harness/wait.ts";
import {
  consulWorld,
  dnsWorld,
  dockerWorld,
  execWorld,
  fileWorld,
  httpWorld,
  kubernetesWorld,
  secret,
  type World,
} from "../../../test/e2e/harness/world.ts";

setDefaultTimeout(60_000);

const kinds: Record<string, (room: Room) => World | Promise<World>> = {
  file: fileWorld,
  http: httpWorld,
  exec: execWorld,
  dns: (room) => dnsWorld(room, "address"),
  "dns srv": (room) => dnsWorld(room, "srv"),
  docker: dockerWorld,
  kubernetes: kubernetesWorld,
  consul: consulWorld,
};

// Every kind can tell servers of port 80.
const [one, two, three] = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"] as const;

for (const [kind, worldOf] of Object.entries(kinds))
  describe(kind, () => {
    test("the servers that there are, and each change of them", async () => {
      await using room = new Room();
      const world = await worldOf(room);
      world.tell([one, two]);
      const beganMs = performance.now();
      const listening = new Listening(room, world.settings).start();
      await listening.tells(`${one} ${two}`);
      // Once an interval, of 50 ms; who also listens to news may ask once more when they begin.
      expect(listening.told.length).toBeLessThanOrEqual(2 + (performance.now() - beganMs) / 50);
      world.tell([two, three]);
      await listening.tells(`${two} ${three}`);
      world.tell([three]);
      await listening.tells(three);
    });

    test("when there is no answer, why; and the servers when there is one again", async () => {
      await using room = new Room();
      const world = await worldOf(room);
      world.tell([one]);
      const listening = new Listening(room, world.settings).start();
      await listening.tells(one);
      world.breakDown();
      await listening.tells("no answer");
      world.tell([two]);
      world.repair();
      await listening.tells(two);
    });

    test("one that does not answer at first is asked until it does", async () => {
      await using room = new Room();
      const world = await worldOf(room);
      world.tell([one]);
      world.breakDown();
      const listening = new Listening(room, world.settings).start();
      await listening.tells("no answer");
      world.repair();
      await listening.tells(one);
    });

    test("what is no answer is told as such, in the source's time, and does not stay", async () => {
      await using room = new Room();
      const world = await worldOf(room);
      world.tell([one]);
      const listening = new Listening(room, world.settings).start();
      await listening.tells(one);
      for (const talk of Object.values(world.nonsense)) {
        talk();
        await listening.tells("no answer");
        world.repair();
        await listening.tells(one);
      }
    });

    test("neither its name nor anything that it tells has a secret in it, and all of it is short", async () => {
      await using room = new Room();
      const world = await worldOf(room);
      world.tell([one]);
      const listening = new Listening(room, world.settings).start();
      for (const trouble of [world.breakDown, ...Object.values(world.nonsense)]) {
        await listening.tells(one);
        trouble();
        await listening.tells("no answer");
        world.repair();
      }
      const said = JSON.stringify([listening.source.name, listening.told]);
      expect(said).not.toContain(secret);
      expect(said).not.toContain(Buffer.from(secret).toString("base64").slice(0, 12));
      for (const answer of listening.told) if (!answer.ok) expect(answer.problem.length).toBeLessThan(200);
    });

    test("once it is stopped it tells nothing, and nothing is left of it", async () => {
      await using room = new Room();
      const world = await worldOf(room);
      world.tell([one]);
      const listening = new Listening(room, world.settings).start();
      await listening.tells(one);
      const other = new Listening(room, world.settings).start();
      world.nonsense.silence?.();
      other.source.stop();
      listening.source.stop();
      const { length } = listening.told;
      await until("nothing to be left", () => world.left() === 0);
      world.repair();
      world.tell([two]);
      const third = new Listening(room, world.settings).start();
      await third.tells(two);
      expect(listening.told).toHaveLength(length);
      expect(other.told.length).toBeLessThanOrEqual(1);
    });
  });

test("asked once, it is asked until it has answered, and no more", async () => {
  await using room = new Room();
  const world = await httpWorld(room);
  world.tell([one]);
  const listening = new Listening(room, { ...world.settings, ...{ interval: "0s" } }).start();
  await listening.tells(one);
  world.tell([two]);
  const other = new Listening(room, { ...world.settings, ...{ interval: "10ms" } }).start();
  await until("another to be told often", () => other.told.length > 10);
  expect(listening.told).toHaveLength(1);
});
