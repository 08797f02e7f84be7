// server.proxy_pass: the servers behind a reverse proxy, "host:port^weight", as a pool. What cannot be an address is an error;
// goproxy leaves out in silence what it does not understand, such as a port of five digits. A server is checked by connecting to it.

import { isIp, readServerAddress, type ServerAddress } from "../../../base/address.ts";
import type { PoolInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";
import { balanceKey, balanceOf, isUniform, isWeightedThere } from "./balance.ts";

export interface ProxyPass {
  readonly input: PoolInput;
  /** Its servers, each once. */
  readonly authorities: readonly Authority[];
}

export interface Authority {
  readonly host: string;
  readonly port: number;
}

interface Entry extends Authority {
  readonly name: string;
  /** 1 when none is written. */
  readonly weight: number;
  readonly path: Path;
}

/** Undefined where goproxy is a forward proxy, and asks no server of its own. */
export function poolOf(server: Table, isReverse: boolean, ours: Path, origins: Origins): ProxyPass | undefined {
  const at = server.at("proxy_pass");
  if (!isReverse) {
    const unused = "does nothing while reverse is false, as in goproxy";
    for (const key of ["proxy_pass", "inverse_mode", "reverse_mode"])
      if (server.has(key)) server.ledger.note(server.at(key), unused);
    return undefined;
  }
  const balance = balanceOf(server);
  const entries = entriesOf(server);
  if (server.list("proxy_pass").length === 0)
    server.ledger.fault(
      server.has("proxy_pass") ? at : server.path,
      `must ${server.has("proxy_pass") ? "" : "have proxy_pass, and "}list a server at least, such as "127.0.0.1:6000", for reverse is true`,
    );
  if (entries.some(({ weight }) => weight > 1)) tellWeights(server, balance);
  origins.add(ours, at);
  origins.add([...ours, "servers"], at);
  origins.add([...ours, "balance"], server.at(balanceKey(server)));
  for (const [index, { path }] of entries.entries()) origins.add([...ours, "servers", index], path);
  const servers = entries.map(({ name, weight }) => (weight > 1 && !isUniform(balance) ? `${name}^${weight}` : name));
  return { input: { servers, balance, check: { tcp: true }, ...hostRule(entries, server) }, authorities: entries };
}

function tellWeights(server: Table, balance: NonNullable<PoolInput["balance"]>): void {
  const at = server.at("proxy_pass");
  if (isUniform(balance))
    server.ledger.note(
      at,
      "weights do nothing in mode 0, as in goproxy, which draws all servers equally; mode 1 goes by them",
    );
  else if (!isWeightedThere(balance))
    server.ledger.note(
      at,
      "weights count in this mode too: a server of weight 2 is given twice the load before another is preferred",
    );
}

/** Each server once; of two entries about one the last counts, as in goproxy. */
function entriesOf(server: Table): readonly Entry[] {
  const list = server.list("proxy_pass");
  if (list.some((text) => text.includes(","))) {
    server.ledger.fault(server.at("proxy_pass"), `must be a list: a comma in a text separates nothing${advice(list)}`);
    return [];
  }
  const found = new Map<string, Entry>();
  for (const [index, written] of list.entries()) {
    const path = [...server.at("proxy_pass"), index];
    const reading = readServerAddress(withPort(written.trim()));
    if (!reading.ok) {
      server.ledger.fault(path, reading.message);
      continue;
    }
    const { name, address, weight }: ServerAddress = reading.value;
    if (address.kind === "unix") {
      server.ledger.fault(path, 'must be an address such as "127.0.0.1:6000" or "app:8080^3"');
      continue;
    }
    if (found.has(name))
      server.ledger.approximate(path, `${name} stands here twice, and is one server; the last weight counts`);
    found.set(name, { name, host: address.host, port: address.port, weight: weight ?? 1, path });
  }
  return [...found.values()];
}

/** The list that is meant, where each word of it is a server or the URL of one that is spoken to without TLS. */
function advice(list: readonly string[]): string {
  const words = list.flatMap((text) => text.split(/[,\s]+/)).filter((word) => word !== "");
  const meant = words.map((word) => word.replace(/^http:\/\/([^/?#]+)\/?$/i, "$1"));
  if (!meant.every((word) => readServerAddress(withPort(word)).ok)) return "";
  return `; write proxy_pass = [${meant.map((word) => JSON.stringify(word)).join(", ")}]`;
}

/** goproxy speaks to a host without a port on 80. */
function withPort(text: string): string {
  const [, host = "", weight = ""] = /^([^^]*)(.*)$/s.exec(text) ?? [];
  const isBare = /^(\[[^\]]*\]|[^:/[\]\s]+)$/.test(host) && !/^\d+$/.test(host);
  return isBare ? `${host}:80${weight}` : text;
}

/**
 * goproxy asks each server by its own name. Here servers see the Host that the client asked for, which is what applications want;
 * but a site of somebody else's, such as a third party's API, knows itself by its own name only.
 */
function hostRule(entries: readonly Authority[], server: Table): Pick<PoolInput, "rules"> {
  const named = entries.filter(({ host }) => /.\.[^.]/.test(host) && !isIp(host));
  if (named.length === 0) return {};
  const authorities = new Set(entries.map(({ host, port }) => (port === 80 ? host : `${host}:${port}`)));
  const hosts = new Set(entries.map(({ host }) => host));
  const [host] = hosts;
  if (authorities.size === 1) return { rules: [{ setHeader: { host: [...authorities][0]! } }] };
  if (hosts.size === 1) return { rules: [{ setHeader: { host: host! } }] };
  server.ledger.approximate(
    server.at("proxy_pass"),
    "servers are asked by the Host that the client asked for, not each by its own name; a rule of ours, setHeader: { host: ... }, sets another",
  );
  return {};
}
