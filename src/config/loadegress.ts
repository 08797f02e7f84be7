// What egress pools need of this machine: nginx' files with the servers that are their members, and which addresses there are here.
// Files are watched like all that a config names: read again later with what was read before, one that has become bad leaves its members as
// they were. That an address is not here is no error, for it may be added a moment later.

import { networkInterfaces } from "node:os";
import { dirname, resolve } from "node:path";
import { quote } from "../base/reading.ts";
import { type AddressRange, addressText, readAddressRange, visitAddresses } from "./addressrange.ts";
import { countMembers, isAmong, membersMax } from "./egressmembers.ts";
import type { Finding } from "./issues.ts";
import { keptText } from "./loadcertificates.ts";
import type { Files } from "./loadfiles.ts";
import { LocalAddresses } from "./loadlocal.ts";
import type { Materials } from "./materials.ts";
import { type Gateway, GatewayReader, type Remark } from "./nginx/gateways.ts";
import { filesFor } from "./nginx/included.ts";
import type { Path } from "./problem.ts";
import type { Config, Egress, EgressMembers } from "./types.ts";

/** A server block has some 600 bytes; with more than 65,536 of them nobody has members for them. */
const fileBytesMax = 64 * 1024 * 1024;
const remarksMax = 20;
/** Of one board, which a process has to map whole. */
const historyBytesMax = 2 * 1024 ** 3;
/** As they are kept (memory/egress.ts). */
const entryBytes = 20;
const changeBytes = 12;

export interface LoadedGateways {
  /** By the file as the config names it. */
  readonly gateways: Map<string, readonly Gateway[]>;
  readonly findings: Finding[];
}

/** The config with whole paths of logs. */
export function egressFrom(config: Config, folder: string): Config {
  const pools = Object.entries(config.egress);
  if (pools.every(([, { logs }]) => logs.length === 0)) return config;
  const whole = pools.map(([name, pool]): [string, Egress] => [
    name,
    { ...pool, logs: pool.logs.map((log) => ({ ...log, path: resolve(folder, log.path) })) },
  ]);
  return { ...config, egress: Object.fromEntries(whole) };
}

export function loadGateways(config: Config, folder: string, files: Files, before?: Materials): LoadedGateways {
  const gateways = new Map<string, readonly Gateway[]>();
  const findings: Finding[] = [];
  for (const { group, path } of groupsOf(config)) {
    const { nginx } = group;
    if (nginx === undefined || gateways.has(nginx)) continue;
    const at: Path = [...path, "nginx"];
    const say = (severity: Finding["severity"], message: string): void =>
      void findings.push({ severity, path: at, part: "value", message: `names ${quote(nginx)}, ${message}` });
    const { found, remarks, paths } = readFiles(nginx, folder, files);
    const former = before?.gateways(nginx);
    const bad = remarks.filter(({ severity }) => severity === "error").map((one) => placed(one, paths));
    if (bad.length === 0 && found.length === 0)
      bad.push("in which no server has listen and proxy_bind, nor a /test that returns port->address");
    if (bad.length > 0) {
      gateways.set(nginx, former ?? []);
      for (const message of bad.slice(0, remarksMax))
        say(former === undefined ? "error" : "warning", `${message}${former === undefined ? "" : keptText}`);
      continue;
    }
    gateways.set(nginx, found);
    for (const one of remarks.slice(0, remarksMax)) say("warning", placed(one, paths));
    if (remarks.length > remarksMax) say("warning", `where the same is so ${remarks.length - remarksMax} times more`);
  }
  return { gateways, findings };
}

function readFiles(
  nginx: string,
  folder: string,
  files: Files,
): { found: readonly Gateway[]; remarks: readonly Remark[]; paths: readonly string[] } {
  const paths = filesFor(resolve(folder, nginx), files) ?? [resolve(folder, nginx)];
  let base = folder;
  const reader = new GatewayReader({
    text: (file) => files.text(file, fileBytesMax),
    // nginx' own folder is that of its nginx.conf: the file's, or the one above where the file is one of conf.d.
    included: (pattern) =>
      filesFor(resolve(base, pattern), files, true) ?? filesFor(resolve(dirname(base), pattern), files),
  });
  for (const path of paths) {
    base = dirname(path);
    reader.read(path);
  }
  const none: Remark = { severity: "error", file: "", line: 0, message: "for which there is no file" };
  return { found: reader.gateways, remarks: paths.length === 0 ? [none] : reader.remarks, paths };
}

