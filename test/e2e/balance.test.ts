import { expect, setDefaultTimeout, test } from "bun:test";
import type { BalancePolicy } from "../../src/config/plan.ts";
import { balancePolicies } from "../../src/config/poolschema.ts";
import { Client, get } from "./harness/client.ts";
import { Load } from "./harness/load.ts";
import { Origin, ok, write } from "./harness/origin.ts";
import { ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const named = (room: Room, count: number): Origin[] =>
  Array.from({ length: count }, (_, index) => new Origin(room, () => ok(String(index))));
const addresses = (origins: readonly Origin[]): string[] => origins.map(({ address }) => address);
const counts = (origins: readonly Origin[]): number[] => origins.map(({ asked }) => asked.length);

/** `count` requests over several connections, so that every worker has its share. */
async function ask(sluice: Sluice, count: number, init: RequestInit = {}): Promise<string[]> {
  const bodies: string[] = [];
  for (let done = 0; done < count; done += 10) {
    const batch = Array.from({ length: Math.min(10, count - done) }, async () => {
      const response = await fetch(sluice.url, { ...init, keepalive: false });
      bodies.push(await response.text());
    });
    await Promise.all(batch);
  }
  return bodies;
}

test("round robin over two workers is exact: 300 requests, 100 for each of three servers", async () => {
  await using room = new Room();
  const origins = named(room, 3);
  const words = ["--to", addresses(origins).join(","), "--balance", "roundRobin", "--workers", "2"];
  const sluice = await Sluice.run(room, words);
  await ask(sluice, 300);
  expect(counts(origins)).toEqual([100, 100, 100]);
  const { workers } = await sluice.status();
  expect(workers).toHaveLength(2);
});

test("weights of the command line are obeyed exactly", async () => {
  await using room = new Room();
  const origins = named(room, 3);
  const [a, b, c] = addresses(origins);
  const words = ["--to", `${a}^3,${b}^2,${c}`, "--balance", "weightedRoundRobin", "--workers", "1"];
  const sluice = await Sluice.run(room, words);
  await ask(sluice, 120);
  expect(counts(origins)).toEqual([60, 40, 20]);
});

for (const policy of balancePolicies) {
  test(`${policy} can be named in the config and on the command line, and serves`, async () => {
    await using room = new Room();
    const origins = named(room, 3);
    const line = await Sluice.run(room, ["--to", addresses(origins).join(","), "--balance", policy, "--workers", "2"]);
    const file = await Sluice.start(room, {
      workers: 2,
      pools: { app: { servers: addresses(origins), balance: policy } },
    });
    const bodies = [...(await ask(line, 60)), ...(await ask(file, 60))];
    expect(bodies.filter((body) => !/^[012]$/.test(body))).toEqual([]);
    expect((await file.status()).pools[0]!.balance).toBe(policy);
    // One client, nothing else to go by: these have one answer, and the others spread.
    const used = counts(origins).filter((count) => count > 0).length;
    const sticks: readonly BalancePolicy[] = ["ipHash", "consistentHash", "first"];
    if (sticks.includes(policy)) expect(used).toBe(1);
    else expect(used).toBe(3);
  });
}

test("a sticky cookie brings a client back to its server, in every worker", async () => {
  await using room = new Room();
  const origins = named(room, 3);
  const sluice = await Sluice.start(room, {
    workers: 2,
    pools: { app: { servers: addresses(origins), sticky: "srv" } },
  });
  const first = await fetch(sluice.url, { keepalive: false });
  const cookie = first.headers.get("set-cookie")!;
  expect(cookie).toMatch(/^srv=[^;]+; Path=\/; HttpOnly$/);
  const home = await first.text();
  const again = await ask(sluice, 40, { headers: { cookie: cookie.split(";")[0]! } });
  expect(new Set(again)).toEqual(new Set([home]));
  // A forged cookie names no server: it is balanced like any other, and given a good one.
  const forged = await fetch(sluice.url, { headers: { cookie: "srv=nonsense" } });
  expect(forged.headers.get("set-cookie")).toStartWith("srv=");
  // When its server goes, the client is moved rather than refused.
  origins[Number(home)]!.stop();
  const moved = await fetch(sluice.url, { headers: { cookie: cookie.split(";")[0]! } });
  expect(moved.status).toBe(200);
  expect(moved.headers.get("set-cookie")).toStartWith("srv=");
});

test("ipHash keeps each client at one server, and spreads clients over all", async () => {
  await using room = new Room();
  const origins = named(room, 3);
  const sluice = await Sluice.start(room, {
    workers: 2,
    pools: { app: { servers: addresses(origins), balance: "ipHash" } },
  });
  const homes: string[] = [];
  for (let client = 2; client < 62; client++) {
    const source = `127.0.0.${client}`;
    const answers = new Set<string>();
    for (let count = 0; count < 3; count++) answers.add(await askFrom(source, sluice.port));
    expect(answers.size).toBe(1);
    homes.push([...answers][0]!);
  }
  expect(new Set(homes).size).toBe(3);
});

/** A request from a given address of the loopback net; the runtime's own client cannot choose one. */
function askFrom(localAddress: string, port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  // localAddress is understood by the runtime and missing in its types.
  const options = {
    hostname: "127.0.0.1",
    port,
    localAddress,
    socket: {
      open: (socket) => void socket.write(get("/", "Connection: close")),
      data: (_, bytes) => void (text += bytes.toString()),
      close: () => resolve(text.slice(text.indexOf("\r\n\r\n") + 4)),
      connectError: (_, error) => reject(error),
    },
  } as Bun.TCPSocketConnectOptions<undefined>;
  Bun.connect(options).catch(reject);
  return promise;
}

for (const policy of ["consistentHash", "boundedHash"] as const) {
  test(`${policy} goes by a header, a cookie or the target, alike in every worker`, async () => {
    await using room = new Room();
    const origins = named(room, 3);
    const sluice = await Sluice.start(room, { workers: 2, pools: { app: { servers: addresses(origins) } } });
    // The request before may still be counted in flight for a moment; a tight bound would send the next one elsewhere.
    const loose = policy === "boundedHash" ? { loadFactor: 10 } : {};
    const keys: Readonly<Record<string, (value: number) => RequestInit & { path?: string }>> = {
      "header:x-user": (value) => ({ headers: { "x-user": `user${value}` } }),
      "cookie:user": (value) => ({ headers: { cookie: `other=1; user=${value}` } }),
      uri: (value) => ({ path: `/item/${value}` }),
    };
    for (const [key, requestOf] of Object.entries(keys)) {
      await sluice.reload({
        workers: 2,
        pools: { app: { servers: addresses(origins), balance: { policy, key, ...loose } } },
      });
      const homes = new Set<string>();
      for (let value = 0; value < 30; value++) {
        const answers = new Set<string>();
        for (let count = 0; count < 3; count++) {
          const { path = "/", ...init } = requestOf(value);
          answers.add(await (await fetch(`${sluice.url}${path}`, { ...init, keepalive: false })).text());
        }
        expect([key, value, answers.size]).toEqual([key, value, 1]);
        homes.add([...answers][0]!);
      }
      expect([key, homes.size]).toEqual([key, 3]);
    }
  });
}

test("a backup serves only while no other server does", async () => {
  await using room = new Room();
  const [main, backup] = named(room, 2) as [Origin, Origin];
  const check = { tcp: true as const, every: "100ms", timeout: "5s", rise: 1, fall: 1 };
  const servers = [main.address, { address: backup.address, backup: true }];
  const sluice = await Sluice.start(room, { pools: { app: { servers, check } } });
  expect(new Set(await ask(sluice, 20))).toEqual(new Set(["0"]));
  main.stop();
  await until("the main server to be seen down", async () => (await sluice.server(main.address)).state === "down");
  expect(new Set(await ask(sluice, 20))).toEqual(new Set(["1"]));
  const port = Number(main.address.split(":")[1]);
  new Origin(room, () => ok("back"), { port });
  await until("the main server to be seen up", async () => (await sluice.server(main.address)).state === "up");
  expect(new Set(await ask(sluice, 20))).toEqual(new Set(["back"]));
});

test("a drained server ends what it has and is given nothing new, until it is enabled", async () => {
  await using room = new Room();
  const origins = named(room, 2);
  const [one, two] = origins as [Origin, Origin];
  const sluice = await Sluice.start(room, {
    workers: 2,
    pools: { app: { servers: addresses(origins), balance: "roundRobin" } },
  });
  one.handler = () => null;
  const clients = [await Client.connect(room, sluice.port), await Client.connect(room, sluice.port)];
  for (const client of clients) client.send(get("/"));
  const running = await one.request(1);
  const drained = await sluice.cli("drain", `app/${one.address}`);
  expect([drained.code, drained.err]).toEqual([0, ""]);
  expect(drained.out).toContain("no new requests");
  await ask(sluice, 30);
  expect(one.asked).toHaveLength(1);
  expect(await sluice.server(one.address)).toMatchObject({ state: "draining", active: 1 });
  write(running.socket, ok("late"));
  await until("the running exchange to end", () => clients.some((client) => client.text.endsWith("late")));
  const before = two.asked.length;
  one.handler = () => ok("0");
  expect((await sluice.cli("enable", `app/${one.address}`)).code).toBe(0);
  await ask(sluice, 20);
  expect(one.asked).toHaveLength(11);
  expect(two.asked.length - before).toBe(10);
  const unknown = await sluice.cli("drain", "app/10.0.0.1:1");
  expect(unknown.code).toBe(1);
  expect(unknown.err).toContain(`it has ${one.address}, ${two.address}`);
});

test("a server that comes up with slow start is given little at first, and its share in the end", async () => {
  await using room = new Room();
  const origins = named(room, 2);
  const [one, two] = origins as [Origin, Origin];
  const pool = {
    balance: "weightedRoundRobin" as const,
    // Two hundred requests are answered in the first tenth of it, or the first half where the machine is busy.
    slowStart: "6s",
    check: { tcp: true as const, every: "100ms", timeout: "5s", rise: 1, fall: 1 },
  };
  const sluice = await Sluice.start(room, { pools: { app: { ...pool, servers: [one.address] } } });
  await sluice.reload({ pools: { app: { ...pool, servers: addresses(origins) } } });
  await until("the new server to be up", async () => (await sluice.server(two.address)).state === "up");
  const load = new Load(sluice.port, { connections: 2 });
  await until("some traffic", () => load.answered >= 200);
  const early = two.asked.length / load.answered;
  expect(early).toBeLessThan(0.4);
  await until(
    "the share to be even",
    async () => {
      const before = counts(origins);
      const target = load.answered + 200;
      await until("more traffic", () => load.answered >= target);
      const [first, second] = counts(origins).map((count, index) => count - before[index]!) as [number, number];
      return second / (first + second) > 0.47;
    },
    20_000,
  );
  await load.stop();
  expect(load.errors.slice(0, 5)).toEqual([]);
});

test("maxConnections holds exactly over two workers, and the rest waits its turn", async () => {
  await using room = new Room();
  let running = 0;
  let most = 0;
  const origin = new Origin(room, async () => {
    most = Math.max(most, ++running);
    await Bun.sleep(4);
    running--;
    return ok("ok");
  });
  const servers = [{ address: origin.address, maxConnections: 3 }];
  const sluice = await Sluice.start(room, { workers: 2, pools: { app: { servers } } });
  const load = new Load(sluice.port, { connections: 24 });
  await until("300 answers", () => load.answered >= 300);
  const queued = (await sluice.status()).pools[0]!.queued;
  await load.stop();
  expect(load.errors.slice(0, 5)).toEqual([]);
  expect(most).toBe(3);
  expect(queued).toBeGreaterThan(0);
  await until("the waiting room to be empty", async () => (await sluice.status()).pools[0]!.queued === 0);
  expect((await sluice.server(origin.address)).active).toBe(0);
});

test("who waits too long is answered 503, and so is who finds the waiting room full", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => null);
  const servers = [{ address: origin.address, maxConnections: 1 }];
  const sluice = await Sluice.start(room, { pools: { app: { servers, queue: { length: 1, timeout: "2s" } } } });
  const first = (await Client.connect(room, sluice.port)).send(get("/1"));
  await origin.request(1);
  const second = (await Client.connect(room, sluice.port)).send(get("/2"));
  await until("the second to wait", async () => (await sluice.status()).pools[0]!.queued === 1);
  const third = (await Client.connect(room, sluice.port)).send(get("/3"));
  const full = await third.saw("waiting room is full");
  expect(full).toMatch(/^HTTP\/1\.1 503 [\s\S]*Retry-After: \d+\r\n/);
  expect(await second.saw("none came free in time")).toMatch(/^HTTP\/1\.1 503 [\s\S]*Retry-After: \d+\r\n/);
  write(origin.asked[0]!.socket, ok("at last"));
  await first.saw("at last");
  expect(origin.asked).toHaveLength(1);
  await sluice.counted(1, "sluice_pool_queue_rejections_total", { reason: "timeout" });
  await sluice.counted(1, "sluice_pool_queue_rejections_total", { reason: "full" });
});

