// A record of the flight recorder as it is told: numbers get their names, stamps become phases that follow on each other from the start
// to the end, and bytes that came from somebody become text that can be shown anywhere.

import { faultCodes } from "../../base/fault.ts";
import { shownBytes } from "../../base/shownbytes.ts";
import { cacheWords, noSlot, recordCell, recordFlag, recordKinds, recordWord } from "../../memory/recorderlayout.ts";
import type { RecorderReader, TextName } from "../../memory/recorderreader.ts";
import { method } from "../../wire/http1/head.ts";
import type { ExchangeRecord, PhaseName, PhaseRecord } from "../api/shape/exchange.ts";
import { redacted } from "../configuring/secrets.ts";
import type { NameTable, RecorderNames } from "./names.ts";

export const methodNames: ReadonlyMap<number, string> = new Map(
  Object.entries(method).map(([name, number]) => [number, number === method.other ? "" : name.toUpperCase()]),
);

/** Instead of the names of rules that a record has no room for. */
export const moreRules = "…";

/** Of the record that was read last. */
export function recordOf(reader: RecorderReader, worker: number, names: RecorderNames): ExchangeRecord {
  const { words, cells, floats } = reader;
  const table = names.of(words[recordWord.generation]!);
  const number = cells[recordCell.number]!;
  const pool = nameOf(table, "pools", reader.pool);
  const server = reader.text("server");
  const { fault, cache } = reader;
  return {
    id: `${worker}-${number}`,
    kind: kindOf(reader.kind),
    at: new Date(cells[recordCell.startedMs]!).toISOString(),
    durationMs: durationOf(reader),
    worker,
    requestId: reader.has(recordFlag.isOwnId) ? ownId(words) : shown(reader, "requestId"),
    client: shown(reader, "client"),
    user: shown(reader, "user"),
    method: (reader.kind === 0 ? methodNames.get(reader.method) : "") || shown(reader, "method"),
    // Of a target that was refused for them, credentials may stand there.
    host: hostOf(reader),
    path: shown(reader, "path"),
    isCut: reader.has(recordFlag.isCut),
    isTls: reader.has(recordFlag.isTls),
    listener: nameOf(table, "listeners", reader.listener),
    pool,
    server: server.length > 0 ? shownBytes(server) : nameOf(table, "servers", reader.server),
    status: reader.status,
    // What is shown from a cache has the status that a server gave it once.
    serverStatus: floats[recordWord.sentMs]! < 0 ? 0 : reader.serverStatus,
    fault: faultOf(fault),
    attempts: reader.attempts,
    isReused: reader.has(recordFlag.isReused),
    serverVersion: serverVersionOf(reader),
    cache: cacheOf(cache),
    rule: nameOf(table, "rules", reader.rule),
    rules: [
      ...Array.from({ length: reader.hits }, (_, index) => nameOf(table, "rules", reader.hit(index))),
      ...(reader.has(recordFlag.hasMoreHits) ? [moreRules] : []),
    ],
    egress:
      reader.egress === noSlot
        ? null
        : { pool: nameOf(table, "egresses", reader.egress), address: shown(reader, "egress") },
    bytesReceived: cells[recordCell.bytesReceived]!,
    bytesSent: cells[recordCell.bytesSent]!,
    phases: phasesOf(reader),
  };
}

/** A tunnel's target is asked for nothing. */
function serverVersionOf(reader: RecorderReader): string {
  if (reader.kind !== 0 || reader.floats[recordWord.sentMs]! < 0 || reader.method === method.connect) return "";
  return reader.has(recordFlag.isHttp2Up) ? "2.0" : "1.1";
}

export function durationOf({ floats }: RecorderReader): number {
  return rounded(floats[recordWord.durationMs]!);
}

/** By its number. */
export function faultOf(fault: number): ExchangeRecord["fault"] {
  return fault === 0 ? null : (faultCodes[fault - 1] ?? null);
}

export function cacheOf(cache: number): string | null {
  return cache === 0 ? null : (cacheWords[cache] ?? null);
}

export function kindOf(kind: number): ExchangeRecord["kind"] {
  return recordKinds[kind] ?? "http";
}

export function nameOf(table: NameTable, kind: keyof NameTable, slot: number): string {
  return slot === noSlot ? "" : (table[kind].get(slot) ?? "");
}

function shown(reader: RecorderReader, name: TextName): string {
  const bytes = reader.text(name);
  return bytes.length === 0 ? "" : shownBytes(bytes);
}

function hostOf(reader: RecorderReader): string {
  const host = shown(reader, "host");
  return host.includes("@") ? host.replace(/^.*@/, `${redacted}@`) : host;
}

/** As flow/requestid.ts writes it. */
function ownId(words: Int32Array): string {
  const part = (at: number, digits: number): string => (words[at]! >>> 0).toString(16).padStart(digits, "0");
  return part(recordWord.requestIdHigh, 6) + part(recordWord.requestIdLow, 6) + part(recordWord.requestIdCount, 8);
}

/** What did not happen, or took no time, is left out; together they are the whole duration. */
function phasesOf({ floats }: RecorderReader): PhaseRecord[] {
  const phases: PhaseRecord[] = [];
  const durationMs = rounded(floats[recordWord.durationMs]!);
  const at = (word: number): number => floats[word]!;
  let fromMs = 0;
  /** Up to the first of these that has happened; else it is the last. */
  const add = (name: PhaseName, ...ends: readonly number[]): void => {
    const end = ends.find((ms) => ms >= 0);
    const toMs = Math.min(end === undefined ? durationMs : Math.max(rounded(end), fromMs), durationMs);
    if (toMs > fromMs) phases.push({ name, fromMs, toMs });
    fromMs = toMs;
  };
  const [sought, chosen, sent] = [at(recordWord.soughtMs), at(recordWord.chosenMs), at(recordWord.sentMs)];
  const [uploaded, responded] = [at(recordWord.uploadedMs), at(recordWord.respondedMs)];
  add("rules", sought, responded);
  if (sought >= 0) add("queue", chosen, responded);
  if (chosen >= 0) add("connect", sent, responded);
  if (sent >= 0)
    add("send", uploaded >= 0 && responded >= 0 ? Math.min(uploaded, responded) : Math.max(uploaded, sent));
  if (sent >= 0) add("wait", responded);
  add("receive");
  return phases;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
