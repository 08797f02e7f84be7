// What a plan is without all that a log cannot tell: passwords, hooks, copies for other pools, and limits that had some wait, for what had
// to wait has waited in the log already. And who a client is, of whom a log has an address and perhaps a port. It knows plans and
// nothing of what is played.

import type { ListenerPlan, Plan, PoolPlan } from "../config/plan.ts";
import type { Client } from "../flow/port.ts";

export function simplified(plan: Plan): Plan {
  return {
    ...plan,
    accessLog: null,
    egresses: [],
    listeners: plan.listeners.map((listener) => ({ ...listener, auth: null, hooks: null, redirect: null })),
    pools: plan.pools.map(
      (pool): PoolPlan => ({
        ...pool,
        servers: pool.servers.map((server) => ({ ...server, connectionsMax: 0, isDrained: false })),
        targets: pool.targets === null ? null : { ...pool.targets, egress: null },
        hooks: null,
        mirror: null,
      }),
    ),
  };
}

const clientPort = 49_152;

/** `connection`: its port, where the log tells one. */
export function clientOf(address: string, connection: string, { address: local, tls }: ListenerPlan): Client {
  const port = /^\d{1,5}$/.test(connection) ? Number(connection) : clientPort;
  const client = { address, port, peerAddress: address, ja4: "" };
  const at =
    local.kind === "tcp" ? { localAddress: local.host, localPort: local.port } : { localAddress: "unix", localPort: 0 };
  return { ...client, ...at, tls: tls === null ? null : plainTls };
}

const plainTls = {
  serverName: "",
  alpn: "http/1.1",
  version: "1.3",
  cipher: "TLS_AES_256_GCM_SHA384",
  isResumed: false,
  subject: "",
  fingerprint: "",
} as const;
