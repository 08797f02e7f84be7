// What an answer says of one server, before anybody has looked whether it makes sense, and the servers that come of all entries.
// What makes none is passed over with a remark that says where it stood and what is wrong, and never what it was: an answer may
// hold anything, an error page or somebody's password. Priorities become what a pool has, servers and backups.

import { readServerAddress, weightMax } from "../../base/address.ts";
import type { FoundServer } from "../../config/found.ts";
import type { Answer } from "./source.ts";

/** Values as they came: texts, numbers, or nothing. */
export interface Entry {
  /** Where it stood: "line 3", "servers[2]". */
  readonly at: string;
  /** With or without a port: "10.0.0.1", "10.0.0.1:80", "[::1]:80", "unix:/run/app.sock", "app:80^3". */
  readonly host: unknown;
  readonly port?: unknown;
  readonly weight?: unknown;
  readonly priority?: unknown;
  readonly backup?: unknown;
  readonly drain?: unknown;
  readonly maxConnections?: unknown;
  /** What TLS asks for. */
  readonly name?: unknown;
  /** What is wrong with it, where that was seen already. */
  readonly fault?: string;
}

/** A good one, with what decides whether it is a backup. */
interface Candidate {
  readonly server: FoundServer;
  readonly tier: number;
}

/** More are counted. */
const remarksMax = 3;
const placeLengthMax = 100;
const connectionsMax = 1_000_000;
const priorityMax = 1_000_000_000;
const hostName = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;
/** What must not get into a log. */
const control = /[\x00-\x1f\x7f]/;

/** Who tells: somebody on this machine, or somebody in the network, who must not name sockets of it: behind one may be Docker. */
export type Teller = "here" | "afar";

/** `usualPort` is for entries that say none. Entries of which none is good are no answer: what keeps a pool alive is not given up for them. */
export function answerOf(entries: readonly Entry[], usualPort: number | undefined, teller: Teller = "afar"): Answer {
  const candidates: Candidate[] = [];
  const faults: string[] = [];
  for (const entry of entries) {
    const found = candidateOf(entry, usualPort, teller);
    if (typeof found === "string") faults.push(`${shown(entry.at)} ${found}`);
    else candidates.push(found);
  }
  if (candidates.length === 0 && faults.length > 0)
    return { ok: false, problem: `tells of no server that can be used: ${remarksOf(faults).join("; ")}` };
  const first = candidates.reduce((least, { tier }) => Math.min(least, tier), Number.POSITIVE_INFINITY);
  const servers = candidates.map(({ server, tier }) => (tier > first ? { ...server, backup: true } : server));
  return { ok: true, servers, remarks: remarksOf(faults) };
}

export function remarksOf(faults: readonly string[]): string[] {
  const more = faults.length - remarksMax;
  return more > 0 ? [...faults.slice(0, remarksMax), `and ${more} more are passed over`] : [...faults];
}

/** Or what is wrong with it. */
function candidateOf(entry: Entry, usualPort: number | undefined, teller: Teller): Candidate | string {
  if (entry.fault !== undefined) return entry.fault;
  const place = addressOf(entry, usualPort, teller);
  if (!place.ok) return place.fault;
  const weight = numberOf(entry.weight ?? place.weight, 0, weightMax);
  if (weight === null) return `has a weight that is no whole number from 0 to ${weightMax}`;
  const priority = numberOf(entry.priority, 0, priorityMax);
  if (priority === null) return "has a priority that is no whole number";
  const maxConnections = numberOf(entry.maxConnections, 0, connectionsMax);
  if (maxConnections === null) return `has connections at once that are no whole number from 0 to ${connectionsMax}`;
  const name = entry.name === undefined || entry.name === "" || entry.name === null ? undefined : entry.name;
  if (name !== undefined && (typeof name !== "string" || !hostName.test(name)))
    return "has a name for TLS that is none";
  const server: FoundServer = {
    address: place.address,
    ...(weight === undefined ? {} : { weight: Math.max(weight, 1) }),
    ...(isTrue(entry.backup) ? { backup: true } : {}),
    ...(isTrue(entry.drain) ? { drain: true } : {}),
    ...(maxConnections === undefined || maxConnections === 0 ? {} : { maxConnections }),
    ...(typeof name === "string" ? { serverName: name.toLowerCase() } : {}),
  };
  // Within a priority, those of weight 0 are for when there are no others.
  return { server, tier: (priority ?? 0) * 2 + (weight === 0 ? 1 : 0) };
}

type Place =
  | { readonly ok: true; readonly address: string; readonly weight: number | undefined }
  | { readonly ok: false; readonly fault: string };

function addressOf({ host, port: written }: Entry, usualPort: number | undefined, teller: Teller): Place {
  if (typeof host !== "string" || host.trim() === "") return { ok: false, fault: "has no address" };
  const text = host.trim();
  if (teller === "afar" && text.startsWith("unix:"))
    return { ok: false, fault: "is a socket of this machine, which only a file or a program of it may name" };
  const port = numberOf(written === "" ? undefined : written, 1, 65_535);
  if (port === null) return { ok: false, fault: "has a port that is none" };
  const wanted = port ?? usualPort;
  // A port beside it wins over none, and what has one of its own keeps it.
  const texts = wanted === undefined || text.startsWith("unix:") ? [text] : [text, withPort(text, wanted)];
  for (const each of texts) {
    const reading = control.test(each) ? null : readServerAddress(each);
    if (reading?.ok === true)
      return { ok: true, address: reading.value.name, weight: reading.value.weight ?? undefined };
  }
  return { ok: false, fault: wanted === undefined ? "is no host:port" : "is no host, and no host:port" };
}

/** Where it stood may be a name that somebody else has given. */
export function shown(at: string): string {
  return at.slice(0, placeLengthMax).replace(/[^\x20-\x7e]/g, "?");
}

function withPort(host: string, port: number): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Undefined where nothing is said, null where it is no such number. */
function numberOf(value: unknown, from: number, to: number): number | undefined | null {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === "string" && /^\d{1,16}$/.test(value.trim()) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= from && number <= to ? number : null;
}

function isTrue(value: unknown): boolean {
  return value === true || value === "true" || value === "1" || value === 1;
}
