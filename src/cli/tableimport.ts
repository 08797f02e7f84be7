// `sluice table import NAME FILE`: entries of a table from a file, as HAProxy's `show table` or `sluice table show --json` has written it.
// They are set in groups, counters that the table does not store are left out and told once, and how far it is stands on stderr.
// Exit code 0: all are set; 1: some were refused, or nobody answered; 2: there is nothing of the kind in the file.

import { readFileSync } from "node:fs";
import { linesOf, sizeOf } from "../backtest/lines.ts";
import type { ImportAnswer, TableSummary, TablesAnswer } from "../control/table/answer.ts";
import { counted } from "./banner.ts";
import type { Writer } from "./check.ts";
import { errorOf, type Remote, type RemoteOptions, remoteOf } from "./client.ts";
import { FileProgress } from "./fileprogress.ts";
import { type DumpedEntry, readDumpLine, readWhole } from "./tabledump.ts";

const USAGE_ERROR = 2;
const groupMax = 1000;
const problemsShown = 10;

export async function tableImport(name: string, path: string, options: RemoteOptions, writer: Writer): Promise<number> {
  const remote = await remoteOf(options);
  const table = await tableOf(name, remote);
  if (typeof table === "string") return said(table, 1, writer);
  const importing = new Importing(table, remote);
  const progress = new FileProgress(sizeOrNull(path), "entries", process.stderr.isTTY === true, (text) =>
    process.stderr.write(text),
  );
  try {
    const refusal = await importing.read(path, progress);
    progress.end();
    if (refusal !== null) return said(refusal, 1, writer);
  } catch (error) {
    progress.end();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return said(
      code === "ENOENT" ? `${path}: there is no such file` : `${path} cannot be read: ${message}`,
      USAGE_ERROR,
      writer,
    );
  }
  return tell(importing, path, options, writer);
}

function tell(importing: Importing, path: string, options: RemoteOptions, writer: Writer): number {
  const { table, set, refused, left, strangers, problems, leftOut } = importing;
  if (set + refused === 0 && !importing.isEmpty)
    return said(
      strangers > 0
        ? `${path} has no entry of ${table}; it has tables of other names`
        : `${path} has no entries: it must be what HAProxy's "show table" or \`sluice table show --json\` writes`,
      USAGE_ERROR,
      writer,
    );
  if (options.json === true) writer.out(JSON.stringify({ table, set, refused, left, problems }, null, 2));
  else {
    for (const problem of problems) writer.err(problem);
    if (leftOut.size > 0) writer.note(`not stored by ${table}, and left out: ${[...leftOut].sort().join(", ")}`);
    if (left > 0) writer.err(`${counted(left, "line")} not understood`);
    writer.out(
      `set ${set === 1 ? "1 entry" : `${set} entries`} of ${table}${refused === 0 ? "" : `, ${refused} refused`}`,
    );
  }
  return refused === 0 ? 0 : 1;
}

function said(message: string, code: number, writer: Writer): number {
  writer.err(`sluice: ${message}`);
  return code;
}

/** A sentence where there is none. */
async function tableOf(name: string, remote: Remote): Promise<TableSummary | string> {
  const answer = await remote("GET", "/api/v1/tables");
  if (!answer.ok) return answer.message;
  const refusal = errorOf(answer.body);
  if (refusal !== null) return refusal;
  const { tables } = answer.body as TablesAnswer; // What our own admin interface answers.
  const found = tables.find((each) => each.name === name);
  return (
    found ??
    `there is no table ${name}; there ${tables.length === 0 ? "are none" : `is ${tables.map((each) => each.name).join(", ")}`}`
  );
}

function sizeOrNull(path: string): number | null {
  try {
    return sizeOf([path]);
  } catch {
    return null;
  }
}

class Importing {
  readonly table: string;
  set = 0;
  refused = 0;
  /** Lines that are nothing that is known here. */
  left = 0;
  /** Entries of other tables. */
  strangers = 0;
  readonly problems: string[] = [];
  /** Counters of the file that the table does not store. */
  readonly leftOut: Set<string> = new Set();
  readonly #stored: ReadonlySet<string>;
  readonly #remote: Remote;
  #group: DumpedEntry[] = [];
  /** Entries of this table, also those of which it stores nothing. */
  #seen = 0;
  #isOther = false;
  /** It says of this table that there is nothing in it, in JSON, or has its heading. */
  #isTable = false;

