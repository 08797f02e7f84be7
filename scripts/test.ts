// `npm test`: everything, in under 20 minutes. Installs or finds the programs that tests talk to, then plays the stages.
// Its last line is the sum over all of them; it ends with 1 when anything failed.

import { play } from "./stage/play.ts";
import { prepareForTests } from "./stage/programs.ts";
import { consoleTypes, format, lint, parallelTests, programTests, seeds, tests, tidy, types } from "./stage/stage.ts";

const minute = 60_000;

await prepareForTests();
console.log();
const isGood = await play([
  format,
  lint,
  types,
  consoleTypes,
  tidy,
  parallelTests("units", ["src", "scripts", "bench", "console"], 5 * minute),
  tests("conform", ["test/conform"], 2 * minute),
  tests("playbook", ["test/playbook"], 2 * minute),
  tests("sim tests", ["test/sim"], 2 * minute),
  seeds("sim", "test/sim/main.ts", ["--seeds", "2000"], 3 * minute),
  tests("fuzz tests", ["test/fuzz"], minute),
  seeds("fuzz", "test/fuzz/main.ts", ["--iterations", "5000"], 2 * minute),
  tests("runtime", ["test/runtime"], 2 * minute),
  tests("stress", ["test/stress"], 2 * minute),
  // They wait more than they reckon: three files at once take three quarters of the time of two.
  programTests("e2e", ["test/e2e"], 17 * minute, 3),
]);
process.exit(isGood ? 0 : 1);
