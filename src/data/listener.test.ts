import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/e2e/harness/port.ts";
import { within } from "../../test/e2e/harness/wait.ts";
import { Memory } from "../../test/playbook/memory.ts";
import { clearArena, makePlan } from "../../test/playbook/plan.ts";
import { connect, End, endHandlers, settled } from "../../test/runtime/pair.ts";
import type { Address, ListenerPlan, Plan } from "../config/plan.ts";
import { Context } from "../flow/context.ts";
import type { Downstream } from "../flow/downstream.ts";
import { Site } from "../flow/site.ts";
import { Arena } from "../memory/arena.ts";
import { listenerCell, Tally, Totals } from "../memory/tally.ts";
import { Driver } from "./driver.ts";
import { Listeners } from "./listener.ts";

const arena = Arena.inMemory();
let folder: string;
let opened: Listeners[];

beforeEach(() => {
  clearArena(arena);
  for (let slot = 0; slot < 2; slot++)
    for (let worker = 0; worker < 2; worker++) {
      const row = new Tally(arena, worker).listenerRow(slot);
      arena.cells.fill(0, row, row + 64);
    }
  folder = mkdtempSync(join(tmpdir(), "sluice-listener-"));
  opened = [];
});
afterEach(() => {
  for (const listeners of opened) listeners.closeOthers([]);
  rmSync(folder, { recursive: true });
});

function planOf(listeners: readonly Partial<ListenerPlan>[]): Plan {
  const plan = makePlan();
  return { ...plan, listeners: listeners.map((listener) => ({ ...plan.listeners[0]!, ...listener })) };
}

const local = (port: number): Address => ({ kind: "tcp", host: "127.0.0.1", port });

/** One worker's listeners with the plan in force, as src/worker.ts puts it there. */
class Worker {
  readonly tally: Tally;
  readonly context: Context;
  readonly listeners: Listeners;

