// The file that bans live in over restarts: JSON, a ban a line, so that people can read it. It is written beside and put in place
// in one step: whoever reads it, after whatever crash, finds all of the former or all of the new. One that cannot be understood
// is put aside, never written over.

import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type Ban, banOf, recordOf } from "./ban.ts";

export interface BansRead {
  readonly bans: readonly Ban[];
  /** A sentence for the operator. */
  readonly problem: string | null;
}

export class BansFile {
  readonly #path: string;
  /** Their lines, made once each. */
  readonly #lines = new WeakMap<Ban, string>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Those that are not over. */
  read(nowMs: number): BansRead {
    if (!existsSync(this.#path)) return { bans: [], problem: null };
    // Of a folder in its place nothing can be read.
    const records = statSync(this.#path).isFile() ? recordsIn(readFileSync(this.#path, "utf8")) : null;
    const strange = records === null ? 0 : records.filter((record) => banOf(record, 0) === null).length;
    const bans = (records ?? []).flatMap((record) => banOf(record, nowMs) ?? []);
    if (records !== null && strange === 0) return { bans, problem: null };
    const aside = `${this.#path}.damaged`;
    renameSync(this.#path, aside);
    const what = records === null ? "is not as Sluice writes it" : `holds ${strange} entries that are no bans`;
    return { bans, problem: `${this.#path} ${what}; it has been put aside as ${aside}, ${bans.length} bans were kept` };
  }

  /** Throws what the file system says. Without any there is no file. */
  write(bans: Iterable<Ban>): void {
    const lines: string[] = [];
    for (const ban of bans) lines.push(this.#lineOf(ban));
    if (lines.length === 0) return rmSync(this.#path, { force: true });
    const draft = `${this.#path}.new`;
    writeFileSync(draft, `{"version":1,"bans":[\n${lines.join(",\n")}\n]}\n`, { mode: 0o600 });
    renameSync(draft, this.#path);
  }

  #lineOf(ban: Ban): string {
    const known = this.#lines.get(ban);
    if (known !== undefined) return known;
    const line = JSON.stringify(recordOf(ban));
    this.#lines.set(ban, line);
    return line;
  }
}

function recordsIn(text: string): unknown[] | null {
  try {
    const { version, bans } = JSON.parse(text) as { version?: unknown; bans?: unknown };
    return version === 1 && Array.isArray(bans) ? bans : null;
  } catch {
    return null;
  }
}
