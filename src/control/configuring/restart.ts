// What a config says that a Sluice which runs cannot do any more: keys that take effect at the next start only, as processes, and the
// doors at which control can be asked, are opened once. It compares with what was in force before, so that who changes such a key is
// told once, and who changes another is not told again.

import { workersOf } from "../../config/compile.ts";
import type { Config } from "../../config/types.ts";

/** `workers`: as many as there are. `cores`: of this machine. */
export function restartKeys(before: Config, after: Config, workers: number, cores: number): string[] {
  return [
    ...(workersOf(after, cores) === workers ? [] : ["workers"]),
    ...(Bun.deepEquals(after.admin, before.admin) ? [] : ["admin"]),
    ...(after.metrics?.listen === before.metrics?.listen ? [] : ["metrics.listen"]),
    ...(after.ipmanager?.listen === before.ipmanager?.listen ? [] : ["ipmanager.listen"]),
    ...(after.log.format === before.log.format ? [] : ["log.format"]),
  ];
}
