// What global says that holds for every proxy, and where relative paths start: bind and server lines, and files, are read against it.
// global.ts fills it in; nobody changes it afterwards.
// HAProxy's manual, 3.1.

import { join } from "node:path";
import type { Range } from "./tls.ts";

export interface Ground {
  /** `maxconn`: of listeners that say nothing. */
  readonly maxConnections: number | null;
  readonly bind: Range & { readonly ciphers?: string; readonly sessionTickets?: false };
  readonly server: Range & { readonly ciphers?: string };
  /** Whether servers' certificates are verified where nothing is said. */
  readonly isVerified: boolean;
  readonly caBase: string;
  readonly crtBase: string;
  /** Where other relative paths start, in front of them. */
  readonly base: string;
  readonly hasLog: boolean;
}

export const usualGround: Ground = {
  maxConnections: null,
  bind: {},
  server: {},
  isVerified: true,
  caBase: "",
  crtBase: "",
  base: "",
  hasLog: false,
};

/** A path as our config writes it. */
export function based(base: string, path: string): string {
  return base === "" || path.startsWith("/") ? path : join(base, path);
}
