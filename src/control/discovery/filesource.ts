// Servers in a file. The system tells of changes in its folder; a look now and then finds what it does not tell. A file that was
// swapped for another by a rename is whole and read at once. One that is written in place is read when it stands still, for half
// of it may look like an answer: a last line that is cut off still names a server, only another one.

import { realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { faultOf, stampOf } from "../../config/loadfiles.ts";
import { FolderWatch } from "../folderwatch.ts";
import { Asking, Refusal, type Rhythm, type Said } from "./asking.ts";
import { answerBytesMax, type Manner, readAnswer, tooLong } from "./reading.ts";
import type { Answer, Source } from "./source.ts";

/** The system has told of a change: others of the same writing follow within this. */
const settleMs = 5;
/** How long one that was written in place must have stood still. */
const stillMs = 30;
/** The same for one that is empty: it is about to be filled. */
const emptyStillMs = 300;
/** A look costs a question to the file system, and is put this often at least. */
const lookMs = 2000;

export class FileSource implements Source {
  readonly name: string;
  readonly #path: string;
  readonly #manner: Manner;
  readonly #rhythm: Rhythm;
  #asking: Asking | null = null;
  #watch: FolderWatch | null = null;
  /** What it was read as last, and what came of it. */
  #read: Known | null = null;
  /** Which file was looked at last, whatever came of it: the same one again is written in place. */
  #inode: number | null = null;

  constructor(path: string, manner: Manner, { intervalMs, timeoutMs }: Rhythm) {
    this.name = `file ${path}`;
    this.#path = path;
    this.#manner = manner;
    // Whoever asks for it once wants no looks, and is told of changes all the same.
    this.#rhythm = { intervalMs: Math.min(intervalMs, lookMs), timeoutMs };
  }

  start(tell: (answer: Answer) => void): void {
    const asking = new Asking(this.#rhythm, (signal) => this.#ask(signal), tell);
    this.#asking = asking;
    this.#watch = new FolderWatch(() => asking.now(), settleMs);
    asking.now();
  }

  stop(): void {
    this.#watch?.close();
    this.#asking?.stop();
  }

  async #ask(signal: AbortSignal): Promise<Said> {
    this.#watch?.follow(foldersOf(this.#path));
    const [former, formerInode] = [this.#read, this.#inode];
    const first = await this.#look(former);
    if (first === null) return { answer: former!.answer };
    const isSwapped = formerInode !== first.inode;
    const { stamp, text } = isSwapped && isWhole(first.text) ? first : await this.#still(first, signal);
    const answer = text === null ? tooLong : readAnswer(text, this.#manner);
    this.#read = answer.ok ? { stamp, answer } : null;
    return { answer };
  }

  /** Null when it is as it was; its text is null when it is too long. */
  async #look(former: Known | null): Promise<Look | null> {
    const fault = faultOf(this.#path);
    if (fault !== null) throw new Refusal(fault);
    // The stamp comes before the text, so that a change in between is seen as one later.
    const stamp = stampOf(this.#path);
    if (former?.stamp === stamp) return null;
    const { ino, size } = statSync(this.#path);
    this.#inode = ino;
    return { stamp, inode: ino, text: size > answerBytesMax ? null : await readFile(this.#path, "utf8") };
  }

  async #still(first: Look, signal: AbortSignal): Promise<Look> {
    let look = first;
    for (;;) {
      await pause(look.text === "" ? emptyStillMs : stillMs, signal);
      if (stampOf(this.#path) === look.stamp) return look;
      look = (await this.#look(null)) ?? look;
    }
  }
}

interface Known {
  readonly stamp: string;
  readonly answer: Answer;
}

interface Look {
  readonly stamp: string;
  readonly inode: number;
  readonly text: string | null;
}

/** One that was made anew under its name, not swapped in, may not be filled yet. */
function isWhole(text: string | null): boolean {
  return text === null || /[\n\]}]$/.test(text);
}

/** Its own, and that of what it is a link to. */
function foldersOf(path: string): ReadonlySet<string> {
  const folders = new Set([dirname(path)]);
  try {
    folders.add(dirname(realpathSync(path)));
  } catch {
    // It is not there yet.
  }
  return folders;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(new Refusal("is not looked at any more"));
      },
      { once: true },
    );
  });
}
