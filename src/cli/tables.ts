// `sluice table ls`, `get`, `set` and `clear`: the tables of a running Sluice and single entries of them. What shows many entries
// stands in tableshow.ts. Nothing asks back: each answer says what was done, and `clear` wants to be told what.

import { formatDuration } from "../base/duration.ts";
import type { ClearedAnswer, EntryAnswer, TableSummary, TablesAnswer } from "../control/table/answer.ts";
import { bytesText } from "./bytes.ts";
import type { Writer } from "./check.ts";
import { type Answer, ask, failureOf, type RemoteOptions, refusalOf, remoteOf } from "./client.ts";
import { table } from "./table.ts";
import { entryText } from "./tableshow.ts";

const USAGE_ERROR = 2;

export async function tableList(options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "GET", "/api/v1/tables");
  const refusal = refusalOf(answer);
  if (refusal !== null || !answer.ok) return failed(refusal, answer, writer);
  const { tables } = answer.body as TablesAnswer; // What our own admin interface answers.
  if (options.json === true) writer.out(JSON.stringify(answer.body, null, 2));
  else if (tables.length === 0) writer.note("the config has no tables");
  else writer.out(listText(tables));
  return 0;
}

export async function tableGet(name: string, key: string, options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "GET", entryPath(name, key));
  const refusal = refusalOf(answer);
  if (refusal !== null || !answer.ok) return failed(refusal, answer, writer);
  writeEntry(answer.body as EntryAnswer, options, writer);
  return 0;
}

/** `assignments`: words such as gpc0=1. */
export async function tableSet(
  name: string,
  key: string,
  assignments: readonly string[],
  options: RemoteOptions,
  writer: Writer,
): Promise<number> {
  const values: Record<string, number> = {};
  for (const word of assignments) {
    const match = /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(word);
    if (match === null) {
      writer.err(`sluice: what is set is written like gpc0=1, not ${JSON.stringify(word)}`);
      return USAGE_ERROR;
    }
    values[match[1]!] = Number(match[2]);
  }
  const answer = await ask(options, "PUT", entryPath(name, key), values);
  const refusal = refusalOf(answer);
  if (refusal !== null || !answer.ok) return failed(refusal, answer, writer);
  writeEntry(answer.body as EntryAnswer, options, writer);
  return 0;
}

export interface ClearOptions extends RemoteOptions {
  readonly where?: string;
  readonly all?: boolean;
}

export async function tableClear(
  name: string,
  key: string | undefined,
  options: ClearOptions,
  writer: Writer,
): Promise<number> {
  const { where, all } = options;
  if ([key, where, all].filter((each) => each !== undefined).length !== 1) {
    writer.err("sluice: say what is to be cleared by one of these: a key, --where CONDITION, --all");
    return USAGE_ERROR;
  }
  const remote = await remoteOf(options);
  let cleared = 0;
  let cursor: string | null = null;
  do {
    const answer = await remote("DELETE", clearPath(name, key, where, cursor));
    const refusal = refusalOf(answer);
    if (refusal !== null || !answer.ok) return failed(refusal, answer, writer);
    const page = answer.body as ClearedAnswer;
    cleared += page.cleared;
    cursor = page.cursor;
  } while (cursor !== null);
  if (options.json === true) writer.out(JSON.stringify({ table: name, cleared }, null, 2));
  else writer.out(`cleared ${cleared === 1 ? "1 entry" : `${cleared} entries`} of ${name}`);
  return 0;
}

/** Why an answer is none; null when it is one. */
function failed(refusal: string | null, answer: Answer, writer: Writer): number {
  writer.err(`sluice: ${refusal}`);
  return failureOf(answer);
}

function entryPath(name: string, key: string): string {
  // A path with such a part is another path, however it is encoded.
  const part = key === "." || key === ".." ? key.replaceAll(".", "\\x2e") : key;
  return `/api/v1/tables/${encodeURIComponent(name)}/entries/${encodeURIComponent(part)}`;
}

function clearPath(name: string, key: string | undefined, where: string | undefined, cursor: string | null): string {
  if (key !== undefined) return entryPath(name, key);
  const query = new URLSearchParams({
    ...(where === undefined ? {} : { where }),
    ...(cursor === null ? {} : { cursor }),
  });
  return `/api/v1/tables/${encodeURIComponent(name)}?${query}`;
}

function writeEntry(entry: EntryAnswer, options: RemoteOptions, writer: Writer): void {
  writer.out(options.json === true ? JSON.stringify(entry, null, 2) : entryText(entry));
}

function listText(tables: readonly TableSummary[]): string {
  const rows = tables.map((each) => [
    each.name,
    keyKind(each.key),
    String(each.entries),
    String(each.entriesMax),
    each.expireMs === 0 ? "never" : formatDuration(each.expireMs),
    bytesText(each.bytes),
    bytesText(each.bytesMax),
    String(each.evictions),
    String(each.refusals),
    each.store.join(" "),
  ]);
  const headings = ["TABLE", "KEY", "ENTRIES", "SIZE", "EXPIRE", "MEMORY", "AT MOST", "EVICTED", "REFUSED", "STORE"];
  return table(headings, rows, [2, 3, 5, 6, 7, 8]);
}

/** `ip`, `ip/48`, `string(32)`. */
function keyKind(key: TableSummary["key"]): string {
  if (key.kind === "ip") return key.prefix6 === usualPrefix6 ? "ip" : `ip/${key.prefix6}`;
  return key.kind === "integer" ? "integer" : `${key.kind}(${key.bytesMax})`;
}

const usualPrefix6 = 64;
