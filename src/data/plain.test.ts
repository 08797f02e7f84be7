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
      const line = new PlainLine(socket);
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
  const line = new PlainLine(socket as unknown as Socket<PlainLine>); // All that a line without bytes asks of a socket.
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
