// How this program is started once more: as a worker, or to evaluate a config. In a compiled executable there is no script to name.
// As source the runtime is told, as by bin/sluice, to obey neither a .env nor a bunfig.toml of the folder that it happens to be
// started in: what decides is what the operator has set, and the config. And to install nothing: of a package that a config imports and
// that is not there, whoever holds that name in a registry would otherwise decide what runs here.
// An executable whose file was replaced or removed since is started from the file that this process runs, which the kernel keeps: another
// version shares no memory with this one.

import { statSync } from "node:fs";
import { join } from "node:path";

/** As Bun.spawn takes it. */
export interface SelfCommand {
  readonly cmd: string[];
  /** By what it is listed among processes. */
  readonly argv0: string;
}

/** Before the script's name; bin/sluice says the same. */
export const runtimeOptions: readonly string[] = ["--no-env-file", "--config=/dev/null", "--no-install"];

/** In the child it is the file of this process, until the child runs it. */
const running = "/proc/self/exe";
const path: string = process.execPath;

/** `words`: the hidden command first. To be asked for each start anew. */
export function selfCommand(...words: string[]): SelfCommand {
  const isCompiled = import.meta.dir.startsWith("/$bunfs/");
  if (isCompiled) return { cmd: [ownFile(path), ...words], argv0: path };
  return { cmd: [path, ...runtimeOptions, join(import.meta.dir, "..", "main.ts"), ...words], argv0: path };
}

/** Of this process: by `path` while that is still it, for the system names a process by the path that it is started by. */
export function ownFile(path: string): string {
  const own = identityOf(running);
  return own === null || own === identityOf(path) ? path : running;
}

/** Null: nothing can be found there. */
function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return null;
  }
}
