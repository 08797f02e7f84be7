// `stats socket` of section global, with `stats timeout` and `stats maxconn`: sockets that speak HAProxy's runtime API here too. Where
// anybody from elsewhere could reach one it is left out: it asks for no password, and what it does is done.

import { isLoopback, readListenAddress } from "../../../base/address.ts";
import type { HaproxyInput, HaproxySocketInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { readTime, written } from "./duration.ts";
import { linePath, pathOf, type Statement, type Word } from "./scene.ts";
import { readCount } from "./tell.ts";

const levels = ["user", "operator", "admin"] as const;
const timeoutMs = { min: 1000, max: 24 * 3_600_000 } as const;

/** Words that have a value behind them, and do nothing here. */
const passedOver: Readonly<Record<string, string>> = {
  "expose-fd": "a reload opens no listener anew, and nobody needs to be given one",
  process: "there is one process that answers",
  thread: "there is one process that answers",
  shards: "there is one process that answers",
  nice: "answers are made beside traffic, in another process",
  "severity-output": "answers have no level of severity",
  backlog: "the system has one",
  maxconn: "stats maxconn is what holds",
  namespace: "it is in the network that Sluice is in",
  interface: "it is where its address says",
  id: "it has no number",
  name: "it has no name",
};

/** Adds to `config` what the statement says. */
export function readStats(ledger: Ledger, statement: Statement, config: HaproxyInput): void {
  const word = statement.words[1]!;
  const value = statement.words[2];
  switch (word.text) {
    case "socket": {
      const socket = readSocket(ledger, statement);
      if (socket !== null) config.sockets = [...(config.sockets ?? []), socket];
      return;
    }
    case "timeout": {
      const ms = value === undefined ? null : readTime(ledger, value);
      if (value === undefined) ledger.fault(linePath(statement), "needs a time behind it");
      if (ms !== null) config.timeout = written(Math.min(Math.max(ms, timeoutMs.min), timeoutMs.max));
      return;
    }
    case "maxconn": {
      const count = readCount(ledger, value, 1, 2 ** 31 - 1);
      if (count !== null) config.connections = Math.min(count, 1000);
      return;
    }
    case "bind-process":
      return ledger.note(linePath(statement), "there is one process that answers");
    default:
      ledger.fault(pathOf(word), "must be socket, timeout or maxconn");
  }
}

function readSocket(ledger: Ledger, statement: Statement): HaproxySocketInput | null {
  const [word, ...rest] = statement.words.slice(2);
  if (word === undefined) {
    ledger.fault(linePath(statement), "needs a path, as in stats socket /run/haproxy/admin.sock");
    return null;
  }
  const listen = placeOf(ledger, word);
  const socket: HaproxySocketInput = { listen: listen ?? "" };
  for (let at = 0; at < rest.length; at++) {
    const name = rest[at]!;
    const value = rest[at + 1];
    if (["accept-proxy", "ssl", "transparent", "v4v6", "v6only", "tfo"].includes(name.text)) {
      if (name.text === "ssl")
        ledger.approximate(pathOf(name), "it speaks no TLS, for it is reached from this machine alone");
      continue;
    }
    at++;
    if (value === undefined) ledger.fault(pathOf(name), "needs a value behind it");
    else take(ledger, socket, name, value);
  }
  return listen === null ? null : socket;
}

function take(ledger: Ledger, socket: HaproxySocketInput, name: Word, value: Word): void {
  switch (name.text) {
    case "mode":
      if (!/^0?[0-7]{1,4}$/.test(value.text)) ledger.fault(pathOf(value), "must be an octal mode such as 660");
      // What is beyond the nine bits of permissions does nothing to a socket.
      else socket.mode = value.text.padStart(3, "0").slice(-3);
      return;
    case "user":
    case "uid":
      socket.user = value.text;
      return;
    case "group":
    case "gid":
      socket.group = value.text;
      return;
    case "level": {
      const level = levels.find((each) => each === value.text);
      if (level === undefined) ledger.fault(pathOf(value), `must be ${levels.join(", ")}`);
      else socket.level = level;
      return;
    }
    default:
      if (Object.hasOwn(passedOver, name.text)) ledger.note(pathOf(name), passedOver[name.text]!);
      else ledger.approximate(pathOf(name), "is passed over: it does nothing at such a socket here");
  }
}

/** Null after telling why there is none. */
function placeOf(ledger: Ledger, word: Word): string | null {
  const [, kind = "", bare = word.text] = /^([a-z0-9+]+)@(.*)$/.exec(word.text) ?? [];
  if (["fd", "sockpair", "abns", "abnsz"].includes(kind)) {
    ledger.approximate(pathOf(word), "it is left out: sockets are not inherited, and have a path or an address");
    return null;
  }
  const place = bare.startsWith("/") ? `unix:${bare}` : bare.replace(/^\*(?=:)/, "0.0.0.0");
  const reading = readListenAddress(place);
  if (!reading.ok) {
    ledger.fault(pathOf(word), `must be a path, or an address with its port: it ${reading.message}`);
    return null;
  }
  if (reading.value.kind === "unix") return place;
  if (isLoopback(reading.value.host)) {
    ledger.approximate(
      pathOf(word),
      "every user of this machine may give commands there, as in HAProxy, for no password is asked for; a path with a mode has an owner",
    );
    return place;
  }
  ledger.approximate(
    pathOf(word),
    "it is left out: whoever reaches that address would control this proxy, and no password is asked for; write 127.0.0.1, or use the admin interface, which has a token",
  );
  return null;
}
