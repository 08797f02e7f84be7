// `npm run sim [seed] [--seeds N] [--kind http|tcp|both|cache|fleet|egress|http2|toserver] [--trace]`: one run, or N runs from a seed on; without a kind each seed
// chooses its own. Prints each failure with the command that repeats it; the last line counts runs that passed and failed.

import { kindOf, kinds, runSeed } from "./run.ts";

const usage =
  "usage: npm run sim -- [seed] [--seeds N] [--kind http|tcp|both|cache|fleet|egress|http2|toserver] [--trace]";
const faultsShownMax = 10;

function main(args: readonly string[]): number {
  let seed: number | null = null;
  let seeds: number | null = null;
  let isTraced = false;
  let kind: string | null = null;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (arg === "--trace") isTraced = true;
    else if (arg === "--seeds") seeds = Number(args[++index]);
    else if (arg === "--kind") kind = args[++index] ?? "";
    else seed = Number(arg);
  }
  const only = kinds.find((one) => one === kind);
  const isWrong = (number: number | null): boolean => number !== null && !(Number.isInteger(number) && number >= 0);
  if (isWrong(seed) || isWrong(seeds) || seeds === 0 || (kind !== null && only === undefined)) {
    console.error(usage);
    return 2;
  }
  const first = seed ?? 1;
  const count = seeds ?? (seed === null ? 200 : 1);
  let failed = 0;
  for (let next = first; next < first + count; next++) {
    const outcome = runSeed(next, isTraced, only ?? kindOf(next));
    if (isTraced) for (const line of outcome.trace) console.log(line);
    if (outcome.problem === null) continue;
    failed++;
    if (failed <= faultsShownMax)
      console.log(
        `seed ${next}: ${outcome.problem}\n  repeat: npm run sim -- ${next}${only === undefined ? "" : ` --kind ${only}`} --trace`,
      );
  }
  console.log(`${count - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
