// `sluice sentinel` beside a real Redis: as the original by its environment, its words and its half of the registry; and what the original
// has not: leases, hysteresis, several that agree, a Redis that loses its data. And the one inside of a Sluice, with no Redis at all.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Load } from "./harness/load.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { ran } from "./harness/program.ts";
import { Redis } from "./harness/redis.ts";
import { withRedis } from "./harness/rediscache.ts";
import { Room } from "./harness/room.ts";
import { command, type Draft, Sluice } from "./harness/sluice.ts";
import { says, until, within } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const set = "gopher_backends";
const ill = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";

/** A `sluice sentinel` that runs. */
class Watchman {
  readonly child: Bun.Subprocess<"ignore", "pipe", "inherit">;
  out = "";
  /** All that it has to say, once it has ended. */
  readonly heard: Promise<void>;

  constructor(room: Room, environment: Record<string, string>, words: readonly string[] = []) {
    this.child = Bun.spawn([...command, "sentinel", ...words], {
      cwd: room.folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.heard = this.#keep();
    room.ending(() => this.child.kill("SIGKILL"));
  }

  get lines(): Record<string, unknown>[] {
    return this.out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** How often it has said this. */
  said(message: string): number {
    return this.lines.filter(({ msg }) => msg === message).length;
  }

  async #keep(): Promise<void> {
    for await (const chunk of this.child.stdout) this.out += Buffer.from(chunk).toString();
  }
}

async function members(redis: Redis): Promise<string[]> {
  return (await redis.ask("SMEMBERS", set)).split("\n").filter(Boolean).sort();
}

async function stands(redis: Redis, ...wanted: readonly string[]): Promise<void> {
  const all = [...wanted].sort().join();
  await until(`the set to be ${all}`, async () => (await members(redis)).join() === all, 20_000);
}

// A machine that stalls for a moment is not to be taken for a target that does.
const soon: readonly string[] = ["--every", "300ms", "--timeout", "1s", "--lease", "1500ms"];

withRedis("it starts as the original by its environment, and says and writes what that would", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origin = new Origin(room);
  const dead = `127.0.0.1:${freePort()}`;
  const watchman = new Watchman(room, {
    REDIS_URL: redis.address,
    SENTINEL_TARGETS: ` ${origin.address} , ${dead},`,
    VERSION: "1.2.3",
    COMMIT: "",
  });
  // The other half of the original reads no more than this.
  await stands(redis, `http://${origin.address}`);
  await until("it to say so", () => watchman.said("backend registered (UP)") === 1);
  expect(watchman.lines.map(({ time, ...line }) => line)).toEqual([
    { level: "INFO", msg: "connected to Redis", addr: redis.address },
    {
      level: "INFO",
      msg: "Sentinel started",
      targets: [origin.address, dead],
      version: "1.2.3",
      commit: "unknown",
    },
    { level: "INFO", msg: "backend registered (UP)", target: origin.address },
  ]);
  expect(watchman.lines.every(({ time }) => typeof time === "string" && Number.isFinite(Date.parse(time)))).toBeTrue();
  origin.stop();
  await stands(redis);
  await until("it to say so", () => watchman.said("backend deregistered (DOWN)") === 1);
  expect(watchman.lines.at(-1)).toMatchObject({
    level: "WARN",
    target: origin.address,
    reason: expect.stringContaining("connection refused"),
  });
  watchman.child.kill("SIGTERM");
  expect(await within("it to end", watchman.child.exited)).toBe(0);
  await within("its last words", watchman.heard);
  expect(watchman.lines.slice(-2).map(({ msg }) => msg)).toEqual([
    "shutdown signal received",
    "Sentinel stopped cleanly",
  ]);
});

withRedis("where it is told to, it serves its metrics, and is ready while what it says is written down", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origin = new Origin(room);
  const pages = `127.0.0.1:${freePort()}`;
  const environment = { REDIS_URL: redis.address, SENTINEL_TARGETS: `${origin.address},127.0.0.1:${freePort()}` };
  const watchman = new Watchman(room, environment, [...soon, "--metrics", pages]);
  const statusOf = async (page: string): Promise<number> =>
    (await fetch(`http://${pages}${page}`).catch(() => null))?.status ?? 0;
  await until("it to be ready", async () => (await statusOf("/readyz")) === 200);
  await stands(redis, `http://${origin.address}`);
  const text = await (await fetch(`http://${pages}/metrics`)).text();
  for (const line of [
    "sluice_registry_up 1",
    `sluice_sentinel_targets{set="${set}",state="up"} 1`,
    `sluice_sentinel_changes_total{set="${set}",change="added"} 1`,
  ])
    expect(text).toContain(`\n${line}\n`);
  await redis.stop();
  await until("it not to be", async () => (await statusOf("/readyz")) === 503);
  expect(await statusOf("/healthz")).toBe(200);
  const later = await (await fetch(`http://${pages}/metrics`)).text();
  expect(later).toMatch(/\nsluice_sentinel_votes_total\{set="gopher_backends",result="failed"\} [1-9]/);
  expect(later).toContain("\nsluice_registry_up 0\n");
  const twin = await ran([...command, "sentinel", "--metrics", pages], {
    env: { REDIS_URL: (await Redis.start(room)).address, SENTINEL_TARGETS: "127.0.0.1:1" },
  });
  expect([twin.code, twin.err]).toEqual([1, expect.stringContaining("--metrics")]);
  watchman.child.kill("SIGTERM");
  expect(await within("it to end", watchman.child.exited)).toBe(0);
});

