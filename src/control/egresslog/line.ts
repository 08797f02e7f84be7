// What a line of an access log says of an outbound address, and what reading one can come to. Types and two tables: every format
// (nginxformat.ts, ipmanagerformat.ts, patternformat.ts) fills in the same record, which is used again for each line, so that a
// million of them make no garbage.

export interface LogLine {
  /** Wall clock. 0: the format has no time. */
  atMs: number;
  status: number;
  /** -1 unknown. */
  durationMs: number;
  /** Where nginx listened; 0 unknown. With an address instead it may be that. */
  port: number;
  address: string;
  /** What was asked for, as it stands there, with a port where one does. */
  host: string;
  key: string;
  bytesUp: number;
  bytesDown: number;
}

export interface LogFormat {
  /** Of a line without its end: bytes[start] to bytes[end - 1]. */
  read(bytes: Buffer, start: number, end: number, line: LogLine): LineVerdict;
  /** Whether its lines tell which address they are about; those that do not are good for files with %s only. */
  readonly tellsMember: boolean;
}

export const lineVerdict = {
  good: 0,
  /** It does not look like the format. */
  unlike: 1,
  /** All is there, but its time is none. */
  badTime: 2,
} as const;
export type LineVerdict = (typeof lineVerdict)[keyof typeof lineVerdict];

export function emptyLine(): LogLine {
  return { atMs: 0, status: 0, durationMs: -1, port: 0, address: "", host: "", key: "", bytesUp: 0, bytesDown: 0 };
}

export function clearLine(line: LogLine): void {
  line.atMs = 0;
  line.status = 0;
  line.durationMs = -1;
  line.port = 0;
  line.address = "";
  line.host = "";
  line.key = "";
  line.bytesUp = 0;
  line.bytesDown = 0;
}
