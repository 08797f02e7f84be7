// One exec check: the words of the command for a server, and what the end of it means. Without an expected output the exit code
// says it all. With one, both must hold: the command has succeeded and has said just that; a command that fails is broken or has
// found its server broken, whatever it said before (as gobetween has it, whose "negative output" is one of all that are not the
// expected one). White space around the output is not compared, for nearly all commands end it with a newline.

import type { ExecPlan } from "../../config/plan.ts";
import { healthy, type ProbeResult, quoted, unhealthy } from "./result.ts";

/** Of stdout, for the comparison; a command that says more is ended. */
export const outputBytesMax = 65_536;

/** How a command has ended, and what it has said. */
export interface CommandEnd {
  /** Null when a signal has ended it. */
  readonly exitCode: number | null;
  /** Its name, such as SIGSEGV. */
  readonly signal: string | null;
  readonly output: string;
  /** What it has said on stderr; only for the reason. */
  readonly complaint: string;
}

/** `{host}` and `{port}` stand for the server's, wherever they are in a word. */
export function commandOf(exec: ExecPlan, host: string, port: string): string[] {
  return exec.command.map((word) => word.replace(/\{(host|port)\}/g, (_, name) => (name === "host" ? host : port)));
}

export function judgeCommand(exec: ExecPlan, end: CommandEnd): ProbeResult {
  const said = end.complaint.trim().split("\n", 1)[0]!.trim();
  const complaint = said === "" ? "" : `: ${quoted(said)}`;
  if (end.exitCode === null) return unhealthy(`the command was ended by ${end.signal ?? "a signal"}${complaint}`);
  if (end.exitCode !== 0) return unhealthy(`the command failed with exit code ${end.exitCode}${complaint}`);
  if (exec.output === null) return healthy("the command succeeded");
  const [output, expected] = [end.output.trim(), exec.output.trim()];
  if (output === expected) return healthy(`the command said ${quoted(output)}`);
  return unhealthy(`the command said ${output === "" ? "nothing" : quoted(output)}, not ${quoted(expected)}`);
}
