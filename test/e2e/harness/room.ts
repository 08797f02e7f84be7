// What one test has around it: a temporary folder, and everything that must be ended with the test, in reverse order of its
// beginning. `await using room = new Room()` ends it all however the test ends.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Room implements AsyncDisposable {
  readonly folder: string;
  readonly #endings: (() => unknown)[] = [];

  /** A folder of its own, or one that does not exist yet: what is shown to people may have a name. */
  constructor(folder?: string) {
    if (folder !== undefined) mkdirSync(folder);
    this.folder = folder ?? mkdtempSync(join(tmpdir(), "sluice-e2e-"));
  }

  /** `end` is called, and waited for, when the test is over. */
  ending(end: () => unknown): void {
    this.#endings.push(end);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string | Uint8Array): string {
    const path = this.path(name);
    writeFileSync(path, content);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (const end of this.#endings.reverse()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
    if (errors.length > 0) throw errors[0];
  }
}
