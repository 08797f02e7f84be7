// `npm run ok`: what to run before each commit, under a minute. No outside programs, only a few seeds.

import { play } from "./stage/play.ts";
import { consoleTypes, format, lint, pairedTests, seeds, tests, tidy, types } from "./stage/stage.ts";

const minute = 60_000;

const isGood = await play([
  format,
  lint,
  types,
  consoleTypes,
  tidy,
  pairedTests("units", ["src", "scripts", "bench", "console"], minute),
  tests("playbook", ["test/playbook"], minute),
  seeds("sim", "test/sim/main.ts", ["--seeds", "100"], minute),
  seeds("fuzz", "test/fuzz/main.ts", ["--iterations", "1000"], minute),
]);
process.exit(isGood ? 0 : 1);
