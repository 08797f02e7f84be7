// Server lines as servers of a pool, with the default-server lines above each laid under it; and what they say of checks, ejection,
// the cookie and slowstart, which are the pool's here.

import type { ServerInput, ServerTlsInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { serverAddress } from "./address.ts";
import type { Ground } from "./ground.ts";
import { Options, readOptions } from "./options.ts";
import { linePath, pathOf, type Statement, type Word } from "./scene.ts";
import { serverTlsOf } from "./servertls.ts";
import { serverFlags, serverWords } from "./serverwords.ts";
import { readCount } from "./tell.ts";
import { protocols } from "./tls.ts";

export interface ServerLine {
  readonly name: string;
  /** The address's word. */
  readonly word: Word;
  readonly options: Options;
  readonly input: ServerInput;
  readonly tls: ServerTlsInput | null;
}

const vocabulary = { words: serverWords, flags: serverFlags, where: "on a server line" };

/** `statements` are server, server-template, dispatch and default-server in their order. `port`: the one port that clients come to, or null. */
export function readServers(
  ledger: Ledger,
  statements: readonly Statement[],
  ground: Ground,
  port: number | null,
): ServerLine[] {
  let usual = new Options([]);
  const lines: ServerLine[] = [];
  const names = new Map<string, number>();
  for (const statement of statements) {
    const first = statement.words[0]!;
    const rest = statement.words.slice(1);
    if (first.text === "default-server") {
      usual = usual.and(readOptions(ledger, rest, vocabulary));
      continue;
    }
    const parts = partsOf(ledger, statement, rest);
    if (parts === null) continue;
    const before = names.get(parts.name);
    if (before !== undefined && first.text === "server") {
      ledger.fault(pathOf(rest[0]!), `is the name of the server in line ${before} already`);
      continue;
    }
    names.set(parts.name, statement.line);
    const own = readOptions(ledger, parts.rest, vocabulary);
    const line = lineOf(ledger, parts.name, parts.word, usual.and(own), ground, port);
    if (line !== null) lines.push(line);
  }
  return lines;
}

interface Parts {
  readonly name: string;
  readonly word: Word;
  readonly rest: readonly Word[];
}

function partsOf(ledger: Ledger, statement: Statement, rest: readonly Word[]): Parts | null {
  const kind = statement.words[0]!.text;
  const [first, second, third] = rest;
  if (kind === "dispatch" && first !== undefined) return { name: "dispatch", word: first, rest: rest.slice(1) };
  if (kind === "server" && first !== undefined && second !== undefined)
    return { name: first.text, word: second, rest: rest.slice(2) };
  if (kind === "server-template" && second !== undefined && third !== undefined) {
    if (!/^\d+(-\d+)?$/.test(second.text)) {
      ledger.fault(pathOf(second), 'must be a number of servers, or a range such as "1-5"');
      return null;
    }
    ledger.approximate(pathOf(second), "there is one server, at the address that the name is resolved to");
    return { name: `${first!.text}1`, word: third, rest: rest.slice(3) };
  }
  const needed =
    { server: "a name and an address", dispatch: "an address" }[kind] ?? "a prefix, a number and an address";
  ledger.fault(linePath(statement), `needs ${needed}`);
  return null;
}

function lineOf(
  ledger: Ledger,
  name: string,
  word: Word,
  options: Options,
  ground: Ground,
  port: number | null,
): ServerLine | null {
  const address = serverAddress(ledger, word, port);
  const weight = readCount(ledger, options.value("weight") ?? undefined, 0, 256);
  readCount(ledger, options.value("id") ?? undefined, 1, 2 ** 31 - 1);
  const maxConnections = readCount(ledger, options.value("maxconn") ?? undefined, 0, 1_000_000);
  const off = options.lastOf(["disabled", "enabled"]);
  const tls = options.flag("ssl") === null ? null : serverTlsOf(ledger, options, ground);
  const isHttp2 = isAskedByHttp2(ledger, options, tls);
  if (address === null) return null;
  const source = sourceOf(ledger, options.value("source"));
  const proxyProtocol = headerOf(options);
  const input: ServerInput = {
    address,
    ...(weight === null || weight === 1 ? {} : { weight }),
    ...(off?.text === "disabled" ? { drain: true } : {}),
    ...(options.flag("backup") === null ? {} : { backup: true }),
    ...(maxConnections === null || maxConnections === 0 ? {} : { maxConnections }),
    ...(isHttp2 ? { http2: true } : {}),
    ...(tls === null ? {} : { tls: Object.keys(tls).length === 0 ? true : tls }),
    ...(proxyProtocol === null ? {} : { proxyProtocol }),
    ...(source === null ? {} : { source }),
  };
  return { name, word, options, input, tls };
}

/** `proto h2` in the clear, and `alpn` with h2 over TLS. `proto` comes before what is agreed on, and over TLS says nothing to the server. */
function isAskedByHttp2(ledger: Ledger, options: Options, tls: ServerTlsInput | null): boolean {
  const proto = options.value("proto");
  const isOffered = tls !== null && protocols(options.value("alpn")).includes("h2");
  if (proto === null || proto.text === "none") return isOffered;
  if (proto.text === "h1") return false;
  if (proto.text !== "h2") {
    ledger.refuse(pathOf(proto), `${proto.text} is not spoken to servers; HTTP/1.1 and HTTP/2 (h2) are`);
    return isOffered;
  }
  if (tls !== null && !isOffered)
    ledger.approximate(
      pathOf(proto),
      "over TLS HTTP/2 is offered by ALPN, and a server that says nothing of it is asked by HTTP/1.1",
    );
  return true;
}

function headerOf(options: Options): "v1" | "v2" | null {
  const names = ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn"];
  const said = names.map((name) => options.flag(name)?.text).filter((name) => name !== undefined);
  if (said.length === 0) return null;
  return said.some((name) => name !== "send-proxy") ? "v2" : "v1";
}

/** `source ADDRESS[:PORT]`: the port is the system's choice. */
export function sourceOf(ledger: Ledger, word: Word | null): string | null {
  if (word === null || /^(?:0\.0\.0\.0|\*|::)(?::0)?$/.test(word.text)) return null;
  const found = /^(?:ipv[46]@)?(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::([\d-]+))?$/.exec(word.text);
  if (found === null && !word.text.includes("::")) {
    ledger.refuse(pathOf(word), "connections come from an IP address of this machine; write one");
    return null;
  }
  if (found?.[3] !== undefined && found[3] !== "0")
    ledger.approximate(pathOf(word), "the port is chosen by the system");
  return found?.[1] ?? found?.[2] ?? word.text;
}
