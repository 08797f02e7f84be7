import { expect, test } from "bun:test";
import { Consul, type Instance } from "../../../test/e2e/harness/consul.ts";
import { Listening } from "../../../test/e2e/harness/listening.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { until } from "../../../test/e2e/harness/wait.ts";

const instance: Instance = { address: "10.0.0.1", port: 80 };

async function scene(room: Room, instances: readonly Instance[], asked: object = {}, interval = "1m") {
  const consul = await Consul.start(room, "t");
  consul.set(instances);
  const endpoint = `http://${consul.address}`;
  const listening = new Listening(room, { consul: { service: "web", endpoint, token: "t", ...asked }, interval });
  return { consul, listening: listening.start() };
}

test("an instance's own address, or its node's; its weight by what its checks say", async () => {
  await using room = new Room();
  const weights = { Passing: 5, Warning: 2 };
  const { listening } = await scene(
    room,
    [
      instance,
      { node: "10.9.0.1", port: 81, weights },
      { ...instance, port: 82, weights, status: "warning" },
      { ...instance, port: 83, status: "critical" },
    ],
    { passing: false },
  );
  await listening.tells("10.0.0.1:80 10.0.0.1:82 10.0.0.1:83 10.9.0.1:81");
  expect(listening.found.map(({ weight }) => weight)).toEqual([1, 2, 1, 5]);
});

test("tag, datacenter and passing checks are asked for", async () => {
  await using room = new Room();
  const instances: Instance[] = [
    { ...instance, tags: ["blue"] },
    { ...instance, port: 81, tags: ["green"] },
    { ...instance, port: 82, tags: ["blue"], status: "critical" },
  ];
  const { listening, consul } = await scene(room, instances, { tag: "blue", datacenter: "dc1" });
  await listening.tells("10.0.0.1:80");
  expect(consul.asked[0]).toBe("/v1/health/service/web?passing=1&tag=blue&dc=dc1");
  const endpoint = `http://${consul.address}`;
  await new Listening(room, { consul: { service: "web", endpoint, token: "t", datacenter: "dc2" } }).start().tells("");
  const stranger = new Listening(room, { consul: { service: "web", endpoint } }).start();
  await until("a refusal", () => stranger.problem === "answers 403 (not allowed)");
});

test("a tag says an instance's name, where one is asked for", async () => {
  await using room = new Room();
  const instances: Instance[] = [
    { ...instance, tags: ["sni=a.test", "blue", "sni=b.test"] },
    { ...instance, port: 81, tags: ["sni"] },
  ];
  const { listening } = await scene(room, instances, { nameTag: "sni" });
  await listening.tells("10.0.0.1:80 10.0.0.1:81");
  expect(listening.found.map(({ serverName }) => serverName)).toEqual(["b.test", undefined]);
  const plain = await scene(room, instances);
  await plain.listening.tells("10.0.0.1:80 10.0.0.1:81");
  expect(plain.listening.found.map(({ serverName }) => serverName)).toEqual([undefined, undefined]);
});

test("a question waits at the agent and is answered at the next change", async () => {
  await using room = new Room();
  const { listening, consul } = await scene(room, [instance]);
  await listening.tells("10.0.0.1:80");
  await until("the next question", () => consul.asked.length === 2);
  expect(consul.asked[1]).toContain(`index=${consul.index}&wait=60000ms`);
  consul.set([instance, { ...instance, port: 81 }]);
  await listening.tells("10.0.0.1:80 10.0.0.1:81");
  expect(listening.told).toHaveLength(2);
});

test("a wait that is over is no change, and nothing but the next question", async () => {
  await using room = new Room();
  const { listening, consul } = await scene(room, [instance], {}, "30ms");
  await until("some answers", () => listening.told.length > 4);
  expect(listening.servers).toBe("10.0.0.1:80");
  expect(consul.asked.length).toBeLessThanOrEqual(listening.told.length + 1);
});

