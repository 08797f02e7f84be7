import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { DatagramClient, DatagramServer, freeDatagramPort } from "../../test/e2e/harness/datagrams.ts";
import { until } from "../../test/e2e/harness/wait.ts";
import { Memory } from "../../test/playbook/memory.ts";
import { clearArena, makePlan, type PlanOptions } from "../../test/playbook/plan.ts";
import type { Address, Plan, ServerPlan } from "../config/plan.ts";
import { Context } from "../flow/context.ts";
import type { DatagramSession } from "../flow/datagramsession.ts";
import { Site } from "../flow/site.ts";
import { Arena } from "../memory/arena.ts";
import { listenerCell, serverCell, Tally, Totals, workerCell } from "../memory/tally.ts";
import { DatagramListeners } from "./datagram.ts";
import { connectionsMax } from "./descriptors.ts";
import { Driver } from "./driver.ts";

const arena = Arena.inMemory();
const atEnd: (() => void)[] = [];

beforeEach(() => clearArena(arena));
afterEach(() => {
  for (const end of atEnd.splice(0).reverse()) end();
});

async function server(name: string, port = 0, hostname = "127.0.0.1"): Promise<DatagramServer> {
  const one = await DatagramServer.start(name, port, hostname);
  atEnd.push(() => one.stop());
  return one;
}

async function client(port: number, host = "127.0.0.1"): Promise<DatagramClient> {
  const one = await DatagramClient.start(port, host);
  atEnd.push(() => one.stop());
  return one;
}

const local = (port: number, host = "127.0.0.1"): Address => ({ kind: "tcp", host, port });

/** A plan with a UDP listener before these servers. */
function planOf(address: Address, servers: readonly Partial<ServerPlan>[], options: PlanOptions = {}): Plan {
  const plan = makePlan({
    servers: servers.map((_, index) => `server${index}`),
    ...options,
    listener: { mode: "udp", udp: { requestsMax: 0, responsesMax: 0 }, address, ...options.listener },
  });
  const pool = plan.pools[0]!;
  return {
    ...plan,
    pools: [{ ...pool, servers: pool.servers.map((one, index) => ({ ...one, ...servers[index] })) }],
  };
}

/** One worker's UDP listeners with the plan in force, as src/worker.ts puts it there. */
class Worker {
  readonly context: Context;
  readonly listeners: DatagramListeners;
  readonly reports: DatagramSession[] = [];
  readonly warnings: string[] = [];
  readonly totals: Totals = new Totals(arena, 1);
  readonly #tally = new Tally(arena, 0);

