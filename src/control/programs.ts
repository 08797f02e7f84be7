// The code of hooks as files: a copy for each digest, which workers import. It is made before a plan goes out, and stays for as long
// as that plan is in force, for a worker may have to be replaced at any time.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Program } from "../config/materials.ts";

/** Exactly one of `keep` and `undo` is called. */
export interface PreparedProgram {
  /** Path of the copy; null without hooks. */
  readonly file: string | null;
  keep(): void;
  undo(): void;
}

export class Programs {
  readonly #folder: string;
  #file: string | null = null;

  /** `folder` is made when it is needed. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  prepare(program: Program | null): PreparedProgram {
    const file = program === null ? null : join(this.#folder, `${program.digest}.mjs`);
    // Somebody may have tidied up there: a worker that starts later could not import it.
    if (program !== null && (file !== this.#file || !this.isWhole)) {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const draft = `${file}.new`;
      writeFileSync(draft, program.text, { mode: 0o600 });
      renameSync(draft, file!);
    }
    return {
      file,
      keep: () => {
        this.#file = file;
        this.#clear(file);
      },
      undo: () => {
        if (file !== null && file !== this.#file) rmSync(file, { force: true });
      },
    };
  }

  /** Whether workers that start now would find it. */
  get isWhole(): boolean {
    return this.#file === null || existsSync(this.#file);
  }

  /** What a run that crashed has left goes too. */
  #clear(kept: string | null): void {
    for (const name of this.#names())
      if (join(this.#folder, name) !== kept) rmSync(join(this.#folder, name), { force: true });
    if (kept === null) rmSync(this.#folder, { recursive: true, force: true });
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