test("a policy that does not exist is answered with the one meant", async () => {
  const words = [process.execPath, "src/main.ts", "run", "--to", "127.0.0.1:1", "--balance", "roundrobin"];
  const answer = await ran(words);
  expect(answer.code).toBe(2);
  expect(answer.err).toMatch(/--balance.*did you mean "?roundRobin/s);
});

/** Serves so many connections at a time, one request after the other; whoever comes on top waits until another has gone. */
class Narrow {
  readonly address: string;
  readonly #places: number;
  readonly #served = new Set<unknown>();
  readonly #waiting: { readonly socket: Bun.Socket; asked: number }[] = [];

  constructor(room: Room, places: number) {
    this.#places = places;
    const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const next = (): void => {
      const waiting = this.#served.size < this.#places ? this.#waiting.shift() : undefined;
      if (waiting === undefined) return;
      this.#served.add(waiting.socket);
      if (waiting.asked > 0) waiting.socket.write(answer.repeat(waiting.asked));
      next();
    };
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (socket) => {
          this.#waiting.push({ socket, asked: 0 });
          next();
        },
        // Each request comes in one piece.
        data: (socket) => {
          const waiting = this.#waiting.find((one) => one.socket === socket);
          if (waiting === undefined) socket.write(answer);
          else waiting.asked++;
        },
        close: (socket) => {
          this.#served.delete(socket);
          const index = this.#waiting.findIndex((one) => one.socket === socket);
          if (index !== -1) this.#waiting.splice(index, 1);
          next();
        },
      },
    });
    room.ending(() => listener.stop(true));
    this.address = `127.0.0.1:${listener.port}`;
  }
}

for (const places of [1, 5]) {
  test(`a server that bears ${places} at a time is never in the way of one worker for what another keeps idle`, async () => {
    await using room = new Room();
    const server = new Narrow(room, places);
    const sluice = await Sluice.start(room, {
      workers: 2,
      pools: {
        app: {
          servers: [{ address: server.address, maxConnections: places }],
          timeouts: { response: "3s" },
          queue: { timeout: "20s" },
        },
      },
    });
    const statuses = async (): Promise<number> => {
      const response = await fetch(sluice.url, { keepalive: false });
      await response.text();
      return response.status;
    };
    for (let count = 0; count < 40; count++) expect(await statuses()).toBe(200);
    for (let round = 0; round < 4; round++)
      expect(await Promise.all(Array.from({ length: 20 }, statuses))).toEqual(Array(20).fill(200));
  });
}
