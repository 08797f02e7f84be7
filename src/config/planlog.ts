// The part of the plan that is about logs: where lines of the access log go and how they are written. As in plan.ts all is resolved
// and plain JSON; the application log's targets of syslog have the same shape (data/syslog.ts).

import type { LogField } from "./logfields.ts";

export interface AccessLogPlan {
  /** A file's path, or "-" for stdout; null: to syslog alone. */
  readonly path: string | null;
  /** Where no layout says otherwise. */
  readonly format: "json" | "common" | "combined";
  /** Of JSON lines, instead of the usual fields; null for these. */
  readonly fields: readonly LogFieldPlan[] | null;
  /** Lines as HAProxy writes them; null: as `format` says. */
  readonly layout: LogLayoutPlan | null;
  /** Lines of what went well are written too. */
  readonly isNormalLogged: boolean;
  /** Bytes a worker holds for a log that does not take them; more lines are dropped and counted. For each target. */
  readonly bufferBytesMax: number;
  readonly flushMs: number;
  readonly syslog: readonly SyslogPlan[];
}

/** A field of a line, by its name there. */
export type LogFieldPlan =
  | { readonly name: string; readonly field: LogField }
  | { readonly name: string; readonly value: string | number | boolean };

export interface LogLayoutPlan {
  readonly exchange: readonly LogPart[];
  /** Of a connection that was carried, and of a session of datagrams. */
  readonly session: readonly LogPart[];
}

/** What a line is made of, in order. What is not there is "-", or "" in quotes. */
export type LogPart =
  | { readonly kind: "text"; readonly text: string }
  /** As HAProxy calls it (config/logformat.ts). */
  | { readonly kind: "alias"; readonly name: string; readonly isQuoted: boolean }
  | { readonly kind: "field"; readonly field: LogField | "tls_resumed"; readonly isQuoted: boolean }
  /** Of the request as it came, the last of that name; nothing where there is none. */
  | LogNamedPart<"header">
  | LogNamedPart<"var">;

interface LogNamedPart<K> {
  readonly kind: K;
  readonly name: string;
  readonly bytesMax: number;
  readonly isQuoted: boolean;
  /** Nothing stands for what is not there. */
  readonly isBare: boolean;
}

/** What a listener says of its own lines. */
export interface ListenerLogPlan {
  /** It has none. */
  readonly isOff: boolean;
  /** Instead of the listener's own. */
  readonly name: string;
  /** Null: as all. */
  readonly layout: LogLayoutPlan | null;
  readonly isNormalLogged: boolean;
  /** Of lines about what failed, 0 to 7; null: as of others. */
  readonly failureSeverity: number | null;
}

export type SyslogPlace =
  | { readonly kind: "udp" | "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

export interface SyslogPlan {
  readonly to: SyslogPlace;
  /** 0 to 23, and 0 (emerg) to 7 (debug). */
  readonly facility: number;
  readonly severity: number;
  /** What is less severe, of a higher number, is not sent. */
  readonly level: number;
  /** What is more severe, of a lower number, is sent as this. */
  readonly minLevel: number;
  readonly tag: string;
  readonly format: "rfc3164" | "rfc5424";
  /** Null: none where the format may do without, else the machine's. True: the machine's. */
  readonly hostname: string | true | null;
  /** Of a message, with what stands before its text; what is longer is cut. */
  readonly bytesMax: number;
}
