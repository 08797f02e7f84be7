// A supervisor whose workers are only told about: what they were sent is looked at, and what they say is said by the test.

import { expect } from "bun:test";
import type { FromWorker, PlanFiles, ToWorker } from "../src/config/message.ts";
import type { Plan } from "../src/config/plan.ts";
import { openLog } from "../src/control/log.ts";
import { Supervisor, type SupervisorOptions } from "../src/control/supervisor.ts";
import type { Spawn, SpawnOrder, WorkerEvents } from "../src/control/workerprocess.ts";
import { Arena } from "../src/memory/arena.ts";
import { Totals } from "../src/memory/tally.ts";

export function plan(generation: number, ...orders: string[]): Plan {
  const pools = orders.map((name) => ({ name }));
  return { generation, pools, listeners: [], routes: [] } as unknown as Plan; // The supervisor reads nothing but the number.
}

export function program(path: string, egresses: PlanFiles["egresses"] = {}): PlanFiles {
  return { tables: {}, lists: {}, caches: {}, egresses, recorder: null, program: path, bans: null };
}

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

export class FakeWorker {
  readonly pid: number;
  readonly worker: number;
  readonly events: WorkerEvents;
  readonly heard: ToWorker[] = [];
  isAlive = true;

  constructor(pid: number, worker: number, events: WorkerEvents) {
    this.pid = pid;
    this.worker = worker;
    this.events = events;
  }
  send(message: ToWorker): void {
    this.heard.push(message);
  }
  kill(): void {
    this.die("signal SIGKILL");
  }
  die(reason: string): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.events.exited(reason);
  }
  say(message: FromWorker): void {
    this.events.told(message);
  }
  get generations(): number[] {
    return this.heard.flatMap((message) => (message.kind === "plan" ? [message.plan.generation] : []));
  }
}

export interface Stage {
  readonly supervisor: Supervisor;
  readonly fakes: FakeWorker[];
  readonly orders: SpawnOrder[];
  readonly lines: string[];
  readonly arena: Arena;
}

export function stage(workers: number, options: Partial<SupervisorOptions> = {}): Stage {
  const fakes: FakeWorker[] = [];
  const orders: SpawnOrder[] = [];
  const lines: string[] = [];
  const arena = Arena.inMemory();
  const spawn: Spawn = (start, events) => {
    const fake = new FakeWorker(100 + fakes.length, start.worker, events);
    fakes.push(fake);
    orders.push(start);
    return fake;
  };
  const log = openLog({ level: "debug", format: "json", isColored: false, write: (line) => lines.push(line) });
  const supervisor = new Supervisor({
    workers,
    arenaPath: "/nowhere",
    totals: new Totals(arena, workers),
    spawn,
    log,
    brake: { youngMs: 0, firstMs: 1, maximumMs: 1 },
    ...options,
  });
  return { supervisor, fakes, orders, lines, arena };
}

export async function started(workers: number, options: Partial<SupervisorOptions> = {}): Promise<Stage> {
  const set = stage(workers, options);
  const start = set.supervisor.start(plan(1));
  for (const fake of set.fakes) fake.say({ kind: "planned", generation: 1 });
  expect(await start).toBeNull();
  return set;
}
