// Where a Redis is, as operators write it: "redis://user:password@host:6379/0", "rediss://" for TLS, "unix:/run/redis.sock", and the
// originals' "host:port". It is shown without what is secret in it.

export interface RedisPlace {
  readonly host: string;
  readonly port: number;
  /** Null: by TCP. */
  readonly path: string | null;
  readonly isSecure: boolean;
  /** "" is Redis' default user. */
  readonly user: string;
  /** "" is none. */
  readonly password: string;
  readonly database: number;
  /** For logs and status. */
  readonly shown: string;
}

const portUsual = 6379;

/** "localhost:16379" as an URL; an URL as it is. */
export function redisUrlOf(text: string): string {
  return /^[a-z][a-z0-9+]*:\/\//i.test(text) || /^unix:\//i.test(text) ? text : `redis://${text}`;
}

/** Null when it is no address of a Redis. */
export function readRedisPlace(text: string): RedisPlace | null {
  const written = redisUrlOf(text);
  if (!URL.canParse(written)) return null;
  const url = new URL(written);
  if (!/^(redis|rediss|valkey|valkeys|unix|redis\+unix):$/.test(url.protocol)) return null;
  const secrets = { user: decoded(url.username), password: decoded(url.password) };
  if (url.protocol.includes("unix")) {
    const path = decoded(url.pathname);
    const database = Number(url.searchParams.get("db") ?? 0);
    return { host: "", port: 0, path, isSecure: false, ...secrets, database, shown: path };
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? portUsual : Number(url.port);
  const database = Number(url.pathname.slice(1));
  if (host === "" || !Number.isInteger(database)) return null;
  const isSecure = url.protocol === "rediss:" || url.protocol === "valkeys:";
  return { host, port, path: null, isSecure, ...secrets, database, shown: `${url.hostname}:${port}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
