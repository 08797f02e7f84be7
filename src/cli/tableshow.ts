// `sluice table show NAME`: entries of a table, page by page as they come, so that a million of them need no more memory than a
// page, the first ones are there at once, and a reader that has seen enough (head) ends it. With --json it is one array, a line
// for each entry. What is not shown is told on stderr, away from what is piped on.

import type { EntriesAnswer, EntryAnswer } from "../control/table/answer.ts";
import type { Writer } from "./check.ts";
import { errorOf, failureOf, type RemoteOptions, remoteOf } from "./client.ts";
import { age } from "./status.ts";
import { Sheet } from "./table.ts";

export interface ShowOptions extends RemoteOptions {
  readonly where?: string;
  readonly key?: string;
  readonly limit?: number;
  readonly all?: boolean;
}

const usualLimit = 100;
const pageMax = 1000;

export async function tableShow(name: string, options: ShowOptions, writer: Writer): Promise<number> {
  const limit = options.all === true ? Number.POSITIVE_INFINITY : (options.limit ?? usualLimit);
  const remote = await remoteOf(options);
  const sheet = options.json === true ? new ArraySheet(writer) : new TextSheet(writer);
  let shown = 0;
  let areOthers = false;
  let cursor: string | null = null;
  for (let isDone = false; !isDone; ) {
    // One more than is shown, for whoever sees some wants to know whether these are all.
    const answer = await remote("GET", pagePath(name, options, Math.min(pageMax, limit - shown + 1), cursor));
    const refusal = answer.ok ? errorOf(answer.body) : answer.message;
    if (refusal !== null || !answer.ok) {
      writer.err(`sluice: ${refusal}`);
      return failureOf(answer);
    }
    const page = answer.body as EntriesAnswer; // What our own admin interface answers.
    const entries = page.entries.slice(0, limit - shown);
    // Where all that is wanted is there already, one look further is enough: a large table may have no other for long.
    areOthers = entries.length < page.entries.length;
    isDone = page.cursor === null || areOthers || shown === limit;
    sheet.add(entries);
    shown += entries.length;
    cursor = page.cursor;
    await writer.drained?.();
  }
  sheet.end();
  const isFiltered = options.where !== undefined || options.key !== undefined;
  const count = shown === 1 ? "1 entry" : `${shown} entries`;
  if (areOthers) writer.note(`(${count}; --all shows the others too)`);
  else if (cursor !== null) writer.note(`(${count}; --all shows whether there are others)`);
  else if (shown === 0) writer.note(isFiltered ? `(no such entry in ${name})` : `(${name} has no entries)`);
  return 0;
}

/** As a table with headings. */
export function entryText(entry: EntryAnswer): string {
  const names = Object.keys(entry.values);
  return entrySheet(names).add([cellsOf(entry, names)]);
}

function pagePath(name: string, { where, key }: ShowOptions, limit: number, cursor: string | null): string {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [word, value] of Object.entries({ where, key, cursor }))
    if (value !== undefined && value !== null) query.set(word, value);
  return `/api/v1/tables/${encodeURIComponent(name)}?${query}`;
}

class TextSheet {
  readonly #writer: Writer;
  #names: readonly string[] = [];
  #sheet: Sheet | null = null;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  add(entries: readonly EntryAnswer[]): void {
    if (entries.length === 0) return;
    if (this.#sheet === null) {
      this.#names = Object.keys(entries[0]!.values);
      this.#sheet = entrySheet(this.#names);
    }
    this.#writer.out(this.#sheet.add(entries.map((entry) => cellsOf(entry, this.#names))));
  }

  end(): void {}
}

/** Each entry is held back until it is known whether a comma follows, and the array's beginning until there is an entry or its end. */
class ArraySheet {
  readonly #writer: Writer;
  #isBegun = false;
  #last: string | null = null;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  add(entries: readonly EntryAnswer[]): void {
    if (entries.length === 0) return;
    const lines = entries.map((entry) => `  ${JSON.stringify(entry)}`);
    const last = lines.pop()!;
    const ready = [...(this.#last === null ? [] : [this.#last]), ...lines];
    if (ready.length > 0) this.#write(ready.map((line) => `${line},`).join("\n"));
    this.#last = last;
  }

  end(): void {
    this.#write(this.#last === null ? "]" : `${this.#last}\n]`);
  }

  #write(text: string): void {
    this.#writer.out(this.#isBegun ? text : `[\n${text}`);
    this.#isBegun = true;
  }
}

function entrySheet(names: readonly string[]): Sheet {
  const headings = ["KEY", "USES", "EXPIRES", ...names];
  return new Sheet(
    headings,
    headings.map((_, column) => column).filter((column) => column !== 0),
  );
}

/** Of a table that nodes share: what this one counted, of what all have. */
function cellsOf({ key, uses, expiresMs, values, fleet }: EntryAnswer, names: readonly string[]): string[] {
  const numberOf = (name: string): string => {
    const own = figure(values[name] ?? 0);
    return fleet === undefined ? own : `${own} of ${figure(fleet[name] ?? 0)}`;
  };
  const expires = expiresMs === null ? "never" : age(Math.ceil(expiresMs / 1000));
  return [key === "" ? '""' : key, String(uses), expires, ...names.map(numberOf)];
}

/** Of tokens there may be parts. */
function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
