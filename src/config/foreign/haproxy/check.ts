// Health checks: which kind a backend asks for, when, and of which servers. A pool has one check, so what servers say of theirs (inter,
// rise, fall, port) is taken from the first that is checked, and told where others differ. Kinds have files of their own.

import type { CheckInput, EjectionInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { httpCheck } from "./checkhttp.ts";
import { type Asked, bannerCheck, externalCheck, handshakeCheck } from "./checkkinds.ts";
import { tcpCheck } from "./checktcp.ts";
import { readTime, written } from "./duration.ts";
import { linePath, pathOf, type Statement } from "./scene.ts";
import type { ServerLine } from "./server.ts";
import type { Settings } from "./settings.ts";
import { readCount } from "./tell.ts";
import type { Times } from "./timeouts.ts";
import { protocols } from "./tls.ts";

const kinds =
  "httpchk tcp-check mysql-check redis-check pgsql-check ldap-check smtpchk ssl-hello-chk external-check".split(" ");

/** Null without `check` on any server; what is wrong with its words is told all the same. */
export function checkOf(
  ledger: Ledger,
  settings: Settings,
  servers: readonly ServerLine[],
  times: Times,
): CheckInput | null {
  const what = whatOf(ledger, settings);
  const checked = servers.filter(({ options }) => options.flag("check") !== null || options.has("track"));
  const first = checked[0];
  if (first === undefined) return null;
  tellOthers(ledger, servers, checked);
  const asked = { ...what, ...protocolOf(ledger, settings, what, first) };
  const everyMs = Math.max(timeOf(ledger, first, "inter") ?? 2000, 100);
  const changingMs = timeOf(ledger, first, "fastinter");
  const downMs = timeOf(ledger, first, "downinter");
  const rise = readCount(ledger, first.options.value("rise") ?? undefined, 1, 100);
  const fall = readCount(ledger, first.options.value("fall") ?? undefined, 1, 100);
  const port = readCount(ledger, first.options.value("port") ?? undefined, 1, 65_535);
  // With timeout check a connection is waited for no longer than inter, and what is read then for as long as it says.
  const connectMs = Math.min(times.connect ?? everyMs, everyMs);
  const timeoutMs = times.check === null ? everyMs : times.check + connectMs;
  const isOverTls = first.options.flag("check-ssl") !== null;
  return {
    ...asked,
    ...(isOverTls && asked.exec === undefined ? { tls: true } : {}),
    ...(port === null || asked.port !== undefined ? {} : { port }),
    ...(everyMs === 2000 ? {} : { every: written(everyMs) }),
    ...(downMs === null ? {} : { everyDown: written(Math.max(downMs, 100)) }),
    ...(changingMs === null ? {} : { everyChanging: written(Math.max(changingMs, 100)) }),
    timeout: written(Math.max(timeoutMs, 10)),
    ...(rise === null || rise === 2 ? {} : { rise }),
    ...(fall === null || fall === 3 ? {} : { fall }),
  };
}

function whatOf(ledger: Ledger, settings: Settings): Asked {
  const statement = settings.lastOption(kinds);
  const name = statement?.words[1]?.text;
  switch (name) {
    case undefined:
      return { tcp: true };
    case "httpchk":
      return httpCheck(ledger, statement!, settings.all("http-check"));
    case "tcp-check":
      return tcpCheck(ledger, settings.all("tcp-check"));
    case "ssl-hello-chk":
      return handshakeCheck();
    case "external-check":
      return externalCheck(ledger, settings, statement!);
    default:
      return bannerCheck(ledger, name, statement!);
  }
}

/** check-proto, or check-alpn, where a check speaks HTTP in another version than traffic does. */
function protocolOf(ledger: Ledger, settings: Settings, what: Asked, { options, input }: ServerLine): Asked {
  if (settings.proxy.mode === "tcp") return {};
  const word = options.value("check-proto") ?? (input.tls === undefined ? null : options.value("check-alpn"));
  const isUsual = input.http2 === true;
  const isHttp2 = word === null || word.text === "none" ? isUsual : protocols(word).includes("h2");
  if (what.http !== undefined) return isHttp2 === isUsual ? {} : { http2: isHttp2 };
  const statement = settings.option("httpchk");
  if (statement !== undefined && isHttp2)
    ledger.refuse(
      linePath(statement),
      "a check with fields of its own, a body, or a text that is looked for, is of HTTP/1.1, and the server is asked by HTTP/2; with check-proto h1 it goes by that",
    );
  return {};
}

function timeOf(ledger: Ledger, { options }: ServerLine, name: string): number | null {
  const word = options.value(name);
  return word === null ? null : readTime(ledger, word);
}

const perServer = ["inter", "fastinter", "downinter", "rise", "fall", "port"];

function tellOthers(ledger: Ledger, servers: readonly ServerLine[], checked: readonly ServerLine[]): void {
  const first = checked[0]!;
  for (const server of checked)
    for (const name of perServer)
      if (server.options.value(name)?.text !== first.options.value(name)?.text)
        ledger.approximate(
          pathOf(server.options.value(name) ?? server.word),
          `all servers of a pool have one check; ${name} is that of ${first.name}`,
        );
  for (const server of servers)
    if (!checked.includes(server))
      ledger.approximate(
        pathOf(server.word),
        "it is checked like the others of its pool; in HAProxy, without check, it counts as up",
      );
  for (const { options } of checked) {
    const tracked = options.value("track");
    if (tracked !== null && options.flag("check") !== null)
      ledger.fault(
        pathOf(tracked),
        "cannot stand beside check, as in HAProxy: who tracks another is not checked itself",
      );
    else if (tracked !== null)
      ledger.approximate(pathOf(tracked), "the server is checked by itself, as its own backend says");
  }
  const name = first.options.value("check-sni");
  if (name !== null) ledger.approximate(pathOf(name), "a check asks for the same name as traffic does");
}

/** `observe layer4|layer7` with `error-limit` and `on-error`. */
export function ejectionOf(ledger: Ledger, servers: readonly ServerLine[]): EjectionInput | null {
  const first = servers.find(({ options }) => options.has("observe"));
  if (first === undefined) return null;
  const { options } = first;
  const observed = options.value("observe")!;
  if (observed.text !== "layer4" && observed.text !== "layer7")
    ledger.fault(pathOf(observed), "must be layer4 or layer7");
  const failures = readCount(ledger, options.value("error-limit") ?? undefined, 1, 10_000);
  const action = options.value("on-error");
  if (action !== null && !["fastinter", "fail-check", "sudden-death", "mark-down"].includes(action.text))
    ledger.fault(pathOf(action), "must be fastinter, fail-check, sudden-death or mark-down");
  ledger.approximate(
    pathOf(observed),
    "after so many failures in a row the server is left out for 30s, whatever on-error says; 5xx count too",
  );
  return { consecutiveFailures: failures ?? 10 };
}

/** `http-check` and its like without their option do nothing, as in HAProxy. */
export function tellIdle(ledger: Ledger, settings: Settings): void {
  const pairs: readonly (readonly [string, string])[] = [
    ["http-check", "httpchk"],
    ["tcp-check", "tcp-check"],
    ["external-check", "external-check"],
  ];
  for (const [word, option] of pairs) {
    if (settings.option(option) !== undefined) continue;
    const own = settings.all(word).filter((statement: Statement) => !statement.isInherited);
    for (const statement of own)
      ledger.note(linePath(statement), `it does nothing without option ${option}, as in HAProxy`);
  }
}
