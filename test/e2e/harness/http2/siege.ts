// A Sluice with one worker under attack by clients of HTTP/2: while it goes on, a client that has nothing to do with it asks again and
// again, and the worker's memory is looked at. Its servers: one that answers at once, or at /held when it is released; one with 32 MB at
// /large; one that never reads at /deaf. Waiting times are short. With SIEGE in the environment what each attack has cost is told.

import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { Http2Client, type Manners } from "../http2client.ts";
import { Origin, ok } from "../origin.ts";
import { freePort } from "../port.ts";
import { peakBytes, residentBytes } from "../processes.ts";
import { Room } from "../room.ts";
import { Server } from "../server.ts";
import { Sluice } from "../sluice.ts";
import { until } from "../wait.ts";

const mb = 1 << 20;
const pauseMs = 5;
/** What the other client asks before the attack begins. */
export const asksBefore = 20;
/** What garbage may add until it is collected, whatever happens. */
const grownBytesMax = 64 * mb;
/** For others, who share two cores with the attack and with all other tests. */
const slowestMsMax = 2000;

export class Siege implements AsyncDisposable {
  readonly room: Room = new Room();
  readonly port: number = freePort();
  readonly origin: Origin;
  readonly deaf: Server;
  readonly #large: string;
  readonly #waiting: (() => void)[] = [];
  #sluice: Sluice | null = null;

  private constructor() {
    const { room } = this;
    this.origin = new Origin(room, async ({ target }) => {
      if (target === "/held") await new Promise<void>((resolve) => this.#waiting.push(resolve));
      return ok("ok");
    });
    this.deaf = new Server(room, { greet: ({ socket }) => void socket.pause() });
    const file = room.write("large", new Uint8Array(32 * mb));
    const fetch = (): Response => new Response(Bun.file(file));
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 60, fetch });
    room.ending(() => server.stop(true));
    this.#large = `127.0.0.1:${server.port}`;
  }

  static async begin(): Promise<Siege> {
    const siege = new Siege();
    const rules = ["large", "deaf"].map((name) => ({ if: `path == '/${name}'`, use: name }));
    siege.#sluice = await Sluice.start(siege.room, {
      listeners: { web: { listen: `127.0.0.1:${siege.port}`, use: "app", rules } },
      pools: {
        app: { servers: [siege.origin.address] },
        large: { servers: [siege.#large] },
        deaf: { servers: [siege.deaf.address] },
      },
      timeouts: { head: "700ms", idle: "1s", read: "1s", linger: "100ms" },
    });
    return siege;
  }

  get sluice(): Sluice {
    return this.#sluice!;
  }

  connect(manners: Manners = {}): Promise<Http2Client> {
    return Http2Client.connect(this.room, this.port, manners);
  }

  /** Requests for /large that are under way. */
  async large(): Promise<number> {
    return (await this.sluice.server(this.#large)).active;
  }

  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Answers with how often the other client was answered. What it costs others must be within the bounds. */
  async lay(attack: () => Promise<void>): Promise<number> {
    const [pid] = await this.sluice.workers();
    for (let count = 0; count < asksBefore; count++) await this.#ask();
    // The highest mark is set back to what there is now.
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
    const before = residentBytes(pid!);
    let isOver = false;
    const over = attack().finally(() => {
      isOver = true;
    });
    // Who asks meanwhile may fail first.
    over.catch(() => {});
    let [slowestMs, answered] = [0, 0];
    do {
      const sinceMs = performance.now();
      expect(await this.#ask()).toBe("200");
      slowestMs = Math.max(slowestMs, performance.now() - sinceMs);
      answered++;
      await Bun.sleep(pauseMs);
    } while (!isOver);
    await over;
    const grown = peakBytes(pid!) - before;
    if (process.env["SIEGE"] !== undefined) console.log(`    ${Math.round(grown / mb)} MB, ${slowestMs.toFixed(0)} ms`);
    expect(grown).toBeLessThan(grownBytesMax);
    expect(slowestMs).toBeLessThan(slowestMsMax);
    return answered;
  }

  /** All requests are over. */
  async calmed(): Promise<void> {
    this.release();
    await until("all requests to be over", async () =>
      (await this.sluice.status()).pools.every(({ servers }) => servers.every(({ active }) => active === 0)),
    );
  }

  async #ask(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}/`).catch((error: Error) => error);
    if (response instanceof Error) return response.message;
    await response.bytes();
    return String(response.status);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.room[Symbol.asyncDispose]();
  }
}
