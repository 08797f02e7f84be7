// A server of HTTP of control's, at a port or at a unix socket's path: how it is opened and closed. What it answers, and what a failure to
// open is called, is its owner's.

import type { Address } from "../config/plan.ts";
import { bindAt } from "../sockets/unixplace.ts";

export interface HttpServer {
  /** As bound: port 0 has become a real one. */
  readonly address: Address;
  /** Stops at once: a client that keeps its connection open does not keep Sluice alive. */
  close(): Promise<void>;
}

export interface HttpOptions {
  readonly fetch: (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>;
  readonly error: (fault: Error) => Response;
  readonly idleTimeout: number;
  readonly maxRequestBodySize?: number;
  /** At a port alone. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

type BunOptions = Parameters<typeof Bun.serve>[0];

/** Throws as the system does when the address cannot be had. */
export function serveAt(address: Address, { tls, ...options }: HttpOptions): HttpServer {
  if (address.kind === "unix") {
    // Bun's types know of no silence on unix sockets.
    const { server, leave } = bindAt(address.path, (unix) => Bun.serve({ ...options, unix } as BunOptions));
    return {
      address,
      close: async () => {
        await server.stop(true);
        leave();
      },
    };
  }
  const { host: hostname, port } = address;
  const server = Bun.serve({ ...options, hostname, port, ...(tls === undefined ? {} : { tls: { ...tls } }) });
  return { address: { ...address, port: server.port ?? port }, close: () => server.stop(true) };
}