/** As the rest of a sentence about the file that the config names. */
function placed({ file, line, message }: Remark, paths: readonly string[]): string {
  if (file === "") return message;
  if (line === 0) return paths.length === 1 ? `which ${message}` : `of which ${file} ${message}`;
  return paths.length === 1 && paths[0] === file ? `whose line ${line} ${message}` : `where ${file}:${line} ${message}`;
}

function* groupsOf({ egress }: Config): Generator<{ pool: string; group: EgressMembers; path: Path }> {
  for (const [pool, { members }] of Object.entries(egress))
    for (const [index, group] of members.entries()) yield { pool, group, path: ["egress", pool, "members", index] };
}

/** What only this machine can tell, and how much comes together. `local`: what it has. */
export function reviewEgressMembers(
  config: Config,
  materials: Materials,
  local: () => LocalAddresses = () => LocalAddresses.here(networkInterfaces()),
): Finding[] {
  const findings: Finding[] = [];
  let here: LocalAddresses | null = null;
  for (const { group, path } of groupsOf(config))
    for (const [index, text] of (group.addresses ?? []).entries()) {
      const reading = readAddressRange(text);
      if (!reading.ok) continue;
      here ??= local();
      const message = awayText(text, reading.value, group.count ?? 0, here);
      if (message !== null)
        findings.push({ severity: "warning", path: [...path, "addresses", index], part: "value", message });
    }
  for (const { group, path } of groupsOf(config)) {
    if (group.nginx === undefined || group.ports === undefined) continue;
    const servers = materials.gateways(group.nginx) ?? [];
    if (servers.length === 0 || servers.some(({ port }) => isAmong(port, group.ports))) continue;
    const message = `has no port of a server in ${group.nginx}: the section has no members`;
    findings.push({ severity: "warning", path: [...path, "ports"], part: "value", message });
  }
  for (const [name, pool] of Object.entries(config.egress)) findings.push(...reviewSize(name, pool, materials));
  return findings;
}

function awayText(text: string, range: AddressRange, count: number, here: LocalAddresses): string | null {
  let [all, away, first] = [0, 0, ""];
  visitAddresses(range, count, (words) => {
    all += 1;
    if (here.holds(words)) return;
    away += 1;
    if (first === "") first = addressText(words);
  });
  if (away === 0) return null;
  const block = range.hostBits === null ? first : text.trim();
  // Of IPv6 a route alone lets the system answer, and not yet begin.
  const how = text.includes(":")
    ? `ip -6 route add local ${block} dev lo, and sysctl net.ipv6.ip_nonlocal_bind=1`
    : `ip route add local ${block} dev lo`;
  const routed = `have ${all === 1 ? "it" : "them"} routed here (${how})`;
  if (all === 1) return `is no address of this machine now: add it to an interface, or ${routed}`;
  return `has ${away} addresses that this machine does not have now, ${first} the first: add them to an interface, or ${routed}`;
}

function reviewSize(name: string, pool: Egress, materials: Materials): Finding[] {
  const { members, twice, leftOut } = countMembers(pool.members, (file) => materials.gateways(file) ?? []);
  const findings: Finding[] = [];
  const at = (...path: Path): Path => ["egress", name, ...path];
  if (leftOut > 0)
    findings.push({
      severity: "error",
      path: at("members"),
      part: "key",
      message: `are ${members + leftOut} together; at most ${membersMax} are possible`,
    });
  const groups = Map.groupBy(twice, ({ group }) => group);
  for (const [group, some] of groups) {
    const more = some.length > 1 ? ` and ${some.length - 1} more` : "";
    findings.push({
      severity: "warning",
      path: at("members", group),
      part: "value",
      message: `has ${some[0]!.id}${more} a second time; the first counts`,
    });
  }
  const { entries, changes } = pool.history;
  const bytes = members * (entries * entryBytes + changes * changeBytes);
  if (bytes > historyBytesMax)
    findings.push({
      severity: "error",
      path: at("history"),
      part: "value",
      message: `makes ${(bytes / 1024 ** 3).toFixed(1)} GiB for ${members} members; at most 2 GiB are possible`,
    });
  return findings;
}
