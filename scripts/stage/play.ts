// Plays stages one after another, says how each went, then what failed and how to see it again, and as its very last line
// the sums: `N passed, N failed`, with `, N skipped` when there are any.

import type { Failure, Result, Stage } from "./stage.ts";

/** Whether nothing failed. */
export async function play(stages: readonly Stage[]): Promise<boolean> {
  const results: Result[] = [];
  for (const stage of stages) {
    process.stdout.write(`${stage.name.padEnd(10)} `);
    const startedMs = performance.now();
    const result = await stage.run().catch((error: unknown): Result => broken(stage, error));
    results.push(result);
    console.log(`${describe(result).padEnd(34)} ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  }
  const failures = results.flatMap((result) => result.failures);
  for (const failure of failures) tell(failure);
  console.log(`\n${summary(results)}`);
  return failures.length === 0;
}

export function summary(results: readonly Result[]): string {
  const sum = (count: (result: Result) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  const skipped = sum((result) => result.skipped);
  const counts = `${sum((result) => result.passed)} passed, ${sum((result) => result.failures.length)} failed`;
  return skipped === 0 ? counts : `${counts}, ${skipped} skipped`;
}

function describe(result: Result): string {
  if (result.passed + result.skipped + result.failures.length === 0) return "nothing there";
  return summary([result]);
}

function tell(failure: Failure): void {
  console.log(`\nFAILED ${failure.name}`);
  if (failure.output !== "") console.log(failure.output.replace(/^/gm, "  "));
  console.log(`  again: ${failure.again}`);
}

function broken(stage: Stage, error: unknown): Result {
  const output = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { passed: 0, skipped: 0, failures: [{ name: `${stage.name}: could not be run`, again: "npm test", output }] };
}
