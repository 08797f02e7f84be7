// `npm run fuzz [seed] [--iterations N]`: N iterations from a seed on, each with inputs of its own for every check. Prints each
// failure with the command that repeats it; the last line counts iterations that passed and failed.

import { Prng } from "../../src/base/prng.ts";
import { checkCaching } from "./caching.ts";
import { checkChunks, checkHead } from "./codec.ts";
import { checkSections } from "./fieldsections.ts";
import { checkClient, checkServer } from "./flows.ts";
import { checkFrames } from "./frames.ts";
import { checkHpack } from "./hpack.ts";
import { Inputs } from "./inputs.ts";
import { checkClientHello, checkProxyHeader } from "./preamble.ts";
import { checkProxy, checkSocksCodec } from "./proxies.ts";
import { checkAsked, checkServerFrames } from "./serverframes.ts";
import { checkCarried, checkNamed } from "./streams.ts";

const usage = "usage: npm run fuzz -- [seed] [--iterations N]";
const failuresShownMax = 10;

const checks: readonly ((inputs: Inputs) => unknown)[] = [
  (inputs) => checkHead("request", inputs),
  (inputs) => checkHead("response", inputs),
  checkChunks,
  checkClient,
  checkServer,
  checkProxyHeader,
  checkClientHello,
  checkNamed,
  checkCarried,
  checkCaching,
  checkSocksCodec,
  checkProxy,
  checkHpack,
  checkFrames,
  checkSections,
  checkServerFrames,
  checkAsked,
];

function main(args: readonly string[]): number {
  let seed = 1;
  let iterations = 2_000;
  for (let index = 0; index < args.length; index++) {
    if (args[index] === "--iterations") iterations = Number(args[++index]);
    else seed = Number(args[index]);
  }
  if (!Number.isInteger(seed) || !(Number.isInteger(iterations) && iterations > 0)) {
    console.error(usage);
    return 2;
  }
  let failed = 0;
  for (let next = seed; next < seed + iterations; next++) {
    const problem = iterate(next);
    if (problem === null) continue;
    failed++;
    if (failed <= failuresShownMax)
      console.log(`seed ${next}: ${problem}\n  repeat: npm run fuzz -- ${next} --iterations 1`);
  }
  console.log(`${iterations - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function iterate(seed: number): string | null {
  for (let index = 0; index < checks.length; index++) {
    try {
      checks[index]!(new Inputs(new Prng(seed * checks.length + index)));
    } catch (error) {
      const { name, message, stack } = error as Error;
      return name === "Disagreement" ? message : (stack ?? message);
    }
  }
  return null;
}

process.exitCode = main(process.argv.slice(2));
