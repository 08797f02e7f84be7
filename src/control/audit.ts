// The audit log: who asked for which change over the admin API, and what became of it, the refused ones too. The last thousand are kept in
// memory; all are appended to audit.log in the state folder, a JSON line each, readable by this user only, until it is 10 MB and is renamed
// to audit.log.1: what an operator must have for longer is copied from there. It knows records, not what they are about.

import { closeSync, fstatSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type AuditNote, type AuditRecord, auditRecord } from "./api/shape/audit.ts";
import type { Log } from "./log.ts";

export interface AuditOptions {
  /** Where audit.log is; null: nowhere, and what was asked for is forgotten with this process. */
  readonly folder: string | null;
  readonly log: Log;
  /** Of audit.log, before it is put aside. */
  readonly bytesMax?: number;
}

const keptMax = 1000;
const bytesMaxUsual = 10_000_000;
/** Of the end of a file from before: more than a thousand lines are seldom longer. */
const tailBytes = 512 * 1024;

export class Audit {
  readonly #path: string | null;
  readonly #log: Log;
  readonly #bytesMax: number;
  /** The oldest first. */
  #kept: AuditRecord[] = [];
  /** Of the last record; the next one has the next. */
  #number = 0;
  readonly #followers = new Set<(record: AuditRecord) => void>();
  #file: number | null = null;
  #bytes = 0;
  #problem: string | null = null;

  constructor({ folder, log, bytesMax = bytesMaxUsual }: AuditOptions) {
    this.#path = folder === null ? null : join(folder, "audit.log");
    this.#log = log;
    this.#bytesMax = bytesMax;
    if (this.#path !== null) this.#kept = recordsAtEnd(this.#path);
    this.#number = this.#kept.at(-1)?.number ?? 0;
  }

  note(noted: AuditNote): void {
    const record: AuditRecord = { number: ++this.#number, ...noted };
    this.#kept.push(record);
    if (this.#kept.length > keptMax) this.#kept.shift();
    if (this.#path !== null) this.#write(this.#path, `${JSON.stringify(record)}\n`);
    for (const tell of this.#followers) tell(record);
  }

  /** The newest first. */
  last(limit: number): AuditRecord[] {
    return this.#kept.slice(-limit).reverse();
  }

  /** Tells of each that comes from now on, until the answer is called. */
  follow(tell: (record: AuditRecord) => void): () => void {
    this.#followers.add(tell);
    return () => this.#followers.delete(tell);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#followers.clear();
  }

  /** A change is done also where it cannot be written down: the log says so, once. */
  #write(path: string, line: string): void {
    try {
      if (this.#file === null) this.#open(path);
      else if (this.#bytes >= this.#bytesMax) {
        closeSync(this.#file);
        this.#file = null;
        renameSync(path, `${path}.1`);
        this.#open(path);
      }
      this.#bytes += writeSync(this.#file!, line);
      this.#problem = null;
    } catch (error) {
      const { message } = error as Error;
      if (this.#problem !== message) this.#log.error(`the audit log ${path} cannot be written: ${message}`);
      this.#problem = message;
    }
  }

  #open(path: string): void {
    this.#file = openSync(path, "a", 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }
}

/** Lines that are none, such as the last one of a crash, are passed over. Those of former versions, which have no number, are given one. */
function recordsAtEnd(path: string): AuditRecord[] {
  let text: string;
  try {
    const file = openSync(path, "r");
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    const count = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    closeSync(file);
    text = bytes.toString("utf8", 0, count);
  } catch {
    return []; // There is none yet.
  }
  const records: AuditRecord[] = [];
  for (const line of text.split("\n").slice(-keptMax - 1)) {
    const record = recordIn(line, (records.at(-1)?.number ?? 0) + 1);
    if (record !== null) records.push(record);
  }
  return records.slice(-keptMax);
}

/** `next`: the least number that it may have, for the line before it has one less. */
function recordIn(line: string, next: number): AuditRecord | null {
  try {
    const read = auditRecord.safeParse({ number: next, ...JSON.parse(line) });
    if (!read.success) return null;
    return read.data.number >= next ? read.data : { ...read.data, number: next };
  } catch {
    return null;
  }
}
