// The checks that are no conversation of the operator's: the greeting of a mail or MySQL server, the first exchange with Redis,
// PostgreSQL and LDAP, a TLS handshake, a command. Bytes are those that HAProxy sends.

import type { CheckInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { linePath, pathOf, type Statement, type Word } from "./scene.ts";
import type { Settings } from "./settings.ts";

/** What is asked, without when. */
export type Asked = Pick<
  CheckInput,
  "http" | "tcp" | "exec" | "expect" | "method" | "host" | "send" | "receive" | "port" | "tls" | "http2"
>;

export function handshakeCheck(): Asked {
  return { tcp: true, tls: true };
}

export function bannerCheck(ledger: Ledger, name: string, statement: Statement): Asked {
  const { words } = statement;
  const word = words[1]!;
  switch (name) {
    case "redis-check":
      return { tcp: true, send: "*1\\r\\n$4\\r\\nPING\\r\\n", receive: { starts: "+PONG\\r\\n" } };
    case "smtpchk":
      ledger.approximate(pathOf(word), "the server must greet with 220; nothing is said to it");
      return { tcp: true, receive: { starts: "220" } };
    case "mysql-check":
      ledger.approximate(pathOf(word), "the server must greet as MySQL does; nobody logs in");
      return { tcp: true, receive: { pattern: "^[\\x00-\\xff]{3}\\x00\\x0a" } };
    case "pgsql-check":
      return startup(ledger, statement);
    default:
      return {
        tcp: true,
        send: "\\x30\\x0c\\x02\\x01\\x01\\x60\\x07\\x02\\x01\\x03\\x04\\x00\\x80\\x00",
        receive: { pattern: "^\\x30[\\x00-\\xff]*\\x0a\\x01\\x00" },
      };
  }
}

/** A StartupMessage of PostgreSQL 3.0; any request for authentication is the answer of a server that is up. */
function startup(ledger: Ledger, { words, line }: Statement): Asked {
  const at = words.findIndex(({ text }) => text === "user");
  const user: Word | undefined = at === -1 ? undefined : words[at + 1];
  if (user === undefined) ledger.fault([String(line), 1], "needs user and a name, as in HAProxy");
  const body = `\x00\x03\x00\x00user\0${user?.text ?? ""}\0\0`;
  const length = body.length + 4;
  return {
    tcp: true,
    send: escaped(`\0\0${String.fromCharCode(length >> 8, length & 255)}${body}`),
    receive: { starts: "R" },
  };
}

export function externalCheck(ledger: Ledger, settings: Settings, statement: Statement): Asked {
  const command = settings.all("external-check").findLast(({ words }) => words[1]?.text === "command")?.words[2];
  const path = settings.all("external-check").findLast(({ words }) => words[1]?.text === "path");
  if (path !== undefined)
    ledger.approximate(linePath(path), "the command finds others by the PATH of Sluice; write whole paths");
  if (command === undefined) ledger.fault(linePath(statement), "needs external-check command and a path");
  else
    ledger.approximate(
      pathOf(command),
      "it is told server and port as HAProxy tells them, and no variables HAPROXY_...",
    );
  return { exec: [command?.text ?? "true", "NOT_USED", "NOT_USED", "{host}", "{port}"] };
}

/** Bytes as `send` and `receive` write them. */
export function escaped(bytes: string): string {
  return bytes.replaceAll(/[\x00-\x1f\\\x7f-\xff]/g, (char) => {
    const usual = { "\r": "\\r", "\n": "\\n", "\t": "\\t", "\\": "\\\\" }[char];
    return usual ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** Text as a regular expression that fits just it. */
export function literal(text: string): string {
  return text
    .replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
    .replaceAll(/[\x00-\x1f\x7f-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