withRedis(
  "it ends with 1 when Redis is not there, with 2 when it is not understood, and shows no password",
  async () => {
    await using room = new Room();
    const environment = {
      REDIS_URL: `redis://me:geheim-4711@127.0.0.1:${freePort()}`,
      SENTINEL_TARGETS: "127.0.0.1:1",
    };
    const away = await ran([...command, "sentinel"], { env: environment });
    expect(away.code).toBe(1);
    expect(JSON.parse(away.out)).toMatchObject({
      level: "ERROR",
      msg: "cannot reach Redis at startup",
      error: "connection refused",
    });
    const redis = await Redis.start(room, freePort(), "wanted");
    const refused = await ran([...command, "sentinel"], {
      env: { ...environment, REDIS_URL: `redis://:geheim-4711@${redis.address}` },
    });
    expect([refused.code, JSON.parse(refused.out)]).toMatchObject([1, { error: "it knows no such user or password" }]);
    const misread = await ran([...command, "sentinel", "--fall", "x"], { env: { SENTINEL_TARGETS: "here" } });
    expect([misread.code, misread.out]).toEqual([2, ""]);
    expect(misread.err).toContain('target "here" must have a port');
    expect(misread.err).toContain("--fall must be a whole number");
    const help = await ran([...command, "sentinel", "--help"]);
    expect([help.code, help.out]).toEqual([0, expect.stringContaining("SENTINEL_TARGETS")]);
    for (const { out, err } of [away, refused, misread]) expect(out + err).not.toContain("geheim");
  },
);

withRedis("what a killed sentinel has put in ages out while another lives; when none does, all stays", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [one, two, hand] = ["one", "two", "by hand"].map((name) => new Origin(room, () => ok(name))) as [
    Origin,
    Origin,
    Origin,
  ];
  await redis.ask("SADD", set, `http://${hand.address}`);
  const [first, second] = [one, two].map(
    ({ address }) => new Watchman(room, { REDIS_URL: redis.address, SENTINEL_TARGETS: address }, soon),
  ) as [Watchman, Watchman];
  await stands(redis, ...[one, two, hand].map(({ address }) => `http://${address}`));
  const draft = { registry: `redis://${redis.address}`, pools: { app: { discover: { registry: set } } } } as Draft;
  const sluice = await Sluice.start(room, draft);
  const servers = async (): Promise<number> => (await sluice.status()).pools[0]!.servers.length;
  await until("all servers", async () => (await servers()) === 3);
  first.child.kill("SIGKILL");
  const killedMs = performance.now();
  await until("two servers", async () => (await servers()) === 2);
  expect(performance.now() - killedMs).toBeLessThan(3_000);
  expect(second.said("backend deregistered (no sentinel says that it is up)")).toBe(1);
  second.child.kill("SIGKILL");
  await says(sluice, "leases that are over still count, for no sentinel is there to renew them");
  expect(await servers()).toBe(2);
  expect((await sluice.cli("registry", "ls", set)).out).toContain("leases are over, and no sentinel is there");
});

