// Servers that no config names: a running Sluice whose pools follow a file, a name, a document and Docker. A change is in every worker
// a moment after it was told, nothing is lost while servers come and go, and what is not known is said.

import { expect, setDefaultTimeout, test } from "bun:test";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { Docker } from "./harness/docker.ts";
import { DocumentServer } from "./harness/document.ts";
import { Load } from "./harness/load.ts";
import { NameServer } from "./harness/nameserver.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { find, ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const testWithDnsmasq = testWith(["dnsmasq"]);

/** Swapped in, as a careful writer does. */
function put(path: string, servers: readonly string[]): void {
  writeFileSync(`${path}.new`, ["# servers", ...servers].map((each) => `${each}\n`).join(""));
  renameSync(`${path}.new`, path);
}

const namesIn = async (sluice: Sluice, pool = "app"): Promise<string> =>
  (await sluice.status()).pools
    .find(({ name }) => name === pool)!
    .servers.map(({ name }) => name)
    .join(" ");

// Long enough for a machine that is busy with others.
const check = { http: "/", every: "1s", rise: 1, fall: 3 };

for (const [how, pool] of [
  ["", {}],
  [", checked ones too", { check }],
] as const)
  test(`nothing is lost under load while the servers of a file come and go${how}`, async () => {
    await using room = new Room();
    const origins = ["one", "two", "three"].map((name) => new Origin(room, () => ok(name)));
    const path = room.path("servers.txt");
    put(path, [origins[0]!.address]);
    const sluice = await Sluice.start(room, { workers: 2, pools: { app: { ...pool, discover: { file: path } } } });
    const load = new Load(sluice.port, { connections: 8 });
    for (let round = 1; round <= 24; round++) {
      const origin = origins[round % 3]!;
      const asked = origin.asked.length;
      // Now one instead of another, now two of them.
      const others = round % 2 === 0 ? [origins[(round + 1) % 3]!.address] : [];
      put(path, [origin.address, ...others]);
      await until("traffic at the server that has come", () => origin.asked.length > asked + 10);
    }
    await load.stop();
    const complaints = sluice.stderr.split("\n").filter((line) => /"level":"(warn|error)"/.test(line));
    expect([load.errors.slice(0, 5), complaints]).toEqual([[], []]);
    expect(load.byBody.size).toBe(3);
    const { workers, generation } = await sluice.status();
    expect(workers.map((worker) => [worker.restarts, worker.generation])).toEqual([
      [0, generation],
      [0, generation],
    ]);
  });

test("a change is in every worker within 100 ms", async () => {
  await using room = new Room();
  const path = room.path("servers.txt");
  put(path, ["10.0.0.1:80"]);
  const sluice = await Sluice.start(room, { workers: 2, pools: { app: { discover: { file: path } } } });
  const tookMs: number[] = [];
  /** What asking alone takes: that is the machine's. */
  const idleMs: number[] = [];
  for (let round = 0; round < 15; round++) {
    const askedMs = performance.now();
    const { generation } = await sluice.status();
    const startMs = performance.now();
    idleMs.push(startMs - askedMs);
    put(path, ["10.0.0.1:80", `10.0.1.${round}:80`]);
    await until("the change to be in both workers", async () => {
      const { workers } = await sluice.status();
      return workers.every((worker) => worker.generation === generation + 1);
    });
    tookMs.push(performance.now() - startMs);
  }
  // Others use this machine too: the most of them, and not each.
  for (const each of [tookMs, idleMs]) each.sort((a, b) => a - b);
  expect(tookMs[9]! - idleMs[9]!).toBeLessThan(100);
});

