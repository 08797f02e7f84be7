// `npm run ok`: what to run before each commit: a minute, or a few where the machine is busy. No outside programs, only a few seeds.

import { play } from "./stage/play.ts";
import { consoleTypes, format, lint, parallelTests, seeds, tests, tidy, types } from "./stage/stage.ts";

const patience = 5 * 60_000;

const isGood = await play([
  format,
  lint,
  types,
  consoleTypes,
  tidy,
  parallelTests("units", ["src", "scripts", "bench", "console"], patience),
  tests("playbook", ["test/playbook"], patience),
  seeds("sim", "test/sim/main.ts", ["--seeds", "100"], patience),
  seeds("fuzz", "test/fuzz/main.ts", ["--iterations", "1000"], patience),
]);
process.exit(isGood ? 0 : 1);
