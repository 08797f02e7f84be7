// Connections to servers. A raw connect that is under way cannot be aborted; a dial that has timed out is answered for at
// once, and its connection, should it still come, is closed. Until then it is a stray and keeps its descriptor, for as long as
// the kernel tries (two minutes). An address has only so many strays: else one server behind a firewall that drops what
// it gets would take all descriptors of a worker, and with them every other server.

import type { Socket, SocketHandler } from "bun";
import { type Fault, fault, faultWith } from "../base/fault.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import type { ServerPlan } from "../config/plan.ts";
import type { DialFlow } from "../flow/port.ts";
import type { Driver } from "./driver.ts";
import { PlainLine, plainHandlers } from "./plain.ts";

/** By then a server has let so many connects run out of time; when it answers again, strays end, and dials go out. */
export const straysMax = 256;

class Dial implements WheelNode {
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  /** Null once it was answered. */
  flow: DialFlow | null;
  isStray = false;
  readonly #strays: Strays;

  constructor(flow: DialFlow, strays: Strays) {
    this.flow = flow;
    this.#strays = strays;
  }

  ticked(): void {
    const flow = this.flow;
    this.flow = null;
    this.isStray = true;
    this.#strays.count++;
    flow?.refused(fault("connect_timeout"));
  }

  /** The kernel has come to an end with it. */
  settle(): void {
    if (this.isStray) this.#strays.count--;
    this.isStray = false;
  }
}

/** Those of one address. */
interface Strays {
  count: number;
}

/** What Bun's connect carries until there is a line. */
type Carried = PlainLine | Dial;

export class Dialer {
  readonly #driver: Driver;
  readonly #handlers: SocketHandler<PlainLine>;
  /** By address; as many as all plans have named. */
  readonly #strays = new Map<string, Strays>();

  constructor(driver: Driver) {
    this.#driver = driver;
    this.#handlers = {
      ...plainHandlers(driver, (socket) => this.#opened(socket)),
      connectError: (socket, error) => this.#refused(socket.data as Carried as Dial, error),
    };
  }

  dial(server: ServerPlan, flow: DialFlow, timeoutMs: number): void {
    const { address } = server;
    const strays = this.#straysOf(address.kind === "unix" ? address.path : `${address.host} ${address.port}`);
    if (strays.count >= straysMax)
      return this.#tell(flow, faultWith("connect_timeout", "too many connects hang already"));
    const dial = new Dial(flow, strays);
    this.#driver.wheel.set(dial, this.#driver.nowMs + timeoutMs);
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
    dial.settle();
    const { flow } = dial;
    dial.flow = null;
    this.#driver.wheel.remove(dial);
    if (flow === null) return line.destroy();
    line.flow = flow;
    this.#driver.refresh();
    flow.connected(line);
  }

  #refused(dial: Dial, error: unknown): void {
    dial.settle();
    const { flow } = dial;
    if (flow === null) return;
    dial.flow = null;
    this.#driver.wheel.remove(dial);
    this.#tell(flow, faultWith("connect_refused", reasonOf(error)));
  }

  #straysOf(address: string): Strays {
    let strays = this.#strays.get(address);
    if (strays === undefined) {
      strays = { count: 0 };
      this.#strays.set(address, strays);
    }
    return strays;
  }

  /** Never inside the call that dialed. */
  #tell(flow: DialFlow, why: Fault): void {
    queueMicrotask(() => {
      try {
        this.#driver.refresh();
        flow.refused(why);
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