withRedis("a Redis that hangs for longer than leases last loses no server, and no request", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origin = new Origin(room, () => ok("here"));
  const watchman = new Watchman(room, { REDIS_URL: redis.address, SENTINEL_TARGETS: origin.address }, soon);
  await stands(redis, `http://${origin.address}`);
  const sluice = await Sluice.start(room, {
    registry: { redis: `redis://${redis.address}`, timeout: "300ms" },
    pools: { app: { discover: { registry: set } } },
  } as Draft);
  const load = new Load(sluice.port, { connections: 2 });
  redis.pause();
  await until("the sentinel to notice", () => watchman.said("the registry cannot be written: it is tried again") === 1);
  // Its lease of 1.5 s is over, by Redis' clock too.
  const pausedMs = performance.now();
  await until("two leases to be over", () => performance.now() > pausedMs + 3000);
  redis.goOn();
  await until("the sentinel to go on", () => watchman.said("the registry can be written again") === 1);
  await stands(redis, `http://${origin.address}`);
  const answered = load.answered;
  await until("load to go on", () => load.answered > answered + 100);
  await load.stop();
  expect(load.errors).toEqual([]);
});

withRedis("one that is ended leaves what is up where it is; the next one takes it over", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origin = new Origin(room);
  const environment = { REDIS_URL: redis.address, SENTINEL_TARGETS: origin.address };
  const first = new Watchman(room, environment, soon);
  await stands(redis, `http://${origin.address}`);
  first.child.kill("SIGINT");
  expect(await within("it to end", first.child.exited)).toBe(0);
  expect(await redis.ask("EXISTS", `${set}:leases`, `${set}:views`)).toBe("0");
  const second = new Watchman(room, environment, soon);
  await until("a lease", async () => (await redis.ask("ZCARD", `${set}:leases`)) === "1");
  origin.stop();
  await stands(redis);
  expect(second.said("backend registered (UP)")).toBe(0);
});

withRedis("of three sentinels with different views two decide; of two none does, and nothing flaps", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origin = new Origin(room, ({ target }) => (target === "/well" ? ok("well") : ill));
  const environment = { REDIS_URL: redis.address, SENTINEL_TARGETS: origin.address };
  const view = (path: string, id: string): Watchman =>
    new Watchman(room, environment, [...soon, "--http", path, "--id", id]);
  // The field without a name is the time of the last vote.
  const voters = async (): Promise<number> =>
    (await redis.ask("HKEYS", `${set}:views`)).split("\n").filter((name) => name.trim() !== "").length;
  const one = view("/well", "one");
  await stands(redis, `http://${origin.address}`);
  const two = view("/ill", "two");
  await until("two voters", async () => (await voters()) === 2);
  const calm = async (isIn: boolean): Promise<void> => {
    // Several leases long, and looked at far more often than anybody votes.
    for (const endMs = performance.now() + 4000; performance.now() < endMs; await Bun.sleep(20))
      expect(await members(redis)).toEqual(isIn ? [`http://${origin.address}`] : []);
  };
  await calm(true);
  const three = view("/ill", "three");
  await stands(redis);
  await until("three voters", async () => (await voters()) === 3);
  await calm(false);
  const changes = [one, two, three].flatMap(({ lines }) =>
    lines.filter(({ msg }) => String(msg).startsWith("backend")),
  );
  expect(changes.map(({ msg }) => msg).sort()).toEqual(["backend deregistered (DOWN)", "backend registered (UP)"]);
  // The majority leaves; the one that is left decides alone.
  for (const each of [two, three]) {
    each.child.kill("SIGTERM");
    await within("it to end", each.child.exited);
  }
  await stands(redis, `http://${origin.address}`);
});

withRedis("a failed probe alone takes nobody out", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  let failures = 0;
  const origin = new Origin(room, () => (failures-- > 0 ? ill : ok("well")));
  const environment = { REDIS_URL: redis.address, SENTINEL_TARGETS: origin.address };
  const watchman = new Watchman(room, environment, [...soon, "--http", "/", "--fall", "2"]);
  await stands(redis, `http://${origin.address}`);
  failures = 1;
  await until("it to have failed", () => failures < 0);
  const asked = origin.asked.length;
  await until("two more probes", () => origin.asked.length >= asked + 2);
  expect(watchman.said("backend deregistered (DOWN)")).toBe(0);
  failures = 1000;
  await stands(redis);
});

