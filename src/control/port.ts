// Whether addresses are free to listen on, found out before a worker starts. Workers share their ports with `reusePort`,
// which would let a second Sluice join in silently and take half of the connections: so control first binds each new
// address alone for a moment. When one is taken, /proc tells on Linux who holds it, as far as we may look. TCP and UDP
// ports of one number have nothing to do with each other.

import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import ipaddr from "ipaddr.js";
import { formatAddress } from "../base/address.ts";
import type { Address } from "../config/plan.ts";
import { clearPlace, holdingOf, isNameAt } from "../sockets/unixplace.ts";

export interface Holder {
  readonly pid: number;
  readonly name: string;
}

/** Processes that share their ports with whoever is to listen. */
type Sharers = ReadonlySet<number>;

const nobody: Sharers = new Set();

/**
 * A sentence for each address that cannot be listened on; none when all are free. Where all who hold a port are `sharers`, by whatever
 * address of it, it is free for them: who listens on ":80" may come to listen on "127.0.0.1:80".
 */
export async function busyAddresses(addresses: readonly Address[], sharers: Sharers = nobody): Promise<string[]> {
  const problems: string[] = [];
  for (const address of addresses) {
    const problem = address.kind === "unix" ? await tryUnix(address.path) : tryTcp(address.host, address.port, sharers);
    if (problem !== null) problems.push(problem);
  }
  return problems;
}

/** The same for addresses of listeners of mode udp. */
export async function busyDatagramAddresses(
  addresses: readonly Address[],
  sharers: Sharers = nobody,
): Promise<string[]> {
  const problems: string[] = [];
  for (const address of addresses) {
    const problem = address.kind === "unix" ? null : await tryUdp(address.host, address.port, sharers);
    if (problem !== null) problems.push(problem);
  }
  return problems;
}

function tryTcp(host: string, port: number, sharers: Sharers): string | null {
  if (port === 0) return null;
  try {
    Bun.listen({ hostname: host, port, exclusive: true, socket: { data() {} } }).stop(true);
    return null;
  } catch (error) {
    // A kernel without IPv6: workers listen on all IPv4 addresses then.
    if (host === "::" && (error as NodeJS.ErrnoException).code === "EAFNOSUPPORT")
      return tryTcp("0.0.0.0", port, sharers);
    return sharedProblem({ kind: "tcp", host, port }, error as NodeJS.ErrnoException, "tcp", sharers);
  }
}

async function tryUdp(host: string, port: number, sharers: Sharers): Promise<string | null> {
  if (port === 0) return null;
  try {
    (await Bun.udpSocket({ hostname: host, port })).close();
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (host === "::" && code === "EAFNOSUPPORT") return tryUdp("0.0.0.0", port, sharers);
    // Sessions of a listener that was closed go on behind sockets that are connected to their clients; nobody listens there.
    if (code === "EADDRINUSE" && existsSync("/proc/net/udp") && inodesOfPort("udp", port).length === 0) return null;
    return sharedProblem({ kind: "tcp", host, port }, error as NodeJS.ErrnoException, "udp", sharers);
  }
}

function sharedProblem(
  address: Address & { kind: "tcp" },
  error: NodeJS.ErrnoException,
  protocol: "tcp" | "udp",
  sharers: Sharers,
): string | null {
  if (error.code !== "EADDRINUSE" || sharers.size === 0) return listenProblem(address, error, protocol);
  const inodes = inodesOfPort(protocol, address.port);
  const shared = new Set([...sharers].flatMap(socketsOf));
  if (inodes.length > 0 && inodes.every((inode) => shared.has(inode))) return null;
  return inUse(address, protocol, holderOf(inodes.filter((inode) => !shared.has(inode))));
}

/**
 * The same as the rest of a sentence about the address, for who only looks: from /proc, without trying it, which would be in the way of a
 * start at that moment. Null where nobody is seen there. `isOurs`: who may have it.
 */
export function seenInUse(
  address: Address,
  protocol: "tcp" | "udp",
  isOurs: (holder: Holder | null) => boolean,
): string | null {
  const inodes = address.kind === "unix" ? unixInodes(address.path) : inodesOfAddress(address, protocol);
  if (inodes.length === 0) return null;
  const holder = holderOf(inodes);
  return isOurs(holder) ? null : `is in use now${holder === null ? "" : byText(holder)}`;
}

/** What an error of listening means to an operator. */
export function listenProblem(address: Address, error: NodeJS.ErrnoException, protocol: "tcp" | "udp" = "tcp"): string {
  if (error.code === "EADDRINUSE")
    return inUse(address, protocol, address.kind === "tcp" ? holderOfPort(address.port, protocol) : null);
  const where = textOf(address, protocol);
  if (error.code === "EACCES" && address.kind === "unix")
    return `cannot listen on ${where}: not permitted to make a socket in that folder`;
  if (error.code === "EACCES")
    return `cannot listen on ${where}: not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE`;
  if (error.code === "EADDRNOTAVAIL")
    return `cannot listen on ${where}: this machine has no such address${other(address)}`;
  return `cannot listen on ${where}: ${error.message}`;
}

