import type { TCPSocketListener } from "bun";
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
