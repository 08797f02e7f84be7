// Timeouts of a proxy. A bare number is milliseconds. One that is missing is no limit in HAProxy, which warns of it, and so do we: a
// connection that nobody ends stays. `timeout client` bounds every silence of a client, ours are told apart by what is waited for.

import type { ListenerInput, PoolInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { endless, readTime, written } from "./duration.ts";
import { pathOf, type Word } from "./scene.ts";
import type { Settings } from "./settings.ts";
import { hasWords, warn } from "./tell.ts";

/** How long Linux tries to connect when nobody sets a limit: six retries of SYN. */
const connectMs = 127_000;

/** Milliseconds; null is not said, or 0. */
export interface Times {
  readonly client: number | null;
  readonly server: number | null;
  readonly connect: number | null;
  readonly httpRequest: number | null;
  readonly keepAlive: number | null;
  readonly queue: number | null;
  readonly check: number | null;
  readonly tunnel: number | null;
  readonly handshake: number | null;
  /** By our key's name, the word that says it. */
  readonly words: ReadonlyMap<string, Word>;
}

const legacy: Readonly<Record<string, string>> = { client: "clitimeout", server: "srvtimeout", connect: "contimeout" };

export function readTimes(ledger: Ledger, settings: Settings): Times {
  const words = new Map<string, Word>();
  const ms = (name: string): number | null => {
    const word = wordOf(ledger, settings, name);
    if (word === undefined) return null;
    words.set(name, word);
    const time = readTime(ledger, word);
    return time === 0 ? null : time;
  };
  for (const statement of settings.all("timeout"))
    hasWords(ledger, statement, 3, 3, `a time, as in "timeout ${statement.words[1]?.text ?? "client"} 30s"`);
  return {
    client: ms("client"),
    server: ms("server"),
    connect: ms("connect"),
    httpRequest: ms("http-request"),
    keepAlive: ms("http-keep-alive"),
    queue: ms("queue"),
    check: ms("check"),
    tunnel: ms("tunnel"),
    handshake: ms("client-hs"),
    words,
  };
}

/** `timeout NAME`, or clitimeout and its like, which HAProxy took until 2.0: whatever comes last. */
function wordOf(ledger: Ledger, settings: Settings, name: string): Word | undefined {
  const old = legacy[name];
  for (const { words } of settings.all(old ?? "")) {
    warn(ledger, words[0]!, `is read as "timeout ${name}", which is all that HAProxy takes since 2.1`);
    if (words[1] === undefined) ledger.fault(pathOf(words[0]!), "needs a time in milliseconds");
  }
  const isIt = (words: readonly Word[]): boolean =>
    words[0]!.text === "timeout" ? words[1]?.text === name : words[0]!.text === old;
  const found = settings.proxy.statements.findLast(({ words }) => isIt(words))?.words;
  return found?.[0]?.text === "timeout" ? found[2] : found?.[1];
}

type ListenerTimes = NonNullable<ListenerInput["timeouts"]>;
type PoolTimes = NonNullable<PoolInput["timeouts"]>;

const shown = (ms: number | null): string => (ms === null ? endless : written(ms));

/** `server`: the timeout of the servers behind. `hasPreamble`: TLS, PROXY header or a name come before content. */
export function listenerTimes(
  times: Times,
  server: number | null,
  mode: "http" | "tcp",
  hasPreamble: boolean,
): ListenerTimes {
  const { client, tunnel, httpRequest, keepAlive, handshake } = times;
  const handshakeMs = handshake ?? client;
  const shortest = Math.min(client ?? Number.POSITIVE_INFINITY, server ?? Number.POSITIVE_INFINITY);
  const tunnelMs = tunnel ?? (Number.isFinite(shortest) ? shortest : null);
  const before = hasPreamble ? { handshake: shown(handshakeMs) } : {};
  if (mode === "tcp") return { ...before, tunnel: shown(tunnelMs) };
  return {
    ...before,
    head: shown(httpRequest ?? client),
    idle: shown(keepAlive ?? httpRequest ?? client),
    read: shown(client),
    tunnel: shown(tunnelMs),
  };
}

export function poolTimes({ connect, server }: Times, mode: "http" | "tcp"): PoolTimes {
  const connecting = { connect: written(connect ?? connectMs) };
  return mode === "tcp" ? connecting : { ...connecting, response: shown(server), read: shown(server) };
}

/** HAProxy warns of them too. */
export function tellMissing(ledger: Ledger, settings: Settings, times: Times): void {
  const { kind, word } = settings.proxy;
  const needed =
    kind === "frontend" ? ["client"] : kind === "backend" ? ["connect", "server"] : ["client", "connect", "server"];
  const missing = needed.filter((name) => !times.words.has(name));
  if (missing.length > 0)
    ledger.approximate(
      pathOf(word),
      `it has no timeout ${missing.join(", ")}; silence may last ${endless} here, and connecting ${connectMs / 1000}s, while HAProxy waits for ever`,
    );
}