withRedis(
  "Redis is started anew without its data: what is up is put back, and said once to have been away",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const origin = new Origin(room);
    const watchman = new Watchman(room, { REDIS_URL: redis.address, SENTINEL_TARGETS: origin.address }, soon);
    await stands(redis, `http://${origin.address}`);
    await redis.stop();
    const away = "the registry cannot be written: it is tried again";
    await until("it to say so", () => watchman.said(away) === 1);
    const again = await Redis.start(room, redis.port);
    await stands(again, `http://${origin.address}`);
    await until("it to say so", () => watchman.said("the registry can be written again") === 1);
    expect(watchman.said(away)).toBe(1);
    // Whatever takes it out, such as an eviction, it is put back.
    await again.ask("FLUSHALL");
    await stands(again, `http://${origin.address}`);
  },
);

withRedis("with no more rights than the original needs it does what the original does", async () => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const origin = new Origin(room);
  await redis.ask("ACL", "SETUSER", "few", "on", ">word", "~*", "-@all", "+ping", "+sadd", "+srem");
  const url = `redis://few:word@${redis.address}`;
  new Watchman(room, { REDIS_URL: url, SENTINEL_TARGETS: origin.address }, soon);
  await stands(redis, `http://${origin.address}`);
  origin.stop();
  await stands(redis);
});

test("one process is both, without a Redis: servers that are well are there from the start, and others are not", async () => {
  await using room = new Room();
  const [one, two] = ["one", "two"].map((name) => new Origin(room, () => ok(name))) as [Origin, Origin];
  const dead = `127.0.0.1:${freePort()}`;
  const check = { http: "/", every: "200ms", timeout: "1s", rise: 1, fall: 2 };
  const sluice = await Sluice.start(room, {
    sentinel: { targets: [one.address, two.address, dead], set: "shop", check, lease: "1s" },
    pools: { app: { discover: { registry: "shop" } } },
  } as Draft);
  const names = async (): Promise<string> => (await sluice.status()).pools[0]!.servers.map(({ name }) => name).join();
  expect(await names()).toBe([one.address, two.address].sort().join());
  expect((await fetch(sluice.url)).status).toBe(200);
  two.stop();
  await until("one server", async () => (await names()) === one.address);
  const shown = await sluice.cli("registry", "ls");
  expect(shown.out).toContain("up:");
  expect(shown.out).toMatch(/shop +http:\/\/\S+ +out +- +down: /);
  await says(sluice, "backend deregistered (DOWN)");
  await sluice.reload({ pools: { app: { servers: [one.address] } } });
  expect((await sluice.cli("registry", "ls", "--json")).out).toContain('"sentinel": null');
});

withRedis("after a reload another Redis counts; in the former one what is up stays, without a lease", async () => {
  await using room = new Room();
  const [former, latter] = [await Redis.start(room), await Redis.start(room)];
  const origin = new Origin(room, () => ok("here"));
  const check = { tcp: true, every: "200ms", timeout: "1s" };
  const draft = (redis: Redis): Draft =>
    ({
      registry: `redis://${redis.address}`,
      sentinel: { targets: [origin.address], check, lease: "1s" },
      pools: { app: { discover: { registry: set } } },
    }) as Draft;
  const sluice = await Sluice.start(room, draft(former));
  await stands(former, `http://${origin.address}`);
  await sluice.reload(draft(latter));
  await stands(latter, `http://${origin.address}`);
  expect((await fetch(sluice.url)).status).toBe(200);
  expect(await former.ask("EXISTS", `${set}:leases`, `${set}:views`)).toBe("0");
  expect(await members(former)).toEqual([`http://${origin.address}`]);
  sluice.child.kill("SIGTERM");
  await sluice.exited();
  expect(await latter.ask("EXISTS", `${set}:leases`, `${set}:views`)).toBe("0");
  expect(await members(latter)).toEqual([`http://${origin.address}`]);
});
