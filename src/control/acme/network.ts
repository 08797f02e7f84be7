// How an authority is asked: over HTTPS by the runtime's fetch, with bounds on how long and how much. It is the one file of this room
// that touches the network, and is given to the others as a function, so that tests have an authority of their own. What proxies the
// environment names (HTTPS_PROXY, NO_PROXY) fetch obeys by itself.

export interface Answer {
  readonly status: number;
  /** Lower case. */
  readonly header: (name: string) => string | null;
  readonly text: string;
}

export interface Question {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Rejects where nothing is heard, or when it is given up. */
export type Ask = (question: Question, stop: AbortSignal) => Promise<Answer>;

export interface NetworkOptions {
  /** PEM of the authorities that the directory's own certificate is signed by; null is the system's. */
  readonly ca: string | null;
  readonly version: string;
  readonly timeoutMs?: number;
}

const usualTimeoutMs = 30_000;
/** A chain has 10 kB, a directory one. */
const bytesMax = 1 << 20;

export function askOver({ ca, version, timeoutMs = usualTimeoutMs }: NetworkOptions): Ask {
  return async ({ method, url, headers, body }, stop) => {
    const response = await fetch(url, {
      method,
      headers: { "user-agent": `sluice/${version}`, "accept-language": "en", ...headers },
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
      // An authority that moves says so in its directory.
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
      ...(ca === null ? {} : { tls: { ca } }),
    });
    const text = method === "HEAD" ? "" : await readBounded(response);
    return { status: response.status, header: (name) => response.headers.get(name), text };
  };
}

async function readBounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > bytesMax) throw new Error(`it answers more than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
