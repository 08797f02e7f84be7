// An nginx with many addresses, something outside to ask, and a Sluice between them.

import type { EgressInput, ListenerInput } from "../../../src/config/input.ts";
import { EgressApi } from "./egress.ts";
import { Gateways, type GatewaysOptions } from "./gateways.ts";
import { Outside } from "./outside.ts";
import { freePort } from "./port.ts";
import { Forward } from "./proxy.ts";
import type { Room } from "./room.ts";
import { type Draft, Sluice } from "./sluice.ts";

export type PoolDraft = Partial<Omit<EgressInput, "members">>;

export interface Stage {
  readonly outside: Outside;
  readonly gateways: Gateways;
  readonly sluice: Sluice;
  readonly api: EgressApi;
  readonly port: number;
}

export interface StageOptions extends GatewaysOptions {
  readonly pool?: PoolDraft | ((gateways: Gateways) => PoolDraft);
  readonly more?: object;
}

export async function egressStage(room: Room, count: number, options: StageOptions = {}): Promise<Stage> {
  const { pool = {}, more = {} } = options;
  const outside = new Outside(room);
  const gateways = await Gateways.start(room, count, options);
  const port = freePort();
  const own = typeof pool === "function" ? pool(gateways) : pool;
  const sluice = await Sluice.start(room, egressDraft(port, gateways, own, more));
  return { outside, gateways, sluice, port, api: new EgressApi(sluice.admin, "ips") };
}

function egressDraft(port: number, { path, host }: Gateways, own: PoolDraft, more: object): Draft {
  const listener: ListenerInput = {
    listen: `127.0.0.1:${port}`,
    via: false,
    proxy: { egress: "ips", fields: true, connect: false, private: true, ports: ["1-65535"] },
  };
  return {
    egress: { ips: { members: [{ nginx: path, host }], ...own } },
    listeners: { out: listener },
    ...more,
  } as Draft; // It has no pools.
}

export interface ProxyStage {
  readonly outside: Outside;
  readonly proxy: Forward;
  readonly api: EgressApi;
}

/** A forward proxy in every way, with a pool of any members. */
export async function proxyStage(
  room: Room,
  pool: EgressInput,
  listener: object = {},
  more: object = {},
): Promise<ProxyStage> {
  const outside = new Outside(room);
  const own = { egress: "out", private: true, socks: true, fields: true };
  const proxy = await Forward.start(room, own, listener, { egress: { out: pool }, ...more });
  return { outside, proxy, api: new EgressApi(proxy.sluice.admin, "out") };
}

/** X-Egress-IP among headers that curl has printed. */
export function toldIn(text: string): string[] {
  return [...text.matchAll(/^(?:< )?X-Egress-IP: (\S+)\r?$/gim)].map(([, ip]) => ip!);
}
