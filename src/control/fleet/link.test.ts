import { expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { testWith } from "../../../test/e2e/harness/program.ts";
import { Redis } from "../../../test/e2e/harness/redis.ts";
import { Relay } from "../../../test/e2e/harness/relay.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { until } from "../../../test/e2e/harness/wait.ts";
import { readRedisPlace } from "../../base/redisplace.ts";
import { value } from "../../config/measure.ts";
import { FleetLink } from "./link.ts";
import { Script } from "./script.ts";

const echo = new Script("return ARGV[1]");

function linked(room: Room, address: string, timeoutMs = 2000): { link: FleetLink; told: string[]; pushes: number[] } {
  const told: string[] = [];
  const pushes: number[] = [];
  const link = new FleetLink({
    place: value(readRedisPlace(address)),
    timeoutMs,
    opened: () => void told.push("opened"),
    channel: "news",
    pushed: () => void pushes.push(Date.now()),
    lost: (why) => void told.push(why),
  });
  room.ending(() => link.close());
  return { link, told, pushes };
}

testWith(["redis-server", "redis-cli"])(
  "asks where there is a connection, fails at once where there is none",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const relay = new Relay(room, redis.port);
    const { link, told } = linked(room, relay.address);
    await expect(link.run(echo, [], ["1"])).rejects.toThrow("there is no connection to it");
    await until("a connection", () => link.isUp);
    expect(await link.run(echo, [], ["2"])).toBe("2");
    await redis.ask("SCRIPT", "FLUSH");
    expect(await link.run(echo, [], ["3"])).toBe("3");
    await expect(link.run(new Script("return redis.call('LPUSH', 'a')"), [], [])).rejects.toThrow("it refuses: ");
    expect(link.isUp).toBeTrue();
    relay.cut();
    await until("the connection to be gone", () => !link.isUp);
    await expect(link.run(echo, [], ["4"])).rejects.toThrow("there is no connection to it");
    relay.heal();
    await until("another", () => link.isUp);
    expect(await link.run(echo, [], ["5"])).toBe("5");
    expect(told).toEqual(["opened", "it closes the connection", "opened"]);
  },
);

testWith(["redis-server", "redis-cli"])(
  "leaves a master that became a replica for whoever stands behind its name now, and nobody is told",
  async () => {
    await using room = new Room();
    const [first, second] = [await Redis.start(room), await Redis.start(room)];
    const relay = new Relay(room, first.port);
    const { link, told } = linked(room, relay.address);
    await until("a connection", () => link.isUp);
    const write = new Script("return redis.call('SET', 'a', ARGV[1])");
    expect(await link.run(write, [], ["1"])).toBe("OK");
    await first.ask("REPLICAOF", "127.0.0.1", "1");
    await expect(link.run(write, [], ["2"])).rejects.toThrow("it is a replica");
    relay.targetPort = second.port;
    const written = (): Promise<boolean> =>
      link.run(write, [], ["3"]).then(
        () => true,
        () => false,
      );
    await until("the other one to be written", written);
    expect(await second.ask("GET", "a")).toBe("3");
    expect(told).toEqual(["opened"]);
  },
);

testWith(["redis-server", "redis-cli"])(
  "hears what is said on its channel, and does without where it may not",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const relay = new Relay(room, redis.port);
    const { link, told, pushes } = linked(room, relay.address);
    await until("a connection", () => link.isUp);
    await redis.ask("PUBLISH", "news", "1");
    await until("it to be heard", () => pushes.length === 1);
    relay.cut();
    await until("the connection to be gone", () => !link.isUp);
    relay.heal();
    await until("another", () => link.isUp);
    await link.run(new Script("return redis.pcall('PUBLISH', 'news', '1')"), [], []);
    await until("it to be heard", () => pushes.length === 2);
    await redis.ask("ACL", "SETUSER", "kept", "on", ">word", "~*", "resetchannels", "+@all");
    const kept = linked(room, `kept:word@${redis.address}`);
    await until("a connection", () => kept.link.isUp);
    expect(await kept.link.run(echo, [], ["1"])).toBe("1");
    await redis.ask("PUBLISH", "news", "1");
    await until("it to be heard", () => pushes.length === 3);
    expect([kept.pushes, kept.told, told]).toEqual([[], ["opened"], ["opened", "it closes the connection", "opened"]]);
  },
);

test("one that hangs is left, and an outage is told once, however often it is tried", async () => {
  await using room = new Room();
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket)).listen(0, "127.0.0.1");
  room.ending(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await until("a port", () => server.listening);
  const { port } = server.address() as { port: number };
  const { told, link } = linked(room, `127.0.0.1:${port}`, 20);
  await until("three attempts", () => sockets.length > 2);
  expect(told).toEqual(["it does not answer within 20 ms"]);
  link.close();
  expect(link.isUp).toBeFalse();
});
