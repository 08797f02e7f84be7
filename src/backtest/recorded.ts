// A request as an access log tells of it, whatever the log's format. What a log does not say is empty or 0 here, and the report
// says what was assumed in its place.

export interface Recorded {
  /** When it began, in ms since 1970. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly client: string;
  /** What tells its connection from others of the client; "" where the log does not say. */
  readonly connection: string;
  /** "" where the log does not say. */
  readonly listener: string;
  readonly method: string;
  /** As asked for: path and query, or a whole URL. */
  readonly target: string;
  readonly host: string;
  /** Fields of the request that the log has, beside Host. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** To the client; 0: it was not answered. */
  readonly status: number;
  /** Of its body, and of the answer's. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** Reads a line. Null: it is of another format, or of no request. */
export type LineReader = (line: string) => Recorded | null;

export interface LogFormat {
  /** As `--format` calls it. */
  readonly name: string;
  readonly read: LineReader;
  /** Lines are written when a request has ended, so that they do not stand in the order of their beginnings. */
  readonly isInOrderOfEnds: boolean;
  /** Names of request fields that it tells, in lower case; null: all there were. */
  readonly fields: ReadonlySet<string> | null;
  /** What it cannot tell of what others always do: "method", "query", "bytes". */
  readonly untold?: ReadonlySet<string>;
}

/** A path begins like this, or a URL, or it is the asterisk of OPTIONS, or where CONNECT goes. */
const targetForm = /^[!-~\x80-\u{10ffff}]+$/u;
const methodForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** "GET /a HTTP/1.1", as logs quote it. Null for what is no request, such as the TLS that some send to a port without. */
export function readRequestLine(text: string): { readonly method: string; readonly target: string } | null {
  const [method = "", target = "", version = "", ...more] = text.split(" ");
  if (more.length > 0 || !methodForm.test(method) || !targetForm.test(target)) return null;
  return version === "" || /^HTTP\/\d/.test(version) ? { method, target } : null;
}

/** `\x22`, `\"` and `\\`, as nginx and Apache write what would end a quoted text. */
export function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replaceAll(/\\(?:x([0-9A-Fa-f]{2})|(.))/g, (_, hex: string | undefined, other: string | undefined) =>
    hex === undefined ? (letters[other!] ?? other!) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const letters: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** "-" is how logs say nothing. */
export function said(text: string | undefined): string {
  return text === undefined || text === "-" ? "" : text;
}

/** Of an address or `[::1]`; "" for what is neither, such as "unix:". */
export function addressOf(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, "$1").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
  return /^[0-9A-Fa-f:.]{2,45}$/.test(bare) && /[.:]/.test(bare) ? bare : "";
}
