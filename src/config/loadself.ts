// How this program is started once more: as a worker, or to evaluate a config. In a compiled executable there is no script to name.
// As source the runtime is told, as by bin/sluice, to obey neither a .env nor a bunfig.toml of the folder that it happens to be
// started in: what decides is what the operator has set, and the config. And to install nothing: of a package that a config imports and
// that is not there, whoever holds that name in a registry would otherwise decide what runs here.

import { join } from "node:path";

/** Before the script's name; bin/sluice says the same. */
export const runtimeOptions: readonly string[] = ["--no-env-file", "--config=/dev/null", "--no-install"];

/** `word`: the hidden command. */
export function selfCommand(word: string): readonly string[] {
  if (import.meta.dir.startsWith("/$bunfs/")) return [process.execPath, word];
  return [process.execPath, ...runtimeOptions, join(import.meta.dir, "..", "main.ts"), word];
}
