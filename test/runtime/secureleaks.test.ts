// The same as leaks.test.ts for connections over TLS: however they end, before, in or after the handshake, no descriptor and no
// object stays. Both sides are ours: the dialer's and the one of listeners.

import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import type { TCPSocketListener } from "bun";
import type { ServerPlan, ServerTlsPlan } from "../../src/config/plan.ts";
import { Driver } from "../../src/data/driver.ts";
import { PlainLine, plainHandlers } from "../../src/data/plain.ts";
import { SecureLine, secureHandlers, upgrade } from "../../src/data/secure/line.ts";
import { Records } from "../../src/data/secure/records.ts";
import { until, within } from "../e2e/harness/wait.ts";
import { RecordingFlow } from "./flow.ts";
import { tooMuch } from "./pair.ts";
import { materials, nativeContext } from "./secure.ts";
import { makeTlsPlan, pemId, serverTls } from "./tls.ts";

const connections = 2000;
const atOnce = 50;
/** Descriptors are counted where Linux lists them. */
const testHere = existsSync("/proc/self/fd") ? test : test.skip;

const descriptors = (): number => readdirSync("/proc/self/fd").length;

function socketObjects(): number {
  Bun.gc(true);
  const { TCPSocket = 0, TLSSocket = 0 } = heapStats().objectTypeCounts;
  return TCPSocket + TLSSocket;
}

/** Our dialer's connections to sockets of ours. */
class Meetings implements Disposable {
  readonly driver: Driver = new Driver((error) => {
    throw error;
  });
  readonly #listener: TCPSocketListener<PlainLine>;
  #accepted: (flow: RecordingFlow) => void = () => {};

  constructor() {
    const options = {
      secureContext: nativeContext(materials().server),
      isServer: true,
      rejectUnauthorized: false,
    };
    const inner = secureHandlers(
      this.driver,
      {
        opened: (socket) => {
          const { records } = socket.data as unknown as { records: Records };
          socket.data = new SecureLine(socket, this.driver, records, null);
        },
        shaken: (line, isDone) => {
          if (!isDone) return;
          const flow = new RecordingFlow();
          line.flow = flow;
          // Nobody asks after those whose client has refused us.
          flow.doing = (word) => word === "ended" && line.destroy();
          flow.connected(line);
          this.#accepted(flow);
        },
      },
      true,
    );
    const handlers = plainHandlers(this.driver, (socket) => {
      const line = new PlainLine(socket, this.driver);
      const records = new Records(this.driver);
      socket.data = line;
      line.flow = records;
      upgrade(socket, options, inner, { records });
    });
    this.#listener = Bun.listen<PlainLine>({ hostname: "127.0.0.1", port: 0, allowHalfOpen: true, socket: handlers });
  }

  /** Where to dial. */
  server(tls: Partial<ServerTlsPlan> = {}): ServerPlan {
    const ca = materials().authority.cert;
    const plan = makeTlsPlan([], { server: { tls: { ...serverTls, ca: pemId(ca), ...tls } } }, [ca]);
    this.driver.terms.adopt(plan);
    return { ...plan.pools[0]!.servers[0]!, address: { kind: "tcp", host: "127.0.0.1", port: this.#listener.port } };
  }

  async meet(server: ServerPlan): Promise<[client: RecordingFlow, server: RecordingFlow]> {
    const client = new RecordingFlow();
    const accepted = new Promise<RecordingFlow>((resolve) => {
      this.#accepted = resolve;
    });
    this.driver.dial(server, client, 10_000, null);
    await client.heard("connected");
    return [client, await within("the other side", accepted)];
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }
}

type Play = (client: RecordingFlow, server: RecordingFlow) => Promise<void>;

const closes = "the client closes";
const ways: Record<string, Play> = {
  [closes]: async (client, server) => {
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
  "the server destroys, and the client keeps its side for a while": async (client, server) => {
    server.line.destroy();
    await client.heard("ended");
    client.line.end();
    await client.heard("closed");
  },
  "a slow reader is reset": async (client, server) => {
    client.line.pause();
    server.line.send(tooMuch, 0, 1 << 20);
    server.line.reset();
    client.line.resume();
    await client.heard("closed by reset");
  },
};

async function leavesNothing(rounds: number, round: () => Promise<void>): Promise<void> {
  for (let warm = 0; warm < 3; warm++) await round();
  const [filesBefore, objectsBefore] = [descriptors(), socketObjects()];
  for (let done = 0; done < rounds; done++) await round();
  await until("descriptors to be closed", () => descriptors() <= filesBefore);
  await until("sockets to be collected", () => socketObjects() <= objectsBefore + atOnce);
}

/** The runtime is given a connection while it is under way, and upgrades it once it stands: how it ends makes no difference to that. */
const given = [`${closes}, from an address of ours`, ways[closes]!, "127.0.0.9"] as const;

for (const [name, play, source] of [...Object.entries(ways).map(([name, play]) => [name, play, ""] as const), given]) {
  testHere(
    `${connections} connections over TLS leave nothing behind when ${name}`,
    async () => {
      using meetings = new Meetings();
      const server = { ...meetings.server(), source };
      await leavesNothing(connections / atOnce, async () => {
        const plays: Promise<void>[] = [];
        for (let count = 0; count < atOnce; count++) plays.push(play(...(await meetings.meet(server))));
        await Promise.all(plays);
      });
      expect(meetings.driver.wheel.size).toBe(0);
    },
    60_000,
  );
}

testHere(
  `${connections} handshakes that are refused leave nothing behind`,
  async () => {
    using meetings = new Meetings();
    const servers = [meetings.server({ serverName: "b.test" }), meetings.server({ ca: null })];
    await leavesNothing(connections / atOnce, async () => {
      const flows = Array.from({ length: atOnce }, () => new RecordingFlow());
      for (const [index, flow] of flows.entries()) meetings.driver.dial(servers[index % 2]!, flow, 10_000, null);
      await Promise.all(flows.map((flow) => flow.heard("refused tls_refused")));
    });
    expect(meetings.driver.wheel.size).toBe(0);
  },
  60_000,
);
