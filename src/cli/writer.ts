// Where commands write on a real terminal or pipe: results on stdout, so that they can be piped on, everything else on stderr.
// Commands take a Writer as a parameter, and tests give them one that remembers; here are those that the program gives them.
// It adds the last line's end, and lets nothing through that would give the terminal orders (printable.ts): what commands write is often
// what somebody else has said. Under --json what is on stderr is JSON too, for every command, for it is made here: a failure is one object
// {"error": TEXT}, as the admin interface refuses, and whatever else is worth saying one line {"note": TEXT} each.

import { once } from "node:events";
import type { Writer } from "./check.ts";
import { printableLines } from "./printable.ts";

export const terminal: Writer = {
  out: (text) => void process.stdout.write(`${printableLines(text)}\n`),
  err: (text) => void process.stderr.write(`${printableLines(text)}\n`),
  note: (text) => terminal.err(text),
  drained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
  },
};

let isEndedWithReader = false;

/**
 * For commands that end by themselves, and may write more than their reader wants (`| head`): they end when it has gone, and nothing is
 * wrong. What cannot be written otherwise (a disk is full) is told in a line.
 */
export function endWithReader(): void {
  if (isEndedWithReader) return;
  isEndedWithReader = true;
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // EIO: the terminal has gone. One that has written all it had says its exit code within this turn.
      if (error.code === "EPIPE" || error.code === "EIO")
        return void setImmediate(() => process.exit(process.exitCode ?? 0));
      if (stream === process.stdout) process.stderr.write(`sluice: stdout cannot be written: ${error.message}\n`);
      process.exit(1);
    });
}

/** All that stdout was given has gone out: before that a process.exit cuts it off, for a pipe takes 64 KiB at once. What fails, endWithReader tells. */
export function endOfOutput(): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.end((error?: Error | null) => {
      if (error === undefined || error === null) resolve();
    });
  });
}

/** What a command says of its failure is kept until it has ended: it is one object, however many lines it has. */
export class JsonWriter implements Writer {
  readonly #writer: Writer;
  #failure: string[] = [];

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  out(text: string): void {
    this.#writer.out(text);
  }

  err(text: string): void {
    this.#failure.push(text);
  }

  note(text: string): void {
    this.#writer.err(JSON.stringify({ note: bare(text) }));
  }

  async drained(): Promise<void> {
    await this.#writer.drained?.();
  }

  /** The command has ended. */
  end(): void {
    const text = bare(this.#failure.join("\n"));
    this.#failure = [];
    if (text !== "") this.#writer.err(JSON.stringify({ error: text }));
  }
}

/** Who speaks, and that it is an error, is said by the object. */
function bare(text: string): string {
  return text.trim().replace(/^(?:sluice|error): /, "");
}
