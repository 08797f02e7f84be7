import { expect, test } from "bun:test";
import { type Container, Docker } from "../../../test/e2e/harness/docker.ts";
import { Listening } from "../../../test/e2e/harness/listening.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { until } from "../../../test/e2e/harness/wait.ts";

const container: Container = { id: "a1", addresses: { bridge: "172.17.0.2" }, ports: [{ own: 80 }] };

async function scene(room: Room, containers: readonly Container[], asked: object = {}, interval = "1d") {
  const docker = await Docker.start(room);
  docker.run(containers);
  const listening = new Listening(room, { docker: { endpoint: `unix://${docker.path}`, ...asked }, interval }).start();
  return { docker, listening };
}

test("a container's own address and only port; of several networks the first, or the one that is named", async () => {
  await using room = new Room();
  const two = {
    ...container,
    id: "b2",
    addresses: { web: "10.1.0.3", back: "10.2.0.3" },
    ports: [{ own: 8080 }, { own: 8080 }],
  };
  const { listening, docker } = await scene(room, [container, two]);
  await listening.tells("10.2.0.3:8080 172.17.0.2:80");
  const named = new Listening(room, {
    docker: { endpoint: `unix:${docker.path}`, network: "web", port: 9000 },
  }).start();
  await named.tells("10.1.0.3:9000");
  expect(named.last).toMatchObject({ remarks: ["container a1 has no address"] });
});

test("labels choose containers, and say what is to be known of one", async () => {
  await using room = new Room();
  const labels = {
    app: "web",
    "sluice.port": "81",
    "sluice.weight": "3",
    "sluice.backup": "true",
    "sluice.sni": "a.test",
  };
  const { listening } = await scene(
    room,
    [
      { ...container, labels },
      { ...container, id: "b2" },
    ],
    { label: "app=web" },
  );
  await listening.tells("172.17.0.2:81");
  expect(listening.found).toEqual([{ address: "172.17.0.2:81", weight: 3, backup: true, serverName: "a.test" }]);
});

test("published ports are at the host that is named, or where they are published, or where a variable says", async () => {
  await using room = new Room();
  const containers: Container[] = [
    { ...container, ports: [{ own: 80, published: 32_768 }, { own: 81 }] },
    { ...container, id: "b2", ports: [{ own: 80, published: 32_769, address: "192.0.2.1" }] },
    { ...container, id: "c3", ports: [{ own: 80, published: 32_770 }], environment: ["A=b", "PLACE=far.test"] },
    { ...container, id: "d4", ports: [{ own: 80 }] },
  ];
  const { listening } = await scene(room, containers, { port: 80, host: "docker.test", hostVariable: "PLACE" });
  await listening.tells("192.0.2.1:32769 docker.test:32768 far.test:32770");
  expect(listening.last).toMatchObject({ remarks: ["container d4 has no address"] });
});

test("one that has gone between the list and the question about it is left out, and the others are not", async () => {
  await using room = new Room();
  const published = { ...container, ports: [{ own: 80, published: 32_768 }], environment: ["PLACE=a.test"] };
  const gone = { ...published, id: "b2", isGone: true };
  const { listening } = await scene(room, [published, gone], { port: 80, host: "docker.test", hostVariable: "PLACE" });
  await listening.tells("a.test:32768");
  expect(listening.last).toMatchObject({ remarks: [] });
});

test("one that does not pass its own health check is given nothing new", async () => {
  await using room = new Room();
  const { docker, listening } = await scene(room, [{ ...container, status: "Up 2 seconds (health: starting)" }]);
  await listening.tells("172.17.0.2:80");
  expect(listening.found[0]?.drain).toBe(true);
  docker.run([{ ...container, status: "Up 2 minutes (healthy)" }]);
  docker.tell("health_status: healthy", "a1");
  await until("it to be well", () => listening.found[0]?.drain === undefined);
  docker.run([{ ...container, status: "Up 3 minutes (unhealthy)" }]);
  docker.tell("health_status: unhealthy", "a1");
  await until("it to be unwell", () => listening.found[0]?.drain === true);
});

test("a stream of events that breaks off is opened again, and what was missed is found", async () => {
  await using room = new Room();
  const { docker, listening } = await scene(room, [container]);
  await listening.tells("172.17.0.2:80");
  docker.cut();
  docker.run([]);
  await listening.tells("");
  docker.run([container]);
  await listening.tells("172.17.0.2:80");
});

test("of many containers not all are asked about at once", async () => {
  await using room = new Room();
  const many = Array.from(
    { length: 60 },
    (_, number): Container => ({
      id: `a${number}`,
      ports: [{ own: 80, published: 20_000 + number }],
      environment: ["PLACE=10.0.0.1"],
    }),
  );
  const { docker, listening } = await scene(room, [], { hostVariable: "PLACE", port: 80 });
  await until("events to be listened to", () => docker.open === 1);
  docker.run(many);
  await until("all of them", () => listening.found.length === 60);
  expect(docker.mostOpen).toBeLessThanOrEqual(20);
});
