// server.inverse_mode: how a server is chosen. The numbers are those of goproxy's documentation and code, and 6, which only its
// sample file has. Some versions read reverse_mode instead, which no documentation has; both names are taken here.

import type { PoolInput } from "../../input.ts";
import type { Table } from "../table.ts";

type Balance = NonNullable<PoolInput["balance"]>;

const modes: Readonly<Record<number, Balance>> = {
  0: "random",
  1: "weightedRoundRobin",
  2: "p2c",
  3: { policy: "consistentHash", key: "ip" },
  4: { policy: "boundedHash", key: "ip" },
  5: "leastConnections",
  6: "ipHash",
};
const usual = 0;
const keys = ["inverse_mode", "reverse_mode"] as const;

/** Where each server gets as much as any other, whatever its weight. */
export function isUniform(balance: Balance): boolean {
  return balance === "random";
}

/** Those of goproxy's modes that look at weights. */
export function isWeightedThere(balance: Balance): boolean {
  return balance === modes[1] || balance === modes[3];
}

/** The key that says it, for messages. */
export function balanceKey(server: Table): string {
  return server.has("inverse_mode") || !server.has("reverse_mode") ? "inverse_mode" : "reverse_mode";
}

export function balanceOf(server: Table): Balance {
  const [mode, other] = keys.map((key) => server.count(key));
  if (mode !== undefined && other !== undefined && mode !== other)
    server.ledger.approximate(server.at("reverse_mode"), `inverse_mode, which says ${mode}, counts`);
  const said = mode ?? other ?? usual;
  const balance = modes[said];
  if (balance !== undefined) return balance;
  server.ledger.approximate(
    server.at(balanceKey(server)),
    `${said} is no mode, and is random, as in goproxy; there are 0 random, 1 round robin by weight, 2 power of two choices, 3 ip hash on a ring, 4 the same with bounded loads, 5 least load, 6 ip hash`,
  );
  return modes[usual]!;
}
