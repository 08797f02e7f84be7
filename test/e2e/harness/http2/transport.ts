// What carries the frames of a client: a socket in the clear, or TLS with ALPN. Both are written to without asking, and can be
// made to stand still.

import { connect } from "node:tls";
import type { Socket } from "bun";

export interface Transport {
  write(bytes: Uint8Array): void;
  /** Bytes that nobody has taken yet. */
  readonly unsentBytes: number;
  pause(): void;
  resume(): void;
  /** Nothing more is said; what comes is read. */
  end(): void;
  terminate(): void;
}

export interface Ears {
  data(bytes: Uint8Array): void;
  /** `isReset`: it ended by an error. */
  closed(isReset: boolean): void;
}

export interface Secure {
  readonly alpn: readonly string[];
  readonly servername?: string;
}

export async function plain(
  place: { readonly port: number; readonly hostname?: string; readonly localAddress?: string },
  ears: Ears,
): Promise<Transport> {
  let unsent: Buffer = Buffer.alloc(0);
  const flush = (socket: Socket<undefined>): void => {
    if (unsent.length === 0) return;
    const taken = socket.write(unsent);
    unsent = taken < 0 ? Buffer.alloc(0) : unsent.subarray(taken);
  };
  const socket = await Bun.connect<undefined>({
    hostname: "127.0.0.1",
    ...place,
    allowHalfOpen: true,
    socket: {
      data: (_, bytes) => ears.data(bytes),
      drain: flush,
      end: () => ears.closed(false),
      close: (_, error) => ears.closed(error !== undefined && error !== null),
      error: () => {},
    },
  });
  return {
    write: (bytes) => {
      unsent = Buffer.concat([unsent, bytes]);
      flush(socket);
    },
    get unsentBytes(): number {
      return unsent.length;
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.shutdown(),
    terminate: () => void socket.terminate(),
  };
}

/** Whoever the server is; refused when it does not choose the first of the protocols. */
export function secure(port: number, { alpn, servername }: Secure, ears: Ears): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const name = servername === undefined ? {} : { servername };
    const socket = connect({
      host: "127.0.0.1",
      port,
      ALPNProtocols: [...alpn],
      rejectUnauthorized: false,
      ...name,
    });
    let isReset = false;
    socket.on("secureConnect", () => {
      if (socket.alpnProtocol === alpn[0]) resolve(transport);
      else reject(new Error(`the server chose ${socket.alpnProtocol || "no protocol"}`));
    });
    socket.on("data", (bytes: Buffer) => ears.data(bytes));
    socket.on("end", () => ears.closed(false));
    socket.on("error", (error) => {
      isReset = true;
      reject(error);
    });
    socket.on("close", () => ears.closed(isReset));
    const transport: Transport = {
      write: (bytes) => void socket.write(bytes),
      get unsentBytes(): number {
        return socket.writableLength;
      },
      pause: () => void socket.pause(),
      resume: () => void socket.resume(),
      end: () => void socket.end(),
      terminate: () => void socket.destroy(),
    };
  });
}
