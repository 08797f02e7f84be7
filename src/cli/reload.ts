// `sluice reload`: let a running Sluice load its config again. It asks the admin interface and shows the answer; the config
// itself is read by the Sluice that runs, on its machine, and every problem comes back from there. --dry-run shows what would change;
// with --confirm what was before comes back unless somebody confirms in time: on a terminal it waits for that, elsewhere it says how.
// Exit code 0: the new plan is in force, or would be; 1: the old one still is, or is again, or nobody answered; 2: not understood.

import type { ConfigAnswer, ReloadAnswer } from "../control/api/shape/config.ts";
import type { Writer } from "./check.ts";
import { ask, errorOf, failureOf, type RemoteOptions } from "./client.ts";
import { diffText, hasColours } from "./difftext.ts";

export interface ReloadOptions extends RemoteOptions {
  readonly dryRun?: boolean;
  /** A duration. */
  readonly confirm?: string;
}

/** How somebody is asked to confirm; played in tests. */
export interface Vigil {
  readonly isTerminal: boolean;
  /** Resolves after so long, or earlier with what was typed. */
  wait(ms: number): Promise<string | null>;
  /** One line that is written over by the next. */
  show(text: string): void;
}

export function queryOf({ dryRun, confirm }: ReloadOptions): string {
  const query = new URLSearchParams();
  if (dryRun === true) query.set("dry", "true");
  if (confirm !== undefined) query.set("confirm", confirm);
  return query.size === 0 ? "" : `?${query}`;
}

export async function reload(options: ReloadOptions, writer: Writer, vigil: Vigil): Promise<number> {
  const asked = ask(options, "POST", `/api/v1/reload${queryOf(options)}`);
  return tellReload(await asked, "reloaded", options, writer, vigil);
}

/** `done`: what has become of it when all is well. */
export async function tellReload(
  answer: Awaited<ReturnType<typeof ask>>,
  done: string,
  options: ReloadOptions,
  writer: Writer,
  vigil: Vigil,
): Promise<number> {
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (!answer.ok || refusal !== null) {
    writer.err(`sluice: ${refusal}`);
    return failureOf(answer);
  }
  const outcome = answer.body as ReloadAnswer; // What our own admin interface answers.
  const { successful, generation, isDryRun, confirmBy, diff } = outcome;
  if (options.json === true) {
    writer.out(JSON.stringify(outcome, null, 2));
    return successful ? 0 : 1;
  }
  // What is among the effects is told there.
  const isTold = (warning: string): boolean => isDryRun && diff?.effects.includes(warning) === true;
  for (const warning of outcome.warnings) if (!isTold(warning)) writer.note(warning);
  for (const problem of outcome.problems) writer.err(problem);
  if (!successful) {
    writer.err(`not ${isDryRun ? "good" : done}: plan ${generation} stays in force`);
    return 1;
  }
  if (isDryRun) {
    writer.out(diff === null ? "" : diffText(diff, hasColours(), "nothing would change"));
    return 0;
  }
  if (options.confirm !== undefined && diff !== null) writer.out(diffText(diff, hasColours(), "nothing has changed"));
  // A file is read anew whatever it says; a patch that asks for what is so has not changed it.
  const isSame = done === "changed" && diff !== null && diff.changes.length === 0 && diff.effects.length === 0;
  writer.out(`${isSame ? "nothing has changed" : done}: plan ${generation} is in force`);
  return confirmBy === null || options.confirm === undefined ? 0 : await watch(confirmBy, options, writer, vigil);
}

const askEveryMs = 1000;

/** Until somebody has confirmed it, here or elsewhere, or it is rolled back. */
async function watch(confirmBy: string, options: RemoteOptions, writer: Writer, vigil: Vigil): Promise<number> {
  writer.out(
    `it is rolled back at ${confirmBy}, unless you confirm: sluice reload confirm (or: sluice reload rollback)`,
  );
  if (!vigil.isTerminal) return 0;
  const endMs = Date.parse(confirmBy);
  for (;;) {
    const leftSeconds = Math.max(0, Math.ceil((endMs - Date.now()) / 1000));
    vigil.show(`${leftSeconds} s left: press Enter to confirm, r and Enter to roll back`);
    const typed = await vigil.wait(askEveryMs);
    if (typed !== null) {
      vigil.show("");
      return /^r/i.test(typed.trim()) ? rollback(options, writer) : confirm(options, writer);
    }
    const answer = await ask(options, "GET", "/api/v1/config");
    if (!answer.ok || errorOf(answer.body) !== null) continue;
    const { confirmBy: now, generation } = answer.body as ConfigAnswer; // As above.
    if (now !== null) continue;
    vigil.show("");
    const isBack = Date.now() >= endMs;
    writer.out(isBack ? `rolled back: plan ${generation} is in force` : "confirmed, or rolled back, elsewhere");
    return isBack ? 1 : 0;
  }
}

export async function confirm(options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "POST", "/api/v1/reload/confirm");
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (!answer.ok || refusal !== null) {
    writer.err(`sluice: ${refusal}`);
    return 1;
  }
  writer.out(options.json === true ? JSON.stringify(answer.body, null, 2) : "confirmed: it stays in force");
  return 0;
}

export async function rollback(options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "POST", "/api/v1/reload/rollback");
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (!answer.ok || refusal !== null) {
    writer.err(`sluice: ${refusal}`);
    return 1;
  }
  const { successful, generation, problems } = answer.body as ReloadAnswer; // As above.
  if (options.json === true) writer.out(JSON.stringify(answer.body, null, 2));
  else if (successful) writer.out(`rolled back: plan ${generation} is in force`);
  else writer.err(`not rolled back, and tried again: ${problems.join("; ")}`);
  return successful ? 0 : 1;
}
