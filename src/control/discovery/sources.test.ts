// Every kind of source keeps the same contract: it tells first, tells changes, tells that it has no answer and that it has one
// again, is neither held up nor led astray by what is no answer, says nothing secret, and leaves nothing behind.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
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
import type { DiscoverInput } from "../../config/input.ts";
import { judge } from "../../config/judge.ts";
import type { Discover } from "../../config/types.ts";
import { MemoryRegistry } from "../../registry/memory.ts";
import { sourceOf } from "./making.ts";
import type { Answer, Source } from "./source.ts";

setDefaultTimeout(20_000);

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

function settingsOf(input: DiscoverInput): Discover {
  const { config, findings } = judge({
    listeners: { web: { listen: ":8080", use: "app" } },
    pools: { app: { discover: input } },
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return config.pools["app"]!.discover as Discover; // What was put in is one.
}

/** A source that has been started, and all that it has told. */
class Listening {
  readonly source: Source;
  readonly told: Answer[] = [];

  constructor(room: Room, world: World, more: Partial<DiscoverInput> = {}) {
    const settings = settingsOf({ interval: "50ms", timeout: "400ms", ...world.settings, ...more });
    this.source = sourceOf(settings, new MemoryRegistry());
    room.ending(() => this.source.stop());
  }

  start(): this {
    this.source.start((answer) => this.told.push(answer));
    return this;
  }

  get last(): Answer | undefined {
    return this.told.at(-1);
  }

  /** Addresses in order; or "no answer". */
  get servers(): string {
    const { last } = this;
    if (last === undefined) return "nothing yet";
    return last.ok
      ? last.servers
          .map(({ address }) => address)
          .sort()
          .join(" ")
      : "no answer";
  }

  async tells(servers: string): Promise<void> {
    await until(`${servers} to be told`, () => this.servers === servers).catch((error: Error) => {
      throw new Error(`${error.message}; told is ${this.servers} ${JSON.stringify(this.last)}`);
    });
  }
}

// Every kind can tell servers of port 80.
const [one, two, three] = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"] as const;

for (const [kind, worldOf] of Object.entries(kinds))
  describe(kind, () => {
    test("the servers that there are, and each change of them", async () => {
      await using room = new Room();
      const world = await worldOf(room);
      world.tell([one, two]);
      const listening = new Listening(room, world).start();
      await listening.tells(`${one} ${two}`);
      expect(listening.told).toHaveLength(1);
      world.tell([two, three]);
      await listening.tells(`${two} ${three}`);
      world.tell([three]);
      await listening.tells(three);
    });

    test("when there is no answer, why; and the servers when there is one again", async () => {
      await using room = new Room();
      const world = await worldOf(room);
      world.tell([one]);
      const listening = new Listening(room, world).start();
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
      const listening = new Listening(room, world).start();
      await listening.tells("no answer");
      world.repair();
      await listening.tells(one);
    });

    test("what is no answer is told as such, in the source's time, and does not stay", async () => {
      await using room = new Room();
      const world = await worldOf(room);
      world.tell([one]);
      const listening = new Listening(room, world).start();
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
      const listening = new Listening(room, world).start();
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
      const listening = new Listening(room, world).start();
      await listening.tells(one);
      const other = new Listening(room, world).start();
      world.nonsense.silence?.();
      other.source.stop();
      listening.source.stop();
      const { length } = listening.told;
      await until("nothing to be left", () => world.left() === 0);
      world.repair();
      world.tell([two]);
      const third = new Listening(room, world).start();
      await third.tells(two);
      expect(listening.told).toHaveLength(length);
      expect(other.told.length).toBeLessThanOrEqual(1);
    });
  });

test("asked once, it is asked until it has answered, and no more", async () => {
  await using room = new Room();
  const world = await httpWorld(room);
  world.tell([one]);
  const listening = new Listening(room, world, { interval: "0s" }).start();
  await listening.tells(one);
  world.tell([two]);
  const other = new Listening(room, world, { interval: "10ms" }).start();
  await until("another to be told often", () => other.told.length > 10);
  expect(listening.told).toHaveLength(1);
});
