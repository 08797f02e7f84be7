// Where a Redis or Valkey is, as operators write it in a config, on the command line or in the environment: "host:port", "redis://user:password@host:6379/0",
// "rediss://" for TLS, "unix:/run/redis.sock". One reading for all of them. It knows how addresses are written and nothing of who answers there.
// A password may stand in it, so no message says what was written, and what is shown has no secrets.

import { misread, type Reading, read } from "./reading.ts";

export interface RedisPlace {
  /** With its secrets, as the runtime's client takes it. */
  readonly url: string;
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

/** What a key of the schema or an option wants. */
export const redisExpected: string = 'an address such as "127.0.0.1:6379" or "redis://127.0.0.1:6379/0"';
export const redisDescription: string =
  "host:port, redis://[user:password@]host[:port][/database], rediss:// for TLS, or unix:/path.";
const forms = "host:port, or redis://[user:password@]host[:port][/database]";
const portUsual = 6379;
const portMax = 65_535;
const bare = /^(?:[^\s/]*@)?(?:\[[^\]\s/]*\]|[^\s/:@[\]]+):\d+(?:\/\d*)?$/;
const isOfRedis = /^(?:redis|rediss|valkey|valkeys|unix|redis\+unix)$/;

export function readRedisPlace(text: string): Reading<RedisPlace> {
  if (/^(?:redis\+)?unix:/i.test(text)) return readSocket(text);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined)
    return isOfRedis.test(scheme)
      ? readUrl(text)
      : misread(`must be host:port, or begin with redis://, rediss:// for TLS, valkey:// or unix:, not ${scheme}://`);
  const begun = /^(rediss?|valkeys?)(?::\/?|\/\/?)(?!\d+(?:\/\d*)?$)/i.exec(text);
  if (begun !== null) return misread(`must have "://" behind ${begun[1]}: ${forms}`);
  if (text.startsWith("/")) return misread('must have "unix:" before the path of a socket, as in unix:/run/redis.sock');
  if (/^[a-z0-9_.-]{1,100}$/i.test(text) && !/^\d+$/.test(text))
    return misread(`must have a port: write ${text}:${portUsual}`);
  return bare.test(text) ? readUrl(`redis://${text}`) : misread(`must be ${forms}`);
}

function readUrl(text: string): Reading<RedisPlace> {
  const url = URL.parse(text);
  const port = /:(\d*)(?:[/?#]|$)/.exec(text.slice(text.indexOf("://") + 3).replace(/^.*@/s, ""))?.[1] ?? "";
  if (Number(port) > portMax || (port !== "" && Number(port) === 0))
    return misread(`must have a port from 1 to ${portMax}`);
  if (url === null) return misread(/:\/\/(?:[^/]*@)?(?:[/:]|$)/.test(text) ? hostless : `must be ${forms}`);
  if (url.hostname === "") return misread(hostless);
  if (!/^\/?\d{0,9}$/.test(url.pathname))
    return misread("must have the number of a database, or nothing, behind the host");
  const isSecure = url.protocol === "rediss:" || url.protocol === "valkeys:";
  return read({
    url: text,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? portUsual : Number(port),
    path: null,
    isSecure,
    user: decoded(url.username),
    password: decoded(url.password),
    database: Number(url.pathname.slice(1)),
    shown: `${url.hostname}:${port === "" ? portUsual : Number(port)}`,
  });
}

const hostless = "must name a host, as in redis://127.0.0.1:6379";

function readSocket(text: string): Reading<RedisPlace> {
  const url = URL.parse(text);
  const path = url === null ? "" : decoded(url.pathname);
  const said = url?.searchParams.get("db") ?? "0";
  if (url === null || url.host !== "" || !/^\/[^/]/.test(path))
    return misread("must have an absolute path behind unix:, as in unix:/run/redis.sock");
  if (!/^\d{1,9}$/.test(said)) return misread("must have the number of a database behind ?db=");
  const common = { host: "", port: 0, isSecure: false, user: "", password: "" };
  return read({ ...common, url: `redis+unix://${url.pathname}`, path, database: Number(said), shown: path });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
