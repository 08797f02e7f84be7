// A reader that is slower than its writer costs bounded memory: what lies between them is what the kernel holds, and one read
// of ours. The relay here is the smallest that obeys the port's words; a runtime that buffers behind our back fails it.

import { expect, test } from "bun:test";
import { Driver } from "../../src/data/driver.ts";
import { PlainLine, plainHandlers } from "../../src/data/plain.ts";
import type { DialFlow, Line, LineFlow } from "../../src/flow/port.ts";
import { localServer } from "./flow.ts";
import { connect, Door, tooMuch } from "./pair.ts";

const bodyBytes = 12 * tooMuch.length;
const growthBytesMax = 64 * 1024 * 1024;
/** That the reader lets pass between two reads. */
const idleTurns = 6;
const collectEveryBytes = 8 * 1024 * 1024;
/** The most that the runtime tells in one `data`. */
const readBytesMax = 512 * 1024;

/** Passes on what comes from one side, and reads no more while the other holds any of it. */
class Relay implements DialFlow {
  readonly #source: Line;
  #target: Line | null = null;
  heldBytesMax = 0;

  constructor(source: PlainLine) {
    this.#source = source;
    source.pause();
    source.flow = {
      received: (bytes) => this.#pass(bytes),
      drained() {},
      ended: () => this.#target!.end(),
      closed() {},
    } satisfies LineFlow;
  }

  connected(target: Line): void {
    this.#target = target;
    this.#source.resume();
  }

  drained(): void {
    this.#source.resume();
  }

  ended(): void {
    this.#source.end();
  }

  refused(): void {}
  received(): void {}
  closed(): void {}

  #pass(bytes: Uint8Array): void {
    if (!this.#target!.send(bytes, 0, bytes.length)) this.#source.pause();
    this.heldBytesMax = Math.max(this.heldBytesMax, this.#target!.heldBytes);
  }
}

function afterTurns(count: number, call: () => void): void {
  setImmediate(() => (count > 1 ? afterTurns(count - 1, call) : call()));
}

test("a large body to a slow reader arrives whole and costs bounded memory", async () => {
  const driver = new Driver((error) => {
    throw error;
  });
  let relay: Relay | null = null;
  let readBytes = 0;
  let uncollectedBytes = 0;
  // A read, then some turns of the loop without one: the relay takes one in each or every other. What the reader itself throws away
  // is not to be measured.
  using sink = new Door((end) => {
    end.onData = () => {
      const size = end.chunks.splice(0).reduce((sum, { length }) => sum + length, 0);
      readBytes += size;
      if ((uncollectedBytes += size) > collectEveryBytes) {
        uncollectedBytes = 0;
        Bun.gc(true);
      }
      end.socket.pause();
      afterTurns(idleTurns, () => end.socket.resume());
    };
  });
  const handlers = plainHandlers(driver, (socket) => {
    const line = new PlainLine(socket, driver);
    socket.data = line;
    relay = new Relay(line);
    driver.dial(localServer(sink.port), relay, 10_000, null);
  });
  const options = { hostname: "127.0.0.1", port: 0, allowHalfOpen: true, socket: handlers };
  const listener = Bun.listen<PlainLine>(options);
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  let peak = before;

  const source = await connect(listener.port);
  let sent = 0;
  while (sent < bodyBytes) {
    sent += source.socket.write(tooMuch, 0, Math.min(tooMuch.length, bodyBytes - sent));
    peak = Math.max(peak, process.memoryUsage.rss());
    await new Promise((resolve) => setImmediate(resolve));
  }
  source.socket.shutdown();
  const reader = await sink.end();
  await reader.heard("end");
  listener.stop(true);
  source.socket.terminate();

  readBytes += reader.chunks.reduce((sum, { length }) => sum + length, 0);
  expect(readBytes).toBe(bodyBytes);
  expect(relay!.heldBytesMax).toBeGreaterThan(0);
  // A read that was under way when the line was paused may still come.
  expect(relay!.heldBytesMax).toBeLessThanOrEqual(2 * readBytesMax);
  expect(peak - before).toBeLessThan(growthBytesMax);
}, 30_000);
