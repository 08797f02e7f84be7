// Sections resolvers, and the servers of a server-template that is resolved by one: a source of servers that asks the same name servers,
// as often and with as much patience. HAProxy asks again after `timeout resolve` whatever the TTL says. The last answer stays while none
// comes, where HAProxy takes the servers out after `hold`. What the template says of each server stands beside the source.
// HAProxy's manual, 5.3.

import type { DiscoverInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { readTime, written } from "./duration.ts";
import { resolversWords } from "./globalwords.ts";
import { linePath, pathOf, type Statement, type Word } from "./scene.ts";
import type { Section } from "./sections.ts";
import { enter, readCount, warn } from "./tell.ts";

export interface Resolvers {
  /** As our config writes them; empty: the system's. */
  readonly servers: readonly string[];
  readonly everyMs: number;
  readonly timeoutMs: number;
}

const usualMs = 1000;
const usualRetries = 3;
/** What an answer may take, by the schema. */
const timeoutMsMin = 10;
const timeoutMsMax = 300_000;

/** The section that is there without being written. */
export const unwritten = "default";

export function readResolvers(ledger: Ledger, sections: readonly Section[]): ReadonlyMap<string, Resolvers> {
  const all = new Map<string, Resolvers>([[unwritten, resolversOf(ledger, [])]]);
  for (const section of sections)
    if (section.kind === "resolvers" && section.name !== null)
      all.set(section.name.text, resolversOf(ledger, section.statements));
  return all;
}

function resolversOf(ledger: Ledger, statements: readonly Statement[]): Resolvers {
  const servers: string[] = [];
  let [everyMs, retryMs, retries] = [usualMs, usualMs, usualRetries];
  let system: Statement | null = null;
  for (const statement of statements) {
    const [first, second, third] = statement.words as [Word, Word | undefined, Word | undefined];
    if (!enter(ledger, resolversWords, first, "in section resolvers")) continue;
    switch (first.text) {
      case "nameserver": {
        const server = nameServerOf(ledger, statement, third);
        if (server !== null && !servers.includes(server)) servers.push(server);
        break;
      }
      case "parse-resolv-conf":
        system = statement;
        break;
      case "resolve_retries":
        retries = readCount(ledger, second, 1, 1000) ?? retries;
        break;
      case "timeout": {
        const ms = third === undefined ? null : readTime(ledger, third);
        if (ms === 0) ledger.fault(pathOf(third!), "must be more than 0, as in HAProxy");
        if (second?.text === "resolve") everyMs = ms ?? everyMs;
        else if (second?.text === "retry") retryMs = ms ?? retryMs;
        else ledger.fault(linePath(statement), "needs resolve or retry, and a time");
        break;
      }
      default:
    }
  }
  if (system !== null && servers.length > 0)
    warn(ledger, system.words[0]!, "adds nothing: only the name servers that are written here are asked");
  const patienceMs = Math.min(Math.max(retryMs * retries, timeoutMsMin), timeoutMsMax);
  // A question that is late would delay the next.
  return { servers, everyMs, timeoutMs: Math.min(patienceMs, Math.max(everyMs, timeoutMsMin)) };
}

/** `nameserver NAME [udp@|tcp@]ADDRESS:PORT`. */
function nameServerOf(ledger: Ledger, statement: Statement, word: Word | undefined): string | null {
  const found = /^(?:(udp|udp4|udp6|ipv4|ipv6|tcp|tcp4|tcp6)@)?(\[[0-9a-fA-F:.]+\]|.+):(\d{1,5})$/.exec(
    word?.text ?? "",
  );
  const kind = /^([a-z0-9+]+)@/.exec(word?.text ?? "")?.[1];
  if (word !== undefined && found === null && kind !== undefined) {
    ledger.refuse(pathOf(word), "name servers are asked at an address with a port");
    return null;
  }
  if (word === undefined || found === null) {
    ledger.fault(word === undefined ? linePath(statement) : pathOf(word), "needs a name, and an address with a port");
    return null;
  }
  if (found[1]?.startsWith("tcp") === true)
    ledger.approximate(pathOf(word), "it is asked over UDP first, and over TCP for what does not fit");
  const host = found[2]!;
  return `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${found[3]}`;
}

/** The source of a server-template; `name` is a service where it begins with an underscore, as in HAProxy. */
export function dnsOf(
  { servers, everyMs, timeoutMs }: Resolvers,
  { name, port }: { readonly name: string; readonly port: number | null },
  preferred: Word | null,
  usual: Pick<DiscoverInput, "weight" | "maxConnections" | "backup">,
): DiscoverInput {
  return {
    dns: {
      name,
      ...(port === null ? { record: "srv" } : { port }),
      ...(servers.length === 0 ? {} : { servers: [...servers] }),
      // HAProxy's own choice, where nothing is said.
      prefer: preferred?.text === "ipv4" ? "ipv4" : "ipv6",
    },
    interval: written(Math.max(everyMs, 1)),
    timeout: written(timeoutMs),
    ...usual,
  };
}
