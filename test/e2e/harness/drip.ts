// A way to somewhere on which the first bytes of a client arrive one at a time, each in a packet of its own; what comes after them passes
// as it is. To programs that write as they please, such as curl and openssl, it does what no option of theirs would.

import type { Socket } from "bun";
import { freePort } from "./port.ts";
import type { Room } from "./room.ts";

interface Half {
  other: Socket<Half> | null;
  held: Buffer;
  isEnded: boolean;
}

/** The port to connect to instead of `port`; `slowBytes` of each connection go one by one. */
export function drip(room: Room, port: number, slowBytes: number): number {
  const open = freePort();
  const listener = Bun.listen<Half>({
    hostname: "127.0.0.1",
    port: open,
    allowHalfOpen: true,
    socket: {
      open: (socket) => {
        socket.data = { other: null, held: Buffer.alloc(0), isEnded: false };
        void begin(socket, port, slowBytes);
      },
      data: (socket, bytes) => {
        socket.data.held = Buffer.concat([socket.data.held, bytes]);
      },
      end: (socket) => {
        socket.data.isEnded = true;
      },
      close: (socket) => {
        socket.data.isEnded = true;
      },
      error: () => {},
    },
  });
  room.ending(() => listener.stop(true));
  return open;
}

async function begin(socket: Socket<Half>, port: number, slowBytes: number): Promise<void> {
  const other = await Bun.connect<Half>({
    hostname: "127.0.0.1",
    port,
    data: { other: socket, held: Buffer.alloc(0), isEnded: false },
    socket: {
      data: (_, bytes) => void socket.write(bytes),
      close: () => void socket.end(),
      error: () => {},
    },
  });
  other.setNoDelay(true);
  for (let count = 0; !socket.data.isEnded || socket.data.held.length > 0; ) {
    const size = count < slowBytes ? 1 : socket.data.held.length;
    if (socket.data.held.length > 0) {
      const taken = other.write(socket.data.held.subarray(0, size));
      if (taken < 0) break;
      socket.data.held = socket.data.held.subarray(taken);
      count += taken;
    }
    await (count < slowBytes ? new Promise((resume) => setImmediate(resume)) : Bun.sleep(1));
  }
  other.end();
}