test("an index that falls begins anew", async () => {
  await using room = new Room();
  const { listening, consul } = await scene(room, [instance]);
  await listening.tells("10.0.0.1:80");
  await until("the next question", () => consul.asked.length === 2);
  consul.set([{ ...instance, port: 81 }], 3);
  await listening.tells("10.0.0.1:81");
  consul.set([{ ...instance, port: 82 }]);
  await listening.tells("10.0.0.1:82");
  expect(consul.asked.some((asked, number) => number > 0 && !asked.includes("index="))).toBe(true);
});

test("an agent that answers at once all the time is not asked all the time", async () => {
  await using room = new Room();
  const { listening, consul } = await scene(room, [instance], {}, "200ms");
  await listening.tells("10.0.0.1:80");
  consul.body = JSON.stringify([]);
  await listening.tells("");
  const { length } = consul.asked;
  const startMs = performance.now();
  await until("more questions", () => consul.asked.length > length + 3);
  expect(performance.now() - startMs).toBeGreaterThan(500);
});

test("an agent that has a newer index at once all the time is asked less and less often", async () => {
  let asked = 0;
  const agent = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => Response.json([], { headers: { "x-consul-index": String(++asked) } }),
  });
  await using room = new Room();
  room.ending(() => void agent.stop(true));
  const endpoint = `http://127.0.0.1:${agent.port}`;
  new Listening(room, { consul: { service: "web", endpoint }, interval: "1m" }).start();
  const beganMs = performance.now();
  await until("some questions", () => asked >= 6);
  expect(performance.now() - beganMs).toBeGreaterThan(300);
});

test("so is one far away, whose every answer takes as long as that of one that holds questions", async () => {
  let answeredMs = 0;
  const pauses: number[] = [];
  const agent = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async () => {
      if (answeredMs > 0) pauses.push(performance.now() - answeredMs);
      await Bun.sleep(130);
      answeredMs = performance.now();
      return Response.json([], { headers: { "x-consul-index": String(pauses.length + 1) } });
    },
  });
  await using room = new Room();
  room.ending(() => void agent.stop(true));
  const endpoint = `http://127.0.0.1:${agent.port}`;
  new Listening(room, { consul: { service: "web", endpoint }, interval: "1m" }).start();
  await until("two pauses of a quarter of a second", () => pauses.filter((pause) => pause > 240).length >= 2);
});

test("changes that follow each other are each known soon", async () => {
  await using room = new Room();
  const { listening, consul } = await scene(room, [instance]);
  await listening.tells("10.0.0.1:80");
  const beganMs = performance.now();
  for (let port = 81; port < 93; port++) {
    consul.set([{ ...instance, port }]);
    await listening.tells(`10.0.0.1:${port}`);
  }
  // With pauses that double to a second it would be more than six.
  expect(performance.now() - beganMs).toBeLessThan(3000);
});

test("an agent that holds questions again is asked at once again", async () => {
  let asked = 0;
  let answeredMs = 0;
  const pauses: number[] = [];
  const agent = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async () => {
      asked++;
      if (answeredMs > 0) pauses.push(performance.now() - answeredMs);
      if (asked > 7) await Bun.sleep(150);
      answeredMs = performance.now();
      return Response.json([], { headers: { "x-consul-index": String(asked) } });
    },
  });
  await using room = new Room();
  room.ending(() => void agent.stop(true));
  const endpoint = `http://127.0.0.1:${agent.port}`;
  new Listening(room, { consul: { service: "web", endpoint }, interval: "1m" }).start();
  await until("a long pause, and short ones behind it", () => {
    const longest = pauses.findIndex((pause) => pause > 150);
    return longest >= 0 && pauses.slice(longest).some((pause) => pause < 100);
  });
  expect(Math.max(...pauses.slice(0, 3))).toBeLessThan(Math.max(...pauses));
});

test("a socket of this machine is no instance", async () => {
  await using room = new Room();
  const { listening } = await scene(room, [instance, { address: "unix:/var/run/docker.sock", port: 80 }]);
  await listening.tells("10.0.0.1:80");
  expect(JSON.stringify(listening.last)).toContain("instance 1 is a socket of this machine");
});
