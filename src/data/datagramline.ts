// The sockets of one UDP session: the one towards its server, and, when its listener has closed, the one towards its client.
// Both turn what the runtime tells and throws into the words of flow/datagramport.ts, and tell nothing more once closed.

import { faultWith } from "../base/fault.ts";
import type { DatagramDoor, DatagramFlow, DatagramLine } from "../flow/datagramport.ts";
import { type ConnectedSocket, codeOf, connectDatagrams, isRefusal } from "./datagramsocket.ts";
import type { Driver } from "./driver.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Throws when there can be no such socket: a source address that is not ours, no descriptor, no route. */
export class DatagramServerLine implements DatagramLine {
  readonly #driver: Driver;
  readonly #flow: DatagramFlow;
  readonly #socket: ConnectedSocket;
  #isClosed = false;

  constructor(driver: Driver, server: Place, source: string, flow: DatagramFlow) {
    this.#driver = driver;
    this.#flow = flow;
    this.#socket = connectDatagrams({ host: source, port: 0 }, server, {
      // Before it was connected, anybody could have sent to it; the port tells what came then.
      data: (bytes, port, _address, isTruncated) => {
        if (port === server.port && !isTruncated) this.#tell(() => flow.received(bytes));
      },
      error: (error) => this.#failed(error),
    });
  }

  send(bytes: Uint8Array): boolean {
    try {
      return this.#socket.send(bytes);
    } catch (error) {
      if (!isRefusal(error)) return false;
      // Of a datagram that was sent before; on some systems this is the only news of it. Never inside the call.
      queueMicrotask(() => this.#failed(error));
      return true;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.close();
  }

  #failed(error: unknown): void {
    if (isRefusal(error)) this.#tell(() => this.#flow.refused(faultWith("connect_refused", codeOf(error))));
  }

  #tell(say: () => void): void {
    if (this.#isClosed) return;
    try {
      this.#driver.refresh();
      say();
    } catch (failure) {
      this.#driver.failed(failure as Error);
    }
  }
}

/** A way back to one client, from a socket of its own on the address of the listener that it came to. */
export class DatagramClientDoor implements DatagramDoor {
  readonly #socket: ConnectedSocket;
  #isClosed = false;

  /** `received` is told whose datagram it is: before it was connected, other clients' may have come. */
  constructor(
    driver: Driver,
    local: Place,
    client: Place,
    received: (bytes: Uint8Array, address: string, port: number) => void,
  ) {
    this.#socket = connectDatagrams(local, client, {
      data: (bytes, port, address, isTruncated) => {
        if (this.#isClosed || isTruncated) return;
        try {
          driver.refresh();
          received(bytes, address, port);
        } catch (failure) {
          driver.failed(failure as Error);
        }
      },
      // A client that is gone says nothing any more; its session ends by that.
      error: () => {},
    });
  }

  send(bytes: Uint8Array): boolean {
    try {
      return this.#socket.send(bytes);
    } catch {
      return false;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.close();
  }
}
