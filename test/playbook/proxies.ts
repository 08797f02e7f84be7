// Forward proxies in few words: a plan whose pool stands for whatever targets clients name, and the bytes of SOCKS5.

import type { AuthPlan, ListenerPlan, ProxyPlan, TargetsPlan } from "../../src/config/plan.ts";
import type { PlanOptions } from "./plan.ts";

export const targets = (options: Partial<TargetsPlan> = {}): TargetsPlan => ({
  allow: [{ kind: "name", match: "*" }],
  deny: [],
  ports: [{ from: 1, to: 65_535 }],
  connectPorts: [{ from: 1, to: 65_535 }],
  isPrivateAllowed: false,
  ownPorts: [],
  resolveMs: 5_000,
  tunnelsMax: 0,
  tunnelMs: 0,
  tunnelBytesMax: 0,
  egress: null,
  direct: [],
  ...options,
});

export interface ProxyOptions extends PlanOptions {
  readonly targets?: Partial<TargetsPlan>;
  readonly proxy?: Partial<ProxyPlan>;
  readonly auth?: AuthPlan;
  /** Where requests go that name no target. */
  readonly use?: string;
}

/** The listener's own pool is that of its targets, unless `use` names another, which is the second then. */
export function proxyPlan(options: ProxyOptions = {}): PlanOptions {
  const { targets: wanted, proxy, auth, use, ...others } = options;
  const listener: Partial<ListenerPlan> = {
    proxy: { pool: 0, http: true, connect: true, socks: false, fields: false, ...proxy },
    auth: auth ?? null,
    route: use === undefined ? 0 : 1,
    ...options.listener,
  };
  return {
    servers: ["*"],
    pools: use === undefined ? [] : [use],
    ...others,
    own: { app: { targets: targets(wanted) }, ...options.own },
    listener,
  };
}

export const users = (...secrets: (readonly [name: string, secret: string])[]): AuthPlan => ({
  realm: "here",
  users: secrets.map(([name, secret]) => ({ name, secret })),
  rememberMs: 60_000,
  takesProxyField: false,
});

/** The value of a field with credentials. */
export const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString("base64")}`;

export const connect = (place: string, ...fields: string[]): string =>
  `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${fields.map((each) => `${each}\r\n`).join("")}\r\n`;

export const established = "HTTP/1.1 200 Connection Established\r\n\r\n";

/** A character a byte. */
const bytes = (...values: number[]): string => String.fromCharCode(...values);

export const socks = {
  greeting: (...methods: number[]): string => bytes(5, methods.length, ...methods),
  credentials: (user: string, password: string): string =>
    `${bytes(1, user.length)}${user}${bytes(password.length)}${password}`,
  name: (host: string, port: number): string =>
    `${bytes(5, 1, 0, 3, host.length)}${host}${bytes(port >> 8, port & 255)}`,
  ipv4: (host: string, port: number): string =>
    bytes(5, 1, 0, 1, ...host.split(".").map(Number), port >> 8, port & 255),
  reply: (code: number): string => bytes(5, code, 0, 1, 0, 0, 0, 0, 0, 0),
} as const;