  constructor(plan: Plan) {
    const driver = new Driver(
      (error) => {
        throw error;
      },
      (message) => this.warnings.push(message),
    );
    this.context = new Context(driver, this.#tally, this.#site(plan), () => {});
    this.listeners = new DatagramListeners(driver, this.context, this.totals, (session) => this.reports.push(session));
    this.listeners.open(plan.listeners);
    atEnd.push(() => {
      this.listeners.closeOthers([]);
      this.context.cut();
    });
  }

  adopt(plan: Plan): void {
    this.listeners.open(plan.listeners);
    this.context.adopt(this.#site(plan));
    this.listeners.closeOthers(plan.listeners);
  }

  #site(plan: Plan): Site {
    return new Site(plan, { arena, tally: this.#tally, workers: 1, random: Math.random, ...new Memory().parts }, null);
  }
}

test("answers go to the client that asked, from the address that it asked", async () => {
  const [one, two] = [await server("one"), await server("two")];
  const port = await freeDatagramPort();
  new Worker(planOf(local(port), [{ address: local(one.port) }, { address: local(two.port) }]));
  const clients = await Promise.all(Array.from({ length: 6 }, () => client(port)));
  // The clients' sockets are connected: nothing but answers from the listener's own address comes through.
  const answers = await Promise.all(clients.map((each, index) => each.ask(`${index}`)));
  expect(answers.map((answer) => answer.split(":")[1])).toEqual(["0", "1", "2", "3", "4", "5"]);
  expect(one.got.length).toBe(3);
  expect(two.got.length).toBe(3);
  const again = await Promise.all(clients.map((each, index) => each.ask(`${index}`)));
  expect(again).toEqual(answers);
});

test("the empty and the longest datagram pass both ways", async () => {
  const one = await server("one");
  one.answer = (text) => [text];
  const port = await freeDatagramPort();
  new Worker(planOf(local(port), [{ address: local(one.port) }]));
  const asking = await client(port);
  expect(await asking.ask("")).toBe("");
  const longest = "x".repeat(65_507);
  expect((await asking.ask(longest)) === longest).toBe(true);
});

test("a server without anybody listening is passed over, and counted as one that cannot be connected to", async () => {
  const dead = await freeDatagramPort();
  const one = await server("one");
  const port = await freeDatagramPort();
  const worker = new Worker(
    planOf(local(port), [{ address: local(dead) }, { address: local(one.port) }], { balance: { policy: "first" } }),
  );
  expect(await (await client(port)).ask("hello")).toBe("one:hello");
  expect(worker.totals.server(0, serverCell.connectFailures)).toBe(1);
  expect(worker.totals.consecutiveFailures(0)).toBe(1);
  expect(worker.totals.consecutiveFailures(1)).toBe(0);
});

test("a server that dies under a session ends it, and the client's next datagram goes elsewhere", async () => {
  const [one, two] = [await server("one"), await server("two")];
  const port = await freeDatagramPort();
  const worker = new Worker(
    planOf(local(port), [{ address: local(one.port) }, { address: local(two.port) }], { balance: { policy: "first" } }),
  );
  const asking = await client(port);
  expect(await asking.ask("a")).toBe("one:a");
  one.stop();
  asking.send("lost");
  await until("the session to end", () => worker.reports.length === 1);
  expect(worker.reports[0]!.fault?.code).toBe("server_reset");
  expect(await asking.ask("b")).toBe("two:b");
});

test("clients that are gone cost another one nothing", async () => {
  const one = await server("one");
  one.answer = (text) => [text];
  const port = await freeDatagramPort();
  new Worker(planOf(local(port), [{ address: local(one.port) }]));
  const stays = await client(port);
  await stays.ask("first");
  // An odd number: each error would take the place of the next answer, and those of an even number only each other's.
  const gone = await Promise.all(Array.from({ length: 21 }, () => client(port)));
  gone.forEach((each, index) => {
    each.send("gone");
    each.stop();
    stays.send(`${index}`);
  });
  await until("all answers", () => stays.got.length === 1 + gone.length);
});

test("a session's datagrams come from the source address that is set", async () => {
  const one = await server("one");
  const port = await freeDatagramPort();
  new Worker(planOf(local(port), [{ address: local(one.port), source: "127.0.0.3" }]));
  await (await client(port)).ask("hello");
  expect(one.got[0]!.address).toBe("127.0.0.3");
});

test("a source address that this machine does not have is the server's failure", async () => {
  const [one, two] = [await server("one"), await server("two")];
  const port = await freeDatagramPort();
  const worker = new Worker(
    planOf(local(port), [{ address: local(one.port), source: "192.0.2.1" }, { address: local(two.port) }], {
      balance: { policy: "first" },
    }),
  );
  expect(await (await client(port)).ask("hello")).toBe("two:hello");
  expect(worker.totals.server(0, serverCell.connectFailures)).toBe(1);
});

test.if(existsSync("/proc/net/if_inet6"))("all addresses are IPv4 and IPv6, and so may servers be", async () => {
  const [four, six] = [await server("four"), await server("six", 0, "::1")];
  const port = await freeDatagramPort();
  new Worker(planOf(local(port, "::"), [{ address: local(four.port) }, { address: local(six.port, "::1") }]));
  const answers = [await (await client(port)).ask("a"), await (await client(port, "::1")).ask("b")];
  expect(answers).toEqual(["four:a", "six:b"]);
});

test("sessions outlive their listener, and nobody else gets in", async () => {
  const one = await server("one");
  const port = await freeDatagramPort();
  const plan = planOf(local(port), [{ address: local(one.port) }]);
  const worker = new Worker(plan);
  const [stays, late] = [await client(port), await client(port)];
  await stays.ask("before");
  worker.adopt({ ...plan, generation: 2, listeners: [] });
  expect(await stays.ask("after")).toBe("one:after");
  late.send("anybody?");
  expect(await stays.ask("still")).toBe("one:still");
  expect(one.got.map(({ text }) => text)).toEqual(["before", "after", "still"]);
  // Only connected sockets are left: the port can be listened on again, and the session stays where it is.
  worker.adopt({ ...plan, generation: 3 });
  expect(await late.ask("hello")).toBe("one:hello");
  expect(await stays.ask("again")).toBe("one:again");
  expect(worker.totals.listener(0, listenerCell.accepted)).toBe(2);
});

test("a reload keeps the socket, and a plan that fails opens nothing", async () => {
  const one = await server("one");
  const [port, other] = [await freeDatagramPort(), await freeDatagramPort()];
  const plan = planOf(local(port), [{ address: local(one.port) }]);
  const worker = new Worker(plan);
  const asking = await client(port);
  await asking.ask("a");
  const [listener] = plan.listeners;
  const listeners = [
    listener!,
    { ...listener!, name: "b", slot: 1, address: local(other) },
    { ...listener!, name: "c", slot: 2, address: local(port, "192.0.2.1") },
  ];
  expect(() => worker.listeners.open(listeners)).toThrow();
  const free = await Bun.udpSocket({ hostname: "127.0.0.1", port: other });
  free.close();
  worker.adopt({ ...plan, generation: 2 });
  expect(await asking.ask("b")).toBe("one:b");
  expect(worker.totals.listener(0, listenerCell.accepted)).toBe(1);
});

test("two workers share a port, and a client stays with one of them", async () => {
  const one = await server("one");
  const port = await freeDatagramPort();
  const plan = planOf(local(port), [{ address: local(one.port) }]);
  const workers = [new Worker(plan), new Worker(plan)];
  const clients = await Promise.all(Array.from({ length: 32 }, () => client(port)));
  for (const round of ["a", "b", "c"])
    expect(
      (await Promise.all(clients.map((each) => each.ask(round)))).every((answer) => answer === `one:${round}`),
    ).toBe(true);
  const sessions = workers.map(({ context }) => context.downstreams.size);
  expect(sessions[0]! + sessions[1]!).toBe(32);
  expect(Math.min(...sessions)).toBeGreaterThan(0);
});

test("sessions have no more than half of the descriptors, and the operator is told", async () => {
  const one = await server("one");
  const port = await freeDatagramPort();
  const worker = new Worker(planOf(local(port), [{ address: local(one.port) }]));
  expect(await (await client(port)).ask("a")).toBe("one:a");
  const { tally } = worker.context;
  const half = Math.floor(connectionsMax() / 2);
  // Where there is no limit there is no half of it.
  if (!Number.isFinite(half)) return;
  const cell = tally.workerRow() + workerCell.datagramSessions;
  const connections = tally.workerRow() + workerCell.connections;
  tally.cells[cell] = half - 1;
  tally.cells[connections] = half - 1;
  expect(worker.listeners.hasRoom()).toBe(true);
  tally.cells[cell] = half;
  tally.cells[connections] = half;
  expect(worker.listeners.hasRoom()).toBe(false);
  expect(worker.warnings).toHaveLength(1);
  expect(worker.warnings[0]).toContain("holds as many UDP sessions as half of the files that it may open");
  tally.cells[cell] = 1;
  tally.cells[connections] = 1;
});

test("listeners of other modes are none of its business", async () => {
  const port = await freeDatagramPort();
  const plan = planOf(local(port), [{}]);
  new Worker({ ...plan, listeners: [{ ...plan.listeners[0]!, mode: "tcp" }] });
  const free = await Bun.udpSocket({ hostname: "127.0.0.1", port });
  free.close();
});
