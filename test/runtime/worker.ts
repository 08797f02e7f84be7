// One worker's listeners with the plan in force, without a process: for what comes between accept and the first flow. And a client
// that speaks no TLS by itself.

import { connect as connectNet, type Socket } from "node:net";
import type { Plan } from "../../src/config/plan.ts";
import { Driver } from "../../src/data/driver.ts";
import { Listeners } from "../../src/data/listener.ts";
import { Context } from "../../src/flow/context.ts";
import { Downstream } from "../../src/flow/downstream.ts";
import type { Client } from "../../src/flow/port.ts";
import { Site } from "../../src/flow/site.ts";
import type { Arena } from "../../src/memory/arena.ts";
import { Tally, Totals } from "../../src/memory/tally.ts";
import { until } from "../e2e/harness/wait.ts";
import type { Memory } from "../playbook/memory.ts";

/** One worker's listeners with the plan in force, as src/worker.ts puts it there. */
export class Worker {
  readonly #arena: Arena;
  readonly #memory: Memory;
  readonly warnings: string[] = [];
  readonly failures: Error[] = [];
  /** Fault and rule of each carried connection that has ended. */
  readonly streams: string[] = [];
  readonly driver: Driver = new Driver(
    (error) => this.failures.push(error),
    (message) => this.warnings.push(message),
  );
  readonly tally: Tally;
  readonly context: Context;
  readonly listeners: Listeners;

  constructor(plan: Plan, arena: Arena, memory: Memory) {
    this.#arena = arena;
    this.#memory = memory;
    this.tally = new Tally(arena, 0);
    this.driver.terms.adopt(plan);
    this.context = new Context(
      this.driver,
      this.tally,
      this.#site(plan),
      () => {},
      ({ fault, rule }) => this.streams.push(`${fault?.code ?? "ended"} ${rule}`),
    );
    this.listeners = new Listeners(this.driver, this.context, new Totals(arena, 1));
    this.listeners.open(plan.listeners);
  }

  adopt(plan: Plan): void {
    this.driver.terms.adopt(plan);
    this.listeners.open(plan.listeners);
    this.context.adopt(this.#site(plan));
  }

  #site(plan: Plan): Site {
    return new Site(
      plan,
      { arena: this.#arena, tally: this.tally, workers: 1, random: Math.random, ...this.#memory.parts },
      null,
    );
  }

  cell(cell: number): number {
    return this.tally.cells[this.tally.listenerRow(0) + cell]!;
  }

  get clients(): Client[] {
    return [...this.context.downstreams].filter((one) => one instanceof Downstream).map(({ client }) => client);
  }

  async client(): Promise<Client> {
    return until("a client to be known", () => this.clients.at(-1));
  }
}

export interface PlainClient {
  readonly socket: Socket;
  /** What it has been told. */
  readonly text: () => string;
  readonly isClosed: () => boolean;
}

export async function plainClient(port: number): Promise<PlainClient> {
  const socket = connectNet({ port, host: "127.0.0.1" });
  let text = "";
  let isClosed = false;
  socket.on("data", (bytes) => {
    text += bytes.toString();
  });
  socket.on("close", () => {
    isClosed = true;
  });
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return { socket, text: () => text, isClosed: () => isClosed };
}
