// Sockets that end, in whichever way, leave no descriptor and no object behind: regressions of that kind have shipped in
// releases of the runtime before. Our own listening and dialing sockets are used, so that a leak of src/data shows as well.

import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import type { TCPSocketListener } from "bun";
import { Driver } from "../../src/data/driver.ts";
import { PlainLine, plainHandlers } from "../../src/data/plain.ts";
import { freePort } from "../e2e/harness/port.ts";
import { until } from "../e2e/harness/wait.ts";
import { localServer, RecordingFlow, serverAt } from "./flow.ts";
import { settled } from "./pair.ts";
import { StuckListener } from "./stuck.ts";

const connections = 2000;
const atOnce = 50;
/** Descriptors are counted where Linux lists them. */
const testHere = existsSync("/proc/self/fd") ? test : test.skip;

function failed(error: Error): void {
  throw error;
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

function socketObjects(): number {
  Bun.gc(true);
  return heapStats().objectTypeCounts["TCPSocket"] ?? 0;
}

type Play = (client: RecordingFlow, server: RecordingFlow) => Promise<void>;

/** What the two sides of each connection do; it is over when both are closed. */
const ways: Record<string, Play> = {
  "the client closes": async (client, server) => {
    server.doing = (word) => word === "ended" && server.line.destroy();
    client.line.destroy();
    await server.heard("ended");
  },
  "the client resets": async (client, server) => {
    client.line.reset();
    await server.heard("closed by reset");
  },
  "the client half-closes and the server answers": async (client, server) => {
    server.doing = (word) => {
      if (word !== "ended") return;
      server.line.send(new Uint8Array(100), 0, 100);
      server.line.end();
    };
    client.line.end();
    await Promise.all([client.heardBytes(100), client.heard("closed"), server.heard("closed")]);
  },
  "the server destroys": async (client, server) => {
    client.doing = (word) => word === "ended" && client.line.end();
    server.line.destroy();
    await client.heard("closed");
  },
  "the server destroys what it has not read": async (client, server) => {
    server.line.pause();
    client.line.send(new Uint8Array(100), 0, 100);
    server.line.destroy();
    await client.heard("closed by reset");
  },
  "a handler of the server fails": async (client, server) => {
    server.doing = (word) => {
      if (word === "received") throw new Error("expected");
    };
    client.line.send(new Uint8Array(1), 0, 1);
    await client.heard("closed by reset");
  },
};

/** Connections of our own dialer to a socket of our own, each with the flows of both sides. */
class Meetings implements Disposable {
  readonly #driver: Driver;
  readonly #listener: TCPSocketListener<PlainLine>;
  #accepted: (flow: RecordingFlow) => void = () => {};

  constructor(driver: Driver) {
    this.#driver = driver;
    const handlers = plainHandlers(driver, (socket) => {
      const line = new PlainLine(socket, driver);
      const flow = new RecordingFlow();
      socket.data = line;
      line.flow = flow;
      flow.connected(line);
      this.#accepted(flow);
    });
    const options = { hostname: "127.0.0.1", port: 0, allowHalfOpen: true, socket: handlers };
    this.#listener = Bun.listen<PlainLine>(options);
  }

  async meet(source: string): Promise<[client: RecordingFlow, server: RecordingFlow]> {
    const client = new RecordingFlow();
    const accepted = new Promise<RecordingFlow>((resolve) => {
      this.#accepted = resolve;
    });
    this.#driver.dial({ ...localServer(this.#listener.port), source }, client, 10_000, null);
    await client.heard("connected");
    return [client, await accepted];
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }
}

/** Runs `round` for a few connections, then for all, and waits until what the few have left is all that there is. */
async function leavesNothing(round: () => Promise<void>): Promise<void> {
  await round();
  await round();
  const [filesBefore, objectsBefore] = [descriptors(), socketObjects()];
  for (let done = 0; done < connections; done += atOnce) await round();
  await until("descriptors to be closed", () => descriptors() <= filesBefore);
  await until("sockets to be collected", () => socketObjects() <= objectsBefore + atOnce);
}

for (const [name, play, source] of Object.entries(ways).flatMap(([name, play]) => [
  [name, play, ""] as const,
  [`${name}, from an address of ours`, play, "127.0.0.9"] as const,
])) {
  testHere(
    `${connections} connections leave nothing behind when ${name}`,
    async () => {
      const driver = new Driver((error) => {
        if (error.message !== "expected") throw error;
      });
      using meetings = new Meetings(driver);
      await leavesNothing(async () => {
        const plays: Promise<void>[] = [];
        for (let count = 0; count < atOnce; count++) plays.push(play(...(await meetings.meet(source))));
        await Promise.all(plays);
      });
      expect(driver.wheel.size).toBe(0);
    },
    60_000,
  );
}

/** From an address of ours, which the runtime is given while it connects; and how each of them fails. */
const failing: readonly [name: string, host: string, port: number, source: string, told: string][] = [
  ["refused", "127.0.0.1", freePort(), "127.0.0.9", "refused connect_refused"],
  ["from an address that is not here", "127.0.0.1", freePort(), "192.0.2.1", "refused source_unusable"],
  ["to where nothing leads", "192.0.2.1", 80, "127.0.0.9", "refused source_unusable"],
];
for (const [name, host, port, source, told] of failing) {
  testHere(
    `${connections} dials ${name} leave nothing behind`,
    async () => {
      const driver = new Driver(failed);
      const server = { ...serverAt({ kind: "tcp", host, port }), source };
      await leavesNothing(async () => {
        const flows = Array.from({ length: atOnce }, () => new RecordingFlow());
        for (const flow of flows) driver.dial(server, flow, 10_000, null);
        await Promise.all(flows.map((flow) => flow.heard(told)));
      });
      expect(driver.wheel.size).toBe(0);
    },
    60_000,
  );
}

testHere(
  `${connections} dials from an address of ours that time out leave nothing behind`,
  async () => {
    const driver = new Driver(failed);
    await using stuck = await StuckListener.start();
    const server = { ...localServer(stuck.port), source: "127.0.0.9" };
    let aheadMs = 0;
    await leavesNothing(async () => {
      const flows = Array.from({ length: atOnce }, () => new RecordingFlow());
      for (const flow of flows) driver.dial(server, flow, 100, null);
      driver.refresh();
      driver.wheel.advance(driver.nowMs + (aheadMs += 1000));
      for (const flow of flows) expect(flow.told).toEqual(["refused connect_timeout"]);
      await settled();
    });
    expect(driver.wheel.size).toBe(0);
  },
  60_000,
);

testHere(
  `${connections} refused dials leave nothing behind`,
  async () => {
    const driver = new Driver(failed);
    const port = freePort();
    await leavesNothing(async () => {
      const flows = Array.from({ length: atOnce }, () => new RecordingFlow());
      for (const flow of flows) driver.dial(localServer(port), flow, 10_000, null);
      await Promise.all(flows.map((flow) => flow.heard("refused connect_refused")));
    });
    expect(driver.wheel.size).toBe(0);
  },
  60_000,
);

testHere(
  `${connections} dials that time out are answered once, and leave nothing once the system gives them up`,
  async () => {
    const [filesBefore, objectsBefore] = [descriptors(), socketObjects()];
    const driver = new Driver(failed);
    const flows = Array.from({ length: connections }, () => new RecordingFlow());
    {
      await using stuck = await StuckListener.start();
      for (const flow of flows) driver.dial(localServer(stuck.port), flow, 100, null);
      driver.refresh();
      driver.wheel.advance(driver.nowMs + 1000);
      for (const flow of flows) expect(flow.told).toEqual(["refused connect_timeout"]);
      expect(driver.wheel.size).toBe(0);
      expect(descriptors()).toBeGreaterThanOrEqual(filesBefore + connections);
    }
    await until("descriptors to be closed", () => descriptors() <= filesBefore, 30_000);
    await until("sockets to be collected", () => socketObjects() <= objectsBefore + atOnce);
    for (const flow of flows) expect(flow.told).toEqual(["refused connect_timeout"]);
  },
  60_000,
);
