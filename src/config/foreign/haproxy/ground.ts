// What global says that holds for every proxy, and where relative paths start: bind and server lines, and files, are read against it.
// global.ts fills it in; nobody changes it afterwards.
// HAProxy's manual, 3.1.

import { join } from "node:path";
import type { Statement, Word } from "./scene.ts";
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
  /** Targets of `log`. */
  readonly logs: readonly Statement[];
  /** `log-tag`, and what `log-send-hostname` says: true for the machine's name. */
  readonly logTag: Word | null;
  readonly hostname: Word | true | null;
}

export const usualGround: Ground = {
  maxConnections: null,
  bind: {},
  server: {},
  isVerified: true,
  caBase: "",
  crtBase: "",
  base: "",
  logs: [],
  logTag: null,
  hostname: null,
};

/** A path as our config writes it. */
export function based(base: string, path: string): string {
  return base === "" || path.startsWith("/") ? path : join(base, path);
}
