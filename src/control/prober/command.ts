// One probe by a command: started without a shell in a process group of its own, so that everything it starts can be ended with
// it. It ends in one of three ways: by itself; by the timeout, when the group is asked to end (SIGTERM) and, if it does not, is
// killed half a second later; or because nobody wants its result any more, when it is killed at once. Whatever a command leaves
// running in its group is killed when it has ended. The result is told when all that is over, so that no two overlap.
// node:child_process and not Bun.spawn: its streams can be given up. What an end means is health/probe/command.ts.

import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { codeOf, reasonOf } from "../../base/systemerror.ts";
import type { CheckPlan, ExecPlan, ServerPlan } from "../../config/plan.ts";
import { commandOf, judgeCommand, outputBytesMax } from "../../health/probe/command.ts";
import { type ProbeResult, unhealthy } from "../../health/probe/result.ts";
import { Patience } from "./patience.ts";

/** Between asking a command to end and killing it. */
const graceMs = 500;
/** Of stderr, for a reason; the rest is read and thrown away, so that the command is not held up. */
const complaintBytesMax = 1024;

/** Of processes, memory and descriptors: what cannot be started for want of these says nothing of the server. */
const shortages: readonly string[] = ["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"];

/** What they mean of a start. */
const words: Record<string, string> = {
  ENOENT: "it is not found",
  EAGAIN: "no process is left",
  ENOMEM: "no memory is left",
};

/** `isShort`: this machine has nothing left to start the command with. */
export type CommandDone = (result: ProbeResult, isShort: boolean) => void;

export class CommandProbing {
  readonly #exec: ExecPlan;
  readonly #done: CommandDone;
  readonly #spawn: typeof spawn;
  readonly #patience: Patience;
  #grace: Timer | null = null;
  #process: ChildProcess | null = null;
  #output = "";
  #complaint = "";
  #hasExited = false;
  #isLate = false;
  #isDone = false;

  /** `done` is called once, and not after `abort`. `start` is for tests. */
  constructor(server: ServerPlan, check: CheckPlan, exec: ExecPlan, done: CommandDone, start: typeof spawn = spawn) {
    this.#exec = exec;
    this.#done = done;
    this.#spawn = start;
    this.#patience = new Patience(check.timeoutMs, () => this.#expire());
    const { address } = server;
    const host = address.kind === "unix" ? address.path : address.host;
    const port = address.kind === "unix" ? "" : String(check.port ?? address.port);
    try {
      this.#start(commandOf(exec, host, port), { HOST: host, PORT: port });
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Give up: the command is killed, nothing is told. */
  abort(): void {
    this.#isDone = true;
    this.#patience.end();
    if (this.#grace !== null) clearTimeout(this.#grace);
    this.#signal("SIGKILL");
    this.#process?.stdout?.destroy();
    this.#process?.stderr?.destroy();
  }

  #start([program, ...words]: string[], place: Record<string, string>): void {
    const child = this.#spawn(program ?? "", words, {
      env: { ...process.env, ...place },
      stdio: ["ignore", this.#exec.output === null ? "ignore" : "pipe", "pipe"],
      detached: true,
    });
    this.#process = child;
    child.on("error", (error) => this.#refuse(error));
    child.on("exit", () => {
      // The group lives on while anything is left in it, and its number is not given out again while it lives.
      this.#signal("SIGKILL");
      this.#hasExited = true;
    });
    // After `exit`, when nobody holds the other end of the streams any more.
    child.on("close", () => this.#finish(this.#isLate ? late : this.#judge()));
    this.#hear(child.stdout, (text) => {
      this.#output += text;
      if (this.#output.length > outputBytesMax) this.#finish(unhealthy("the command says more than 64 KiB"));
    });
    this.#hear(child.stderr, (text) => {
      this.#complaint = (this.#complaint + text).slice(0, complaintBytesMax);
    });
  }

  #hear(stream: Readable | null, heard: (text: string) => void): void {
    stream?.setEncoding("latin1");
    stream?.on("data", heard);
    stream?.on("error", () => {});
  }

  #judge(): ProbeResult {
    return judgeCommand(this.#exec, {
      exitCode: this.#process?.exitCode ?? null,
      signal: this.#process?.signalCode ?? null,
      output: this.#output,
      complaint: this.#complaint,
    });
  }

  #expire(): void {
    // Something that has left the group still holds stdout. The command has ended all the same.
    if (this.#hasExited) return this.#finish(this.#judge());
    this.#isLate = true;
    this.#signal("SIGTERM");
    this.#grace = setTimeout(() => this.#finish(late), graceMs);
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    const pid = this.#process?.pid;
    if (pid === undefined || this.#hasExited) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Nobody is left in the group.
    }
  }

  #refuse(error: unknown): void {
    const code = codeOf(error);
    const reason = words[code] ?? reasonOf(error);
    this.#finish(unhealthy(`the command cannot be started: ${reason}`), shortages.includes(code));
  }

  #finish(result: ProbeResult, isShort = false): void {
    if (this.#isDone) return;
    this.abort();
    this.#done(result, isShort);
  }
}

const late = unhealthy("the command did not end in time");