  constructor(plan: Plan, worker = 0) {
    const driver = new Driver((error) => {
      throw error;
    });
    this.tally = new Tally(arena, worker);
    this.context = new Context(driver, this.tally, this.#site(plan), () => {});
    this.listeners = new Listeners(driver, this.context, new Totals(arena, 2));
    opened.push(this.listeners);
    this.listeners.open(plan.listeners);
  }

  adopt(plan: Plan): void {
    this.listeners.open(plan.listeners);
    this.context.adopt(this.#site(plan));
    this.listeners.closeOthers(plan.listeners);
  }

  #site(plan: Plan): Site {
    return new Site(plan, { arena, tally: this.tally, workers: 2, random: Math.random, ...new Memory().parts }, null);
  }

  cell(slot: number, cell: number): number {
    return this.tally.cells[this.tally.listenerRow(slot) + cell]!;
  }

  get addresses(): string[] {
    return [...this.context.downstreams].map((one) => (one as Downstream).client.address);
  }
}

async function closedByOther(end: End): Promise<void> {
  await Promise.race([end.heard("end"), end.heard("close"), end.heard("close ECONNRESET")]);
}

test("a connection becomes a downstream with its client's address, and is counted until it ends", async () => {
  const port = freePort();
  const worker = new Worker(planOf([{ address: local(port) }]));
  const client = await connect(port);
  await settled();
  expect(worker.addresses).toEqual(["127.0.0.1"]);
  expect(worker.cell(0, listenerCell.connections)).toBe(1);
  client.socket.terminate();
  await settled();
  expect(worker.addresses).toEqual([]);
  expect(worker.cell(0, listenerCell.connections)).toBe(0);
  expect(worker.cell(0, listenerCell.accepted)).toBe(1);
});

test.if(existsSync("/proc/net/if_inet6"))(
  "an IPv4 client of an IPv6 listener has its IPv4 address, an IPv6 one its own",
  async () => {
    const port = freePort();
    const worker = new Worker(planOf([{ address: { kind: "tcp", host: "::", port } }]));
    const four = await connect(port);
    const six = new End();
    await Bun.connect<End>({ hostname: "::1", port, data: six, socket: endHandlers(() => six) });
    await settled();
    expect(worker.addresses.toSorted()).toEqual(["127.0.0.1", "::1"]);
    for (const end of [four, six]) end.socket.terminate();
    await settled();
  },
);

test("a client that has gone before it was accepted is never taken for one of a unix socket", async () => {
  const port = freePort();
  const worker = new Worker(planOf([{ address: local(port) }]));
  const client = `require("net").connect(${port}, "127.0.0.1", function () { this.resetAndDestroy(); process.exit(); })`;
  Bun.spawnSync([process.execPath, "-e", client]);
  await settled();
  expect(worker.addresses).toEqual([]);
  expect(worker.cell(0, listenerCell.accepted)).toBe(0);
});

test("connections above the limit, counted over all workers, are closed at once and counted", async () => {
  const port = freePort();
  const worker = new Worker(planOf([{ address: local(port), connectionsMax: 3 }]));
  // Another worker has one of the three.
  const other = new Tally(arena, 1);
  other.cells[other.listenerRow(0) + listenerCell.connections] = 1;
  const kept = [await connect(port), await connect(port)];
  await settled();
  const surplus = await connect(port);
  await closedByOther(surplus);
  expect(worker.cell(0, listenerCell.connections)).toBe(2);
  expect(worker.cell(0, listenerCell.refusedLimit)).toBe(1);
  expect(kept.flatMap(({ told }) => told)).toEqual(["open", "open"]);
  kept[0]!.socket.terminate();
  await settled();
  const next = await connect(port);
  await settled();
  expect(next.told).toEqual(["open"]);
  for (const end of [kept[1]!, next]) end.socket.terminate();
});

test("a listener stays over plans with its connections, one that is gone leaves its connections, a new one opens", async () => {
  const [stays, goes, comes] = [freePort(), freePort(), freePort()];
  const worker = new Worker(
    planOf([
      { address: local(stays), slot: 0 },
      { address: local(goes), slot: 1, name: "other" },
    ]),
  );
  const ends = [await connect(stays), await connect(goes)];
  await settled();
  worker.adopt(
    planOf([
      { address: local(stays), slot: 0 },
      { address: local(comes), slot: 1, name: "new" },
    ]),
  );
  ends.push(await connect(stays), await connect(comes));
  await settled();
  expect(connect(goes)).rejects.toThrow();
  await settled();
  expect(ends.map(({ told }) => told.filter((word) => word !== "drain"))).toEqual(Array(4).fill(["open"]));
  expect(worker.addresses).toHaveLength(4);
  for (const end of ends) end.socket.terminate();
  await settled();
});

test("a listener of another name at the same address counts for the new name", async () => {
  const port = freePort();
  const worker = new Worker(planOf([{ address: local(port), slot: 0 }]));
  worker.adopt(planOf([{ address: local(port), slot: 1, name: "renamed" }]));
  const client = await connect(port);
  await settled();
  expect(worker.cell(1, listenerCell.accepted)).toBe(1);
  client.socket.terminate();
});

test("a plan whose address cannot be had opens nothing and leaves what stood as it stood", async () => {
  const [port, free] = [freePort(), freePort()];
  const worker = new Worker(planOf([{ address: local(port), slot: 0 }]));
  const squatter = Bun.listen({ hostname: "127.0.0.1", port: 0, exclusive: true, socket: { data() {} } });
  const wanted = planOf([
    { address: local(port), slot: 1, name: "renamed" },
    { address: local(free), slot: 2, name: "free" },
    { address: local(squatter.port), slot: 3, name: "taken" },
  ]);
  expect(() => worker.adopt(wanted)).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
  squatter.stop(true);
  expect(connect(free)).rejects.toThrow();
  const client = await connect(port);
  await settled();
  expect(client.told).toEqual(["open"]);
  expect(worker.cell(0, listenerCell.accepted)).toBe(1);
  client.socket.terminate();
});

test("all workers listen on a TCP port", async () => {
  const port = freePort();
  const plan = planOf([{ address: local(port) }]);
  const first = new Worker(plan, 0);
  const second = new Worker(plan, 1);
  first.listeners.closeOthers([]);
  const client = await connect(port);
  await settled();
  expect(second.addresses).toEqual(["127.0.0.1"]);
  client.socket.terminate();
});

test("a unix socket is served by worker 0 alone, whoever left its file behind, and removed when it closes", async () => {
  const path = join(folder, "web.sock");
  const plan = planOf([{ address: { kind: "unix", path } }]);
  const second = new Worker(plan, 1);
  expect(existsSync(path)).toBe(false);
  // A socket file that nobody listens at: its process was killed.
  const left = `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } }); process.kill(process.pid, "SIGKILL");`;
  Bun.spawnSync([process.execPath, "-e", left]);
  expect(existsSync(path)).toBe(true);
  const first = new Worker(plan, 0);
  const end = new End();
  await within("a connection", Bun.connect<End>({ unix: path, data: end, socket: endHandlers(() => end) }));
  await settled();
  expect([first.addresses, second.addresses]).toEqual([["unix"], []]);
  end.socket.terminate();
  second.listeners.closeOthers([]);
  expect(existsSync(path)).toBe(true);
  first.listeners.closeOthers([]);
  expect(existsSync(path)).toBe(false);
});

test("a file that is no socket is not removed for one", () => {
  const path = join(folder, "important");
  writeFileSync(path, "data");
  expect(() => new Worker(planOf([{ address: { kind: "unix", path } }]))).toThrow();
  expect(existsSync(path)).toBe(true);
});
