// Keys that are written a level too high or too low: which section has a key of that name. It knows the keys of the sections that
// people confuse, which a test holds against the schema; a schema file that asked others for theirs would be asked by them in turn.

/** Each under its name in a sentence. Of a server those keys that a pool and TLS to a server do not have too. */
export const levels: Readonly<Record<string, readonly string[]>> = {
  "the top of the config": words(
    "$schema workers admin metrics log accessLog recorder drainTimeout stallTimeout timeouts limits hooks errors tables lists caches egress bans registry sentinel fleet ipmanager gobetween acme debug listeners pools tests",
  ),
  "a listener (listeners.NAME)": words(
    "listen mode use maxConnections tls sni redirect hsts udp proxyProtocol http2 abortOnClose trustedProxies forwarding via requestId workerBy rules errors auth proxy cors compress replace hooks timeouts accessLog",
  ),
  "a pool (pools.NAME)": words(
    "servers nameServers discover reply balance sticky retries backups redispatch retryBudget queue idle slowStart panicThreshold tls http2 proxyProtocol source check ejection rules errors stick cache compress replace mirror hooks timeouts",
  ),
  "a server (pools.NAME.servers)": words("address weight maxConnections backup id cookie"),
  "the limits of all listeners (limits, at the top)": words(
    "head fields body requestsPerConnection streamsPerConnection",
  ),
};

/** `is not a known key here, but of …`, or null where no other section has such a key, or `known` is none of these sections. */
export function misplaced(key: string, known: readonly string[]): string | null {
  const isHere = (keys: readonly string[]): boolean => keys.every((each) => known.includes(each));
  if (!Object.values(levels).some(isHere)) return null;
  const found = Object.keys(levels).filter((level) => levels[level]!.includes(key));
  return found.length === 0 ? null : `is not a known key here, but one of ${found.join(" and of ")}`;
}

function words(text: string): readonly string[] {
  return text.split(" ");
}
