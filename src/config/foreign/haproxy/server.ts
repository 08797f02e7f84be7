// Server lines as servers of a pool, with the default-server lines above each laid under it; and what they say of checks, ejection,
// the cookie and slowstart, which are the pool's here.

import { isIp } from "../../../base/address.ts";
import type { DiscoverInput, ServerInput, ServerTlsInput } from "../../input.ts";
import type { Ledger } from "../ledger.ts";
import { serverAddress } from "./address.ts";
import type { Ground } from "./ground.ts";
import { Options, readOptions } from "./options.ts";
import { dnsOf, type Resolvers } from "./resolvers.ts";
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
  /** Of a template whose name is asked for again and again: its servers come from there, and `input` is what each of them has. */
  readonly source: DiscoverInput | null;
  /** Where its name is to be asked for; empty: of the system. Null where the address is no name. */
  readonly nameServers: readonly string[] | null;
}

/** What servers are read with. */
export interface Surroundings {
  readonly ground: Ground;
  readonly resolvers: ReadonlyMap<string, Resolvers>;
  /** The one port that clients come to, or null. */
  readonly port: number | null;
}

const vocabulary = { words: serverWords, flags: serverFlags, where: "on a server line" };

/** `statements` are server, server-template, dispatch and default-server in their order. */
export function readServers(ledger: Ledger, statements: readonly Statement[], around: Surroundings): ServerLine[] {
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
    const line = lineOf(ledger, parts, usual.and(own), around);
    if (line !== null) lines.push(line);
  }
  return lines;
}

interface Parts {
  readonly name: string;
  readonly word: Word;
  readonly rest: readonly Word[];
  /** Of a template: how many servers there may be. */
  readonly count: Word | null;
}

function partsOf(ledger: Ledger, statement: Statement, rest: readonly Word[]): Parts | null {
  const kind = statement.words[0]!.text;
  const [first, second, third] = rest;
  if (kind === "dispatch" && first !== undefined)
    return { name: "dispatch", word: first, rest: rest.slice(1), count: null };
  if (kind === "server" && first !== undefined && second !== undefined)
    return { name: first.text, word: second, rest: rest.slice(2), count: null };
  if (kind === "server-template" && second !== undefined && third !== undefined) {
    if (!/^\d+(-\d+)?$/.test(second.text)) {
      ledger.fault(pathOf(second), 'must be a number of servers, or a range such as "1-5"');
      return null;
    }
    return { name: `${first!.text}1`, word: third, rest: rest.slice(3), count: second };
  }
  const needed =
    { server: "a name and an address", dispatch: "an address" }[kind] ?? "a prefix, a number and an address";
  ledger.fault(linePath(statement), `needs ${needed}`);
  return null;
}

function lineOf(
  ledger: Ledger,
  { name, word, count }: Parts,
  options: Options,
  around: Surroundings,
): ServerLine | null {
  const { ground, port } = around;
  const resolvers = around.resolvers.get(options.value("resolvers")?.text ?? "");
  const isService = count !== null && resolvers !== undefined && word.text.startsWith("_");
  const address = isService ? word.text.replace(/:\d*$/, "") : serverAddress(ledger, word, port);
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
  const asked = address === null ? null : nameIn(address);
  if (count !== null && (resolvers === undefined || asked === null))
    ledger.approximate(pathOf(count), "there is one server, at the address that the name is resolved to");
  const preferred = options.value("resolve-prefer");
  if (preferred !== null && !["ipv4", "ipv6"].includes(preferred.text))
    ledger.fault(pathOf(preferred), "must be ipv4 or ipv6");
  const nameServers = asked === null ? null : (resolvers?.servers ?? []);
  const line: ServerLine = { name, word, options, input, tls, source: null, nameServers };
  if (resolvers === undefined || asked === null || count === null) return line;
  ledger.approximate(pathOf(count), "every address that the name has is a server, also beyond so many");
  for (const option of ["cookie", "disabled", "id"])
    if (options.lastOf(option === "disabled" ? ["disabled", "enabled"] : [option])?.text === option)
      ledger.approximate(
        pathOf(options.word(option)!),
        "servers of a template are in service, and have words of their own",
      );
  const { backup, weight: share, maxConnections: most } = input;
  const usual = {
    ...(share === undefined || share === 0 ? {} : { weight: share }),
    ...(most === undefined ? {} : { maxConnections: most }),
    ...(backup === true ? { backup: true as const } : {}),
  };
  return { ...line, source: dnsOf(resolvers, asked, preferred, usual) };
}

/** What is asked for; null where there is nothing to ask. */
function nameIn(address: string): { readonly name: string; readonly port: number | null } | null {
  if (address.startsWith("_")) return { name: address, port: null };
  const found = /^([^/[\]:]+):(\d+)$/.exec(address);
  return found === null || isIp(found[1]!) ? null : { name: found[1]!, port: Number(found[2]) };
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
