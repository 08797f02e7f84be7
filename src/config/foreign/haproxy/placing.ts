// Which statement each key of a listener and a pool comes from, so that what is found wrong with a key, or is to be said of it, is told
// at the line that says it.

import type { Path } from "../../problem.ts";
import type { Origins } from "../origins.ts";
import { linePath, pathOf, type Statement } from "./scene.ts";
import type { ServerLine } from "./server.ts";
import type { Settings } from "./settings.ts";
import type { Times } from "./timeouts.ts";

type Find = (settings: Settings) => Statement | undefined;

const last =
  (word: string): Find =>
  (settings) =>
    settings.last(word);
const option =
  (...names: string[]): Find =>
  (settings) =>
    settings.lastOption(names);

const listenerKeys: readonly (readonly [string, Find])[] = [
  ["use", last("default_backend")],
  ["maxConnections", last("maxconn")],
  ["forwarding", option("forwardfor")],
];

const poolKeys: readonly (readonly [string, Find])[] = [
  ["balance", last("balance")],
  ["stick", last("balance")],
  ["sticky", last("cookie")],
  ["retries", (settings) => settings.last("retries") ?? settings.last("retry-on")],
  ["redispatch", (settings) => option("redispatch")(settings) ?? settings.last("redispatch")],
  [
    "idle",
    (settings) => settings.last("http-reuse") ?? option("httpclose", "forceclose", "http-server-close")(settings),
  ],
  ["source", last("source")],
  [
    "check",
    option(
      "httpchk",
      "tcp-check",
      "mysql-check",
      "redis-check",
      "pgsql-check",
      "ldap-check",
      "smtpchk",
      "ssl-hello-chk",
      "external-check",
    ),
  ],
];

/** By our key, the timeouts that it comes from, the first of them that is said. */
const timeoutKeys: Readonly<Record<string, readonly string[]>> = {
  handshake: ["client-hs", "client"],
  head: ["http-request", "client"],
  idle: ["http-keep-alive", "http-request", "client"],
  read: ["client"],
  tunnel: ["tunnel", "client"],
};
const poolTimeoutKeys: Readonly<Record<string, readonly string[]>> = {
  connect: ["connect"],
  response: ["server"],
  read: ["server"],
};

export function placeListener(origins: Origins, path: Path, settings: Settings, times: Times): void {
  place(origins, path, settings, listenerKeys);
  placeTimes(origins, [...path, "timeouts"], times, timeoutKeys);
}

export function placePool(origins: Origins, path: Path, settings: Settings, times: Times): void {
  place(origins, path, settings, poolKeys);
  placeTimes(origins, [...path, "timeouts"], times, poolTimeoutKeys);
  const queue = times.words.get("queue") ?? times.words.get("connect");
  if (queue !== undefined) origins.add([...path, "queue", "timeout"], pathOf(queue));
  const check = times.words.get("check");
  if (check !== undefined) origins.add([...path, "check", "timeout"], pathOf(check));
}

/** TLS that all servers have alike is that of the first. */
export function placeServers(origins: Origins, path: Path, lines: readonly ServerLine[]): void {
  const options = lines[0]?.options;
  const said = options?.word("ssl");
  if (options === undefined || said === null || said === undefined) return;
  origins.add([...path, "tls"], pathOf(said));
  for (const [key, name] of Object.entries(tlsKeys)) {
    const value = options.value(name);
    if (value !== null) origins.add([...path, "tls", key], pathOf(value));
  }
}

const tlsKeys: Readonly<Record<string, string>> = {
  ca: "ca-file",
  verify: "verify",
  certificate: "crt",
  key: "crt",
  serverName: "sni",
  ciphers: "ciphers",
  minVersion: "ssl-min-ver",
  maxVersion: "ssl-max-ver",
  alpn: "alpn",
};

function place(origins: Origins, path: Path, settings: Settings, keys: readonly (readonly [string, Find])[]): void {
  for (const [key, find] of keys) {
    const statement = find(settings);
    if (statement !== undefined) origins.add([...path, key], linePath(statement));
  }
  for (const statement of settings.proxy.statements) placeError(origins, path, statement);
}

function placeError(origins: Origins, path: Path, statement: Statement): void {
  const [word, second, third] = statement.words.map(({ text }) => text);
  const status = word === "errorfile" ? second : word === "http-error" ? third : undefined;
  if (status === undefined && word !== "errorfiles") return;
  // What errorfiles names is of any status.
  origins.add([...path, "errors", ...(status === undefined ? [] : [status])], linePath(statement));
  if (status === "503" || status === undefined) origins.add([...path, "reply"], linePath(statement));
}

function placeTimes(
  origins: Origins,
  path: Path,
  times: Times,
  keys: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [key, names] of Object.entries(keys)) {
    const word = names.map((name) => times.words.get(name)).find((each) => each !== undefined);
    if (word !== undefined) origins.add([...path, key], pathOf(word));
  }
}
