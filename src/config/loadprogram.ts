// Reads a TypeScript or JavaScript config: has it run by a process of its own (loadevaluate.ts), which gets a deadline, and asks
// literal.ts for the places of its keys. A config that never ends, or ends its process, is a mistake like any other.

import type { Document } from "./document.ts";
import { placeLiteral } from "./literal.ts";
import { type Evaluation, evaluateLimitMs } from "./loadevaluate.ts";
import { selfCommand } from "./loadself.ts";
import { Places } from "./place.ts";

/** `path` is absolute and without links, as modules are known by. */
export async function readProgram(path: string, text: string, limitMs: number = evaluateLimitMs): Promise<Document> {
  const evaluation = await evaluated(path, limitMs);
  if (!evaluation.ok && evaluation.key === undefined) return evaluation;
  const places = new Places(text);
  placeLiteral(text, places);
  if (!evaluation.ok) {
    const at = places.offset(evaluation.key ?? []);
    return { ok: false, faults: evaluation.faults.map(({ message }) => ({ at, message })) };
  }
  const { value, program } = evaluation;
  return { ok: true, value, places, ...(program === undefined ? {} : { program }) };
}

async function evaluated(path: string, limitMs: number): Promise<Evaluation> {
  let said: Evaluation | null = null;
  const child = Bun.spawn({
    ...selfCommand("evaluate", path),
    env: { ...process.env, SLUICE_EVALUATE: "1" },
    // What the config prints must not mix with what a command answers.
    stdio: ["ignore", 2, 2],
    serialization: "advanced",
    ipc: (message) => {
      said = message as Evaluation;
    },
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, limitMs);
  const code = await child.exited;
  clearTimeout(timer);
  if (said !== null) return said;
  const how = isLate ? `did not finish within ${limitMs / 1000} s` : `ended its process (${child.signalCode ?? code})`;
  return { ok: false, faults: [{ at: 0, message: `the config ${how} instead of giving its value` }] };
}
