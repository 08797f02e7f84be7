import { expect, test } from "bun:test";
import type { Socket, TCPSocketListener } from "bun";
import { RecordingFlow } from "../../test/runtime/flow.ts";
import { type Meetings, testLines } from "../../test/runtime/lines.ts";
import { connect, type End, settled } from "../../test/runtime/pair.ts";
import { Driver } from "./driver.ts";
import { PlainLine, plainHandlers } from "./plain.ts";

class PlainMeetings implements Meetings {
  failures: Error[] = [];
  readonly #listener: TCPSocketListener<PlainLine>;
  readonly #accepted: RecordingFlow[] = [];

  constructor() {
    const driver = new Driver((error) => this.failures.push(error));
    const handlers = plainHandlers(driver, (socket) => {
      const line = new PlainLine(socket, driver);
      const flow = new RecordingFlow();
      socket.data = line;
      line.flow = flow;
      this.#accepted.push(flow);
      flow.connected(line);
    });
    const options = { hostname: "127.0.0.1", port: 0, allowHalfOpen: true, socket: handlers };
    this.#listener = Bun.listen<PlainLine>(options);
  }

  async meet(): Promise<[flow: RecordingFlow, peer: End]> {
    const peer = await connect(this.#listener.port);
    await settled();
    return [this.#accepted.at(-1)!, peer];
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }
}

testLines("a plain line", () => new PlainMeetings());

/** Notes what is asked of it. */
function noting(): { readonly asked: string[]; readonly line: PlainLine } {
  const asked: string[] = [];
  const note = (what: string) => (): void => void asked.push(what);
  const socket = { shutdown: note("shutdown"), close: note("close"), terminate: note("terminate") };
  const driver = new Driver(() => {});
  const line = new PlainLine(socket as unknown as Socket<PlainLine>, driver); // All that a line without bytes asks of a socket.
  line.flow = new RecordingFlow();
  return { asked, line };
}

const told = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test("a FIN waits until all is told that came with its reason, and is said once", async () => {
  const { asked, line } = noting();
  line.end();
  line.end();
  expect(asked).toEqual([]);
  await told();
  expect(asked).toEqual(["shutdown"]);
});

test("a line that is closed in between sends its FIN by closing", async () => {
  const [closed, reset] = [noting(), noting()];
  closed.line.end();
  closed.line.destroy();
  reset.line.end();
  reset.line.reset();
  await told();
  expect(closed.asked).toEqual(["close"]);
  expect(reset.asked).toEqual(["terminate"]);
});

/** A socket whose kernel takes so many bytes in all; what it has taken. */
function taking(room: number): {
  readonly asked: string[];
  readonly line: PlainLine;
  readonly driver: Driver;
  more(bytes: number): void;
} {
  const asked: string[] = [];
  const note = (what: string) => (): void => void asked.push(what);
  const socket = {
    ...{ shutdown: note("shutdown"), close: note("close"), terminate: note("terminate") },
    write(bytes: Uint8Array, start: number, size: number): number {
      const taken = Math.min(size, room);
      room -= taken;
      asked.push(Buffer.from(bytes.subarray(start, start + taken)).toString("latin1"));
      return taken;
    },
  };
  const driver = new Driver(() => {});
  const line = new PlainLine(socket as unknown as Socket<PlainLine>, driver); // All that a line asks of a socket here.
  line.flow = new RecordingFlow();
  const more = (bytes: number): void => {
    room += bytes;
  };
  return { asked, line, driver, more };
}

const say = (line: PlainLine, text: string): boolean => line.send(Buffer.from(text), 0, text.length);

test("small pieces are one write at the end of the turn; a FIN comes behind them", async () => {
  const { asked, line } = taking(100);
  expect([say(line, "head "), say(line, "body")]).toEqual([true, true]);
  expect(line.offer(Buffer.from(" tail"), 0, 5)).toBe(5);
  line.end();
  expect(asked).toEqual([]);
  await told();
  expect(asked).toEqual(["head body tail", "shutdown"]);
});

test("what is longer comes behind what waits", () => {
  const { asked, line } = taking(10_000);
  say(line, "head ");
  say(line, "b".repeat(5000));
  expect(asked.map((each) => each.length)).toEqual([5, 5000]);
});

test("whoever asks what is held has it written first", () => {
  const { asked, line } = taking(4);
  expect(say(line, "abcdef")).toBe(true);
  expect(line.isHolding).toBe(false);
  expect(line.heldBytes).toBe(2);
  expect(line.isHolding).toBe(true);
  expect(asked).toEqual(["abcd"]);
  expect(say(line, "g")).toBe(false);
  expect(line.heldBytes).toBe(3);
});

test("what is not taken when the turn ends is held, and what was kept behind it stays behind it", async () => {
  const { asked, line, driver, more } = taking(4);
  const other = taking(10);
  say(line, "abcdef");
  driver.outbox.flush();
  expect(line.heldBytes).toBe(2);
  expect(say(line, "gh")).toBe(false);
  line.end();
  await told();
  expect(asked).toEqual(["abcd"]);
  more(10);
  expect(line.flush()).toBe(true);
  expect(asked).toEqual(["abcd", "efgh", "shutdown"]);
  expect(other.asked).toEqual([]);
});

test("a line that is closed has said all before, and is reset where that is not taken", () => {
  const [all, some, reset] = [taking(10), taking(2), taking(10)];
  for (const { line } of [all, some, reset]) say(line, "abc");
  all.line.destroy();
  some.line.destroy();
  reset.line.reset();
  expect(all.asked).toEqual(["abc", "close"]);
  expect(some.asked).toEqual(["ab", "terminate"]);
  expect(reset.asked).toEqual(["abc", "terminate"]);
});

test("where the outbox is full and what has waited is not taken whole, the next bytes are held behind it", () => {
  const { asked, line, driver } = taking(4);
  const other = taking(10_000);
  say(line, "abcdef");
  while (driver.outbox.keep(other.line, new Uint8Array(4096), 0, 4096, 0));
  // That has written all that waited.
  expect(line.isHolding).toBe(true);
  expect(say(line, "gh")).toBe(false);
  expect([asked, line.heldBytes]).toEqual([["abcd"], 4]);
});

test("bytes that find the outbox full are written at once, behind their own", () => {
  const { asked, line, driver } = taking(4);
  const other = taking(1_000_000);
  say(line, "abcdef");
  for (let count = 0; count < 15; count++) driver.outbox.keep(other.line, new Uint8Array(4096), 0, 4096, 0);
  expect(asked).toEqual([]);
  expect(line.send(new Uint8Array(4096), 0, 4096)).toBe(false);
  expect([asked, line.heldBytes]).toEqual([["abcd"], 2 + 4096]);
});

test("what is held for a peer that is gone is taken back at once, whichever way the line ends", () => {
  const ends: readonly ((line: PlainLine) => void)[] = [
    (line) => line.reset(),
    (line) => line.destroy(),
    (line) => line.drop(),
    (line) => line.release(),
    (line) => line.flush(),
  ];
  for (const end of ends) {
    const seen: Uint8Array[] = [];
    let answer = 0;
    const socket = {
      ...{ close() {}, shutdown() {}, terminate() {} },
      write(bytes: Uint8Array): number {
        seen.push(bytes);
        return answer;
      },
    };
    const line = new PlainLine(socket as unknown as Socket<PlainLine>, new Driver(() => {})); // All that a line asks of a socket here.
    line.flow = new RecordingFlow();
    const bytes = new Uint8Array(300_000).fill(7);
    expect(line.send(bytes, 0, bytes.length)).toBe(false);
    // Told of room, it shows the bytes that it holds.
    expect(line.flush()).toBe(false);
    const held = seen.at(-1)!;
    expect([held === bytes, held.length, line.heldBytes]).toEqual([false, 300_000, 300_000]);
    answer = -1;
    end(line);
    expect([held.length, bytes.length, line.heldBytes, line.isHolding]).toEqual([0, 300_000, 0, false]);
  }
});

test("after a large read a line is not read again in the same turn, whatever its flow says, and then unless its flow has paused it", async () => {
  const asked: string[] = [];
  const note = (what: string) => (): void => void asked.push(what);
  const driver = new Driver(() => {});
  const fake = { pause: note("pause"), resume: note("resume"), data: null as PlainLine | null };
  const socket = fake as unknown as Socket<PlainLine>; // All that reading asks of a socket.
  const line = new PlainLine(socket, driver);
  line.flow = new RecordingFlow();
  fake.data = line;
  const read = plainHandlers(driver, () => {}).data as unknown as (from: Socket<PlainLine>, bytes: Uint8Array) => void;
  read(socket, new Uint8Array(256 * 1024 - 1));
  expect(asked).toEqual([]);
  read(socket, new Uint8Array(256 * 1024));
  line.pause();
  line.resume();
  expect(asked).toEqual(["pause"]);
  await told();
  expect(asked).toEqual(["pause", "resume"]);
  read(socket, new Uint8Array(256 * 1024));
  line.pause();
  await told();
  expect(asked).toEqual(["pause", "resume", "pause"]);
  line.resume();
  expect(asked).toEqual(["pause", "resume", "pause", "resume"]);
  // Below TLS it is the secure line's to pause.
  line.handOver();
  read(socket, new Uint8Array(256 * 1024));
  await told();
  expect(asked).toEqual(["pause", "resume", "pause", "resume"]);
});
