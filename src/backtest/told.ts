// What logs have told of the requests that were read, counted for each format, and what they lack of all that rules ask for, with what
// stood in its place. A field that no line of a format has is not told by it: whether nobody sent it, or nobody wrote it down, cannot be known.

import type { LogFormat, Recorded } from "./recorded.ts";

/** What rules ask for and some requests did not have. */
export interface Lack {
  /** As expressions write it: `headers['x-api-key']`. */
  readonly what: string;
  /** Of how many requests it was not told; null: no log tells it. */
  readonly requests: number | null;
  /** Formats that do not tell it. */
  readonly formats: readonly string[];
  /** What was taken in its place, in words that follow "so": "it was absent". */
  readonly instead: string;
}

class Counts {
  requests = 0;
  host = 0;
  connection = 0;
  duration = 0;
  received = 0;
  status = 0;
  readonly fields = new Map<string, number>();
}

/** How many requests tell it. */
type Count = (counts: Counts, format: LogFormat) => number;

const absent = "it was absent";
/** What no log tells, or what is not taken from it. */
const never: readonly (readonly [form: RegExp, instead: string])[] = [
  [/^user$/, "nobody had a name: passwords are not looked at"],
  [/^tls\.(?!hello$)/, "all clients had the same TLS, which nobody sent"],
  [/^version$/, 'it was "1.1"'],
  [/^requestId$/, "each request had a new one"],
  [/^peer$/, "it was the client's address"],
  [/^dst$/, "it was the listener's address"],
  [/^response\.headers\[/, "answers had no fields but their length"],
  [/^response\.server$/, "it was chosen anew"],
  [/^pools$/, "all servers were up"],
];
const counted: readonly (readonly [form: RegExp, instead: string, count: Count])[] = [
  [/^(?:host|headers\['host'\])$/, 'it was "localhost"', ({ host }) => host],
  [/^port$/, absent, ({ host }) => host],
  [/^srcPort$/, "it was 49152", ({ connection }) => connection],
  [/^conn_/, "a client had one connection at a time", ({ connection, duration }) => connection || duration],
  [/^(?:contentLength|headers\['content-length'\])$/, absent, ({ received }) => received],
  [/^bytes_in_/, "nothing was received but heads", ({ received }) => received],
  [/^response\.duration$/, "it was 0", ({ duration }) => duration],
  [/^response\.status$/, "it was 200", ({ status }) => status],
  [/^method$/, "it was GET", (counts, format) => unless(format, "method", counts)],
  [/^(?:query|target|params\[.*)$/, "there was no query", (counts, format) => unless(format, "query", counts)],
  [/^bytes_out_/, "answers were empty", (counts, format) => unless(format, "bytes", counts)],
];

function unless({ untold }: LogFormat, name: string, { requests }: Counts): number {
  return untold?.has(name) === true ? 0 : requests;
}

export class Told {
  readonly #asked: readonly string[];
  /** Fields whose presence is counted, in lower case. */
  readonly #names: ReadonlySet<string>;
  readonly #formats = new Map<LogFormat, Counts>();

  constructor(asked: readonly string[]) {
    this.#asked = asked;
    this.#names = new Set(asked.flatMap((what) => fieldIn(what) ?? []));
  }

  see({ host, connection, durationMs, bytesReceived, status, fields }: Recorded, format: LogFormat): void {
    let counts = this.#formats.get(format);
    if (counts === undefined) {
      counts = new Counts();
      this.#formats.set(format, counts);
    }
    counts.requests++;
    if (host !== "") counts.host++;
    if (connection !== "") counts.connection++;
    if (durationMs > 0) counts.duration++;
    if (bytesReceived > 0) counts.received++;
    if (status > 0) counts.status++;
    if (this.#names.size === 0) return;
    for (const [name, value] of fields) {
      const lower = name.toLowerCase();
      // Caddy writes so in the place of what is secret.
      if (this.#names.has(lower) && value !== "REDACTED") counts.fields.set(lower, (counts.fields.get(lower) ?? 0) + 1);
    }
  }

  get requests(): number {
    return [...this.#formats.values()].reduce((sum, { requests }) => sum + requests, 0);
  }

  lacks(): Lack[] {
    return this.#asked.flatMap((what) => this.#lackOf(what) ?? []);
  }

  #lackOf(what: string): Lack | null {
    const untold = never.find(([form]) => form.test(what));
    if (untold !== undefined) return { what, requests: null, formats: [], instead: untold[1] };
    const known = counted.find(([form]) => form.test(what));
    if (known !== undefined) return this.#where(what, known[1], known[2]);
    if (!/^(?:headers|cookies)\[/.test(what)) return null;
    const name = fieldIn(what);
    // Of one whose name is known only when played it can be said where not all are told.
    return this.#where(what, absent, (counts, { fields }) =>
      name === null
        ? fields === null
          ? 1
          : 0
        : (counts.fields.get(name) ?? (fields === null && !secret.has(name) ? 1 : 0)),
    );
  }

  #where(what: string, instead: string, count: Count): Lack | null {
    const silent = [...this.#formats].filter(([format, counts]) => count(counts, format) === 0);
    if (silent.length === 0) return null;
    const requests = silent.reduce((sum, [, { requests: one }]) => sum + one, 0);
    return { what, requests, formats: silent.map(([{ name }]) => name), instead };
  }
}

/** What Caddy does not write down unless it is told to. */
const secret: ReadonlySet<string> = new Set(["cookie", "authorization", "proxy-authorization"]);

/** The request field that holds it; null for what is in none, or in one whose name is not known. */
function fieldIn(what: string): string | null {
  if (what.startsWith("cookies[")) return "cookie";
  return /^headers\['(.*)'\]$/.exec(what)?.[1] ?? null;
}