  constructor({ name, store }: TableSummary, remote: Remote) {
    this.table = name;
    this.#remote = remote;
    this.#stored = new Set(store.flatMap(namesOf));
  }

  /** As a table that nobody was seen in is written: what is in it has all been set. */
  get isEmpty(): boolean {
    return this.#isTable && this.left === 0 && this.set + this.refused === 0 && this.#seen === 0;
  }

  /** Null when it is done; otherwise why it broke off. */
  async read(path: string, progress: FileProgress): Promise<string | null> {
    const whole = path === "-" || path.endsWith(".gz") ? null : readWhole(wholeOf(path));
    if (whole !== null) {
      this.left = whole.strange;
      this.#isTable = whole.entries.length + whole.strange === 0;
      for (const entry of whole.entries) {
        const refusal = await this.#add(entry, progress);
        if (refusal !== null) return refusal;
      }
      return this.#send();
    }
    for await (const lines of linesOf({ path, took: (bytes) => progress.took(bytes), tooLong: () => void this.left++ }))
      for (const line of lines) {
        const refusal = await this.#line(line, progress);
        if (refusal !== null) return refusal;
      }
    return this.#send();
  }

  async #line(text: string, progress: FileProgress): Promise<string | null> {
    const line = readDumpLine(text);
    if (line.kind === "strange") this.left++;
    if (line.kind === "table") {
      this.#isOther = line.name !== this.table;
      this.#isTable ||= !this.#isOther;
    }
    if (line.kind !== "entry") return null;
    if (this.#isOther) {
      this.strangers++;
      return null;
    }
    return this.#add(line.entry, progress);
  }

  async #add({ key, values }: DumpedEntry, progress: FileProgress): Promise<string | null> {
    this.#seen++;
    const kept = Object.entries(values).filter(([name]) => {
      const isStored = this.#stored.has(name) || this.#stored.has(name.replace(/\(.*\)$/, ""));
      if (!isStored) this.leftOut.add(name);
      return isStored;
    });
    if (kept.length === 0) return null;
    this.#group.push({ key, values: Object.fromEntries(kept) });
    if (this.#group.length < groupMax) return null;
    const refusal = await this.#send();
    progress.see(this.set + this.refused, performance.now());
    return refusal;
  }

  async #send(): Promise<string | null> {
    const entries = this.#group;
    this.#group = [];
    if (entries.length === 0) return null;
    const answer = await this.#remote("POST", `/api/v1/tables/${encodeURIComponent(this.table)}/import`, { entries });
    if (!answer.ok) return answer.message;
    const refusal = errorOf(answer.body);
    if (refusal !== null) return refusal;
    const { set, refused, problems } = answer.body as ImportAnswer; // As above.
    this.set += set;
    this.refused += refused;
    this.problems.push(...problems.slice(0, problemsShown - this.problems.length));
    return null;
  }
}

const wholeBytesMax = 64 << 20;

/** Of a file that may be one JSON object; "" of one that is not, or too large to be read at once. */
function wholeOf(path: string): string {
  if ((sizeOrNull(path) ?? 0) > wholeBytesMax) return "";
  const text = readFileSync(path, "utf8");
  return /^\s*[[{]/.test(text) ? text : "";
}

/** As people and HAProxy write them: `gpc(3)` is gpc0 to gpc2 as well. */
function namesOf(stored: string): string[] {
  const [, bare = stored, detail = ""] = /^([a-z_]+\d*)(?:\((.*)\))?$/.exec(stored) ?? [];
  const elements = /^gp[ct](?:_rate)?$/.test(bare) ? Number(/^\d+/.exec(detail)?.[0] ?? 0) : 0;
  const numbered = Array.from({ length: elements }, (_, at) =>
    bare === "gpc_rate" ? `gpc${at}_rate` : `${bare}${at}`,
  );
  const brackets = Array.from({ length: elements }, (_, at) => `${bare}[${at}]`);
  return [stored, bare, ...numbered, ...brackets];
}
