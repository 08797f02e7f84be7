// What somebody was told, word by word, and how a test waits for a word. Nothing here sleeps in the hope that something has
// happened; `settled` is how a test knows that nothing more will.

import { within } from "../e2e/harness/wait.ts";

interface Waiter {
  readonly isHeard: () => boolean;
  readonly resolve: () => void;
}

export class Journal {
  readonly told: string[] = [];
  receivedBytes = 0;
  #waiters: Waiter[] = [];

  tell(word: string): void {
    this.told.push(word);
    this.#look();
  }

  /** Bytes are counted, for how they are split into reads is chance. */
  count(bytes: Uint8Array): void {
    this.receivedBytes += bytes.length;
    this.#look();
  }

  times(word: string): number {
    return this.told.filter((told) => told === word).length;
  }

  /** Resolves once that word has been told. */
  heard(word: string): Promise<void> {
    return this.#once(`"${word}", after ${this.told.join(", ")}`, () => this.told.includes(word));
  }

  heardBytes(count: number): Promise<void> {
    return this.#once(`${count} bytes`, () => this.receivedBytes >= count);
  }

  #once(what: string, isHeard: () => boolean): Promise<void> {
    if (isHeard()) return Promise.resolve();
    const promise = new Promise<void>((resolve) => this.#waiters.push({ isHeard, resolve }));
    return within(what, promise);
  }

  #look(): void {
    if (this.#waiters.length === 0) return;
    this.#waiters = this.#waiters.filter(({ isHeard, resolve }) => {
      if (!isHeard()) return true;
      resolve();
      return false;
    });
  }
}