/** A machine may have one of the two alone. */
function other(address: Address): string {
  return address.kind === "tcp" && address.host === "127.0.0.1" ? `; without IPv4 it is [::1]:${address.port}` : "";
}

function inUse(address: Address, protocol: "tcp" | "udp", holder: Holder | null): string {
  return `cannot listen on ${textOf(address, protocol)}: the address is in use${holder === null ? "" : byText(holder)}`;
}

function byText({ name, pid }: Holder): string {
  return ` by ${name} (process ${pid})`;
}

function textOf(address: Address, protocol: "tcp" | "udp"): string {
  return protocol === "udp" ? `${formatAddress(address)} (udp)` : formatAddress(address);
}

/** A socket file that a process which died has left is removed, or no one could listen there again. */
async function tryUnix(path: string): Promise<string | null> {
  const holding = holdingOf(path);
  const isLive = holding === "unknown" && (await isAnswered(path));
  const problem = clearPlace(path, isLive ? "taken" : holding);
  return problem === null ? null : `cannot listen on unix:${path}: ${problem}`;
}

/** For systems that say no more than that. */
async function isAnswered(path: string): Promise<boolean> {
  try {
    (await Bun.connect({ unix: path, socket: { data() {} } })).end();
    return true;
  } catch {
    return false;
  }
}

/** The process that listens on a port, when /proc tells. */
export function holderOfPort(port: number, protocol: "tcp" | "udp" = "tcp"): Holder | null {
  return holderOf(inodesOfPort(protocol, port));
}

function holderOf(inodes: readonly string[]): Holder | null {
  if (inodes.length === 0) return null;
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry) || !socketsOf(Number(entry)).some((inode) => inodes.includes(inode))) continue;
    return sluiceOf(Number(entry)) ?? { pid: Number(entry), name: readFileSync(`/proc/${entry}/comm`, "utf8").trim() };
  }
  return null;
}

/** A Sluice, of which this may be a worker: control has its state folder open. Null when it is none, or belongs to somebody else. */
function sluiceOf(pid: number): Holder | null {
  for (const each of [pid, parentOf(pid)])
    if (linksOf(each).some((target) => /\/sluice-\d+-[0-9a-f]{12}$/.test(target)))
      return { pid: each, name: [process.pid, process.ppid].includes(each) ? "this Sluice" : "another Sluice" };
  return null;
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}

/** TCP_LISTEN; for UDP, where that means a socket that is connected to nobody, TCP_CLOSE. */
const LISTEN_STATES = { tcp: "0A", udp: "07" } as const;

function inodesOfPort(protocol: "tcp" | "udp", port: number): string[] {
  return socketsOn(protocol, port).map(({ inode }) => inode);
}

/** Of those on its port the ones that it cannot stand beside. */
function inodesOfAddress({ host, port }: Address & { kind: "tcp" }, protocol: "tcp" | "udp"): string[] {
  if (port === 0) return [];
  const words = hexOf(host);
  const isAny = (hex: string): boolean => /^0+$/.test(hex);
  // Who listens on all addresses of IPv6 has those of IPv4 too.
  const meet = (hex: string): boolean =>
    words === hex ||
    (isAny(hex) && (hex.length === 32 || words.length === 8)) ||
    (isAny(words) && (words.length === 32 || hex.length === 8));
  return socketsOn(protocol, port).flatMap(({ hex, inode }) => (meet(hex) ? [inode] : []));
}

/** As /proc/net has addresses: words of 32 bits in this machine's order of bytes. */
function hexOf(host: string): string {
  const bytes = ipaddr.parse(host).toByteArray();
  const words = new Uint32Array(new Uint8Array(bytes).buffer);
  return [...words].map((word) => word.toString(16).toUpperCase().padStart(8, "0")).join("");
}

function socketsOn(protocol: "tcp" | "udp", port: number): { readonly hex: string; readonly inode: string }[] {
  const hexPort = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["", "6"]
    .flatMap((family) => linesOf(`/proc/net/${protocol}${family}`))
    .filter((fields) => fields[1]?.endsWith(hexPort) && fields[3] === LISTEN_STATES[protocol])
    .map((fields) => ({ hex: fields[1]!.slice(0, -hexPort.length), inode: fields[9]! }));
}

/** Columns: address, references, protocol, flags (__SO_ACCEPTCON in net.h), type, state, inode, path. */
function unixInodes(path: string): string[] {
  return linesOf("/proc/net/unix").flatMap((fields) =>
    isNameAt(fields.slice(7).join(" "), path) && fields[3] === "00010000" ? [fields[6]!] : [],
  );
}

function linesOf(path: string): string[][] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(1);
  return lines.map((line) => line.trim().split(/\s+/));
}

/** Inodes of the sockets of a process; none when it has ended meanwhile, or belongs to somebody else. */
function socketsOf(pid: number): string[] {
  return linksOf(pid).flatMap((target) => (target.startsWith("socket:[") ? [target.slice(8, -1)] : []));
}

function linksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

/** Of a file that was closed since it was seen there is none. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
