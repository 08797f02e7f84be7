// Connections to servers. A raw connect that is under way cannot be aborted; a dial that has timed out is answered for at
// once, and its connection, should it still come, is closed.

import type { Socket, SocketHandler } from "bun";
import { fault, faultWith } from "../base/fault.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import type { ServerPlan } from "../config/plan.ts";
import type { DialFlow } from "../flow/port.ts";
import type { Driver } from "./driver.ts";
import { PlainLine, plainHandlers } from "./plain.ts";

class Dial implements WheelNode {
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  /** Null once it was answered. */
  flow: DialFlow | null;

  constructor(flow: DialFlow) {
    this.flow = flow;
  }

  ticked(): void {
    const flow = this.flow;
    this.flow = null;
    flow?.refused(fault("connect_timeout"));
  }
}

/** What Bun's connect carries until there is a line. */
type Carried = PlainLine | Dial;

export class Dialer {
  readonly #driver: Driver;
  readonly #handlers: SocketHandler<PlainLine>;

  constructor(driver: Driver) {
    this.#driver = driver;
    this.#handlers = {
      ...plainHandlers(driver, (socket) => this.#opened(socket)),
      connectError: (socket, error) => this.#refused(socket.data as Carried as Dial, error),
    };
  }

  dial(server: ServerPlan, flow: DialFlow, timeoutMs: number): void {
    const dial = new Dial(flow);
    this.#driver.wheel.set(dial, this.#driver.nowMs + timeoutMs);
    const { address } = server;
    const common = { allowHalfOpen: true, data: dial as Carried as PlainLine, socket: this.#handlers };
    try {
      const connecting =
        address.kind === "unix"
          ? Bun.connect<PlainLine>({ unix: address.path, ...common })
          : Bun.connect<PlainLine>({ hostname: address.host, port: address.port, ...common });
      // connectError has been told already, or comes with this: whichever is first answers.
      connecting.catch((error: unknown) => this.#refused(dial, error));
    } catch (error) {
      // An address that nothing can be dialed at, such as that of a name not resolved yet.
      this.#refused(dial, error);
    }
  }

  #opened(socket: Socket<PlainLine>): void {
    const dial = socket.data as Carried as Dial;
    const line = new PlainLine(socket);
    socket.data = line;
    const { flow } = dial;
    dial.flow = null;
    this.#driver.wheel.remove(dial);
    if (flow === null) return line.destroy();
    line.flow = flow;
    this.#driver.refresh();
    flow.connected(line);
  }

  #refused(dial: Dial, error: unknown): void {
    const { flow } = dial;
    if (flow === null || flow === undefined) return;
    dial.flow = null;
    this.#driver.wheel.remove(dial);
    // Never inside the call that dialed.
    queueMicrotask(() => {
      try {
        this.#driver.refresh();
        flow.refused(faultWith("connect_refused", reasonOf(error)));
      } catch (failure) {
        // Nothing stands between a microtask and the end of the process.
        this.#driver.failed(failure as Error);
      }
    });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message : String(error);
}