test("a name is asked again when its time is over, and what it had is kept while nobody answers", async () => {
  await using room = new Room();
  const names = await NameServer.start(room);
  const origins = ["one", "two"].map(
    (name, index) => new Origin(room, () => ok(name), { hostname: `127.0.0.${index + 1}` }),
  );
  names.ttlSeconds = 1;
  const srv = (index: number) =>
    ({
      type: "SRV",
      priority: 1,
      weight: 1,
      port: Number(origins[index]!.address.split(":")[1]),
      target: `n${index}.app.test`,
    }) as const;
  names.set("n0.app.test", { type: "A", address: "127.0.0.1" });
  names.set("n1.app.test", { type: "A", address: "127.0.0.2" });
  names.set("_http._tcp.app.test", srv(0));
  const sluice = await Sluice.start(room, {
    pools: {
      app: {
        discover: { dns: { name: "_http._tcp.app.test", record: "srv", servers: [names.address] }, interval: "1m" },
      },
    },
  });
  expect(await (await fetch(sluice.url)).text()).toBe("one");
  names.set("_http._tcp.app.test", srv(1));
  await until("the other", async () => (await (await fetch(sluice.url)).text()) === "two");
  names.misbehaviour = "silent";
  await until("the outage to be seen", async () =>
    (await sluice.status()).pools[0]!.sources[0]!.problem?.text.includes("does not answer"),
  );
  expect(await (await fetch(sluice.url)).text()).toBe("two");
  expect((await sluice.cli("status")).out).toMatch(
    /from dns _http\._tcp\.app\.test \(SRV\): 1 server, \d+s ago; kept since \S+Z: does not answer in/,
  );
});

/** A real name server, with one service at these ports; it knows no other names. */
function dnsmasq(
  room: Room,
  port: number,
  ports: readonly number[],
): { kill(): void; readonly exited: Promise<number> } {
  const services = ports.map(
    (each, index) => `--srv-host=_http._tcp.app.test,n${index}.app.test,${each},1,${index + 1}`,
  );
  const hosts = ports.map((_, index) => `--host-record=n${index}.app.test,127.0.0.1`);
  const words = [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--pid-file=",
    "--no-resolv",
    "--no-hosts",
    "--local-ttl=1",
  ];
  const place = [`--port=${port}`, "--listen-address=127.0.0.1", "--bind-interfaces"];
  const child = Bun.spawn([find("dnsmasq")!, ...words, ...place, ...services, ...hosts], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  room.ending(() => child.kill("SIGKILL"));
  return child;
}

testWithDnsmasq("a service of a real name server is followed, over its restart", async () => {
  await using room = new Room();
  const origins = ["one", "two"].map((name) => new Origin(room, () => ok(name)));
  const [one, two] = origins.map(({ port }) => port) as [number, number];
  const port = freePort();
  const before = dnsmasq(room, port, [one]);
  const dns = { name: "_http._tcp.app.test", record: "srv" as const, servers: [`127.0.0.1:${port}`] };
  const sluice = await Sluice.start(room, { pools: { app: { discover: { dns, interval: "1s" } } } });
  await until("the service", async () => (await namesIn(sluice)) === `127.0.0.1:${one}`);
  const load = new Load(sluice.port, { connections: 2 });
  before.kill();
  await before.exited;
  await until("the outage to be seen", async () => (await sluice.status()).pools[0]!.sources[0]!.problem !== null);
  dnsmasq(room, port, [one, two]);
  await until("both services", async () => (await sluice.status()).pools[0]!.servers.length === 2, 20_000);
  expect((await sluice.server(`127.0.0.1:${two}`)).weight).toBe(2);
  await until("traffic at both", () => load.byBody.size === 2);
  await load.stop();
  expect(load.errors).toEqual([]);
});

test("a pool that has no server now answers 503, and is well as soon as it has one", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("here"));
  const path = room.path("servers.txt");
  const sluice = await Sluice.start(room, { pools: { app: { discover: { file: path } } } });
  expect((await fetch(sluice.url)).status).toBe(503);
  const told = await sluice.cli("status");
  expect(told.out).toContain(`from file ${path}: it has never answered; does not exist`);
  expect(told.out).toContain("it has no server: requests are answered 503");
  const why = await sluice.cli("explain", sluice.url);
  expect(why.out).toContain("0 of 0 servers may be picked");
  expect(why.out).toContain("sluice status says where its servers come from");
  put(path, [origin.address]);
  await until("the server to be found", async () => (await fetch(sluice.url)).status === 200);
  put(path, []);
  await until("it to be gone", async () => (await fetch(sluice.url)).status === 503);
  // The config's own warning is another.
  expect(sluice.stderr.match(/does not exist; there are no servers of it/g)).toHaveLength(1);
});

