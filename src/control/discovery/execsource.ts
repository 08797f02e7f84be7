// A program that prints servers. It is started without a shell in a process group of its own, and what it has started in that group
// is killed with it: when it is late, when it says too much, when nobody wants to know any more, and when it has ended.
// Its exit code decides whether what it said counts. Nothing of what it says on stderr is told: it may quote what is secret.

import { type ChildProcess, spawn } from "node:child_process";
import { basename } from "node:path";
import type { Discover } from "../../config/types.ts";
import { Asking, Refusal, type Rhythm, type Said } from "./asking.ts";
import { answerBytesMax, readAnswer, tooLong } from "./reading.ts";
import type { Answer, Source } from "./source.ts";

export class ExecSource implements Source {
  readonly name: string;
  readonly #command: readonly string[];
  readonly #settings: Discover;
  readonly #rhythm: Rhythm;
  #asking: Asking | null = null;

  constructor(command: readonly string[], settings: Discover, rhythm: Rhythm) {
    // Its arguments may be secret.
    this.name = `exec ${basename(command[0] ?? "")}`;
    this.#command = command;
    this.#settings = settings;
    this.#rhythm = rhythm;
  }

  start(tell: (answer: Answer) => void): void {
    this.#asking = new Asking(this.#rhythm, (signal) => this.#ask(signal), tell);
    this.#asking.now();
  }

  stop(): void {
    this.#asking?.stop();
  }

  async #ask(signal: AbortSignal): Promise<Said> {
    const output = await outputOf(this.#command, signal);
    return { answer: output === null ? tooLong : readAnswer(output, this.#settings) };
  }
}

/** Null when it says too much. Rejects with a Refusal when it fails, or the signal comes. */
function outputOf(command: readonly string[], signal: AbortSignal): Promise<string | null> {
  const [program = "", ...words] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "ignore"], detached: true });
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (): void => {
      signal.removeEventListener("abort", end);
      killGroup(child);
      child.stdout?.destroy();
      reject(new Refusal("is not waited for any more"));
    };
    signal.addEventListener("abort", end, { once: true });
    child.on("error", (error: NodeJS.ErrnoException) => {
      signal.removeEventListener("abort", end);
      reject(new Refusal(`cannot be started: ${startFaults[error.code ?? ""] ?? error.code ?? "it failed"}`));
    });
    child.stdout?.on("error", () => {});
    child.stdout?.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= answerBytesMax) return void chunks.push(chunk);
      resolve(null);
      end();
    });
    // What it left running holds its output, and is ended with it.
    child.on("exit", () => killGroup(child));
    child.on("close", (code, by) => {
      signal.removeEventListener("abort", end);
      if (code === 0) resolve(Buffer.concat(chunks).toString("utf8"));
      else reject(new Refusal(by === null ? `fails with exit code ${code}` : `is ended by ${by}`));
    });
  });
}

const startFaults: Record<string, string> = {
  ENOENT: "it is not found",
  EACCES: "permission denied",
  ENOTDIR: "it is not found",
};

/** The group's number is not given out again while anything is left in it. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