test("a reload keeps the sources that it keeps, and what they told", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("here"));
  const server = await DocumentServer.start(room);
  server.body = JSON.stringify([origin.address]);
  const url = `http://user:hush-4711@${server.address}/servers?key=hush-4711`;
  const app = { discover: { http: url, interval: "1d" } };
  const sluice = await Sluice.start(room, { pools: { app } });
  expect((await fetch(sluice.url)).status).toBe(200);
  server.mood = "silent";
  const load = new Load(sluice.port, { connections: 2 });
  await sluice.reload({ pools: { app: { ...app, retries: 1 } } });
  await sluice.reload({ pools: { app: { ...app, retries: 1 }, other: { servers: ["10.0.0.1:80"] } } });
  await load.stop();
  expect(load.errors).toEqual([]);
  expect(server.asked).toHaveLength(1);
  const answer = await (await fetch(`http://${sluice.admin}/api/v1/discovery`)).json();
  expect(answer).toMatchObject({
    pools: [
      {
        name: "app",
        sources: [
          { source: `http http://${server.address}/servers`, servers: [{ address: origin.address }], problem: null },
        ],
      },
    ],
  });
  expect(await sluice.metric("sluice_discovery_servers", { pool: "app" })).toBe(1);
  expect(await sluice.metric("sluice_discovery_last_success_timestamp_seconds")).toBeGreaterThan(1_700_000_000);
  const all = [
    sluice.stderr,
    await sluice.metricsText(),
    JSON.stringify(answer),
    JSON.stringify(await sluice.status()),
  ];
  expect(all.join("")).not.toContain("hush-4711");
});

test("a drained server ends what it has and is given nothing new; health checks are for servers that were found too", async () => {
  await using room = new Room();
  const [one, two] = [new Origin(room, () => ok("one")), new Origin(room, () => ok("two"))];
  const path = room.path("servers.txt");
  put(path, [`${one.address} drain`, two.address]);
  const sluice = await Sluice.start(room, {
    pools: { app: { discover: { file: path }, check: { http: "/", every: "100ms", timeout: "5s", rise: 1, fall: 1 } } },
  });
  await until("the other to be up", async () => (await sluice.server(two.address)).state === "up");
  expect((await sluice.server(one.address)).state).toBe("draining");
  for (let count = 0; count < 6; count++) expect(await (await fetch(sluice.url)).text()).toBe("two");
  put(path, [one.address, two.address]);
  await until("it to be back", async () => (await (await fetch(sluice.url)).text()) === "one");
});

test("containers are found by Docker's events", async () => {
  await using room = new Room();
  const docker = await Docker.start(room);
  const origin = new Origin(room, () => ok("contained"));
  const [address = "", port] = origin.address.split(":");
  const container = {
    id: "c0ffee",
    labels: { app: "web" },
    addresses: { bridge: address },
    ports: [{ own: Number(port) }],
  };
  const sluice = await Sluice.start(room, {
    pools: { app: { discover: { docker: { endpoint: `unix:${docker.path}`, label: "app=web" }, interval: "1d" } } },
  });
  expect(await namesIn(sluice)).toBe("");
  docker.run([container, { ...container, id: "0ff", labels: {} }]);
  await until("the container to be found", async () => (await namesIn(sluice)) === origin.address);
  expect(await (await fetch(sluice.url)).text()).toBe("contained");
  docker.run([]);
  await until("it to be gone", async () => (await namesIn(sluice)) === "");
});

test("sluice check says where servers will come from, and warns of a file that is not there", async () => {
  await using room = new Room();
  const path = room.write(
    "sluice.json",
    JSON.stringify({
      listeners: { web: { listen: ":8080", use: "app" } },
      pools: {
        app: {
          servers: ["10.0.0.1:80"],
          discover: [{ file: "gone.txt" }, { consul: { service: "web", token: "hush-4711" } }],
        },
      },
    }),
  );
  const checked = await ran([...command, "check", path]);
  expect(checked.code).toBe(0);
  expect(checked.err).toContain('names "gone.txt", which does not exist now');
  expect(checked.out).toMatch(
    /pool +app +1 server and what file .*gone\.txt, consul web at http:\/\/127\.0\.0\.1:8500 will tell/,
  );
  const json = await ran([...command, "check", path, "--json"]);
  expect(json.out + checked.out + checked.err).not.toContain("hush-4711");
  rmSync(path);
});
